"""The rows of a table at one version, as SQL: read from its files, or from a copy in the engine's memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from lakewright.engines import Engine, Session
from lakewright.models.types import duckdb_type
from lakewright.pipeline.sql import columns, identifier, literal
from lakewright.tables import DataFile, Table

ROWS_IN_MEMORY = 2_000_000
_MEMORY = "memory.copies"


class Contents(Protocol):
    """A table's rows. The SELECT gives the table's columns, `_file` (a value `file` understands) and `_row`."""

    def sql(self, files: Sequence[DataFile] | None = None) -> str: ...

    def file(self, origin: Any) -> DataFile: ...


class FileContents:
    """Rows read from Parquet files whenever they are asked for."""

    def __init__(self, engine: Engine, table: Table, version: int | None = None) -> None:
        self._engine = engine
        self._table = table
        self._columns = {column.name: column.type for column in table.columns(version)}
        self._partition_by = table.partition_by(version)
        self._files = table.files(version)

    def sql(self, files: Sequence[DataFile] | None = None) -> str:
        wanted = self._files if files is None else files
        return self._engine.scan([self._location(file) for file in wanted], self._columns, self._partition_by)

    def file(self, origin: Any) -> DataFile:
        return self._by_location[origin]

    @cached_property
    def _by_location(self) -> dict[str, DataFile]:
        return {self._location(file): file for file in self._files}

    def _location(self, file: DataFile) -> str:
        return self._table.storage.location(f"{self._table.path}/{file.path}")


class MemoryContents:
    """A copy of a table's newest rows, brought up to date by exchanging the rows of files that came and went."""

    def __init__(self, engine: Engine, session: Session, table: Table) -> None:
        self._engine = engine
        self._table = table
        self.name = f"{_MEMORY}.{identifier(table.name)}"
        self.version = table.version()
        self.columns = table.columns()
        self.identity = table.identity()
        self._numbers: dict[str, int] = {}
        self._files: dict[int, DataFile] = {}
        self._next = 0
        self._gone = 0
        self._rows = 0
        spelled = ", ".join(f"{identifier(column.name)} {duckdb_type(column.type)}" for column in self.columns)
        session.run(f"CREATE SCHEMA IF NOT EXISTS {_MEMORY}")
        session.run(f"CREATE OR REPLACE TABLE {self.name} ({spelled}, _file INTEGER)")
        self._load(session, table.files())

    def sql(self, files: Sequence[DataFile] | None = None) -> str:
        names = columns([column.name for column in self.columns])
        rows = f"SELECT {names}, _file, rowid AS _row FROM {self.name}"
        if files is None:
            return rows
        numbers = ", ".join(str(self._numbers[file.path]) for file in files)
        return f"{rows} WHERE _file IN ({numbers})" if numbers else f"{rows} WHERE false"

    def file(self, origin: Any) -> DataFile:
        return self._files[origin]

    def fits(self) -> bool:
        """Whether it can be brought to the table's newest version by exchanging files."""
        return self.identity == self._table.identity() and self.columns == self._table.columns()

    def advance(self, session: Session) -> None:
        """Brings the copy to the newest version that the table object knows."""
        version = self._table.version()
        if version == self.version:
            return
        files = self._table.files()
        here = {file.path for file in files}
        self._forget(session, [path for path in self._numbers if path not in here])
        self._load(session, [file for file in files if file.path not in self._numbers])
        self.version = version

    def exchange(
        self, session: Session, removed: Iterable[DataFile], added: Sequence[DataFile], rows: pa.Table | None
    ) -> None:
        """Follows a commit of our own: `rows` are those of the files in `added`, in their order."""
        self._forget(session, [file.path for file in removed])
        if rows is not None and added:
            numbers = np.repeat([self._number(file) for file in added], [file.rows for file in added])
            session.register("_arrived", rows.append_column("_file", pa.array(numbers, pa.int32())))
            names = columns([column.name for column in self.columns])
            session.run(f"INSERT INTO {self.name} SELECT {names}, _file FROM _arrived")
            session.unregister("_arrived")
            self._rows += rows.num_rows
        self.version = self._table.version()

    def drop(self, session: Session) -> None:
        session.run(f"DROP TABLE IF EXISTS {self.name}")

    def _number(self, file: DataFile) -> int:
        self._next += 1
        self._numbers[file.path] = self._next
        self._files[self._next] = file
        return self._next

    def _load(self, session: Session, files: Sequence[DataFile]) -> None:
        if not files:
            return
        locations = [self._table.storage.location(f"{self._table.path}/{file.path}") for file in files]
        types = {column.name: column.type for column in self.columns}
        rows = self._engine.scan(locations, types, self._table.partition_by())
        numbers = ", ".join(
            f"({literal(location)}, {self._number(file)})" for location, file in zip(locations, files, strict=True)
        )
        session.run(
            f"INSERT INTO {self.name} SELECT {columns(list(types), 'r')}, n.number FROM ({rows}) AS r "
            f"JOIN (VALUES {numbers}) AS n(location, number) ON r._file = n.location"
        )
        self._rows += sum(max(file.rows, 0) for file in files)

    def _forget(self, session: Session, paths: Sequence[str]) -> None:
        if not paths:
            return
        numbers = [self._numbers.pop(path) for path in paths]
        session.run(f"DELETE FROM {self.name} WHERE _file IN ({', '.join(map(str, numbers))})")
        gone = sum(max(self._files.pop(number).rows, 0) for number in numbers)
        self._gone += gone
        self._rows -= gone
        if self._gone > max(self._rows, 100_000):  # DuckDB keeps the space of deleted rows until the table is rewritten
            session.run(f"CREATE OR REPLACE TABLE {self.name} AS SELECT * FROM {self.name}")
            self._gone = 0


class Memory:
    """The copies that one pipeline keeps between its cycles; `rows` is the largest table that is copied."""

    def __init__(self, engine: Engine, rows: int = ROWS_IN_MEMORY) -> None:
        self._engine = engine
        self._limit = rows
        self._copies: dict[str, MemoryContents] = {}
        self._lock = threading.RLock()

    def contents(self, session: Session, table: Table) -> Contents:
        """The newest rows of `table`: from memory when it is small enough."""
        with self._lock:
            return self._contents(session, table)

    def _contents(self, session: Session, table: Table) -> Contents:
        copy = self._copies.get(table.name)
        if sum(max(file.rows, 0) for file in table.files()) > self._limit:
            if copy is not None:
                self._copies.pop(table.name).drop(session)
            return FileContents(self._engine, table)
        if copy is None or not copy.fits():
            copy = self._copies[table.name] = MemoryContents(self._engine, session, table)
        copy.advance(session)
        return copy

    def follow(
        self,
        session: Session,
        table: Table,
        removed: Sequence[DataFile],
        added: Sequence[DataFile],
        rows: pa.Table | None,
    ) -> None:
        """Tells the copy of `table`, if there is one, what a commit of our own exchanged."""
        with self._lock:
            copy = self._copies.get(table.name)
            if copy is not None and copy.fits() and copy.version == table.version() - 1:
                copy.exchange(session, removed, added, rows)
