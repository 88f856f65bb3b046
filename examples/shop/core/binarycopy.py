"""Rows for `COPY … FROM STDIN (FORMAT binary)`, made column-wise with numpy.

A row is laid out at its greatest width, every byte with a flag that says whether it is kept; one masked copy then
gives the bytes of all rows. So values of any length, NULLs and texts pieced together cost no Python per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH_DAYS = 10_957
EPOCH_MICROS = EPOCH_DAYS * 86_400_000_000
NEGATIVE = 0x4000


@dataclass(frozen=True)
class Piece:
    """Bytes of n values, shape (n, width); `keep` says which of them count (None: all)."""

    data: Bytes
    keep: Flags | None = None

    def only(self, rows: Flags) -> Piece:
        """The same piece, empty where `rows` is false."""
        keep = np.broadcast_to(rows[:, None], self.data.shape)
        return Piece(self.data, keep if self.keep is None else self.keep & keep)


@dataclass(frozen=True)
class Field:
    """One column: its pieces side by side. `valid` is false where the value is NULL (None: nowhere)."""

    pieces: tuple[Piece, ...]
    valid: Flags | None = None


class Pool:
    """Texts to pick from by number."""

    def __init__(self, texts: Sequence[str]) -> None:
        encoded = [text.encode() for text in texts]
        width = max(1, *(len(text) for text in encoded)) if len(encoded) > 1 else max(1, len(encoded[0]))
        sizes = np.array([len(text) for text in encoded])
        self.count = len(encoded)
        self._data = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in encoded), np.uint8)
        self._data = self._data.reshape(self.count, width)
        self._keep = np.arange(width) < sizes[:, None]

    def take(self, numbers: NDArray[np.integer]) -> Piece:
        return Piece(self._data[numbers], self._keep[numbers])


def constant(text: str, rows: int) -> Piece:
    data = np.frombuffer(text.encode(), np.uint8)
    return Piece(np.broadcast_to(data, (rows, len(data))))


def digits(values: Ints, width: int, *, padded: bool = False) -> Piece:
    """Numbers ≥ 0 in decimal notation, at most `width` digits; `padded` keeps the leading zeros."""
    data = np.empty((len(values), width), np.uint8)
    rest = values.copy()
    for column in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        data[:, column] = digit + ord("0")
    if padded:
        return Piece(data)
    size = np.maximum(1, width - np.argmax(data != ord("0"), axis=1))
    size[values == 0] = 1
    return Piece(data, np.arange(width) >= (width - size)[:, None])


def decimal(cents: Ints, width: int = 7) -> tuple[Piece, Piece, Piece]:
    """Amounts ≥ 0 as `12.34`."""
    return digits(cents // 100, width), constant(".", len(cents)), digits(cents % 100, 2, padded=True)


def text(*pieces: Piece, valid: Flags | None = None) -> Field:
    return Field(pieces, valid)


def jsonb(*pieces: Piece) -> Field:
    return Field((constant("\x01", len(pieces[0].data)), *pieces))


def bigint(values: Ints, valid: Flags | None = None) -> Field:
    return _fixed(values.astype(">i8"), 8, valid)


def integer(values: Ints) -> Field:
    return _fixed(values.astype(">i4"), 4, None)


def boolean(values: Flags) -> Field:
    return _fixed(values.astype(np.uint8), 1, None)


def timestamptz(micros: Ints, valid: Flags | None = None) -> Field:
    """Microseconds since 1970, UTC."""
    return _fixed((micros - EPOCH_MICROS).astype(">i8"), 8, valid)


def date(days: Ints) -> Field:
    """Days since 1970."""
    return _fixed((days - EPOCH_DAYS).astype(">i4"), 4, None)


def money(cents: Ints) -> Field:
    """numeric(12,2): four digits to the base 10,000, of which the last is the fraction."""
    amount = np.abs(cents)
    whole = amount // 100
    parts = np.empty((len(cents), 8), ">i2")
    parts[:, 0] = 4
    parts[:, 1] = 2
    parts[:, 2] = np.where(cents < 0, NEGATIVE, 0)
    parts[:, 3] = 2
    parts[:, 4] = whole // 100_000_000
    parts[:, 5] = whole // 10_000 % 10_000
    parts[:, 6] = whole % 10_000
    parts[:, 7] = amount % 100 * 100
    return _fixed(parts, 16, None)


def uuid(data: Bytes) -> Field:
    """Random bytes, shape (n, 16), made version-4 UUIDs."""
    data = data.copy()
    data[:, 6] = data[:, 6] & 0x0F | 0x40
    data[:, 8] = data[:, 8] & 0x3F | 0x80
    return Field((Piece(data),))


def inet(data: Bytes, v6: Flags, valid: Flags) -> Field:
    """Addresses, shape (n, 16), of which IPv4 uses the first four bytes."""
    head = np.zeros((len(data), 4), np.uint8)
    head[:, 0] = np.where(v6, 3, 2)
    head[:, 1] = np.where(v6, 128, 32)
    head[:, 3] = np.where(v6, 16, 4)
    keep = np.arange(16) < np.where(v6, 16, 4)[:, None]
    return Field((Piece(head), Piece(data, keep)), valid)


def encode(fields: Sequence[Field]) -> bytes:
    """All rows of these columns, without signature and trailer."""
    rows = len(fields[0].pieces[0].data)
    width = 2 + sum(4 + sum(piece.data.shape[1] for piece in field.pieces) for field in fields)
    data = np.empty((rows, width), np.uint8)
    keep = np.ones((rows, width), np.bool_)
    data[:, 0:2] = np.frombuffer(len(fields).to_bytes(2, "big"), np.uint8)
    at = 2
    for field in fields:
        at = _place(field, data, keep, at)
    return data[keep].tobytes()


def _place(field: Field, data: Bytes, keep: Flags, start: int) -> int:
    at = start + 4
    size = np.zeros(len(data), np.int32)
    for piece in field.pieces:
        width = piece.data.shape[1]
        data[:, at : at + width] = piece.data
        if piece.keep is None:
            size += width
        else:
            keep[:, at : at + width] = piece.keep
            size += piece.keep.sum(axis=1, dtype=np.int32)
        at += width
    if field.valid is not None:
        keep[:, start + 4 : at] &= field.valid[:, None]
        size[~field.valid] = -1
    data[:, start : start + 4] = size.astype(">i4").view(np.uint8).reshape(len(data), 4)
    return at


def _fixed(values: NDArray[np.generic], width: int, valid: Flags | None) -> Field:
    return Field((Piece(values.view(np.uint8).reshape(len(values), width)),), valid)
