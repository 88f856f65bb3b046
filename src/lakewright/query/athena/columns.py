"""What Athena tells about a result's columns, from Trino's type text; and the binary form beside each result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_TEXT, LONGEST_BINARY = 2147483647, 1073741824
PRECISIONS: Mapping[str, int] = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "time": 3,
    "time with time zone": 3,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "varchar": LONGEST_TEXT,
    "varbinary": LONGEST_BINARY,
}
NAMES: Mapping[str, str] = {"real": "float"}
_TYPE = re.compile(r"(?P<name>[a-z]+)\s*(?:\((?P<arguments>.*)\))?(?P<rest>.*)", re.DOTALL)


def column_info(name: str, trino_type: str) -> dict[str, Any]:
    """One ColumnInfo of ResultSetMetadata."""
    base, precision, scale = described_type(trino_type)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": base,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": base in ("varchar", "char"),
    }


def described_type(trino_type: str) -> tuple[str, int, int]:
    """Athena's name, precision and scale: `decimal(12,2)` → (decimal, 12, 2), `row(a bigint)` → (row, 0, 0)."""
    found = _TYPE.fullmatch(trino_type.strip().lower())
    if found is None:
        return trino_type, 0, 0
    name, arguments = found["name"] + found["rest"], found["arguments"]
    base = NAMES.get(name, name)
    if base == "decimal" and arguments:
        precision, _, scale = arguments.partition(",")
        return base, int(precision), int(scale or 0)
    if base in ("varchar", "char") and arguments:
        return base, int(arguments), 0
    return base, PRECISIONS.get(base, 0), 0


NULLABILITY = {"NOT_NULL": 1, "NULLABLE": 2, "UNKNOWN": 3}


def metadata_file(query_id: str, columns: Iterable[Mapping[str, Any]], updated: tuple[str, int] | None = None) -> bytes:
    """The `.metadata` object beside a result, as Athena's JDBC driver reads it (protobuf; there is no official schema).

    `updated`: the kind of statement and the number of rows that it changed.
    """
    message = _text(1, query_id)
    if updated is not None:
        message += _text(2, updated[0]) + _number(3, updated[1])
    return message + b"".join(_bytes(4, _column(column)) for column in columns)


def _column(column: Mapping[str, Any]) -> bytes:
    message = _text(1, column["CatalogName"]) + _text(4, column["Name"]) + _text(5, column["Label"])
    message += _text(6, column["Type"])
    for number, value in ((7, column["Precision"]), (8, column["Scale"])):
        message += _number(number, value) if value else b""
    message += _number(9, NULLABILITY[column["Nullable"]])
    return message + (_number(10, 1) if column["CaseSensitive"] else b"")


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
