"""A running query as its caller sees it: a schema, batches of rows, figures, and a way to end it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakewright.query.governed.link import Closed
from lakewright.query.governed.problems import (
    Cancelled,
    OutOfMemory,
    QueryFailed,
    ScanLimit,
    StatementError,
    TimedOut,
    Unreadable,
    WorkerDied,
)

if TYPE_CHECKING:
    from lakewright.query.governed.pool import Worker
    from lakewright.query.governed.terms import Limits, Reading, TableRead

_MEMORY = ("Out of Memory Error", "could not allocate", "bad_alloc", "malloc of size", "realloc of size")


@dataclass
class Stats:
    """Figures of one query; they grow while it runs. `scanned_bytes`: see `transport.delivered_bytes`."""

    scanned_bytes: int = 0
    scanned_rows: int = 0
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    tables: Sequence[TableRead] = field(default_factory=tuple)


class Running:
    """The processes of one query, and why they were ended if they were."""

    def __init__(self, user: Worker, reader: Worker | None, limits: Limits) -> None:
        self.user = user
        self.reader = reader
        self.limits = limits
        self._lock = threading.Lock()
        self._why: QueryFailed | None = None
        self._ended = False
        self._asking = threading.Lock()
        self._said: dict[str, Any] | None = None
        self.reads = False
        """Whether the reader has its job, and can be asked."""

    def end(self, why: QueryFailed | None) -> None:
        """Kills both processes; the first reason stays."""
        with self._lock:
            if why is not None and not self._ended and self._why is None:
                self._why = why
        self.user.kill()
        if self.reader is not None:
            self.reader.kill()

    def release(self) -> None:
        with self._lock:
            self._ended = True
        self.user.release()
        if self.reader is not None:
            with self._asking:
                self.reader.release()

    def scanned_so_far(self) -> int:
        """Bytes delivered up to now, from any thread; 0 before and after."""
        if self.reader is None or not self._asking.acquire(blocking=False):
            return 0
        try:
            if not self.reads or self._ended or self._said is not None:
                return 0
            self.reader.link.send({"kind": "how much"})
            head, _, _ = self.reader.link.receive()
            if head["kind"] == "delivered":
                return int(head["bytes"])
            self._said = head
        except Closed:
            pass
        finally:
            self._asking.release()
        return 0

    def how_much(self) -> dict[str, Any] | None:
        """What the reader says at the end: its count, or what went wrong; None when it is gone without a word."""
        reader = self.reader
        if reader is None:
            return None
        with self._asking:
            if self._said is not None:
                return self._said
            with suppress(Closed):  # what it said before it ended can still be read
                reader.link.send({"kind": "how much"})
            try:
                head, _, _ = reader.link.receive()
            except Closed:
                return None
            return head

    def is_orphan(self, failure: QueryFailed | None) -> bool:
        """Whether this came of processes that went since what they come from had gone, and nobody ended them."""
        if self._why is not None or not isinstance(failure, WorkerDied | Unreadable):
            return False
        return any(worker.is_orphaned for worker in (self.user, self.reader) if worker is not None)

    def failure(self) -> QueryFailed:
        """Why the principal's process went silent."""
        with self._lock:
            return self._why or WorkerDied()


class Answer:
    """Rows of one query, in order. Close it, or read it to its end; `cancel` may be called from any thread."""

    def __init__(
        self,
        running: Running,
        stats: Stats,
        reading: Reading,
        began: float,
        finish: Callable[[QueryFailed | None], None],
    ) -> None:
        self._running = running
        self._began = began
        self._finish = finish
        self._finished = False
        self._lock = threading.Lock()
        self.reading = reading
        self.stats = stats
        self.schema = self._schema()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Rows as they come. Raises what `Governor.run` raises."""
        while True:
            head, body = self._message()
            if head["kind"] == "done":
                self._complete()
                return
            batch = pa.ipc.read_record_batch(pa.py_buffer(body), self.schema)
            batch.validate(full=True)
            self.stats.rows += batch.num_rows
            self.stats.bytes += len(body)
            yield batch

    def table(self) -> pa.Table:
        """All rows at once."""
        return pa.Table.from_batches(list(self.batches()), self.schema)

    def scanned_so_far(self) -> int:
        """Bytes delivered up to now, from any thread; `stats` has the figure once the query has ended."""
        return self._running.scanned_so_far()

    def cancel(self) -> None:
        """Ends the query now; whoever reads it gets Cancelled."""
        self._running.end(Cancelled())

    def close(self) -> None:
        """Ends what still runs. Rows that were not read are lost."""
        if not self._finished:
            self._running.end(Cancelled())
            self._end(Cancelled())

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _schema(self) -> pa.Schema:
        _, body = self._message()
        return pa.ipc.read_schema(pa.py_buffer(body))

    def _message(self) -> tuple[dict[str, Any], bytearray]:
        try:
            head, body, _ = self._running.user.link.receive()
        except Closed:
            failure = self._running.failure()
            if isinstance(failure, WorkerDied):
                failure = self._delivered() or failure
            self._end(failure)
            raise failure from None
        self.stats.seconds = time.perf_counter() - self._began
        if head["kind"] == "failed":
            failure = self._why_failed(head["text"])
            self._end(failure)
            raise failure
        return head, body

    def _why_failed(self, text: str) -> QueryFailed:
        """The reader's troubles come first: the principal's side only sees that rows ended."""
        trouble = self._delivered()
        return trouble or failure_of(text)

    def _complete(self) -> None:
        trouble = self._delivered()
        self._end(trouble)
        if trouble is not None:
            raise trouble

    def _delivered(self) -> QueryFailed | None:
        """Asks the reader for its count, and whether every stream was whole."""
        if self._running.reader is None:
            return None
        head = self._running.how_much()
        if head is None:
            failure = self._running.failure()
            return Unreadable("the reader ended") if isinstance(failure, WorkerDied) else failure
        return self._trouble(head)

    def _trouble(self, head: Mapping[str, Any]) -> QueryFailed | None:
        """What a message of the reader means; its count is kept."""
        match head["kind"]:
            case "cut":
                return ScanLimit(self._running.limits.scan_bytes or 0, head["bytes"])
            case "failed":
                return Unreadable(head["detail"])
            case _:
                self.stats.scanned_bytes, self.stats.scanned_rows = head["bytes"], head["rows"]
                return Unreadable("a stream broke") if head["failed"] else None

    def _end(self, failure: QueryFailed | None) -> None:
        with self._lock:
            if self._finished:
                return
            self._finished = True
        self.stats.seconds = time.perf_counter() - self._began
        self._running.release()
        self._finish(failure)

    def __del__(self) -> None:
        if not getattr(self, "_finished", True):
            self.close()


def failure_of(text: str) -> QueryFailed:
    """What the engine's message means. It was made by the principal's own engine: only permitted values are in it."""
    if any(mark in text for mark in _MEMORY):
        return OutOfMemory()
    said = text.partition("\nLINE ")[0].partition("\n\nAt:\n")[0]  # then: the statement, or where Python was
    lines = [line for line in said.splitlines() if line.strip()] or ["the statement failed"]
    kind, separator, rest = lines[0].partition(" Error: ")
    if separator:
        return StatementError(kind.rpartition(": ")[2], "\n".join([rest, *lines[1:]]))
    return StatementError("Invalid Input", "\n".join(lines))


__all__ = ["Answer", "Running", "Stats", "TimedOut", "failure_of"]
