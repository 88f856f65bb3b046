"""Statements over a lake that others wrote: what they give, at which state, and what they cannot reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import Commit
from lakewright.engines import open_engine
from lakewright.errors import LakewrightError, Mistakes
from lakewright.models import Models, load_models
from lakewright.query import Lake, Result, Session
from lakewright.query.diff import diff
from lakewright.query.lake import NEWEST, Pin
from lakewright.storage import open_storage
from tests.support.small_lake import LOADED, build

Run = Callable[..., Result]

SILVER = """/* lakewright
kind: full
columns: {id: bigint, price: bigint}
*/
SELECT id, CAST(1 AS BIGINT) AS price FROM bronze.item
"""

VIEW = """/* lakewright
kind: view
columns: {item_id: bigint, price: bigint}
*/
SELECT id AS item_id, price FROM silver.item
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "lake")
    (tmp_path / "models" / "gold").mkdir(parents=True)
    (tmp_path / "models" / "silver").mkdir()
    (tmp_path / "models" / "silver" / "item.sql").write_text(SILVER)
    (tmp_path / "models" / "gold" / "item.sql").write_text(VIEW)
    return tmp_path


def lake_of(root: Path, models: Models) -> Lake:
    storage = open_storage(str(root / "lake"))
    return Lake(storage, lambda: [Manifest(storage, "shop").load()], models)


@pytest.fixture
def run(root: Path) -> Run:
    models: Models = load_models([root / "models"])

    def run_statement(statement: str, as_of: datetime | None = None, limit: int | None = None) -> Result:
        return Session(lambda: lake_of(root, models), open_engine, as_of).run(statement, limit)

    return run_statement


def rows(result: Result) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in result.rows.to_pylist()]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT id, name FROM bronze.item ORDER BY id", [(1, "uno"), (2, "two"), (3, "tres")]),
        ("SELECT Op, id FROM changes.item ORDER BY _lsn, _seq, id", [("I", 1), ("I", 2), ("U", 1), ("I", 3)]),
        ("SELECT id, price FROM silver.item ORDER BY id", [(1, 10), (2, 2), (3, 30)]),
        ("SELECT id, price FROM silver.item VERSION AS OF 0 ORDER BY id", [(1, 1), (2, 2)]),
        ("SELECT n.id FROM silver.item VERSION AS OF 0 o, silver.item n WHERE o.id=n.id AND n.price > o.price", [(1,)]),
        ("SELECT id, name FROM bronze.item VERSION AS OF 100 ORDER BY id", [(1, "one"), (2, "two")]),
        ("SELECT id, name FROM bronze.item VERSION AS OF 111 ORDER BY id", [(1, "uno"), (2, "two")]),
        ("SELECT name FROM bronze.item TIMESTAMP AS OF '2026-03-01' ORDER BY id", [("one",), ("two",)]),
        ("SELECT id FROM bronze.item TIMESTAMP AS OF '2026-03-02T01:00:00+01:00' WHERE id = 3", [(3,)]),
        ("WITH x AS (SELECT id FROM silver.item) SELECT COUNT(*) FROM x", [(3,)]),
        ("SELECT SUM(price) FROM gold.item", [(42,)]),
        ("SHOW TABLES", [("bronze.item",), ("changes.item",), ("gold.item",), ("silver.item",)]),
        ("DESCRIBE silver.item", [("id", "bigint"), ("price", "bigint")]),
        ("DESCRIBE gold.item", [("item_id", "bigint"), ("price", "bigint")]),
    ],
)  # fmt: skip
def test_what_statements_give(run: Run, statement: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows(run(statement)) == expected


def test_versions_are_reported(run: Run) -> None:
    result = run("SELECT 1 FROM silver.item, bronze.item, silver.item VERSION AS OF 0 AS o")
    assert result.versions == {"silver.item": 1, "bronze.item": 130, "silver.item VERSION 0": 0}


@pytest.mark.parametrize("pinned", ["", "VERSION AS OF 1", "TIMESTAMP AS OF '{now}'"])
def test_columns_are_named_as_written_at_every_state(run: Run, pinned: str) -> None:
    pin = pinned.format(now=datetime.now(UTC).isoformat())
    result = run(f"SELECT count(*), Max(price), MIN(id), sum(id) AS s, coalesce(NULL, 1) FROM silver.item {pin}")
    assert result.rows.column_names == ["count", "Max", "MIN", "s", "coalesce"]
    assert rows(result) == [(3, 30, 1, 6, 1)]


def test_everything_as_of_a_moment(run: Run, root: Path) -> None:
    first = DeltaTable(str(root / "lake/silver/item")).history()[-1]["timestamp"]
    moment = datetime.fromtimestamp(first / 1000, UTC)
    assert rows(run("SELECT SUM(price) FROM silver.item", moment)) == [(3,)]
    assert rows(run("SELECT SUM(price) FROM gold.item", moment)) == [(3,)]
    assert rows(run("SELECT COUNT(*) FROM bronze.item", LOADED)) == [(2,)]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM silver.item", "LW910"),
        ("INSERT INTO silver.item VALUES (1, 1)", "LW910"),
        ("DROP TABLE silver.item", "LW910"),
        ("SELECT 1; SELECT 2", "LW910"),
        ("SET x = 1", "LW910"),
        ("SELEC 1", ""),
        ("SELECT * FROM silver.itme", "LW911"),
        ("SELECT * FROM bronze.nothing", "LW911"),
        ("SELECT * FROM item", "LW911"),
        ("SELECT * FROM other.silver.item", "LW911"),
        ("SELECT * FROM bronze.slow", "LW912"),
        ("SELECT * FROM bronze.item VERSION AS OF 99", "LW913"),
        ("SELECT * FROM bronze.item VERSION AS OF 131", "LW913"),
        ("SELECT * FROM bronze.item TIMESTAMP AS OF '2020-01-01'", "LW913"),
        ("SELECT * FROM gold.item VERSION AS OF 1", "LW914"),
        ("SELECT * FROM silver.item TIMESTAMP AS OF 'yesterday'", "LW915"),
        ("SELECT * FROM silver.item VERSION AS OF 99", ""),
    ],
)
def test_what_is_refused(run: Run, statement: str, code: str) -> None:
    with pytest.raises(LakewrightError) as caught:
        run(statement)
    assert caught.value.code.startswith(code or "LW")


