"""Fills an empty shop: one transaction, streamed in blocks, the same rows for the same seed and end date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from core import binarycopy, directory, sales, visits, world
from core.binarycopy import Field
from core.world import Plan, World

TABLES = (
    "core_tenant", "core_customer", "core_product", "core_subscription",
    "core_order", "core_orderitem", "core_event", "core_invoice",
)  # fmt: skip
"""In the order in which they are filled: parents first."""
ROWS_AT_ONCE = 20_000

Piece = tuple[str, int, bytes]
"""A table, how many rows, and the rows as binary COPY takes them."""

Progress = Callable[[str, int], None]
"""Called with a table's name and the number of its rows written so far."""


class NotEmptyError(Exception):
    """The database already has tenants."""


@dataclass(frozen=True)
class _Constraint:
    table: str
    name: str
    definition: str
    foreign: bool


def seed(dsn: str, plan: Plan, progress: Progress = lambda _table, _rows: None) -> dict[str, int]:
    """Writes everything of a plan and returns the number of rows per table.

    Indexes and foreign keys are dropped before and made again after, in the same transaction: ten times faster, and
    the database checks every reference at the end. Raises NotEmptyError when there are tenants already.
    """
    with psycopg.connect(dsn) as connection:
        if connection.execute("select exists (select from core_tenant)").fetchone() == (True,):
            raise NotEmptyError("the shop has rows already; seed an empty one, or give --replace")
        connection.execute("set local maintenance_work_mem = '128MB'")
        constraints, indexes = _drop_checks(connection)
        counts = dict.fromkeys(TABLES, 0)
        for table, rows, data in _ahead(_pieces(plan)):
            _copy(connection, table, data)
            counts[table] += rows
            progress(table, counts[table])
        _restore_checks(connection, constraints, indexes)
        for table in TABLES:
            connection.execute(
                "select setval(pg_get_serial_sequence(%s, 'id'), %s, %s)",
                [table, max(1, counts[table]), counts[table] > 0],
            )
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
    return counts


def clear(dsn: str) -> None:
    """Empties all eight tables."""
    with psycopg.connect(dsn) as connection:
        names = sql.SQL(", ").join(sql.Identifier(table) for table in TABLES)
        connection.execute(sql.SQL("truncate {} restart identity").format(names))


def _ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces; the next one is made while the caller sends the last one."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = worker.submit(next, pieces, None)
            yield piece


def _pieces(plan: Plan) -> Iterator[Piece]:
    for table, rows, fields in _fields(world.build(plan)):
        yield table, rows, binarycopy.encode(fields)


def _fields(everything: World) -> Iterator[tuple[str, int, list[Field]]]:
    yield "core_tenant", everything.plan.tenants, directory.tenant_fields(everything)
    for number, rows in enumerate(_portions(everything.customers.by_id())):
        yield "core_customer", len(rows), directory.customer_fields(everything, rows, number)
    for number, rows in enumerate(_portions(everything.products.by_id())):
        yield "core_product", len(rows), directory.product_fields(everything, rows, number)
    for number, rows in enumerate(_portions(np.arange(len(everything.subscriptions.started)))):
        yield "core_subscription", len(rows), directory.subscription_fields(everything, rows, number)
    item = event = invoice = 1
    for block in sales.blocks(everything.plan):
        orders, items = sales.draw_orders(everything, block)
        long = sales.with_long_notes(orders)
        for flag in (False, True):
            rows = np.flatnonzero(long == flag)
            if len(rows):
                yield "core_order", len(rows), sales.order_fields(everything, orders, rows, long_notes=flag)
        yield "core_orderitem", len(items.order), sales.item_fields(everything, orders, items, item)
        visited, events = visits.draw_visits(everything, block, orders)
        yield "core_event", len(events.visit), visits.event_fields(everything, visited, events, event)
        bills = sales.bills(everything, block, orders)
        yield "core_invoice", len(bills.issued), sales.invoice_fields(everything, bills, invoice)
        item += len(items.order)
        event += len(events.visit)
        invoice += len(bills.issued)


def _portions(rows: binarycopy.Ints) -> Iterator[binarycopy.Ints]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _copy(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    statement = sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(binarycopy.SIGNATURE)
        copy.write(rows)
        copy.write(binarycopy.TRAILER)


def _drop_checks(connection: psycopg.Connection) -> tuple[list[_Constraint], list[str]]:
    """Drops foreign keys, keys and indexes of our tables; returns what it takes to make them again."""
    found = connection.execute(
        """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype = 'f'
        from pg_constraint where conrelid = any(%s::regclass[]) and contype in ('p', 'u', 'f')
        order by contype = 'f', contype, conname
        """,
        [list(TABLES)],
    ).fetchall()
    constraints = [_Constraint(*row) for row in found]
    for constraint in reversed(constraints):
        connection.execute(
            sql.SQL("alter table {} drop constraint {}").format(
                sql.Identifier(constraint.table), sql.Identifier(constraint.name)
            )
        )
    indexes = connection.execute(
        "select indexrelid::regclass, pg_get_indexdef(indexrelid) from pg_index "
        "where indrelid = any(%s::regclass[]) order by indexrelid",
        [list(TABLES)],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("drop index {}").format(sql.SQL(name)))
    return constraints, [definition for _, definition in indexes]


def _restore_checks(connection: psycopg.Connection, constraints: list[_Constraint], indexes: list[str]) -> None:
    for definition in indexes:
        connection.execute(sql.SQL(definition))
    for constraint in constraints:
        connection.execute(
            sql.SQL("alter table {} add constraint {} {}").format(
                sql.Identifier(constraint.table), sql.Identifier(constraint.name), sql.SQL(constraint.definition)
            )
        )
