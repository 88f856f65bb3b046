"""Delta tables: we write files and the log's plain entries; delta-rs reads the log, makes and replaces tables,
checkpoints and vacuums."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.table import ProtocolVersions
from deltalake.transaction import AddAction, Transaction, create_table_with_add_actions

from lakewright.errors import ProblemError
from lakewright.models.types import arrow_type, from_arrow
from lakewright.storage import Exists, Storage
from lakewright.tables import Change, Column, Commit, DataFile
from lakewright.tables.delta_log import check_protocol, entry_path, put_entry, wants_checkpoint
from lakewright.tables.parquet import partition_text, stats_of

_OLD_VERSIONS = 4


@dataclass
class _Newest:
    """What is known of the newest version, without asking delta-rs again; `numbers` are its transactions, as far as
    they were asked for."""

    version: int
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...]
    identity: int
    protocol: ProtocolVersions
    files: tuple[DataFile, ...] | None = None
    numbers: dict[str, int | None] = field(default_factory=dict)

    def follow(self, change: Change) -> None:
        """The next version, which `change` made."""
        if self.files is not None:
            gone = {file.path for file in change.remove}
            self.files = (*(file for file in self.files if file.path not in gone), *change.add)
        self.numbers.update(change.transactions)
        self.version += 1


class DeltaLakeTable:
    """One Delta table; an object may be kept and used by several threads.

    Our own commits are followed in `_newest`; `_table`, which delta-rs reads from the log, may lag behind them.
    """

    def __init__(self, storage: Storage, path: str, name: str) -> None:
        self.storage = storage
        self.path = path
        self.name = name
        self._uri = storage.location(path)
        self._options = storage.table_options() or None
        self._lock = threading.RLock()
        self._table: DeltaTable | None = None
        self._newest: _Newest | None = None
        self._old: OrderedDict[int, DeltaTable] = OrderedDict()

    def refresh(self) -> bool:
        with self._lock:
            if self._newest is not None and self.is_newest(self._newest.version):
                return True
            self._newest = None
            try:
                if self._table is None:
                    self._table = self._at_newest()
                else:
                    self._table.update_incremental()
            except TableNotFoundError:
                self._table = None
            return self._table is not None

    def exists(self) -> bool:
        return self._newest is not None or self._table is not None or self.refresh()

    def is_newest(self, version: int) -> bool:
        this, following = (entry_path(self.path, number) for number in (version, version + 1))
        return self.storage.exists(this) and not self.storage.exists(following)

    def identity(self) -> int:
        return self._known().identity

    def version(self) -> int:
        return self._known().version

    def columns(self, version: int | None = None) -> tuple[Column, ...]:
        with self._lock:
            known = self._known()
            return known.columns if version in (None, known.version) else _columns(self._at(version))

    def partition_by(self, version: int | None = None) -> tuple[str, ...]:
        with self._lock:
            known = self._known()
            return known.partition_by if version in (None, known.version) else _partition_by(self._at(version))

    def files(self, version: int | None = None) -> tuple[DataFile, ...]:
        with self._lock:
            known = self._known()
            if version not in (None, known.version):
                return _files(self._at(version))
            if known.files is None:
                known.files = _files(self._at(None))
            return known.files

    def transaction(self, application: str) -> int | None:
        with self._lock:
            known = self._known()
            if application not in known.numbers:
                found = self._at(None).transaction_version(application)
                known.numbers[application] = None if found is None else int(found)
            return known.numbers[application]

    def replace(self, columns: Sequence[Column], partition_by: Sequence[str], change: Change) -> int:
        with self._lock:
            adds = [_add(file) for file in change.add]
            try:
                if self.exists() and self.partition_by() == tuple(partition_by):
                    self._at(None).create_write_transaction(
                        list(adds),
                        "overwrite",
                        _schema(columns),
                        list(partition_by),
                        commit_properties=_properties(change),
                    )
                else:  # delta-rs 1.6.6 breaks a table whose partition columns a write transaction changes
                    create_table_with_add_actions(
                        self._uri,
                        _schema(columns),
                        adds,
                        mode="overwrite",
                        partition_by=list(partition_by),
                        name=self.name,
                        storage_options=self._options,
                        commit_properties=_properties(change),
                    )
            except DeltaError as error:
                raise self._conflict(error) from error
            self._newest = self._table = None
            self.refresh()
            return self.version()

    def commit(self, change: Change) -> int:
        with self._lock:
            known = self._known()
            check_protocol(self.name, known.protocol)
            version = known.version + 1
            try:
                put_entry(self.storage, self.path, version, change, known.partition_by, int(time.time() * 1000))
            except Exists as error:
                raise self._conflict(error) from error
            known.follow(change)
            if wants_checkpoint(self.path, version):
                table = self._at(None)
                table.create_checkpoint()
                table.cleanup_metadata()
            return version

    def history(self, limit: int | None = None) -> tuple[Commit, ...]:
        return tuple(_entry(item) for item in self._at(None).history(limit))

    def version_at(self, moment: datetime) -> int:
        for commit in self.history():
            if commit.at <= moment:
                return commit.version
        raise ProblemError(
            "LW604",
            f"there was no {self.name} at {moment.isoformat()}",
            place=self.name,
            hint=f"`lakewright table history {self.name}` shows what there is",
        )

    def vacuum(self, keep: timedelta, *, dry_run: bool = False) -> tuple[str, ...]:
        with self._lock:
            hours = int(keep.total_seconds() // 3600)
            gone = self._at(None).vacuum(hours, dry_run=dry_run, enforce_retention_duration=False)
            if not dry_run:
                self.refresh()
            return tuple(gone)

    def _known(self) -> _Newest:
        with self._lock:
            if self._newest is None:
                table = self._at(None)
                identity = int(str(table.metadata().id).replace("-", "")[:15], 16)
                self._newest = _Newest(
                    int(table.version()), _columns(table), _partition_by(table), identity, table.protocol()
                )
            return self._newest

    def _at(self, version: int | None) -> DeltaTable:
        """The table as delta-rs reads it, at a version or at the newest that is known."""
        with self._lock:
            if self._table is None and not self.refresh():
                raise ProblemError(
                    "LW601", f"there is no table {self.name}", place=self._uri, hint="`lakewright run` makes it"
                )
            assert self._table is not None  # noqa: S101 - `refresh` has just found it
            if version is None or (self._newest is not None and version == self._newest.version):
                if self._newest is not None and self._table.version() < self._newest.version:
                    self._table.update_incremental()
                    if self._table.version() != self._newest.version:
                        raise self._conflict(f"version {self._table.version()} is not ours")
                return self._table
            if version == self._table.version():
                return self._table
            if version not in self._old:
                self._old[version] = self._open(version)
                if len(self._old) > _OLD_VERSIONS:
                    self._old.popitem(last=False)
            return self._old[version]

    def _open(self, version: int) -> DeltaTable:
        problem = ProblemError(
            "LW602",
            f"{self.name} has no version {version}",
            place=self.name,
            hint=f"`lakewright table history {self.name}` shows which there are",
        )
        try:
            # delta-rs counts up to a version that is far too high, for as long as that takes
            if version > self.version() and version > self._at_newest().version():
                raise problem
            return DeltaTable(self._uri, version=version, storage_options=self._options)
        except (DeltaError, OverflowError) as error:
            raise problem from error

    def _at_newest(self) -> DeltaTable:
        """As it is now, whatever is known."""
        return DeltaTable(self._uri, storage_options=self._options)

    def _conflict(self, error: DeltaError | Exists | str) -> ProblemError:
        return ProblemError(
            "LW603",
            f"the commit to {self.name} was refused: {error}",
            place=self.name,
            hint="someone else wrote to this table; run again, it starts from the newest version",
        )


def _properties(change: Change) -> CommitProperties:
    return CommitProperties(
        custom_metadata=dict(change.metadata),
        max_commit_retries=0,
        app_transactions=[Transaction(name, number) for name, number in change.transactions.items()],
    )


def _schema(columns: Sequence[Column]) -> Schema:
    return Schema.from_arrow(pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns]))


def _add(file: DataFile) -> AddAction:
    stats = json.dumps(stats_of(file))
    return AddAction(file.path, file.size, file.partition, int(time.time() * 1000), data_change=True, stats=stats)


def _columns(table: DeltaTable) -> tuple[Column, ...]:
    schema = pa.schema(cast(Any, table.schema().to_arrow()))
    return tuple(Column(field.name, from_arrow(field.type)) for field in schema)


def _partition_by(table: DeltaTable) -> tuple[str, ...]:
    return tuple(table.metadata().partition_columns)


def _files(table: DeltaTable) -> tuple[DataFile, ...]:
    """The log's paths are percent-encoded; partition values come as text."""
    rows: list[dict[str, Any]] = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    found = []
    for row in rows:
        groups: dict[str, dict[str, Any]] = {"partition": {}, "min": {}, "max": {}, "null_count": {}}
        for key, value in row.items():
            group, dot, column = key.partition(".")
            if dot and group in groups:
                groups[group][column] = value
        lows = {name: value for name, value in groups["min"].items() if value is not None}
        partition = {name: partition_text(value) for name, value in groups["partition"].items()}
        found.append(
            DataFile(
                path=unquote(row["path"]),
                size=row["size_bytes"],
                rows=-1 if row["num_records"] is None else row["num_records"],
                partition=partition,
                lows=lows,
                highs={name: groups["max"][name] for name in lows if groups["max"].get(name) is not None},
                nulls={name: value for name, value in groups["null_count"].items() if value is not None},
            )
        )
    return tuple(found)


def _entry(item: dict[str, Any]) -> Commit:
    metadata = {key: str(value) for key, value in item.items() if key.startswith("lakewright.")}
    at = datetime.fromtimestamp(item["timestamp"] / 1000, tz=UTC)
    return Commit(int(item["version"]), at, str(item["operation"]), metadata)


__all__ = ["DeltaLakeTable"]
