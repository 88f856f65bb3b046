"""Drain of 700k waiting changes into Parquet, beside pg_recvlogical to nowhere and Debezium."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.data import create_orders, write_changes
from benchmarks.measure import Measured, Row, measure, peer, wait_for_quiet
from benchmarks.project import BenchProject
from lakewright.rehearse import postgres

EXISTING, INSERTS, UPDATES = 200_000, 500_000, 200_000
CHANGES = INSERTS + UPDATES


def run(quick: bool = False) -> Iterator[Row]:
    with postgres.running({"listen_addresses": "127.0.0.1"}) as server, tempfile.TemporaryDirectory() as folder:
        create_orders(server.dsn(), EXISTING)
        project = BenchProject(Path(folder) / "ours", server.url())
        project.run("ingest", "once")
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create publication bench for table orders")
            for slot in ("bench_recv", "bench_debezium"):
                connection.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", [slot])
        end = write_changes(server.dsn(), EXISTING, INSERTS, UPDATES)
        wait_for_quiet()
        receive = _pg_recvlogical(server, end)
        wait_for_quiet()
        ours, _ = project.run("ingest", "once")
        yield Row("CDC drain, 700k changes: wall", f"{ours.wall:.2f} s ({CHANGES / ours.wall:,.0f}/s)",
                  f"pg_recvlogical {receive.wall:.2f} s", f"{receive.wall / ours.wall:.2f}×", "≥ 0.75×",
                  receive.wall >= 0.75 * ours.wall)  # fmt: skip
        yield Row("CDC drain, 700k changes: memory", f"{ours.rss_mb:.0f} MB", bar="≤ 300 MB", met=ours.rss_mb <= 300)
        arguments = (str(server.port), "postgres", server.user, "no_data", "bench_debezium", str(CHANGES), folder)
        wait_for_quiet()
        debezium = peer("debezium.py", *arguments)
        yield Row("CDC drain, 700k changes: wall", f"{ours.wall:.2f} s", f"pydbzengine {debezium.wall:.1f} s",
                  f"{debezium.wall / ours.wall:.1f}×", "≥ 8×", debezium.wall >= 8 * ours.wall)  # fmt: skip
        yield from _one_huge_transaction(server, project)


def _pg_recvlogical(server: postgres.PostgresServer, end: int) -> Measured:
    return measure(
        [server.binaries.program("pg_recvlogical"), "-d", server.dsn(), "--slot", "bench_recv", "--start",
         "-f", "/dev/null", "-o", "proto_version=1", "-o", "publication_names=bench", "--endpos",
         f"{end >> 32:X}/{end & 0xFFFFFFFF:X}"]
    )  # fmt: skip


def _one_huge_transaction(server: postgres.PostgresServer, project: BenchProject) -> Iterator[Row]:
    first = EXISTING + INSERTS + 1
    write_changes(server.dsn(), first - 1, 1_000_000, 0, per_transaction=1_000_000)
    ours, _ = project.run("ingest", "once")
    yield Row("CDC drain, one transaction of 1M rows: memory", f"{ours.rss_mb:.0f} MB", bar="≤ 300 MB",
              met=ours.rss_mb <= 300)  # fmt: skip
