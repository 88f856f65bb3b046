"""What a replication connection delivers, gathered so that it can be decoded at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lakewright.ingest.sources.postgres.buffer import Buffer, Bytes, Ints

XLOG_DATA, KEEPALIVE = ord("w"), ord("k")
XLOG_DATA_HEADER = 25
SIGNATURE = int.from_bytes(b"PG")
FILE_HEADER, ROW_HEADER = 19, 6
"""COPY's binary form: a signature with flags, then rows: the number of columns, and each with its length before it."""


@dataclass(frozen=True)
class MessageBatch:
    """pgoutput messages in one buffer: where each starts and ends.

    `wal_end` is the newest end of WAL that the server told of (None: it did not), `reply_requested` whether a
    keepalive asked for a reply.
    """

    buffer: Buffer
    starts: Ints
    ends: Ints
    wal_end: int | None = None
    reply_requested: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def size(self) -> int:
        """Bytes of the buffer."""
        return len(self.buffer.raw)

    @property
    def kinds(self) -> Bytes:
        return self.buffer.u8(self.starts)

    def message(self, index: int) -> bytes:
        return bytes(self.buffer.raw[int(self.starts[index]) : int(self.ends[index])])

    @classmethod
    def of_payloads(cls, payloads: Sequence[bytes | memoryview]) -> MessageBatch:
        """A batch of bare pgoutput messages, as pg_logical_slot_peek_binary_changes gives them."""
        starts, ends = _bounds(payloads)
        return cls(Buffer.joined(payloads), starts, ends)

    @classmethod
    def of_copy_data(cls, buffer: Buffer, starts: Ints, ends: Ints) -> MessageBatch:
        """The messages of START_REPLICATION: data and keepalives, between the given places."""
        kinds = buffer.u8(starts)
        data, alive = kinds == XLOG_DATA, np.flatnonzero(kinds == KEEPALIVE)
        known = np.concatenate([buffer.i64(starts[data] + 9), buffer.i64(starts[alive] + 1)])
        return cls(
            buffer,
            starts[data] + XLOG_DATA_HEADER,
            ends[data],
            int(known.max()) if len(known) else None,
            bool(buffer.u8(starts[alive] + 17).any()),
        )

    @classmethod
    def of_rows(cls, buffer: Buffer, starts: Ints, ends: Ints, wal_end: int | None) -> MessageBatch:
        """The messages of COPY's rows of one column; with the first comes its header, and the last is none."""
        starts = np.where(buffer.u16(starts) == SIGNATURE, starts + FILE_HEADER, starts)
        rows = buffer.u16(starts) == 1
        return cls(buffer, starts[rows] + ROW_HEADER, ends[rows], wal_end)


def _bounds(parts: Sequence[bytes | memoryview]) -> tuple[Ints, Ints]:
    lengths = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
    ends = np.cumsum(lengths)
    return ends - lengths, ends
