"""Rows from the reader to the principal's process: the one asks for a batch, the other says where it lies.

Batches lie in memory that both share and only the reader can write; what does not fit goes through the socket. A
stream ends with an explicit mark, so that a reader that dies is never taken for the end of a table. A batch counts as
read when it is asked for: what has been made ahead and is never asked for does not count.
"""

from __future__ import annotations

import mmap
import os
import socket
import struct
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

SLOTS, SLOT_BYTES = 6, 4 << 20
SCHEMA_BYTES = 256 << 10
_NEXT = 255
_HEAD = struct.Struct("=qqq")
_END, _FAILED, _SHARED, _INLINE = range(4)


class Broken(RuntimeError):  # noqa: N818 - named for what happened
    """The rows of a table ended before their end."""


def receive_batches(stream: socket.socket) -> Iterator[pa.RecordBatch]:
    """Asks for batches until the end mark. Raises Broken."""
    _, files, _, _ = socket.recv_fds(stream, 1, 1)
    if not files:
        raise Broken("a table could not be read")
    shared = mmap.mmap(files[0], SLOTS * SLOT_BYTES, prot=mmap.PROT_READ)
    os.close(files[0])
    whole = memoryview(shared)
    while True:
        stream.sendall(bytes((_NEXT,)))
        kind, offset, length = _HEAD.unpack(_exactly(stream, _HEAD.size))
        if kind == _END:
            return
        if kind == _SHARED:
            part = whole[offset : offset + length]
            weakref.finalize(part, _give_back, stream, offset // SLOT_BYTES)
            body = pa.py_buffer(part)
            del part
        elif kind == _INLINE:
            body = pa.py_buffer(_exactly(stream, length))
        else:
            raise Broken("a table could not be read")
        batch = pa.ipc.open_stream(body).read_next_batch()
        del body
        yield batch
        del batch


def _give_back(stream: socket.socket, slot: int) -> None:
    """The engine is done with a batch; its place may be written again."""
    try:
        stream.send(bytes((slot,)))
    except OSError:  # the stream has ended
        return


class Sender:
    """The reader's end of one stream. `send` returns False once nobody will ask for more."""

    def __init__(self, stream: socket.socket, schema: pa.Schema) -> None:
        self._stream = stream
        descriptor = os.memfd_create("rows", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, SLOTS * SLOT_BYTES)
        self._shared = mmap.mmap(descriptor, SLOTS * SLOT_BYTES)
        self._schema = schema
        self._free = list(range(SLOTS))
        self._asked = 0
        socket.send_fds(stream, [b"m"], [descriptor])
        os.close(descriptor)

    def prepare(self, batch: pa.RecordBatch) -> tuple[int, int, int, pa.Buffer | None]:
        """Puts the batch where the other side can read it, before it is asked for."""
        self._hear(wait=False)
        if self._free and pa.ipc.get_record_batch_size(batch) <= SLOT_BYTES - SCHEMA_BYTES:
            offset = self._free.pop() * SLOT_BYTES
            place = pa.py_buffer(memoryview(self._shared)[offset : offset + SLOT_BYTES])
            sink = pa.FixedSizeBufferWriter(place)
            with pa.ipc.new_stream(sink, self._schema) as writer:
                writer.write_batch(batch)
            return _SHARED, offset, sink.tell(), None
        out = pa.BufferOutputStream()
        with pa.ipc.new_stream(out, self._schema) as writer:
            writer.write_batch(batch)
        body = out.getvalue()
        return _INLINE, 0, body.size, body

    def wait(self) -> bool:
        """Until the next batch is asked for; False when nobody will ask."""
        while not self._asked:
            if not self._hear(wait=True):
                return False
        self._asked -= 1
        return True

    def send(self, prepared: tuple[int, int, int, pa.Buffer | None]) -> bool:
        kind, offset, length, body = prepared
        try:
            self._stream.sendall(_HEAD.pack(kind, offset, length))
            if body is not None:
                self._stream.sendall(memoryview(body))
        except OSError:
            return False
        return True

    def end(self) -> None:
        if self.wait():
            self._mark(_END)

    def fail(self) -> None:
        self._mark(_FAILED)

    def _mark(self, kind: int) -> None:
        try:
            self._stream.sendall(_HEAD.pack(kind, 0, 0))
        except OSError:
            return

    def _hear(self, *, wait: bool) -> bool:
        """Takes requests and given back places; False when the other side is gone."""
        try:
            heard = self._stream.recv(64, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for word in heard:
            if word == _NEXT:
                self._asked += 1
            elif word < SLOTS and word not in self._free:
                self._free.append(word)
        return bool(heard)


def _exactly(stream: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while len(view):
        got = stream.recv_into(view)
        if not got:
            raise Broken("a table could not be read")
        view = view[got:]
    return data


def weighed_bytes(batch: pa.RecordBatch, weight: Mapping[str, Any]) -> tuple[int, int]:
    """Bytes and rows that stand behind a batch of sums: as many as the rows themselves would have counted.

    `weight`: `rows` (the column that counts them), `width` of a row in bytes, and `texts`, columns to add in full.
    """
    counts: list[Any] = batch.column(weight["rows"]).to_pylist()
    rows = int(sum(counts))
    found = rows * int(weight["width"])
    for name in weight["texts"]:
        texts: list[Any] = batch.column(name).to_pylist()
        found += sum(count * len(text.encode()) for count, text in zip(counts, texts, strict=True) if text)
    return found, rows


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
    if pa.types.is_binary_view(kind) or pa.types.is_string_view(kind):
        return 4 * count + sum(len(value) for value in array.to_pylist() if value is not None)
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
