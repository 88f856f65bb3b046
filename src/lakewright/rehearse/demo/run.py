"""The demo's story, step by step."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psycopg

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.slot import Snapshot, heartbeat, lsn_text, snapshot_now
from lakewright.observe import Event, Observer, ignore
from lakewright.query import Session
from lakewright.rehearse import postgres
from lakewright.rehearse.comparison import Comparison
from lakewright.rehearse.demo.lake import DemoLake
from lakewright.rehearse.demo.personas import Answer, ask_everyone
from lakewright.rehearse.demo.report import DemoReport, LayerRows
from lakewright.rehearse.demo.truth import Truth, read_truths
from lakewright.rehearse.freshness import WalProbe, delays
from lakewright.rehearse.shop import Shop, find_shop

TABLES = 8
READERS = 2


@dataclass(frozen=True)
class DemoOptions:
    """`rate`: row changes per second of the live writer; `live_seconds`: how long Silver and Gold follow it after
    they are built; `keep`: folder that stays (None: a temporary one that goes)."""

    orders: int = 100_000
    tenants: int = 20
    days: int = 365
    seed: int = 7
    rate: int = 1000
    live_seconds: float = 10.0
    keep: Path | None = None


def run_demo(options: DemoOptions, observe: Observer = ignore) -> DemoReport:
    """Runs the whole demo. Raises LakewrightError when a step cannot be done; unequal figures are in the report."""
    with ExitStack() as stack:
        if options.keep is not None and (options.keep / "platform.yaml").exists():
            raise ProblemError("LW808", f"{options.keep} already holds a platform", hint="name another folder")
        folder = options.keep or Path(tempfile.mkdtemp(prefix="lakewright-demo-"))
        if options.keep is None:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return _Demo(options, folder, observe, stack).tell()


class _Demo:
    def __init__(self, options: DemoOptions, folder: Path, observe: Observer, stack: ExitStack) -> None:
        self.options = options
        self.folder = folder
        self.observe = observe
        self.stack = stack
        self.seconds: dict[str, float] = {}

    def tell(self) -> DemoReport:
        start = time.monotonic()
        with self._step("start PostgreSQL"):
            server = self.stack.enter_context(postgres.running())
            shop, lake = Shop(server.url()), DemoLake(self.folder, server.url(), self.observe)
            self.stack.callback(lake.close)
        with self._step("create the schema with Django"):
            shop.run("migrate", ["--verbosity", "0"])
        with self._step("seed the shop"):
            self._seed(shop)
        with self._step("full load into Bronze"):
            lake.start_ingest()
            lake.wait_until_streaming(TABLES)
        traffic = self._start_traffic(shop)
        with self._step("build Silver and Gold under live changes"):
            lake.cycle()
            lake.cycle()
        with self._step("follow live changes"):
            probes = self._follow(server.dsn(), lake)
        with self._step("compare Gold with the source"):
            comparisons, answers, position, rows, changes = self._compare(server, lake, traffic)
        with self._step("stop in good order"):
            lake.stop_ingest()
        silver = [row for row in rows if row.layer == "silver"]
        seen = sum(row.rows + row.quarantined for row in silver)
        return DemoReport(
            orders=self.options.orders,
            tenants=self.options.tenants,
            days=self.options.days,
            seed=self.options.seed,
            seconds=self.seconds,
            total_seconds=round(time.monotonic() - start, 2),
            rows=rows,
            changes=changes["rows"],
            live_seconds=changes["seconds"],
            freshness={layer: delays(probes, timeline) for layer, timeline in lake.timelines.items()},
            quality=round(100 * (1 - sum(row.quarantined for row in silver) / max(seen, 1)), 3),
            position=lsn_text(position),
            comparisons=comparisons,
            answers=answers,
            problems=tuple(lake.problems),
            kept=str(self.options.keep or ""),
        )

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.observe(Event("demo.step", {"step": name}))
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 2)
        self.observe(Event("demo.done", {"step": name, "seconds": self.seconds[name]}))

    def _seed(self, shop: Shop) -> None:
        options = self.options
        arguments = [f"--{name}={getattr(options, name)}" for name in ("orders", "tenants", "days", "seed")]
        for line in shop.lines("seed", [*arguments, "--json"]):
            self.observe(Event("demo.seeded", json.loads(line)))

    def _start_traffic(self, shop: Shop) -> subprocess.Popen[str]:
        arguments = [f"--rate={self.options.rate}", "--seconds=0", f"--seed={self.options.seed}", "--json"]
        traffic = shop.start("traffic", arguments)

        def end() -> None:
            traffic.kill()
            traffic.communicate()

        self.stack.callback(end)
        return traffic

    def _follow(self, dsn: str, lake: DemoLake) -> list[tuple[float, int]]:
        """Cycles as `lakewright up` does, while a probe notes the source's WAL position."""
        probe = WalProbe(dsn)
        probe.start()
        until = time.monotonic() + self.options.live_seconds
        while time.monotonic() < until:
            if not lake.cycle().changed:
                time.sleep(0.1)
        return probe.stop()  # the last ones become visible with the run that is compared

    def _compare(
        self, server: postgres.PostgresServer, lake: DemoLake, traffic: subprocess.Popen[str]
    ) -> tuple[tuple[Comparison, ...], tuple[Answer, ...], int, tuple[LayerRows, ...], dict[str, Any]]:
        """The shop's own queries in one snapshot at LSN L, beside Gold brought to exactly L, while writes go on."""
        with snapshot_now(server.dsn(), "lakewright_demo") as snapshot, ExitStack() as readers:
            connections: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
            for _ in range(READERS):
                connections.put(readers.enter_context(_in_snapshot(server.dsn(), snapshot)))
            changes = _end_traffic(traffic)
            with psycopg.connect(server.dsn(), autocommit=True) as other:
                heartbeat(other)
            lake.wait_until(snapshot.lsn)
            lake.cycle(upto=snapshot.lsn)

            truths = read_truths(find_shop() / "core" / "truth")

            def one(truth: Truth) -> Comparison:
                connection = connections.get()
                try:
                    found = truth.compare(connection, lake.sql())
                finally:
                    connections.put(connection)
                self.observe(Event("demo.compared", {"table": found.table, "equal": found.equal}))
                return found

            with ThreadPoolExecutor(READERS) as pool:
                comparisons = tuple(pool.map(one, truths))
            answers = ask_everyone(lake, truths, connections.get())
            return comparisons, answers, snapshot.lsn, _rows(lake, lake.sql()), changes


