"""Reading tables inside an exported snapshot into staged Parquet files.

Two ways that give the same rows: DuckDB's PostgreSQL scanner, where it is installed and can hold every value of the
chunk, and COPY BINARY with our own decoder, everywhere and for everything.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from lakewright.ingest.sources.postgres.catalog import SourceColumn, SourceTable
from lakewright.ingest.sources.postgres.chunks import Chunk
from lakewright.ingest.sources.postgres.duckdb_scan import GROUP_BYTES, DuckDBScan, Scanner, Unsuitable, open_scanner
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal
from lakewright.ingest.sources.postgres.slot import connect
from lakewright.ingest.sources.postgres.staging import PartitionedWriter, StagedFile
from lakewright.ingest.sources.postgres.types import value_sql
from lakewright.observe import Event, Observer, ignore

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

Connection = psycopg.Connection[tuple[Any, ...]]

PARTITIONS_BYTES = 32 << 20
"""How much of all partitions one reader may have in memory at once."""


@dataclass(frozen=True)
class TableRead:
    """How one table is read: what its rows carry, and what happens to them before they are written.

    `columns`: the source columns to read, in Bronze's order. `where`: SQL over source columns that rows must satisfy
    ("" for none). `transform`: tables with system columns first → the same; it needs the COPY way. `tenant`: the
    column, after the transform, by whose values the files are split (None: no split); `tenants`: about how many
    values it has.
    """

    table: SourceTable
    columns: tuple[SourceColumn, ...]
    lsn: int
    loaded_at: datetime
    schema_version: int
    tenant: str | None = None
    where: str = ""
    transform: Callable[[pa.Table], pa.Table] | None = None
    tenants: int = 0

    def query(self, chunk: Chunk, select: str, order: str = "") -> str:
        conditions = " AND ".join(f"({one})" for one in (chunk.where, self.where) if one)
        return f"SELECT {select} FROM {self.table.relation}" + (f" WHERE {conditions}" if conditions else "") + order

    @property
    def row_bytes(self) -> int:
        """About how wide a row is."""
        return max(self.table.bytes // max(self.table.rows_estimate, 1), 50)

    def order(self, partition_bytes: int) -> str:
        """ORDER BY the tenant, where there are too many to have a part of each in memory at once."""
        if self.tenants * partition_bytes <= PARTITIONS_BYTES or self.tenant not in {c.name for c in self.columns}:
            return ""
        return f" ORDER BY {quote_identifier(self.tenant)}"


def streamed_columns(table: SourceTable) -> tuple[SourceColumn, ...]:
    """The columns that replication sends: all but generated ones."""
    return tuple(column for column in table.columns if not column.generated)


class SnapshotReader:
    """Reads chunks of tables in one snapshot, one after the other. Made by `reading`; for one thread only."""

    def __init__(self, connection: Connection, scan: DuckDBScan | None, observe: Observer) -> None:
        self._connection = connection
        self._scan = scan
        self._observe = observe

    def read_chunk(self, read: TableRead, chunk: Chunk, folder: Path) -> tuple[StagedFile, ...]:
        """The chunk's rows as Parquet files in `folder` (new or empty): Op, _commit_ts, _lsn, _seq, _schema_version,
        then, except in lean files, _unchanged, _special, _old_key, then the columns without the tenant. No rows, no
        files.

        After an exception the reader cannot be used any more.
        """
        read = replace(read, tenants=self._tenants(read))
        if self._scan is not None and read.transform is None:
            try:
                return self._scan.read(read, chunk, folder / "scan")
            except Unsuitable as reason:
                self._observe(Event("snapshot.copy", {"table": read.table.label, "reason": str(reason)}))
                shutil.rmtree(folder / "scan", ignore_errors=True)
                if reason.broken:
                    self._scan = None
        folder.mkdir(parents=True, exist_ok=True)
        writer = PartitionedWriter(folder, read.tenant)
        for rows in self.rows(read, chunk):
            writer.write(rows)
        return writer.finish()

    def rows(self, read: TableRead, chunk: Chunk) -> Iterator[pa.Table]:
        """The chunk's rows, system columns first, transformed, in tables of bounded size; always by COPY."""
        from lakewright.ingest.sources.postgres.columns import ColumnType  # with Arrow and numpy
        from lakewright.ingest.sources.postgres.copy import copied_tables

        place = read.table.label
        query = read.query(chunk, ", ".join(map(value_sql, read.columns)), read.order(GROUP_BYTES))
        columns = [(c.name, ColumnType(f"{place}.{c.name}", c.oid, c.typmod)) for c in read.columns]
        for rows in copied_tables(self._connection, query, columns, place):
            table = with_system_columns(rows, read)
            yield table if read.transform is None else read.transform(table)

    def _tenants(self, read: TableRead) -> int:
        """How many tenants the server's statistics know of; 0 when they know nothing."""
        found = self._connection.execute(
            "SELECT n_distinct FROM pg_catalog.pg_stats WHERE schemaname = %s AND tablename = %s AND attname = %s"
            " ORDER BY inherited DESC LIMIT 1",
            [read.table.schema, read.table.name, read.tenant],
        ).fetchone()
        share = float(found[0]) if found else 0.0
        return int(share if share >= 0 else -share * read.table.rows_estimate)


