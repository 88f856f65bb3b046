"""The rows of the small lake, as plain Python: what the files hold and what the oracle filters."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from .canaries import Book, Row, number_of, text_of

TENANTS = ("acme", "globex", "initech")
TAGS = pa.list_(pa.string())
EXTRA = pa.struct([pa.field("a", pa.string()), pa.field("n", pa.int64())])
PROPS = pa.map_(pa.string(), pa.string())
TIME = pa.timestamp("us", tz="UTC")


def _schema(columns: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema(list(columns.items()))


SCHEMAS: Mapping[str, pa.Schema] = {
    "silver.orders": _schema(
        {
            "id": pa.int64(), "tenant": pa.string(), "customer_id": pa.int64(), "amount": pa.int64(),
            "price": pa.decimal128(12, 2), "payload": pa.string(), "code": pa.string(), "placed": TIME,
            "day": pa.date32(), "vip": pa.bool_(), "tags": TAGS, "extra": EXTRA, "props": PROPS,
        }
    ),
    "silver.customer": _schema(
        {
            "id": pa.int64(), "tenant": pa.string(), "name": pa.string(), "email": pa.string(),
            "phone": pa.string(), "ip": pa.string(), "born": pa.date32(), "note": pa.string(),
        }
    ),
    "silver.ledger": _schema({"id": pa.int64(), "entry": pa.string(), "amount": pa.int64()}),
    "gold.revenue": _schema(
        {"tenant": pa.string(), "month": pa.date32(), "amount": pa.int64(), "region": pa.string()}
    ),
    "gold.plans": _schema({"id": pa.int64(), "tenant": pa.string(), "plan": pa.string()}),
    "quarantine.orders": _schema({"id": pa.int64(), "reason": pa.string()}),
}  # fmt: skip


@dataclass
class Content:
    """Every row of every table, and the state of the past of `silver.orders`."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    past: list[Row] = field(default_factory=list)
    book: Book = field(default_factory=Book)


def content(size: int = 48) -> Content:
    """The same on every call."""
    made = Content()
    customers = [_customer(made.book, i) for i in range(size // 2)]
    made.rows["silver.customer"] = customers
    made.rows["silver.orders"] = [_order(made.book, i, 1) for i in range(size)]
    made.past = [{**_order(made.book, i, 0), "legacy": None} for i in range(size)]
    for row in made.past:
        row["legacy"] = text_of(made.book.mark("silver.orders", "legacy", row, 0))
    made.rows["silver.ledger"] = [_ledger(made.book, i) for i in range(12)]
    made.rows["gold.revenue"] = [_revenue(made.book, i) for i in range(18)]
    made.rows["gold.plans"] = [_plan(made.book, i) for i in range(9)]
    made.rows["quarantine.orders"] = [_quarantined(made.book, i) for i in range(6)]
    made.rows["bronze.account"] = [_account(made.book, i) for i in range(8)]
    return made


def _order(book: Book, i: int, version: int) -> Row:
    """Every fifth is `vip`, every eleventh does not say; acme's code is a number, others' is none."""
    tenant = TENANTS[i % 3]
    row: Row = {"id": i, "tenant": tenant, "vip": None if i % 11 == 10 else i % 5 == 4}

    def mark(column: str) -> int:
        return book.mark("silver.orders", column, row, version)

    row["customer_id"] = i // 2
    row["amount"] = number_of(mark("amount"))
    row["price"] = Decimal(i * 137 % 1000) / 4
    row["payload"] = None if i % 13 == 12 else text_of(mark("payload"))
    row["code"] = str(100 + i) if tenant == "acme" else text_of(mark("code"))
    row["placed"] = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * i)
    row["day"] = date(2026, 1, 1) + timedelta(days=i // 4)
    row["tags"] = [f"t{i % 3}", text_of(mark("tags"))]
    row["extra"] = {"a": text_of(mark("extra")), "n": i % 7}
    row["props"] = [("k", text_of(mark("props"))), ("tenant", tenant)]
    return row


def _customer(book: Book, i: int) -> Row:
    row: Row = {"id": i, "tenant": TENANTS[(2 * i) % 3]}

    def mark(column: str) -> int:
        return book.mark("silver.customer", column, row)

    row["name"] = f"N {text_of(mark('name'))}"
    row["email"] = f"{text_of(mark('email'))}@example.org"
    row["phone"] = f"+{number_of(mark('phone'))}5555"
    row["ip"] = f"10.{i % 4}.{i}.7"
    row["born"] = date(1950 + i, 1 + i % 12, 1 + i)
    row["note"] = None if i % 7 == 6 else text_of(mark("note"))
    return row


def _ledger(book: Book, i: int) -> Row:
    row: Row = {"id": i}
    row["entry"] = text_of(book.mark("silver.ledger", "entry", row))
    row["amount"] = number_of(book.mark("silver.ledger", "amount", row))
    return row


def _revenue(book: Book, i: int) -> Row:
    row: Row = {"tenant": TENANTS[i % 3], "month": date(2026, 1 + i // 3, 1)}
    row["amount"] = number_of(book.mark("gold.revenue", "amount", row))
    row["region"] = text_of(book.mark("gold.revenue", "region", row))
    return row


def _plan(book: Book, i: int) -> Row:
    row: Row = {"id": i, "tenant": TENANTS[i % 3]}
    row["plan"] = text_of(book.mark("gold.plans", "plan", row))
    return row


def _quarantined(book: Book, i: int) -> Row:
    row: Row = {"id": i}
    row["reason"] = text_of(book.mark("quarantine.orders", "reason", row))
    return row


def _account(book: Book, i: int) -> Row:
    row: Row = {"id": i, "name": f"account {i}"}
    for column in ("secret", "_special"):
        row[column] = text_of(book.mark("bronze.account", column, row))
    row["_old_key"] = json.dumps({"id": i, "was": text_of(book.mark("bronze.account", "_old_key", row))})
    return row


def table_of(name: str, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([{key: row.get(key) for key in SCHEMAS[name].names} for row in rows], SCHEMAS[name])


def shuffled(rows: list[Row], random_: random.Random) -> list[Row]:
    kept = list(rows)
    random_.shuffle(kept)
    return kept
