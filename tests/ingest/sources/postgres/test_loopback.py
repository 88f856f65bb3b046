"""A local server's backlog comes by TCP where that very server listens and lets the same user in; else as before."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from lakewright.ingest.sources.postgres import loopback, stream
from lakewright.ingest.sources.postgres.framing import Framing
from lakewright.ingest.sources.postgres.loopback import by_tcp
from lakewright.ingest.sources.postgres.slot import Connection, connect
from lakewright.ingest.sources.postgres.stream import Stream, StreamOptions
from lakewright.ingest.sources.postgres.wire import answer
from lakewright.rehearse import postgres as embedded
from tests.ingest.sources.postgres.test_framing import messages
from tests.support import pg_streams as streams

LISTENING = {"listen_addresses": "127.0.0.1"}


@pytest.fixture(scope="module")
def listening() -> Iterator[embedded.PostgresServer]:
    with embedded.running(LISTENING) as server:
        yield server


def _received(dsn: str, sent: list[bytes]) -> tuple[str | None, list[bytes]]:
    """The client address that the server streams to, and what comes of it."""
    with psycopg.connect(dsn, autocommit=True) as other:
        [(start,)] = other.execute("select confirmed_flush_lsn - '0/0' from pg_replication_slots").fetchall()
        with Stream(dsn, StreamOptions(streams.SLOT, "everything", int(start), binary=True)) as receiving:
            [(address,)] = other.execute("select host(client_addr) from pg_stat_replication").fetchall()
            framing, found = Framing(), list[bytes]()
            while len(found) < len(sent):
                block = receiving.next(10)
                assert block is not None, "nothing more came"
                found += messages(framing, [block])
        while other.execute("select 1 from pg_replication_slots where active").fetchone():
            time.sleep(0.01)
    return address, found


@contextmanager
def _changes(dsn: str, rows: int) -> Iterator[list[bytes]]:
    with streams.slot(dsn) as connection:
        connection.execute("create table t (id int primary key, a text)")
        connection.execute("insert into t select i, repeat('w', 900) from generate_series(1, %s::int) i", [rows])
        yield streams.payloads(connection, True)
        connection.execute("drop table t; drop publication everything")


@pytest.mark.parametrize(("rows", "expected"), [(20_000, "127.0.0.1"), (20, None)])
def test_a_large_backlog_comes_by_tcp(listening: embedded.PostgresServer, rows: int, expected: str | None) -> None:
    with _changes(listening.dsn(), rows) as sent:
        assert _received(listening.dsn(), sent) == (expected, sent)


def test_a_server_that_does_not_listen(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BACKLOG_BYTES", 0)
    monkeypatch.setattr(loopback, "connect", _never)
    with _changes(database, 20) as sent:
        assert _received(database, sent) == (None, sent)


def test_what_comes_by_tcp_already(listening: embedded.PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    dsn = f"host=127.0.0.1 port={listening.port} user={listening.user} dbname=postgres"
    monkeypatch.setattr(loopback, "connect", _never)
    with closing(connect(dsn, replication=True)) as connection:
        assert by_tcp(connection, dsn, "test") is None


def test_another_server_at_its_port_is_not_believed(
    listening: embedded.PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded.running(LISTENING) as impostor, closing(connect(listening.dsn(), replication=True)) as connection:
        monkeypatch.setattr(loopback, "answer", _claiming(impostor.port))
        assert by_tcp(connection, listening.dsn(), "test") is None
        with psycopg.connect(impostor.dsn()) as other:  # the connection was made, and given up
            assert not other.execute("select 1 from pg_stat_activity where application_name = 'test'").fetchall()


def test_nobody_at_the_port(listening: embedded.PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((loopback.ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    with closing(connect(listening.dsn(), replication=True)) as connection:
        monkeypatch.setattr(loopback, "answer", _claiming(port))
        assert by_tcp(connection, listening.dsn(), "test") is None


def test_a_password_is_not_sent_as_it_is(listening: embedded.PostgresServer) -> None:
    """The server asks for it in clear text over TCP; the local socket lets everybody in."""
    rules = listening.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("host all all 127.0.0.1/32 password\n" + before)
    try:
        with psycopg.connect(listening.dsn(), autocommit=True) as admin:
            admin.execute("create role carol login replication password 'secret'")
            admin.execute("select pg_reload_conf()")
            dsn = f"{listening.dsn()} user=carol password=secret"
            with closing(connect(dsn, replication=True)) as connection:
                assert by_tcp(connection, dsn, "test") is None
            rules.write_text("host all all 127.0.0.1/32 scram-sha-256\n" + before)
            admin.execute("select pg_reload_conf()")
            with closing(connect(dsn, replication=True)) as connection:
                other = by_tcp(connection, dsn, "test")
                assert other is not None
                other.close()
            admin.execute("drop role carol")
    finally:
        rules.write_text(before)


def _claiming(port: int) -> Callable[[Connection, str], str | None]:
    def claimed(connection: Connection, query: str) -> str | None:
        return f"{port} *" if "listen_addresses" in query else answer(connection, query)

    return claimed


def _never(*_: object, **__: object) -> Connection:
    raise AssertionError("there was nothing to connect to")
