"""The tables that statements are recorded over: rows in Python, the same for Trino and for DuckDB."""

# ruff: noqa: E501 (one row a line)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from lakewright.models.types import SparkType, arrow_type, parse_type

DATABASE = "shop"


@dataclass(frozen=True)
class Rows:
    """`types`: column → canonical type."""

    types: Mapping[str, str]
    rows: tuple[tuple[Any, ...], ...]

    def arrow(self) -> pa.Table:
        columns = {
            name: pa.array([row[at] for row in self.rows], arrow_type(kind))
            for at, (name, kind) in enumerate(self.types.items())
        }
        return pa.table(columns)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _address(city: str, code: str | None, lat: float, lon: float) -> dict[str, Any]:
    return {"city": city, "zip": code, "geo": {"lat": lat, "lon": lon}}


_ORDERS = Rows(
    {
        "order_id": "bigint", "customer_id": "int", "status": "string", "amount": "decimal(12,2)", "discount": "double",
        "created_at": "timestamp", "day": "date", "tags": "array<string>", "attributes": "map<string,string>",
        "address": "struct<city:string,zip:string,geo:struct<lat:double,lon:double>>", "note": "string",
        "is_open": "boolean", "quantity": "smallint", "raw": "binary", "updated": "timestamp_ntz", "weight": "float",
    },
    (
        (1, 10, "open", Decimal("19.99"), 0.1, _at("2024-01-15 10:30:00.123"), date(2024, 1, 15), ["new", "gift"], {"color": "red", "size": "L"}, _address("Berlin", "10115", 52.52, 13.405), "fast please", True, 3, b"\x00\xff", datetime(2024, 1, 16, 8, 0, 0, 123456), 1.5),
        (2, 11, "paid", Decimal("250.00"), 0.0, _at("2024-02-01 23:59:59.999"), date(2024, 2, 1), ["bulk"], {"color": "blue"}, _address("Paris", "75001", 48.8566, 2.3522), None, False, 12, b"abc", datetime(2024, 2, 2), 0.1),
        (3, 10, "paid", Decimal("5.50"), 0.25, _at("2024-02-10 00:00:00"), date(2024, 2, 10), [], {}, None, "a_b 100%", False, 1, b"", datetime(2024, 2, 10, 23, 59, 59, 999999), 3.4e38),
        (4, 12, "void", Decimal("0.00"), None, _at("2024-02-29 12:00:00"), date(2024, 2, 29), None, None, _address("Rome", None, 41.9028, 12.4964), "", False, 0, None, None, None),
        (5, None, "open", Decimal("99.95"), 1e-7, _at("1969-12-31 23:59:59.5"), date(1969, 12, 31), ["new", None, "x"], {"k": None}, _address("Oslo", "0150", 59.9139, 10.7522), "please call", True, -4, b"\x10", datetime(1969, 12, 31, 12), -0.0),
        (6, 11, "open", None, 12345678.9, _at("2024-03-31 01:30:00"), date(2024, 3, 31), ["gift", "gift"], {"color": "green"}, _address("Berlin", "10117", 52.5, 13.4), "Ünïcode ✓", None, 7, b"xyz", datetime(2024, 3, 31, 2, 30), 16777216.0),
        (7, 13, "paid", Decimal("-12.34"), 0.5, _at("2024-12-31 23:00:00"), date(2024, 12, 31), ["new"], {"size": "M"}, _address("Lyon", "69001", 45.764, 4.8357), "please", True, 3, b"q", datetime(2024, 12, 31), 2.25),
    ),
)  # fmt: skip
_CUSTOMERS = Rows(
    {
        "customer_id": "int",
        "name": "string",
        "email": "string",
        "tenant": "string",
        "joined": "date",
        "score": "double",
        "vip": "boolean",
    },
    (
        (10, "Anna", "anna@example.com", "north", date(2019, 5, 1), 7.5, True),
        (11, "Bruce", "bruce@mail.example.org", "south", date(2021, 1, 31), 3.25, False),
        (12, "Chloé", "chloe@example.com", "north", date(2020, 2, 29), None, True),
        (13, "Dan", "d.dan@example.net", "east", date(2023, 12, 31), 9.0, None),
        (14, "Eve", None, "south", date(2022, 7, 4), 3.25, False),
    ),
)
_EVENTS = Rows(
    {"event_id": "bigint", "kind": "string", "payload": "string", "at": "timestamp"},
    (
        (
            1,
            "click",
            json.dumps({"user": {"name": "ann", "id": 7}, "items": ["a", "b"], "amount": 1.5}),
            _at("2024-01-01 10:00:00"),
        ),
        (2, "view", json.dumps({"user": {"name": "bob"}, "items": [], "amount": 20}), _at("2024-01-01 10:45:30")),
        (3, "click", json.dumps({"user": None, "items": ["c"]}), _at("2024-01-02 00:00:00")),
        (4, "view", "not json", _at("2024-12-30 08:00:00.25")),
        (5, "click", None, _at("2025-01-01 08:00:00")),
    ),
)
TABLES: Mapping[str, Rows] = {"orders": _ORDERS, "customers": _CUSTOMERS, "events": _EVENTS}
SCHEMAS: Mapping[str, Mapping[str, str]] = {f"{DATABASE}.{name}": table.types for name, table in TABLES.items()}


