"""Every type, through every way into the lake, against what PostgreSQL itself prints."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.ingest.sources.postgres import duckdb_scan
from lakewright.ingest.sources.postgres import types as t
from lakewright.ingest.sources.postgres.chunks import Chunk, plan_chunks
from lakewright.ingest.sources.postgres.duckdb_scan import SIGNED_SHA256, find_extension
from lakewright.ingest.sources.postgres.rows import SYSTEM_COLUMNS, NeedsTextMode
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


LACKING = ("_unchanged", "_special", "_old_key")
SYSTEM = ("Op", "_commit_ts", "_lsn", "_seq", "_schema_version", "_unchanged", "_special", "_old_key")
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
        if file.lean:
            place = part.column_names.index("_schema_version") + 1
            for name in reversed(LACKING):
                part = part.add_column(place, name, pa.nulls(file.rows, SYSTEM_COLUMNS[name]))
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
def test_a_binary_loaded_without_duckdbs_check_has_passed_it() -> None:
    """DuckDB itself checks the signature here; a binary that is not in the list is checked at each load."""
    extension = find_extension()
    assert extension is not None
    duckdb.connect().execute(f"LOAD '{extension}'")
    assert hashlib.sha256(extension.read_bytes()).hexdigest() in SIGNED_SHA256


@pytest.mark.skipif(find_extension() is None, reason="MISSING ON THIS MACHINE: duckdb-extension-postgres-scanner")
def test_a_changed_binary_is_not_loaded(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extension = find_extension()
    assert extension is not None
    changed = bytearray(extension.read_bytes())
    changed[1000] ^= 1
    (tmp_path / extension.name).write_bytes(changed)
    monkeypatch.setattr(duckdb_scan, "find_extension", lambda: tmp_path / extension.name)
    assert duckdb_scan.open_scanner(database, None) is None


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


@pytest.mark.skipif(find_extension() is None, reason="MISSING ON THIS MACHINE: duckdb-extension-postgres-scanner")
@pytest.mark.parametrize(
    ("columns", "tenant"),
    [
        ("id int primary key", None),
        ("id int", None),
        ("note text, id int primary key", None),
        ("id int, span interval not null default '1 day 2:03'", None),
        ("id numeric(6,1) primary key", None),
        ("id int, name text not null default 'x'", None),
        ("id int, name varchar(9) not null default 'x'", None),
        ("id int, tenant_id int not null default 7", "tenant_id"),
        ("id int, tenant_id int not null default 7, at date not null default '2026-01-02'", "tenant_id"),
    ],
)
def test_a_nan_is_seen_whatever_other_columns_there_are(
    database: str, tmp_path: Path, columns: str, tenant: str | None
) -> None:
    with streams.connect(database) as connection:
        connection.execute(f"create table t ({columns}, a numeric(10,2), b numeric(12,4))")
        connection.execute("insert into t (id, a, b) values (1, 0, null), (2, 1.50, 2)")
        fast, slow = (load(database, "t", tmp_path / str(scan), scan, tenant) for scan in (True, False))
        assert fast.schema.metadata[b"copied"] == b"[]"
        assert (fast.schema, fast.to_pylist()) == (slow.schema, slow.to_pylist())
        connection.execute("insert into t (id, a, b) values (3, 3, 'NaN')")
    rows = load(database, "t", tmp_path / "nan", True, tenant)
    assert b"NaN in a decimal" in rows.schema.metadata[b"copied"]
    assert rows["_special"].to_pylist() == [None, None, [("b", "NaN")]]


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


def test_many_tenants_make_one_file_each(database: str, tmp_path: Path) -> None:
    """Sorted by tenant, so that no tenant's file is closed and begun again."""
    with streams.connect(database) as connection:
        connection.execute("create table t (id int primary key, tenant_id text, v text)")
        connection.execute(
            "insert into t select i, nullif('t ' || i * 7919 % 301, 't 0'), 'v' from generate_series(1, 9000) i"
        )
        connection.execute("analyze t")
        expected = dict(connection.execute("select tenant_id, count(*) from t group by 1").fetchall())
        source = streams.table(connection, "t")
    read = TableRead(source, streamed_columns(source), 1, datetime(2026, 1, 2, tzinfo=UTC), 1, "tenant_id")
    for scan in (True, False):
        with open_snapshot(database, None, scan=scan) as reader:
            files = reader.read_chunk(read, Chunk(), tmp_path / str(scan))
        assert len(files) == 301
        assert {file.tenant: file.rows for file in files} == expected


