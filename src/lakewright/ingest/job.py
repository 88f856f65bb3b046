"""What is to be loaded of one table, and what loaders tell. Light: the readers and DuckDB come with `loader`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lakewright.bronze.state import BronzeFile
from lakewright.errors import LakewrightError
from lakewright.ingest.mappings import TableTransform
from lakewright.ingest.sources.postgres.catalog import SourceTable
from lakewright.ingest.sources.postgres.identity import Fingerprint
from lakewright.ingest.sources.postgres.slot import Snapshot

if TYPE_CHECKING:
    from lakewright.ingest.sources.postgres.snapshot import TableRead


@dataclass(frozen=True)
class Job:
    """One table's load: `plan` are all chunks (None: to be planned), `done` the finished ones."""

    name: str
    generation: int
    schema_version: int
    tenant: str | None
    table: SourceTable
    transform: TableTransform
    fingerprint: Fingerprint
    plan: tuple[str, ...] = ()
    done: frozenset[str] = frozenset()

    def read(self, lsn: int, at: datetime) -> TableRead:
        """What a reader in the snapshot at `lsn` has to do."""
        from lakewright.ingest.sources.postgres.snapshot import TableRead  # with DuckDB

        select = self.transform.snapshot_select()
        wanted = [self.table.column(name) for name in select.columns]
        change = None if self.transform.changes_nothing else self.transform.apply
        return TableRead(self.table, tuple(wanted), lsn, at, self.schema_version, self.tenant, select.where, change)


@dataclass(frozen=True)
class Opened:
    """The session's snapshot is there, and its readers are in it and at work."""

    snapshot: Snapshot


@dataclass(frozen=True)
class Planned:
    job: Job
    plan: tuple[str, ...]


@dataclass(frozen=True)
class ChunkDone:
    job: Job
    chunk: str
    lsn: int
    files: tuple[BronzeFile, ...]


@dataclass(frozen=True)
class Stale:
    """The table changed its shape while it was read: its chunks of this session are not to be used."""

    job: Job


@dataclass(frozen=True)
class Ended:
    """The session is over; `error` says why it did not finish its work."""

    error: LakewrightError | None


News = Opened | Planned | ChunkDone | Stale | Ended
OpenSnapshot = Callable[[str, Callable[[], bool]], AbstractContextManager[Snapshot]]
