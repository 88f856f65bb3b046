"""The benchmark's source: a table like a shop's orders, 200 bytes a row, twenty tenants."""

from __future__ import annotations

import psycopg

CREATE = """
create table {name} (
    id bigint primary key, tenant_id bigint not null, customer_id bigint not null, order_number text not null,
    status text not null, subtotal numeric(12,2) not null, tax numeric(12,2) not null, total numeric(12,2) not null,
    note text, metadata jsonb not null, created_at timestamptz not null, updated_at timestamptz not null
)
"""

FILL = """
insert into {name}
select
    i, 1 + i % 20, 1 + i * 7919 % 50000, 'ORD-' || lpad(i::text, 9, '0'),
    (array['pending', 'paid', 'shipped', 'completed', 'cancelled'])[1 + i % 5],
    (i % 100000) / 100.0, (i % 20000) / 100.0, (i % 120000) / 100.0,
    case when i % 3 = 0 then 'left at the door of house ' || i % 977 end,
    jsonb_build_object('channel', i % 4, 'campaign', 'c' || i % 50),
    timestamptz '2026-01-01' + i * interval '17 seconds', timestamptz '2026-01-01' + i * interval '18 seconds'
from generate_series({first}::bigint, {last}::bigint) as i
"""


def create_orders(dsn: str, rows: int, name: str = "orders") -> None:
    """Makes and fills `public.<name>`; ids are 1 … rows."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(CREATE.format(name=name))
        connection.execute(FILL.format(name=name, first=1, last=rows))
        connection.execute(f"vacuum analyze {name}")
        connection.execute("checkpoint")


def create_many(dsn: str, tables: int, rows: int = 100) -> None:
    """Makes `public.many_0` … with `rows` rows each, five tenants in each."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(tables):
            connection.execute(f"create table many_{number} (id bigint primary key, tenant_id bigint, note text)")
            connection.execute(f"insert into many_{number} select i, i % 5, 'n' || i from generate_series(1, {rows}) i")


def write_changes(dsn: str, existing: int, inserts: int, updates: int, per_transaction: int = 500) -> int:
    """Commits inserts and updates in transactions of `per_transaction` rows; gives the WAL position after them."""
    with psycopg.connect(dsn) as connection:
        for first in range(existing + 1, existing + inserts + 1, per_transaction):
            last = min(first + per_transaction - 1, existing + inserts)
            connection.execute(FILL.format(name="orders", first=first, last=last))
            connection.commit()
        for first in range(1, updates + 1, per_transaction):
            connection.execute(
                "update orders set status = 'shipped', total = total + 1 where id between %s and %s",
                [first, min(first + per_transaction - 1, updates)],
            )
            connection.commit()
        row = connection.execute("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn").fetchone()
    return int(row[0]) if row else 0
