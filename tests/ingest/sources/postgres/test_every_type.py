"""Every type, through every way into the lake, against what PostgreSQL itself prints."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.ingest.sources.postgres import types as t
from lakewright.ingest.sources.postgres.chunks import Chunk, plan_chunks
from lakewright.ingest.sources.postgres.duckdb_scan import find_extension
from lakewright.ingest.sources.postgres.rows import NeedsTextMode
from lakewright.ingest.sources.postgres.snapshot import TableRead, open_snapshot, streamed_columns
from lakewright.models.types import arrow_type
from lakewright.observe import Event
from tests.support import pg_streams as streams
from tests.support.pg_types import ROWS, create_table, create_types, fill_table

CORE_COLUMNS = (
    "id", "tenant_id", "flag", "small", "whole", "single", "twofold", "money2", "ratio", "wide", "huge", "beyond",
    "rounded", "anynum", "body", "short", "code", "blank", "called", "doc", "docb", "ident", "raw", "day", "moment",
    "instant", "coarse", "mood", "price", "deep", "email",
)  # fmt: skip


HOSTILE = (
    "datestyle to 'SQL, DMY'", "timezone to 'Asia/Kolkata'", "intervalstyle to 'sql_standard'",
    "bytea_output to 'escape'", "extra_float_digits to '-15'", "search_path to 'pg_catalog'",
)  # fmt: skip


def load(dsn: str, name: str, folder: Path, scan: bool, tenant: str | None = "tenant_id", **how: Any) -> pa.Table:
    """The table through Parquet files; the tenant is put back from the files' partition."""
    with streams.connect(dsn) as connection:
        source = streams.table(connection, name)
    read = TableRead(source, streamed_columns(source), 42, datetime(2026, 1, 2, tzinfo=UTC), 1, tenant, **how)
    events: list[Event] = []
    with open_snapshot(dsn, None, scan=scan, observe=events.append) as reader:
        files = reader.read_chunk(read, Chunk(), folder)
    parts = []
    for file in files:
        part = pq.ParquetFile(file.path).read()
        assert (file.rows, file.bytes) == (part.num_rows, file.path.stat().st_size)
        if tenant is not None:
            part = part.append_column(tenant, pa.array([file.tenant] * file.rows, pa.string()))
        parts.append(part)
    return (
        pa.concat_tables(parts)
        .sort_by("id")
        .replace_schema_metadata({"copied": str([event.fields["reason"] for event in events])})
    )


@pytest.mark.parametrize("binary", [True, False])
def test_stream_of_core_types(database: str, binary: bool) -> None:
    with streams.slot(database) as connection:
        create_types(connection)
        create_table(connection)
        others = [column.name for column in streams.table(connection, "everything").columns]
        for name in set(others) - set(CORE_COLUMNS):
            connection.execute(f'alter table everything drop column "{name.replace(chr(34), chr(34) * 2)}"')
        for number, row in enumerate(ROWS, start=1):
            mine = {"id": str(number)} | {name: value for name, value in row.items() if name in CORE_COLUMNS}
            columns, values = ", ".join(mine), ", ".join(["%s"] * len(mine))
            connection.execute(f"insert into everything ({columns}) values ({values})", list(mine.values()))
        (changes,) = streams.streamed(connection, binary)
        found = [streams.printed(row, changes.rows.schema) for row in changes.rows.to_pylist()]
        assert found == streams.texts(connection, "everything", "id")
        assert t.binary_is_safe([streams.table(connection, "everything")])
        for column in streams.table(connection, "everything").columns:
            kind = t.canonical_type(column.oid, column.typmod)
            assert changes.rows.schema.field(column.name).type == arrow_type(kind)


def test_stream_of_all_types_as_text(database: str) -> None:
    with streams.slot(database) as connection:
        create_types(connection)
        create_table(connection)
        fill_table(connection)
        (changes,) = streams.streamed(connection, binary=False)
        found = [streams.printed(row, changes.rows.schema) for row in changes.rows.to_pylist()]
        assert found == streams.texts(connection, "everything", "id")
        assert not t.binary_is_safe([streams.table(connection, "everything")])


def test_binary_value_of_another_type_asks_for_text_mode(database: str) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, a inet); insert into t values (1, null)")
        (changes,) = streams.streamed(connection)
        assert changes.rows["a"].to_pylist() == [None]
        connection.execute("insert into t values (2, '1.2.3.4')")
        with pytest.raises(NeedsTextMode, match=r"public\.t\.a") as caught:
            streams.streamed(connection)
        assert (caught.value.relation.label, caught.value.column) == ("public.t", "a")


@pytest.mark.parametrize("scan", [False, True])
def test_snapshot_of_all_types(database: str, tmp_path: Path, scan: bool) -> None:
    with streams.connect(database) as connection:
        create_types(connection)
        create_table(connection)
        fill_table(connection)
        rows = load(database, "everything", tmp_path, scan)
        found = [streams.printed(row, rows.schema) for row in rows.to_pylist()]
        assert found == [dict(row) for row in _ordered_like(found, streams.texts(connection, "everything", "id"))]
    first = rows.slice(0, 1).to_pylist()[0]
    assert (first["Op"], first["_lsn"], first["_seq"], first["_schema_version"]) == ("I", 42, -1, 1)
    assert first["_commit_ts"] == datetime(2026, 1, 2, tzinfo=UTC)


