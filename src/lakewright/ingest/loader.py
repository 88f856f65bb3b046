"""Full loads: several readers inside one snapshot, chunk by chunk, in threads beside the stream.

A session opens one snapshot and reads the missing chunks of some tables. What it finished stays, whatever ends it;
the next session reads the rest in a newer snapshot.
"""

from __future__ import annotations

import queue
import shutil
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

import psycopg

from lakewright.bronze.state import BronzeFile
from lakewright.bronze.writer import BronzeWriter, Target
from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.job import ChunkDone, Ended, Job, News, Opened, OpenSnapshot, Planned, Stale
from lakewright.ingest.sources.postgres.chunks import Chunk, plan_chunks
from lakewright.ingest.sources.postgres.duckdb_scan import Scanner
from lakewright.ingest.sources.postgres.identity import Fingerprint, read_fingerprints
from lakewright.ingest.sources.postgres.slot import Snapshot, connect, unreachable
from lakewright.ingest.sources.postgres.snapshot import open_scans, reading
from lakewright.ingest.sources.postgres.staging import StagedFile
from lakewright.observe import Observer

SCAN_BYTES = 16 * 2**20
"""Below this size of the largest table it does not pay to start DuckDB."""

PUBLISHERS = 4
"""A chunk's files are published side by side: each waits for the disk, or for S3."""


class LoadSession:
    """Runs in threads of its own and tells its news through `news`. `stop` ends it after the chunks under way."""

    def __init__(
        self,
        conninfo: Callable[[], str],
        open_it: OpenSnapshot,
        jobs: tuple[Job, ...],
        writer: BronzeWriter,
        *,
        readers: int,
        chunk_rows: int,
        observe: Observer,
    ) -> None:
        self.jobs = jobs
        self.news: queue.Queue[News] = queue.Queue()
        self._conninfo = conninfo
        self._open_it = open_it
        self._writer = writer
        self._readers = readers
        self._chunk_rows = chunk_rows
        self._observe = observe
        self._stopping = threading.Event()
        self._error: LakewrightError | None = None
        self._work: queue.SimpleQueue[tuple[Job, str]] = queue.SimpleQueue()
        self._stale: set[str] = set()
        self._orderly = 0  # readers that ended because there was no more to read
        self._date = datetime.now(UTC)
        self._thread = threading.Thread(target=self._run, name="lakewright-load", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._load()
        except psycopg.Error as error:
            self._error = unreachable(error)
        except LakewrightError as error:
            self._error = error
        finally:
            self.news.put(Ended(self._error))

    def _load(self) -> None:
        large = max((job.table.bytes for job in self.jobs), default=0) > SCAN_BYTES
        spill = self._writer.staging()
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(PUBLISHERS, "lakewright-publish"))
            scans = pool.submit(stack.enter_context, open_scans(self._conninfo(), spill)) if large else None
            with self._open_it(self._conninfo(), self._stopping.is_set) as snapshot:
                first_news: list[News] = [Opened(snapshot), *self._plan()]
                ready = threading.Barrier(self._readers + 1, action=partial(self._tell, first_news))
                threads = [
                    threading.Thread(
                        target=self._reader,
                        args=(snapshot, scans, ready, pool),
                        name=f"lakewright-read-{n}",
                        daemon=True,
                    )
                    for n in range(self._readers)
                ]
                for thread in threads:
                    thread.start()
                try:
                    ready.wait(timeout=120)
                except threading.BrokenBarrierError:
                    self._stopping.set()
            for thread in threads:
                thread.join()
        if self._orderly < self._readers and not self._stopping.is_set() and self._error is None:
            self._error = ProblemError("LW360", "a reader of the full load broke off", hint="its trace is on stderr")

    def _tell(self, news: Sequence[News]) -> None:
        for one in news:
            self.news.put(one)

    def _plan(self) -> list[Planned]:
        """Lays out the work; tells of the plans that are new."""
        found = []
        with connect(self._conninfo(), name="lakewright load") as connection:
            for job in self.jobs:
                plan = job.plan or tuple(chunk.where for chunk in plan_chunks(connection, job.table, self._chunk_rows))
                if not job.plan:
                    found.append(Planned(job, plan))
                for chunk in plan:
                    if chunk not in job.done:
                        self._work.put((job, chunk))
        return found

    def _reader(
        self,
        snapshot: Snapshot,
        scans: Future[Scanner | None] | None,
        ready: threading.Barrier,
        pool: ThreadPoolExecutor,
    ) -> None:
        try:
            with (
                reading(self._conninfo(), snapshot.name, scans.result() if scans else None, self._observe) as reader,
                connect(self._conninfo(), name="lakewright load") as control,
            ):
                ready.wait(timeout=120)
                while not self._stopping.is_set():
                    try:
                        job, chunk = self._work.get_nowait()
                    except queue.Empty:
                        self._orderly += 1
                        return
                    if job.name in self._stale:
                        continue
                    folder = self._writer.staging() / f"chunk-{uuid.uuid4().hex}"
                    staged = reader.read_chunk(job.read(snapshot.lsn, self._date), Chunk(chunk), folder)
                    if read_fingerprints(control, [job.table.oid]).get(job.table.oid, _NONE).columns != (
                        job.fingerprint.columns
                    ):
                        self._stale.add(job.name)
                        self.news.put(Stale(job))
                        shutil.rmtree(folder, ignore_errors=True)
                        continue
                    files = self._publish(job, snapshot.lsn, staged, pool)
                    shutil.rmtree(folder, ignore_errors=True)
                    self.news.put(ChunkDone(job, chunk, snapshot.lsn, files))
        except psycopg.Error as error:
            self._failed(unreachable(error), ready)
        except LakewrightError as error:
            self._failed(error, ready)
        except threading.BrokenBarrierError:
            self._stopping.set()

    def _failed(self, error: LakewrightError, ready: threading.Barrier) -> None:
        self._error = self._error or error
        self._stopping.set()
        ready.abort()

    def _publish(
        self, job: Job, lsn: int, staged: Sequence[StagedFile], pool: ThreadPoolExecutor
    ) -> tuple[BronzeFile, ...]:
        target = Target(job.name, job.generation, job.schema_version, job.tenant)
        date = f"{self._date:%Y-%m-%d}"

        def adopt(file: StagedFile) -> BronzeFile:
            return self._writer.adopt(file.path, file.rows, target, "load", date, file.tenant, lsn, file.lean)

        return tuple(pool.map(adopt, staged))


_NONE = Fingerprint("", "")
