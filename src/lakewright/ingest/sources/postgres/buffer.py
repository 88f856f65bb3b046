"""Bytes from the server, read at many places at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lakewright.errors import ProblemError

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Array: TypeAlias = "pa.Array[Any]"

PAD = bytes(64)
"""Reads may go beyond a value's end by up to this many bytes, so every buffer ends with it."""

MAX_BYTES = 2**31 - 1
_LOW_BYTES = np.array([(1 << (8 * k)) - 1 for k in range(8)] + [2**64 - 1] * 5, dtype=np.uint64)
_HIGH_BYTES = np.array([0] * 9 + [0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], dtype=np.uint64)


class Buffer:
    """A padded run of bytes; `u16(at)` and the others read big-endian numbers at an array of byte offsets."""

    def __init__(self, raw: bytes | bytearray) -> None:
        if len(raw) > MAX_BYTES:
            raise ProblemError("LW301", f"{len(raw)} bytes arrived in one batch; a batch holds at most {MAX_BYTES}")
        self.raw = raw
        self.bytes: Bytes = np.frombuffer(raw, dtype=np.uint8)
        self._views: dict[str, npt.NDArray[Any]] = {}

    @classmethod
    def joined(cls, parts: Sequence[bytes | memoryview]) -> Buffer:
        return cls(b"".join([*parts, PAD]))

    def _strided(self, kind: str) -> npt.NDArray[Any]:
        """Every offset as a number of `kind`, without copying."""
        view = self._views.get(kind)
        if view is None:
            count = len(self.raw) - np.dtype(kind).itemsize + 1
            view = self._views[kind] = np.ndarray((count,), dtype=kind, buffer=self.raw, strides=(1,))
        return view

    def u8(self, at: Ints) -> Bytes:
        return self.bytes[at]

    def u16(self, at: Ints) -> Ints:
        return self._strided(">u2")[at].astype(np.int64)

    def u32(self, at: Ints) -> Ints:
        return self._strided(">u4")[at].astype(np.int64)

    def i32(self, at: Ints) -> npt.NDArray[np.int32]:
        return self._strided(">i4")[at].astype(np.int32)

    def i64(self, at: Ints) -> Ints:
        return self._strided(">i8")[at].astype(np.int64)

    def floats(self, at: Ints, kind: str) -> npt.NDArray[Any]:
        return self._strided(f">{kind}")[at].astype(kind)

    def words(self, at: Ints) -> npt.NDArray[np.uint64]:
        """Eight bytes each, little-endian: the first byte is the lowest."""
        return self._strided("<u8")[at].astype(np.uint64, copy=False)

    def prefix_words(self, at: Ints, lengths: Ints) -> npt.NDArray[np.uint64]:
        """The first bytes of values, at most eight, as one number each."""
        return self.words(at) & _LOW_BYTES[np.minimum(lengths, 8)]

    def half_words(self, at: Ints) -> npt.NDArray[np.uint64]:
        return self._strided("<u4")[at].astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Values:
    """One column's values: where each starts in `buffer`, how long it is, which are NULL, which are in text form.

    NULLs have start and length 0. `null` None: there is none. `text` may be one answer for all.
    """

    buffer: Buffer
    starts: Ints
    lengths: Ints
    null: Bools | None
    text: Bools | bool

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, rows: Ints) -> Values:
        """The values of some rows, in that order."""
        null = None if self.null is None else self.null[rows]
        text = self.text if isinstance(self.text, bool) else self.text[rows]
        return Values(self.buffer, self.starts[rows], self.lengths[rows], null, text)

    def present(self) -> Bools:
        return np.ones(len(self), dtype=np.bool_) if self.null is None else ~self.null

    def raw(self, row: int) -> bytes:
        start = int(self.starts[row])
        return bytes(self.buffer.raw[start : start + int(self.lengths[row])])


def arrow_buffer(data: Any) -> pa.Buffer:
    """An Arrow buffer around a numpy array or bytes, which are not copied."""
    return pa.py_buffer(data)


def bitmap(bits: Bools) -> pa.Buffer:
    return arrow_buffer(np.packbits(bits, bitorder="little"))


def validity(null: Bools | None) -> pa.Buffer | None:
    """Arrow's validity bitmap."""
    return None if null is None else bitmap(~null)


def fixed(kind: pa.DataType, data: npt.NDArray[Any], null: Bools | None) -> Array:
    """An Arrow array of fixed width around `data`, which is not copied."""
    data = np.ascontiguousarray(data)
    size = len(data) if null is None else len(null)
    return pa.Array.from_buffers(kind, size, [validity(null), arrow_buffer(data)])


def byte_strings(values: Values, skip: int = 0) -> Array:
    """The values' bytes as Arrow binary views into the buffer (nothing is copied), each without its first `skip`."""
    starts, lengths = values.starts + skip, np.maximum(values.lengths - skip, 0)
    views = np.empty((len(values), 2), dtype=np.uint64)
    inline = np.minimum(lengths, 12)
    head = values.buffer.words(starts) & _LOW_BYTES[inline]
    tail = values.buffer.half_words(starts + 8) & _HIGH_BYTES[inline]
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    views[:, 0] = lengths.astype(np.uint64) | ((head & low) << shift)
    views[:, 1] = np.where(lengths <= 12, (head >> shift) | (tail << shift), starts.astype(np.uint64) << shift)
    buffers = [validity(values.null), arrow_buffer(views), arrow_buffer(values.buffer.raw)]
    return pa.Array.from_buffers(pa.binary_view(), len(values), buffers)


def constant_width(characters: Bytes, null: Bools | None) -> Array:
    """A string array from a matrix of ASCII characters, one row each."""
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    return from_parts(np.ascontiguousarray(characters), offsets, null, pa.string())


def binary_parts(array: Array) -> tuple[Ints, Bytes]:
    """(offsets, bytes) of a binary or string array that is no slice."""
    _, offsets, data = (memoryview(b"" if part is None else part) for part in array.buffers())
    bounds = np.frombuffer(offsets, dtype=np.int32)[: len(array) + 1].astype(np.int64)
    return bounds, np.frombuffer(data, dtype=np.uint8)[: bounds[-1]]


def from_parts(data: npt.NDArray[Any], offsets: Ints, null: Bools | None, kind: pa.DataType) -> Array:
    """A string or binary array from its bytes and the offsets between its values."""
    if offsets[-1] > MAX_BYTES:
        raise ProblemError("LW301", f"one column of one batch holds {offsets[-1]} bytes; at most {MAX_BYTES} fit")
    buffers = [validity(null), arrow_buffer(offsets.astype(np.int32)), arrow_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)