def _ordered_like(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: other[name] for name in row} for row, other in zip(rows, others, strict=True)]


@pytest.mark.skipif(find_extension() is None, reason="MISSING ON THIS MACHINE: duckdb-extension-postgres-scanner")
def test_both_ways_of_a_snapshot_are_the_same(database: str, tmp_path: Path) -> None:
    """On values that DuckDB can hold it is DuckDB that reads; the files say the same, types included."""
    with streams.connect(database) as connection:
        create_types(connection)
        create_table(connection)
        fill_table(connection)
        connection.execute("delete from everything where id in (3, 4, 5)")
        connection.execute("insert into everything (id, money2, wide) select i, 0, 0 from generate_series(100, 300) i")
    fast, slow = (load(database, "everything", tmp_path / str(scan), scan) for scan in (True, False))
    assert fast.schema.metadata == slow.schema.metadata == {b"copied": b"[]"}
    assert fast.schema == slow.schema
    assert fast.to_pylist()[2:] == slow.to_pylist()[2:]
    assert str(fast.to_pylist()) == str(slow.to_pylist())  # NaN is not equal to itself


@pytest.mark.skipif(find_extension() is None, reason="MISSING ON THIS MACHINE: duckdb-extension-postgres-scanner")
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("a numeric(10,2)", "NaN", "NaN in a"),
        ("a numeric(30,2)", "NaN", "NaN in a"),
        ("a date", "infinity", "a holds infinity"),
        ("a date", "-infinity", "a holds -infinity"),
        ("a date", "0044-03-15 BC", "a holds 0044-03-15 (BC)"),
        ("a date", "10000-01-01", "a holds 10000-01-01"),
        ("a timestamp", "294276-01-01 00:00:00", "a holds 290280-12-13 (BC) 15:58:10.448384"),
        ("a timestamptz", "-infinity", "a holds -infinity"),
        ('"Op" text', "x", "the column name Op is not the only one of its kind for DuckDB"),
        ('"ID" text', "x", "the column name ID is not the only one of its kind for DuckDB"),
    ],
)
def test_what_duckdb_cannot_hold_is_copied(database: str, tmp_path: Path, column: str, value: str, reason: str) -> None:
    with streams.connect(database) as connection:
        connection.execute(f"create table t (id int primary key, {column}); insert into t values (1), (2)")
        name = "a" if column.startswith("a ") else column.split()[0]
        connection.execute(f"update t set {name} = %s where id = 2", [value])
    rows = load(database, "t", tmp_path, scan=True, tenant=None)
    assert reason in rows.schema.metadata[b"copied"].decode()
    assert rows.num_rows == 2
    if name == "a":
        assert rows["_special"].to_pylist()[1] == [("a", value)]


def test_hostile_server_settings(database: str, tmp_path: Path) -> None:
    with streams.connect(database) as connection:
        create_types(connection)
        create_table(connection)
        fill_table(connection)
        name = connection.execute("select current_database()").fetchone()[0]  # type: ignore[index]
        for setting in HOSTILE:
            connection.execute(f'alter database "{name}" set {setting}')
        expected = streams.texts(connection, "everything", "id")
    for scan in (True, False):
        rows = load(database, "everything", tmp_path / str(scan), scan)
        found = [streams.printed(row, rows.schema) for row in rows.to_pylist()]
        assert found == _ordered_like(found, expected)


def test_chunks_hold_every_row_once(database: str, tmp_path: Path) -> None:
    with streams.connect(database) as connection:
        connection.execute("create table t (a text, b uuid, c int, primary key (a, b))")
        connection.execute(
            "insert into t select 'it''s \\ ' || i % 7, gen_random_uuid(), i from generate_series(1, 5000) i; analyze t"
        )
        chunks = plan_chunks(connection, streams.table(connection, "t"), 700)
        assert len(chunks) == 8
        counts = [
            connection.execute(f"select count(*) from t where {chunk.where}").fetchone()[0]  # type: ignore[index]
            for chunk in chunks
        ]
        assert sum(counts) == 5000
        assert max(counts) < 2 * 700
        assert connection.execute(
            f"select count(*) from t where {' or '.join(f'({chunk.where})' for chunk in chunks)}"
        ).fetchone() == (5000,)
    for scan in (True, False):
        source_chunks = [tmp_path / f"{scan}{number}" for number in range(len(chunks))]
        with streams.connect(database) as connection, open_snapshot(database, None, scan=scan) as reader:
            source = streams.table(connection, "t")
            read = TableRead(source, streamed_columns(source), 1, datetime(2026, 1, 2, tzinfo=UTC), 1, None, "c > 1000")
            files = [
                file
                for chunk, folder in zip(chunks, source_chunks, strict=True)
                for file in reader.read_chunk(read, chunk, folder)
            ]
        found = [number for file in files for number in pq.ParquetFile(file.path).read()["c"].to_pylist()]
        assert sorted(found) == list(range(1001, 5001))
