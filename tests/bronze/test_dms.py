"""Bronze written by DMS, read like our own. What DMS wrote is made by tests/support/dms_writer.py."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow.parquet as pq
import pytest

from lakewright.bronze.dms import DmsTable, Footer, read_dms
from lakewright.bronze.dms_files import DmsLayout
from lakewright.bronze.reader import latest_sql, rows_sql
from lakewright.bronze.state import LOADING, STREAMING, BronzeState
from lakewright.errors import ProblemError
from lakewright.storage import Storage, open_storage
from tests.support.dms_writer import DATE_FOLDERS, DmsTarget, dms_value

TYPES = {"id": "bigint", "total": "numeric(12,2)", "ok": "boolean", "at": "timestamptz", "note": "text"}
CANONICAL = {"ok": "boolean", "at": "timestamp"}
LAYOUT = DmsLayout(timestamp_column="dms_ts")
ORDERS = DmsTable("orders", "public", "orders", ("id",), CANONICAL)
AT = datetime(2025, 3, 4, 23, 59, 58, 123000, tzinfo=UTC)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path))


@pytest.fixture
def target(tmp_path: Path) -> DmsTarget:
    return DmsTarget(tmp_path, TYPES)


def rows(sql: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql).to_arrow_table().to_pylist()


def values(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in names) for row in found)


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "total": Decimal("1.50"), "ok": True, "at": AT, "note": f"n{number}", **more}


def state_of(storage: Storage, layout: DmsLayout = LAYOUT, table: DmsTable = ORDERS) -> BronzeState:
    return read_dms(storage, layout, "shop", [table])


def test_full_load_and_changes_have_our_columns_and_types(storage: Storage, target: DmsTarget) -> None:
    target.load(1, [row(1), row(2, ok=None)], AT)
    target.change(AT + timedelta(seconds=5), [("U", AT, row(1, total=Decimal("2.00"))), ("D", AT, {"id": 2})])
    state = state_of(storage)
    table = state.tables["orders"]
    assert (table.status, table.key) == (STREAMING, ("id",))
    assert [(c.name, c.type) for c in table.schema.columns] == [
        ("id", "bigint"), ("total", "decimal(12,2)"), ("ok", "boolean"), ("at", "timestamp"), ("note", "string"),
    ]  # fmt: skip
    assert state.position == 202503050000031230 + 1
    found = rows(rows_sql(storage, table, since=None, before=state.position))
    assert list(found[0]) == [
        "Op", "_commit_ts", "_lsn", "_seq", "_schema_version", "_unchanged", "_special", "_old_key", "load_date",
        "id", "total", "ok", "at", "note",
    ]  # fmt: skip
    assert values(found, "_lsn", "_seq", "Op", "id", "_commit_ts", "load_date") == [
        (0, -1, "I", 1, AT, date(2025, 3, 4)),
        (0, -1, "I", 2, AT, date(2025, 3, 4)),
        (202503050000031230, 0, "U", 1, AT, date(2025, 3, 4)),
        (202503050000031230, 1, "D", 2, AT, date(2025, 3, 4)),
    ]
    assert {(type(r["ok"]), r["at"]) for r in found if r["Op"] == "U"} == {(bool, AT)}
    (latest,) = rows(latest_sql(storage, table, before=state.position))
    assert (latest["id"], latest["total"], latest["ok"], latest["note"]) == (1, Decimal("2.00"), True, "n1")


@pytest.mark.parametrize("pattern", DATE_FOLDERS.values(), ids=["-".join(names) for names in DATE_FOLDERS])
def test_every_date_folder_is_found_and_ordered_by_file_name(storage: Storage, tmp_path: Path, pattern: str) -> None:
    target = DmsTarget(tmp_path, TYPES, date_folder=pattern)
    target.load(1, [row(1)], AT)
    for days in (31, 1, 0, 400):
        target.change(AT + timedelta(days=days), [("U", AT, row(1, note=f"day {days}"))])
    state = state_of(storage)
    assert len(state.tables["orders"].files) == 5
    (latest,) = rows(latest_sql(storage, state.tables["orders"], before=state.position))
    assert latest["note"] == "day 400"


def test_parallel_loads_hexadecimal_names_and_op_on_loads(storage: Storage, tmp_path: Path) -> None:
    target = DmsTarget(tmp_path, TYPES, include_op=True, timestamp_column=None)
    target.load(9, [row(9)], AT)
    target.load(10, [row(10)], AT)
    target.load(1, [row(1)], AT, segment="orders_p2025")
    path = target.load(2, [row(2)], AT)
    path.rename(path.with_name("SEGMENT1_LOAD00000002.parquet"))
    target.change(AT, [("I", AT, row(3))])
    assert (target.folder / "LOAD0000000A.parquet").exists()
    state = state_of(storage, DmsLayout())
    found = rows(latest_sql(storage, state.tables["orders"], before=state.position))
    assert values(found, "id", "Op") == [(1, "I"), (2, "I"), (3, "I"), (9, "I"), (10, "I")]
    assert {r["_commit_ts"] for r in found if r["id"] == 3} == {AT}


def test_only_new_files_are_new(storage: Storage, target: DmsTarget) -> None:
    target.load(1, [row(1)], AT)
    first = state_of(storage)
    assert first.position == 1
    target.change(AT, [("U", AT, row(1, note="a"))])
    second = state_of(storage)
    target.change(AT + timedelta(milliseconds=1), [("U", AT, row(1, note="b")), ("I", AT, row(2))])
    third = state_of(storage)
    table = third.tables["orders"]
    assert values(rows(rows_sql(storage, table, since=first.position, before=second.position)), "note") == [("a",)]
    assert values(rows(rows_sql(storage, table, since=second.position, before=third.position)), "note") == [
        ("b",),
        ("n2",),
    ]
    assert values(rows(latest_sql(storage, table, before=second.position)), "note") == [("a",)]
    assert first.tables["orders"].generation == third.tables["orders"].generation
    target.load(2, [row(7)], AT)
    assert state_of(storage).tables["orders"].generation != table.generation


def test_order_within_a_file_is_the_rows_or_the_change_numbers(storage: Storage, tmp_path: Path) -> None:
    changes = [("U", AT, row(1, note="first", seq="2" * 35)), ("U", AT, row(1, note="second", seq="1" * 35))]
    target = DmsTarget(tmp_path, TYPES, change_seq="seq")
    target.change(AT, changes)
    by_number = state_of(storage, DmsLayout(timestamp_column="dms_ts", change_seq_column="seq"))
    (latest,) = rows(latest_sql(storage, by_number.tables["orders"], before=by_number.position))
    assert latest["note"] == "first"
    assert "seq" not in latest
    by_place = state_of(storage)
    (latest,) = rows(latest_sql(storage, by_place.tables["orders"], before=by_place.position))
    assert (latest["note"], latest["seq"]) == ("second", "1" * 35)


def test_two_files_of_one_moment_keep_their_order(storage: Storage, tmp_path: Path) -> None:
    for number, folder in enumerate(("2025/03/04", "2025/03/05")):
        DmsTarget(tmp_path, TYPES, date_folder=folder).change(AT, [("U", AT, row(1, note=str(number)))] * 3)
    state = state_of(storage)
    (latest,) = rows(latest_sql(storage, state.tables["orders"], before=state.position))
    assert latest["note"] == "1"
    found = rows(rows_sql(storage, state.tables["orders"], since=None, before=None))
    assert len({(r["_lsn"], r["_seq"]) for r in found}) == 6


def test_columns_that_come_and_change_over_time(storage: Storage, tmp_path: Path) -> None:
    DmsTarget(tmp_path, {"id": "int", "gone": "text"}).load(1, [{"id": 1, "gone": "x"}], AT)
    DmsTarget(tmp_path, {"id": "bigint", "new": "date"}).change(AT, [("I", AT, {"id": 2**40, "new": date(2025, 1, 2)})])
    state = state_of(storage)
    table = state.tables["orders"]
    assert [(c.name, c.type) for c in table.schema.columns] == [("id", "bigint"), ("gone", "string"), ("new", "date")]
    found = rows(latest_sql(storage, table, before=state.position))
    assert values(found, "id", "gone")[0] == (1, "x")
    assert {r["id"]: r["new"] for r in found} == {1: None, 2**40: date(2025, 1, 2)}


def test_the_types_that_dms_changes(storage: Storage, tmp_path: Path) -> None:
    types = {"id": "smallint", "n": "numeric", "t": "time", "b": "bytea", "u": "uuid", "j": "jsonb", "l": "timestamp"}
    target = DmsTarget(tmp_path, types)
    sent = {"id": 1, "n": Decimal("0.611111104488373"), "t": time(12, 30), "b": b"\0x", "u": "u-1", "j": "{}"}
    target.load(1, [{**sent, "l": datetime(2025, 1, 1)}], AT)
    state = state_of(storage, table=DmsTable("orders", "public", "orders", ("id",)))
    (found,) = rows(latest_sql(storage, state.tables["orders"], before=state.position))
    assert (found["n"], found["t"], found["b"]) == (Decimal("0.611111"), "12:30:00", b"\0x")
    assert found["l"] == datetime(2025, 1, 1)
    assert {c.name: c.type for c in state.tables["orders"].schema.columns}["n"] == "decimal(28,6)"
    exact = DmsTable("orders", "public", "orders", ("id",), {"n": "string", "id": "int", "l": "timestamp"})
    state = state_of(storage, table=exact)
    (found,) = rows(latest_sql(storage, state.tables["orders"], before=state.position))
    assert (found["n"], found["l"]) == ("0.611111", datetime(2025, 1, 1, tzinfo=UTC))


def test_files_of_others_and_of_no_dms(storage: Storage, target: DmsTarget, tmp_path: Path) -> None:
    DmsTarget(tmp_path, TYPES, table="orders_archive").load(1, [row(1)], AT)
    target.folder.mkdir(parents=True)
    (target.folder / "_SUCCESS").touch()
    empty = state_of(storage).tables["orders"]
    assert (empty.status, empty.stop_reason, empty.files) == (LOADING, "DMS has written no file yet", ())
    (target.folder / "LOAD00000001.csv").touch()
    with pytest.raises(ProblemError, match=r"LW421.*LOAD00000001.csv.*DataFormat parquet"):
        state_of(storage)


def test_a_key_that_no_file_has(storage: Storage, target: DmsTarget) -> None:
    target.load(1, [row(1)], AT)
    with pytest.raises(ProblemError, match=r"LW422 bronze.orders: no file has the key column oid"):
        state_of(storage, table=DmsTable("orders", "public", "orders", ("oid",)))


def test_footers_are_read_once(storage: Storage, target: DmsTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    target.load(1, [row(1)], AT)
    known: dict[str, Footer] = {}
    first = read_dms(storage, LAYOUT, "shop", [ORDERS], known)
    monkeypatch.setattr(pq, "ParquetFile", None)
    assert read_dms(storage, LAYOUT, "shop", [ORDERS], known) == first


def test_a_folder_inside_the_bucket(storage: Storage, tmp_path: Path) -> None:
    DmsTarget(tmp_path / "raw" / "dms", TYPES).load(1, [row(1)], AT)
    state = state_of(storage, DmsLayout("raw/dms/", "dms_ts"))
    assert [file.path for file in state.tables["orders"].files] == ["raw/dms/public/orders/LOAD00000001.parquet"]


@pytest.fixture
def source(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "create table orders (id bigint primary key, total numeric(12,2), ok boolean, at timestamptz, note text)"
        )
        yield connection


@pytest.mark.parametrize("seed", range(5))
def test_any_history_ends_in_what_the_source_holds(
    storage: Storage, tmp_path: Path, source: psycopg.Connection[Any], seed: int
) -> None:
    """PostgreSQL runs the statements; DMS's files are made of what it returned."""
    chance = random.Random(seed)
    target = DmsTarget(tmp_path, TYPES, date_folder="%Y/%m/%d", include_op=chance.random() < 0.5)

    def returned(sql: str, *parameters: Any) -> list[dict[str, Any]]:
        return [dict(zip(TYPES, r, strict=True)) for r in source.execute(f"{sql} returning *", parameters).fetchall()]

    fill = "select n, n * 1.5, n %% 2 = 0, timestamptz '2025-01-01 00:00+02' + n * interval '7 hours', 'r' || n"
    loaded = returned(f"insert into orders {fill} from generate_series(1, 30) n where %s", True)
    target.load(1, loaded[:20], AT)
    target.load(2, loaded[20:], AT)
    for batch in range(12):
        changes: list[tuple[str, datetime, dict[str, Any]]] = []
        for _ in range(chance.randint(1, 15)):
            number, text = chance.randint(1, 40), chance.choice([None, "", "é", "x" * 50])
            operation = chance.choice("IUUD")
            if operation == "I":
                done = returned(
                    "insert into orders values (%s, 1, null, null, %s) on conflict do nothing", number, text
                )
            elif operation == "U":
                done = returned("update orders set note = %s, total = total + 1 where id = %s", text, number)
            else:
                done = [{"id": r["id"]} for r in returned("delete from orders where id = %s", number)]
            changes += [(operation, AT, r) for r in done]
        if changes:
            target.change(AT + timedelta(hours=5 * batch, milliseconds=batch), changes)
    state = state_of(storage)
    found = rows(latest_sql(storage, state.tables["orders"], before=state.position))
    truth = source.execute("select id, total, ok, at, note from orders order by id").fetchall()
    assert sorted((tuple(r[name] for name in TYPES) for r in found), key=lambda r: r[0]) == truth
    assert dms_value(True, "boolean") == "true"
