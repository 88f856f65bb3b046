"""Small files of a table folded together, and files removed that no kept version needs. No row changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lakewright.engines import Engine
from lakewright.pipeline.contents import FileContents
from lakewright.pipeline.locks import TableLocks
from lakewright.pipeline.sql import columns
from lakewright.tables import Change, DataFile, Table
from lakewright.tables.parquet import ROWS_PER_FILE, PartitionedWriter

MANY_FILES = 2


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one table's compaction did: `version` is the newest, `vacuumed` counts files deleted for good."""

    name: str
    version: int
    files_before: int
    files_after: int
    rows: int
    vacuumed: int


def compact(engine: Engine, table: Table, locks: TableLocks, keep: timedelta) -> Compacted:
    """Folds each partition's small files into few; versions of the last `keep` stay readable.

    Holds the table's lock (LW701 when a run has it). Readers see the old files or the new ones.
    """
    with locks.hold(table.name, "compaction"):
        table.refresh()
        before = table.files()
        small = [file for group in _small_groups(before).values() for file in group]
        if small:
            fresh = _rewritten(engine, table, small)
            table.commit(Change(remove=small, add=fresh, metadata={"lakewright.compaction": str(len(small))}))
        vacuumed = table.vacuum(keep)
        return Compacted(
            table.name,
            table.version(),
            len(before),
            len(table.files()),
            sum(file.rows for file in small),
            len(vacuumed),
        )


def _small_groups(files: Sequence[DataFile]) -> Mapping[tuple[tuple[str, str | None], ...], list[DataFile]]:
    """Files well below the usual size, by partition, where there are several."""
    groups: dict[tuple[tuple[str, str | None], ...], list[DataFile]] = {}
    for file in files:
        if file.rows < ROWS_PER_FILE // 2:
            groups.setdefault(tuple(sorted(file.partition.items())), []).append(file)
    return {partition: group for partition, group in groups.items() if len(group) >= MANY_FILES}


def _rewritten(engine: Engine, table: Table, files: Sequence[DataFile]) -> tuple[DataFile, ...]:
    names = [column.name for column in table.columns()]
    partition_by = table.partition_by()
    order = f" ORDER BY {columns(partition_by)}" if partition_by else ""
    session = engine.session()
    try:
        rows = session.stream(f"SELECT {columns(names)} FROM ({FileContents(engine, table).sql(files)}){order}")
        return PartitionedWriter(table.storage, table.path, partition_by).write(rows)
    finally:
        session.close()
