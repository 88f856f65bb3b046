"""Delta tables at the places that the catalog names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from lakewright.catalog import Snapshot
from lakewright.catalog.locations import Location, parse_location
from lakewright.engines.duckdb import scan_sql
from lakewright.errors import SpecError
from lakewright.governance.decisions import TableFacts
from lakewright.governance.predicate import Predicate
from lakewright.query.governed.pruning import files_that_may_fit
from lakewright.query.governed.terms import Pin, TableSource, ViewSource
from lakewright.rehearse.aws.live.athena.catalog import is_delta
from lakewright.storage import open_storage
from lakewright.tables import DataFile
from lakewright.tables.delta import DeltaLakeTable

FolderOf = Callable[[str], Path]


class DeltaTables:
    """Tables that stay open from query to query. `folder_of` gives the folder of a bucket's objects."""

    def __init__(self, folder_of: FolderOf) -> None:
        self._folder_of = folder_of
        self._open: dict[str, DeltaLakeTable] = {}

    def table(self, name: str, place: Location) -> DeltaLakeTable | None:
        """With its newest version known; None when there is no log yet."""
        key = str(place)
        found = self._open.get(key)
        if found is None:
            storage = open_storage(str(self._folder_of(place.bucket)))
            found = DeltaLakeTable(storage, place.prefix.rstrip("/"), name)
        if not found.refresh():
            self._open.pop(key, None)
            return None
        self._open[key] = found
        return found


class DeltaSources:
    """The Delta tables of a catalog at the moment of one query. One without a log is empty, as its declaration says."""

    def __init__(self, snapshot: Snapshot, tables: DeltaTables) -> None:
        self._snapshot, self._tables = snapshot, tables
        self._opened: dict[str, DeltaLakeTable | None] = {}

    def names(self) -> list[str]:
        return sorted(name for name, one in self._snapshot.tables.items() if is_delta(one))

    def facts(self, name: str) -> TableFacts:
        return TableFacts(name, self._columns(name))

    def source(self, name: str, pin: Pin) -> TableSource:
        table = self._table(name)
        columns = self._columns(name)
        if table is None:
            return TableSource(columns, _spelled((), columns, (), ""), (), None)
        version = table.version_at(pin.moment) if pin.moment else pin.version
        version = table.version() if version is None else version
        columns = {column.name: column.type for column in table.columns(version)}
        keys, files = table.partition_by(version), table.files(version)
        root = table.storage.location(table.path)
        sql = _spelled(files, columns, keys, root)
        return TableSource(columns, sql, (root,), version, partial(_narrowed, files, columns, keys, root))

    def view(self, name: str) -> ViewSource | None:  # noqa: ARG002 - views are put into the statement before
        return None

    def versions(self, names: Sequence[str]) -> Mapping[str, int | None]:
        """None for what is no Delta table, or has no log."""
        found: dict[str, int | None] = {}
        for name in names:
            table = self._table(name) if name in self.names() else None
            found[name] = None if table is None else table.version()
        return found

    def _table(self, name: str) -> DeltaLakeTable | None:
        if name not in self._opened:
            declared = self._snapshot.tables.get(name)
            if declared is None or not is_delta(declared):
                raise SpecError("LW1204", f"there is no table {name}")
            self._opened[name] = self._tables.table(name, parse_location(declared.location))
        return self._opened[name]

    def _columns(self, name: str) -> Mapping[str, str]:
        table = self._table(name)
        if table is not None:
            return {column.name: column.type for column in table.columns()}
        from lakewright.catalog.hive_types import parse_hive_type

        return {column: parse_hive_type(kind).canonical for column, kind in self._snapshot.tables[name].columns.items()}


def _spelled(files: Iterable[DataFile], columns: Mapping[str, str], keys: Sequence[str], root: str) -> str:
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    return f"SELECT {names} FROM ({scan_sql([f'{root}/{file.path}' for file in files], columns, keys)})"


def _narrowed(
    files: Iterable[DataFile], columns: Mapping[str, str], keys: Sequence[str], root: str, condition: Predicate
) -> str:
    return _spelled(files_that_may_fit(files, condition, columns), columns, keys, root)
