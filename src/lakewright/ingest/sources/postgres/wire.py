"""What a replication connection's bytes travel on: the socket itself, or libpq where the connection is encrypted.

Authentication and TLS are libpq's in both cases. Needs nothing but psycopg, so that a server can begin to decode while
the heavy libraries are still being imported.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from lakewright.ingest.sources.postgres.slot import Connection

BLOCK_BYTES = 4 * 2**20
PIECE_BYTES = 2**20
BACKLOG_BYTES = 16 * 2**10
"""When so much is there at once, more is under way, and reading waits for a whole piece."""

LOW_WATER_BYTES = 256 * 2**10
PIECE_SECONDS = 0.025

HEAD_BYTES = 64 * 2**10
PAD = bytes(64)
COPY_DATA, COPY_BOTH, ERROR, READY = b"d", b"W", b"E", b"Z"


class StreamEnded(Exception):  # noqa: N818 - the connection is to be made again, which is no mistake of anybody
    """The connection broke or the server went away."""


class SlotBusy(Exception):  # noqa: N818 - the same: try again shortly
    """Another connection, perhaps one that just died, still uses the slot."""


class NeedsStream(Exception):  # noqa: N818 - the same: the changes come another way
    """The server does not give a backlog as the answer to a query."""


@dataclass(frozen=True, slots=True)
class Block:
    """Messages of the protocol in `raw[HEAD_BYTES:end]`, the first and the last perhaps cut.

    The head has room for what the block before it ended with; behind `end` there are at least the bytes of PAD.
    `upto`: they answer the query for a backlog up to this LSN. None: they are a stream's.
    """

    raw: bytearray
    end: int
    upto: int | None = None


class Wire(Protocol):
    """`gathered` bytes were read and not yet taken; `over`: no more will come. Reading then raises StreamEnded."""

    gathered: int
    over: bool

    def start(self, command: str) -> str:
        """Sends START_REPLICATION. Gives the server's objection, "" when there is none.

        Raises StreamEnded when the connection is at its end.
        """

    def ask(self, query: str) -> None:
        """Sends a COPY … TO STDOUT and does not wait. All that the server answers is read as a stream is."""

    def read(self) -> bool:
        """Reads what is there, up to a block. Whether it stopped for another reason than that nothing was there."""

    def take(self) -> Block:
        """What was gathered."""

    def send(self, payload: bytes) -> None:
        """Sends one message to the server."""

    def fileno(self) -> int:
        """What becomes readable when there is something to read."""

    def close(self) -> None:
        """Gives back what the wire itself opened."""


def wire_of(connection: Connection) -> Wire:
    return SealedWire(connection) if _is_encrypted(connection) else PlainWire(connection)


def _is_encrypted(connection: Connection) -> bool:
    """By TLS, which libpq knows of, or by GSSAPI, which only the server tells (and only from version 12 on)."""
    if connection.pgconn.ssl_in_use:
        return True
    if connection.info.server_version < 120000:
        return False
    query = "select encrypted from pg_catalog.pg_stat_gssapi where pid = pg_catalog.pg_backend_pid()"
    return answer(connection, query) == "t"


def answer(connection: Connection, query: str) -> str | None:
    """One value of one row, by the one kind of query that a replication connection takes. None: no row, or NULL."""
    result = connection.pgconn.exec_(query.encode())
    if result.status != ExecStatus.TUPLES_OK:
        raise StreamEnded(result.error_message.decode(errors="replace").strip())
    value = result.get_value(0, 0) if result.ntuples else None
    return None if value is None else value.decode()


class PlainWire:
    """Reads the socket in large pieces, without Python's lock, and never asks libpq again.

    libpq holds nothing back at this point: it read the answer to its last query, and the server says nothing unasked.
    """

    def __init__(self, connection: Connection) -> None:
        self.gathered, self.over = 0, False
        self._socket = socket.socket(fileno=os.dup(connection.pgconn.socket))
        self._socket.setblocking(True)
        self._block = _empty_block()
        self._backlog = False

    def start(self, command: str) -> str:
        try:
            return self._started(command.encode() + b"\0")
        except OSError as error:
            raise StreamEnded(str(error)) from error

    def _started(self, query: bytes) -> str:
        self._send_query(query)
        while True:
            kind, body = self._message()
            if kind == ERROR:
                text = error_text(body)
                if text.startswith("FATAL"):
                    raise StreamEnded(text)
                return text
            if kind == COPY_BOTH:
                self._be_patient(PIECE_SECONDS)
                return ""

    def ask(self, query: str) -> None:
        try:
            self._send_query(query.encode() + b"\0")
        except OSError as error:
            raise StreamEnded(str(error)) from error
        self._be_patient(PIECE_SECONDS)

    def _send_query(self, query: bytes) -> None:
        self._be_patient(0)
        self._socket.sendall(b"Q" + (len(query) + 4).to_bytes(4) + query)

    def _be_patient(self, seconds: float) -> None:
        """How long a read may wait for all that it wants; 0: as long as it takes."""
        whole, fraction = divmod(seconds, 1)
        timeout = struct.pack("@ll", int(whole), int(fraction * 1_000_000))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)

    def _message(self) -> tuple[bytes, bytes]:
        head = self._exactly(5)
        return head[:1], self._exactly(int.from_bytes(head[1:]) - 4)

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            if not (piece := self._socket.recv(count - len(found))):
                raise StreamEnded("the server closed the connection")
            found += piece
        return found

    def read(self) -> bool:
        wanted = min(PIECE_BYTES, BLOCK_BYTES - self.gathered)
        if self.over:
            raise StreamEnded("the server closed the connection")
        try:
            count = self._wait_for(wanted) if self._backlog else self._receive(wanted, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self._backlog = False
            return False
        self.over = count == 0
        self.gathered += count
        self._backlog = count == wanted if self._backlog else count >= BACKLOG_BYTES
        return self._backlog

    def _wait_for(self, wanted: int) -> int:
        """For so many bytes, though not for long. The kernel gathers them, and does not wake us for a few."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, min(wanted, LOW_WATER_BYTES))
        try:
            return self._receive(wanted, socket.MSG_WAITALL)
        finally:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    def _receive(self, wanted: int, flags: int) -> int:
        at = HEAD_BYTES + self.gathered
        return self._socket.recv_into(memoryview(self._block)[at : at + wanted], wanted, flags)

    def take(self) -> Block:
        end = HEAD_BYTES + self.gathered
        self.gathered = 0
        if end > BLOCK_BYTES // 4:
            block, self._block = self._block, _empty_block()
            return Block(block, end)
        return Block(self._block[:end] + PAD, end)

    def send(self, payload: bytes) -> None:
        self._socket.sendall(COPY_DATA + (len(payload) + 4).to_bytes(4) + payload)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()


