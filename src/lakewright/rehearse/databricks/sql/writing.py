"""Rows into Delta tables, where Unity Catalog says that they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from lakewright.models.types import arrow_type
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

    def columns(self, body: Body) -> Mapping[str, str]:
        """Of what lies there."""
        table = self._table(body)
        return {one.name: one.type for one in table.columns()} if table.refresh() else {}

    def create(self, body: Body, rows: pa.Table | None = None) -> None:
        """An empty table of its declared columns, or one of these rows."""
        columns = [Column(str(one["name"]), str(one["type_text"])) for one in body["columns"]]
        table = self._table(body)
        table.refresh()
        table.replace(columns, (), Change(add=self._written(body, rows)))

    def append(self, body: Body, rows: pa.Table) -> None:
        """Rows whose columns stand in the table's order."""
        table = self._table(body)
        if not table.refresh():
            raise SqlProblem("DELTA_TABLE_NOT_FOUND", f"There is no table at {body['storage_location']}.", "42P01")
        table.commit(Change(add=self._written(body, rows)))

    def _written(self, body: Body, rows: pa.Table | None) -> Sequence[DataFile]:
        if rows is None or rows.num_rows == 0:
            return ()
        if len(rows.column_names) != len(body["columns"]):
            text = f"The query has {len(rows.column_names)} columns, the table {len(body['columns'])}."
            raise SqlProblem("INSERT_COLUMN_ARITY_MISMATCH", text, "21S01")
        names = [str(one["name"]) for one in body["columns"]]
        fields = [
            pa.field(name, arrow_type(str(one["type_text"]))) for name, one in zip(names, body["columns"], strict=True)
        ]
        shaped = rows.rename_columns(names).cast(pa.schema(fields))
        bucket, key = bucket_and_key(str(body["storage_location"]))
        writer = PartitionedWriter(open_storage(str(self._folder_of(bucket))), key, ())
        return writer.write(shaped.to_reader())
