"""Receives a replication stream in a thread of its own: blocks of bytes in, confirmations back.

The thread only gathers bytes and answers the server, so that the server never waits for decoding; a full queue slows
the receiving down, which bounds memory.
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
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal
from lakewright.ingest.sources.postgres.loopback import by_tcp
from lakewright.ingest.sources.postgres.slot import beyond, connect, lsn_number, lsn_text, unreachable
from lakewright.ingest.sources.postgres.wire import BLOCK_BYTES, Block, StreamEnded, Wire, answer, wire_of

QUEUED_BLOCKS = 6
BACKLOG_BYTES = 16 * 2**20
"""How much WAL must wait before a faster way to a local server is looked for."""

FEEDBACK_SECONDS = 1.0
CONFIRM_SECONDS = 0.1
IDLE_SECONDS = 0.05
POSTGRES_EPOCH = 946_684_800


class SlotBusy(Exception):  # noqa: N818 - the same: try again shortly
    """Another connection, perhaps one that just died, still uses the slot."""


@dataclass(frozen=True)
class StreamOptions:
    """`tick`: how long bytes are gathered at least before they are handed on, in seconds, unless there is a backlog."""

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
    """One replication connection. `next(timeout)` gives blocks in order, `confirm` lets the server forget WAL.

    Use as a context manager; a broken connection shows as `StreamEnded` from `next`.
    """

    def __init__(self, conninfo: str, options: StreamOptions) -> None:
        self.options = options
        self._conninfo = conninfo
        self._name = f"lakewright {options.slot}"
        self._connection = connect(conninfo, replication=True, name=self._name)
        self._queue: queue.Queue[Block | Exception] = queue.Queue(QUEUED_BLOCKS)
        self._confirmed = options.start
        self._ending = threading.Event()
        self._closed = False
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="lakewright-receive", daemon=True)

    def __enter__(self) -> Stream:
        try:
            if self._behind() >= BACKLOG_BYTES:
                self._switch_to_tcp()
            self._start()
        except BaseException:
            self._close()
            raise
        self._thread.start()
        return self

    def _start(self) -> None:
        self._wire = wire_of(self._connection)
        objection = self._wire.start(self.options.command(self._connection.info.server_version))
        if objection:
            raise _refusal(objection, self.options)

    def _behind(self) -> int:
        """How many bytes of WAL the server may have to decode. Raises LW355 when the slot is beyond our position.

        Older servers let a confirmation move the slot back: then nobody would see what was missed.
        """
        now = "case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()"
        now += " else pg_catalog.pg_current_wal_flush_lsn() end"
        query = f"select pg_catalog.concat({now}, ' ', confirmed_flush_lsn) from pg_catalog.pg_replication_slots"
        found = answer(self._connection, f"{query} where slot_name = {quote_literal(self.options.slot)}") or "0/0 "
        end, confirmed = found.split(" ")
        if lsn_number(confirmed or "0/0") > self.options.start:
            raise beyond(self.options.slot)
        return lsn_number(end or "0/0") - self.options.start

    def _switch_to_tcp(self) -> None:
        if other := by_tcp(self._connection, self._conninfo, self._name):
            self._connection.close()
            self._connection = other

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
                receiver.step()
            receiver.feedback()
        except (psycopg.Error, LakewrightError, StreamEnded, OSError) as error:
            ended = error if isinstance(error, LakewrightError) else StreamEnded(str(error))
            self._offer(ended)

    def _hand_on(self, block: Block) -> bool:
        try:
            self._queue.put(block, timeout=0.2)
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
        self._asked = False
        self._handed = time.monotonic()
        self._answered = 0.0
        self._told = 0

    def step(self) -> None:
        """Reads what is there; hands on when enough was gathered or time is up; waits briefly when nothing is there."""
        wire = self._wire
        more = wire.read()
        now = time.monotonic()
        waited = not more and now - self._handed >= self._tick
        if wire.gathered and (waited or wire.over or wire.gathered >= BLOCK_BYTES):
            self._flush(wire.take())
        patience = CONFIRM_SECONDS if self._confirmed() > self._told else FEEDBACK_SECONDS
        if self._asked or now - self._answered >= patience:
            self.feedback()
        if not more:
            self._wait(max(self._tick - (now - self._handed), 0.001) if wire.gathered else IDLE_SECONDS)

    def _wait(self, seconds: float) -> None:
        """For the server's next word, or for somebody who wants the thread's attention."""
        if self._woken in select.select([self._wire.fileno(), self._woken], [], [], seconds)[0]:
            self._asked = b"a" in os.read(self._woken, 100)

    def _flush(self, block: Block) -> None:
        while not self._hand_on(block):
            self.feedback()
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


__all__ = ["SlotBusy", "Stream", "StreamEnded", "StreamOptions", "unreachable"]
