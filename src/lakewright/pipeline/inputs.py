"""What models read, pinned for one run: Bronze tables at a position, Delta tables at a version."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lakewright.bronze.reader import (
    ORDER,
    all_columns,
    before_sql,
    latest_sql,
    rows_sql,
    special_keys,
    special_sql,
)
from lakewright.bronze.state import STREAMING, BronzeState, BronzeTable
from lakewright.engines import Engine, Session
from lakewright.pipeline.contents import FileContents, Memory
from lakewright.pipeline.histories import Histories
from lakewright.pipeline.sql import columns, identifier, same
from lakewright.storage import Storage
from lakewright.tables import DataFile, Table

_CHANGES = "memory.changes"
SIGN = "_sign"  # of a changed row: -1 as it was, 1 as it is


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an input has been read. A new generation means that it was replaced as a whole."""

    generation: int
    position: int


@dataclass(frozen=True, slots=True)
class Everything:
    """The changes cannot be told, or are all rows; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows that differ between two marks: `rows` is a relation that holds their old and new forms."""

    rows: str
    count: int
    fresh: str | None = None  # for Bronze: a relation with the current rows of exactly the changed keys
    signed: bool = False  # whether `rows` has the column `_sign`


class Input(Protocol):
    """One table that models read, as it is in this run. `stopped` says why it cannot be read now (empty: it can)."""

    name: str
    stopped: str

    def mark(self) -> Mark: ...

    def moved(self, since: Mark) -> bool:
        """Whether it may have changed since a mark; needs no reading of rows."""

    def schema(self) -> Mapping[str, str]: ...

    def sql(self, session: Session) -> str:
        """A SELECT of all rows."""

    def changes(self, session: Session, since: Mark, *, only_key: bool) -> Changes | Everything:
        """What changed since a mark. `only_key`: old rows need no columns but the key's."""


@dataclass
class Published:
    """Changed rows that this run knows of, by input and span; shared by all models and threads of the run."""

    spans: dict[tuple[str, int, int], Changes | Everything] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    names: list[str] = field(default_factory=list)
    ready: bool = False  # whether the shared tables' schema is there

    def relation(self, session: Session, name: str, since: int, to: int) -> str:
        """The name of a new shared table."""
        if not self.ready:
            session.run(f"CREATE SCHEMA IF NOT EXISTS {_CHANGES}")
            self.ready = True
        full = f"{_CHANGES}.{identifier(f'{name}@{since}-{to}')}"
        self.names.append(full)
        return full

    def clear(self, session: Session) -> None:
        for name in self.names:
            session.run(f"DROP TABLE IF EXISTS {name}")
        self.names.clear()
        self.spans.clear()


