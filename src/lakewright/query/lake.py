"""The tables of a lake by name, each as a SELECT at one version.

`bronze.x` is what models see: the current row of each key. `changes.x` is the same table's raw change log.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from lakewright.bronze.reader import latest_sql, rows_sql
from lakewright.bronze.state import STREAMING, BronzeState, BronzeTable
from lakewright.errors import ProblemError, SpecError
from lakewright.models import Model, Models
from lakewright.storage import Storage
from lakewright.tables import DataFile, Table, open_table

TABLE_LAYERS = ("silver", "gold", "quarantine")
_STORED = re.compile(rf"(?:{'|'.join(TABLE_LAYERS)})\.[a-z0-9_-]+")
"""What can be a stored table. A quoted name may hold a path: `silver."orders/"` must not be another word for a table,
since rules are about names."""


@dataclass(frozen=True)
class Pin:
    """Which state of a table: a version (a position, for Bronze), a moment, or, with neither, the newest."""

    version: int | None = None
    moment: datetime | None = None


NEWEST = Pin()


@dataclass(frozen=True)
class TableInfo:
    """A table that can be queried; `version` is a Delta version, or the position for Bronze."""

    name: str
    columns: Mapping[str, str]
    version: int | None


@dataclass(frozen=True)
class Relation:
    """A table at one version, ready to be read by the engine."""

    info: TableInfo
    sql: str
    files: tuple[DataFile, ...] = ()
    select: Callable[[Iterable[DataFile]], str] | None = None
    """The same of some of the files; where a table is made of files alone."""


class Asks(Protocol):
    """One value out of the engine, for what only the data can tell."""

    def __call__(self, sql: str) -> object: ...


class Scans(Protocol):
    """How an engine spells a table's files as a SELECT; an `Engine` does."""

    def scan(self, files: Sequence[str], columns: Mapping[str, str], partition_by: Sequence[str]) -> str: ...


