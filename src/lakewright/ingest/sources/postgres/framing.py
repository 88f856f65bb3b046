"""Blocks of bytes from a replication connection → batches of messages.

Messages follow each other without gaps, so each one's length says where the next begins. What looks like a message of
data is found everywhere at once; where one ends exactly where the next candidate begins, nothing else has to be asked.
"""

from __future__ import annotations

import numpy as np

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.buffer import PAD, Buffer, Ints
from lakewright.ingest.sources.postgres.messages import XLOG_DATA, MessageBatch
from lakewright.ingest.sources.postgres.wire import (
    HEAD_BYTES,
    Block,
    NeedsStream,
    SlotBusy,
    StreamEnded,
    error_text,
)

COPY_DATA, ERROR, COPY_DONE, NOTICE, SETTING = b"dEcNS"
COPY_OUT, COMPLETE, READY = b"HCZ"
PREFIX = 5
"""A message's kind and its length, which counts itself but not the kind."""


class Framing:
    """Cuts consecutive blocks of one connection; a message that a block ends within waits for the next block."""

    def __init__(self) -> None:
        self._rest = b""
        self._later: list[Block] = []
        self._size = 0
        self._needed = 0
        self._upto: int | None = None
        self._answered = False
        self._last_word = ""

    def batch(self, block: Block) -> MessageBatch | None:
        """The messages that are complete now, None when there is none. With a backlog's last ones `wal_end` is its end.

        Raises what `check` does when the server says nothing else.
        """
        self._upto = block.upto
        self._later.append(block)
        self._size += block.end - HEAD_BYTES
        if self._size < self._needed:
            return None
        raw, start, end = self._gathered()
        buffer = Buffer(raw)
        starts, ends, stop = self._messages(buffer, start, end)
        self._rest = bytes(raw[stop:end])
        self._later = []
        self._size = len(self._rest)
        self._needed = 1 + int.from_bytes(self._rest[1:PREFIX]) if self._size >= PREFIX else PREFIX
        answered, self._answered = self._answered, False
        if self._upto is not None and (answered or len(starts)):
            return MessageBatch.of_rows(buffer, starts, ends, self._upto if answered else None)
        if len(starts):
            return MessageBatch.of_copy_data(buffer, starts, ends)
        self.check()
        return None

    def check(self) -> None:
        """Raises StreamEnded once the server has said so; SlotBusy or NeedsStream when it did not give a backlog."""
        if not self._last_word:
            return
        if self._upto is None or self._last_word.startswith("FATAL"):
            raise StreamEnded(self._last_word)
        raise (SlotBusy if "is active for PID" in self._last_word else NeedsStream)(self._last_word)

    def _gathered(self) -> tuple[bytearray, int, int]:
        """(bytes, start, end) of all that waits: in place when the rest of the block before fits into the head."""
        if len(self._later) == 1 and len(self._rest) <= HEAD_BYTES:
            raw, end = self._later[0].raw, self._later[0].end
            start = HEAD_BYTES - len(self._rest)
            raw[start:HEAD_BYTES] = self._rest
            return raw, start, end
        raw = bytearray(self._rest)
        for block in self._later:
            raw += memoryview(block.raw)[HEAD_BYTES : block.end]
        raw += PAD
        return raw, 0, len(raw) - len(PAD)

    def _messages(self, buffer: Buffer, at: int, end: int) -> tuple[Ints, Ints, int]:
        """Where CopyData's contents begin and end, and where the first incomplete message begins."""
        likely = (_likely if self._upto is None else _likely_rows)(buffer, at, end)
        after = likely + 1 + buffer.u32(likely + 1)
        lasts = np.append(np.flatnonzero(after[:-1] != likely[1:]), len(likely) - 1)
        runs: list[Ints] = []
        while end - at >= PREFIX and not self._last_word:
            first = int(np.searchsorted(likely, at))
            if first < len(likely) and likely[first] == at:
                last = int(lasts[np.searchsorted(lasts, first)])
                complete = last if after[last] > end else last + 1
                runs.append(likely[first:complete])
                if complete == last:
                    at = int(likely[last])
                    break
                at = int(after[last])
                continue
            kind, size = buffer.raw[at], int.from_bytes(buffer.raw[at + 1 : at + PREFIX])
            if at + 1 + size > end:
                break
            if kind == COPY_DATA:
                runs.append(np.array([at], dtype=np.int64))
            else:
                self._heed(kind, bytes(buffer.raw[at + PREFIX : at + 1 + size]))
            at += 1 + size
        starts = np.concatenate(runs) if runs else np.zeros(0, dtype=np.int64)
        return starts + PREFIX, starts + 1 + buffer.u32(starts + 1), at

    def _heed(self, kind: int, body: bytes) -> None:
        if kind == ERROR:
            self._last_word = error_text(body)
        elif self._upto is not None and kind in (COPY_OUT, COPY_DONE, COMPLETE, READY):
            self._answered = kind == READY
        elif kind == COPY_DONE:
            self._last_word = "the server ended the stream"
        elif kind not in (NOTICE, SETTING):
            raise ProblemError("LW304", f"the replication protocol has no message of kind {chr(kind)!r} here")


def _likely(buffer: Buffer, at: int, end: int) -> Ints:
    """Where messages of data seem to begin: `d`, a length below 16 MB, `w`. Text never looks like that."""
    found: Ints = np.flatnonzero(buffer.bytes[at + PREFIX : end] == XLOG_DATA) + at
    likely: Ints = found[(buffer.bytes[found] == COPY_DATA) & (buffer.bytes[found + 1] == 0)]
    return likely


def _likely_rows(buffer: Buffer, at: int, end: int) -> Ints:
    """Where rows of one column seem to begin: `d`, a length below 16 MB, one column, another such length."""
    found: Ints = np.flatnonzero(buffer.bytes[at + PREFIX + 1 : end] == 1) + at
    found = found[(buffer.bytes[found + PREFIX] == 0) & (buffer.bytes[found] == COPY_DATA)]
    likely: Ints = found[(buffer.bytes[found + 1] == 0) & (buffer.bytes[found + PREFIX + 2] == 0)]
    return likely
