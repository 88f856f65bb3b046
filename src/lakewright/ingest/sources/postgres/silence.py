"""What an idle server says: keepalives. Read without numpy, so that a stream that brings nothing does not load it."""

from __future__ import annotations

from dataclasses import dataclass

from lakewright.ingest.sources.postgres.wire import COPY_DATA, HEAD_BYTES, Block

MESSAGE = COPY_DATA + (22).to_bytes(4) + b"k"
"""How a keepalive begins; the WAL's end (8 bytes), the server's clock (8) and whether it wants an answer follow."""

MESSAGE_BYTES = 23


@dataclass(frozen=True)
class Silence:
    """A batch of messages without any: as `MessageBatch` where that is empty."""

    size: int
    wal_end: int
    reply_requested: bool


def silence(block: Block) -> Silence | None:
    """The block's news, if it is whole keepalives and nothing else. The stream's first blocks only: none before it may
    have ended within a message."""
    size = block.end - HEAD_BYTES
    if size == 0 or size % MESSAGE_BYTES or size > 100 * MESSAGE_BYTES:
        return None
    found = [bytes(block.raw[at : at + MESSAGE_BYTES]) for at in range(HEAD_BYTES, block.end, MESSAGE_BYTES)]
    if any(not message.startswith(MESSAGE) for message in found):
        return None
    ends = (int.from_bytes(message[6:14]) for message in found)
    return Silence(size, max(ends), any(message[22] for message in found))
