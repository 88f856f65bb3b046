"""Live traffic: transactions over all eight tables at a given rate of row changes, some of them rolled back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import psycopg

from core.business import Business, Statement

TRANSACTIONS_PER_SECOND = 40
ROWS_PER_PURCHASE = 13
ROWS_PER_VISIT = 2
ROLLED_BACK = 0.02


@dataclass(frozen=True)
class Commit:
    """One committed transaction: its rows, the act's name, and this machine's clock when the commit was confirmed."""

    rows: int
    act: str
    at: float


@dataclass(frozen=True)
class Totals:
    """What a run did. `rolled_back` counts transactions."""

    rows: int
    commits: int
    rolled_back: int
    seconds: float


def run(
    dsn: str,
    rate: float = 1000,
    seconds: float | None = 20,
    seed: int = 7,
    stop_event: threading.Event | None = None,
    on_commit: Callable[[Commit], None] = lambda _commit: None,
) -> Totals:
    """Writes about `rate` row changes a second until `seconds` have passed (None: for ever) or `stop_event` is set.

    Keeps the mean rate, so it catches up after a pause. Expects a seeded shop: customers with orders, and products.
    """
    stop = stop_event or threading.Event()
    pick = Random(seed)
    rows = commits = rolled_back = 0
    with psycopg.connect(dsn, application_name="shop-traffic") as connection:
        business = Business(connection, seed)
        connection.commit()
        acts = list(business.weighted())
        weights = list(business.weighted().values())
        started = time.monotonic()
        while not stop.is_set():
            passed = time.monotonic() - started
            if seconds is not None and passed >= seconds:
                break
            if rows > rate * passed:
                stop.wait((rows / rate - passed) if seconds is None else min(rows / rate, seconds) - passed)
                continue
            if pick.random() < ROLLED_BACK:
                _transact(connection, business.aborted(1), keep=False)
                rolled_back += 1
                continue
            act = pick.choices(acts, weights)[0]
            changed = _transact(connection, act(_size(act.__name__, rate)), keep=True)
            rows += changed
            commits += 1
            on_commit(Commit(changed, act.__name__, time.time()))
    return Totals(rows, commits, rolled_back, round(time.monotonic() - started, 3))


def _size(act: str, rate: float) -> int:
    """How many things one transaction does, so that about the same number of transactions suffices at any rate."""
    rows = rate / TRANSACTIONS_PER_SECOND
    per_thing = {"purchases": ROWS_PER_PURCHASE, "visits": ROWS_PER_VISIT, "progress": 1}.get(act, 8)
    return max(1, round(rows / per_thing))


def _transact(connection: psycopg.Connection, statements: list[Statement], *, keep: bool) -> int:
    """Sends all statements at once and commits or rolls back; returns the number of rows changed."""
    with connection.pipeline(), connection.transaction(force_rollback=not keep):
        cursors = [connection.execute(query, parameters, prepare=True) for query, parameters in statements]
    return sum(cursor.rowcount for cursor in cursors)
