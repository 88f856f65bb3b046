"""New rows into a table: only rows that differ count, and only files that hold changed rows are written again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from lakewright.engines import Engine, Session
from lakewright.pipeline.contents import Contents, FileContents, Memory
from lakewright.pipeline.sql import columns, same
from lakewright.tables import Change, Column, DataFile, Table
from lakewright.tables.parquet import PartitionedWriter, partition_text

MOST_FILES = 4  # in one partition, before a write to it folds the small ones together
SMALL_ROWS = 50_000
FEW_ROWS = 100
REMOVED, ADDED = "_removed", "_added"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table looks like: its columns, the key that identifies a row (empty: none), its partition columns."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    ignored: tuple[str, ...] = ()  # columns whose value alone does not make a row different

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def compared(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name not in self.ignored)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did. `version` is the table's afterwards; `changed` tells whether any row did."""

    version: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    files_added: int = 0
    files_removed: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every commit carries: transactions (positions of the inputs) and metadata."""

    transactions: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


class Merger:
    """Writes to tables through one engine. `memory` is told of every commit; without it all is read from files."""

    def __init__(self, engine: Engine, memory: Memory | None = None) -> None:
        self._engine = engine
        self._memory = memory

    def replace(self, session: Session, table: Table, shape: Shape, rows: str, stamp: Stamp) -> Merged:
        """The table holds exactly the rows of the relation `rows`, in one commit that also sets its columns."""
        before = sum(max(file.rows, 0) for file in table.files()) if table.exists() else 0
        files = self._write(table, shape, session.stream(_sorted(f"SELECT {columns(shape.names)} FROM {rows}", shape)))
        version = table.replace(
            shape.columns,
            shape.partition_by,
            Change(add=files, transactions=stamp.transactions, metadata=stamp.metadata),
        )
        inserted = sum(file.rows for file in files)
        return Merged(version, inserted, 0, before, len(files), 0)

    def replace_if_different(self, session: Session, table: Table, shape: Shape, rows: str, stamp: Stamp) -> Merged:
        """`replace`, unless the table holds just these rows already. For tables without a key."""
        names = columns(shape.names)
        old, new = f"(SELECT {names} FROM ({self._contents(session, table).sql()}))", f"(SELECT {names} FROM {rows})"
        differ = f"SELECT 1 FROM (({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old})) LIMIT 1"
        if session.rows(differ):
            return self.replace(session, table, shape, rows, stamp)
        return Merged(self.stamp(session, table, stamp))

    def stamp(self, session: Session, table: Table, stamp: Stamp) -> int:
        """Commits transactions and metadata alone; the new version."""
        version = table.commit(Change(transactions=stamp.transactions, metadata=stamp.metadata))
        if self._memory is not None:
            self._memory.follow(session, table)
        return version

    def merge(
        self, session: Session, table: Table, shape: Shape, rows: str, affected: str | None, stamp: Stamp
    ) -> Merged:
        """Among the affected rows, the table holds those of `rows`. `affected` is what follows `FROM … AS t` to pick
        them (None: all are).

        Leaves the differing rows in the temporary tables `_removed` and `_added` of the session. Commits `stamp` even
        when no row differs.
        """
        contents = self._contents(session, table)
        files = self._difference(session, contents, shape, rows, affected)
        counts = session.rows(
            f"SELECT (SELECT count(*) FROM {REMOVED}), (SELECT count(*) FROM {ADDED}), "
            + (
                f"(SELECT count(*) FROM {ADDED} AS a SEMI JOIN {REMOVED} AS r ON {same('a', 'r', shape.key)})"
                if shape.key
                else "0"
            )
        )[0]
        removed, added, updated = (int(count) for count in counts)
        if not removed and not added:
            return Merged(self.stamp(session, table, stamp))
        out, fresh = self._rewrite(session, contents, table, shape, files, removed)
        version = table.commit(Change(out, fresh, stamp.transactions, stamp.metadata))
        if self._memory is not None:
            self._memory.follow(session, table, out, fresh, (REMOVED, ADDED))
        return Merged(version, added - updated, updated, removed - updated, len(fresh), len(out))

    def _contents(self, session: Session, table: Table) -> Contents:
        if self._memory is not None:
            return self._memory.contents(session, table)
        return FileContents(self._engine, table)

    def _difference(
        self, session: Session, contents: Contents, shape: Shape, rows: str, affected: str | None
    ) -> list[DataFile]:
        """Fills `_removed` and `_added`; the files that hold removed rows."""
        condition = affected or ""
        names = columns(shape.names)
        holders: Sequence[DataFile] | None = None
        if affected and isinstance(contents, FileContents):  # find the files by the few columns of the condition first
            found = session.rows(f'SELECT DISTINCT "#file" FROM ({contents.sql()}) AS t{condition}')
            holders = [contents.file(origin) for (origin,) in found]
        session.run(
            f'CREATE OR REPLACE TEMP TABLE _old AS SELECT {names}, "#file", "#row" '
            f"FROM ({contents.sql(holders)}) AS t{condition}"
        )
        compared = same("o", "n", shape.compared)
        session.run(
            f"CREATE OR REPLACE TEMP TABLE {REMOVED} AS SELECT o.* FROM _old AS o ANTI JOIN {rows} AS n ON {compared}"
        )
        session.run(
            f"CREATE OR REPLACE TEMP TABLE {ADDED} AS "
            f"SELECT {columns(shape.names, 'n')} FROM {rows} AS n ANTI JOIN _old AS o ON {compared}"
        )
        origins = session.rows(f'SELECT DISTINCT "#file" FROM {REMOVED}')
        files = (contents.file(origin) for (origin,) in origins)
        return list({file.path: file for file in files}.values())

    def _rewrite(
        self,
        session: Session,
        contents: Contents,
        table: Table,
        shape: Shape,
        holders: Sequence[DataFile],
        removed: int,
    ) -> tuple[list[DataFile], tuple[DataFile, ...]]:
        """Writes what replaces the files in `holders`, and folds small files of the partitions it writes to."""
        out = [*holders, *self._foldable(session, table, shape, holders)]
        names = columns(shape.names)
        kept = f"SELECT {columns(shape.names, 'k')} FROM ({contents.sql(out)}) AS k"
        if removed:
            kept += f' ANTI JOIN {REMOVED} AS r ON k."#file" = r."#file" AND k."#row" = r."#row"'
        query = _sorted(
            f"{kept} UNION ALL SELECT {names} FROM {ADDED}" if out else f"SELECT {names} FROM {ADDED}", shape
        )
        return out, self._write(table, shape, session.stream(query))

    def _foldable(self, session: Session, table: Table, shape: Shape, taken: Sequence[DataFile]) -> list[DataFile]:
        """Small files beside which a new one would be written, in partitions that have too many already."""
        every = table.files()
        partitions: dict[tuple[str | None, ...], list[DataFile]] = {}
        for file in every:
            partitions.setdefault(tuple(file.partition[name] for name in shape.partition_by), []).append(file)
        crowded = {value for value, files in partitions.items() if len(files) >= MOST_FILES}
        if not crowded:
            return []
        if shape.partition_by:
            found = session.rows(f"SELECT DISTINCT {columns(shape.partition_by)} FROM {ADDED}")
            crowded &= {tuple(partition_text(value) for value in row) for row in found}
        paths = {file.path for file in taken}
        return [file for value in crowded for file in _smallest(partitions[value]) if file.path not in paths]

    def _write(self, table: Table, shape: Shape, rows: pa.RecordBatchReader) -> tuple[DataFile, ...]:
        return PartitionedWriter(table.storage, table.path, shape.partition_by).write(rows)


def _smallest(files: Sequence[DataFile]) -> list[DataFile]:
    """The files to fold: from the smallest up, as long as the next is not much larger than all before together."""
    chosen: list[DataFile] = []
    rows = FEW_ROWS
    for file in sorted(files, key=lambda file: file.rows):
        if file.rows > SMALL_ROWS or file.rows > 2 * rows:
            break
        chosen.append(file)
        rows += file.rows
    return chosen


def _sorted(query: str, shape: Shape) -> str:
    order = tuple(dict.fromkeys((*shape.partition_by, *shape.key)))
    return f"SELECT * FROM ({query}) ORDER BY {columns(order)}" if order else query


__all__ = ["ADDED", "REMOVED", "Merged", "Merger", "Shape", "Stamp"]
