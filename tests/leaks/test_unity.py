"""The four personas on an applied Unity Catalog: everything that is tried in SQL, from every workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("databricks.sdk")

from lakewright.governance.agreement import agreement
from lakewright.rehearse.agree.account import account_of
from lakewright.rehearse.agree.unity import unity_catalogs

from .attempts import ATTEMPTS, Attempt
from .canaries import found_in
from .people import HIDDEN, MASKED, RAW
from .tables import SCHEMAS
from .tally import Note, total
from .unity import FIELD, LAB, NOW, OTHER, PEOPLE, UnityWorld, mail, sees, unity_world

pytestmark = pytest.mark.slow
FULL = bool(os.environ.get("LAKEWRIGHT_FULL"))
EVERY = 1 if FULL else 3
"""Without LAKEWRIGHT_FULL each person tries every third attempt, others than the next one."""


@pytest.fixture(scope="module")
def unity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnityWorld]:
    with unity_world(tmp_path_factory.mktemp("unity")) as found:
        yield found


@pytest.mark.parametrize("who", PEOPLE)
def test_each_sees_its_part_and_no_other(unity: UnityWorld, who: str, record_property: Note) -> None:
    """Every marker that somebody may see comes back from SELECT *, and no other, by what was written by hand."""
    seen = 0
    for name in SCHEMAS:
        cells = {number: cell for number, cell in unity.made.book.cells.items() if cell.table == name and cell.version}
        expected = {number for number, cell in cells.items() if sees(who, cell) == RAW}
        for workspace in (LAB, FIELD):
            told = unity.told(who, f"SELECT * FROM {name}", workspace)
            assert found_in(told.data) == expected, (name, workspace)
            readable = any(sees(who, cell) != HIDDEN for cell in cells.values())
            assert told.failed is not readable, (name, told.data[:300])
        assert unity.told(who, f"SELECT * FROM {name}", OTHER).failed
        seen += len(expected)
    total(record_property, "markers seen on Unity Catalog", seen)


def test_masked_values_are_masked(unity: UnityWorld) -> None:
    """A scientist tells people apart and cannot name them."""
    told = unity.told("sci", "SELECT name, email, phone, ip, born, note FROM silver.customer WHERE id = 3").data
    row = unity.made.rows["silver.customer"][3]
    assert sees("sci", next(c for c in unity.made.book.cells.values() if c.column == "email")) == MASKED
    for column in ("name", "email", "phone", "ip", "note"):
        assert str(row[column]).encode() not in told, column
    assert b"[redacted]" in told
    assert f"{row['born'].year}-01-01".encode() in told


def mine(who: str) -> list[Attempt]:
    """The attempts of a person. Those of engineers that change what others are asked about are left to the others."""
    start = list(PEOPLE).index(who) % EVERY
    return list(ATTEMPTS)[start::EVERY]


def leaks(unity: UnityWorld, who: str, attempts: list[Attempt], workspaces: tuple[str, ...]) -> tuple[int, list[str]]:
    """How many were tried, and which leaked."""
    places = unity.places()
    asked = [(one, one.written("spark").format(**places), place) for one in attempts for place in workspaces]

    def leak(item: tuple[Attempt, str, str]) -> str:
        attempt, text, place = item
        markers = unity.leaked(who, text, unity.told(who, text, place), place)
        return f"{who} in {place}: {attempt.group}, {attempt.name}: {sorted(markers)[:5]}: {text}" if markers else ""

    with ThreadPoolExecutor(4) as pool:
        return len(asked), [one for one in pool.map(leak, asked) if one]


@pytest.mark.parametrize("who", PEOPLE)
def test_no_attempt_shows_what_is_hidden(unity: UnityWorld, who: str, record_property: Note) -> None:
    """Engineers try it from where the catalog is for reading only: they could change what others are asked about."""
    every = (FIELD, OTHER) if who == "eng" else (LAB, FIELD, OTHER)
    count, found = leaks(unity, who, mine(who), every if FULL else every[:1])
    total(record_property, "attempts on Unity Catalog", count)
    total(record_property, "leaks on Unity Catalog", len(found))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("who", "broken", "whole"),
    [
        ("ana", "ALTER TABLE silver.orders DROP ROW FILTER",
         "ALTER TABLE silver.orders SET ROW FILTER silver.orders__rows ON ({columns})"),
        ("nouse", "GRANT USE SCHEMA ON SCHEMA lake.gold TO `nouse@example.com`",
         "REVOKE USE SCHEMA ON SCHEMA lake.gold FROM `nouse@example.com`"),
        ("nocat", "GRANT USE CATALOG ON CATALOG lake TO `nocat@example.com`",
         "REVOKE USE CATALOG ON CATALOG lake FROM `nocat@example.com`"),
        ("vie", "ALTER TABLE gold.plans OWNER TO `vie@example.com`",
         "ALTER TABLE gold.plans OWNER TO `own@example.com`"),
    ],
    ids=["filter", "use schema", "use catalog", "owner"],
)  # fmt: skip
def test_what_is_broken_on_purpose_leaks(unity: UnityWorld, who: str, broken: str, whole: str) -> None:
    """Protection is taken away piece by piece, and the attempts see it."""
    names = [one for one in ATTEMPTS if one.group == "names"][:12]
    unity.administer(broken)
    try:
        _, found = leaks(unity, who, names, (LAB,))
    finally:
        unity.administer(whole)
    assert found, f"nobody sees it: {broken}"
    assert not leaks(unity, who, names, (LAB,))[1]


@pytest.mark.parametrize("who", [one for one in PEOPLE if one not in ("eng", "own")])
def test_nobody_else_changes_anything(unity: UnityWorld, who: str) -> None:
    for name in SCHEMAS:
        assert unity.told(who, f"INSERT INTO {name} SELECT * FROM {name}").failed, name
        assert unity.told(who, f"GRANT SELECT ON TABLE {name} TO `{mail(who)}`").failed, name
        assert unity.told(who, f"ALTER TABLE {name} OWNER TO `{mail(who)}`").failed, name


def test_a_binding_for_reading_takes_no_changes(unity: UnityWorld) -> None:
    """An engineer writes in the lab; the same from the field is refused by the binding alone."""
    row = "SELECT CAST(90 AS BIGINT) AS id, 'x' AS entry, CAST(1 AS BIGINT) AS amount"
    told = unity.told("eng", f"INSERT INTO silver.ledger {row}", FIELD)
    assert b"reading only" in told.data
    assert not unity.told("eng", f"INSERT INTO silver.ledger {row}", LAB).failed
    assert b'"13"' in unity.told("eng", "SELECT count(*) FROM silver.ledger", FIELD).data


def test_what_was_applied_by_hand_is_what_differs_from_the_spec(unity: UnityWorld) -> None:
    """The rules agree; the owner, and nobody else, has more. Grants without their chain come to nothing."""
    found = [agreement(one, NOW) for one in unity_catalogs(unity.wanted, account_of(unity.databricks), ["lake"])]
    assert [one.system for one in found] == ["Unity Catalog lake from lab", "Unity Catalog lake from field"]
    for each in found:
        told = {(one.principal, one.table) for one in each.differences if not one.explained}
        assert told == {(mail("own"), "gold.plans")}
