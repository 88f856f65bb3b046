"""An hour of 1,000 changes a second into Bronze: files in use, memory and lag, minute by minute. Asked by name only."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.measure import Row
from benchmarks.project import BenchProject
from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import STREAMING
from lakewright.errors import ProblemError
from lakewright.rehearse import postgres
from lakewright.rehearse.shop import Shop
from lakewright.storage import open_storage

ORDERS, RATE, TABLES = 20_000, 1000, 8
MINUTES, QUICK_MINUTES = 60, 3
MOST_MB = 300.0


@dataclass(frozen=True)
class Seen:
    """One minute: files that Bronze consists of, those on the disk, MB resident, bytes of WAL behind."""

    files: int
    on_disk: int
    rss_mb: float
    behind: int


def run(quick: bool = False, minutes: int | None = None) -> Iterator[Row]:
    minutes = minutes or (QUICK_MINUTES if quick else MINUTES)
    with postgres.running() as server, tempfile.TemporaryDirectory() as folder:
        shop = Shop(server.url())
        shop.run("migrate", ["--verbosity", "0"])
        shop.run("seed", [f"--orders={ORDERS}", "--tenants=20", "--days=365", "--seed=7"])
        project = BenchProject(Path(folder) / "hour", server.url(), "public.core_*")
        manifest = Manifest(open_storage(str(project.folder / "lake")), "bench")
        with _following(project) as ingest:
            _until(lambda: sum(one.status == STREAMING for one in manifest.load().tables.values()) == TABLES)
            with _busy(shop) as traffic, ThreadPoolExecutor(1) as listening:
                heard = listening.submit(_last_line, traffic)
                seen = [_minute(server.dsn(), project, manifest, ingest.pid) for _ in range(minutes)]
                traffic.send_signal(signal.SIGTERM)
                said = json.loads(heard.result(60))
            rows = _caught_up(server.dsn(), manifest)
    rate = said["rows"] / said["seconds"]
    what = f"{minutes} minutes of {rate:,.0f} changes a second"
    first, last = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    most = max(one.files for one in last)
    bound = max(one.files for one in first) + TABLES
    yield Row(f"{what}: Bronze's files", f"{most:,}", f"first half {bound - TABLES:,}", met=most <= bound * 1.1)
    on_disk = max(one.on_disk for one in last)
    yield Row(f"{what}: files on the disk", f"{on_disk:,}", f"first half {max(one.on_disk for one in first):,}")
    peak = max(one.rss_mb for one in seen)
    yield Row(
        f"{what}: memory", f"{peak:.0f} MB", f"first {seen[0].rss_mb:.0f} MB", bar="≤ 300 MB", met=peak <= MOST_MB
    )
    yield Row(f"{what}: behind", f"{max(one.behind for one in seen) / 2**20:.1f} MB at most")
    yield Row(f"{what}: changes kept", f"{rows:,} of {said['rows']:,}", met=rows >= said["rows"])


def _until(reached: Callable[[], bool], seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise ProblemError("LW901", f"the ingester did not get there in {seconds:.0f} s")
        time.sleep(0.2)


@contextmanager
def _following(project: BenchProject) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "lakewright", "ingest", "follow", "-C", str(project.folder)]
    with subprocess.Popen(command, env=project.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ingest:
        try:
            yield ingest
        finally:
            ingest.send_signal(signal.SIGINT)


@contextmanager
def _busy(shop: Shop) -> Iterator[subprocess.Popen[str]]:
    with shop.start("traffic", [f"--rate={RATE}", "--seconds=0", "--seed=7", "--json"]) as traffic:
        try:
            yield traffic
        finally:
            traffic.kill()


def _last_line(traffic: subprocess.Popen[str]) -> str:
    """It says something every second, and would wait for somebody who hears it."""
    assert traffic.stdout is not None
    line = ""
    for line in traffic.stdout:  # noqa: B007 - the last one stays
        pass
    return line


def _minute(dsn: str, project: BenchProject, manifest: Manifest, pid: int) -> Seen:
    time.sleep(60)
    state = manifest.load()
    status = Path(f"/proc/{pid}/status").read_text()
    resident = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    on_disk = sum(1 for _ in (project.folder / "lake").rglob("*.parquet"))
    behind = _position(dsn) - state.position
    seen = Seen(len(state.holds()), on_disk, int(resident[1]) / 1024 if resident else 0.0, behind)
    print(f"  {seen}", file=sys.stderr, flush=True)
    return seen


def _position(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("select pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    return int(found[0]) if found else 0


def _caught_up(dsn: str, manifest: Manifest) -> int:
    """Change rows in Bronze, once it is where the source was when the writer ended."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_logical_emit_message(true, 'lakewright', 'hour')")
    wanted = _position(dsn)
    _until(lambda: manifest.load().position >= wanted)
    state = manifest.load()
    return sum(file.rows for table in state.tables.values() for file in table.current if file.kind != "load")
