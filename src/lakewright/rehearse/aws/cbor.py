"""CBOR (RFC 8949) as far as AWS's RPC protocol uses it. Times (tag 1) are seconds since 1970 on this side, wrapped in
`Time` where they are written."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MOST_DEPTH = 32
_SIZES = {24: ">B", 25: ">H", 26: ">I", 27: ">Q"}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_BREAK = object()


class Malformed(ValueError):  # noqa: N818 - what the bytes are
    """These bytes are not CBOR, or not of the kind that is read here."""


class Time(NamedTuple):
    """A moment to write."""

    seconds: float


def encoded(value: Any) -> bytes:
    """Null, booleans, integers, floats, text, times, sequences, mappings with text keys."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            text = value.encode()
            return _head(3, len(text)) + text
        case Time(seconds=seconds):
            return b"\xc1" + encoded(float(seconds))
        case Mapping():
            return _head(5, len(value)) + b"".join(encoded(key) + encoded(one) for key, one in value.items())
        case Sequence():
            return _head(4, len(value)) + b"".join(map(encoded, value))
    raise TypeError(type(value).__name__)


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    size = next(size for size, form in _SIZES.items() if number < 1 << 8 * struct.calcsize(form))
    return bytes([kind << 5 | size]) + struct.pack(_SIZES[size], number)


def decoded(data: bytes) -> Any:
    """One value. Raises Malformed."""
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None
    if reader.at != len(data) or value is _BREAK:
        raise Malformed("there is more than one value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        if depth > MOST_DEPTH:
            raise Malformed("nested too deeply")
        first = self.data[self.at]
        self.at += 1
        kind, info = first >> 5, first & 31
        if kind == 7:
            return self._simple(info)
        if kind == 6:
            self._number(info)
            return self.value(depth + 1)
        count = None if info == 31 else self._number(info)
        match kind:
            case 0:
                return _given(count)
            case 1:
                return -1 - _given(count)
            case 2 | 3:
                data = self._taken(_given(count))
                return data if kind == 2 else data.decode()
            case 4:
                return self._items(count, depth)
            case _:
                pairs = self._items(None if count is None else count * 2, depth)
                return dict(zip(map(str, pairs[::2]), pairs[1::2], strict=False))

    def _items(self, count: int | None, depth: int) -> list[Any]:
        found: list[Any] = []
        while count is None or len(found) < count:
            one = self.value(depth + 1)
            if one is _BREAK:
                if count is not None:
                    raise Malformed("a break where a value belongs")
                break
            found.append(one)
        return found

    def _number(self, info: int) -> int:
        if info < 24:
            return info
        if info not in _SIZES:
            raise Malformed("a length that is not known")
        form = _SIZES[info]
        (number,) = struct.unpack(form, self._taken(struct.calcsize(form)))
        return int(number)

    def _simple(self, info: int) -> Any:
        if info in _FLOATS:
            form = _FLOATS[info]
            return struct.unpack(form, self._taken(struct.calcsize(form)))[0]
        known = {20: False, 21: True, 22: None, 23: None, 31: _BREAK}
        if info not in known:
            raise Malformed("a simple value that is not known")
        return known[info]

    def _taken(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise Malformed("cut off")
        self.at += size
        return taken


def _given(count: int | None) -> int:
    if count is None:
        raise Malformed("texts in pieces are not read here")
    return count
