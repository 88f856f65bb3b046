"""The truth queries: each runs, has the key it names, and says the same whatever the session's settings are."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from core import seed
from core.world import Plan
from psycopg.rows import dict_row

from lakewright.rehearse.postgres import PostgresServer

from .conftest import SHOP

TRUTH = sorted((SHOP / "core" / "truth").glob("*.sql"))
GOLD = {
    "dim_date", "dim_tenant", "dim_customer", "dim_product", "fact_order", "fact_order_item", "fact_invoice",
    "fact_session", "revenue_metrics", "funnel_metrics", "product_performance", "product_sales", "customer_metrics",
    "customer_ltv", "retention_cohorts", "mrr_metrics", "payment_metrics", "tenant_summary",
}  # fmt: skip


@pytest.fixture(scope="module")
def seeded(postgres: PostgresServer, shop_schema: str) -> Any:
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("create database truth")
    dsn = postgres.dsn("truth")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(shop_schema)
    seed.seed(dsn, Plan(6, 4_000, 200, 7, datetime(2025, 11, 1, tzinfo=UTC)))
    yield dsn
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("drop database truth with (force)")


def _read(dsn: str, path: Path, **settings: str) -> list[dict[str, Any]]:
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with psycopg.connect(dsn, options=options, row_factory=dict_row) as connection:
        connection.execute("set transaction read only")
        return connection.execute(path.read_text()).fetchall()


def _key(path: Path) -> list[str]:
    found = re.search(r"^-- key: (.+)$", path.read_text(), re.M)
    assert found is not None
    return found[1].split(", ")


def test_every_gold_table_has_its_truth() -> None:
    assert {path.stem for path in TRUTH} == GOLD
    assert all(path.read_text().startswith(f"-- gold.{path.stem}") for path in TRUTH)


@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.stem)
def test_keys_are_unique_and_sorted_and_settings_do_not_matter(seeded: str, path: Path) -> None:
    rows = _read(seeded, path, TimeZone="UTC")
    keys = [tuple(row[column] for column in _key(path)) for row in rows]
    assert keys
    assert len(set(keys)) == len(keys)
    assert not [key for key in keys if None in key]
    assert _read(seeded, path, TimeZone="Pacific/Auckland", DateStyle="ISO,DMY", IntervalStyle="sql_standard") == rows


HAND_MADE = """
insert into core_tenant values (1, 'tenant-1', 'One', 'small', true, '2025-01-01Z', '2025-01-01Z');
insert into core_customer values
    (1, 1, ' Ann@Example.com', 'Ann', 'A', '(555) 123-4567 ext. 9', '{}', true, '2025-01-03Z', '2025-01-03Z'),
    (2, 1, 'ann@example.com ', 'Ann', 'A', '00442079460123', '{}', true, '2025-01-02Z', '2025-01-02Z'),
    (3, 1, 'broken', 'Bo', 'B', 'call me', '{}', true, '2025-01-02Z', '2025-01-02Z'),
    (4, 1, 'broken', 'Cy', '', null, '{}', true, '2025-02-10Z', '2025-02-10Z');
insert into core_product values
    (1, 1, 'a-1', 'Lamp', ' HOME & Garden', 10, 4, 5, true, '{}', '2025-01-01Z', '2025-01-01Z'),
    (2, 1, 'a-2', 'Debt', 'Books', 10, -4, 5, true, '{}', '2025-01-01Z', '2025-01-01Z');
insert into core_order (id, tenant_id, customer_id, order_number, status, order_date, subtotal, tax, shipping, total,
                        currency, created_at, updated_at) values
    (1, 1, 1, 'O1', 'completed', '2025-01-31 23:30-02', 20, 2, 1, 99, 'USD', '2025-02-01Z', '2025-02-01Z'),
    (2, 1, 2, 'O2', ' Completed ', '2025-02-01 10:00Z', 10, 1, 0, 11, 'USD', '2025-02-05Z', '2025-02-05Z'),
    (3, 1, 3, 'O3', 'completed', '2025-02-01 12:00Z', 10, -1, 0, 9, 'USD', '2025-02-01Z', '2025-02-01Z'),
    (4, 1, 3, 'O4', 'cancelled', '2025-03-01 12:00Z', 10, 0, 0, 10, 'USD', '2025-03-01Z', '2025-03-01Z'),
    (5, 1, 1, 'O5', 'completed', '2025-04-15 12:00Z', 30, 0, 0, 30, 'USD', '2025-04-15Z', '2025-04-15Z'),
    (6, 1, 1, 'O6', 'lost', '2025-04-15 12:00Z', 30, 0, 0, 30, 'USD', '2025-04-15Z', '2025-04-15Z');
insert into core_orderitem values
    (1, 1, 1, 1, 2, 10, 0, 20, '2025-02-01Z', '2025-02-01Z'),
    (2, 1, 2, 1, -1, 10, 0, -10, '2025-02-01Z', '2025-02-01Z'),
    (3, 1, 2, 2, 1, 10, 3, 7, '2025-02-01Z', '2025-02-01Z'), (4, 1, 5, 1, 3, 10, 31, 0, '2025-02-01Z', '2025-02-01Z'),
    (5, 1, 1, 1, 1, 1, 1, 0, '2025-02-01Z', '2025-02-01Z');
