"""Replicates one PostgreSQL source into Bronze: full loads, the stream, and everything between, exactly once.

One loop writes the manifest. It takes batches from the stream's thread, finished chunks from the loaders' threads and
finished swaps from the housekeeper's thread, commits them together with the position, and only then confirms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from lakewright.bronze.layout import Names
from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeState
from lakewright.bronze.writer import BronzeWriter
from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest import requests
from lakewright.ingest.attachment import Attachment
from lakewright.ingest.head_start import head_start, prepare_load, stream_options
from lakewright.ingest.housekeeping import Doomed, Housekeeper, age, merging, merging_tails, orphans, rolling
from lakewright.ingest.ledger import Ledger
from lakewright.ingest.loads import BACKOFF, Loads
from lakewright.ingest.lock import held
from lakewright.ingest.memory import be_frugal
from lakewright.ingest.roll import FANOUT
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sink import Sink
from lakewright.ingest.sources.postgres.relation import NeedsTextMode
from lakewright.ingest.sources.postgres.silence import Silence
from lakewright.ingest.sources.postgres.slot import LoginRefusedError
from lakewright.ingest.sources.postgres.stream import SlotBusy, Stream, StreamEnded, StreamOptions
from lakewright.ingest.sources.postgres.wire import NeedsStream
from lakewright.observe import Event, Observer, ignore
from lakewright.storage import Storage

if TYPE_CHECKING:
    from lakewright.ingest.sources.postgres.messages import MessageBatch

ONCE_PATIENCE = 10.0
ONCE_TICK = 0.01
BEHIND_BYTES = 2**20
BEHIND_FACTOR = 4
"""While large batches come there is a backlog: fewer, larger files then, since nothing is fresh anyway; and small files
are merged later, since the processors have enough to do."""


class Ingester:
    """One source's ingester. `once` and `follow` hold the source's lock while they run; use one of them at a time."""

    def __init__(self, settings: IngestSettings, storage: Storage, observe: Observer = ignore) -> None:
        self._settings = settings
        self._storage = storage
        self._observe = observe
        self._text_mode = False
        self._chunks = True

    def once(self, stop: threading.Event | None = None) -> BronzeState:
        """Loads what is not loaded, streams up to the end of WAL seen at the start, rolls, and ends."""
        return self._run(stop or threading.Event(), once=True)

    def follow(self, stop: threading.Event) -> BronzeState:
        """Goes on until `stop` is set, then finishes the current flush and rolls."""
        return self._run(stop, once=False)

    def _run(self, stop: threading.Event, *, once: bool) -> BronzeState:
        be_frugal()
        with held(self._settings.lock_file, f"the ingester of {self._settings.source}"), self._work(once) as work:
            failures, attached = 0, False
            target: int | None = None
            while True:
                reached = work.ledger.state.position
                try:
                    with work.attached(text_mode=self._text_mode, chunks=self._chunks) as attachment:
                        attached = True
                        if once and target is None:
                            target = attachment.source_end()
                        work.run(attachment, stop, target)
                        return work.finish(attachment)
                except (StreamEnded, SlotBusy) as error:
                    lost = self._lost(str(error), failures)
                except NeedsTextMode as reason:
                    self._observe(Event("ingest.text_mode", {"reason": str(reason)}))
                    self._text_mode = True
                    continue
                except NeedsStream as reason:
                    self._observe(Event("ingest.no_chunks", {"reason": str(reason)}, level="warning"))
                    self._chunks = False
                    continue
                except psycopg.OperationalError as error:
                    lost = self._lost(str(error).splitlines()[0] if str(error) else "connection lost", failures)
                except LakewrightError as error:
                    if error.code != "LW351" or (once and (failures > 8 or isinstance(error, LoginRefusedError))):
                        raise
                    self._lost(error.fact, failures)
                    lost = error
                failures = 0 if work.ledger.state.position > reached else failures + 1
                if stop.wait(BACKOFF[min(failures, len(BACKOFF) - 1)]):
                    if once or not attached:
                        raise lost
                    return work.ledger.state

    def _lost(self, reason: str, failures: int) -> LakewrightError:
        level = "warning" if failures else "info"
        self._observe(Event("ingest.reconnect", {"source": self._settings.source, "reason": reason}, level=level))
        return ProblemError("LW351", f"the connection to the source was lost: {reason}", place=self._settings.source)

    @contextmanager
    def _work(self, once: bool) -> Iterator[_Work]:
        with ExitStack() as stack:
            yield _Work(self._settings, self._storage, self._observe, stack, impatient=once)


class _Work:
    """What lives as long as the lock is held: the ledger, files in the making, background threads."""

    def __init__(
        self, settings: IngestSettings, storage: Storage, observe: Observer, stack: ExitStack, *, impatient: bool
    ) -> None:
        self._impatient = impatient
        self.settings = settings
        self._storage = storage
        self.observe = observe
        doomed = Doomed(storage, settings.grace_seconds)
        self.doomed = doomed
        self.ledger = Ledger(Manifest(storage, settings.source), doomed)
        self._early = head_start(settings, self.ledger.state, impatient=impatient)
        prepare_load(self.ledger.state)
        stack.callback(self._drop_early)
        self.writer = BronzeWriter(storage, settings.source, Names(self.ledger.state), settings.compression)
        self.sink = Sink(self.writer, settings.buffer_bytes)
        self.housekeeper = Housekeeper()
        stack.callback(self.housekeeper.stop)
        self.loads = Loads(settings, self.ledger, self.writer, doomed, observe)
        stack.callback(self.loads.stop)
        self._reached = self.ledger.state.position
        self._open = False
        self._behind = False
        self._flushed = self._rolled = self._merged = self._checked = self._committed = time.monotonic()
        self._clean(storage)

    def _clean(self, storage: Storage) -> None:
        """What a crash left: our staging, and files that no manifest names (given time, as readers may hold them)."""
        for path in sorted(self.writer.staging().rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        found = orphans(storage, self.ledger.state)
        for entry in found:
            if age(entry) >= self.settings.grace_seconds:
                storage.delete(entry.path)
            else:
                self.doomed.add([entry.path])
        if found:
            self.observe(Event("ingest.orphans", {"files": len(found)}))

    @contextmanager
    def attached(self, *, text_mode: bool, chunks: bool) -> Iterator[Attachment]:
        """A connection to the source with slot and publication in order, and the stream running."""
        with ExitStack() as stack:
            attachment = Attachment(self.settings, self._storage, self.ledger, self.observe)
            stack.callback(attachment.close)
            attachment.open()
            if attachment.needs_slot:
                self._reached = self.loads.first(attachment)
            self._reached = max(self._reached, self.ledger.state.position)
            self.flush(None)
            self._forget()
            binary = attachment.binary and not text_mode
            options = stream_options(
                self.settings, self.ledger.state.position, binary=binary, chunks=chunks, impatient=self._impatient
            )
            attachment.stream = stack.enter_context(self._stream(options))
            if not self.loads.running:  # nothing else has the processors: numpy and Arrow come while the server begins
                attachment.framing, attachment.decoder  # noqa: B018
            fields = {"source": self.settings.source, "position": options.start, "binary": options.binary}
            self.observe(Event("ingest.streaming", fields))
            yield attachment

    def _stream(self, options: StreamOptions) -> AbstractContextManager[Stream]:
        """The one that was begun early, if it is what is wanted now."""
        early, self._early = self._early, None
        if early is not None and early.options == options:
            return closing(early)
        if early is not None:
            early.close()
        return Stream(self.settings.conninfo(), options)

    def _drop_early(self) -> None:
        if self._early is not None:
            self._early.close()

    def _forget(self) -> None:
        """The stream begins again at the manifest's position and will bring everything after it."""
        self.doomed.add(file.path for file in self.sink.drop())
        self._reached = self.ledger.state.position
        self._open = False

    def run(self, attachment: Attachment, stop: threading.Event, target: int | None) -> None:
        """The loop. Ends when `stop` is set or, with a target, when that position and all loads are reached."""
        self._work_off_requests(attachment)
        patience = time.monotonic() + ONCE_PATIENCE
        while not stop.is_set():
            paused = requests.paused(self.settings.requests)
            patience_to_read = min(self.settings.flush_seconds / 4, ONCE_TICK if self._impatient else 1.0)
            batch = None if paused else attachment.next(patience_to_read)
            if paused:
                stop.wait(0.2)
            if batch is not None:
                self.take(attachment, batch)
            self.loads.hear()
            now = time.monotonic()
            patience_to_flush = self.settings.flush_seconds * (BEHIND_FACTOR if self._behind else 1)
            wanted = self._arrived(target) or attachment.stream.waits_for(self._reached)
            if now - self._flushed >= patience_to_flush or self.sink.full or wanted:
                self.flush(attachment.stream)
            if now - self._checked >= self.settings.check_seconds:
                self._checked = now
                attachment.check()
                self._work_off_requests(attachment)
            self._housekeep(now)
            self.loads.start(attachment)
            if target is not None and not paused and self._settled(target):
                attachment.check()
                self._work_off_requests(attachment)
                if not self.ledger.dirty:
                    return
                patience = time.monotonic() + ONCE_PATIENCE
            if target is not None and self._reached < target and now > patience:
                attachment.heartbeat()
                patience = now + ONCE_PATIENCE

    def _arrived(self, target: int | None) -> bool:
        """Whether all that a run with a target waits for is here, and only the commit is missing."""
        if target is None or self.loads.running or self._reached < target:
            return False
        return self.ledger.dirty or self.ledger.state.position < target

    def _settled(self, target: int) -> bool:
        loads = any(table.load is not None for table in self.ledger.tables())
        return not loads and not self.ledger.dirty and not self.loads.running and self.ledger.state.position >= target

    def take(self, attachment: Attachment, batch: MessageBatch | Silence) -> None:
        """Decodes a batch into the sink and moves the position that the next flush may commit."""
        self._behind = batch.size >= BEHIND_BYTES
        if not isinstance(batch, Silence) and len(batch):
            self._decode(attachment, batch)
        if not self._open and batch.wal_end is not None:
            self._reached = max(self._reached, batch.wal_end)

    def _decode(self, attachment: Attachment, batch: MessageBatch) -> None:
        decoded = attachment.decoder.decode(batch)
        for changes in decoded.changes:
            route = attachment.tracker.route(changes.relation)
            target = attachment.tracker.target(route) if route is not None else None
            if route is not None and target is not None:
                self.sink.add(target, route.transform.apply(changes.rows))
        self._open = decoded.rows_after_commit
        self._reached = max(self._reached, decoded.commit_end or 0)

    def flush(self, stream: Stream | None) -> None:
        """Writes what was committed at the source, commits the manifest, confirms."""
        now = time.monotonic()
        self._flushed = now
        staged = self.sink.take(self._reached)
        self.ledger.add(staged.files)
        for swap in self.housekeeper.finished():
            self.ledger.swap(swap)
        moved = self._reached > self.ledger.state.position
        idle = now - self._committed >= self.settings.idle_seconds or self._waiting_for_position()
        idle = idle or (stream is not None and stream.waits_for(self._reached))
        if self.ledger.dirty or (moved and idle):
            before = self.ledger.state.position
            state = self.ledger.commit(self._reached)
            self._committed = time.monotonic()
            if staged.rows or state.position > before:
                fields: dict[str, Any] = {"rows": staged.rows, "position": state.position, "version": state.version}
                self.observe(
                    Event("ingest.flush", fields | {"seconds": round(self._committed - now, 4)}, level="debug")
                )
        if stream is not None:
            stream.confirm(self.ledger.state.position)
        if self.sink.full:
            self.sink.stage()

    def _waiting_for_position(self) -> bool:
        return self._impatient or any(t.load is not None and t.load.done for t in self.ledger.state.tables.values())

    def finish(self, attachment: Attachment) -> BronzeState:
        """Ends cleanly: what is under way is committed, the tail is rolled, the server is told."""
        self.loads.stop()
        self.loads.hear()
        self.flush(attachment.stream)
        while self.housekeeper.busy:
            time.sleep(0.01)
            self.flush(attachment.stream)
        self.housekeeper.do(rolling(self.writer, self.ledger.state))
        while self.housekeeper.busy:
            time.sleep(0.005)
            self.flush(attachment.stream)
        self.flush(attachment.stream)
        self.doomed.remove()
        return self.ledger.state

    def _housekeep(self, now: float) -> None:
        self.doomed.remove()
        if self.housekeeper.busy:
            return
        settings, state = self.settings, self.ledger.state
        tail = sum(file.bytes for table in state.tables.values() for file in table.files if file.kind == "tail")
        rolls = now - self._rolled >= settings.roll_seconds or tail >= settings.roll_bytes
        if rolls:
            self._rolled = now
        if tail and rolls:
            self.housekeeper.do(rolling(self.writer, state))
        elif now - self._merged >= min(2.0, settings.roll_seconds):
            self._merged = now
            tasks = merging_tails(self.writer, state)
            if not tasks and not self.loads.running:  # a full load needs the memory and the processor itself
                tasks = merging(self.writer, state, FANOUT * (BEHIND_FACTOR if self._behind else 1))
            self.housekeeper.do(tasks)

    # ── requests ──

    def _work_off_requests(self, attachment: Attachment) -> None:
        for path, request in requests.waiting(self.settings.requests):
            attachment.obey(request)
            path.unlink(missing_ok=True)
