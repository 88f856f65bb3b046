"""Rows as the statement API gives them: texts in arrays, and a schema."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lakewright.rehearse.databricks.store import Body

_NAMES = (
    (pa.types.is_boolean, "BOOLEAN", "BOOLEAN"),
    (pa.types.is_int8, "BYTE", "TINYINT"),
    (pa.types.is_int16, "SHORT", "SMALLINT"),
    (pa.types.is_int32, "INT", "INT"),
    (pa.types.is_int64, "LONG", "BIGINT"),
    (pa.types.is_float32, "FLOAT", "FLOAT"),
    (pa.types.is_float64, "DOUBLE", "DOUBLE"),
    (pa.types.is_date, "DATE", "DATE"),
    (pa.types.is_binary, "BINARY", "BINARY"),
    (pa.types.is_large_binary, "BINARY", "BINARY"),
    (pa.types.is_list, "ARRAY", "ARRAY"),
    (pa.types.is_struct, "STRUCT", "STRUCT"),
    (pa.types.is_map, "MAP", "MAP"),
    (pa.types.is_null, "NULL", "VOID"),
)


_AS_ARROW_SPELLS = (pa.types.is_integer, pa.types.is_boolean, pa.types.is_date)


def schema_of(rows: pa.Table) -> Body:
    columns = [_column(number, field) for number, field in enumerate(rows.schema)]
    return {"column_count": len(columns), "columns": columns}


def _column(number: int, field: pa.Field[pa.DataType]) -> Body:
    kind = field.type
    found: Body = {"name": field.name, "position": number}
    if pa.types.is_decimal(kind):
        text = f"DECIMAL({kind.precision},{kind.scale})"
        return found | {
            "type_name": "DECIMAL",
            "type_text": text,
            "type_precision": kind.precision,
            "type_scale": kind.scale,
        }
    if pa.types.is_timestamp(kind):
        return found | {"type_name": "TIMESTAMP", "type_text": "TIMESTAMP" if kind.tz else "TIMESTAMP_NTZ"}
    name, text = next(((name, text) for test, name, text in _NAMES if test(kind)), ("STRING", "STRING"))
    return found | {"type_name": name, "type_text": text}


def arrays(rows: pa.Table) -> Iterator[list[str | None]]:
    """Each row as texts; NULL is None."""
    for batch in rows.to_batches():
        for row in zip(*(_texts(column) for column in batch.columns), strict=True):
            yield list(row)


def _texts(column: pa.Array[Any]) -> list[str | None]:
    """Arrow spells whole numbers, truth and dates as the API does; the rest is spelled here."""
    kind = column.type
    if pa.types.is_string(kind) or any(test(kind) for test in _AS_ARROW_SPELLS):
        return list(column.cast(pa.string()).to_pylist())
    return [None if value is None else text_of(value) for value in column.to_pylist()]


def encoded(rows: pa.Table, format_: str, *, is_first: bool) -> bytes:
    """A chunk in one of the API's formats: JSON without spaces, an Arrow stream, or CSV by RFC 4180, whose first chunk
    has a header."""
    if format_ == "ARROW_STREAM":
        out = pa.BufferOutputStream()
        with pa.ipc.new_stream(out, rows.schema) as stream:
            stream.write_table(rows)
        return bytes(out.getvalue().to_pybytes())
    if format_ == "JSON_ARRAY":
        return json.dumps(list(arrays(rows)), separators=(",", ":"), ensure_ascii=False).encode()
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # ends lines with CR and LF, as the RFC has them
    if is_first:
        writer.writerow(rows.column_names)
    writer.writerows(["null" if value is None else value for value in row] for row in arrays(rows))
    return text.getvalue().encode()


def text_of(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case bytes():
            return base64.b64encode(value).decode()
        case list() | dict():
            return json.dumps(value, default=text_of, separators=(",", ":"))
        case _:
            return str(value)


def _moment(value: datetime) -> str:
    """An instant in UTC, with a Z; a local time without."""
    text = (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text + ("Z" if value.tzinfo else "")
