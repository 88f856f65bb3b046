"""Table formats behind one port: what a table must be able to do for the pipeline, and which formats there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from lakewright.storage import Storage


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its canonical (Spark SQL) type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table. `path` is relative to the table; the partition's columns are in its path only.

    `partition` holds text as the format keeps it (None is NULL). `lows` and `highs` bound the values of the columns
    they name; a column that is missing there may hold anything.
    """

    path: str
    size: int
    rows: int
    partition: Mapping[str, str | None] = field(default_factory=dict)
    lows: Mapping[str, Any] = field(default_factory=dict)
    highs: Mapping[str, Any] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commit:
    """One entry of a table's history; `metadata` is what the committer gave along."""

    version: int
    at: datetime
    operation: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit does, all or nothing: files out, files in, transactions and metadata beside them."""

    remove: Sequence[DataFile] = ()
    add: Sequence[DataFile] = ()
    transactions: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


class Table(Protocol):
    """A versioned table in the lake. One writer at a time: a commit on a version that is not the newest fails (LW603).

    Readers that pass `version=None` mean the newest version this object has seen; `refresh` looks for newer ones.
    """

    name: str
    storage: Storage
    path: str

    def refresh(self) -> bool:
        """Looks for newer versions; False when there is no table."""

    def exists(self) -> bool: ...

    def is_newest(self, version: int) -> bool:
        """Whether `version` is the newest one, told without opening the table; False when that is not certain."""

    def identity(self) -> int:
        """A number that stays while the table is changed and differs once it is replaced as a whole."""

    def version(self) -> int: ...

    def columns(self, version: int | None = None) -> tuple[Column, ...]: ...

    def partition_by(self, version: int | None = None) -> tuple[str, ...]: ...

    def files(self, version: int | None = None) -> tuple[DataFile, ...]: ...

    def transaction(self, application: str) -> int | None:
        """The number last committed for `application`; None when there is none."""

    def replace(self, columns: Sequence[Column], partition_by: Sequence[str], change: Change) -> int:
        """Creates the table, or replaces its schema and all its rows, in one commit. Older versions stay readable.

        The identity stays unless the partition columns change.
        """

    def commit(self, change: Change) -> int:
        """Commits on top of the version this object has seen; the new version."""

    def history(self, limit: int | None = None) -> tuple[Commit, ...]:
        """Newest first."""

    def version_at(self, moment: datetime) -> int:
        """The version that was the newest at `moment`; LW604 when the table did not exist yet."""

    def vacuum(self, keep: timedelta, *, dry_run: bool = False) -> tuple[str, ...]:
        """Removes files that no version of the last `keep` needs; their paths."""


def _delta(storage: Storage, path: str, name: str) -> Table:
    from lakewright.tables.delta import DeltaLakeTable

    return DeltaLakeTable(storage, path, name)


TABLES: Mapping[str, Callable[[Storage, str, str], Table]] = {"delta": _delta}


def open_table(storage: Storage, name: str, kind: str = "delta", path: str | None = None) -> Table:
    """The table called `name` (`silver.order`), which lies under `silver/order/`; it may not exist yet."""
    return TABLES[kind](storage, path if path is not None else name.replace(".", "/", 1), name)
