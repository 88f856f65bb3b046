"""Receives a replication stream in a thread of its own: blocks of bytes in, confirmations back.

The thread only gathers bytes and answers the server, so that the server never waits for decoding; a full queue slows
the receiving down, which bounds memory. A backlog is asked for first, chunk by chunk; then the stream begins.
"""

from __future__ import annotations

import os
import queue
import select
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.sources.postgres.backlog import Waiting, advanced, chunk_query
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal
from lakewright.ingest.sources.postgres.slot import connect, lsn_text
from lakewright.ingest.sources.postgres.wire import BLOCK_BYTES, Block, SlotBusy, StreamEnded, Wire, wire_of

QUEUED_BLOCKS = 6
FEEDBACK_SECONDS = 1.0
CONFIRM_SECONDS = 0.1
IDLE_SECONDS = 0.05
STALLED_SECONDS = 60.0
"""How long a chunk may wait for its reader (who may be paused): the server holds a snapshot as long."""

POSTGRES_EPOCH = 946_684_800


@dataclass(frozen=True)
class StreamOptions:
    """`tick`: how long bytes are gathered at least before they are handed on, in seconds, unless there is a backlog.

    `chunks`: whether a backlog may be asked for in chunks.
    """

    slot: str
    publications: tuple[str, ...]
    start: int
    binary: bool
    tick: float = 0.05
    chunks: bool = False

    def command(self, version: int, start: int) -> str:
        """What begins the stream at a position."""
        listed = ", ".join(f"{name} {quote_literal(value)}" for name, value in self.plugin_options(version).items())
        return f"START_REPLICATION SLOT {quote_identifier(self.slot)} LOGICAL {lsn_text(start)} ({listed})"

    def plugin_options(self, version: int) -> dict[str, str]:
        """What pgoutput is told."""
        names = ", ".join(quote_identifier(name) for name in self.publications)
        options = {"proto_version": "1", "publication_names": names}
        return options | ({"binary": "true"} if self.binary and version >= 140000 else {})


