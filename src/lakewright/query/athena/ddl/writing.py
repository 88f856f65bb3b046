"""CREATE TABLE AS, INSERT and UNLOAD: rows out of a governed query, into files that appear all at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from lakewright.catalog import Definition, Table
from lakewright.catalog.formats import descriptor
from lakewright.catalog.hive_types import HiveType, parse_hive_type
from lakewright.catalog.locations import Location
from lakewright.catalog.partitions import folder
from lakewright.governance import Privilege
from lakewright.models.types import arrow_type
from lakewright.query.athena.commands import Context, Written
from lakewright.query.athena.ddl.authority import Authority
from lakewright.query.athena.ddl.files import Files, Plan
from lakewright.query.athena.ddl.layouts import (
    CTAS_ONLY,
    SHARED,
    UNLOAD_ONLY,
    Layout,
    layout_of,
    layout_of_table,
    stored_as,
)
from lakewright.query.athena.ddl.places import Places, located
from lakewright.query.athena.ddl.rows_text import partition_text
from lakewright.query.athena.ddl.types import hive_type, insertable, trino_type
from lakewright.query.athena.sql import Column, SqlError, Statement
from lakewright.query.athena.sql.types import UNKNOWN

ENFORCED = (
    "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
    "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
    "'external_location' property and resubmit the query."
)


@dataclass(frozen=True)
class Writing:
    """Statements that write, for one execution."""

    authority: Authority
    places: Places
    context: Context
    clock: Callable[[], float] = field(default=time.time)

    def create(self, statement: Statement) -> Written:
        """CREATE TABLE … AS."""
        name = statement.name
        database = name.partition(".")[0]
        snapshot = self.authority.catalog.snapshot()
        self._check_new(name, snapshot.databases)
        if name in snapshot.tables:
            return self._exists(statement)
        layout = layout_of(statement.properties, SHARED | CTAS_ONLY, "table property")
        location = self._home(statement.properties)
        selected = self.context.select(statement)
        columns = named_columns(selected.columns)
        data, keys = _split(columns, layout.keys)
        files = Files(self.places.objects, self._plan(location, layout, data, keys), self.context.execution_id)

        def publish() -> list[str]:
            if name in self.authority.catalog.snapshot().tables:
                raise _taken(name)
            return files.publish(self.context.stopped)

        def keep() -> None:
            found = self._table(name.partition(".")[2], layout, location, data, keys)
            partitions = tuple(_partition(found, values, location) for values in files.partitions if keys)
            self.authority.catalog.put_table(Table(database, found, partitions))

        batches = selected.batches() if statement.with_data else ()
        paths = self._write(files, batches, {**data, **keys}, publish, keep, empty_too=statement.with_data)
        return Written("CREATE TABLE", files.rows, paths)

    def insert(self, statement: Statement) -> Written:
        """INSERT INTO a table that somebody made."""
        table = self.authority.seen(statement.name)
        if table is None:
            fact = f"Table 'awsdatacatalog.{statement.name}' does not exist"
            raise SqlError("TABLE_NOT_FOUND", fact, 1, 1)
        if table.is_view:
            raise SqlError("NOT_SUPPORTED", "Inserting into views is not supported", 1, 1)
        self.authority.need(table, Privilege.INSERT)
        layout = layout_of_table(table)
        home = located(table.location)
        owner = self.places.principals(table.owner)
        if owner is None:
            raise SqlError("PERMISSION_DENIED", f"The owner of {table.name} is no longer there")
        self.places.writable(home, owner)
        types = {name: parse_hive_type(text) for name, text in table.columns.items()}
        selected = self.context.select(statement)
        order = _insert_order(statement, types, selected.columns)
        data, keys = _split(types, tuple(table.keys))
        homes = {tuple(one["Values"]): _place_of(one, home, table) for one in table.partitions}
        plan = replace(self._plan(home, layout, data, keys), owner=table.owner, homes=homes)
        files = Files(self.places.objects, plan, self.context.execution_id)

        def publish() -> list[str]:
            if self.authority.catalog.snapshot().tables.get(table.name) is None:
                raise SqlError("TABLE_NOT_FOUND", f"Table '{table.name}' was dropped meanwhile")
            return files.publish(self.context.stopped)

        def keep() -> None:
            now = self.authority.catalog.snapshot().tables[table.name]
            have = {tuple(one["Values"]) for one in now.partitions}
            new = [_partition(now.definition, one, home) for one in files.partitions if keys and one not in have]
            if new:
                self.authority.catalog.put_table(replace(now, partitions=(*now.partitions, *new)))

        batches = (_reordered(batch, order) for batch in selected.batches())
        paths = self._write(files, batches, types, publish, keep, empty_too=False)
        return Written("INSERT", files.rows, paths)

    def unload(self, statement: Statement) -> Written:
        """UNLOAD (SELECT …) TO 's3://…'."""
        if "format" not in statement.properties:
            raise SqlError("INVALID_TABLE_PROPERTY", "format property must be specified for UNLOAD")
        layout = layout_of(statement.properties, SHARED | UNLOAD_ONLY, "UNLOAD property")
        location = self.places.fresh(statement.location, self.authority.principal)
        selected = self.context.select(statement)
        data, keys = _split(named_columns(selected.columns), layout.keys)
        files = Files(self.places.objects, self._plan(location, layout, data, keys), self.context.execution_id)

        def publish() -> list[str]:
            self.places.fresh(statement.location, self.authority.principal)
            return files.publish(self.context.stopped)

        columns = {**data, **keys}
        paths = self._write(files, selected.batches(), columns, publish, lambda: None, empty_too=False)
        return Written("UNLOAD", files.rows, paths)

    def _write(
        self,
        files: Files,
        batches: Iterable[pa.RecordBatch],
        columns: Mapping[str, HiveType],
        publish: Callable[[], list[str]],
        keep: Callable[[], None],
        *,
        empty_too: bool,
    ) -> list[str]:
        """Writes all rows; files and catalog change in one step, or nothing stays."""
        published: list[str] = []
        try:
            for batch in batches:
                files.write(_typed(batch, columns))
            if empty_too:
                files.write_nothing()
            with self.authority.catalog.exclusive():
                published = publish()
                keep()
        except BaseException:
            files.discard()
            for path in published:
                bucket, _, key = path.removeprefix("s3://").partition("/")
                self.places.objects.delete(bucket, key)
            raise
        return published

    def _check_new(self, name: str, databases: Mapping[str, Definition]) -> None:
        database = name.partition(".")[0]
        if not self.authority.may_create(name):
            if database not in self.authority.databases():
                raise _no_schema(database)
            self.authority.need_create(name)
        if database not in databases:
            raise _no_schema(database)
        check_name(name.partition(".")[2])

    def _exists(self, statement: Statement) -> Written:
        if not statement.if_not_exists:
            raise _taken(statement.name)
        return Written("CREATE TABLE", 0)

    def _home(self, properties: Mapping[str, object]) -> Location:
        wanted = properties.get("external_location")
        if wanted is None:
            return located(self.context.output)
        if self.context.workgroup.enforced:
            raise SqlError("INVALID_TABLE_PROPERTY", ENFORCED)
        return self.places.fresh(str(wanted), self.authority.principal)

    def _plan(
        self, location: Location, layout: Layout, data: Mapping[str, HiveType], keys: Mapping[str, HiveType]
    ) -> Plan:
        if not data:
            raise SqlError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
        schema = pa.schema([(name, arrow_type(kind.canonical)) for name, kind in data.items()])
        spelled = [(name, partition_text(kind)) for name, kind in keys.items()]
        owner = self.authority.principal.name
        return Plan(location, owner, schema, spelled, layout.codec, layout.spell(data))

    def _table(
        self,
        name: str,
        layout: Layout,
        location: Location,
        data: Mapping[str, HiveType],
        keys: Mapping[str, HiveType],
    ) -> dict[str, Any]:
        serde, options, formats = stored_as(layout)
        return {
            "Name": name,
            "Owner": self.authority.principal.name,
            "TableType": "EXTERNAL_TABLE",
            "Retention": 0,
            "Parameters": {
                "EXTERNAL": "TRUE",
                "has_encrypted_data": "false",
                "classification": {"PARQUET": "parquet", "JSON": "json"}.get(layout.form, "csv"),
                "write.compression": layout.codec,
                "transient_lastDdlTime": str(int(self.clock())),
            },
            "StorageDescriptor": descriptor(_listed(data), str(location), serde, options, formats),
            "PartitionKeys": _listed(keys),
        }


def check_name(name: str) -> None:
    """A table's or database's name as Athena takes one."""
    if not name or len(name.encode()) > 255 or not all(char.isalnum() or char in "_-.$@ " for char in name):
        raise SqlError("INVALID_TABLE_PROPERTY", f"Invalid name: {name[:100]!r}")


def _taken(name: str) -> SqlError:
    return SqlError("TABLE_ALREADY_EXISTS", f"Destination table 'awsdatacatalog.{name}' already exists", 1, 1)


def _no_schema(database: str) -> SqlError:
    return SqlError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", 1, 1)


def _listed(columns: Mapping[str, HiveType]) -> list[Mapping[str, str]]:
    return [{"Name": name, "Type": str(kind)} for name, kind in columns.items()]


def named_columns(columns: Sequence[Column]) -> dict[str, HiveType]:
    """The columns of a new table. SqlError for what is unnamed, named twice, has no type or none of Hive's."""
    check_columns(columns)
    return {column.name.lower(): hive_type(column.kind) for column in columns}


