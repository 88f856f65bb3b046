"""Receives a replication stream in a thread of its own: frames in, batches out, confirmations back.

Authentication and TLS are libpq's. The thread only gathers frames and answers the server, so that the server never
waits for decoding; a full queue slows the receiving down, which bounds memory.
"""

from __future__ import annotations

import queue
import select
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg.pq import ExecStatus

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal
from lakewright.ingest.sources.postgres.messages import MessageBatch
from lakewright.ingest.sources.postgres.slot import Connection, connect, lsn_text, unreachable

KEEPALIVE_BYTES = 18
KEEPALIVE = ord("k")
BATCH_BYTES = 4 * 2**20
QUEUED_BATCHES = 2
FEEDBACK_SECONDS = 1.0
CONFIRM_SECONDS = 0.1
IDLE_SECONDS = 0.05
POSTGRES_EPOCH = 946_684_800


class StreamEnded(Exception):  # noqa: N818 - the connection is to be made again, which is no mistake of anybody
    """The connection broke or the server went away."""


class SlotBusy(Exception):  # noqa: N818 - the same: try again shortly
    """Another connection, perhaps one that just died, still uses the slot."""


@dataclass(frozen=True)
class StreamOptions:
    """`tick`: how long frames are gathered at least before they are handed on, in seconds."""

    slot: str
    publication: str
    start: int
    binary: bool
    tick: float = 0.05

    def command(self, version: int) -> str:
        options = {"proto_version": "1", "publication_names": quote_identifier(self.publication)}
        if self.binary and version >= 140000:
            options["binary"] = "true"
        listed = ", ".join(f"{name} {quote_literal(value)}" for name, value in options.items())
        return f"START_REPLICATION SLOT {quote_identifier(self.slot)} LOGICAL {lsn_text(self.start)} ({listed})"


