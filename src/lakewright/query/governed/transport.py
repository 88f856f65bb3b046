"""Rows from the reader to the principal's process: the one asks for a batch, the other sends it.

A stream ends with an explicit mark, so that a reader that dies is never taken for the end of a table. A batch counts
as read when it is asked for: what has been made ahead and is never asked for does not count.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

NEXT = b"n"
_LENGTH = struct.Struct("=q")
_END, _FAILED = 0, -1


class Broken(RuntimeError):  # noqa: N818 - named for what happened
    """The rows of a table ended before their end."""


def receive_batches(stream: socket.socket, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Asks for batches until the end mark. Raises Broken."""
    while True:
        stream.sendall(NEXT)
        (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
        if length == _END:
            return
        if length == _FAILED:
            raise Broken("a table could not be read")
        yield pa.ipc.read_record_batch(pa.py_buffer(_exactly(stream, length)), schema)


def wait_for_request(stream: socket.socket) -> bool:
    """Until the next batch is asked for; False when nobody will ask."""
    try:
        return stream.recv(1) == NEXT
    except OSError:
        return False


def send_batch(stream: socket.socket, batch: pa.RecordBatch) -> None:
    body = batch.serialize()
    stream.sendall(_LENGTH.pack(body.size))
    stream.sendall(memoryview(body))


def send_end(stream: socket.socket) -> None:
    stream.sendall(_LENGTH.pack(_END))


def send_failure(stream: socket.socket) -> None:
    stream.sendall(_LENGTH.pack(_FAILED))


def _exactly(stream: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while len(view):
        got = stream.recv_into(view)
        if not got:
            raise Broken("a table could not be read")
        view = view[got:]
    return data


def delivered_bytes(batch: pa.RecordBatch) -> int:
    """The size of the batch's values: their width, or for text and binary their bytes and four more for the length.

    It does not depend on how rows are cut into batches; a NULL counts like a value of its type's width.
    """
    return sum(_bytes_of(column) for column in batch.columns)


def _bytes_of(array: Any) -> int:
    kind = array.type
    count = len(array)
    if pa.types.is_boolean(kind):
        return count
    if pa.types.is_null(kind):
        return 0
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return 4 * count + _span(array, "=i")
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        return 4 * count + _span(array, "=q")
    if pa.types.is_struct(kind):
        return sum(_bytes_of(array.field(index)) for index in range(kind.num_fields))
    if pa.types.is_map(kind) or pa.types.is_list(kind):
        first, last = array.offsets[0].as_py(), array.offsets[count].as_py()
        parts = (array.keys, array.items) if pa.types.is_map(kind) else (array.values,)
        return 4 * count + sum(_bytes_of(part.slice(first, last - first)) for part in parts)
    return count * int((kind.bit_width + 7) // 8)


def _span(array: Any, number: str) -> int:
    """Bytes of text in an array, by its first and last offset."""
    offsets = array.buffers()[1]
    if offsets is None or not len(array):
        return 0
    width = struct.calcsize(number)
    view = memoryview(offsets)
    (first,) = struct.unpack_from(number, view, array.offset * width)
    (last,) = struct.unpack_from(number, view, (array.offset + len(array)) * width)
    return int(last) - int(first)