def check_columns(columns: Sequence[Column]) -> None:
    """SqlError for what is unnamed, named twice or has no type."""
    found: set[str] = set()
    for number, column in enumerate(columns):
        name = column.name.lower()
        if name == f"_col{number}":
            raise SqlError("MISSING_COLUMN_NAME", f"Column name not specified at position {number + 1}", 1, 1)
        if name in found:
            raise SqlError("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once", 1, 1)
        if column.kind == UNKNOWN:
            raise SqlError("COLUMN_TYPE_UNKNOWN", f"Column type is unknown: {name}", 1, 1)
        found.add(name)


def _split(columns: Mapping[str, HiveType], keys: tuple[str, ...]) -> tuple[dict[str, HiveType], dict[str, HiveType]]:
    """Data columns and partition keys."""
    missing = [key for key in keys if key not in columns]
    if missing:
        fact = f"Partition columns {missing} not present in schema"
        raise SqlError("INVALID_TABLE_PROPERTY", fact)
    if keys and tuple(columns)[-len(keys) :] != keys:
        fact = "Partition keys must be the last columns in the table and in the same order as the table properties: "
        raise SqlError("HIVE_COLUMN_ORDER_MISMATCH", f"{fact}[{', '.join(keys)}]")
    wrong = [key for key in keys if columns[key].items or columns[key].name in ("binary", "float", "double")]
    if wrong:
        raise SqlError("NOT_SUPPORTED", f"Unsupported type [{columns[wrong[0]]}] for partition: {wrong[0]}")
    data = {name: kind for name, kind in columns.items() if name not in keys}
    return data, {key: columns[key] for key in keys}


