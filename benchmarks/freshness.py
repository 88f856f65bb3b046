"""How long after its commit a change is seen, in a lake of the demo's scale under 1,000 changes a second."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Row, wait_for_quiet
from lakewright.rehearse.demo import DemoOptions, run_demo

BARS = {"bronze": 1.0, "silver": 5.0, "gold": 10.0}
SECONDS, QUICK_SECONDS = 300.0, 30.0


def run(quick: bool = False, orders: int = 100_000) -> Iterator[Row]:
    seconds = QUICK_SECONDS if quick else SECONDS
    wait_for_quiet()
    report = run_demo(DemoOptions(orders=orders, live_seconds=seconds))
    rate = report.changes / report.live_seconds if report.live_seconds else 0.0
    what = f"freshness at {orders:,} orders, {rate:,.0f} changes a second for {seconds:.0f} s"
    for layer, bar in BARS.items():
        delays = report.freshness[layer]
        met = delays.p99 <= bar and delays.probes > 0 and report.ok
        figure = f"p50 {delays.p50:.2f} s, p99 {delays.p99:.2f} s"
        yield Row(f"{what}: {layer}", figure, bar=f"p99 ≤ {bar:.0f} s", met=met)