def duckdb_with_tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = 'UTC'; CREATE SCHEMA {DATABASE}")
    for name, table in TABLES.items():
        connection.register("given", table.arrow())
        connection.execute(f"CREATE TABLE {DATABASE}.{name} AS SELECT * FROM given")
        connection.unregister("given")
    return connection


def trino_create(name: str) -> str:
    """CREATE TABLE … AS for Trino's memory connector."""
    table = TABLES[name]
    kinds = [parse_type(kind) for kind in table.types.values()]
    rows = ", ".join(
        "(" + ", ".join(_literal(value, kind) for value, kind in zip(row, kinds, strict=True)) + ")"
        for row in table.rows
    )
    listed = ", ".join(table.types)
    casts = ", ".join(
        f"CAST({name} AS {_trino(kind)}) AS {name}" for name, kind in zip(table.types, kinds, strict=True)
    )
    return f"CREATE TABLE memory.{DATABASE}.{name} AS SELECT {casts} FROM (VALUES {rows}) AS t ({listed})"


def _trino(kind: SparkType) -> str:
    if kind.name == "struct":
        fields = zip(kind.names, kind.items, strict=True)
        return f"ROW({', '.join(f'{name} {_trino(item)}' for name, item in fields)})"
    if kind.items:
        return f"{kind.name}({', '.join(map(_trino, kind.items))})"
    names = {
        "string": "varchar", "int": "integer", "float": "real", "binary": "varbinary",
        "timestamp": "timestamp(3) with time zone", "timestamp_ntz": "timestamp(6)",
    }  # fmt: skip
    return names.get(kind.name, str(kind))


def _literal(value: Any, kind: SparkType) -> str:
    if value is None:
        return f"CAST(NULL AS {_trino(kind)})"
    match kind.name:
        case "array":
            return f"CAST(ARRAY[{', '.join(_literal(one, kind.items[0]) for one in value)}] AS {_trino(kind)})"
        case "map":
            keys = ", ".join(_literal(one, kind.items[0]) for one in value)
            values = ", ".join(_literal(one, kind.items[1]) for one in value.values())
            return f"CAST(MAP(ARRAY[{keys}], ARRAY[{values}]) AS {_trino(kind)})"
        case "struct":
            fields = ", ".join(_literal(value[n], item) for n, item in zip(kind.names, kind.items, strict=True))
            return f"CAST(ROW({fields}) AS {_trino(kind)})"
        case "string":
            return "'" + value.replace("'", "''") + "'"
        case "binary":
            return f"X'{value.hex()}'"
        case "date":
            return f"DATE '{value}'"
        case "timestamp":
            return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d} UTC'"
        case "timestamp_ntz":
            return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S.%f}'"
        case "double" | "float":
            return f"CAST('{value!r}' AS {_trino(kind)})"
    return str(value)
