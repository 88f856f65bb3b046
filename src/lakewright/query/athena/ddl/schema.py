"""Databases and tables: created, dropped, altered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lakewright.catalog import Table
from lakewright.catalog.formats import (
    KINDS,
    OPTIONS,
    STORED_AS,
    TEXT_INPUT,
    TEXT_OUTPUT,
    UnreadableError,
    descriptor,
    format_of,
)
from lakewright.catalog.hive_types import HiveType, parse_hive_type
from lakewright.errors import SpecError
from lakewright.governance import Privilege
from lakewright.query.athena.commands import Answer, Done
from lakewright.query.athena.ddl.authority import (
    ANY_TABLE,
    Authority,
    hive_failure,
    no_database,
    no_table,
    task_failure,
)
from lakewright.query.athena.ddl.hive_syntax import (
    AddColumns,
    AlterDatabase,
    ColumnSpec,
    CreateDatabase,
    CreateTable,
    DropDatabase,
    DropTable,
    SetProperties,
    Storage,
)
from lakewright.query.athena.ddl.places import Places
from lakewright.query.athena.ddl.writing import check_name
from lakewright.query.athena.sql import SqlError

LONGEST_NAME = 255


@dataclass(frozen=True)
class Schema:
    """Changes of databases and tables by one principal. A hidden one answers as a missing one."""

    authority: Authority
    places: Places
    clock: Callable[[], float] = field(default=time.time)

    # databases

    def create_database(self, asked: CreateDatabase) -> Answer:
        check_name(asked.name)
        self.authority.need_create(f"{asked.name}.{ANY_TABLE}")
        if asked.location:
            self.places.readable(asked.location, self.authority.principal)
        with self.authority.catalog.exclusive() as snapshot:
            if asked.name in snapshot.databases:
                if asked.if_not_exists:
                    return Done()
                raise task_failure("AlreadyExistsException", f"Database {asked.name} already exists")
            definition: dict[str, Any] = {"Name": asked.name, "Parameters": dict(asked.properties)}
            if asked.comment:
                definition["Description"] = asked.comment
            if asked.location:
                definition["LocationUri"] = asked.location
            self.authority.catalog.put_database(definition)
        return Done()

    def drop_database(self, asked: DropDatabase) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            if not self.authority.sees_database(asked.name, snapshot):
                if asked.if_exists:
                    return Done()
                raise no_database(asked.name)
            tables = [table for table in snapshot.tables.values() if table.database == asked.name]
            if any(table.managed for table in tables):
                raise SqlError("NOT_SUPPORTED", f"{asked.name} belongs to the platform and cannot be dropped")
            if tables and not asked.cascade:
                fact = f"Database {asked.name} is not empty. One or more tables exist."
                raise task_failure("InvalidOperationException", fact)
            if not tables:
                self.authority.need_create(f"{asked.name}.{ANY_TABLE}")
            for table in tables:
                self.authority.need(table, Privilege.DROP)
            self.authority.catalog.drop_database(asked.name)
        return Done()

    def alter_database(self, asked: AlterDatabase) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            if not self.authority.sees_database(asked.name, snapshot):
                raise no_database(asked.name)
            self.authority.need_create(f"{asked.name}.{ANY_TABLE}")
            old = snapshot.databases.get(asked.name, {"Name": asked.name})
            self.authority.catalog.put_database(
                {**old, "Parameters": {**old.get("Parameters", {}), **asked.properties}}
            )
        return Done()

    # tables

    def create_table(self, asked: CreateTable) -> Answer:
        database, _, name = asked.name.partition(".")
        check_name(name)
        self._check_database(database, asked.name)
        if not asked.location:
            raise hive_failure("SemanticException no location: an external table needs LOCATION 's3://…'")
        if not asked.columns:
            raise hive_failure("SemanticException [Error 10043]: Either list column names or a custom serializer")
        self.places.readable(asked.location, self.authority.principal)
        definition = self._definition(name, asked)
        with self.authority.catalog.exclusive() as snapshot:
            if asked.name in snapshot.tables:
                if asked.if_not_exists:
                    return Done()
                raise task_failure("AlreadyExistsException", f"Table {name} already exists")
            self.authority.catalog.put_table(Table(database, definition))
        return Done()

    def drop_table(self, asked: DropTable) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = self.authority.seen(asked.name, snapshot)
            if table is None:
                if asked.if_exists:
                    return Done()
                raise no_table(asked.name)
            if table.is_view != asked.view:
                verb, kind = ("DROP VIEW", "base table") if asked.view else ("DROP TABLE", "view")
                raise hive_failure(f"SemanticException [Error 10131]: Cannot drop a {kind} with {verb}")
            self.authority.need(table, Privilege.DROP)
            self.authority.catalog.drop_table(table.database, asked.name.partition(".")[2])
        return Done()

    def add_columns(self, asked: AddColumns) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = changeable(self.authority, asked.table, snapshot.tables)
            old = [] if asked.replace else list(table.storage.get("Columns") or ())
            _checked([*(ColumnSpec(one["Name"], one["Type"]) for one in old), *asked.columns], table.keys)
            columns = [*old, *listed(asked.columns)]
            storage = {**table.storage, "Columns": columns}
            self._put(table, {**table.definition, "StorageDescriptor": storage})
        return Done()

    def set_properties(self, asked: SetProperties) -> Answer:
        with self.authority.catalog.exclusive() as snapshot:
            table = changeable(self.authority, asked.table, snapshot.tables, views=True)
            parameters = {**table.parameters, **asked.properties}
            check_readable(table.storage, parameters, views=table.is_view)
            self._put(table, {**table.definition, "Parameters": parameters})
        return Done()

    def _put(self, table: Table, definition: Mapping[str, Any]) -> None:
        self.authority.catalog.put_table(replace(table, definition=definition))

    def _check_database(self, database: str, name: str) -> None:
        snapshot = self.authority.catalog.snapshot()
        if not self.authority.sees_database(database, snapshot):
            raise no_database(database)
        self.authority.need_create(name)
        if database not in snapshot.databases:
            raise no_database(database)

    def _definition(self, name: str, asked: CreateTable) -> dict[str, Any]:
        _checked(asked.columns, {})
        _checked([*asked.columns, *asked.keys], {})
        for key in asked.keys:
            if _type_of(key).items:
                raise hive_failure("SemanticException [Error 10126]: Partition column must be of a primitive type")
        serde, options, formats = _stored_as(asked.storage)
        storage = descriptor(listed(asked.columns), asked.location, serde, options, formats)
        parameters = {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(int(self.clock())), **asked.properties}
        if asked.comment:
            parameters["comment"] = asked.comment
        check_readable(storage, parameters)
        return {
            "Name": name,
            "Owner": self.authority.principal.name,
            "TableType": "EXTERNAL_TABLE",
            "Retention": 0,
            "Parameters": parameters,
            "StorageDescriptor": storage,
            "PartitionKeys": listed(asked.keys),
        }


def changeable(authority: Authority, name: str, tables: Mapping[str, Table], *, views: bool = False) -> Table:
    """The table, if the principal may alter it; raises otherwise."""
    table = tables.get(name)
    if table is None or authority.allowed(table, Privilege.DESCRIBE) is None:
        raise no_table(name)
    if table.is_view and not views:
        raise hive_failure("SemanticException [Error 10132]: To alter a view you need to use the ALTER VIEW command")
    authority.need(table, Privilege.ALTER)
    return table


def check_readable(storage: Mapping[str, Any], parameters: Mapping[str, str], *, views: bool = False) -> None:
    """Refuses a table that could not be queried."""
    if views:
        return
    try:
        format_of(storage, parameters)
    except UnreadableError as error:
        raise SqlError("NOT_SUPPORTED", error.fact) from None


def listed(columns: Sequence[ColumnSpec]) -> list[Mapping[str, str]]:
    """Columns as Glue keeps them."""
    return [
        {"Name": one.name, "Type": str(_type_of(one))} | ({"Comment": one.comment} if one.comment else {})
        for one in columns
    ]


def _type_of(column: ColumnSpec) -> HiveType:
    try:
        return parse_hive_type(column.type)
    except SpecError as error:
        raise hive_failure(f"ParseException {column.name}: {error.fact}") from None


def _checked(columns: Sequence[ColumnSpec], keys: Mapping[str, str]) -> None:
    seen = set(keys)
    for column in columns:
        _type_of(column)
        if column.name in seen:
            raise hive_failure(f"SemanticException [Error 10036]: Duplicate column name: {column.name}")
        if len(column.name) > LONGEST_NAME:
            raise hive_failure(f"SemanticException column name too long: {column.name[:40]}…")
        seen.add(column.name)


def _stored_as(asked: Storage) -> tuple[str, Mapping[str, str], tuple[str, str]]:
    """SerDe, its properties, input and output format."""
    default, source, target = STORED_AS[asked.stored_as or "TEXTFILE"]
    if not asked.serde and asked.formats is not None:
        default = next((one for one, *formats in STORED_AS.values() if tuple(formats) == asked.formats), default)
    serde = asked.serde or default
    if serde not in KINDS:
        raise SqlError("NOT_SUPPORTED", f"SerDe {serde} is not supported by this local Athena")
    wrong = [name for name in asked.options if name not in OPTIONS[KINDS[serde]] and not name.startswith("mapping.")]
    if wrong:
        raise SqlError("NOT_SUPPORTED", f"The SerDe property {wrong[0]} is not supported by this local Athena")
    options = {"serialization.format": "1", **asked.options}
    formats = asked.formats or ((source, target) if asked.stored_as else (TEXT_INPUT, TEXT_OUTPUT))
    return serde, options, formats
