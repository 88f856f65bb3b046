"""How an ingester stands: read from the manifest and the source, without disturbing either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeState, BronzeTable
from lakewright.errors import LakewrightError
from lakewright.ingest import requests
from lakewright.ingest.claim import slot_problem
from lakewright.ingest.lock import holder
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres.slot import SlotState, connect, current_lsn, read_slot, unreachable
from lakewright.storage import Storage


@dataclass(frozen=True)
class TableStatus:
    """One Bronze table. `loaded` of `chunks` are done while it loads; `rows` counts Bronze's rows, all changes.

    `left` is "gone" when the source has it no more (or it is not selected), "accepted" when somebody agreed to that,
    and "refused" when it cannot be replicated.
    """

    name: str
    source: str
    status: str
    reason: str
    generation: int
    rows: int
    files: int
    bytes: int
    schema_version: int
    loaded: int
    chunks: int
    left: str = ""


@dataclass(frozen=True)
class IngestStatus:
    """`position` is Bronze's, `end` the source's; `lag_bytes` is the WAL between them (other databases' included).

    `lag_seconds` is the manifest's age, 0 when it has everything; both are None before the first ingest. `slot` is None
    when there is none (yet). `problem` says why the source could not be asked; then what comes from it is None.
    `slot_problem` says why the slot cannot be read on.
    """

    source: str
    version: int
    position: int
    committed_at: datetime
    running: str
    paused: bool
    end: int | None
    lag_bytes: int | None
    lag_seconds: float | None
    slot: SlotState | None
    problem: str
    tables: tuple[TableStatus, ...]
    slot_problem: LakewrightError | None = None


def read_status(settings: IngestSettings, storage: Storage, manifest: Manifest | None = None) -> IngestStatus:
    """Never raises for a source that is away: that is part of the status. LW201 for an address that cannot be read."""
    manifest = manifest or Manifest(storage, settings.source)
    state = manifest.load()
    end: int | None = None
    slot: SlotState | None = None
    problem = ""
    slot_trouble: LakewrightError | None = None
    try:
        with connect(settings.conninfo(), name="lakewright status") as connection:
            end = current_lsn(connection)
            slot = read_slot(connection, settings.slot)
    except LakewrightError as error:
        if error.code == "LW201":
            raise
        problem = error.fact
    except psycopg.Error as error:
        problem = str(unreachable(error).fact)
    if not problem:
        state = manifest.load()
        slot_trouble = slot_problem(storage, settings, state, slot)
    lag = None if end is None or state.version == 0 else max(end - state.position, 0)
    age = (datetime.now(UTC) - state.at).total_seconds()
    found = holder(settings.lock_file)
    return IngestStatus(
        source=settings.source,
        version=state.version,
        position=state.position,
        committed_at=state.at,
        running="" if found is None else f"process {found.get('pid')} on {found.get('host')}",
        paused=requests.paused(settings.requests),
        end=end,
        lag_bytes=lag,
        lag_seconds=None if lag is None else (round(age, 1) if lag else 0.0),
        slot=slot,
        problem=problem,
        tables=tuple(_table(table) for _, table in sorted(state.tables.items())),
        slot_problem=slot_trouble,
    )


def foreign_status(state: BronzeState, by: str) -> IngestStatus:
    """The same for Bronze that others wrote: what its files tell."""
    tables = tuple(_table(table) for _, table in sorted(state.tables.items()))
    return IngestStatus(
        source=state.source,
        version=state.version,
        position=state.position,
        committed_at=state.at,
        running=by,
        paused=False,
        end=None,
        lag_bytes=None,
        lag_seconds=None,
        slot=None,
        problem="",
        tables=tables,
    )


def _table(table: BronzeTable) -> TableStatus:
    files = table.current
    return TableStatus(
        name=table.name,
        source=table.source,
        status=table.status,
        reason=table.stop_reason or (table.load.reason if table.load else ""),
        generation=table.generation,
        rows=sum(file.rows for file in files),
        files=len(files),
        bytes=sum(file.bytes for file in files),
        schema_version=table.schema.version if table.schemas else 0,
        loaded=len(table.load.chunks) if table.load else 0,
        chunks=len(table.load.plan) if table.load else 0,
        left=str(table.identity.get("left") or ""),
    )