def _empty_block() -> bytearray:
    return bytearray(HEAD_BYTES + BLOCK_BYTES + len(PAD))


class SealedWire:
    """libpq decrypts, and gives one message at a time."""

    def __init__(self, connection: Connection) -> None:
        self.gathered, self.over = 0, False
        self._pgconn = connection.pgconn
        self._parts: list[bytes | memoryview] = []
        self._asked = self._copying = False

    def start(self, command: str) -> str:
        result = self._pgconn.exec_(command.encode())
        if result.status != ExecStatus.COPY_BOTH:
            text = result.error_message.decode(errors="replace").strip()
            if self._pgconn.status != ConnStatus.OK:
                raise StreamEnded(text)
            return text
        self._pgconn.nonblocking = 1
        self._asked, self._copying = False, True
        return ""

    def ask(self, query: str) -> None:
        self._pgconn.send_query(query.encode())
        self._asked, self._copying = True, False

    def read(self) -> bool:
        if self.over:
            raise StreamEnded(self._last_word() or "the server ended the stream")
        self._pgconn.consume_input()
        if not self._copying:
            self._await_copy()
            return False
        get, parts, size, head = self._pgconn.get_copy_data, self._parts, self.gathered, struct.Struct(">cI").pack
        while size < BLOCK_BYTES:
            count, data = get(1)
            if count > 0:
                parts += (head(COPY_DATA, count + 4), data)
                size += count + 5
            else:
                self.gathered = size
                if count < 0:
                    self._end_copy()
                return False
        self.gathered = size
        return True

    def _await_copy(self) -> None:
        """The answer to a query begins, or is an error; after its end nothing more comes unasked."""
        if not self._asked or self._pgconn.is_busy():
            return
        result = self._pgconn.get_result()
        self._copying = result is not None and result.status == ExecStatus.COPY_OUT
        if not self._copying:
            self._finish(result)

    def _end_copy(self) -> None:
        if self._asked:
            self._copying = False
            self._finish(self._pgconn.get_result())
        else:
            self.over = True

    def _finish(self, result: PGresult | None) -> None:
        """Passes on how the query ended, as the server itself says it."""
        while self._pgconn.get_result() is not None:
            pass
        self._asked = False
        if result is None or self._pgconn.status != ConnStatus.OK:
            raise StreamEnded(self._pgconn.error_message.decode(errors="replace").strip())
        kind, body = READY, b"I"
        if result.status == ExecStatus.FATAL_ERROR:
            fields = ((b"V", DiagnosticField.SEVERITY_NONLOCALIZED), (b"M", DiagnosticField.MESSAGE_PRIMARY))
            kind, body = ERROR, b"".join(name + (result.error_field(f) or b"") + b"\0" for name, f in fields) + b"\0"
        self._parts.append(kind + (len(body) + 4).to_bytes(4) + body)
        self.gathered += len(body) + 5

    def _last_word(self) -> str:
        result = self._pgconn.get_result()
        return (result.error_message if result else b"").decode(errors="replace").strip()

    def take(self) -> Block:
        raw = bytearray().join([bytes(HEAD_BYTES), *self._parts, PAD])
        self._parts.clear()
        self.gathered = 0
        return Block(raw, len(raw) - len(PAD))

    def send(self, payload: bytes) -> None:
        self._pgconn.put_copy_data(payload)
        while self._pgconn.flush():
            select.select([], [self._pgconn.socket], [], 1.0)

    def fileno(self) -> int:
        return self._pgconn.socket

    def close(self) -> None:
        """The socket is libpq's own."""


def error_text(body: bytes) -> str:
    """An ErrorResponse's severity (untranslated), message and detail."""
    fields = dict(_fields(body))
    detail = f"\nDETAIL:  {fields['D']}" if "D" in fields else ""
    return f"{fields.get('V', 'ERROR')}:  {fields.get('M', '')}{detail}"


def _fields(body: bytes) -> Iterator[tuple[str, str]]:
    for field in body.split(b"\0"):
        if field:
            yield chr(field[0]), field[1:].decode(errors="replace")
