"""Full load of tables into partitioned Parquet, beside psql's COPY to nowhere, dlt and Debezium."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg

from benchmarks.data import create_many, create_orders
from benchmarks.measure import Measured, Row, alternating, measure, peer, wait_for_quiet
from benchmarks.project import BenchProject
from lakewright.rehearse import postgres

REFERENCE_ROWS_PER_SECOND = 100_000 / (30 * 60)  # S2's own goal: 100,000 records in 30 minutes
MOST_MB = 300
TABLES = 1_000


def run(quick: bool = False) -> Iterator[Row]:
    for rows in (1_000_000,) if quick else (1_000_000, 5_000_000, 20_000_000):
        with postgres.running({"listen_addresses": "127.0.0.1"}) as server, tempfile.TemporaryDirectory() as folder:
            create_orders(server.dsn(), rows)
            ours = yield from _beside_psql(server, Path(folder), rows)
            if rows == 1_000_000:
                yield from _beside_others(server, Path(folder), rows, ours)
    yield from _many_tables(100 if quick else TABLES)


def _beside_psql(server: postgres.PostgresServer, folder: Path, rows: int) -> Generator[Row, None, Measured]:
    copy = [server.binaries.program("psql"), "-XqAt", "-d", server.dsn(), "-o", "/dev/null",
            "-c", "copy orders to stdout (format binary)"]  # fmt: skip
    number = count()

    def load() -> Measured:
        return _load(server, folder / f"ours{next(number)}")

    rounds = 5 if rows <= 1_000_000 else 3 if rows <= 5_000_000 else 1
    ours, psql, ratio = alternating(load, lambda: measure(copy), rounds)
    size = f"full load, {rows / 1e6:g}M rows"
    bar = rows <= 5_000_000
    yield Row(f"{size}: wall", f"{ours.wall:.2f} s", f"psql COPY to nowhere {psql.wall:.2f} s", f"{ratio:.2f}×",
              "≤ 1.6×" if bar else "", ratio <= 1.6 if bar else None)  # fmt: skip
    yield Row(f"{size}: memory", f"{ours.rss_mb:.0f} MB", bar=f"≤ {MOST_MB} MB", met=ours.rss_mb <= MOST_MB)
    rate = rows / ours.wall
    yield Row(f"{size}: rows a second", f"{rate:,.0f}", f"S2's goal {REFERENCE_ROWS_PER_SECOND:.0f}",
              f"{rate / REFERENCE_ROWS_PER_SECOND:,.0f}×")  # fmt: skip
    return ours


def _load(server: postgres.PostgresServer, folder: Path, tables: str = "public.orders") -> Measured:
    """A first load, in a project of its own; the slot goes afterwards."""
    measured, _ = BenchProject(folder, server.url(), tables).run("ingest", "once")
    with closing(psycopg.connect(server.dsn(), autocommit=True)) as connection:
        connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
    return measured


def _beside_others(server: postgres.PostgresServer, folder: Path, rows: int, ours: Measured) -> Iterator[Row]:
    address = f"postgresql://{server.user}@127.0.0.1:{server.port}/postgres"
    for backend, factor in (("connectorx", 2), ("pyarrow", 10)):
        wait_for_quiet()
        yield _cpu(f"dlt {backend}", ours, peer("dlt_load.py", address, backend, str(folder / backend)), factor)
    wait_for_quiet()
    arguments = (str(server.port), "postgres", server.user, "initial", "bench_debezium", str(rows), str(folder))
    yield _cpu("pydbzengine", ours, peer("debezium.py", *arguments), 20)


def _cpu(name: str, ours: Measured, other: Measured, factor: int) -> Row:
    return Row("full load, 1M rows: CPU of the client", f"{ours.cpu:.2f} s", f"{name} {other.cpu:.2f} s",
               f"{other.cpu / ours.cpu:.1f}×", f"≥ {factor}×", other.cpu >= factor * ours.cpu)  # fmt: skip


def _many_tables(tables: int) -> Iterator[Row]:
    with postgres.running({"max_locks_per_transaction": "512"}) as server, tempfile.TemporaryDirectory() as folder:
        create_many(server.dsn(), tables)
        wait_for_quiet()
        ours = _load(server, Path(folder) / "many", "public.many_*")
    yield Row(f"full load, {tables:,} tables of 100 rows: wall", f"{ours.wall:.1f} s")
    yield Row(f"full load, {tables:,} tables of 100 rows: memory", f"{ours.rss_mb:.0f} MB", bar=f"≤ {MOST_MB} MB",
              met=ours.rss_mb <= MOST_MB)  # fmt: skip
