"""The rows of a table at one version, as SQL: read from its files, or from a copy in the engine's memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from lakewright.engines import Engine, Session
from lakewright.models.types import duckdb_type
from lakewright.pipeline.sql import columns, identifier, literal
from lakewright.tables import DataFile, Table

ROWS_IN_MEMORY = 2_000_000
_MEMORY = "memory.copies"
_FILE, _ROW = '"#file"', '"#row"'
_NUMBERS = f"{_MEMORY}.row_numbers"  # DuckDB's own rowid changes when it tidies up after deletes
_MOST_GONE = 500_000
_PLAIN = ("tinyint", "smallint", "int", "bigint", "string", "date", "boolean")


class Contents(Protocol):
    """A table's rows. The SELECT gives the table's columns, `#file` (a value `file` understands) and `#row`."""

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
    """A copy of a table's newest rows. `#file` is a number; several may stand for one file, so that rows which only
    moved to another file need not be touched."""

    def __init__(self, engine: Engine, session: Session, table: Table) -> None:
        self._engine = engine
        self._table = table
        self.name = f"{_MEMORY}.{identifier(table.name)}"
        self.version = table.version()
        self.columns = table.columns()
        self.identity = table.identity()
        self._numbers: dict[str, list[int]] = {}
        self._files: dict[int, DataFile] = {}
        self._next = 0
        self._gone = 0
        spelled = ", ".join(f"{identifier(column.name)} {duckdb_type(column.type)}" for column in self.columns)
        session.run(f"CREATE SCHEMA IF NOT EXISTS {_MEMORY}")
        session.run(f"CREATE SEQUENCE IF NOT EXISTS {_NUMBERS}")
        session.run(f"CREATE OR REPLACE TABLE {self.name} ({spelled}, {_FILE} INTEGER, {_ROW} BIGINT)")
        self._load(session, table.files())

    def sql(self, files: Sequence[DataFile] | None = None) -> str:
        names = columns([column.name for column in self.columns])
        rows = f"SELECT {names}, {_FILE}, {_ROW} FROM {self.name}"
        if files is None:
            return rows
        numbers = ", ".join(str(number) for file in files for number in self._numbers[file.path])
        return f"{rows} WHERE {_FILE} IN ({numbers})" if numbers else f"{rows} WHERE false"

    def file(self, origin: Any) -> DataFile:
        return self._files[origin]

    def fits(self) -> bool:
        """Whether it can be brought to the table's newest version by exchanging files."""
        return self.identity == self._table.identity() and self.columns == self._table.columns()

    def advance(self, session: Session) -> None:
        """Brings the copy to the newest version that the table object knows, by what files came and went."""
        version = self._table.version()
        if version == self.version:
            return
        files = self._table.files()
        here = {file.path for file in files}
        self._forget(session, [path for path in self._numbers if path not in here])
        self._load(session, [file for file in files if file.path not in self._numbers])
        self.version = version

    def exchange(
        self, session: Session, out: Sequence[DataFile], fresh: Sequence[DataFile], removed: str, added: str
    ) -> None:
        """Follows a commit of our own that put `fresh` in the place of `out`: the relation `removed` names rows of
        this copy by `#row`, `added` holds the new ones."""
        by_partition = {tuple(file.partition.values()): file for file in fresh}
        if len(by_partition) < len(fresh) or not self._spelled_alike():
            self.advance(session)
            return
        session.run(f"DELETE FROM {self.name} WHERE {_ROW} IN (SELECT {_ROW} FROM {removed})")
        for file in out:
            numbers = self._numbers.pop(file.path)
            heir = by_partition.get(tuple(file.partition.values()))
            for number in numbers:
                if heir is None:
                    del self._files[number]
                else:
                    self._files[number] = heir
                    self._numbers.setdefault(heir.path, []).append(number)
        for file in fresh:
            if file.path not in self._numbers:
                self._number(file)
        self._insert(session, added, fresh)
        self._gone += sum(max(file.rows, 0) for file in out) - sum(file.rows for file in fresh)
        self.version = self._table.version()

    def drop(self, session: Session) -> None:
        session.run(f"DROP TABLE IF EXISTS {self.name}")

    def _spelled_alike(self) -> bool:
        """Whether the engine writes the partition columns' values as the table's paths do."""
        types = {column.name: column.type for column in self.columns}
        return all(types[name] in _PLAIN for name in self._table.partition_by())

    def _insert(self, session: Session, added: str, fresh: Sequence[DataFile]) -> None:
        if not fresh:
            return
        partition_by = self._table.partition_by()
        names = columns([column.name for column in self.columns], "a")
        values = ", ".join(
            f"({', '.join([str(self._numbers[file.path][0]), *(_text(file.partition[n]) for n in partition_by)])})"
            for file in fresh
        )
        heads = ", ".join(["number", *(f"p{at}" for at in range(len(partition_by)))])
        match = " AND ".join(
            f"nullif(a.{identifier(name)}::VARCHAR, '') IS NOT DISTINCT FROM n.p{at}"
            for at, name in enumerate(partition_by)
        )
        session.run(
            f"INSERT INTO {self.name} SELECT {names}, n.number, nextval('{_NUMBERS}') FROM {added} AS a "
            f"JOIN (VALUES {values}) AS n({heads}) ON {match or 'true'}"
        )

    def _number(self, file: DataFile) -> int:
        self._next += 1
        self._numbers[file.path] = [self._next]
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
            f"INSERT INTO {self.name} SELECT {columns(list(types), 'r')}, n.number, nextval('{_NUMBERS}') "
            f"FROM ({rows}) AS r "
            f"JOIN (VALUES {numbers}) AS n(location, number) ON r.{_FILE} = n.location"
        )

    def _forget(self, session: Session, paths: Sequence[str]) -> None:
        if not paths:
            return
        numbers = [number for path in paths for number in self._numbers.pop(path)]
        session.run(f"DELETE FROM {self.name} WHERE {_FILE} IN ({', '.join(map(str, numbers))})")
        self._gone += sum(max(file.rows, 0) for file in {id(f): f for f in map(self._files.pop, numbers)}.values())
        if self._gone > _MOST_GONE:  # DuckDB keeps the space of deleted rows until the table is written anew
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
        out: Sequence[DataFile] = (),
        fresh: Sequence[DataFile] = (),
        changed: tuple[str, str] | None = None,
    ) -> None:
        """Tells the copy of `table`, if there is one, what a commit of our own exchanged. `changed` names the
        relations of removed and added rows; None: no row changed."""
        with self._lock:
            copy = self._copies.get(table.name)
            if copy is None or not copy.fits() or copy.version != table.version() - 1:
                return
            if changed is None:
                copy.version = table.version()
                return
            del self._copies[table.name]  # a copy that could not follow to the end is of no use
            copy.exchange(session, out, fresh, *changed)
            self._copies[table.name] = copy


def _text(value: str | None) -> str:
    return "NULL::VARCHAR" if value is None else literal(value)
