"""Messages between the processes of a query: a JSON head, raw bytes behind it, and open files along with it."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_SIZES = struct.Struct("=II")
_MOST_FILES = 4


class Closed(Exception):  # noqa: N818 - named as callers read it: `except Closed`
    """The other side is gone."""


class Link:
    """One end of a socket pair. One thread at a time per direction."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, head: dict[str, Any], body: bytes | memoryview = b"", files: tuple[int, ...] = ()) -> None:
        """Raises Closed."""
        text = json.dumps(head, separators=(",", ":")).encode()
        start = _SIZES.pack(len(text), len(body)) + text
        try:
            if files:
                sent = socket.send_fds(self._socket, [start], list(files))
                start = start[sent:]
            if start:
                self._socket.sendall(start)
            if len(body):
                self._socket.sendall(body)
        except OSError:
            raise Closed from None

    def receive(self) -> tuple[dict[str, Any], bytearray, list[int]]:
        """The next message: head, body, files (the receiver closes them). Raises Closed."""
        try:
            start, files, _, _ = socket.recv_fds(self._socket, _SIZES.size, _MOST_FILES)
            if not start:
                raise Closed
            start += self._exactly(_SIZES.size - len(start))
            text, body = _SIZES.unpack(start)
            return json.loads(self._exactly(text)), self._exactly(body), files
        except OSError:
            raise Closed from None

    def _exactly(self, count: int) -> bytearray:
        data = bytearray(count)
        view = memoryview(data)
        while len(view):
            got = self._socket.recv_into(view)
            if not got:
                raise Closed
            view = view[got:]
        return data

    def shutdown(self) -> None:
        """Wakes whoever waits on either side; they find Closed."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends with buffers as large as the system allows."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    return ends