insert into core_subscription values
    (1, 1, 1, 'plus', 'active', 10, '2025-01-10Z', null, '2025-01-10Z', '2025-01-10Z'),
    (2, 1, 2, 'plus', 'cancelled', 20, '2025-01-20Z', '2025-03-02Z', '2025-01-20Z', '2025-03-02Z'),
    (3, 1, 3, 'pro', 'cancelled', 40, '2025-02-20Z', '2025-02-10Z', '2025-02-20Z', '2025-02-20Z'),
    (4, 1, 3, 'pro', 'trialing', 40, '2025-02-20Z', null, '2025-02-20Z', '2025-02-20Z');
insert into core_invoice values
    (1, 1, 2, 1, null, 'I1', 'paid', 10, 10, '2025-01-10Z', '2025-01-24', '2025-01-26Z', '2025-01-10Z', '2025-01-26Z'),
    (2, 1, 1, 1, null, 'I2', 'open', 10, 4, '2025-01-10Z', '2025-01-24', '2025-01-12Z', '2025-01-10Z', '2025-01-12Z'),
    (3, 1, 1, null, 1, 'I3', 'void', 23, 0, '2025-01-10Z', '2025-01-24', null, '2025-01-10Z', '2025-01-10Z'),
    (4, 1, 1, null, 1, 'I4', 'uncollectible', 5, 7, '2025-01-10Z', '2025-01-24', null, '2025-01-10Z', '2025-01-10Z');
"""


@pytest.fixture
def hand_made(shop: str) -> str:
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute(HAND_MADE)
    return shop


def _truth(dsn: str, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in _read(dsn, SHOP / "core" / "truth" / f"{name}.sql")]


def test_people_are_told_apart_by_working_mailboxes(hand_made: str) -> None:
    assert _truth(hand_made, "dim_customer", "customer_id", "email", "last_name", "phone", "duplicates") == [
        (2, "ann@example.com", "A", "+442079460123", 1),
        (3, "broken", "B", None, 0),
        (4, "broken", None, None, 0),
    ]


def test_revenue_counts_repaired_orders_on_their_utc_day(hand_made: str) -> None:
    """1 is worth 23 and belongs to 1 February in UTC; 3 has a negative tax, 4 is cancelled, 6 has no such status."""
    assert _truth(hand_made, "revenue_metrics", "dt", "order_count", "unique_customers", "total_revenue") == [
        (date(2025, 2, 1), 2, 1, Decimal("34.00")),
        (date(2025, 4, 15), 1, 1, Decimal("30.00")),
    ]


def test_products_sell_what_good_lines_say(hand_made: str) -> None:
    """Lines 2 (below zero) and 4 (discount beyond the line) do not count; two lines of one order are one order."""
    assert _truth(hand_made, "product_performance", "product_id", "category", "orders", "units", "revenue", "cost") == [
        (1, "home_and_garden", 1, 3, Decimal("20.00"), Decimal("12.00")),
        (2, "unknown", 1, 1, Decimal("7.00"), Decimal("0.00")),
    ]
    assert _truth(hand_made, "product_sales", "product_id", "units", "margin", "stock_value", "sell_through_rate") == [
        (1, 3, Decimal("8.00"), Decimal("20.00"), 0.375)
    ]


def test_value_and_retention_are_the_persons_not_the_rows(hand_made: str) -> None:
    columns = ("customer_id", "orders", "order_revenue", "subscription_revenue", "cohort_month", "active_days")
    assert _truth(hand_made, "customer_ltv", *columns) == [
        (2, 3, Decimal("64.00"), Decimal("14.00"), date(2025, 2, 1), 73),
        (3, 0, Decimal("0.00"), Decimal("0.00"), None, None),
        (4, 0, Decimal("0.00"), Decimal("0.00"), None, None),
    ]
    assert _truth(hand_made, "retention_cohorts", "months_since", "cohort_size", "active_customers", "revenue") == [
        (0, 1, 1, Decimal("34.00")),
        (2, 1, 1, Decimal("30.00")),
    ]


def test_recurring_revenue_goes_month_by_month(hand_made: str) -> None:
    """Subscription 3 ended before it began and 4 is a trial: neither counts."""
    assert _truth(hand_made, "mrr_metrics", "month", "new_mrr", "churned_mrr", "mrr", "arr", "churn_rate") == [
        (date(2025, 1, 1), Decimal("30.00"), Decimal("0.00"), Decimal("30.00"), Decimal("360.00"), None),
        (date(2025, 2, 1), Decimal("0.00"), Decimal("0.00"), Decimal("30.00"), Decimal("360.00"), 0.0),
        (date(2025, 3, 1), Decimal("0.00"), Decimal("20.00"), Decimal("10.00"), Decimal("120.00"), 0.5),
    ]


def test_payments_leave_drafts_and_voids_out(hand_made: str) -> None:
    columns = ("invoices", "amount_due", "outstanding", "late_invoices", "unreconciled_invoices", "avg_days_to_pay")
    assert _truth(hand_made, "payment_metrics", *columns) == [(3, Decimal("25.00"), Decimal("6.00"), 1, 1, 9.0)]


def test_a_tenant_in_one_row(hand_made: str) -> None:
    columns = ("customers", "duplicate_customers", "products", "completed_orders", "revenue", "mrr", "outstanding")
    assert _truth(hand_made, "tenant_summary", *columns) == [
        (3, 1, 1, 3, Decimal("64.00"), Decimal("10.00"), Decimal("6.00"))
    ]
