"""A DMS task: full load and changes of a PostgreSQL database into an S3 bucket's folder, until it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

import psycopg

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.dms.checkpoint import Checkpoint, Checkpoints
from lakewright.ingest.dms.follow import Changing
from lakewright.ingest.dms.load import Loader, TruncatedLob
from lakewright.ingest.dms.names import ChangeNames
from lakewright.ingest.dms.settings import S3Settings, SourceSettings, TaskSettings
from lakewright.ingest.dms.source import Member, Source, slot_name
from lakewright.ingest.dms.statistics import RELOADING, Progress
from lakewright.ingest.dms.writer import ChangeFiles
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.sources.postgres.catalog import Connection
from lakewright.ingest.sources.postgres.decode import StreamDecoder
from lakewright.ingest.sources.postgres.framing import Framing
from lakewright.ingest.sources.postgres.relation import NeedsTextMode
from lakewright.ingest.sources.postgres.slot import connect
from lakewright.ingest.sources.postgres.stream import SlotBusy, Stream, StreamEnded, StreamOptions
from lakewright.ingest.sources.postgres.types import binary_is_safe, read_user_types
from lakewright.observe import Event, Observer, ignore
from lakewright.storage import Storage

Kind = Literal["full-load", "cdc", "full-load-and-cdc"]
FULL_LOAD_FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
LOADED_AND_STOPPED = "Stop Reason STOPPED_AFTER_FULL_LOAD"
STOPPED = "Stop Reason NORMAL"
READ_SECONDS = 0.2
CHECK_SECONDS = 5.0
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Replication:
    """What a task was deployed with. `conninfo` is asked whenever a connection is made, so no secret is kept."""

    name: str
    conninfo: Callable[[], str]
    mapping: TableMapping
    target: S3Settings
    source: SourceSettings = field(default_factory=SourceSettings)
    task: TaskSettings = field(default_factory=TaskSettings)
    kind: Kind = "full-load-and-cdc"

    @property
    def database(self) -> Source:
        return Source(self.conninfo, self.mapping, self.source, self.source.slot or slot_name(self.name))


def _now() -> datetime:
    return datetime.now(UTC)


def replicate(
    replication: Replication,
    storage: Storage,
    checkpoints: Checkpoints,
    stop: threading.Event,
    progress: Progress,
    *,
    resume: bool = False,
    now: Callable[[], datetime] = _now,
    observe: Observer = ignore,
) -> str:
    """Runs the task in this thread until `stop` is set, or all is done; gives DMS's stop reason.

    Without `resume` everything begins anew. `storage` is the target's bucket. Raises LakewrightError when the task
    fails: LW351 (no answer at first), LW372 (the slot cannot go on), LW373 (truncation), LW374 (no tables).
    """
    task = _Task(replication, storage, checkpoints, stop, progress, now, observe)
    try:
        return task.run(resume=resume)
    except TruncatedLob as reason:
        hint = "LobMaxSize is too small, or set FailTasksOnLobTruncation to false"
        raise ProblemError("LW373", f"a large value was truncated: {reason}", hint=hint) from None


@dataclass
class _Task:
    replication: Replication
    storage: Storage
    checkpoints: Checkpoints
    stop: threading.Event
    progress: Progress
    now: Callable[[], datetime]
    observe: Observer

    def __post_init__(self) -> None:
        self.source = self.replication.database
        self.loaded: frozenset[str] = frozenset()
        self.members: dict[tuple[str, str], Member] = {}
        self.publications: tuple[str, ...] = ()
        self.text_mode = False

    def run(self, *, resume: bool) -> str:
        started = self.now()
        loader = Loader(
            self.source,
            self.storage,
            self.replication.target,
            self.replication.task,
            self.progress,
            self.now,
            self.stop.is_set,
            started,
        )
        checkpoint = self._begin(resume)
        if self.replication.kind != "cdc":
            checkpoint = self._load(loader, checkpoint)
        if self.stop.is_set():
            return STOPPED
        if self.replication.kind == "full-load":
            self.source.forget()
            return FULL_LOAD_FINISHED
        if self.replication.task.stop_after_load:
            return LOADED_AND_STOPPED
        self._follow(loader, checkpoint)
        return STOPPED

    # ── the beginning ──

    def _begin(self, resume: bool) -> Checkpoint:
        found = self.checkpoints.load() if resume else None
        with closing(connect(self.replication.conninfo(), name="dms")) as connection:
            self._meet(connection)
            if not self.members and self.replication.task.fail_without_tables:
                raise ProblemError("LW374", "no table of the source fits the table mapping", hint="check its rules")
            if found is not None:
                self.source.check(connection)
        if found is None:
            self.checkpoints.forget()
            found = Checkpoint(self.source.begin(self.stop.is_set))
            self.checkpoints.save(found)
        self.loaded = found.loaded
        return found

    def _meet(self, connection: Connection) -> list[Member]:
        """Reads the catalog and brings the publications in step; gives the tables that are new."""
        found = {member.place: member for member in self.source.members(connection)}
        fresh = [member for place, member in found.items() if place not in self.members]
        if fresh or found.keys() != self.members.keys() or not self.publications:
            self.publications = self.source.publish(connection, found.values())
        for member in found.values():
            self.progress.meet(*member.place)
        self.members = found
        return fresh

    def _load(self, loader: Loader, checkpoint: Checkpoint) -> Checkpoint:
        wanted = [member for member in self.members.values() if member.table.label not in self.loaded]
        self.progress.load_start = self.progress.load_start or self.now()
        done = loader.load(wanted)
        self.loaded |= {member.table.label for member in done}
        if not self.stop.is_set():
            self.progress.load_end = self.now()
        checkpoint = replace(checkpoint, loaded=self.loaded)
        self.checkpoints.save(checkpoint)
        self.observe(Event("dms.loaded", {"task": self.replication.name, "tables": len(done)}))
        return checkpoint

    # ── changes ──

    def _follow(self, loader: Loader, checkpoint: Checkpoint) -> None:
        files = ChangeFiles(self.storage, self.replication.target, ChangeNames(checkpoint.last_file), self.now)
        changing = Changing(
            self.source, self.replication.target, self.replication.task, files, self.progress, checkpoint
        )
        failures = 0
        position = checkpoint.position
        while not self.stop.is_set():
            try:
                with self._attached(position) as attached:
                    attached.follow(loader, changing)
            except NeedsTextMode:
                self.text_mode = True
            except (StreamEnded, SlotBusy, psycopg.OperationalError) as error:
                failures = self._lost(str(error), failures)
            except LakewrightError as error:
                if error.code != "LW351":
                    raise
                failures = self._lost(error.fact, failures)
            after = self.checkpoints.load()
            if after is not None and after.position > position:
                position, failures = after.position, 0

    def _lost(self, reason: str, failures: int) -> int:
        self.observe(Event("dms.reconnect", {"task": self.replication.name, "reason": reason}, level="warning"))
        self.stop.wait(BACKOFF[min(failures, len(BACKOFF) - 1)])
        return failures + 1

    @contextmanager
    def _attached(self, position: int) -> Iterator[_Attached]:
        with closing(connect(self.replication.conninfo(), name="dms")) as connection:
            self._meet(connection)
            self.source.check(connection)
            binary = not self.text_mode and binary_is_safe(member.table for member in self.members.values())
            options = StreamOptions(self.source.slot, self.publications, position, binary)
            with Stream(self.replication.conninfo(), options) as stream:
                yield _Attached(self, connection, stream, position)


class _Attached:
    """One connection's worth of changes."""

    def __init__(self, task: _Task, connection: Connection, stream: Stream, position: int) -> None:
        self._task, self._connection, self._stream = task, connection, stream
        self._reached = position
        self._open = False
        self._newest: datetime | None = None
        self._framing = Framing()
        self._decoder = StreamDecoder(lambda: read_user_types(connection), self._primary_key)
        self._checked = self._saved = time.monotonic()

    def _primary_key(self, schema: str, table: str) -> tuple[str, ...]:
        member = self._task.members.get((schema, table))
        return member.table.primary_key if member is not None else ()

    def follow(self, loader: Loader, changing: Changing) -> None:
        """Until the task is to stop; then all that came is written."""
        task = self._task
        while not task.stop.is_set():
            came = self._take(changing)
            changing.flush(everything=task.progress.flush_asked())
            self._keep(changing)
            changing.tell(self._newest, came, self._reached)
            self._look(loader, changing)
        self._drain(changing)
        changing.flush(everything=True)
        self._keep(changing, at_once=True)

    def _take(self, changing: Changing, patience: float = READ_SECONDS) -> bool:
        """Whether a block of messages came."""
        self._framing.check()
        block = self._stream.next(patience)
        batch = None if block is None else self._framing.batch(block)
        if batch is None:
            return block is not None
        if batch.reply_requested:
            self._stream.answer()
        if len(batch):
            decoded = self._decoder.decode(batch)
            for changes in decoded.changes:
                changing.take(changes)
            self._open = decoded.rows_after_commit
            self._reached = max(self._reached, decoded.commit_end or 0)
            self._newest = decoded.newest_commit_ts or self._newest
        if not self._open and batch.wal_end is not None:
            self._reached = max(self._reached, batch.wal_end)
        return len(batch) > 0

    def _drain(self, changing: Changing) -> None:
        """What the server sent before the stop is still written."""
        while self._take(changing, READ_SECONDS):
            pass

    def _keep(self, changing: Changing, *, at_once: bool = False) -> None:
        """Saves how far the files reach, then lets the server forget."""
        if not at_once and time.monotonic() - self._saved < 0.5:
            return
        self._saved = time.monotonic()
        checkpoint = changing.checkpoint(self._reached, self._task.loaded)
        if checkpoint != self._task.checkpoints.load():
            self._task.checkpoints.save(checkpoint)
        self._stream.confirm(checkpoint.position)

    def _look(self, loader: Loader, changing: Changing) -> None:
        """From time to time: new tables, tables to be loaded again."""
        task, now = self._task, time.monotonic()
        again = [task.members[place] for place in task.progress.reloads() if place in task.members]
        for member in again:
            changing.drop(member.place)
            task.progress.note(member.place, state=RELOADING, reloaded=True)
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            task.source.check(self._connection)
            fresh = task._meet(self._connection)
            again += [member for member in fresh if task.replication.kind != "cdc"]
        if again:
            task.loaded |= {member.table.label for member in loader.load(again)}
            self._keep(changing, at_once=True)
