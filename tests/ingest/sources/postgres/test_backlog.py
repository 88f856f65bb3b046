"""A backlog comes as answers to queries, message for message what the slot holds; then the stream goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres import backlog
from lakewright.ingest.sources.postgres.backlog import chunk_query
from lakewright.ingest.sources.postgres.framing import Framing
from lakewright.ingest.sources.postgres.slot import connect, current_lsn
from lakewright.ingest.sources.postgres.stream import Stream, StreamOptions
from lakewright.ingest.sources.postgres.wire import NeedsStream, PlainWire, SealedWire, SlotBusy, StreamEnded, answer
from tests.support import pg_streams as streams
from tests.support.tls_server import tls_server

OPTIONS = {"proto_version": "1", "publication_names": "everything", "binary": "true", "messages": "true"}


@pytest.fixture
def source(database: str) -> Iterator[streams.Connection]:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, a text)")
        yield connection
        until(lambda: not connection.execute("select 1 from pg_replication_slots where active").fetchone())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little waits, it is asked for."""
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 1)


@pytest.fixture(params=[PlainWire, SealedWire])
def wire_class(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[PlainWire | SealedWire]:
    """Streams have this one."""
    monkeypatch.setattr("lakewright.ingest.sources.postgres.stream.wire_of", request.param)
    found: type[PlainWire | SealedWire] = request.param
    return found


def fill(connection: streams.Connection, transactions: int, rows: int = 20) -> None:
    for first in range(transactions):
        connection.execute(
            "insert into t select i, repeat('w', 900) from generate_series(%s::int, %s::int) i",
            [first * rows, first * rows + rows - 1],
        )


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def confirmed(connection: streams.Connection) -> int:
    [(position,)] = connection.execute("select confirmed_flush_lsn - '0/0' from pg_replication_slots").fetchall()
    return int(position)


class Reader:
    """What a stream brings, and up to where it is complete."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.framing = stream, Framing()
        self.found: list[bytes] = []
        self.chunks: list[int] = []

    def step(self) -> None:
        self.framing.check()
        block = self.stream.next(0.2)
        batch = None if block is None else self.framing.batch(block)
        if block is None or batch is None:
            return
        self.found += [batch.message(index) for index in range(len(batch))]
        if block.upto is not None and batch.wal_end is not None:
            self.chunks.append(batch.wal_end)

    def read(self, count: int) -> list[bytes]:
        until(lambda: self.step() or len(self.found) >= count)
        return self.found


@contextmanager
def reading(dsn: str, start: int, **options: Any) -> Iterator[Reader]:
    with Stream(
        dsn, StreamOptions(streams.SLOT, ("everything",), start, **{"binary": True, "chunks": True} | options)
    ) as stream:
        yield Reader(stream)


def rows_and_commits(messages: list[bytes]) -> list[bytes]:
    """Every chunk describes its tables anew."""
    return [message for message in messages if message[:1] != b"R"]


@pytest.mark.parametrize("transactions", [0, 1, 300])
def test_a_query_brings_what_the_slot_holds(
    source: streams.Connection, database: str, wire_class: type[PlainWire | SealedWire], transactions: int
) -> None:
    fill(source, transactions)
    sent, end = streams.payloads(source, True), current_lsn(source)
    with closing(connect(database, replication=True)) as connection, closing(wire_class(connection)) as wire:
        for _ in range(2):  # it moves nothing, and the connection can be used again
            wire.ask(chunk_query(streams.SLOT, end, OPTIONS))
            assert _answered(wire, end) == sent
            assert answer(connection, "select 7") == "7"


def _answered(wire: PlainWire | SealedWire, end: int) -> list[bytes]:
    framing, found = Framing(), list[bytes]()

    def step() -> bool:
        wire.read()
        batch = framing.batch(replace(wire.take(), upto=end))
        found.extend([] if batch is None else map(batch.message, range(len(batch))))
        return batch is not None and batch.wal_end == end

    until(step)
    return found


def test_chunks_and_then_the_stream(source: streams.Connection, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "BACKLOG_BYTES", 20_000)
    monkeypatch.setattr(backlog, "CHUNK_BYTES", 100_000)
    start = confirmed(source)
    fill(source, 30)
    sent = rows_and_commits(streams.payloads(source, True))
    with reading(database, start) as reader:
        until(lambda: reader.step() or reader.chunks)
        time.sleep(0.3)
        reader.step()
        assert len(reader.chunks) == 1, "the next one comes when this one is confirmed"
        assert confirmed(source) == start, "and the slot has not moved"
        assert rows_and_commits(reader.found) == sent[: len(rows_and_commits(reader.found))]
        assert reader.stream.waits_for(reader.chunks[0])
        assert not reader.stream.waits_for(reader.chunks[0] - 1)
        while len(rows_and_commits(reader.found)) < len(sent):
            reader.stream.confirm(max(reader.chunks))
            reader.step()
        assert len(reader.chunks) > 3
        assert rows_and_commits(reader.found) == sent
        source.execute("insert into t values (-1, 'live')")
        reader.stream.confirm(max(reader.chunks))
        until(lambda: reader.step() or len(rows_and_commits(reader.found)) == len(sent) + 3)
    until(lambda: confirmed(source) >= max(reader.chunks))


@pytest.mark.usefixtures("asked")
def test_what_is_durable_here_does_not_come_again(source: streams.Connection, database: str) -> None:
    """Killed between the manifest and the confirmation, an ingester begins beyond the slot."""
    fill(source, 3)
    durable = current_lsn(source)
    before = len(streams.payloads(source, True))
    source.execute("insert into t values (-1, 'after')")
    sent = streams.payloads(source, True)
    with reading(database, durable) as reader:
        until(lambda: reader.step() or reader.chunks)
    assert rows_and_commits(reader.found) == sent[before:]


@pytest.mark.usefixtures("asked")
def test_the_slot_moves_at_the_end(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    fill(source, 3)
    with reading(database, start) as reader:
        until(lambda: reader.step() or reader.chunks)
        reader.stream.confirm(reader.chunks[0])
    until(lambda: confirmed(source) >= reader.chunks[0])


def test_stopped_while_a_chunk_comes(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    fill(source, 20, rows=1500)
    sent = rows_and_commits(streams.payloads(source, True))
    with reading(database, start):
        pass
    assert confirmed(source) == start
    until(lambda: not source.execute("select 1 from pg_replication_slots where active").fetchone())
    with reading(database, start) as reader:
        until(lambda: reader.step() or reader.chunks)
    assert rows_and_commits(reader.found) == sent


def test_a_chunk_that_nobody_takes_holds_no_snapshot(
    source: streams.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"STALLED_SECONDS": 0.5, "BLOCK_BYTES": 10_000, "QUEUED_BLOCKS": 1}.items():
        monkeypatch.setattr(f"lakewright.ingest.sources.postgres.stream.{name}", value)
    held = "select 1 from pg_stat_activity where query like 'COPY (SELECT data%' and backend_xmin is not null"
    start = confirmed(source)
    fill(source, 20, rows=1500)
    with reading(database, start) as reader:
        until(lambda: source.execute(held).fetchone())
        until(lambda: not source.execute(held).fetchone())
        with pytest.raises(StreamEnded, match="not taken"):
            until(reader.step)


@pytest.mark.server
def test_an_older_server_through_tls() -> None:
    with tls_server() as server, streams.slot(server.url()) as source:
        source.execute("create table t (id int primary key, a text)")
        start = confirmed(source)
        fill(source, 20, rows=1500)
        sent = rows_and_commits(streams.payloads(source, True))
        with reading(server.url(), start) as reader:
            until(lambda: reader.step() or reader.chunks, 60)
        assert rows_and_commits(reader.found) == sent
        until(lambda: not source.execute("select 1 from pg_replication_slots where active").fetchone())


def test_little_comes_by_the_stream_at_once(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    fill(source, 3)
    sent = streams.payloads(source, True)
    with reading(database, start) as reader:
        assert reader.read(len(sent)) == sent
        assert not reader.chunks


@pytest.mark.usefixtures("asked")
def test_a_transaction_that_stays_open_does_not_make_every_chunk_dearer(
    source: streams.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL begins to decode where the oldest open transaction began, for each chunk again."""
    monkeypatch.setattr(backlog, "CHUNK_BYTES", 50_000)
    monkeypatch.setattr(backlog, "REREAD_BYTES", 300_000)
    start = confirmed(source)
    with psycopg.connect(database) as idle:
        idle.execute("create table u (id int)")
        fill(source, 60)
        with reading(database, start) as reader:
            until(lambda: _confirming(reader) or _streaming(source))
        [(restart,)] = source.execute("select restart_lsn - '0/0' from pg_replication_slots").fetchall()
        assert 300_000 < reader.chunks[-1] - restart <= 350_000


def _confirming(reader: Reader) -> None:
    reader.step()
    if reader.chunks:
        reader.stream.confirm(reader.chunks[-1])


def _streaming(connection: streams.Connection) -> bool:
    query = "select 1 from pg_stat_activity where query like 'START_REPLICATION%' and backend_type = 'walsender'"
    return connection.execute(query).fetchone() is not None


@pytest.mark.usefixtures("asked", "wire_class")
def test_a_server_that_refuses(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    fill(source, 3)
    function = "pg_logical_slot_peek_binary_changes(name, pg_lsn, int, text[])"
    source.execute(f"create role carol login replication; revoke execute on function {function} from public")
    try:
        with (
            reading(f"{database} user=carol", start) as reader,
            pytest.raises(NeedsStream, match="permission denied for function pg_logical_slot_peek_binary_changes"),
        ):
            until(reader.step)
    finally:
        source.execute("drop role carol")


@pytest.mark.usefixtures("asked", "wire_class")
def test_a_connection_that_ends_while_it_waits(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    fill(source, 3)
    with reading(database, start) as reader:
        until(lambda: reader.step() or reader.chunks)
        source.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY (SELECT data%'")
        with pytest.raises(StreamEnded, match=r"terminating connection|server closed the connection"):
            until(reader.step)


@pytest.mark.usefixtures("asked")
def test_a_slot_that_another_reads(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    with reading(database, start, chunks=False):
        until(lambda: source.execute("select 1 from pg_replication_slots where active").fetchone())
        fill(source, 3)
        with pytest.raises(SlotBusy, match="is active for PID"), reading(database, start) as reader:
            until(reader.step)


def test_a_slot_beyond_our_position(source: streams.Connection, database: str) -> None:
    start = confirmed(source)
    fill(source, 3)
    source.execute("select pg_replication_slot_advance(%s, pg_current_wal_flush_lsn())", [streams.SLOT])
    with pytest.raises(ProblemError) as error, reading(database, start):
        pass
    assert error.value.code == "LW355"
