"""The catalog behind Glue: what the lake has, and what clients made; one snapshot at a time.

Definitions have the shape of Glue's own inputs (DatabaseInput, TableInput, PartitionInput).
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Definition = Mapping[str, Any]
LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Table:
    """One table's definition. A `managed` one is written by the platform, and by nobody through Glue."""

    database: str
    definition: Definition
    partitions: tuple[Definition, ...] = ()
    managed: bool = False

    @property
    def name(self) -> str:
        return f"{self.database}.{self.definition['Name']}"

    @property
    def keys(self) -> Mapping[str, str]:
        """Partition keys and their types, in order."""
        return {column["Name"]: column.get("Type", "string") for column in self.definition.get("PartitionKeys", ())}

    @property
    def columns(self) -> Mapping[str, str]:
        """All columns and their types, partition keys last."""
        storage = self.definition.get("StorageDescriptor", {})
        listed = (*storage.get("Columns", ()), *self.definition.get("PartitionKeys", ()))
        return {column["Name"]: column.get("Type", "string") for column in listed}

    @property
    def owner(self) -> str:
        return str(self.definition.get("Owner", ""))


@dataclass(frozen=True)
class Snapshot:
    """The whole catalog; tables by `database.table`."""

    databases: Mapping[str, Definition] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)


class Catalog(Protocol):
    """Where definitions live. Thread-safe; `snapshot` gives the same object while nothing changes."""

    def snapshot(self) -> Snapshot: ...

    def put_database(self, definition: Definition) -> None: ...

    def drop_database(self, name: str) -> None: ...

    def put_table(self, table: Table) -> None: ...

    def drop_table(self, database: str, name: str) -> None: ...


class LocalCatalog:
    """The lake's tables, looked for again every two seconds, and what clients made, kept in a file."""

    def __init__(self, path: Path, lake: Callable[[], Snapshot], now: Callable[[], float] = time.monotonic) -> None:
        self._path, self._lake, self._now = path, lake, now
        self._lock = threading.RLock()
        self._made = _read(path)
        self._found = Snapshot()
        self._looked = float("-inf")
        self._whole: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        with self._lock:
            if self._now() - self._looked > LOOK_SECONDS:
                found = self._lake()
                self._looked = self._now()
                if found != self._found:
                    self._found, self._whole = found, None
            if self._whole is None:
                made, found = self._made, self._found
                self._whole = Snapshot({**made.databases, **found.databases}, {**made.tables, **found.tables})
            return self._whole

    def put_database(self, definition: Definition) -> None:
        with self._lock:
            self._keep(Snapshot({**self._made.databases, definition["Name"]: definition}, self._made.tables))

    def drop_database(self, name: str) -> None:
        with self._lock:
            databases = {key: value for key, value in self._made.databases.items() if key != name}
            tables = {key: table for key, table in self._made.tables.items() if table.database != name}
            self._keep(Snapshot(databases, tables))

    def put_table(self, table: Table) -> None:
        with self._lock:
            self._keep(Snapshot(self._made.databases, {**self._made.tables, table.name: table}))

    def drop_table(self, database: str, name: str) -> None:
        with self._lock:
            tables = {key: table for key, table in self._made.tables.items() if key != f"{database}.{name}"}
            self._keep(Snapshot(self._made.databases, tables))

    def _keep(self, made: Snapshot) -> None:
        _write(self._path, made)
        self._made, self._whole = made, None


def _read(path: Path) -> Snapshot:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Snapshot()
    found = json.loads(text)
    tables = [Table(one["database"], one["definition"], tuple(one["partitions"])) for one in found["tables"]]
    return Snapshot({one["Name"]: one for one in found["databases"]}, {table.name: table for table in tables})


def _write(path: Path, made: Snapshot) -> None:
    tables = [
        {"database": table.database, "definition": table.definition, "partitions": table.partitions}
        for table in made.tables.values()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"databases": list(made.databases.values()), "tables": tables}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
