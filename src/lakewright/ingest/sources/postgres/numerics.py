"""PostgreSQL's binary numerics, exactly.

Binary form: 16-bit numbers ndigits, weight, sign, dscale, then ndigits digits in base 10000. The value is the sum of
digit[j] · 10000^(weight − j); dscale is how many decimals are displayed.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.buffer import Array, Bools, Ints, Values, fixed, from_parts

NEGATIVE = 0x4000
SPECIAL = {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}
INT64_DIGITS = 18
POWERS = np.array([10**k for k in range(INT64_DIGITS + 1)], dtype=np.int64)
WIDE = 24
"""Numerics with more digit groups than this on either side of the point are printed one by one."""

UInts: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = slice | npt.NDArray[np.intp]
_FOUR_DIGITS = np.array([list(f"{k:04d}".encode()) for k in range(10000)], dtype=np.uint8)


class _Header:
    """The header fields of all values; NULLs and special values have no digits."""

    def __init__(self, values: Values) -> None:
        fields = values.buffer.i64(values.starts)
        if values.null is not None:
            fields[values.null] = 0
        self.sign = (fields >> 16) & 0xFFFF
        self.special: Bools = self.sign >= 0xC000
        self.any_special = bool(self.special.any())
        if self.any_special:
            fields[self.special] = 0
        self.digits = (fields >> 48) & 0xFFFF
        self.weight = (fields << 16) >> 48
        self.scale = fields & 0x3FFF

    def specials(self) -> Array | None:
        """`NaN` and infinities as text, NULL elsewhere."""
        if not self.any_special:
            return None
        return pa.array([SPECIAL.get(sign) for sign in self.sign.tolist()], pa.string())

    def null_with(self, null: Bools | None) -> Bools | None:
        if not self.any_special:
            return null
        return self.special if null is None else self.special | null


def decimals(values: Values, precision: int, scale: int, place: str) -> tuple[Array, Array | None]:
    """(decimal(precision, scale) array, special values). A value that does not fit is an error, never rounded."""
    header = _Header(values)
    if len(values) and 4 * (int(header.weight.max()) + 1) + scale > INT64_DIGITS:
        _check_size(header, values, precision, scale, place)
    if precision <= INT64_DIGITS:
        low = _sum_groups(values, header, scale, [0], place)[0]
        _check(low < 10**precision, values, place, f"decimal({precision},{scale})")
        negative = header.sign == NEGATIVE
        if negative.any():
            np.negative(low, out=low, where=negative)
        words = np.stack([low, low >> 63], axis=1)
    else:
        words = _wide(values, header, precision, scale, place)
    return fixed(pa.decimal128(precision, scale), words, header.null_with(values.null)), header.specials()


def _check_size(header: _Header, values: Values, precision: int, scale: int, place: str) -> None:
    """Refuses numbers too large for the type before the exact sums, which could overflow, are made."""
    leading = np.where(header.digits > 0, values.buffer.u16(values.starts + 8), 0).astype(np.float64)
    size = leading * 10.0 ** np.minimum(4.0 * header.weight + scale, 60)
    _check(size < 1.01 * 10.0**precision, values, place, f"decimal({precision},{scale})")


def _check(good: Bools, values: Values, place: str, kind: str) -> None:
    if not good.all():
        shown = numeric_text(values.raw(int(np.argmin(good))))
        raise ProblemError("LW302", f"{shown} does not fit {kind}", place=place, hint="re-snapshot the table")


def _sum_groups(values: Values, header: _Header, scale: int, bounds: list[int], place: str) -> list[Ints]:
    """|value| · 10^scale as limbs: limb k has the digits with exponents from bounds[k] on, in 10^bounds[k]."""
    limbs = [np.zeros(len(values), dtype=np.int64) for _ in bounds]
    for group in range(int(header.digits.max(initial=0))):
        rows: Rows = slice(None)
        if not (active := header.digits > group).all():
            rows = np.flatnonzero(active)
        digit = values.buffer.u16(values.starts[rows] + (8 + 2 * group))
        exponent = header.weight[rows] * 4 + (scale - 4 * group)
        if (exponent < 0).any():
            digit, exponent = _cut(digit, exponent, scale, values, rows, place)
        if len(bounds) == 1:
            limbs[0][rows] += digit * POWERS[exponent]
            continue
        for limb, low, high in zip(limbs, bounds, [*bounds[1:], 64], strict=True):
            inside = (exponent >= low) & (exponent < high)
            limb[rows] += np.where(inside, digit * POWERS[np.where(inside, exponent - low, 0)], 0)
    return limbs


def _cut(digit: Ints, exponent: Ints, scale: int, values: Values, rows: Rows, place: str) -> tuple[Ints, Ints]:
    """Digits that reach below the scale, which hold zeros there, brought to exponent 0."""
    reach = 10 ** (-scale % 4)
    below, beyond = exponent < 0, exponent <= -4
    whole = digit // reach
    exact = np.where(beyond, digit == 0, whole * reach == digit) | ~below
    if not exact.all():
        everything = np.arange(len(values))
        _check(exact, values.at(everything[rows]), place, f"scale {scale}")
    return np.where(below, np.where(beyond, 0, whole), digit), np.maximum(exponent, 0)


def _wide(values: Values, header: _Header, precision: int, scale: int, place: str) -> npt.NDArray[np.int64]:
    """128-bit integers as pairs of 64-bit words, low word first."""
    low, middle, high = _sum_groups(values, header, scale, [0, 12, 24], place)
    number = (np.zeros(len(values), dtype=np.uint64), high.astype(np.uint64))
    for factor in (10**6, 10**6):
        number = _times(number, factor)
    number = _plus(number, middle.astype(np.uint64))
    for factor in (10**6, 10**6):
        number = _times(number, factor)
    upper, lower = _plus(number, low.astype(np.uint64))
    limit = 10**precision
    top, rest = np.uint64(limit >> 64), np.uint64(limit & 0xFFFFFFFFFFFFFFFF)
    _check((upper < top) | ((upper == top) & (lower < rest)), values, place, f"decimal({precision},{scale})")
    negative = header.sign == NEGATIVE
    lower = np.where(negative, ~lower + np.uint64(1), lower)
    upper = np.where(negative, ~upper + (lower == 0), upper)
    return np.stack([lower, upper], axis=1).view(np.int64)


def _times(number: tuple[UInts, UInts], factor: int) -> tuple[UInts, UInts]:
    """(high, low) · factor, for factors below 2^32."""
    high, low = number
    half, mask, by = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(factor)
    bottom = (low & mask) * by
    top = (low >> half) * by + (bottom >> half)
    return high * by + (top >> half), (top << half) | (bottom & mask)


def _plus(number: tuple[UInts, UInts], more: UInts) -> tuple[UInts, UInts]:
    high, low = number
    total = low + more
    return high + (total < low), total


def texts(values: Values) -> Array:
    """The text that PostgreSQL prints for each value, `NaN` and infinities included."""
    header = _Header(values)
    whole = np.maximum(header.weight + 1, 1)
    fraction = -(-header.scale // 4)
    wide = (whole > WIDE) | (fraction > WIDE) | header.special
    if wide.any():
        return _some_by_hand(values, wide)
    groups, decimals_ = int(whole.max(initial=1)), int(fraction.max(initial=0))
    characters = _character_matrix(values, header, groups, decimals_)
    keep = _kept(header, characters[:, 1 : 1 + 4 * groups], decimals_)
    if values.null is not None:
        keep[values.null] = False
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(keep.sum(axis=1), out=offsets[1:])
    return from_parts(characters[keep], offsets, values.null, pa.string())


def _some_by_hand(values: Values, wide: Bools) -> Array:
    narrow, rest = np.flatnonzero(~wide), np.flatnonzero(wide)
    by_hand = pa.array([numeric_text(values.raw(row)) for row in rest.tolist()], pa.string())
    joined: Array = pa.concat_arrays([texts(values.at(narrow)), by_hand])
    return joined.take(np.argsort(np.concatenate([narrow, rest])))


def _character_matrix(values: Values, header: _Header, groups: int, decimals_: int) -> npt.NDArray[np.uint8]:
    """Per row: `-`, all digits before the point, `.`, all digits after it."""
    rows = len(values)
    matrix = np.empty((rows, 2 + 4 * (groups + decimals_)), dtype=np.uint8)
    matrix[:, 0], matrix[:, 1 + 4 * groups] = ord("-"), ord(".")
    for index in range(groups + decimals_):
        group = header.weight - (groups - 1 - index)
        there = (group >= 0) & (group < header.digits)
        at = np.where(there, values.starts + 8 + 2 * group, 0)
        digit = np.where(there, values.buffer.u16(at), 0)
        start = 1 + 4 * index + (index >= groups)
        matrix[:, start : start + 4] = _FOUR_DIGITS[digit]
    return matrix


def _kept(header: _Header, whole: npt.NDArray[np.uint8], decimals_: int) -> Bools:
    """Which characters of the matrix are printed: no leading zeros, exactly dscale decimals."""
    rows, width = whole.shape
    keep = np.zeros((rows, width + 2 + 4 * decimals_), dtype=np.bool_)
    keep[:, 0] = header.sign == NEGATIVE
    significant = whole != ord("0")
    first = np.where(significant.any(axis=1), significant.argmax(axis=1), width - 1)
    keep[:, 1 : 1 + width] = np.arange(width) >= first[:, None]
    keep[:, 1 + width] = header.scale > 0
    keep[:, 2 + width :] = np.arange(4 * decimals_) < header.scale[:, None]
    return keep


def numeric_text(binary: bytes) -> str:
    """One value's text, of any size."""
    count, weight, sign, scale, *digits = np.frombuffer(binary, dtype=">u2").tolist()
    if sign in SPECIAL:
        return SPECIAL[sign]
    weight = weight - 0x10000 if weight >= 0x8000 else weight
    number = {weight - place: digit for place, digit in enumerate(digits[:count])}
    whole = "".join(f"{number.get(place, 0):04d}" for place in range(max(weight, 0), -1, -1)).lstrip("0") or "0"
    scale &= 0x3FFF
    fraction = "".join(f"{number.get(-1 - place, 0):04d}" for place in range(-(-scale // 4)))[:scale]
    return ("-" if sign == NEGATIVE else "") + whole + (f".{fraction}" if scale else "")
