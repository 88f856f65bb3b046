"""Values out of text as Hive's lazy SerDes read them: what is no value of the type is NULL.

Rules measured against Trino 476, which keeps to Hive's ("bug for bug").
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from lakewright.catalog.hive_types import HiveType

Parse = Callable[[str], Any]
BITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
LOWEST, HIGHEST = date(1, 1, 1), date(9999, 12, 31)
_WHOLE = re.compile(r"([+-]?)0*([0-9]{0,19})(?:\.[0-9]*)?", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?[0-9]{1,4}[fFdD]?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_DATE = re.compile(r"([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_MOMENT = re.compile(
    r"([0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?", re.ASCII
)
_ISO_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[tT]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?", re.ASCII
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/= \t\r\n]*")
_ROOMY = Context(prec=80)


def whole(text: str, bits: int) -> int | None:
    """An integer; its decimal places count for nothing but must be digits."""
    found = _WHOLE.fullmatch(text)
    if found is None or text in ("", "+", "-"):
        return None
    value = int(found[1] + (found[2] or "0"))
    return value if -(1 << bits) <= value < 1 << bits else None


def double(text: str) -> float | None:
    """As Java reads one: blanks around it, NaN, Infinity and the endings f and d."""
    text = text.strip()
    if _HEXADECIMAL.fullmatch(text):
        return float.fromhex(text.rstrip("fFdD"))
    found = _DOUBLE.fullmatch(text)
    return None if found is None else float(found[0].rstrip("fFdD") if "Inf" not in found[0] else found[0])


def decimal(text: str, precision: int, scale: int) -> Decimal | None:
    """Rounded half up to the scale; NULL when it has too many digits before the point."""
    if _NUMBER.fullmatch(text) is None:
        return None
    try:
        found = Decimal(text).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _ROOMY)
    except InvalidOperation:
        return None
    return found if len(found.as_tuple().digits) <= precision or found.adjusted() < precision - scale else None


def boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def day(text: str) -> date | None:
    """`2026-1-5`, with anything behind a blank left out; a day or month too many runs into the next."""
    found = _DATE.fullmatch(text.strip().partition(" ")[0])
    return None if found is None else _day(int(found[1]), int(found[2]), int(found[3]))


def _day(year: int, month: int, of_month: int) -> date | None:
    years, months = divmod(year * 12 + month - 1, 12)
    try:
        return date(years, months + 1, 1) + timedelta(of_month - 1)
    except (ValueError, OverflowError):
        return None


def moment(text: str) -> datetime | None:
    """`2026-01-05 10:00:00.123456789`, or with a T between; beyond microseconds digits are cut."""
    text = text.strip()
    found = _MOMENT.fullmatch(text) or _ISO_MOMENT.fullmatch(text)
    if found is None or (start := day(found[1])) is None:
        return None
    clock = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0), seconds=int(found[4] or 0))
    fraction = timedelta(microseconds=int((found[5] or "0").ljust(6, "0")[:6]))
    try:
        return datetime(start.year, start.month, start.day) + clock + fraction
    except OverflowError:
        return None


def binary(text: str) -> bytes | None:
    """Base64, complete or not; text with other characters stands for its own bytes."""
    raw = text.encode()
    if not _BASE64.fullmatch(raw):
        return raw
    digits = raw.translate(None, b"= \t\r\n")
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


@lru_cache(maxsize=1024)
def parser(kind: HiveType) -> Parse:
    """What reads one value of a type that has no parts."""
    match kind.name:
        case "tinyint" | "smallint" | "int" | "bigint":
            bits = BITS[kind.name]
            return lambda text: whole(text, bits)
        case "float" | "double":
            return double
        case "decimal":
            precision, scale = kind.numbers
            return lambda text: decimal(text, precision, scale)
        case "boolean":
            return boolean
        case "date":
            return day
        case "timestamp":
            return moment
        case "binary":
            return binary
        case "varchar":
            return lambda text: text[: kind.numbers[0]]
        case "char":
            return lambda text: text[: kind.numbers[0]].rstrip(" ")
    return str
