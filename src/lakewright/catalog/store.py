"""Where the catalog is kept: what the lake has, and what clients made; one snapshot at a time."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from lakewright.catalog.definitions import Definition, Snapshot, Table

LOOK_SECONDS = 2.0


class Catalog(Protocol):
    """Where definitions live. Thread-safe; `snapshot` gives the same object while nothing changes."""

    def snapshot(self) -> Snapshot: ...

    def exclusive(self) -> AbstractContextManager[Snapshot]:
        """What is there, while no other thread changes anything."""

    def put_database(self, definition: Definition) -> None: ...

    def drop_database(self, name: str) -> None: ...

    def put_table(self, table: Table) -> None: ...

    def drop_table(self, database: str, name: str) -> None: ...


class LocalCatalog:
    """The lake's tables, looked for again every two seconds, and what clients made, kept in a file.

    The file is replaced as a whole, so that it is always one state. Several processes may write: each reads again
    what another one wrote before it changes anything.
    """

    def __init__(self, path: Path, lake: Callable[[], Snapshot], now: Callable[[], float] = time.monotonic) -> None:
        self._path, self._lake, self._now = path, lake, now
        self._lock = threading.RLock()
        self._made, self._stamp = _read(path)
        self._found = Snapshot()
        self._looked = float("-inf")
        self._whole: Snapshot | None = None
        self._own: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Everything. Of two of one name the lake's is the one."""
        with self._lock:
            self._refresh()
            if self._now() - self._looked > LOOK_SECONDS:
                found = self._lake()
                self._looked = self._now()
                if found != self._found:
                    self._found, self._whole, self._own = found, None, None
            if self._whole is None:
                made, found = self._made, self._found
                self._whole = Snapshot({**made.databases, **found.databases}, {**made.tables, **found.tables})
            return self._whole

    def made(self) -> Snapshot:
        """What clients made, without the names that the lake has; cheap, since the lake is not looked at again."""
        with self._lock:
            if self._looked == float("-inf"):
                self.snapshot()
            self._refresh()
            if self._own is None:
                tables = {name: one for name, one in self._made.tables.items() if name not in self._found.tables}
                self._own = Snapshot(self._made.databases, tables)
            return self._own

    @contextmanager
    def exclusive(self) -> Iterator[Snapshot]:
        """What is there, while nobody else changes anything: for changes that depend on it."""
        with self._lock:
            yield self.snapshot()

    def put_database(self, definition: Definition) -> None:
        with self._changing():
            self._keep(Snapshot({**self._made.databases, definition["Name"]: definition}, self._made.tables))

    def drop_database(self, name: str) -> None:
        with self._changing():
            databases = {key: value for key, value in self._made.databases.items() if key != name}
            tables = {key: table for key, table in self._made.tables.items() if table.database != name}
            self._keep(Snapshot(databases, tables))

    def put_table(self, table: Table) -> None:
        with self._changing():
            self._keep(Snapshot(self._made.databases, {**self._made.tables, table.name: table}))

    def drop_table(self, database: str, name: str) -> None:
        with self._changing():
            tables = {key: table for key, table in self._made.tables.items() if key != f"{database}.{name}"}
            self._keep(Snapshot(self._made.databases, tables))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone among threads and processes, with the newest state read."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._refresh()
            yield

    def _refresh(self) -> None:
        if _stamp(self._path) != self._stamp:
            self._made, self._stamp = _read(self._path)
            self._whole = self._own = None

    def _keep(self, made: Snapshot) -> None:
        _write(self._path, made)
        self._made, self._stamp = made, _stamp(self._path)
        self._whole = self._own = None


Stamp = tuple[int, int, int] | None


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> tuple[Snapshot, Stamp]:
    stamp = _stamp(path)
    if stamp is None:
        return Snapshot(), None
    found = json.loads(path.read_text(encoding="utf-8"))
    tables = [Table(one["database"], one["definition"], tuple(one["partitions"])) for one in found["tables"]]
    return Snapshot({one["Name"]: one for one in found["databases"]}, {table.name: table for table in tables}), stamp


def _write(path: Path, made: Snapshot) -> None:
    tables = [
        {"database": table.database, "definition": table.definition, "partitions": table.partitions}
        for table in made.tables.values()
    ]
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"databases": list(made.databases.values()), "tables": tables}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