@contextmanager
def _in_snapshot(dsn: str, snapshot: Snapshot) -> Iterator[psycopg.Connection[Any]]:
    """A connection that sees the source as it was at the snapshot's LSN."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute(f"set transaction snapshot '{snapshot.name}'")
        connection.execute("set timezone = 'UTC'")
        yield connection


def _end_traffic(traffic: subprocess.Popen[str]) -> dict[str, Any]:
    """What the live writer says it committed. Raises LW806 when it had failed."""
    traffic.send_signal(signal.SIGTERM)
    output, problem = traffic.communicate(timeout=30)
    if traffic.returncode:
        raise ProblemError("LW806", f"the live writer failed: {problem.strip().splitlines()[-1:]}")
    last: dict[str, Any] = json.loads(output.splitlines()[-1])
    return last


def _rows(lake: DemoLake, sql: Session) -> tuple[LayerRows, ...]:
    found = []
    for table in sorted(lake.manifest.load().tables.values(), key=lambda table: table.name):
        current = sql.run(f"SELECT COUNT(*) AS n FROM {table.sql_name}").rows["n"][0].as_py()
        changes = sum(file.rows for file in table.current)
        found.append(LayerRows("bronze", table.name, current, changes=changes))
    for model in lake.models.order():
        layer, _, table_name = model.name.partition(".")
        if model.kind != "view":
            apart = lake.rows(f"quarantine.{layer}_{table_name}")
            found.append(LayerRows(layer, table_name, lake.rows(model.name), quarantined=apart))
    return tuple(found)
