"""Delta tables through delta-rs: files are written by us, delta-rs keeps the log."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, Transaction, create_table_with_add_actions

from lakewright.errors import ProblemError
from lakewright.models.types import arrow_type, from_arrow
from lakewright.storage import Storage
from lakewright.tables import Change, Column, Commit, DataFile
from lakewright.tables.parquet import partition_text, stats_of

_OLD_VERSIONS = 4


class DeltaLakeTable:
    """One Delta table; an object may be kept and used by several threads."""

    def __init__(self, storage: Storage, path: str, name: str) -> None:
        self.storage = storage
        self.path = path
        self.name = name
        self._uri = storage.location(path)
        self._options = storage.table_options() or None
        self._lock = threading.RLock()
        self._table: DeltaTable | None = None
        self._old: OrderedDict[int, DeltaTable] = OrderedDict()
        self._files: tuple[int, tuple[DataFile, ...]] | None = None

    def refresh(self) -> bool:
        with self._lock:
            try:
                if self._table is None:
                    self._table = DeltaTable(self._uri, storage_options=self._options)
                else:
                    self._table.update_incremental()
            except TableNotFoundError:
                self._table = None
            return self._table is not None

    def exists(self) -> bool:
        return self._table is not None or self.refresh()

    def is_newest(self, version: int) -> bool:
        this, following = (f"{self.path}/_delta_log/{number:020d}.json" for number in (version, version + 1))
        return self.storage.exists(this) and not self.storage.exists(following)

    def identity(self) -> int:
        return int(str(self._at(None).metadata().id).replace("-", "")[:15], 16)

    def version(self) -> int:
        return int(self._at(None).version())

    def columns(self, version: int | None = None) -> tuple[Column, ...]:
        schema = pa.schema(cast(Any, self._at(version).schema().to_arrow()))
        return tuple(Column(field.name, from_arrow(field.type)) for field in schema)

    def partition_by(self, version: int | None = None) -> tuple[str, ...]:
        return tuple(self._at(version).metadata().partition_columns)

    def files(self, version: int | None = None) -> tuple[DataFile, ...]:
        with self._lock:
            table = self._at(version)
            number = int(table.version())
            if self._files is not None and self._files[0] == number:
                return self._files[1]
            found = _files(table)
            if version is None:
                self._files = (number, found)
            return found

    def transaction(self, application: str) -> int | None:
        found = self._at(None).transaction_version(application)
        return None if found is None else int(found)

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
            self._files = None
            self._table = None
            self.refresh()
            return self.version()

    def commit(self, change: Change) -> int:
        with self._lock:
            table = self._at(None)
            now = int(time.time() * 1000)
            actions = [_add(file) for file in change.add] + [_remove(file, now) for file in change.remove]
            partition_by = list(table.metadata().partition_columns)
            try:
                table.create_write_transaction(
                    actions,
                    "append",
                    table.schema(),
                    partition_by,
                    commit_properties=_properties(change),
                )
            except DeltaError as error:
                raise self._conflict(error) from error
            before = int(table.version())
            table.update_incremental()
            if self._files is not None and self._files[0] == before and int(table.version()) == before + 1:
                gone = {file.path for file in change.remove}
                kept = tuple(file for file in self._files[1] if file.path not in gone)
                self._files = (before + 1, kept + tuple(change.add))
            return int(table.version())

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

    def _at(self, version: int | None) -> DeltaTable:
        with self._lock:
            if not self.exists() or self._table is None:
                raise ProblemError(
                    "LW601", f"there is no table {self.name}", place=self._uri, hint="`lakewright run` makes it"
                )
            if version is None or version == self._table.version():
                return self._table
            if version not in self._old:
                self._old[version] = self._open(version)
                if len(self._old) > _OLD_VERSIONS:
                    self._old.popitem(last=False)
            return self._old[version]

    def _open(self, version: int) -> DeltaTable:
        try:
            return DeltaTable(self._uri, version=version, storage_options=self._options)
        except DeltaError as error:
            raise ProblemError(
                "LW602",
                f"{self.name} has no version {version}",
                place=self.name,
                hint=f"`lakewright table history {self.name}` shows which there are",
            ) from error

    def _conflict(self, error: DeltaError) -> ProblemError:
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


def _remove(file: DataFile, now: int) -> RemoveAction:
    return RemoveAction(
        path=file.path,
        deletion_timestamp=now,
        data_change=True,
        partition_values=dict(file.partition),
        size=file.size,
    )


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