class Stream:
    """One replication connection. `next(timeout)` gives blocks in order, `confirm` lets the server forget WAL.

    Use as a context manager; a broken connection shows as `StreamEnded` from `next`.
    """

    def __init__(self, conninfo: str, options: StreamOptions) -> None:
        self.options = options
        self._connection = connect(conninfo, replication=True, name=f"lakewright {options.slot}")
        self._queue: queue.Queue[Block | Exception] = queue.Queue(QUEUED_BLOCKS)
        self._confirmed = options.start
        self._ending = threading.Event()
        self._closed = False
        self._woken, self._wake = os.pipe()
        self._chunk: int | None = None
        self._thread = threading.Thread(target=self._run, name="lakewright-receive", daemon=True)

    def __enter__(self) -> Stream:
        try:
            self._wire = wire_of(self._connection)
            self._ask(self.options.start)
        except BaseException:
            self._close()
            raise
        self._thread.start()
        return self

    def _ask(self, position: int) -> None:
        """For what follows a position that is durable here: a chunk of a backlog, or a stream without end."""
        options, connection = self.options, self._connection
        version = connection.info.server_version
        waiting = Waiting.of(connection, options.slot, position)
        chunk = waiting.chunk(connection, position) if options.chunks else None
        if chunk and (waiting.confirmed == position or advanced(connection, options.slot, position)):
            self._wire.ask(chunk_query(options.slot, chunk, options.plugin_options(version)))
            self._chunk = chunk
            return
        self._chunk = None
        if objection := self._wire.start(options.command(version, position)):
            raise _refusal(objection, options)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Confirms a last time and ends the connection."""
        self._ending.set()
        if self._thread.is_alive():
            os.write(self._wake, b"e")
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.05)
        self._close()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if hasattr(self, "_wire"):
            self._wire.close()
        self._connection.close()
        os.close(self._woken)
        os.close(self._wake)

    def next(self, timeout: float) -> Block | None:
        """The next block, or None when nothing came within `timeout`."""
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

    def waits_for(self, position: int) -> bool:
        """Whether a chunk ends there, and the next one comes only when it is confirmed."""
        chunk = self._chunk
        return chunk is not None and self._confirmed < chunk <= position

    def answer(self) -> None:
        """The server asked for a sign of life."""
        os.write(self._wake, b"a")

    def _drain(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    def _run(self) -> None:
        receiver = _Receiver(self._wire, self._woken, self.options.tick, lambda: self._confirmed, self._hand_on)
        try:
            while not self._ending.is_set():
                receiver.step(streaming=self._chunk is None)
                if self._chunk is not None and self._confirmed >= self._chunk:
                    self._ask(self._confirmed)
            self._part(receiver)
        except (psycopg.Error, LakewrightError, StreamEnded, SlotBusy, OSError) as error:
            self._wire.close()
            self._connection.close()
            self._offer(error if isinstance(error, (LakewrightError, SlotBusy)) else StreamEnded(str(error)))

    def _part(self, receiver: _Receiver) -> None:
        """Tells the server what is durable. A chunk that is still coming is not wanted any more."""
        if self._chunk is None:
            receiver.feedback()
        elif self._confirmed >= self._chunk:
            advanced(self._connection, self.options.slot, self._confirmed)
        else:
            self._connection.cancel_safe(timeout=5)

    def _hand_on(self, block: Block) -> bool:
        try:
            self._queue.put(Block(block.raw, block.end, self._chunk), timeout=0.2)
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
    """The thread's state: what the wire gathered, and when the server was last answered."""

    def __init__(
        self,
        wire: Wire,
        woken: int,
        tick: float,
        confirmed: Callable[[], int],
        hand_on: Callable[[Block], bool],
    ) -> None:
        self._wire = wire
        self._woken = woken
        self._tick = tick
        self._confirmed = confirmed
        self._hand_on = hand_on
        self._asked = self._streaming = False
        self._handed = time.monotonic()
        self._answered = 0.0
        self._told = 0

    def step(self, *, streaming: bool) -> None:
        """Reads what is there; hands on when enough was gathered or time is up; waits briefly when nothing is there.

        While it answers a query the server wants to hear nothing.
        """
        self._streaming = streaming
        wire = self._wire
        more = wire.read()
        now = time.monotonic()
        waited = not more and now - self._handed >= self._tick
        if wire.gathered and (waited or wire.over or wire.gathered >= BLOCK_BYTES):
            self._flush(wire.take())
        patience = CONFIRM_SECONDS if self._confirmed() > self._told else FEEDBACK_SECONDS
        if streaming and (self._asked or now - self._answered >= patience):
            self.feedback()
        if not more:
            self._wait(max(self._tick - (now - self._handed), 0.001) if wire.gathered else IDLE_SECONDS)

    def _wait(self, seconds: float) -> None:
        """For the server's next word, or for somebody who wants the thread's attention."""
        if self._woken in select.select([self._wire.fileno(), self._woken], [], [], seconds)[0]:
            self._asked = b"a" in os.read(self._woken, 100)

    def _flush(self, block: Block) -> None:
        since = time.monotonic()
        while not self._hand_on(block):
            if self._streaming:
                self.feedback()
            elif time.monotonic() - since > STALLED_SECONDS:
                raise StreamEnded("a chunk was not taken in time")
        self._handed = time.monotonic()

    def feedback(self) -> None:
        """Confirms, and asks for a keepalive: its position moves an idle source's on."""
        lsn = self._confirmed()
        moment = int((time.time() - POSTGRES_EPOCH) * 1_000_000)
        self._wire.send(struct.pack(">cqqqqb", b"r", lsn, lsn, lsn, moment, 1))
        self._asked = False
        self._told = lsn
        self._answered = time.monotonic()


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


__all__ = ["SlotBusy", "Stream", "StreamEnded", "StreamOptions"]