def _partition(definition: Mapping[str, Any], values: tuple[str, ...], home: Location) -> Definition:
    names = [column["Name"] for column in definition["PartitionKeys"]]
    storage = {**definition["StorageDescriptor"], "Location": str(home.below(folder(names, values)))}
    return {"Values": list(values), "StorageDescriptor": storage, "Parameters": {}}


def _place_of(partition: Definition, home: Location, table: Table) -> Location:
    written = (partition.get("StorageDescriptor") or {}).get("Location")
    return located(str(written)) if written else home.below(folder(list(table.keys), partition["Values"]))


def _insert_order(statement: Statement, types: Mapping[str, HiveType], given: Sequence[Column]) -> list[int | None]:
    """For each column of the table the column of the query; None for one that stays empty."""
    listed = statement.columns or tuple(types)
    unknown = [name for name in listed if name not in types]
    if unknown:
        raise SqlError("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {unknown[0]}", 1, 1)
    if len(set(listed)) != len(listed):
        raise SqlError("DUPLICATE_COLUMN_NAME", "Insert column name is specified more than once", 1, 1)
    wanted = [trino_type(types[name]) for name in listed]
    fits = len(given) == len(wanted) and all(
        insertable(column.kind, kind) for column, kind in zip(given, wanted, strict=True)
    )
    if not fits:
        have, asked = ", ".join(map(str, wanted)), ", ".join(column.type for column in given)
        fact = f"Insert query has mismatched column types: Table: [{have}], Query: [{asked}]"
        raise SqlError("TYPE_MISMATCH", fact, 1, 1)
    return [listed.index(name) if name in listed else None for name in types]


def _reordered(batch: pa.RecordBatch, order: Sequence[int | None]) -> pa.RecordBatch:
    nothing = pa.nulls(batch.num_rows)
    arrays = [nothing if index is None else batch.column(index) for index in order]
    return pa.RecordBatch.from_arrays(arrays, names=[f"c{number}" for number in range(len(arrays))])


def _typed(batch: pa.RecordBatch, columns: Mapping[str, HiveType]) -> pa.RecordBatch:
    """The batch in the columns' own types. SqlError for text that does not fit."""
    arrays = []
    for array, (name, kind) in zip(batch.columns, columns.items(), strict=True):
        if kind.name in ("varchar", "char"):
            _check_length(array, name, kind)
        wanted = arrow_type(kind.canonical)
        try:
            arrays.append(array if array.type == wanted else array.cast(wanted))
        except pa.ArrowInvalid as error:
            raise SqlError("NUMERIC_VALUE_OUT_OF_RANGE", f"Column {name}: {error}") from None
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _check_length(array: pa.Array[Any], name: str, kind: HiveType) -> None:
    texts = (text for text in array.to_pylist() if text is not None)
    if any(len(text.rstrip(" ")) > kind.numbers[0] for text in texts):
        fact = f"Cannot truncate non-space characters when casting to {kind} on INSERT (column {name})"
        raise SqlError("INVALID_CAST_ARGUMENT", fact)


__all__ = ["Writing", "check_columns", "check_name", "named_columns"]
