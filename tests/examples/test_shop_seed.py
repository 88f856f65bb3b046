"""The seed: the same rows for the same seed, whole references, and the dirt that the README promises."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address
from uuid import UUID

import numpy as np
import psycopg
import pytest
from core import binarycopy, seed
from core.world import Plan

from .conftest import SHOP, manage

UNTIL = datetime(2025, 11, 1, tzinfo=UTC)
SMALL = Plan(tenants=6, orders=1_500, days=60, seed=7, until=UNTIL)


def _fingerprints(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        return {
            table: connection.execute(f"select md5(string_agg(t::text, '|' order by id)) from {table} t").fetchone()[0]
            for table in seed.TABLES
        }


def _checks(dsn: str) -> set[str]:
    """Every index and constraint, as SQL."""
    with psycopg.connect(dsn) as connection:
        return {
            row[0]
            for row in connection.execute(
                "select indexdef from pg_indexes where tablename like 'core_%' union all "
                "select conrelid::regclass || conname || pg_get_constraintdef(oid) from pg_constraint "
                "where conrelid::regclass::text like 'core_%'"
            )
        }


def test_same_seed_same_rows_other_seed_other_rows(shop: str) -> None:
    prints = []
    for number in (7, 7, 8):
        seed.clear(shop)
        seed.seed(shop, Plan(SMALL.tenants, SMALL.orders, SMALL.days, number, UNTIL))
        prints.append(_fingerprints(shop))
    assert prints[0] == prints[1]
    assert not {table for table in seed.TABLES if prints[0][table] == prints[2][table]}


def test_counts_are_what_was_asked_for_and_what_is_there(shop: str) -> None:
    progress: dict[str, int] = {}
    counts = seed.seed(shop, SMALL, progress.__setitem__)
    assert counts["core_tenant"] == 6
    assert counts["core_order"] == 1_500
    assert progress == counts
    with psycopg.connect(shop) as connection:
        stored = {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in seed.TABLES}
    assert stored == counts


def test_keys_and_indexes_are_all_back_and_sequences_go_on(shop: str) -> None:
    before = _checks(shop)
    assert len(before) > 30
    counts = seed.seed(shop, SMALL)
    assert _checks(shop) == before
    with psycopg.connect(shop) as connection:
        row = connection.execute(
            "insert into core_tenant (slug, name, tier, is_active, created_at, updated_at) "
            "values ('next', 'Next', 'small', true, now(), now()) returning id"
        ).fetchone()
    assert row == (counts["core_tenant"] + 1,)


def test_nothing_crosses_tenants_or_comes_before_its_cause(shop: str) -> None:
    seed.seed(shop, SMALL)
    impossible = """
        select 'order of a stranger' from core_order o join core_customer c on c.id = customer_id
            where c.tenant_id <> o.tenant_id or c.created_at > o.created_at
        union all select 'item of a stranger' from core_orderitem i join core_order o on o.id = order_id
            join core_product p on p.id = product_id
            where i.tenant_id <> o.tenant_id or p.tenant_id <> o.tenant_id or p.created_at > o.created_at
        union all select 'invoice of a stranger' from core_invoice i left join core_order o on o.id = order_id
            left join core_subscription s on s.id = subscription_id
            where i.customer_id <> coalesce(o.customer_id, s.customer_id)
               or i.issued_at < coalesce(o.created_at, s.started_at) or num_nonnulls(i.order_id, i.subscription_id) <> 1
        union all select 'event of a stranger' from core_event e join core_customer c on c.id = customer_id
            where c.tenant_id <> e.tenant_id
        union all select 'session of two tenants' from core_event group by session_id
            having count(distinct tenant_id) > 1
        union all select 'purchase without checkout' from core_event group by session_id
            having bool_or(event_type = 'purchase') and not bool_or(event_type in ('checkout', 'heartbeat'))
        union all select 'order without items' from core_order o
            where not exists (select from core_orderitem i where i.order_id = o.id)
        union all select 'out of time' from core_order
            where created_at < timestamptz '2025-09-02 00:00Z' or created_at >= timestamptz '2025-11-01 00:00Z'
    """
    with psycopg.connect(shop) as connection:
        assert connection.execute(impossible).fetchall() == []


def _documented() -> list[tuple[str, str, float]]:
    """The README's table of dirt: what, the condition in SQL with its table, and its share in percent."""
    rows = re.findall(r"^\| (.+?) \| `(\w+)` \| `(.+?)` \| ([\d.]+) % \|$", (SHOP / "README.md").read_text(), re.M)
    return [
        (what, f"select avg(coalesce({sql}, false)::int) * 100, count(*) from {table} t", float(rate))
        for what, table, sql, rate in rows
    ]


