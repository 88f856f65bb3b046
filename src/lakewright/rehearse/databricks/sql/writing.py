"""Rows into Delta tables, where Unity Catalog says that they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.sql.fitting import fitted_rows
from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.urls import bucket_and_key
from lakewright.storage import open_storage
from lakewright.tables import Change, Column, DataFile
from lakewright.tables.delta import DeltaLakeTable
from lakewright.tables.parquet import PartitionedWriter

_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "tinyint"),
    (pa.types.is_int16, "smallint"),
    (pa.types.is_int32, "int"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_float32, "float"),
    (pa.types.is_float64, "double"),
    (pa.types.is_date, "date"),
    (pa.types.is_binary, "binary"),
    (pa.types.is_string, "string"),
    (pa.types.is_large_string, "string"),
)


def canonical(kind: pa.DataType) -> str:
    """The SQL name of a column's type. Raises SqlProblem for nested ones."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    found = next((name for test, name in _TYPES if test(kind)), None)
    if found is None:
        raise SqlProblem("UNSUPPORTED_DATATYPE", f"Unsupported data type {kind}.", "0A000")
    return found


class DeltaFiles:
    """`folder_of` gives the folder of a bucket's objects."""

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        self._folder_of = folder_of

    def _table(self, body: Body) -> DeltaLakeTable:
        bucket, key = bucket_and_key(str(body["storage_location"]))
        folder = self._folder_of(bucket)
        folder.mkdir(parents=True, exist_ok=True)
        return DeltaLakeTable(open_storage(str(folder)), key, str(body["full_name"]))

    def is_there(self, body: Body) -> bool:
        return self._table(body).refresh()

    def opened(self, body: Body) -> DeltaLakeTable:
        """The newest version of what lies there. Raises SqlProblem."""
        table = self._table(body)
        if not table.refresh():
            raise SqlProblem("DELTA_TABLE_NOT_FOUND", f"There is no table at {body['storage_location']}.", "42P01")
        return table

    def columns(self, body: Body) -> Mapping[str, str]:
        """Of what lies there."""
        table = self._table(body)
        return {one.name: one.type for one in table.columns()} if table.refresh() else {}

    def create(self, body: Body, rows: pa.Table | None = None) -> None:
        """A table of its declared columns: empty, or with these rows."""
        columns = [Column(str(one["name"]), str(one["type_text"])) for one in body["columns"]]
        table = self._table(body)
        keys = [str(one["name"]) for one in partition_columns(body)]
        if table.refresh() and not keys:
            keys = list(table.partition_by())
        table.replace(columns, keys, Change(add=self._written(body, body["columns"], keys, rows)))

    def append(self, body: Body, columns: Sequence[Body], rows: pa.Table) -> None:
        """Rows whose columns stand in the table's order."""
        table = self.opened(body)
        self._commit(table, Change(add=self._written(body, columns, table.partition_by(), rows)))

    def change(self, body: Body, columns: Sequence[Body], rows: pa.Table, version: int) -> None:
        """All rows of the table from now on. Raises SqlProblem when it is not at this version any more."""
        table = self.opened(body)
        if table.version() != version:
            raise conflict(body)
        add = self._written(body, columns, table.partition_by(), rows)
        self._commit(table, Change(remove=table.files(), add=add))

    def _commit(self, table: DeltaLakeTable, change: Change) -> None:
        try:
            table.commit(change)
        except ProblemError as error:
            if error.code == "LW603":
                raise conflict({"full_name": table.name}) from None
            raise SqlProblem("DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", str(error), "56038") from None

    def _written(
        self, body: Body, columns: Sequence[Body], keys: Sequence[str], rows: pa.Table | None
    ) -> Sequence[DataFile]:
        if rows is None or rows.num_rows == 0:
            return ()
        shaped = fitted_rows(rows, columns, str(body["full_name"]))
        if keys:
            shaped = shaped.sort_by([(key, "ascending") for key in keys])
        bucket, key = bucket_and_key(str(body["storage_location"]))
        writer = PartitionedWriter(open_storage(str(self._folder_of(bucket))), key, keys)
        return writer.write(shaped.to_reader())


def partition_columns(body: Body) -> Sequence[Body]:
    """By which a table's files are kept apart, in order."""
    found = [one for one in body["columns"] if one.get("partition_index") is not None]
    return sorted(found, key=lambda one: int(one["partition_index"]))


def conflict(body: Body) -> SqlProblem:
    text = f"There has been a concurrent update of {body['full_name']}. Please try the operation again."
    return SqlProblem("DELTA_CONCURRENT_WRITE", text, "2D521")
