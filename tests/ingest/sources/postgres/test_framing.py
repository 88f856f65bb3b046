"""Bytes of a replication connection become the messages that the server sent, wherever the blocks are cut."""

from __future__ import annotations

import random
import time
from contextlib import closing
from typing import Any

import psycopg
import pytest

from lakewright.ingest.sources.postgres.framing import Framing
from lakewright.ingest.sources.postgres.slot import connect
from lakewright.ingest.sources.postgres.stream import StreamOptions
from lakewright.ingest.sources.postgres.wire import HEAD_BYTES, PAD, Block, PlainWire, SealedWire, StreamEnded
from tests.support import pg_streams as streams

HOSTILE = (b"d\0\0\0\x1ew" + bytes(24), b"w", b"dddd\0\0www", b"", b"d\0\0\0\4", bytes(40), b"\xff" * 9)
"""What looks like the beginning of a message, or of half a one."""


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


def data(payload: bytes, wal_end: int) -> bytes:
    return message(b"d", b"w" + (1).to_bytes(8) + wal_end.to_bytes(8) + bytes(8) + payload)


def alive(wal_end: int, reply: bool = False) -> bytes:
    return message(b"d", b"k" + wal_end.to_bytes(8) + bytes(8) + bytes([reply]))


def cut(stream: bytes, size: int, upto: int | None = None) -> list[Block]:
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    return [Block(bytearray(bytes(HEAD_BYTES) + piece + PAD), HEAD_BYTES + len(piece), upto) for piece in pieces]


def messages(framing: Framing, blocks: list[Block]) -> list[bytes]:
    batches = [batch for batch in map(framing.batch, blocks) if batch is not None]
    return [batch.message(index) for batch in batches for index in range(len(batch))]


@pytest.mark.parametrize("size", [1, 3, 31, 64, 1000, 10**9])
def test_messages_are_whole_wherever_blocks_are_cut(size: int) -> None:
    chance = random.Random(size)
    sent, stream = [], b""
    for _ in range(200):
        payload = (
            b"I" + b"".join(chance.choices(HOSTILE, k=chance.randrange(6))) + chance.randbytes(chance.randrange(9))
        )
        sent.append(payload)
        stream += chance.choice([b"", b"", alive(5), message(b"N", b"SNOTICE\0Mlook\0\0"), message(b"S", b"a\0b\0")])
        stream += data(payload, 6)
    assert messages(Framing(), cut(stream, size)) == sent


@pytest.mark.parametrize("size", [1, 3, 31, 64, 1000, 10**9])
def test_rows_of_a_chunk_are_whole_wherever_blocks_are_cut(size: int) -> None:
    chance = random.Random(size)
    lookalike = b"d\0\0\0\x1e\0\x01\0\0\0\x14" + bytes(20)
    sent = [b"I" + b"".join(chance.choices((*HOSTILE, lookalike), k=chance.randrange(6))) for _ in range(200)]
    rows = [b"\0\x01" + len(payload).to_bytes(4) + payload for payload in sent]
    rows = [b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows[0], *rows[1:], b"\xff\xff"]
    stream = message(b"H", b"\x01\0\x01\0\x01") + b"".join(message(b"d", row) for row in rows)
    stream += message(b"c", b"") + message(b"C", b"COPY 200\0") + message(b"Z", b"I")
    batches = [batch for batch in map(Framing().batch, cut(stream, size, upto=77)) if batch is not None]
    assert [batch.message(index) for batch in batches for index in range(len(batch))] == sent
    assert [batch.wal_end for batch in batches if batch.wal_end is not None] == [77]
    assert batches[-1].wal_end == 77


def test_a_message_larger_than_many_blocks() -> None:
    sent = [b"I" + random.Random(1).randbytes(3 * HEAD_BYTES), b"C", b"I" + bytes(2 * HEAD_BYTES), b"C"]
    assert messages(Framing(), cut(b"".join(data(payload, 1) for payload in sent), 50_000)) == sent


def test_the_server_tells_its_position_and_asks_for_replies() -> None:
    (block,) = cut(alive(400) + data(b"B", 500) + alive(900, reply=True) + data(b"C", 600), 10**6)
    batch = Framing().batch(block)
    assert batch is not None
    assert (len(batch), batch.wal_end, batch.reply_requested) == (2, 900, True)
    quiet = Framing().batch(cut(alive(7), 100)[0])
    assert quiet is not None
    assert (len(quiet), quiet.wal_end, quiet.reply_requested) == (0, 7, False)


def test_what_came_before_the_servers_last_word_is_not_lost() -> None:
    error = message(b"E", b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0DThe slot has been invalidated.\0\0")
    framing = Framing()
    assert messages(framing, cut(data(b"B", 1) + error, 10**6)) == [b"B"]
    with pytest.raises(StreamEnded, match="FATAL:  terminating connection\nDETAIL:  The slot has been invalidated"):
        framing.check()
    with pytest.raises(StreamEnded, match="ended"):
        Framing().batch(cut(message(b"c", b""), 100)[0])


@pytest.mark.parametrize("wire_class", [PlainWire, SealedWire])
def test_both_wires_bring_what_the_slot_holds(database: str, wire_class: type[PlainWire | SealedWire]) -> None:
    with streams.slot(database) as connection:
        connection.execute("create table t (id int primary key, a text)")
        for first in range(3):  # more than one block
            connection.execute(
                "insert into t select i, repeat('w', 900) from generate_series(%s::int, %s::int) i",
                [first * 2000 + 1, first * 2000 + 2000],
            )
        sent = streams.payloads(connection, True)
        with closing(connect(database, replication=True)) as replication:
            wire = wire_class(replication)
            assert "does not exist" in wire.start("START_REPLICATION SLOT nobody LOGICAL 0/0")
            assert wire.start(StreamOptions(streams.SLOT, ("everything",), 0, binary=True).command(180000, 0)) == ""
            framing, found = Framing(), list[bytes]()
            deadline = time.monotonic() + 10
            while len(found) < len(sent) and time.monotonic() < deadline:
                wire.read()
                found += messages(framing, [wire.take()])
            wire.close()
        assert found == sent
        _wait_until_free(connection)


@pytest.mark.parametrize("wire_class", [PlainWire, SealedWire])
def test_a_connection_that_died_before_its_start(database: str, wire_class: type[PlainWire | SealedWire]) -> None:
    with streams.connect(database) as connection, closing(connect(database, replication=True)) as replication:
        connection.execute("select pg_terminate_backend(%s, 5000)", [replication.info.backend_pid])
        with closing(wire_class(replication)) as wire, pytest.raises(StreamEnded):
            wire.start("START_REPLICATION SLOT nobody LOGICAL 0/0")


def _wait_until_free(connection: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + 10
    while connection.execute("select 1 from pg_replication_slots where active").fetchone():
        assert time.monotonic() < deadline, "the slot is still in use"
        time.sleep(0.01)