class BronzeInput:
    """The current row per key of a Bronze table, before a position."""

    def __init__(
        self, storage: Storage, table: BronzeTable, before: int, published: Published, histories: Histories | None
    ) -> None:
        self.name = table.sql_name
        self.table = table
        self._storage = storage
        self._before = before
        self._published = published
        self._histories = histories
        self.stopped = _why_stopped(self.name, table)

    def mark(self) -> Mark:
        return Mark(self.table.generation, self._before)

    def schema(self) -> Mapping[str, str]:
        return self.table.types

    def sql(self, session: Session) -> str:  # noqa: ARG002 - others need it
        return latest_sql(self._storage, self.table, before=self._before)

    def keyed_sql(self, session: Session, keys: str) -> str:
        """The current rows of the keys in the relation `keys`."""
        copy = self._history(session)
        return latest_sql(self._storage, self.table, before=self._before, keys_relation=keys, copy=copy)

    def _history(self, session: Session) -> str | None:
        return None if self._histories is None else self._histories.relation(session, self.table, self._before)

    def moved(self, since: Mark) -> bool:
        """Whether files may hold rows since a mark; needs no reading."""
        if since.generation != self.table.generation or since.position > self._before:
            return True
        return any(
            file.max_lsn > since.position or (file.max_lsn == since.position and file.kind != "load")
            for file in self.table.current
            if file.min_lsn <= self._before
        )

    def changes(self, session: Session, since: Mark, *, only_key: bool) -> Changes | Everything:
        if since.generation != self.table.generation:
            return Everything(f"{self.name} was loaded again")
        if not self.table.key:
            return Everything(f"{self.name} has no key") if self.moved(since) else Changes("", 0)
        if not self.moved(since):
            return Changes("", 0)
        with self._published.lock:
            span = (f"{self.name}{'' if only_key else '+old'}", since.position, self._before)
            if span not in self._published.spans:
                self._published.spans[span] = self._find(session, since.position, only_key)
            return self._published.spans[span]

    def _find(self, session: Session, since: int, only_key: bool) -> Changes | Everything:
        names = columns(all_columns(self.table))
        key = columns(self.table.key)
        odd = special_keys(self.table, self.table.current)
        special = [special_sql(name) for name in odd]
        identity = ", ".join([key, *special])
        lost = " OR ".join(f"{text} IS NOT NULL" for text in special) or "false"
        rows = rows_sql(self._storage, self.table, since=since, before=self._before)
        newest = self._published.relation(session, f"{self.name}!newest{only_key}", since, self._before)
        session.run(
            f"CREATE OR REPLACE TABLE {newest} AS SELECT {names}, "
            f"bool_or(\"Op\" = 'T') OVER () AS _truncated FROM ({rows}) "
            f"QUALIFY \"Op\" = 'T' OR row_number() OVER (PARTITION BY {identity} ORDER BY {ORDER} DESC) = 1"
        )
        found = session.rows(
            f"SELECT count(*), coalesce(bool_or(_truncated), false), "
            f"coalesce(bool_or(len(_unchanged) > 0), false), "
            f"coalesce(bool_or({lost}), false) FROM {newest}"
        )[0]
        if found[1]:
            return Everything(f"{self.name} was truncated")
        if not found[0]:
            return Changes("", 0)
        fresh = f"(SELECT {names} FROM {newest} WHERE \"Op\" <> 'D')"
        if found[2]:  # columns that the source did not send again: their values are in older rows
            partial = self._published.relation(session, f"{self.name}!partial{only_key}", since, self._before)
            carried = f"{key}, _special" if odd else key
            lacking = "coalesce(len(_unchanged), 0) > 0"
            session.run(f"CREATE OR REPLACE TABLE {partial} AS SELECT {carried} FROM {newest} WHERE {lacking}")
            whole = f"SELECT {names} FROM {newest} WHERE \"Op\" <> 'D' AND NOT {lacking}"
            fresh = self._published.relation(session, f"{self.name}!fresh{only_key}", since, self._before)
            resolved = self.keyed_sql(session, partial)
            if found[3]:  # it gives the rows of all special values then, not of these alone
                exact = "".join(f" AND {special_sql(n, 'r')} IS NOT DISTINCT FROM {special_sql(n, 'p')}" for n in odd)
                match = same("r", "p", self.table.key) + exact
                resolved = f"SELECT * FROM ({resolved}) AS r SEMI JOIN {partial} AS p ON {match}"
            session.run(f"CREATE OR REPLACE TABLE {fresh} AS {whole} UNION ALL SELECT {names} FROM ({resolved})")
        known = None if found[3] else fresh  # a scope of NULL holds more keys than changed
        if only_key:
            return Changes(newest, int(found[0]), known)
        both = self._published.relation(session, f"{self.name}!both", since, self._before)
        copy = self._history(session)
        old = latest_sql(self._storage, self.table, before=since, keys_relation=newest, copy=copy)
        session.run(
            f"CREATE OR REPLACE TABLE {both} AS SELECT {names} FROM ({old}) UNION ALL SELECT {names} FROM {fresh}"
        )
        return Changes(both, int(found[0]), known)


class ChangeLogInput(BronzeInput):
    """Every change of a Bronze table before a position, as `changes.x`. Rows are only ever added, but for a new load,
    which begins a new log."""

    def __init__(
        self, storage: Storage, table: BronzeTable, before: int, published: Published, histories: Histories | None
    ) -> None:
        super().__init__(storage, table, before, published, histories)
        self.name = table.log_name
        self.stopped = _why_stopped(self.name, table)

    def sql(self, session: Session) -> str:  # noqa: ARG002 - others need it
        return rows_sql(self._storage, self.table, since=None, before=self._before)

    def keyed_sql(self, session: Session, keys: str) -> str:
        """All changes of the keys in the relation `keys`."""
        copy = self._history(session)
        if copy is None:
            rows = rows_sql(self._storage, self.table, since=None, before=self._before)
        else:
            rows = f"SELECT * FROM {copy} WHERE {before_sql(self._before)}"
        return f"SELECT r.* FROM ({rows}) AS r SEMI JOIN {keys} AS k ON {same('r', 'k', self.table.key)}"

    def changes(self, session: Session, since: Mark, *, only_key: bool) -> Changes | Everything:  # noqa: ARG002
        if since.generation != self.table.generation:
            return Everything(f"{self.name} began anew with another full load")
        if not self.moved(since):
            return Changes("", 0)
        with self._published.lock:
            span = (self.name, since.position, self._before)
            if span not in self._published.spans:
                name = self._published.relation(session, self.name, since.position, self._before)
                rows = rows_sql(self._storage, self.table, since=since.position, before=self._before)
                session.run(f"CREATE OR REPLACE TABLE {name} AS {rows}")
                count = int(session.rows(f"SELECT count(*) FROM {name}")[0][0])
                self._published.spans[span] = Changes(name, count)
            return self._published.spans[span]