def with_system_columns(rows: pa.Table, read: TableRead) -> pa.Table:
    """Rows that begin with `_special` → rows as Bronze has them."""
    from lakewright.ingest.sources.postgres.rows import SYSTEM_COLUMNS

    count = rows.num_rows
    constants: dict[str, Any] = {
        "Op": pa.scalar("I"),
        "_commit_ts": pa.scalar(read.loaded_at, SYSTEM_COLUMNS["_commit_ts"]),
        "_lsn": pa.scalar(read.lsn, pa.int64()),
        "_seq": pa.scalar(-1, pa.int64()),
        "_schema_version": pa.scalar(read.schema_version, pa.int32()),
        "_unchanged": pa.scalar(None, SYSTEM_COLUMNS["_unchanged"]),
    }
    system = {name: pa.repeat(value, count) for name, value in constants.items()}
    system |= {"_special": rows["_special"], "_old_key": pa.nulls(count, pa.string())}
    sources = {name: rows[name] for name in rows.column_names[1:]}
    return pa.table([*system.values(), *sources.values()], names=[*system, *sources])


@contextmanager
def open_snapshot(
    conninfo: str, snapshot: str | None, *, scan: bool = True, observe: Observer = ignore, spill: Path | None = None
) -> Iterator[SnapshotReader]:
    """A reader inside the exported snapshot, which may end once this has returned (None: a snapshot of its own).

    `scan=False` reads everything by COPY. `spill` is where DuckDB may put what exceeds its memory.
    """
    with (
        open_scans(conninfo, spill) if scan else nullcontext() as scanner,
        reading(conninfo, snapshot, scanner, observe) as reader,
    ):
        yield reader


@contextmanager
def open_scans(conninfo: str, spill: Path | None) -> Iterator[Scanner | None]:
    """What several readers share; None where this way does not work."""
    scanner = open_scanner(conninfo, spill)
    try:
        yield scanner
    finally:
        if scanner is not None:
            scanner.close()


@contextmanager
def reading(
    conninfo: str, snapshot: str | None, scanner: Scanner | None, observe: Observer = ignore
) -> Iterator[SnapshotReader]:
    """A reader inside the exported snapshot, by `scanner` where that is given and able."""
    with ExitStack() as stack:
        connection = stack.enter_context(closing(connect(conninfo, name="lakewright snapshot")))
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot is None:
            snapshot = _exported(connection)
        else:
            connection.execute(f"SET TRANSACTION SNAPSHOT {quote_literal(snapshot)}")
        scan = scanner.scan(snapshot) if scanner is not None else None
        if scan is not None:
            stack.callback(scan.close)
        yield SnapshotReader(connection, scan, observe)


def _exported(connection: Connection) -> str:
    row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    return str(row[0]) if row else ""
