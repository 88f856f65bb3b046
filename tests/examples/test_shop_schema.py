"""The project and its schema: what everybody else builds on."""

from __future__ import annotations

import ast
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lakewright.rehearse.postgres import PostgresServer

from .conftest import SHOP, manage

CONTRACT = """
core_tenant(id bigint, slug varchar, name varchar, tier varchar, is_active bool, created_at tz, updated_at tz)
core_customer(id bigint, tenant_id bigint, email varchar null, first_name varchar, last_name varchar,
  phone varchar null, metadata jsonb, is_active bool, created_at tz, updated_at tz)
core_product(id bigint, tenant_id bigint, sku varchar, name varchar, category varchar, price money, cost money,
  stock_quantity int, is_active bool, attributes jsonb, created_at tz, updated_at tz)
core_order(id bigint, tenant_id bigint, customer_id bigint, order_number varchar, status varchar, order_date tz,
  subtotal money, tax money, shipping money, total money, currency char, notes text null, created_at tz, updated_at tz)
core_orderitem(id bigint, tenant_id bigint, order_id bigint, product_id bigint, quantity int, unit_price money,
  discount money, line_total money, created_at tz, updated_at tz)
core_event(id bigint, tenant_id bigint, customer_id bigint null, session_id uuid, event_type varchar, event_data text,
  ip_address inet null, user_agent varchar, created_at tz)
core_subscription(id bigint, tenant_id bigint, customer_id bigint, plan varchar, status varchar, monthly_amount money,
  started_at tz, cancelled_at tz null, created_at tz, updated_at tz)
core_invoice(id bigint, tenant_id bigint, customer_id bigint, subscription_id bigint null, order_id bigint null,
  number varchar, status varchar, amount_due money, amount_paid money, issued_at tz, due_date date, paid_at tz null,
  created_at tz, updated_at tz)
"""
SHORT = {
    "character varying": "varchar", "boolean": "bool", "timestamp with time zone": "tz", "numeric(12,2)": "money",
    "integer": "int", "character(3)": "char",
}  # fmt: skip


def test_tables_have_the_agreed_columns_in_order(shop: str) -> None:
    with psycopg.connect(shop) as connection:
        rows = connection.execute(
            "select relname, string_agg(attname || ' ' || format_type(atttypid, atttypmod) || "
            "case when attnotnull then '' else ' null' end, ', ' order by attnum) "
            "from pg_attribute join pg_class c on c.oid = attrelid "
            "where relkind = 'r' and relname like 'core_%' and attnum > 0 group by relname"
        ).fetchall()
    found = {}
    for table, columns in rows:
        for long, short in SHORT.items():
            columns = columns.replace(long, short)
        found[table] = columns
    lines = CONTRACT.replace("\n  ", " ").strip().splitlines()
    expected = {line.split("(")[0]: line.split("(", 1)[1].rstrip(")") for line in lines}
    without_lengths = {
        table: ", ".join(column.split("(")[0] + (" null" if "(" in column and column.endswith("null") else "")
        for column in columns.split(", "))
        for table, columns in found.items()
    }  # fmt: skip
    assert without_lengths == expected


def test_migrations_are_in_step_with_the_models(postgres: PostgresServer) -> None:
    done = manage(postgres.url(), "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_migrate_makes_no_tables_of_other_apps(database: str) -> None:
    done = manage(database, "migrate")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database) as connection:
        names = {row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")}
    assert {name for name in names if not name.startswith("core_")} == {"django_migrations"}
    assert len(names) == 9


def test_personal_data_is_marked_in_the_catalog(shop: str) -> None:
    with psycopg.connect(shop) as connection:
        rows = connection.execute(
            "select c.relname || '.' || attname from pg_description d join pg_class c on c.oid = objoid "
            "join pg_attribute a on attrelid = c.oid and attnum = objsubid where description like 'PII (%'"
        ).fetchall()
    assert {row[0] for row in rows} == {
        "core_customer.email", "core_customer.first_name", "core_customer.last_name", "core_customer.phone",
        "core_customer.metadata", "core_order.notes", "core_event.ip_address", "core_event.user_agent",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:p%40ss@db.example.com:6432/shop?sslmode=require",
        "postgresql://anna@/shop?host=/run/pg%20one&port=5433",
        "host=/run/pg port=5433 user=anna dbname=shop",
        "postgresql:///shop",
    ],
)
def test_settings_say_what_the_url_says(url: str) -> None:
    from shop.settings import database

    entry = database(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    read = {names[key]: value for key, value in entry.items() if key in names and value}
    assert {**read, **entry["OPTIONS"]} == conninfo_to_dict(url)


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    whole = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return whole | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_the_source_knows_nothing_of_us() -> None:
    files = list(SHOP.rglob("*.py"))
    assert len(files) > 10
    assert not [path for path in files if any(name.split(".")[0] == "lakewright" for name in _imports(path))]
