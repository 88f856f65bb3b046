"""What a running task tells of itself: counts by table, latencies, exceptions. One thread writes, others read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

BEFORE_LOAD, FULL_LOAD, COMPLETED = "Before load", "Full load", "Table completed"
RELOADING, FAILED = "Table is being reloaded", "Table error"
MOST_EXCEPTIONS = 10_000


@dataclass(frozen=True)
class TableCounts:
    """One source table's counts, named as DescribeTableStatistics has them."""

    schema: str
    name: str
    state: str = BEFORE_LOAD
    inserts: int = 0
    updates: int = 0
    deletes: int = 0
    ddls: int = 0
    full_load_rows: int = 0
    full_load_errors: int = 0
    load_start: datetime | None = None
    load_end: datetime | None = None
    reloaded: bool = False
    updated: datetime | None = None


@dataclass(frozen=True)
class Latency:
    """Seconds. `source`: how old the newest change read is while more wait; `target`: how old the oldest unwritten."""

    source: float = 0.0
    target: float = 0.0
    pending: int = 0


@dataclass(frozen=True)
class ApplyException:
    """A row of `awsdms_apply_exceptions`."""

    table_owner: str
    table_name: str
    error_time: datetime
    statement: str
    error: str


@dataclass
class Progress:
    """`reload` puts a table on the list of those that the running task is to load again."""

    latency: Latency = field(default_factory=Latency)
    position: int = 0
    load_start: datetime | None = None
    load_end: datetime | None = None
    flushes: int = 0
    _tables: dict[tuple[str, str], TableCounts] = field(default_factory=dict)
    _exceptions: deque[ApplyException] = field(default_factory=lambda: deque(maxlen=MOST_EXCEPTIONS))
    _reloads: list[tuple[str, str]] = field(default_factory=list)
    _flush: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tables(self) -> Mapping[tuple[str, str], TableCounts]:
        """By source schema and table."""
        with self._lock:
            return dict(self._tables)

    @property
    def exceptions(self) -> list[ApplyException]:
        with self._lock:
            return list(self._exceptions)

    def restore(self, tables: Mapping[tuple[str, str], TableCounts]) -> None:
        with self._lock:
            self._tables = dict(tables)

    def meet(self, schema: str, name: str) -> None:
        """A table takes part."""
        with self._lock:
            self._tables.setdefault((schema, name), TableCounts(schema, name))

    def note(self, place: tuple[str, str], **changes: object) -> None:
        """Sets fields of a table's counts."""
        with self._lock:
            found = self._tables.get(place) or TableCounts(*place)
            self._tables[place] = replace(found, updated=datetime.now(UTC), **changes)  # type: ignore[arg-type]

    def count(self, place: tuple[str, str], **more: int) -> None:
        """Adds to fields of a table's counts."""
        with self._lock:
            found = self._tables.get(place) or TableCounts(*place)
            sums = {name: getattr(found, name) + number for name, number in more.items()}
            self._tables[place] = replace(found, updated=datetime.now(UTC), **sums)

    def fail(self, place: tuple[str, str], statement: str, error: str) -> None:
        """The table is suspended, and told of among the exceptions."""
        self.note(place, state=FAILED)
        self.warn(place, statement, error)

    def warn(self, place: tuple[str, str], statement: str, error: str) -> None:
        with self._lock:
            self._exceptions.append(ApplyException(*place, datetime.now(UTC), statement, error))

    def flush(self) -> None:
        """What waits is to be written now, whatever the intervals say."""
        with self._lock:
            self._flush = True

    def flush_asked(self) -> bool:
        """Takes the wish to flush."""
        with self._lock:
            found, self._flush = self._flush, False
        return found

    def reload(self, schema: str, name: str) -> None:
        with self._lock:
            self._reloads.append((schema, name))

    def reloads(self) -> list[tuple[str, str]]:
        """Takes what is to be loaded again."""
        with self._lock:
            found, self._reloads = self._reloads, []
        return found
