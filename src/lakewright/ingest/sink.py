"""Gathers decoded rows and turns them into tail files, cut at commits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakewright.bronze.state import BronzeFile
from lakewright.bronze.writer import BronzeWriter, Target
from lakewright.lazily import pc

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

DIRECT_BYTES = 6 * 2**20
"""Committed rows of this size go straight into the visible tree: rolling them later would only write them twice."""


@dataclass(frozen=True)
class Staged:
    """What is to be committed: files, and the position they reach."""

    files: tuple[BronzeFile, ...]
    position: int
    rows: int


class Sink:
    """Rows wait here in memory until `take` writes them; rows of an open transaction stay back.

    When they grow beyond `limit` bytes they are written to files before their transaction commits; nobody sees those
    files until a later `take` hands them out together with the commit.
    """

    def __init__(self, writer: BronzeWriter, limit: int) -> None:
        self._writer = writer
        self._limit = limit
        self._waiting: dict[Target, list[pa.Table]] = {}
        self._bytes = 0
        self._files: list[BronzeFile] = []
        self._staged_rows = 0

    @property
    def full(self) -> bool:
        return self._bytes >= self._limit

    @property
    def empty(self) -> bool:
        return not self._waiting and not self._files

    def add(self, target: Target, rows: pa.Table) -> None:
        if rows.num_rows:
            self._waiting.setdefault(target, []).append(rows)
            self._bytes += rows.nbytes

    def take(self, position: int) -> Staged:
        """Writes what was committed before `position`."""
        self._write(position)
        held = [file for file in self._files if file.max_lsn >= position]
        files = tuple(file for file in self._files if file.max_lsn < position)
        self._files = held
        return Staged(files, position, sum(file.rows for file in files))

    def stage(self) -> None:
        """Writes everything, the open transaction's rows too, to make room."""
        self._write(None)

    def drop(self) -> list[BronzeFile]:
        """Forgets everything (the stream will bring it again); gives the files that are to be deleted."""
        files, self._files = self._files, []
        self._waiting = {}
        self._bytes = 0
        return files

    def _write(self, before: int | None) -> None:
        waiting, self._waiting = self._waiting, {}
        self._bytes = 0
        for target, tables in waiting.items():
            for table in _joined(tables):
                ready, rest = _cut(table, before)
                if before is not None and ready.nbytes >= DIRECT_BYTES:
                    self._files += self._writer.partitioned(target, "cdc", ready)
                elif ready.num_rows:
                    self._files.append(self._writer.tail(target, ready))
                self.add(target, rest)


def _joined(tables: list[pa.Table]) -> Iterator[pa.Table]:
    yield pa.concat_tables(tables) if len(tables) > 1 else tables[0]


def _cut(rows: pa.Table, before: int | None) -> tuple[pa.Table, pa.Table]:
    """Rows of commits before a position, and the others. Rows are in stream order, so it is one cut."""
    if before is None:
        return rows, rows.slice(rows.num_rows)
    count = int(pc.sum(pc.less(rows.column("_lsn"), before)).as_py() or 0)
    return rows.slice(0, count), rows.slice(count)
