"""What a person may read, worked out in plain Python, in an engine without any protection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from lakewright.governance import Allowed, Principal, Privilege
from lakewright.models.types import duckdb_type

from .canaries import Row
from .world import World

FUZZED = ("silver.orders", "silver.customer", "gold.revenue", "gold.big_orders")


def permitted_rows(allowed: Allowed, rows: list[Row]) -> list[Row]:
    """The decision's meaning: rows, cells, masks, columns. Maps are compared as lists of pairs."""
    kept = [row for row in rows if allowed.rows is None or allowed.rows.holds(row)]
    return [{column: _shown(allowed, column, row) for column in allowed.columns} for row in kept]


def _shown(allowed: Allowed, column: str, row: Row) -> Any:
    cell, mask = allowed.cells.get(column), allowed.masks.get(column)
    if cell is not None and not cell.holds(row):
        return None
    return row[column] if mask is None else mask.apply(row[column])


class Oracle:
    """The tables of one person, filtered and masked before the engine ever sees them."""

    def __init__(self, world: World, who: Principal) -> None:
        self.columns: dict[str, Mapping[str, str]] = {}
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        for name in FUZZED:
            facts = world.sources().facts(name)
            decision = world.policy.decide(who, facts, Privilege.SELECT, datetime.now(UTC))
            if not isinstance(decision, Allowed):
                continue
            rows = self._joined() if name == "gold.big_orders" else world.made.rows[name]
            if rows is not None:
                columns = {column: facts.columns[column] for column in decision.columns}
                self._make(name, columns, permitted_rows(decision, rows))

    def rows(self, sql: str) -> list[Row]:
        """Raises duckdb.Error."""
        cursor = self._connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        found: list[Row] = cursor.execute(sql).to_arrow_table().to_pylist()
        return found

    def close(self) -> None:
        self._connection.close()

    def _joined(self) -> list[Row] | None:
        """The view over what this person sees of its inputs; None when that is not enough."""
        if not {"silver.orders", "silver.customer"} <= self.columns.keys():
            return None
        wanted = {"silver.orders": {"customer_id", "amount", "payload"}, "silver.customer": {"note"}}
        if any(not columns <= self.columns[name].keys() for name, columns in wanted.items()):
            return None
        return self.rows(
            "SELECT o.id, o.tenant, o.amount, o.payload, c.note FROM silver.orders o "
            "JOIN silver.customer c ON c.id = o.customer_id AND c.tenant = o.tenant"
        )

    def _make(self, name: str, columns: Mapping[str, str], rows: list[Row]) -> None:
        self.columns[name] = columns
        spelled = {column: duckdb_type(kind) for column, kind in columns.items()}
        schema, _, table = name.partition(".")
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        listed = ", ".join(f'"{column}" {kind}' for column, kind in spelled.items())
        self._connection.execute(f"CREATE TABLE {schema}.{table} ({listed})")
        empty = self._connection.execute(f"SELECT * FROM {schema}.{table}").to_arrow_table().schema
        held = pa.Table.from_pylist(rows, empty)
        self._connection.register("held", held)
        self._connection.execute(f"INSERT INTO {schema}.{table} SELECT * FROM held")
        self._connection.unregister("held")


def multiset(rows: list[Row]) -> list[str]:
    """Rows in an order that does not matter."""
    return sorted(repr(list(row.values())) for row in rows)