@pytest.mark.slow
def test_dirt_is_as_frequent_as_documented(shop: str) -> None:
    seed.seed(shop, Plan(20, 100_000, 365, 7, UNTIL))
    wrong = {}
    with psycopg.connect(shop) as connection:
        for what, query, rate in _documented():
            share, rows = connection.execute(query).fetchone()
            spread = 100 * 4 * (rate / 100 * (1 - rate / 100) / rows) ** 0.5
            if not abs(float(share) - rate) <= spread + rate * 0.25:
                wrong[what] = (float(share), rate)
    assert len(_documented()) > 20
    assert wrong == {}


def test_a_second_seed_is_refused_and_replace_is_obeyed(shop: str) -> None:
    small = ("seed", "--tenants", "3", "--orders", "50", "--days", "10", "--until", "2025-11-01")
    first = manage(shop, *small, "--json")
    assert first.returncode == 0, first.stderr
    second = manage(shop, *small)
    assert second.returncode == 1
    assert "--replace" in second.stderr
    before = _fingerprints(shop)
    assert manage(shop, *small, "--replace").returncode == 0
    assert _fingerprints(shop) == before


def test_one_order_on_one_day_is_a_shop_too(shop: str) -> None:
    assert seed.seed(shop, Plan(1, 1, 1, 1, UNTIL))["core_order"] == 1


def test_binary_rows_hold_what_was_given(database: str) -> None:
    """Every column type at its edges; PostgreSQL reads them, psycopg gives them back."""
    moments = np.array([-1, 0, 951_782_400_000_000, 4_102_444_800_000_001], np.int64)
    cents = np.array([0, -1, 9_999_999_999_99, -1_234_50], np.int64)
    some = np.array([True, False, True, True])
    addresses = np.array([[10, 0, 0, n, *([n] * 12)] for n in range(4)], np.uint8)
    texts = binarycopy.Pool(["", "Zoë 美咲 🎁", 'a\tb\n"\\N', "NULL"])
    fields = [
        binarycopy.bigint(np.array([2**62, -(2**62), 0, 1], np.int64)),
        binarycopy.money(cents),
        binarycopy.timestamptz(moments, some),
        binarycopy.date(np.array([0, -1, 19_000, 40_000])),
        binarycopy.text(binarycopy.constant("<", 4), texts.take(np.arange(4)), binarycopy.constant(">", 4), valid=some),
        binarycopy.inet(addresses, np.array([False, True, False, True]), some | True),
        binarycopy.uuid(np.tile(np.arange(16, dtype=np.uint8), (4, 1))),
        binarycopy.text(*binarycopy.decimal(np.array([0, 5, 123_45, 9_999_999_99]))),
    ]
    with psycopg.connect(database) as connection:
        connection.execute(
            "create table t (a bigint, b numeric(12,2), c timestamptz, d date, e text, f inet, g uuid, h text)"
        )
        with connection.cursor().copy("copy t from stdin (format binary)") as copy:
            copy.write(binarycopy.SIGNATURE + binarycopy.encode(fields) + binarycopy.TRAILER)
        connection.execute("set timezone = 'UTC'")
        columns = list(zip(*connection.execute("select * from t").fetchall(), strict=True))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert columns[0] == (2**62, -(2**62), 0, 1)
    assert columns[1] == (Decimal("0.00"), Decimal("-0.01"), Decimal("9999999999.99"), Decimal("-1234.50"))
    assert [None if c is None else (c - epoch).total_seconds() for c in columns[2]] == [
        -1e-06, None, 951_782_400.0, 4_102_444_800.000001,
    ]  # fmt: skip
    assert [d.isoformat() for d in columns[3]] == ["1970-01-01", "1969-12-31", "2022-01-08", "2079-07-08"]
    assert columns[4] == ("<>", None, '<a\tb\n"\\N>', "<NULL>")
    assert columns[5] == tuple(
        ip_address(text)
        for text in ("10.0.0.0", "a00:1:101:101:101:101:101:101", "10.0.0.2", "a00:3:303:303:303:303:303:303")
    )
    assert columns[6][0] == UUID("00010203-0405-4607-8809-0a0b0c0d0e0f")
    assert columns[7] == ("0.00", "0.05", "123.45", "9999999.99")
