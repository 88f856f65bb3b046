"""A process that carries a local socket's bytes into a pipe: `relay.py SOCKET PIPE`, inherited file descriptors.

PostgreSQL sends each change by itself, and a local socket holds some 250 of them: a receiver that comes half a
millisecond late stops the server, and a thread that shares Python's lock with the decoding comes later than that.
What the pipe does not take yet is held here, so that the server goes on while the ingester imports, decodes or writes.
Ends with the server, or with the reader of the pipe. Imports little: it shall start at once.
"""

import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress

HELD_BYTES = 32 * 2**20
PIECE_BYTES = 2**20
BACKLOG_BYTES = 16 * 2**10
PIECE_SECONDS = 0.01
NAP_SECONDS = 0.0003


class Held:
    """Bytes that came and are not in the pipe yet, in a ring: from `first` to `last`, which only grow."""

    def __init__(self, size: int) -> None:
        self._ring = memoryview(bytearray(size))
        self._first = self._last = 0

    def __len__(self) -> int:
        return self._last - self._first

    def room(self) -> memoryview:
        """Where the next bytes go; empty when there is none."""
        if self._first == self._last:
            self._first = self._last = 0  # memory that is never needed is never touched
        size = len(self._ring)
        at = self._last % size
        return self._ring[at : min(size, at + size - len(self))]

    def came(self, count: int) -> None:
        self._last += count

    def next(self) -> memoryview:
        """What goes on next, some or all of it."""
        at = self._first % len(self._ring)
        return self._ring[at : at + min(len(self), PIECE_BYTES)]

    def went(self, count: int) -> None:
        self._first += count


def carry(source: socket.socket, sink: int, held: Held) -> None:
    """Until either end is closed."""
    os.set_blocking(sink, False)
    due = 0.0
    while (count := received(source, held)) is not None:
        now = time.monotonic()
        if count == len(held):
            due = now + PIECE_SECONDS
        alone = count == 0 and len(held) < BACKLOG_BYTES
        if held and (alone or now >= due or len(held) >= PIECE_BYTES):
            with suppress(BlockingIOError):
                held.went(os.write(sink, held.next()))
        if not wait(source, sink, held):
            return
    os.set_blocking(sink, True)
    while held:
        held.went(os.write(sink, held.next()))


def received(source: socket.socket, held: Held) -> int | None:
    """How many bytes came now; None at the end."""
    if not (room := held.room()):
        return 0
    try:
        count = source.recv_into(room, 0, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 0
    held.came(count)
    return count or None


def wait(source: socket.socket, sink: int, held: Held) -> bool:
    """Until there may be something to do; False when nobody reads the pipe any more. Each message wakes who waits for
    the socket: so while much comes, nobody waits for it, but naps."""
    if held and held.room():
        time.sleep(NAP_SECONDS)
        return True
    ends = select.poll()
    if not held:
        ends.register(source, select.POLLIN)
    ends.register(sink, select.POLLOUT if held else 0)
    return all(end != sink or not what & select.POLLERR for end, what in ends.poll())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the ingester ends in order, and this with it
    with suppress(ConnectionError):
        carry(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), Held(HELD_BYTES))
