"""S2-15: three kinds of query on a lake of 1M orders, 20 tenants and one year, alone and ten users at once.

Each user is a process with an open session, as after `lakewright sql`; what a start costs is a line of its own.

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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure import Row, measure, wait_for_quiet
from lakewright.errors import ProblemError
from lakewright.rehearse.demo import DemoOptions, run_demo

USERS = 10
ENVIRONMENT = {**os.environ, "SHOP_DATABASE_URL": "postgresql://nobody@localhost/nothing"}
User = subprocess.Popen[str]
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
        with _users(folder, USERS) as users:
            for kind, bar, sql in KINDS:
                wait_for_quiet()
                alone = statistics.median(_ask(users[:1], sql)[0] for _ in range(3))
                yield _row(f"query: {kind}", alone, bar)
                yield _row(f"query: {kind}, {USERS} users at once, slowest", max(_ask(users, sql)), bar)
        wait_for_quiet()
        command = [sys.executable, "-m", "lakewright", "sql", KINDS[0][2], "--project", str(folder), "--json"]
        yield _row(
            "`lakewright sql` with the first of these, from start to end", measure(command, ENVIRONMENT).wall, 3.0
        )


def _row(what: str, seconds: float, bar: float) -> Row:
    return Row(what, f"{seconds:.2f} s", f"S2 {bar:.0f} s", f"{bar / seconds:.0f}×", f"≤ {bar:.0f} s", seconds <= bar)


@contextmanager
def _users(folder: Path, count: int) -> Iterator[list[User]]:
    """Processes with an open session each."""
    with ExitStack() as stack:
        command = [sys.executable, "-m", "benchmarks.user", str(folder)]
        users = []
        for _ in range(count):
            user = subprocess.Popen(
                command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
            stack.callback(user.wait)
            stack.callback(user.kill)
            users.append(user)
        for user in users:
            _answer(user)
        yield users


def _ask(users: Sequence[User], sql: str) -> list[float]:
    """Seconds of each user's statement, all asked at once."""
    for user in users:
        print(sql, file=user.stdin, flush=True)
    return [float(_answer(user).split()[0]) for user in users]


def _answer(user: User) -> str:
    line = user.stdout.readline() if user.stdout else ""
    if not line:
        raise ProblemError("LW901", f"a user's session ended with {user.wait()}")
    return line