class TableInput:
    """The rows of a table that the pipeline itself makes, at its newest version."""

    def __init__(self, engine: Engine, table: Table, published: Published, memory: Memory | None) -> None:
        self.name = table.name
        self._engine = engine
        self._table = table
        self._published = published
        self._memory = memory
        self.stopped = ""

    def mark(self) -> Mark:
        return Mark(self._table.identity(), self._table.version())

    def moved(self, since: Mark) -> bool:
        return since != self.mark()

    def schema(self) -> Mapping[str, str]:
        return {column.name: column.type for column in self._table.columns()}

    def sql(self, session: Session) -> str:
        if self._memory is not None:
            return self._memory.contents(session, self._table).sql()
        return FileContents(self._engine, self._table).sql()

    def changes(self, session: Session, since: Mark, *, only_key: bool) -> Changes | Everything:  # noqa: ARG002
        now = self.mark()
        if since.generation != now.generation or since.position > now.position:
            return Everything(f"{self.name} was made anew")
        if since.position == now.position:
            return Changes("", 0)
        with self._published.lock:
            span = (self.name, since.position, now.position)
            if span not in self._published.spans:
                self._published.spans[span] = self._find(session, since.position, now.position)
            return self._published.spans[span]

    def publish(self, session: Session, since: int, rows: str | None) -> None:
        """Tells which rows a commit of this run changed (None: no row), so that no reader compares files again."""
        to = self._table.version()
        with self._published.lock:
            if rows is None:
                self._published.spans[self.name, since, to] = Changes("", 0)
                return
            name = self._published.relation(session, self.name, since, to)
            session.run(f"CREATE OR REPLACE TABLE {name} AS {rows}")
            count = int(session.rows(f"SELECT count(*) FROM {name}")[0][0])
            self._published.spans[self.name, since, to] = Changes(name, count, signed=True)

    def _find(self, session: Session, since: int, to: int) -> Changes | Everything:
        before, after = self._table.columns(since), self._table.columns(to)
        if not set(before) <= set(after):
            return Everything(f"columns of {self.name} changed")
        files_before, files_after = self._table.files(since), self._table.files(to)
        paths_before, paths_after = {file.path for file in files_before}, {file.path for file in files_after}
        removed = [file for file in files_before if file.path not in paths_after]
        added = [file for file in files_after if file.path not in paths_before]
        gone = next((file for file in removed if not self._there(file)), None)
        if gone is not None:
            return Everything(f"older files of {self.name} were vacuumed")
        types = {column.name: column.type for column in before}
        old, new = self._rows(removed, types, since), self._rows(added, types, to)
        name = self._published.relation(session, self.name, since, to)
        session.run(
            f"CREATE OR REPLACE TABLE {name} AS SELECT *, -1 AS {SIGN} FROM ({old} EXCEPT ALL {new}) "
            f"UNION ALL SELECT *, 1 AS {SIGN} FROM ({new} EXCEPT ALL {old})"
        )
        return Changes(name, int(session.rows(f"SELECT count(*) FROM {name}")[0][0]), signed=True)

    def _there(self, file: DataFile) -> bool:
        return self._table.storage.exists(f"{self._table.path}/{file.path}")

    def _rows(self, files: list[DataFile], types: Mapping[str, str], version: int) -> str:
        locations = [self._table.storage.location(f"{self._table.path}/{file.path}") for file in files]
        rows = self._engine.scan(locations, types, self._table.partition_by(version))
        return f"(SELECT {columns(tuple(types))} FROM ({rows}))"


def _why_stopped(name: str, table: BronzeTable) -> str:
    """Why a table cannot be read now; empty when it can."""
    if table.status == STREAMING:
        return ""
    return f"{name} is {table.status}" + (f": {table.stop_reason}" if table.stop_reason else "")


def bronze_inputs(
    storage: Storage,
    states: Iterable[BronzeState],
    positions: Mapping[str, int],
    published: Published,
    histories: Histories | None = None,
) -> dict[str, BronzeInput]:
    """Every Bronze table, and every table's change log, at the positions of their sources."""
    found: dict[str, BronzeInput] = {}
    for state in states:
        for table in state.tables.values():
            for kind in (BronzeInput, ChangeLogInput):
                item = kind(storage, table, positions[state.source], published, histories)
                found[item.name] = item
    return found


def position_of(state: BronzeState, upto: int | None) -> int:
    """The position at which a run reads a source: what Bronze has, `upto` at most."""
    return state.position if upto is None else min(upto, state.position)
