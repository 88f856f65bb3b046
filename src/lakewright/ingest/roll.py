"""Housekeeping of Bronze files in the background: the tail becomes partitioned files, small files become larger ones.

No row changes; the ingester swaps old files for new ones in one commit of the manifest.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakewright.bronze.state import BronzeFile, BronzeTable
from lakewright.bronze.writer import BronzeWriter, Target

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

SMALLEST = 64 * 2**10
LARGEST = 32 * 2**20
FANOUT = 8
TAIL_FANOUT = 24
MERGED_BYTES = 128 * 2**20
PIECE_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Swap:
    """New files that hold exactly the rows of the old ones."""

    table: str
    removed: tuple[BronzeFile, ...]
    added: tuple[BronzeFile, ...]


def tail_groups(table: BronzeTable) -> list[tuple[BronzeFile, ...]]:
    """Tail files that may be rolled together: of one generation and version, on one side of a load's start."""
    return _groups(table, (file for file in table.files if file.kind == "tail"), partitioned=False)


def long_tails(table: BronzeTable) -> list[tuple[BronzeFile, ...]]:
    """Tail files in such numbers that readers would feel it: worth being merged before they are rolled."""
    short = (file for file in table.files if file.kind == "tail" and file.bytes < LARGEST // 8)
    return [_bounded(group) for group in _groups(table, short, partitioned=False) if len(group) >= TAIL_FANOUT]


def roll(writer: BronzeWriter, table: BronzeTable, group: Sequence[BronzeFile]) -> Swap:
    """Writes the rows of tail files as partitioned ones, some megabytes at a time."""
    target = _target(table, group[0])
    added: list[BronzeFile] = []
    for piece in _pieces(writer, group):
        added += writer.partitioned(target, "cdc", piece)
    return Swap(table.name, tuple(group), tuple(added))


def small_groups(table: BronzeTable, fanout: int = FANOUT) -> list[tuple[BronzeFile, ...]]:
    """Files of one partition and about one size, at least `fanout` of them: worth being merged."""
    found: list[tuple[BronzeFile, ...]] = []
    small = (file for file in table.files if file.kind != "tail" and file.bytes < LARGEST)
    for group in _groups(table, small, partitioned=True):
        tiers: defaultdict[int, list[BronzeFile]] = defaultdict(list)
        for file in group:
            tiers[_tier(file.bytes)].append(file)
        found += [_bounded(tier) for tier in tiers.values() if len(tier) >= fanout]
    return found


def merge(writer: BronzeWriter, table: BronzeTable, group: tuple[BronzeFile, ...]) -> Swap:
    """One file out of several of the same partition."""
    first = group[0]
    merged = writer.merged(_target(table, first), group)
    return Swap(table.name, group, (merged,))


def _groups(table: BronzeTable, files: Iterable[BronzeFile], *, partitioned: bool) -> list[tuple[BronzeFile, ...]]:
    start = table.load.start if table.load else 0
    groups: defaultdict[tuple[object, ...], list[BronzeFile]] = defaultdict(list)
    for file in files:
        side = file.min_lsn >= start
        place = (file.load_date, file.tenant) if partitioned else ()
        groups[(file.kind, file.lean, file.generation, file.schema_version, side, *place)].append(file)
    return [tuple(group) for group in groups.values()]


def _tier(size: int) -> int:
    return 0 if size <= SMALLEST else 1 + int(math.log(size / SMALLEST, FANOUT))


def _bounded(files: Sequence[BronzeFile]) -> tuple[BronzeFile, ...]:
    chosen: list[BronzeFile] = []
    total = 0
    for file in files:
        if total + file.bytes > MERGED_BYTES and len(chosen) >= 2:
            break
        chosen.append(file)
        total += file.bytes
    return tuple(chosen)


def _pieces(writer: BronzeWriter, files: Sequence[BronzeFile]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    size = 0
    for file in files:
        for batch in writer.batches(file):
            waiting.append(batch)
            size += batch.nbytes
            if size >= PIECE_BYTES:
                yield pa.concat_tables(waiting)
                waiting, size = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _target(table: BronzeTable, file: BronzeFile) -> Target:
    """Files of older versions may lack the tenant's column, if it was added later or renamed."""
    names = {column.name for column in table.by_version[file.schema_version].columns if not column.dropped}
    tenant = table.tenant if table.tenant in names else None
    return Target(table.name, file.generation, file.schema_version, tenant)
