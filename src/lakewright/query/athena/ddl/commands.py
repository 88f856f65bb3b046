"""Every statement that is no query: Hive's DDL, SHOW and DESCRIBE, views, and what writes rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakewright.catalog import LocalCatalog
from lakewright.query.athena.commands import Answer, Context
from lakewright.query.athena.ddl import hive_syntax as hive
from lakewright.query.athena.ddl.authority import Authority, Decide
from lakewright.query.athena.ddl.hive_parser import read_hive
from lakewright.query.athena.ddl.modifying import refuse_change
from lakewright.query.athena.ddl.partition_changes import PartitionChanges
from lakewright.query.athena.ddl.places import Places
from lakewright.query.athena.ddl.schema import Schema
from lakewright.query.athena.ddl.shows import Shows
from lakewright.query.athena.ddl.views import create_view
from lakewright.query.athena.ddl.writing import Writing
from lakewright.query.athena.sql import SqlError, Statement

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller

HIVE_KINDS = ("ddl", "show", "describe")


@dataclass(frozen=True)
class DdlCommands:
    """What `Athena` runs statements with that are no queries."""

    catalog: LocalCatalog
    places: Places
    decide: Decide
    administers: Callable[[Principal], bool]
    clock: Callable[[], float] = time.time

    def check(self, statement: Statement, caller: Caller, database: str) -> None:  # noqa: ARG002
        """As `Commands.check`: Hive's statements are read here, so that a wrong one never starts."""
        if statement.kind in HIVE_KINDS:
            read_hive(statement.body, database)

    def run(self, statement: Statement, context: Context) -> Answer:
        """As `Commands.run`."""
        authority = self.authority(context.caller.principal)
        if (write := _WRITES.get(statement.kind)) is not None:
            return write(Writing(authority, self.places, context, self.clock), statement)
        if statement.kind == "view":
            return create_view(statement, authority, context)
        if statement.kind in HIVE_KINDS:
            return self._hive(read_hive(statement.body, context.database), authority)
        if statement.kind in ("update", "delete", "merge"):
            refuse_change(statement, context.database, authority)
        raise SqlError("NOT_SUPPORTED", f"{statement.kind} is not supported by this local Athena")

    def authority(self, principal: Principal) -> Authority:
        return Authority(self.catalog, self.decide, principal, self.administers(principal))

    def _hive(self, asked: hive.HiveStatement, authority: Authority) -> Answer:
        if (show := _SHOWS.get(type(asked))) is not None:
            return show(Shows(authority), asked)
        if (change := _PARTITIONS.get(type(asked))) is not None:
            return change(PartitionChanges(authority, self.places), asked)
        return _SCHEMA[type(asked)](Schema(authority, self.places, self.clock), asked)


_WRITES: Mapping[str, Callable[[Writing, Statement], Answer]] = {
    "ctas": Writing.create,
    "insert": Writing.insert,
    "unload": Writing.unload,
}
_SHOWS: Mapping[type, Callable[[Shows, Any], Answer]] = {
    hive.ShowDatabases: Shows.databases,
    hive.ShowTables: Shows.tables,
    hive.ShowColumns: Shows.columns,
    hive.ShowPartitions: Shows.partitions,
    hive.ShowProperties: Shows.properties,
    hive.ShowCreate: Shows.create,
    hive.Describe: Shows.describe,
}
_PARTITIONS: Mapping[type, Callable[[PartitionChanges, Any], Answer]] = {
    hive.AddPartitions: PartitionChanges.add,
    hive.DropPartitions: PartitionChanges.drop,
    hive.RenamePartition: PartitionChanges.rename,
    hive.SetLocation: PartitionChanges.set_location,
    hive.Repair: PartitionChanges.repair,
}
_SCHEMA: Mapping[type, Callable[[Schema, Any], Answer]] = {
    hive.CreateDatabase: Schema.create_database,
    hive.DropDatabase: Schema.drop_database,
    hive.AlterDatabase: Schema.alter_database,
    hive.CreateTable: Schema.create_table,
    hive.DropTable: Schema.drop_table,
    hive.AddColumns: Schema.add_columns,
    hive.SetProperties: Schema.set_properties,
}
