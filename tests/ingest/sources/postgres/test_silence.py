"""Keepalives read without numpy say what the framing says of them."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from lakewright.ingest.sources.postgres.framing import Framing
from lakewright.ingest.sources.postgres.silence import silence
from lakewright.ingest.sources.postgres.wire import HEAD_BYTES, PAD, Block


def _block(raw: bytes) -> Block:
    return Block(bytearray(HEAD_BYTES) + raw + PAD, HEAD_BYTES + len(raw))


def _data(payload: bytes) -> bytes:
    return b"d" + struct.pack(">I", len(payload) + 4) + payload


ALIVE = st.builds(
    lambda lsn, asks: _data(struct.pack(">cqqb", b"k", lsn, 0, asks)), st.integers(0, 2**63 - 1), st.booleans()
)
CHANGE = st.builds(lambda body: _data(struct.pack(">cqqq", b"w", 1, 2, 3) + body), st.binary(max_size=30))


@given(st.lists(ALIVE, min_size=1, max_size=20))
def test_says_what_the_framing_says(messages: list[bytes]) -> None:
    raw = b"".join(messages)
    found, expected = silence(_block(raw)), Framing().batch(_block(raw))
    assert found is not None
    assert expected is not None
    assert (found.wal_end, found.reply_requested) == (expected.wal_end, expected.reply_requested)
    assert len(expected) == 0


@given(st.lists(ALIVE, max_size=3), CHANGE, st.lists(ALIVE, max_size=3))
def test_a_change_is_no_silence(before: list[bytes], change: bytes, after: list[bytes]) -> None:
    assert silence(_block(b"".join([*before, change, *after]))) is None


@given(ALIVE, st.integers(1, 22))
def test_a_cut_message_is_no_silence(message: bytes, size: int) -> None:
    assert silence(_block(message[:size])) is None
    assert silence(_block(message + message[:size])) is None