class Stream:
    """One replication connection. `next(timeout)` gives batches in order, `confirm` lets the server forget WAL.

    Use as a context manager; a broken connection shows as `StreamEnded` from `next`.
    """

    def __init__(self, conninfo: str, options: StreamOptions) -> None:
        self._options = options
        self._connection = connect(conninfo, replication=True, name=f"lakewright {options.slot}")
        self._queue: queue.Queue[MessageBatch | Exception] = queue.Queue(QUEUED_BATCHES)
        self._confirmed = options.start
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lakewright-receive", daemon=True)

    def __enter__(self) -> Stream:
        try:
            _start(self._connection, self._options)
        except BaseException:
            self._connection.close()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.05)
        self._connection.close()

    def next(self, timeout: float) -> MessageBatch | None:
        """The next batch (it may hold only news of the server's WAL), or None when nothing came within `timeout`."""
        try:
            found = self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None
        if isinstance(found, Exception):
            raise found
        return found

    def confirm(self, lsn: int) -> None:
        """Everything below `lsn` is durable here: the server may remove its WAL. Sent within a second."""
        self._confirmed = max(self._confirmed, lsn)

    def _drain(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    def _run(self) -> None:
        receiver = _Receiver(self._connection, self._options.tick, lambda: self._confirmed, self._hand_on)
        try:
            while not self._ending.is_set():
                receiver.step()
            receiver.feedback()
        except (psycopg.Error, LakewrightError, StreamEnded, OSError) as error:
            ended = error if isinstance(error, LakewrightError) else StreamEnded(str(error))
            self._offer(ended)

    def _hand_on(self, batch: MessageBatch) -> bool:
        try:
            self._queue.put(batch, timeout=0.2)
        except queue.Full:
            return False
        return True

    def _offer(self, error: Exception) -> None:
        while not self._ending.is_set():
            try:
                self._queue.put(error, timeout=0.2)
            except queue.Full:
                continue
            return


class _Receiver:
    """The thread's state: gathered frames, and when the server was last answered."""

    def __init__(
        self, connection: Connection, tick: float, confirmed: Callable[[], int], hand_on: Callable[[MessageBatch], bool]
    ) -> None:
        self._pgconn = connection.pgconn
        self._tick = tick
        self._confirmed = confirmed
        self._hand_on = hand_on
        self._frames: list[bytes | memoryview] = []
        self._bytes = 0
        self._asked = False
        self._handed = time.monotonic()
        self._answered = 0.0
        self._told = 0

    def step(self) -> None:
        """Reads what is there; hands on when enough was gathered or time is up; waits briefly when nothing is there."""
        more = self._read()
        now = time.monotonic()
        if self._bytes >= BATCH_BYTES or (self._frames and now - self._handed >= self._tick):
            self._flush()
        patience = CONFIRM_SECONDS if self._confirmed() > self._told else FEEDBACK_SECONDS
        if self._asked or now - self._answered >= patience:
            self.feedback()
        if not more:
            wait = max(self._tick - (now - self._handed), 0.001) if self._frames else IDLE_SECONDS
            if select.select([self._pgconn.socket], [], [], wait)[0]:
                self._pgconn.consume_input()

    def _read(self) -> bool:
        """Whether reading stopped for another reason than that nothing was there."""
        get, frames, size = self._pgconn.get_copy_data, self._frames, self._bytes
        while size < BATCH_BYTES:
            count, data = get(1)
            if count > 0:
                frames.append(data)
                size += count
                if count == KEEPALIVE_BYTES and data[0] == KEEPALIVE and data[17]:
                    self._asked = True
            elif count == 0:
                self._bytes = size
                return False
            else:
                self._end()
        self._bytes = size
        return True

    def _end(self) -> None:
        result = self._pgconn.get_result()
        message = (result.error_message if result else b"").decode(errors="replace").strip()
        raise StreamEnded(message or "the server ended the stream")

    def _flush(self) -> None:
        batch = MessageBatch.of_frames(self._frames)
        self._frames.clear()
        self._bytes = 0
        while not self._hand_on(batch):
            self.feedback()
            if self._closing():
                return
        self._handed = time.monotonic()

    def _closing(self) -> bool:
        return self._pgconn.status != psycopg.pq.ConnStatus.OK

    def feedback(self) -> None:
        """Confirms, and asks for a keepalive: its position moves an idle source's on."""
        lsn = self._confirmed()
        moment = int((time.time() - POSTGRES_EPOCH) * 1_000_000)
        self._pgconn.put_copy_data(struct.pack(">cqqqqb", b"r", lsn, lsn, lsn, moment, 1))
        while self._pgconn.flush():
            select.select([], [self._pgconn.socket], [], 1.0)
        self._asked = False
        self._told = lsn
        self._answered = time.monotonic()


def _start(connection: Connection, options: StreamOptions) -> None:
    """Raises SlotBusy, or ProblemError LW353/LW354 when the slot is gone or was invalidated."""
    pgconn = connection.pgconn
    result = pgconn.exec_(options.command(connection.info.server_version).encode())
    if result.status == ExecStatus.COPY_BOTH:
        pgconn.nonblocking = 1
        return
    message = result.error_message.decode(errors="replace").strip()
    raise _refusal(message, options)


def _refusal(message: str, options: StreamOptions) -> Exception:
    first = message.splitlines()[0].removeprefix("ERROR:").strip() if message else ""
    if "is active for PID" in message:
        return SlotBusy(first)
    again = f"lakewright ingest resnapshot --all makes slot {options.slot} again and loads every table anew"
    if "does not exist" in message and "slot" in message:
        return ProblemError("LW353", f"the replication slot {options.slot} is gone: changes were missed", hint=again)
    if "invalidated" in message or "can no longer get changes" in message or "has been removed" in message:
        return ProblemError("LW354", f"the server dropped WAL that slot {options.slot} needed: {first}", hint=again)
    if "starting up" in message or "shutting down" in message or not first:
        return StreamEnded(first)
    return ProblemError("LW352", f"the server refused the stream: {first}")


__all__ = ["SlotBusy", "Stream", "StreamEnded", "StreamOptions", "unreachable"]
