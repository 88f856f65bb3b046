"""The live traffic: all tables, whole references, and exactly the changes that it reports."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import UTC, datetime

import psycopg
import pytest
from core import seed, traffic
from core.world import Plan

from .conftest import manage

PUBLICATION = "create publication all_of_it for all tables"
SLOT = "select pg_create_logical_replication_slot('watch', 'pgoutput')"
CHANGES = """
    select get_byte(data, 0), get_byte(data, 1) * 16777216 + get_byte(data, 2) * 65536 + get_byte(data, 3) * 256
           + get_byte(data, 4)
    from pg_logical_slot_get_binary_changes('watch', null, null, 'proto_version', '1', 'publication_names', 'all_of_it')
"""


@pytest.fixture
def busy(shop: str) -> str:
    """A seeded shop whose changes are kept for reading, beginning now."""
    seed.seed(shop, Plan(6, 2_000, 90, 7, datetime(2025, 11, 1, tzinfo=UTC)))
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute(PUBLICATION)
        connection.execute(SLOT)
    return shop


def _changes(dsn: str) -> Counter[tuple[str, str]]:
    """What PostgreSQL itself decodes from its log: (operation, table) and how often."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        names = dict(
            connection.execute("select oid::bigint, relname from pg_class where relname like 'core_%'").fetchall()
        )
        found = connection.execute(CHANGES).fetchall()
    return Counter((chr(kind), names[oid]) for kind, oid in found if chr(kind) in "IUD")


def test_reported_changes_are_those_in_the_log_and_touch_all_tables(busy: str) -> None:
    commits: list[traffic.Commit] = []
    totals = traffic.run(busy, rate=1_500, seconds=4, seed=3, on_commit=commits.append)
    changes = _changes(busy)
    assert sum(changes.values()) == totals.rows == sum(commit.rows for commit in commits)
    assert totals.commits == len(commits)
    assert totals.rolled_back > 0
    assert {table for _, table in changes} == set(seed.TABLES)
    assert {table for operation, table in changes if operation == "I"} >= set(seed.TABLES) - {"core_tenant"}
    assert {table for operation, table in changes if operation == "D"} == {"core_event", "core_customer"}
    assert [commit.at for commit in commits] == sorted(commit.at for commit in commits)


def test_rolled_back_transactions_leave_nothing(busy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "ROLLED_BACK", 1.0)
    totals = traffic.run(busy, rate=100, seconds=0.5)
    assert totals.rolled_back > 0
    assert (totals.rows, totals.commits) == (0, 0)
    assert not _changes(busy)


def test_references_stay_whole_and_books_balance(busy: str) -> None:
    traffic.run(busy, rate=1_500, seconds=3, seed=11)
    wrong = """
        select 'stranger' from core_order o join core_customer c on c.id = customer_id where c.tenant_id <> o.tenant_id
        union all select 'items' from core_order o where o.created_at > timestamptz '2025-11-02' and subtotal <>
            (select sum(abs(quantity) * unit_price) from core_orderitem i where i.order_id = o.id)
        union all select 'no invoice' from core_order o
            where not exists (select from core_invoice i where i.order_id = o.id)
        union all select 'paid too much' from core_invoice
            where amount_paid > amount_due and updated_at > timestamptz '2025-11-02'
    """
    with psycopg.connect(busy) as connection:
        assert connection.execute(wrong).fetchall() == []
        foreign = connection.execute(
            "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
            "where contype = 'f' and conrelid::regclass::text like 'core_%'"
        ).fetchall()
        assert len(foreign) == 15
        for table, name, definition in foreign:
            connection.execute(f"alter table {table} drop constraint {name}, add constraint {name} {definition}")


def test_the_rate_is_kept_and_not_exceeded(busy: str) -> None:
    totals = traffic.run(busy, rate=200, seconds=3)
    assert totals.rows <= 200 * 3 + 60


def test_it_stops_when_told(busy: str) -> None:
    stop = threading.Event()
    totals = traffic.run(busy, rate=500, seconds=None, stop_event=stop, on_commit=lambda _: stop.set())
    assert totals.commits == 1


def test_the_command_ends_with_its_totals(busy: str) -> None:
    done = manage(busy, "traffic", "--rate", "300", "--seconds", "1", "--json", "--commits")
    assert done.returncode == 0, done.stderr
    *commits, totals = [json.loads(line) for line in done.stdout.splitlines()]
    assert totals["rows"] == sum(commit["rows"] for commit in commits) == sum(_changes(busy).values())