class OpenTables:
    """Stored tables that stay open from statement to statement, each brought up to date when asked for."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._tables: dict[str, Table] = {}
        self._lock = threading.Lock()

    def table(self, name: str) -> Table | None:
        """The table with its newest version known; None when there is none."""
        with self._lock:
            table = self._tables.get(name)
        if table is None:
            table = open_table(self._storage, name)
            if not table.exists():
                return None
            with self._lock:
                table = self._tables.setdefault(name, table)
        elif not table.is_newest(table.version()) and not table.refresh():
            with self._lock:
                self._tables.pop(name, None)
            return None
        return table


class Lake:
    """Read access to one lake. What it has seen is kept, so that all tables of one statement fit together.

    `tables`: those that earlier statements opened.
    """

    def __init__(
        self,
        storage: Storage,
        read_states: Callable[[], Iterable[BronzeState]],
        models: Models,
        tables: OpenTables | None = None,
    ) -> None:
        self.storage = storage
        self._read_states = read_states
        self._models = models
        self._tables = tables or OpenTables(storage)

    @cached_property
    def states(self) -> tuple[BronzeState, ...]:
        """Every source's Bronze as it was when first asked for."""
        return tuple(self._read_states())

    def names(self) -> list[str]:
        """Every table that can be queried."""
        bronze = [t.name.lower() for state in self.states for t in state.tables.values() if t.status == STREAMING]
        views = [name for name, model in self._models.items() if model.kind == "view"]
        found = {f"{layer}.{name}" for layer in ("bronze", "changes") for name in bronze} | set(views)
        for layer in TABLE_LAYERS:
            logs = (entry.path.split("/") for entry in self.storage.list(layer))
            names = (f"{layer}.{parts[1]}" for parts in logs if len(parts) > 2 and parts[2] == "_delta_log")
            found |= {name for name in names if _STORED.fullmatch(name)}
        return sorted(found)

    def describe(self, name: str) -> TableInfo:
        """A table's columns and version; SpecError LW911 when there is none."""
        layer = name.partition(".")[0]
        if layer in ("bronze", "changes"):
            state, found = self._bronze(name)
            return TableInfo(name, found.types, state.position)
        if (model := self.view(name)) is not None:
            return TableInfo(name, model.schema, None)
        opened = self.table(name)
        return TableInfo(name, {column.name: column.type for column in opened.columns()}, opened.version())

    def table(self, name: str) -> Table:
        """The stored table of that name; SpecError LW911 when there is none, LW914 for a view."""
        if _STORED.fullmatch(name):
            opened = self._tables.table(name)
            if opened is not None:
                return opened
        raise self._unknown(name)

    def relation(self, name: str, pin: Pin, engine: Scans, ask: Asks) -> Relation:
        """The stored table at the version that `pin` means, as a SELECT in the engine's dialect."""
        layer = name.partition(".")[0]
        if layer in ("bronze", "changes"):
            return self._bronze_relation(name, pin, ask, raw=layer == "changes")
        table = self.table(name)
        version = table.version_at(pin.moment) if pin.moment else pin.version
        version = table.version() if version is None else version
        columns = {column.name: column.type for column in table.columns(version)}
        partition_by, files = table.partition_by(version), table.files(version)
        if version != table.version():
            self._still_there(table, version, files)

        def select(some: Iterable[DataFile]) -> str:
            paths = [self.storage.location(f"{table.path}/{file.path}") for file in some]
            return f"SELECT {_list(columns)} FROM ({engine.scan(paths, columns, partition_by)})"

        return Relation(TableInfo(name, columns, version), select(files), files, select)

    def _still_there(self, table: Table, version: int, files: Sequence[DataFile]) -> None:
        """LW604 when a vacuum removed files of this version."""
        there = {entry.path for entry in self.storage.list(table.path)}
        gone = sum(f"{table.path}/{file.path}" not in there for file in files)
        if gone:
            fact = f"version {version} of {table.name} cannot be read: {gone} of its {len(files)} files were vacuumed"
            hint = "choose a newer version; `lakewright table compact` with a longer --keep leaves older ones readable"
            raise ProblemError("LW604", fact, hint=hint)

    def view(self, name: str) -> Model | None:
        """The model behind a name that is a view."""
        model = self._models.get(name)
        return model if model is not None and model.kind == "view" else None

    def _bronze(self, name: str) -> tuple[BronzeState, BronzeTable]:
        short = name.partition(".")[2]
        for state in self.states:
            table = next((one for one in state.tables.values() if one.name.lower() == short.lower()), None)
            if table is not None and table.schemas:
                if table.status != STREAMING:
                    fact = f"bronze.{short} cannot be read: {table.stop_reason or 'its full load is not finished'}"
                    raise ProblemError("LW912", fact, hint="`lakewright status` shows how far it is")
                return state, table
        raise self._unknown(name)

    def _bronze_relation(self, name: str, pin: Pin, ask: Asks, *, raw: bool) -> Relation:
        state, table = self._bronze(name)
        position = state.position if pin.version is None else pin.version
        if pin.moment is not None:
            position = _position_at(self.storage, table, pin.moment, ask)
        if position < table.snapshot_lsn or position > state.position:
            fact = f"{name} is known for positions {table.snapshot_lsn} to {state.position}, not for {position}"
            raise ProblemError("LW913", fact, hint="a Bronze table's VERSION is a position (LSN as a number)")
        columns = table.types
        names = list(columns)
        if raw:
            sql = rows_sql(self.storage, table, since=None, before=position, columns=names)
        else:
            sql = latest_sql(self.storage, table, before=position, columns=names)
        return Relation(TableInfo(name, columns, position), sql)

    def _unknown(self, name: str) -> SpecError:
        from difflib import get_close_matches

        names = self.names()
        if self.view(name) is not None:
            return SpecError("LW914", f"{name} is a view: it has no files and no versions", hint="name what it reads")
        if name in names:
            hint = "Bronze is kept and compacted by ingest; this takes tables in silver, gold and quarantine"
            return SpecError("LW911", f"{name} is no table of models", hint=hint)
        close = get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else "`lakewright sql` with `SHOW TABLES` lists them"
        return SpecError("LW911", f"there is no table {name}", hint=hint)


def _position_at(storage: Storage, table: BronzeTable, moment: datetime, ask: Asks) -> int:
    """The position after the last transaction that had committed at `moment`."""
    rows = rows_sql(storage, table, since=None, before=None, columns=["_lsn", "_commit_ts", "_seq"])
    stamp = moment.astimezone(UTC).isoformat()
    found = ask(f"SELECT max(_lsn + CASE WHEN _seq < 0 THEN 0 ELSE 1 END) FROM ({rows}) WHERE _commit_ts <= '{stamp}'")
    if not isinstance(found, int):
        fact = f"bronze.{table.name} did not exist at {stamp}"
        if table.generation > 1:
            loaded = ask(f"SELECT CAST(min(_commit_ts) AS VARCHAR) FROM ({rows})")
            since = f" at {loaded}" if loaded else ""
            fact = f"bronze.{table.name} was loaded anew{since}: what it was before, at {stamp}, is not kept"
        raise ProblemError("LW913", fact, hint="choose a later time")
    return max(found, table.snapshot_lsn)


def _list(names: Iterable[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)
