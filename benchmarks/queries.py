"""S2-15: three kinds of query on a lake of 1M orders, 20 tenants and one year, alone and ten users at once.

The lake is the demo's, with everything it checks; `python -m benchmarks queries --orders N` makes a smaller one, and
BENCH_LAKE names a folder where it stays for the next time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, wait_for_quiet
from lakewright.errors import ProblemError
from lakewright.rehearse.demo import DemoOptions, run_demo

USERS = 10
KINDS = (
    (
        "simple aggregation, 1 month, 1 tenant",
        3.0,
        "SELECT dt, count(*) AS orders, sum(total) AS revenue FROM silver.order "
        "WHERE tenant_id = 3 AND month = (SELECT max(month) FROM silver.order WHERE tenant_id = 3) "
        "GROUP BY dt ORDER BY dt",
    ),
    (
        "complex join, 6 months, all tenants",
        15.0,
        "SELECT t.name, p.department, o.month, count(DISTINCT o.order_id) AS orders, "
        "count(DISTINCT c.customer_id) AS customers, sum(i.line_total) AS revenue, sum(i.quantity * p.cost) AS cost "
        "FROM silver.order AS o JOIN silver.orderitem AS i ON i.order_id = o.order_id "
        "JOIN silver.product AS p ON p.product_id = i.product_id "
        "JOIN silver.customer AS c ON c.customer_id = o.customer_id "
        "JOIN silver.tenant AS t ON t.tenant_id = o.tenant_id "
        "WHERE o.month >= (SELECT add_months(max(month), -5) FROM silver.order) AND o.status = 'completed' "
        "GROUP BY t.name, p.department, o.month ORDER BY revenue DESC",
    ),
    (
        "full scan of all order items",
        30.0,
        "SELECT count(*) AS items, count(DISTINCT order_id) AS orders, count(DISTINCT product_id) AS products, "
        "sum(line_total) AS revenue, max(updated_at) AS newest, avg(discount) AS discount FROM silver.orderitem",
    ),
)


def run(quick: bool = False, orders: int | None = None) -> Iterator[Row]:
    count = orders or (100_000 if quick else 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.environ.get("BENCH_LAKE") or name) / f"orders-{count}"
        if not (folder / "platform.yaml").exists():
            began = time.perf_counter()
            report = run_demo(DemoOptions(orders=count, live_seconds=1.0, keep=folder))
            if not report.ok:
                raise ProblemError("LW902", f"the demo's figures differ from the source's: {report.problems}")
            yield Row(
                f"lake of {count:,} orders made and compared with its source", f"{time.perf_counter() - began:.0f} s"
            )
        for kind, bar, sql in KINDS:
            wait_for_quiet()
            alone = statistics.median(_users(folder, 1, sql)[0] for _ in range(3))
            yield Row(f"query: {kind}", f"{alone:.2f} s", f"S2 {bar:.0f} s", f"{bar / alone:.0f}×", f"≤ {bar:.0f} s",
                      alone <= bar)  # fmt: skip
            slowest = max(_users(folder, USERS, sql))
            yield Row(f"query: {kind}, {USERS} users at once, slowest", f"{slowest:.2f} s", f"S2 {bar:.0f} s",
                      f"{bar / slowest:.0f}×", f"≤ {bar:.0f} s", slowest <= bar)  # fmt: skip


def _users(folder: Path, users: int, sql: str) -> list[float]:
    """Seconds from start to result of `lakewright sql`, each user a process as at home."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "lakewright", "sql", sql, "--project", str(folder), "--json"]
    env = {**os.environ, "SHOP_DATABASE_URL": "postgresql://nobody@localhost/nothing"}
    running = [
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(users)
    ]
    seconds = []
    for process in running:
        _, error = process.communicate()
        if process.returncode:
            raise ProblemError("LW901", f"the query ended with {process.returncode}: {error.decode()[-1000:]}")
        seconds.append(time.perf_counter() - began)
    return seconds
