"""Reading Bronze: expected rows are worked out by hand, from what PostgreSQL would hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.bronze.reader import latest_sql, rows_sql
from lakewright.bronze.state import CHANGE_COLUMNS, BronzeColumn, BronzeFile, BronzeSchema, BronzeTable
from lakewright.models.types import arrow_type
from lakewright.storage import Storage, open_storage

COLUMNS = (
    BronzeColumn("id", "bigint", "bigint", key=True, id=1),
    BronzeColumn("tenant_id", "bigint", "bigint", id=2),
    BronzeColumn("body", "string", "text", id=3),
    BronzeColumn("n", "int", "integer", id=4),
)
SCHEMA = BronzeSchema(1, COLUMNS)
AT = datetime(2026, 3, 1, tzinfo=UTC)
SYSTEM = {
    "Op": pa.string(),
    "_commit_ts": pa.timestamp("us", tz="UTC"),
    "_lsn": pa.int64(),
    "_seq": pa.int64(),
    "_schema_version": pa.int32(),
    "_unchanged": pa.list_(pa.string()),
    "_special": pa.map_(pa.string(), pa.string()),
    "_old_key": pa.string(),
}


class Bronze:
    """Writes files by hand and keeps the table that describes them."""

    def __init__(
        self, root: Path, key: tuple[str, ...] = ("id",), schemas: tuple[BronzeSchema, ...] = (SCHEMA,)
    ) -> None:
        self.root = root
        self.storage: Storage = open_storage(str(root))
        self.table = BronzeTable("t", "public.t", status="streaming", key=key, tenant="tenant_id", schemas=schemas)

    def write(self, kind: str, rows: list[dict[str, Any]], version: int = 1, tenant: str | None = "1") -> None:
        columns = next(s for s in self.table.schemas if s.version == version).columns
        types = SYSTEM | {c.name: arrow_type(c.type) for c in columns}
        full = [dict.fromkeys(types) | {"_commit_ts": AT, "_schema_version": version} | row for row in rows]
        arrays = pa.Table.from_pylist(full, schema=pa.schema(list(types.items())))
        folder = f"bronze/t/load_date=2026-03-01/tenant_id={tenant or '__HIVE_DEFAULT_PARTITION__'}"
        path = (
            f"{folder}/{len(self.table.files)}.parquet" if kind != "tail" else f"tail/{len(self.table.files)}.parquet"
        )
        if kind != "tail":
            arrays = arrays.drop_columns(["tenant_id"])
        lean = kind == "load" and all(arrays[name].null_count == arrays.num_rows for name in CHANGE_COLUMNS)
        if lean:
            arrays = arrays.drop_columns(list(CHANGE_COLUMNS))
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(arrays, self.root / path)
        lsns = [row["_lsn"] for row in rows]
        file = BronzeFile(path, "t", 1, kind, len(rows), 1, min(lsns), max(lsns), version, "2026-03-01", tenant, lean)
        self.table = replace(self.table, files=(*self.table.files, file))

    def latest(self, **options: Any) -> list[tuple[Any, ...]]:
        names = [c.name for c in self.table.schema.columns]
        options = {"before": None, "columns": names, **options}
        connection = duckdb.connect()
        found = connection.execute(latest_sql(self.storage, self.table, **options)).fetchall()
        if self.table.key:  # a copy of all rows, in any order, is as good as the files
            connection.execute(f"CREATE TABLE copy AS {rows_sql(self.storage, self.table, since=None, before=None)}")
            copied = connection.execute(latest_sql(self.storage, self.table, **options, copy="copy")).fetchall()
            assert sorted(copied, key=str) == sorted(found, key=str)
        return sorted(found, key=str)


def row(
    op: str, lsn: int, seq: int, key: int | None, body: str | None = None, n: int | None = None, **more: Any
) -> Any:
    return {"Op": op, "_lsn": lsn, "_seq": seq, "id": key, "tenant_id": 1, "body": body, "n": n, **more}


@pytest.fixture
def bronze(tmp_path: Path) -> Bronze:
    return Bronze(tmp_path)


def test_load_alone(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "a", 1), row("I", 100, -1, 2, "b", 2)])
    assert bronze.latest() == [(1, 1, "a", 1), (2, 1, "b", 2)]


def test_updates_deletes_and_position(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "a", 1), row("I", 100, -1, 2, "b", 2)])
    bronze.write("tail", [row("U", 100, 0, 1, "a2", 1), row("D", 110, 0, 2), row("I", 120, 5, 3, "c", 3)])
    assert bronze.latest() == [(1, 1, "a2", 1), (3, 1, "c", 3)]
    assert bronze.latest(before=100) == [(1, 1, "a", 1), (2, 1, "b", 2)], "position P holds the snapshot at P only"
    assert bronze.latest(before=111) == [(1, 1, "a2", 1)]


def test_spans_of_positions_partition_the_rows(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "a", 1)])
    bronze.write("cdc", [row("U", lsn, 0, 1, "x", lsn) for lsn in (100, 110, 120)])
    read = duckdb.connect()
    spans = [(None, 100), (100, 110), (110, 111), (111, None)]
    seen = [
        read.execute(rows_sql(bronze.storage, bronze.table, since=s, before=b, columns=["n"])).fetchall()
        for s, b in spans
    ]
    assert seen == [[(1,)], [(100,)], [(110,)], [(120,)]]


def test_a_snapshot_newer_than_a_change_wins(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "old", 1)])
    bronze.write("load", [row("I", 200, -1, 2, "new", 2)])
    bronze.write("tail", [row("U", 150, 0, 2, "stale", 0), row("U", 150, 1, 1, "fresh", 5), row("D", 160, 0, 9)])
    assert bronze.latest() == [(1, 1, "fresh", 5), (2, 1, "new", 2)]


def test_changes_before_every_snapshot_of_a_load_bring_no_row_back(bronze: Bronze) -> None:
    """Key 9 was changed and then went in a way that the stream does not tell. Chunks were read at 200 and 220."""
    bronze.write("load", [row("I", 200, -1, 1, "a", 1)])
    bronze.write("load", [row("I", 220, -1, 3, "c", 1)])
    bronze.write("tail", [row("U", 150, 0, 9, "gone", 1), row("T", 151, 0, None), row("U", 160, 0, 1, "old", 1)])
    bronze.write("tail", [row("U", 190, 0, 9, "gone", 2), row("I", 210, 0, 2, "b", 1), row("U", 230, 0, 3, "d", 1)])
    bronze.table = replace(bronze.table, snapshot_lsn=220, loaded_lsn=200)
    assert bronze.latest() == [(1, 1, "a", 1), (2, 1, "b", 1), (3, 1, "d", 1)]
    bronze.table = replace(bronze.table, snapshot_lsn=220, loaded_lsn=220)
    assert bronze.latest() == [(1, 1, "a", 1), (3, 1, "d", 1)]


def test_truncate_removes_what_is_older(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "a", 1)])
    bronze.write("cdc", [row("I", 110, 0, 2, "b", 2), row("T", 120, 0, None), row("I", 120, 1, 3, "c", 3)])
    assert bronze.latest() == [(3, 1, "c", 3)]


def test_a_delete_of_unknown_tenant_is_in_the_default_partition(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "a", 1)])
    bronze.write("cdc", [row("D", 110, 0, 1)], tenant=None)
    assert bronze.latest() == []


def test_unchanged_toast_comes_from_the_newest_row_that_has_it(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "big", 1)])
    bronze.write(
        "cdc", [row("U", 110, 0, 1, None, 2, _unchanged=["body"]), row("U", 111, 0, 1, None, 3, _unchanged=["body"])]
    )
    assert bronze.latest() == [(1, 1, "big", 3)]


def test_insert_and_partial_update_in_one_transaction(bronze: Bronze) -> None:
    bronze.write("tail", [row("I", 110, 0, 1, "big", 1), row("U", 110, 1, 1, None, 2, _unchanged=["body"])])
    assert bronze.latest() == [(1, 1, "big", 2)]


def test_null_that_was_written_is_not_taken_for_unchanged(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, 1, "big", 1)])
    bronze.write("tail", [row("U", 110, 0, 1, None, 2), row("U", 120, 0, 1, None, 3, _unchanged=["body"])])
    assert bronze.latest() == [(1, 1, None, 3)]


def test_unchanged_toast_follows_key_changes(bronze: Bronze) -> None:
    """Keys 1 → 2 → 3; key 2 had another row before, deleted, whose value must not come up."""
    moved = {"_unchanged": ["body"]}
    bronze.write("load", [row("I", 100, -1, 1, "mine", 1), row("I", 100, -1, 2, "other", 1)])
    bronze.write("tail", [row("D", 105, 0, 2)])
    bronze.write("tail", [row("D", 110, 0, 1), row("U", 110, 1, 2, None, 5, _old_key=json.dumps({"id": "1"}), **moved)])
    bronze.write("tail", [row("D", 120, 0, 2), row("U", 120, 1, 3, None, 6, _old_key=json.dumps({"id": "2"}), **moved)])
    bronze.write("tail", [row("U", 130, 0, 3, None, 7, **moved), row("I", 131, 0, 1, "new one", 0)])
    assert bronze.latest() == [(1, 1, "new one", 0), (3, 1, "mine", 7)]


def test_an_unchanged_value_that_is_lost_is_an_error(bronze: Bronze) -> None:
    bronze.write("tail", [row("U", 110, 0, 1, None, 2, _unchanged=["body"])])
    with pytest.raises(duckdb.Error, match="LW415"):
        bronze.latest()


def test_keys_limit_the_result_but_not_the_history(bronze: Bronze) -> None:
    bronze.write("load", [row("I", 100, -1, key, f"v{key}", key) for key in range(5)])
    bronze.write(
        "tail", [row("D", 110, 0, 1), row("U", 110, 1, 7, None, 5, _old_key='{"id": "1"}', _unchanged=["body"])]
    )
    read = duckdb.connect()
    read.execute("CREATE TABLE changes AS SELECT unnest([7, 3, 1])::BIGINT AS id")
    sql = latest_sql(bronze.storage, bronze.table, before=None, keys_relation="changes", columns=["id", "body"])
    assert sorted(read.execute(sql).fetchall()) == [(3, "v3"), (7, "v1")]


def test_older_versions_are_read_with_the_newest_columns(tmp_path: Path) -> None:
    newer = BronzeSchema(
        2,
        (
            BronzeColumn("id", "bigint", key=True, id=1),
            BronzeColumn("tenant_id", "bigint", id=2),
            BronzeColumn("text", "string", id=3),
            BronzeColumn("n", "bigint", id=4),
            BronzeColumn("colour", "string", id=5, fill="it's red"),
            BronzeColumn("when", "timestamp", id=6),
        ),
    )
    bronze = Bronze(tmp_path, schemas=(SCHEMA, newer))
    bronze.write("load", [row("I", 100, -1, 1, "a", 1)])
    later = {"id": 2, "tenant_id": 1, "text": "b", "n": 2**40, "colour": None, "when": AT}
    bronze.write("tail", [{"Op": "I", "_lsn": 110, "_seq": 0, **later}], version=2)
    names = ["id", "text", "n", "colour"]
    assert bronze.latest(columns=names) == [(1, "a", 1, "it's red"), (2, "b", 2**40, None)]


def test_a_column_made_anew_under_an_old_name_does_not_get_old_values(tmp_path: Path) -> None:
    again = BronzeSchema(2, (*COLUMNS[:2], BronzeColumn("body", "string", id=9)))
    bronze = Bronze(tmp_path, schemas=(SCHEMA, again))
    bronze.write("load", [row("I", 100, -1, 1, "old", 1)])
    assert bronze.latest() == [(1, 1, None)]


def test_keyless_rows_are_counted_off(tmp_path: Path) -> None:
    bronze = Bronze(tmp_path, key=())
    bronze.write("load", [row("I", 100, -1, 1, "a", 1)] * 3)
    bronze.write("tail", [row("D", 110, 0, 1, "a", 1), row("I", 120, 0, 2, "b", None), row("I", 120, 1, 2, "b", None)])
    assert bronze.latest() == [(1, 1, "a", 1), (1, 1, "a", 1), (2, 1, "b", None), (2, 1, "b", None)]
    bronze.write("tail", [row("T", 130, 0, None), row("I", 131, 0, 1, "a", 1)])
    assert bronze.latest() == [(1, 1, "a", 1)]


def test_no_files_give_no_rows_with_types(bronze: Bronze) -> None:
    sql = rows_sql(bronze.storage, bronze.table, since=None, before=None)
    described = {name: kind for name, kind, *_ in duckdb.connect().execute(f"DESCRIBE {sql}").fetchall()}
    assert described["id"] == "BIGINT"
    assert described["load_date"] == "DATE"
    assert described["_unchanged"] == "VARCHAR[]"


def test_unchanged_values_are_found_under_the_column_s_former_name(tmp_path: Path) -> None:
    """body was renamed to text, and n to body: each keeps its own values."""
    now = (
        *COLUMNS[:2],
        BronzeColumn("text", "string", id=3),
        BronzeColumn("body", "int", id=4),
    )
    bronze = Bronze(tmp_path, schemas=(SCHEMA, BronzeSchema(2, now)))
    bronze.write("load", [row("I", 100, -1, 1, "big", 1)])
    bronze.write("tail", [row("U", 110, 0, 1, None, 2, _unchanged=["body"])])
    renamed = {"Op": "U", "_lsn": 120, "_seq": 0, "id": 1, "tenant_id": 1, "body": 3, "_unchanged": ["text"]}
    assert bronze.latest() == [(1, 1, "big", 2)]
    bronze.write("tail", [renamed], version=2)
    assert bronze.latest() == [(1, 1, "big", 3)]
