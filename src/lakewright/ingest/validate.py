"""Continuous validation: source and Bronze compared at the very same position, chunk by chunk.

A temporary slot gives a snapshot of the source with its exact position L. Once Bronze has passed L, Bronze as of L must
hold the same rows. Rows are compared as they are decoded, by the same code that loads them; keys that differ are named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.reader import latest_sql
from lakewright.bronze.scan import identifier, text
from lakewright.bronze.state import STREAMING, BronzeTable
from lakewright.errors import ProblemError
from lakewright.ingest.book import Known, read_tables
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres.chunks import Chunk, plan_chunks
from lakewright.ingest.sources.postgres.slot import connect, snapshot_now
from lakewright.ingest.sources.postgres.snapshot import SnapshotReader, TableRead, open_snapshot
from lakewright.storage import Storage

NAMED_KEYS = 20
MEMORY = "200MB"


@dataclass(frozen=True)
class Difference:
    """One key whose row differs: missing in Bronze, missing at the source, or with other values."""

    key: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Validation:
    """`rows` were compared at `position`; `differences` names the first of `different` keys."""

    table: str
    position: int
    rows: int
    different: int
    differences: tuple[Difference, ...]
    seconds: float

    @property
    def equal(self) -> bool:
        return self.different == 0


def validate(
    settings: IngestSettings,
    storage: Storage,
    names: Sequence[str] = (),
    *,
    patience: float = 60.0,
    catch_up: Callable[[], object] = lambda: None,
) -> tuple[Validation, ...]:
    """Compares the named tables, or all that stream; those without a key have nothing to name rows by and are left out.

    Needs a running ingester, or a `catch_up` that brings Bronze to where the source is when it is called. Raises LW341
    when Bronze does not reach the snapshot's position within `patience` seconds.
    """
    manifest = Manifest(storage, settings.source)
    found: list[Validation] = []
    with ExitStack() as stack:
        control = stack.enter_context(connect(settings.conninfo(), name="lakewright validate"))
        held = {table.source for table in manifest.load().tables.values() if table.status == STREAMING}
        catalog = read_tables(control, settings, held)
        snapshot = stack.enter_context(snapshot_now(settings.conninfo(), f"{settings.slot}_v"))
        reader = stack.enter_context(open_snapshot(settings.conninfo(), snapshot.name, scan=False))
        catch_up()
        tables = _reached(manifest, snapshot.lsn, patience)
        for name, table in sorted(tables.items()):
            known = catalog.named(name)
            if known is None or table.status != STREAMING or not table.key or (names and name not in names):
                continue
            chunks = plan_chunks(control, known.table, settings.chunk_rows)
            found.append(_compare(storage, table, known, reader, chunks, snapshot.lsn))
    return tuple(found)


def _reached(manifest: Manifest, lsn: int, patience: float) -> dict[str, BronzeTable]:
    deadline = time.monotonic() + patience
    while (state := manifest.load()).position < lsn:
        if time.monotonic() > deadline:
            raise ProblemError(
                "LW341",
                f"Bronze is at {state.position} and does not reach {lsn}",
                place=state.source,
                hint="start `lakewright ingest follow`, then validate again",
            )
        time.sleep(0.1)
    return dict(state.tables)


def _compare(
    storage: Storage, table: BronzeTable, known: Known, reader: SnapshotReader, chunks: Sequence[Chunk], lsn: int
) -> Validation:
    started = time.monotonic()
    columns = [column.name for column in table.schema.columns if not column.dropped]
    transform = known.transform
    read = TableRead(
        known.table,
        tuple(known.table.column(name) for name in transform.snapshot_select().columns),
        lsn,
        datetime.now(UTC),
        table.schema.version,
        where=transform.snapshot_select().where,
        transform=None if transform.changes_nothing else transform.apply,
    )
    key = ", ".join(f"coalesce({identifier(name)}::VARCHAR, _special[{text(name)}], 'NULL')" for name in table.key)
    values = f"row({', '.join(map(identifier, columns))}, map_entries(_special))"
    digest = f"[{key}] AS key, md5(CAST({values} AS VARCHAR)) AS sum"
    with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as sql:
        sql.execute("SET timezone = 'UTC'")
        sql.execute(f"CREATE TABLE ours AS SELECT {digest} FROM ({latest_sql(storage, table, before=lsn)})")
        sql.execute("CREATE TABLE theirs (key VARCHAR[], sum VARCHAR)")
        for chunk in chunks:
            for rows in reader.rows(read, chunk):
                sql.register("rows", rows)
                sql.execute(f"INSERT INTO theirs SELECT {digest} FROM rows")
                sql.unregister("rows")
        joined = "FROM ours FULL JOIN theirs USING (key) WHERE ours.sum IS DISTINCT FROM theirs.sum"
        counts = f"SELECT (SELECT count(*) FROM theirs), (SELECT count(*) {joined})"
        count, different = sql.execute(counts).fetchone() or (0, 0)
        kind = (
            "CASE WHEN ours.sum IS NULL THEN 'missing in Bronze' WHEN theirs.sum IS NULL THEN 'missing at the source' "
            "ELSE 'other values' END"
        )
        named = sql.execute(f"SELECT key, {kind} {joined} ORDER BY key LIMIT {NAMED_KEYS}").fetchall()
    differences = tuple(Difference(tuple(values), what) for values, what in named)
    return Validation(table.name, lsn, count, different, differences, round(time.monotonic() - started, 3))
