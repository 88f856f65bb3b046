"""A process that carries a local socket's bytes into a pipe: `relay.py SOCKET PIPE`, inherited file descriptors.

PostgreSQL sends each change by itself, and a local socket holds some 250 of them: a receiver that comes half a
millisecond late stops the server, and a thread that shares Python's lock with the decoding comes later than that.
Ends with the server, or with the reader of the pipe. Imports little: it shall start at once.
"""

import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress

PIECE_BYTES = 2**20
BACKLOG_BYTES = 16 * 2**10
PIECE_SECONDS = 0.01
NAP_SECONDS = 0.0001


def carry(source: socket.socket, sink: int) -> None:
    """Until either end is closed."""
    piece = memoryview(bytearray(PIECE_BYTES))
    ends = select.poll()
    ends.register(source, select.POLLIN)
    ends.register(sink, 0)  # tells of its reader's end only
    while all(end != sink for end, _ in ends.poll()) and (count := gathered(source, piece)):
        rest = piece[:count]
        while rest:
            rest = rest[os.write(sink, rest) :]


def gathered(source: socket.socket, piece: memoryview) -> int:
    """Reads what is there, and while much comes waits for more. Each message wakes who waits for it: so it naps."""
    count, until = 0, time.monotonic() + PIECE_SECONDS
    while count < PIECE_BYTES:
        try:
            more = source.recv_into(piece[count:], 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            if count < BACKLOG_BYTES or time.monotonic() >= until:
                break
            time.sleep(NAP_SECONDS)
            continue
        if more == 0:
            break
        count += more
    return count


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the ingester ends in order, and this with it
    with suppress(ConnectionError):
        carry(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
