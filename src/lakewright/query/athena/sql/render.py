"""Values as Athena prints them, and result files as Athena writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from lakewright.query.athena.sql.column import Column
from lakewright.query.athena.sql.errors import SqlError
from lakewright.query.athena.sql.literals import offset_minutes
from lakewright.query.athena.sql.types import Type

Printer = Callable[[Any], str]


def render(batch: pa.RecordBatch, columns: Sequence[Column]) -> list[list[str | None]]:
    """Each row's values as text; None for NULL."""
    texts: list[list[str | None]] = []
    for values, column in zip(batch.columns, columns, strict=True):
        text = printer(column.kind)
        texts.append([None if value is None else text(value) for value in plain(values)])
    return [list(row) for row in zip(*texts, strict=True)] if texts else []


def csv(batches: Iterable[pa.RecordBatch], columns: Sequence[Column]) -> Iterator[bytes]:
    """The result file: a header, every value in quotes, NULL as nothing."""
    yield (",".join(_quoted(column.name) for column in columns) + "\n").encode()
    for batch in batches:
        rows = render(batch, columns)
        if rows:
            yield "".join(",".join(map(_cell, row)) + "\n" for row in rows).encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _cell(text: str | None) -> str:
    return "" if text is None else _quoted(text)


def plain(values: pa.Array[Any]) -> list[Any]:
    """Python values; maps as lists of pairs."""
    found: list[Any] = values.to_pylist()
    return found


@lru_cache(maxsize=256)
def printer(kind: Type) -> Printer:
    """How a value of `kind` is printed."""
    match kind.name:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "double":
            return double_text
        case "real":
            return real_text
        case "decimal":
            return lambda value: f"{value:f}"
        case "varbinary":
            return lambda value: " ".join(f"{byte:02x}" for byte in value)
        case "char":
            return lambda value: str(value).ljust(kind.precision)
        case "date":
            return lambda value: value.isoformat()
        case "timestamp":
            return lambda value: moment_text(value, kind.precision)
        case "timestamp with time zone":
            return lambda value: f"{moment_text(in_zone(value, kind.zone), kind.precision)} {kind.zone or 'UTC'}"
        case "time":
            return lambda value: time_text(value, kind.precision)
        case "interval day to second":
            return day_time_text
        case "interval year to month":
            return lambda value: f"{'-' if value < 0 else ''}{abs(value) // 12}-{abs(value) % 12}"
        case "json":
            return lambda value: json_text(value, by_key=kind.scale == 1)
        case "array":
            return _array(kind)
        case "map":
            return _map(kind)
        case "row":
            return _row(kind)
    return str


def _inner(kind: Type) -> Printer:
    text = printer(kind)
    return lambda value: "null" if value is None else text(value)


def _array(kind: Type) -> Printer:
    text = _inner(kind.items[0])
    return lambda value: "[" + ", ".join(map(text, value)) + "]"


def _map(kind: Type) -> Printer:
    key, value_text = _inner(kind.items[0]), _inner(kind.items[1])
    return lambda value: "{" + ", ".join(f"{key(one)}={value_text(other)}" for one, other in value) + "}"


def _row(kind: Type) -> Printer:
    texts = [_inner(item) for item in kind.items]
    names = [name or f"field{index}" for index, name in enumerate(kind.names)]
    return lambda value: (
        "{"
        + ", ".join(f"{name}={text(item)}" for name, text, item in zip(names, texts, value.values(), strict=True))
        + "}"
    )


def json_text(value: str, *, by_key: bool) -> str:
    """JSON as Trino prints it: no blanks, doubles as Java writes them; `by_key`: objects sorted by key."""
    try:
        return _json(json.loads(value, parse_float=_Double, object_pairs_hook=dict), by_key)
    except RecursionError:
        raise SqlError("NOT_SUPPORTED", "JSON is nested too deeply") from None


class _Double(str):
    """The text of a JSON number that is no whole number."""


def _json(value: Any, by_key: bool) -> str:
    if isinstance(value, dict):
        items = sorted(value.items()) if by_key else list(value.items())
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_json(one, by_key)}" for key, one in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(one, by_key) for one in value) + "]"
    if isinstance(value, _Double):
        return double_text(float(value))
    return json.dumps(value, ensure_ascii=False)


def double_text(value: float) -> str:
    """Java's Double.toString."""
    return _java(value, repr(value))


def real_text(value: float) -> str:
    """Java's Float.toString."""
    import numpy

    return _java(value, str(numpy.float32(value)))


def _java(value: float, shortest: str) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    size = abs(value)
    exact = Decimal(shortest)
    if size == 0 or 1e-3 <= size < 1e7:
        text = f"{exact:f}"
        return text if "." in text else text + ".0"
    sign, digits, exponent = exact.as_tuple()
    listed = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + int(exponent) - 1
    return f"{'-' if sign else ''}{listed[0]}.{listed[1:] or '0'}E{power}"


def moment_text(value: datetime, digits: int) -> str:
    text = f"{value.year:04d}-{value:%m-%d %H:%M:%S}"
    return f"{text}.{value.microsecond:06d}"[: len(text) + 1 + digits] if digits else text


def in_zone(value: datetime, zone: str) -> datetime:
    minutes = offset_minutes(zone or "UTC")
    if minutes is None:
        return value.astimezone(ZoneInfo(zone))
    return value.astimezone(UTC) + timedelta(minutes=minutes)


def time_text(value: time, digits: int) -> str:
    text = f"{value:%H:%M:%S}"
    return f"{text}.{value.microsecond:06d}"[: 9 + digits] if digits else text


def day_time_text(value: int) -> str:
    days, rest = divmod(abs(value), 86_400_000)
    seconds, millis = divmod(rest, 1000)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{millis:03d}"
    return f"{'-' if value < 0 else ''}{days} {clock}"


__all__ = ["csv", "date", "render"]
