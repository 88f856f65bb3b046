"""Rows of a stored result by number: offsets are kept beside it, so that a page never reads what is before it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

EVERY = 256
QUOTE, NEWLINE = 0x22, 0x0A
READ = 1 << 18
_VALUE = re.compile(rb'(?:"([^"]*(?:""[^"]*)*)")?([,\n]|\Z)')

Row = list[str | None]


class Offsets:
    """Notes where every 256th row begins while the bytes of a result pass by. A newline in quotes ends no row."""

    def __init__(self, *, quoted: bool) -> None:
        self.rows = 0
        self.size = 0
        self._quoted = quoted
        self._inside = False
        self._starts = array("Q", [0])

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks."""
        for chunk in chunks:
            self._note(chunk)
            yield chunk

    def _note(self, chunk: bytes) -> None:
        data = np.frombuffer(chunk, dtype=np.uint8)
        ends = data == NEWLINE
        if self._quoted:
            inside = np.bitwise_xor.accumulate(np.concatenate(([self._inside], data == QUOTE)))
            self._inside = bool(inside[-1])
            ends &= ~inside[1:]
        places = np.flatnonzero(ends)
        first = EVERY - 1 - self.rows % EVERY
        self._starts.extend(int(place) + self.size + 1 for place in places[first::EVERY])
        self.rows += len(places)
        self.size += len(chunk)

    def write(self, path: Path) -> None:
        """A short result needs no file: its rows are looked for from the beginning."""
        if len(self._starts) > 1:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._starts.tobytes())


def start_of(index: Path, row: int) -> tuple[int, int]:
    """A byte offset to read from, and how many rows to skip there, to reach `row`."""
    if row < EVERY:
        return 0, row
    with index.open("rb") as file:
        file.seek(row // EVERY * 8)
        found = array("Q")
        found.frombytes(file.read(8))
    return found[0], row % EVERY


def quoted_rows(file: BinaryIO, offset: int, skip: int, count: int) -> list[Row]:
    """`count` rows of quoted CSV from the `skip`th after `offset`; NULL is None. Fewer at the end."""
    rows: list[Row] = []
    file.seek(offset)
    held = b""
    while len(rows) < skip + count and (chunk := file.read(READ)):
        held += chunk
        complete = _complete(held)
        rows.extend(_parsed(held[:complete], skip + count - len(rows)))
        held = held[complete:]
    return rows[skip : skip + count]


def _complete(held: bytes) -> int:
    """Where the last whole row ends."""
    data = np.frombuffer(held, dtype=np.uint8)
    inside = np.bitwise_xor.accumulate(data == QUOTE)
    ends = np.flatnonzero((data == NEWLINE) & ~inside)
    return int(ends[-1]) + 1 if len(ends) else 0


def _parsed(text: bytes, most: int) -> list[Row]:
    rows: list[Row] = []
    position, row = 0, []
    while position < len(text) and len(rows) < most:
        found = _VALUE.match(text, position)
        if found is None:
            raise ValueError(f"a stored result is damaged at byte {position}")
        value, end = found.groups()
        row.append(None if value is None else value.replace(b'""', b'"').decode())
        position = found.end()
        if end != b",":
            rows.append(row)
            row = []
    return rows


def text_rows(file: BinaryIO, offset: int, skip: int, count: int) -> list[Row]:
    """`count` lines from the `skip`th after `offset`, each a row of one value."""
    file.seek(offset)
    for _ in range(skip):
        file.readline()
    lines = (file.readline() for _ in range(count))
    return [[line.decode().removesuffix("\n")] for line in lines if line]
