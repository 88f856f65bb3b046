"""Batches as lines of text: delimited as LazySimpleSerDe writes them, or JSON. Rules measured against Trino 476."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lakewright.catalog.hive_types import HiveType
from lakewright.catalog.partitions import NO_VALUE
from lakewright.query.athena.sql import SqlError
from lakewright.query.athena.sql.render import double_text, real_text

Spell = Callable[[pa.RecordBatch], bytes]
Text = Callable[[Any], str]
NULL = "\\N"


def delimited(types: Sequence[HiveType], mark: str) -> Spell:
    """Lines with `mark` between fields. What has a mark or an end of line inside cannot be told apart, and is refused
    by none of Hive's readers: so it is written as it is."""
    marks = mark + "".join(map(chr, range(2, 9)))
    texts = [_delimited(kind, 1, marks) for kind in types]

    def spell(batch: pa.RecordBatch) -> bytes:
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        lines = (mark.join(_or_null(value, text) for value, text in zip(row, texts, strict=True)) for row in rows)
        return "".join(f"{line}\n" for line in lines).encode()

    return spell


def _or_null(value: Any, text: Text) -> str:
    return NULL if value is None else text(value)


def _delimited(kind: HiveType, depth: int, marks: str) -> Text:
    if not kind.items:
        return plain_text(kind)
    if depth + (kind.name == "map") >= len(marks):
        raise SqlError("NOT_SUPPORTED", f"type {kind} is too deep for a text file")
    between, beside = marks[depth], marks[min(depth + 1, len(marks) - 1)]
    if kind.name == "array":
        item = _delimited(kind.items[0], depth + 1, marks)
        return lambda value: between.join(_or_null(one, item) for one in value)
    if kind.name == "struct":
        fields = [_delimited(one, depth + 1, marks) for one in kind.items]
        return lambda value: between.join(_or_null(one, text) for one, text in zip(value.values(), fields, strict=True))
    key, item = (_delimited(one, depth + 2, marks) for one in kind.items)
    return lambda value: between.join(f"{key(name)}{beside}{_or_null(one, item)}" for name, one in value)


def plain_text(kind: HiveType) -> Text:
    """A value without parts, as Hive writes it."""
    match kind.name:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "double":
            return double_text
        case "float":
            return real_text
        case "decimal":
            return lambda value: _decimal(value)
        case "date":
            return lambda value: _day(value)
        case "timestamp":
            return lambda value: _moment(value)
        case "binary":
            return lambda value: base64.b64encode(value).decode()
        case "char":
            return lambda value: str(value).ljust(kind.numbers[0])
    return str


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


def _day(value: date) -> str:
    return value.isoformat()


def _moment(value: datetime) -> str:
    """With as many groups of three decimals as it needs."""
    text = f"{value.year:04d}-{value:%m-%d %H:%M:%S}"
    if not value.microsecond:
        return text
    return f"{text}.{f'{value.microsecond:06d}'.rstrip('0')}"


def partition_text(kind: HiveType) -> Text:
    """A partition's value as it stands in its folder's name."""
    text = plain_text(kind)
    return lambda value: NO_VALUE if value is None or value == "" else text(value)


def json_lines(names: Sequence[str], types: Sequence[HiveType]) -> Spell:
    """One object per line; NULLs are written."""
    values = [json_value(kind) for kind in types]

    def spell(batch: pa.RecordBatch) -> bytes:
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        return "".join(f"{_object(names, values, row)}\n" for row in rows).encode()

    return spell


def _object(names: Sequence[str], texts: Sequence[Text], row: Sequence[Any]) -> str:
    pairs = (f"{_quoted(name)}:{_null(value, text)}" for name, text, value in zip(names, texts, row, strict=True))
    return "{" + ",".join(pairs) + "}"


def _null(value: Any, text: Text) -> str:
    return "null" if value is None else text(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def json_value(kind: HiveType) -> Text:
    match kind.name:
        case "array":
            item = json_value(kind.items[0])
            return lambda value: "[" + ",".join(_null(one, item) for one in value) + "]"
        case "map":
            key, item = plain_text(kind.items[0]), json_value(kind.items[1])
            return lambda value: "{" + ",".join(f"{_quoted(key(name))}:{_null(one, item)}" for name, one in value) + "}"
        case "struct":
            names, texts = kind.names, [json_value(one) for one in kind.items]
            return lambda value: _object(names, texts, list(value.values()))
        case "tinyint" | "smallint" | "int" | "bigint":
            return str
        case "boolean" | "decimal":
            return plain_text(kind)
        case "double" | "float":
            text = plain_text(kind)
            return lambda value: text(value) if value - value == 0 else _quoted(text(value))
    text = plain_text(kind)
    return lambda value: _quoted(text(value))
