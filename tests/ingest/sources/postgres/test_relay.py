"""The relay's bytes: all of them, in order, however the reader dawdles; and its end with either side."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from lakewright.ingest.sources.postgres.relay import Held, carry

RING = 100_003
"""Much less than what is sent, and no multiple of anything: so it fills, and goes round."""


@contextmanager
def relayed(ring: int = RING) -> Iterator[tuple[socket.socket, int, threading.Thread]]:
    """The server's end of the socket, the reader's end of the pipe, and the relay between them."""
    server, source = socket.socketpair()
    reader, sink = os.pipe()

    def run() -> None:
        with suppress(ConnectionError), source:
            carry(source, sink, Held(ring))
        os.close(sink)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield server, reader, thread
    finally:
        server.close()
        with suppress(OSError):
            os.close(reader)
        thread.join(10)
        assert not thread.is_alive()


def test_all_bytes_come_in_order_to_a_reader_that_dawdles() -> None:
    chance = random.Random(7)
    sent = chance.randbytes(3_000_000)

    def serve(server: socket.socket) -> None:
        at = 0
        while at < len(sent):
            size = chance.choice([1, 37, 290, 9_000, 70_000])
            server.sendall(sent[at : at + size])
            at += size
        server.close()

    with relayed() as (server, reader, _):
        threading.Thread(target=serve, args=(server,)).start()
        found = b""
        while piece := os.read(reader, chance.choice([10, 5_000, 200_000])):
            found += piece
            if chance.random() < 0.01:
                time.sleep(0.01)
        assert found == sent


def test_a_single_message_comes_at_once() -> None:
    with relayed() as (server, reader, _):
        server.sendall(b"one")
        assert os.read(reader, 100) == b"one"
        server.sendall(b"two")
        assert os.read(reader, 100) == b"two"


@pytest.mark.parametrize("sent", [0, 300_000])
def test_it_ends_when_nobody_reads_any_more(sent: int) -> None:
    """Also when it holds as much as it can, and waits for the reader alone."""
    with relayed() as (server, reader, thread):
        server.settimeout(0.5)
        with suppress(TimeoutError):
            server.sendall(bytes(sent))
        os.close(reader)
        thread.join(10)
        assert not thread.is_alive()


def test_what_it_holds_is_delivered_when_the_server_ends() -> None:
    with relayed(1_000_000) as (server, reader, _):
        server.sendall(bytes(150_000) + bytes(range(256)))
        server.close()
        found = b""
        while piece := os.read(reader, 100_000):
            found += piece
        assert found == bytes(150_000) + bytes(range(256))
