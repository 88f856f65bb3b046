"""Full loads beside the stream: begun when the manifest wants them, their news taken into the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

from lakewright.bronze.writer import BronzeWriter
from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.attachment import Attachment
from lakewright.ingest.housekeeping import Doomed
from lakewright.ingest.job import ChunkDone, Ended, Job, Opened, OpenSnapshot, Planned, Stale
from lakewright.ingest.ledger import Ledger
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres.slot import Snapshot, created_slot, snapshot_now
from lakewright.observe import Event, Observer

if TYPE_CHECKING:  # it brings DuckDB, which a stream without loads does not need
    from lakewright.ingest.loader import LoadSession

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MOST_FAILURES = 5


class Loads:
    """The loads of one source, one session at a time; called by the ingester's loop alone."""

    def __init__(
        self, settings: IngestSettings, ledger: Ledger, writer: BronzeWriter, doomed: Doomed, observe: Observer
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._writer = writer
        self._doomed = doomed
        self._observe = observe
        self._session: LoadSession | None = None
        self._next = 0.0
        self._failures = 0

    @property
    def running(self) -> bool:
        return self._session is not None

    def first(self, attachment: Attachment) -> int:
        """Makes the slot; its snapshot is the one that the first chunks are read in. Gives its position."""
        slot = self._settings.slot

        def open_it(conninfo: str, stopped: Callable[[], bool]) -> AbstractContextManager[Snapshot]:
            return created_slot(conninfo, slot, stopped)

        session = self._begun(attachment.first_jobs(), open_it)
        while not isinstance(news := session.news.get(), Opened):
            if isinstance(news, Ended):
                self._session = None
                raise news.error or ProblemError("LW357", "the slot was not made", place=slot)
        position = news.snapshot.lsn
        attachment.begin(position)
        self._ledger.commit(position)
        self._observe(Event("ingest.slot", {"slot": slot, "position": position}))
        return position

    def start(self, attachment: Attachment) -> None:
        """Begins what the manifest wants and nobody does yet."""
        if self._session is not None or time.monotonic() < self._next:
            return
        if self._ledger.dirty:  # `jobs` looks at what is committed: chunks just heard of would be read twice
            return
        jobs = attachment.jobs()
        if not jobs:
            return
        slot = self._settings.slot

        def open_it(conninfo: str, stopped: Callable[[], bool]) -> AbstractContextManager[Snapshot]:
            return snapshot_now(conninfo, slot, stopped)

        self._begun(jobs, open_it)

    def _begun(self, jobs: tuple[Job, ...], open_it: OpenSnapshot) -> LoadSession:
        from lakewright.ingest.loader import LoadSession

        settings = self._settings
        session = self._session = LoadSession(
            settings.conninfo,
            open_it,
            jobs,
            self._writer,
            readers=settings.readers,
            chunk_rows=settings.chunk_rows,
            observe=self._observe,
        )
        session.start()
        return session

    def stop(self) -> None:
        if self._session is not None:
            self._session.stop()

    def hear(self) -> None:
        """Takes the loaders' news into the ledger."""
        while self._session is not None and not self._session.news.empty():
            match self._session.news.get():
                case Planned(job, plan):
                    self._noted(job, plan=plan)
                case ChunkDone(job, chunk, lsn, files):
                    if self._noted(job, chunk=chunk, lsn=lsn):
                        self._ledger.add(files)
                        rows = sum(file.rows for file in files)
                        self._observe(Event("ingest.chunk", {"table": job.name, "rows": rows, "chunk": chunk}))
                    else:
                        self._doomed.add(file.path for file in files)
                case Stale(job):
                    self._ledger.reload(job.name, "its columns changed while it was loaded")
                case Ended(error):
                    self._ended(error)

    def _noted(self, job: Job, *, plan: tuple[str, ...] = (), chunk: str | None = None, lsn: int = 0) -> bool:
        """Whether the load that the news is about is still wanted."""
        table = self._ledger.table(job.name)
        if table is None or table.load is None or table.load.generation != job.generation or lsn < 0:
            return False
        if chunk is not None and (lsn < table.load.start or chunk not in table.load.plan or chunk in table.load.chunks):
            return False
        chunks = dict(table.load.chunks) | ({chunk: lsn} if chunk is not None else {})
        load = replace(table.load, plan=plan or table.load.plan, chunks=chunks)
        self._ledger.change(replace(table, load=load))
        return True

    def _ended(self, error: LakewrightError | None) -> None:
        self._session = None
        if error is None:
            self._failures = 0
            return
        self._failures += 1
        self._next = time.monotonic() + BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._observe(Event("ingest.load_failed", error.as_dict(), level="warning"))
        if error.code != "LW351" and self._failures >= MOST_FAILURES:
            raise error
