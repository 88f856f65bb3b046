"""Many values of one column, in PostgreSQL's binary or text form, become one Arrow array of the canonical type.

Shared by the stream and by COPY. Nothing is rounded and nothing becomes NULL silently: what the canonical type cannot
hold (NaN and infinite numerics, infinite or far-off dates) is NULL in the array and stands as text in the specials;
what should not be there at all is LW302.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres import types as t
from lakewright.ingest.sources.postgres.buffer import (
    Array,
    Bytes,
    Values,
    binary_parts,
    bitmap,
    byte_strings,
    constant_width,
    fixed,
    from_parts,
    validity,
)
from lakewright.ingest.sources.postgres.calendar import dates, timestamps
from lakewright.ingest.sources.postgres.numerics import decimals, texts
from lakewright.models.types import arrow_type

JSONB_VERSION = 1
_HEX_PAIRS = np.array([list(f"{k:02x}".encode()) for k in range(256)], dtype=np.uint8)
_HEX_VALUE = np.array([int(chr(k), 16) if chr(k) in "0123456789abcdef" else 0 for k in range(256)], dtype=np.uint8)
_ODD = {
    "decimal": "^-?(NaN|Infinity)$",
    "date": r"^-?infinity$|^\d{5,}-|BC$",
    "timestamp": r"^-?infinity$|^\d{5,}-|BC$",
}
"""What the text forms of special values look like."""


@dataclass(frozen=True)
class ColumnType:
    """A column to decode: its base type, and what to call it in errors."""

    place: str
    oid: int
    typmod: int

    @cached_property
    def canonical(self) -> str:
        return t.canonical_type(self.oid, self.typmod)

    @cached_property
    def arrow(self) -> pa.DataType:
        return arrow_type(self.canonical)


@dataclass(frozen=True, slots=True)
class Decoded:
    """`array` has the canonical type; `specials` (None: there are none) holds the text of special values."""

    array: Array
    specials: Array | None = None


def decode_column(column: ColumnType, values: Values) -> Decoded:
    """The values as an Arrow array. Raises LW302 for what the type cannot be, LW303 for text that is not UTF-8."""
    if isinstance(values.text, bool):
        return _decode_text(column, values) if values.text else _decode_binary(column, values)
    rows_text, rows_binary = np.flatnonzero(values.text), np.flatnonzero(~values.text)
    if len(rows_binary) == 0:
        return _decode_text(column, values)
    if len(rows_text) == 0:
        return _decode_binary(column, values)
    return _interleave(
        (_decode_text(column, values.at(rows_text)), _decode_binary(column, values.at(rows_binary))),
        np.argsort(np.concatenate([rows_text, rows_binary])),
    )


def _interleave(parts: tuple[Decoded, Decoded], order: npt.NDArray[np.intp]) -> Decoded:
    array = pa.concat_arrays([part.array for part in parts]).take(order)
    if all(part.specials is None for part in parts):
        return Decoded(array)
    specials = [pa.nulls(len(part.array), pa.string()) if part.specials is None else part.specials for part in parts]
    return Decoded(array, pa.concat_arrays(specials).take(order))


def _decode_binary(column: ColumnType, values: Values) -> Decoded:
    read = _BINARY.get(column.oid)
    return Decoded(_text(column, byte_strings(values))) if read is None else read(column, values)


def _text(column: ColumnType, views: Array) -> Array:
    try:
        return views.cast(pa.string())
    except pa.ArrowInvalid as error:
        raise ProblemError(
            "LW303",
            "a text value is not valid UTF-8",
            place=column.place,
            hint="the database's encoding is SQL_ASCII; repair the value or leave the column out",
        ) from error


def _number(kind: str, size: int) -> Callable[[ColumnType, Values], Decoded]:
    def read(column: ColumnType, values: Values) -> Decoded:
        _check_lengths(column, values, size)
        return Decoded(fixed(column.arrow, values.buffer.floats(values.starts, kind), values.null))

    return read


def _check_lengths(column: ColumnType, values: Values, size: int) -> None:
    good = values.lengths == size
    if values.null is not None:
        good |= values.null
    if not good.all():
        found = int(values.lengths[np.argmin(good)])
        raise ProblemError("LW302", f"a value of {found} bytes where {size} were due", place=column.place)


def _boolean(column: ColumnType, values: Values) -> Decoded:
    _check_lengths(column, values, 1)
    buffers = [validity(values.null), bitmap(values.buffer.u8(values.starts) != 0)]
    return Decoded(pa.Array.from_buffers(pa.bool_(), len(values), buffers))


def _numeric(column: ColumnType, values: Values) -> Decoded:
    shape = t.decimal_shape(column.typmod)
    return Decoded(texts(values)) if shape is None else Decoded(*decimals(values, *shape, column.place))


def _date(column: ColumnType, values: Values) -> Decoded:
    _check_lengths(column, values, 4)
    return Decoded(*dates(values))


def _timestamp(column: ColumnType, values: Values) -> Decoded:
    _check_lengths(column, values, 8)
    return Decoded(*timestamps(values, zone=column.oid == t.TIMESTAMPTZ))


def _bytea(_column: ColumnType, values: Values) -> Decoded:
    return Decoded(byte_strings(values).cast(pa.binary()))


def _jsonb(column: ColumnType, values: Values) -> Decoded:
    good = values.buffer.u8(values.starts) == JSONB_VERSION
    if values.null is not None:
        good |= values.null
    if not good.all():
        raise ProblemError("LW302", "jsonb of an unknown version", place=column.place)
    return Decoded(_text(column, byte_strings(values, skip=1)))


def _uuid(column: ColumnType, values: Values) -> Decoded:
    _check_lengths(column, values, 16)
    words = np.stack([values.buffer.words(values.starts), values.buffer.words(values.starts + 8)], axis=1)
    return Decoded(constant_width(uuid_characters(words.view(np.uint8).reshape(-1, 16)), values.null))


def uuid_characters(sixteen: Bytes) -> Bytes:
    """Rows of 16 bytes → rows of 36 characters."""
    digits = _HEX_PAIRS[sixteen].reshape(-1, 32)
    return np.insert(digits, [8, 12, 16, 20], ord("-"), axis=1)


_BINARY: Mapping[int, Callable[[ColumnType, Values], Decoded]] = {
    t.BOOL: _boolean,
    t.INT2: _number("i2", 2),
    t.INT4: _number("i4", 4),
    t.INT8: _number("i8", 8),
    t.FLOAT4: _number("f4", 4),
    t.FLOAT8: _number("f8", 8),
    t.NUMERIC: _numeric,
    t.DATE: _date,
    t.TIMESTAMP: _timestamp,
    t.TIMESTAMPTZ: _timestamp,
    t.BYTEA: _bytea,
    t.JSONB: _jsonb,
    t.UUID: _uuid,
}


def _decode_text(column: ColumnType, values: Values) -> Decoded:
    family = column.canonical.partition("(")[0]
    if family == "boolean":
        return _text_boolean(column, values)
    if family == "binary":
        return _text_bytea(column, values)
    texts_ = _text(column, byte_strings(values))
    return Decoded(texts_) if family == "string" else _parse(column, family, texts_)


def _parse(column: ColumnType, family: str, texts_: Array) -> Decoded:
    """Numbers, dates and times from text; special values are looked for only when something does not parse."""
    try:
        return Decoded(texts_.cast(column.arrow))
    except pa.ArrowInvalid:
        odd = pc.match_substring_regex(texts_, _ODD.get(family.removesuffix("_ntz"), "^$"))
    try:
        return Decoded(pc.if_else(odd, None, texts_).cast(column.arrow), pc.if_else(odd, texts_, None))
    except pa.ArrowInvalid as error:
        raise ProblemError("LW302", f"not a {column.canonical}: {error}", place=column.place) from error


def _text_boolean(column: ColumnType, values: Values) -> Decoded:
    first = values.buffer.u8(values.starts)
    _check_lengths(column, values, 1)
    if not ((first == ord("t")) | (first == ord("f")) | ~values.present()).all():
        raise ProblemError("LW302", "a boolean that is neither t nor f", place=column.place)
    buffers = [validity(values.null), bitmap(first == ord("t"))]
    return Decoded(pa.Array.from_buffers(pa.bool_(), len(values), buffers))


def _text_bytea(column: ColumnType, values: Values) -> Decoded:
    hex_form = (values.buffer.u8(values.starts) == ord("\\")) & (values.buffer.u8(values.starts + 1) == ord("x"))
    if not (hex_form | ~values.present()).all():
        raise ProblemError(
            "LW302", "bytea is not in hex form", place=column.place, hint="bytea_output must be hex on this connection"
        )
    digits = byte_strings(values, skip=2).cast(pa.binary())
    offsets, characters = binary_parts(digits)
    nibbles = _HEX_VALUE[characters]
    return Decoded(from_parts((nibbles[0::2] << 4) | nibbles[1::2], offsets // 2, values.null, pa.binary()))
