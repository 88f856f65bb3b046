"""Messages between the processes of a query: a JSON head, raw bytes behind it, and open files along with it."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

_SIZES = struct.Struct("=III")
_MOST_FILES = 4
SMALL = 1 << 14
"""Bytes that are read at once, and that may wait to be sent with others."""


class Closed(Exception):  # noqa: N818 - named as callers read it: `except Closed`
    """The other side is gone."""


class Link:
    """One end of a socket pair. One thread at a time per direction. `ahead`: it may read more than one message at once,
    and hold it with its files; not in a process that forks."""

    def __init__(self, end: socket.socket, *, ahead: bool = True) -> None:
        self._socket = end
        self._ahead = ahead
        self._held = b""
        self._read = bytearray()
        self._files: list[int] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, head: dict[str, Any], body: bytes | memoryview = b"", files: tuple[int, ...] = ()) -> None:
        """Raises Closed."""
        start, body = _begun(head, body, len(files))
        start, self._held = self._held + start, b""
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

    def hold(self, head: dict[str, Any], body: bytes | memoryview) -> None:
        """Sends it along with the next message where that saves a way, else at once. Raises Closed."""
        start, left = _begun(head, body, 0)
        if len(left) or len(self._held) + len(start) > SMALL:
            self.send(head, body)
        else:
            self._held += start

    def receive(self) -> tuple[dict[str, Any], bytearray, list[int]]:
        """The next message: head, body, files (the receiver closes them). Raises Closed."""
        try:
            text, body, files = _SIZES.unpack(self._exactly(_SIZES.size))
            message = json.loads(self._exactly(text)), self._exactly(body), self._files[:files]
        except OSError:
            raise Closed from None
        del self._files[:files]
        return message

    def _exactly(self, count: int) -> bytearray:
        found = self._read[:count]
        del self._read[:count]
        if len(found) == count:
            return found
        data = bytearray(count)
        data[: len(found)] = found
        view = memoryview(data)[len(found) :]
        while len(view):
            view = view[self._more(view) :]
        return data

    def _more(self, view: memoryview) -> int:
        """Reads into the view, what comes behind it into the buffer; gives how much of the view is filled."""
        if len(view) > SMALL:
            size = self._socket.recv_into(view)
        else:  # the beginning of a message, which files come with, is never larger
            found, files, _, _ = socket.recv_fds(self._socket, SMALL if self._ahead else len(view), _MOST_FILES)
            size = min(len(found), len(view))
            view[:size] = found[:size]
            self._read += found[size:]
            self._files += files
        if not size:
            raise Closed
        return size

    def shutdown(self) -> None:
        """Wakes whoever waits on either side; they find Closed."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()
        while self._files:
            os.close(self._files.pop())


def _begun(head: dict[str, Any], body: bytes | memoryview, files: int) -> tuple[bytes, bytes | memoryview]:
    """A message's first bytes, and what is left of its body: nothing of a small one."""
    text = json.dumps(head, separators=(",", ":")).encode()
    start = _SIZES.pack(len(text), len(body), files) + text
    return (start + bytes(body), b"") if len(body) <= SMALL else (start, body)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends with buffers as large as the system allows."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    return ends