def test_wide_rows_and_many_columns(database: str, tmp_path: Path) -> None:
    with streams.connect(database) as connection:
        connection.execute(f"create table t (id int primary key, {', '.join(f'c{n} int' for n in range(1599))})")
        connection.execute("insert into t (id, c0, c1598) select i, i, -i from generate_series(1, 100) i")
        connection.execute(
            "create table big (id int primary key, v text); alter table big alter v set storage external"
        )
        connection.execute("insert into big select i, repeat(chr(64 + i), 10000000) from generate_series(1, 3) i")
    for scan in (True, False):
        rows = load(database, "t", tmp_path / f"t{scan}", scan, None)
        assert rows.num_columns == 1608
        assert rows.select(["id", "c0", "c5", "c1598"]).to_pylist()[-1] == {
            "id": 100,
            "c0": 100,
            "c5": None,
            "c1598": -100,
        }
        big = load(database, "big", tmp_path / f"big{scan}", scan, None)
        assert [(text[0], len(text)) for text in big["v"].to_pylist()] == [("A", 10**7), ("B", 10**7), ("C", 10**7)]


def test_empty_tables_make_no_files(database: str, tmp_path: Path) -> None:
    with streams.connect(database) as connection:
        connection.execute("create table t (id int primary key, tenant_id int); create table none ()")
        sources = [streams.table(connection, name) for name in ("t", "none")]
    for scan in (True, False):
        for source, tenant in ((sources[0], "tenant_id"), (sources[0], None), (sources[1], None)):
            read = TableRead(source, streamed_columns(source), 1, datetime(2026, 1, 2, tzinfo=UTC), 1, tenant)
            with open_snapshot(database, None, scan=scan) as reader:
                assert reader.read_chunk(read, Chunk(), tmp_path / f"{scan}{source.name}{tenant}") == ()


def test_a_transform_sees_bronze_rows_and_its_result_is_written(database: str, tmp_path: Path) -> None:
    with streams.connect(database) as connection:
        connection.execute("create table t (id int primary key, tenant_id int, secret text)")
        connection.execute("insert into t select i, i % 2, 's' || i from generate_series(1, 10) i")

    def mask(rows: pa.Table) -> pa.Table:
        assert rows.column_names[:8] == list(SYSTEM)
        return rows.drop_columns(["secret"]).rename_columns([*SYSTEM, "id", "owner"]).slice(0, 7)

    rows = load(database, "t", tmp_path, True, "owner", transform=mask)
    assert sorted(rows.column_names) == sorted([*SYSTEM, "id", "owner"])
    assert rows["owner"].to_pylist() == ["1", "0", "1", "0", "1", "0", "1"]


def test_a_snapshot_stays_what_it_was(database: str, tmp_path: Path) -> None:
    """Both ways read in the exported snapshot, also after the connection that exported it has ended."""
    with streams.connect(database) as connection:
        connection.execute("create table t (id int primary key); insert into t select generate_series(1, 100)")
        source = streams.table(connection, "t")
        read = TableRead(source, streamed_columns(source), 1, datetime(2026, 1, 2, tzinfo=UTC), 1)
        for scan in (True, False):
            with ExitStack() as stack:
                with psycopg.connect(database) as exporter:
                    exporter.execute("begin isolation level repeatable read")
                    name = exporter.execute("select pg_export_snapshot()").fetchone()[0]  # type: ignore[index]
                    reader = stack.enter_context(open_snapshot(database, name, scan=scan))
                connection.execute("delete from t where id % 2 = 0; insert into t select max(id) + 1000 from t")
                (file,) = reader.read_chunk(read, Chunk("id <= 9999"), tmp_path / str(scan))
            assert file.rows == (100 if scan else 51)


def test_a_lost_server_is_an_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    code = (
        "import sys, psycopg\n"
        "from lakewright.ingest.sources.postgres.snapshot import open_snapshot\n"
        "from lakewright.rehearse.postgres import running\n"
        "with running() as server:\n"
        "    with open_snapshot(server.dsn(), None) as reader:\n"
        "        server.crash()\n"
        "print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
