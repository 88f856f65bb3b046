"""What the policy answers is what queries give: for policies by chance, and for the spec against a reading by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.errors import LakewrightError
from lakewright.governance import Allowed, Mask, Policy, Principal, Privilege
from lakewright.governance.questions import who_can
from lakewright.governance.rules import ALL, Deny, Filter, Grant, MaskRule
from lakewright.models import dialect
from lakewright.query.governed import NEWEST, Query
from lakewright.query.governed.planning import needs
from lakewright.query.governed.selects import permitted_select
from lakewright.query.governed.terms import TableSource
from lakewright.spec.rows import parse_rows

from .canaries import Row, found_in
from .oracle import multiset, permitted_rows
from .people import HIDDEN, MASKED, PEOPLE, sees
from .tables import SCHEMAS, table_of
from .tally import Note, total
from .world import LIMITS, World
from .world import world as opened

SELECT = frozenset({Privilege.SELECT})
TABLES = ("silver.orders", "silver.customer", "gold.revenue", "gold.plans")
ROWS = (
    "tenant = 'acme'", "tenant in user.tenants", "id < 20", "vip = false", "not vip = true", "tenant <> 'globex'",
    "day >= '2026-01-04'", "payload is not null", "tenant in ('acme', 'initech') and not (id in (3, 4) or vip is null)",
    "price > 100.25", "nosuch = 1",
)  # fmt: skip
SUBJECTS = ("everyone", "user:p", "group:g", "persona:P", "user:other")
PATTERNS = ("silver.*", "silver.orders", "silver.customer", "gold.*", "*.*", "gold.revenue")
COLUMNS = ("id", "tenant", "payload", "p*", "e*", "amount", "*", "note", "day")
MASKS = ("null", "redact", "partial_email", "partial_phone", "year", "hash")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("agreement")) as found:
        yield found


def policy_by_chance(seed: int) -> Policy:
    chance = random.Random(seed)

    def some(choices: tuple[str, ...], most: int = 2) -> tuple[str, ...]:
        return tuple(chance.sample(choices, chance.randrange(1, most + 1)))

    def rows() -> object:
        return parse_rows(chance.choice(ROWS)) if chance.random() < 0.5 else None

    def columns() -> tuple[str, ...]:
        return some(COLUMNS, 3) if chance.random() < 0.5 else ()

    now = datetime.now(UTC)
    grants = tuple(
        Grant(
            f"g{n}", some(PATTERNS), frozenset(some(SUBJECTS)), SELECT, columns=columns(),
            classes=frozenset(chance.choice(((), ("*",), ("pii",)))), rows=rows(),  # type: ignore[arg-type]
            until=chance.choice((None, None, None, now - timedelta(days=1))),
        )
        for n in range(chance.randrange(1, 5))
    )  # fmt: skip
    denies = tuple(
        Deny(f"d{n}", some(PATTERNS), frozenset(some(SUBJECTS)), ALL, columns=columns())
        for n in range(chance.randrange(2))
    )
    filters = tuple(
        Filter(
            f"f{n}", some(PATTERNS, 1), rows=parse_rows(chance.choice(ROWS[:-1])), exempt=frozenset(some(SUBJECTS, 1))
        )
        for n in range(chance.randrange(2))
    )
    masks = tuple(
        MaskRule(f"m{n}", ("*.*",), Mask(chance.choice(MASKS)), columns=tuple((table, column) for table in some(TABLES)  # type: ignore[arg-type]
                 for column in some(COLUMNS)))
        for n in range(chance.randrange(3))
    )  # fmt: skip
    return Policy(grants, denies, filters, masks)


PRINCIPAL = Principal("p", frozenset({"g"}), frozenset({"P"}), {"tenants": ("acme", "initech")})
POLICIES = 60


def test_policies_by_chance(private: World, record_property: Note) -> None:
    """who-can, decide and SHOW TABLES say what SELECT gives, row by row."""
    before = private.policy
    wrong, given_rows = [], 0
    try:
        for seed in range(POLICIES):
            private.policy = policy_by_chance(seed)
            with ThreadPoolExecutor(4) as pool:
                for facts, rows in pool.map(lambda name: _compared(private, name), TABLES):
                    wrong += [f"{seed}: {fact}" for fact in facts]
                    given_rows += rows
    finally:
        private.policy = before
    total(record_property, "policies by chance × tables", POLICIES * len(TABLES))
    assert not wrong, "\n".join(wrong[:10])
    assert given_rows > POLICIES * 10


def _compared(world: World, name: str) -> tuple[list[str], int]:
    facts = world.sources().facts(name)
    now = datetime.now(UTC)
    decision = world.policy.decide(PRINCIPAL, facts, Privilege.SELECT, now)
    can = bool(who_can(world.policy, [PRINCIPAL], facts, Privilege.SELECT, now))
    shown = name in world.governor.visible(PRINCIPAL).names()
    sql = f"SELECT * FROM {name}"
    query = Query("agree", PRINCIPAL, sql, {name: NEWEST}, lambda _: sql, LIMITS, prelude=dialect.MACROS)
    try:
        with world.governor.run(query) as answer:
            found = answer.table().to_pylist()
    except LakewrightError:
        return ([f"{name}: refused, but who-can says {can}"] if can or shown else []), 0
    if not isinstance(decision, Allowed) or not can or not shown:
        return [f"{name}: given, but who-can says {can} and SHOW TABLES {shown}"], 0
    expected = _as_read(name, permitted_rows(decision, world.made.rows[name]), decision.columns)
    same = multiset(found) == multiset(expected) and (not found or list(found[0]) == list(decision.columns))
    return ([] if same else [f"{name}: other rows than decide says"]), len(found)


def _as_read(name: str, rows: list[Row], columns: Sequence[str]) -> list[Row]:
    """With values as Arrow gives them."""
    schema = pa.schema([SCHEMAS[name].field(column) for column in columns])
    found: list[Row] = pa.Table.from_pylist(rows, schema).to_pylist()
    return found


@pytest.mark.parametrize("who", PEOPLE)
def test_the_spec_as_read_by_hand(private: World, who: str) -> None:
    """Every marker that this person may see comes back from SELECT *, and no other."""
    for name in SCHEMAS:
        expected = {n for n, cell in private.made.book.cells.items()
                    if cell.table == name and cell.version and sees(who, cell) not in (HIDDEN, MASKED)}  # fmt: skip
        told = private.spark(who, f"SELECT * FROM {name}")
        assert found_in(told.data) == expected, name


# what the principal's process says of its plan is data of an enemy

FILTERS = st.one_of(
    st.sampled_from(
        ["tenant='globex'", "id>=0 OR tenant='acme'", "NOT tenant='acme'", "id IS NULL", "vip=true", "email LIKE '%'",
         "1=1", "code='x'", "id IN (1, 2, 3)", "optional: id>5", "tenant='a' OR 1=1 --", "(SELECT 1)",
         "id > (SELECT 1)", "price>1.5", "day>='2026-01-02'::DATE", "payload IS NOT NULL", "payload='it''s'",
         "'; SELECT", "x.id=1"]
    ),
    st.text(max_size=30),
)  # fmt: skip
SCANS = st.lists(
    st.fixed_dictionaries(
        {
            "Table": st.sampled_from(["silver.orders", 'memory."silver"."orders"', "gold.plans", "orders", ""]),
            "Projections": st.lists(
                st.sampled_from(["id", "tenant", "payload", "code", "rowid", "extra.a", "*", '"id"'])
            ),
            "Filters": st.lists(FILTERS, max_size=3),
        }
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def stored(private: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The orders, all of them, as `stored`."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("held", table_of("silver.orders", private.made.rows["silver.orders"]))
        connection.execute("CREATE TABLE stored AS FROM held")
        yield connection


@given(SCANS, st.sampled_from(["ana", "ten", "mia", "uma"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_lying_plan_only_narrows(
    private: World, stored: duckdb.DuckDBPyConnection, scans: list[dict[str, object]], who: str
) -> None:
    """Whatever scans are claimed: the reader's SELECT gives a part of what is permitted, never another value."""
    name = "silver.orders"
    facts = private.sources().facts(name)
    decision = private.policy.decide(private.people[who], facts, Privilege.SELECT, datetime.now(UTC))
    assert isinstance(decision, Allowed)
    visible = {column: facts.columns[column] for column in decision.columns}
    wanted = needs(scans, {name: visible})[name]
    source = TableSource(facts.columns, "SELECT * FROM stored", (), None)
    found = stored.execute(permitted_select(source, decision, wanted)).to_arrow_table()
    assert set(found.column_names) <= {*visible, "one"}
    permitted = _as_read(name, permitted_rows(decision, private.made.rows[name]), decision.columns)
    left = multiset([{column: row.get(column, True) for column in found.column_names} for row in permitted])
    for row in multiset(found.to_pylist()):
        assert row in left
        left.remove(row)


def test_a_deny_for_everybody_wins(private: World) -> None:
    before = private.policy
    private.policy = replace(before, denies=(*before.denies, Deny("d", ("*.*",), frozenset({"everyone"}), ALL)))
    try:
        assert all(private.visible(who) == [] for who in PEOPLE)
        assert all(private.spark(who, "SELECT * FROM silver.orders").failed for who in PEOPLE)
    finally:
        private.policy = before
