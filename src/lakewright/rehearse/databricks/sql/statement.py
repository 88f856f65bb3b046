"""One statement that is no query, with what it needs to be done."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.sql.selects import Asker, whole_name
from lakewright.rehearse.databricks.sql.writing import DeltaFiles
from lakewright.rehearse.databricks.unity.kinds import CATALOG, FUNCTION, METASTORE, SCHEMA, TABLE, VOLUME
from lakewright.rehearse.databricks.world import Call

if TYPE_CHECKING:
    from sqlglot import exp

Columns = Mapping[str, list[Any]]
"""What a statement answers: name → values."""
NOTHING: Columns = {}
SECURABLES = {
    "CATALOG": CATALOG, "SCHEMA": SCHEMA, "DATABASE": SCHEMA, "TABLE": TABLE, "VIEW": TABLE, "VOLUME": VOLUME,
    "FUNCTION": FUNCTION, "METASTORE": METASTORE,
}  # fmt: skip


@dataclass
class TableLocks:
    """One writer of a table at a time."""

    _locks: dict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def __call__(self, table: str) -> Iterator[None]:
        with self._lock:
            own = self._locks[table]
        with own:
            yield


@dataclass(frozen=True)
class Statement:
    """`run` runs a query of it as the caller; `files` is where tables lie; `tables` keeps other writers of a table out.
    `alive` raises when it was cancelled; from then on it cannot be any more."""

    call: Call
    asker: Asker
    run: Callable[[str | exp.Expr], pa.Table]
    files: DeltaFiles
    tables: Callable[[str], AbstractContextManager[None]]
    alive: Callable[[], None]

    def whole(self, path: Sequence[str], parts: int) -> tuple[str, ...]:
        """A name of so many parts; what is missing at the front is the caller's catalog and schema."""
        if len(path) > parts:
            raise SqlProblem("IDENTIFIER_TOO_MANY_NAME_PARTS", f"{'.'.join(path)} has too many parts.", "42601")
        if parts == 3:
            return tuple(whole_name(".".join(path), self.asker).split("."))
        front = [self.asker.catalog] if parts == 2 and len(path) == 1 else []
        return (*front, *(one.lower() for one in path))