def test_a_version_whose_files_were_vacuumed(run: Run, root: Path) -> None:
    table = DeltaTable(str(root / "lake/silver/item"))
    assert table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert rows(run("SELECT COUNT(*) FROM silver.item")) == [(3,)]
    with pytest.raises(LakewrightError, match=r"^LW604 version 0 of silver.item .* 1 of its 1 files were vacuumed"):
        run("SELECT * FROM silver.item VERSION AS OF 0")
    models: Models = load_models([root / "models"])
    with pytest.raises(LakewrightError, match=r"^LW604 "):
        diff(lake_of(root, models), open_engine, "silver.item", Pin(version=0), NEWEST, ("id",))


def test_a_time_before_a_table_was_loaded_anew(run: Run, root: Path) -> None:
    early = "SELECT * FROM bronze.item TIMESTAMP AS OF '2020-01-01'"
    with pytest.raises(LakewrightError, match=r"did not exist at 2020-01-01"):
        run(early)
    manifest = Manifest(open_storage(str(root / "lake")), "shop")
    table = manifest.load().tables["item"]
    again = [replace(file, path=f"{file.path}2", generation=2) for file in table.files]
    for old, new in zip(table.files, again, strict=True):
        (root / "lake" / new.path).write_bytes((root / "lake" / old.path).read_bytes())
    manifest.commit(Commit(position=130, added=tuple(again), tables=(replace(table, files=(), generation=2),)))
    with pytest.raises(LakewrightError, match=r"LW913 .* was loaded anew at 2026-03-01 00:00:00\+00: what it was"):
        run(early)


def test_a_misspelt_table_is_guessed(run: Run) -> None:
    with pytest.raises(LakewrightError, match=r"did you mean silver.item\?"):
        run("SELECT * FROM silver.itme")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM `{secret}`",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM csv.`{secret}`",
        "SELECT * FROM glob('/etc/*')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "COPY (SELECT 1) TO '{secret}'",
        "ATTACH '{secret}' AS x",
        "SELECT * FROM query('SELECT 1')",
    ],
)
def test_nothing_outside_the_lake_is_read(run: Run, tmp_path: Path, statement: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("hunter2\n")
    with pytest.raises(LakewrightError):
        run(statement.format(secret=secret))
    assert secret.read_text() == "hunter2\n"


def test_the_engine_itself_is_confined(root: Path) -> None:
    """Were a statement to slip through all checks, the engine would still refuse."""
    from lakewright.errors import ProblemError
    from lakewright.query.session import _confine

    lake = lake_of(root, Models([]))
    session = open_engine().session()
    _confine(session, lake)
    (root / "other.txt").write_text("x")
    for statement in [
        f"SELECT * FROM read_text('{root}/other.txt')",
        f"SELECT * FROM read_text('{root}/lake/../other.txt')",
        "SET enable_external_access = true",
        "LOAD httpfs",
        f"ATTACH '{root}/x.db'",
    ]:
        with pytest.raises(ProblemError):
            session.run(statement)
    (root / "lake" / "inside.txt").write_text("y")
    assert session.rows(f"SELECT content FROM read_text('{root}/lake/inside.txt')") == [("y",)]


def test_limit_cuts_off(run: Run) -> None:
    assert run("SELECT * FROM silver.item", limit=2).rows.num_rows == 2


def test_refused_functions_are_all_named(run: Run) -> None:
    with pytest.raises(Mistakes):
        run("SELECT no_such_function(id) FROM silver.item")
