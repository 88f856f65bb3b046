"""Glue's operations for callers with grants: what they read is cut, what they write is permitted first.

A hidden database or table answers exactly as a missing one. What is not listed here is refused, administrators aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakewright.catalog import Snapshot, Table
from lakewright.errors import LakewrightError
from lakewright.governance import Allowed, Decision, Principal, Privilege
from lakewright.query.athena.caller import Caller
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.glue.expressions import names_like, partition_filter
from lakewright.rehearse.aws.glue.feed import Feed, Glue
from lakewright.rehearse.aws.glue.filters import Shape, Sight
from lakewright.rehearse.aws.glue.pages import page, segment
from lakewright.rehearse.aws.glue.requests import check, names_of
from lakewright.rehearse.aws.glue.statistics import MOST_COLUMNS, Ask, asked, statistics
from lakewright.rehearse.aws.identities import Identity

Decide = Callable[[Principal, str, Mapping[str, str], Privilege], Decision]
"""(principal, `database.table`, column → type, privilege): what the grants say now."""

ANY_TABLE = "any_table"
PARTITION_WRITES = (Privilege.ALTER, Privilege.INSERT)
WRITES: Mapping[str, tuple[Privilege, ...]] = {
    "CreateTable": (Privilege.CREATE,),
    "UpdateTable": (Privilege.ALTER,),
    "DeleteTable": (Privilege.DROP,),
    "DeleteTableVersion": (Privilege.ALTER,),
    "CreatePartition": PARTITION_WRITES,
    "BatchCreatePartition": PARTITION_WRITES,
    "UpdatePartition": PARTITION_WRITES,
    "BatchUpdatePartition": PARTITION_WRITES,
    "DeletePartition": PARTITION_WRITES,
    "BatchDeletePartition": PARTITION_WRITES,
}


@dataclass(frozen=True)
class GlueService:
    """Answers Glue requests. `decide` is asked for every table, every time; `count` counts statistics, None: there are
    none."""

    glue: Glue
    feed: Feed
    decide: Decide
    count: Ask | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def call(self, operation: str, body: Shape, caller: Caller, identity: Identity) -> Shape:
        """One operation. Raises Fault."""
        body = check(body)
        if operation in READS:
            return READS[operation](self, body, caller.principal)
        match operation:
            case "CreateDatabase" | "UpdateDatabase" | "DeleteDatabase":
                return self._change_database(operation, body, caller.principal)
            case "BatchDeleteTable":
                return self._delete_tables(body, caller.principal)
            case _ if operation in WRITES:
                return self._change_table(operation, body, caller.principal)
            case _ if identity.administrator:
                self.feed.current()
                return self.glue.ask(operation, body)
            case _:
                raise Fault("AccessDeniedException", f"glue:{operation} is not open to callers with grants")

    # what is seen

    def sight(self, table: Table, principal: Principal) -> Sight | None:
        """None when the table is hidden."""
        described = self.decide(principal, table.name, table.columns, Privilege.DESCRIBE)
        if not isinstance(described, Allowed):
            return None
        read = self.decide(principal, table.name, table.columns, Privilege.SELECT)
        return Sight(table, described, read if isinstance(read, Allowed) else None)

    def see(self, database: str, name: str, principal: Principal) -> Sight:
        """Raises Fault EntityNotFoundException when the table is missing or hidden."""
        table = self.feed.current().tables.get(f"{database}.{name}")
        sight = self.sight(table, principal) if table is not None else None
        if sight is None:
            raise _missing()
        return sight

    def sees_database(self, name: str, snapshot: Snapshot, principal: Principal) -> bool:
        """Whether something in it is visible, or may be made."""
        if self._may(principal, f"{name}.{ANY_TABLE}", {}, (Privilege.CREATE,)):
            return True
        return any(self.sight(one, principal) for one in snapshot.tables.values() if one.database == name)

    def _may(
        self, principal: Principal, table: str, columns: Mapping[str, str], privileges: tuple[Privilege, ...]
    ) -> bool:
        return any(isinstance(self.decide(principal, table, columns, one), Allowed) for one in privileges)

    # reading

    def get_databases(self, body: Shape, principal: Principal) -> Shape:
        snapshot = self.feed.current()
        found = self.glue.ask("GetDatabases", {})["DatabaseList"]
        return page(
            [one for one in found if self.sees_database(one["Name"], snapshot, principal)], "DatabaseList", body
        )

    def get_database(self, body: Shape, principal: Principal) -> Shape:
        snapshot, name = self.feed.current(), body.get("Name", "")
        if name not in snapshot.databases or not self.sees_database(name, snapshot, principal):
            raise _missing()
        return self.glue.ask("GetDatabase", body)

    def get_tables(self, body: Shape, principal: Principal) -> Shape:
        database = str(body.get("DatabaseName", ""))
        self.get_database({"Name": database}, principal)
        seen = self._tables(database, principal)
        if body.get("Expression"):
            fit = names_like(str(body["Expression"]), (one["Name"] for one in seen))
            seen = [one for one in seen if one["Name"] in fit]
        return page(seen, "TableList", body)

    def _tables(self, database: str, principal: Principal) -> list[dict[str, Any]]:
        snapshot = self.feed.current()
        shown = []
        for one in self.glue.ask("GetTables", {"DatabaseName": database})["TableList"]:
            table = snapshot.tables.get(f"{database}.{one['Name']}")
            sight = self.sight(table, principal) if table is not None else None
            if sight is not None:
                shown.append(sight.shown(one))
        return shown

    def search_tables(self, body: Shape, principal: Principal) -> Shape:
        """Tables whose name, or a visible column's, contains the text, in any letters."""
        snapshot = self.feed.current()
        every = [one for name in sorted(snapshot.databases) for one in self._tables(name, principal)]
        text = str(body.get("SearchText", "")).strip('"').lower()
        wanted = {str(one.get("Key")): str(one.get("Value")) for one in body.get("Filters", ())}
        return page([one for one in every if text in _words(one) and _fits(one, wanted)], "TableList", body)

    def get_table(self, body: Shape, principal: Principal) -> Shape:
        sight = self.see(*names_of(body, "Name"), principal)
        return {"Table": sight.shown(self.glue.ask("GetTable", body)["Table"])}

    def get_table_version(self, body: Shape, principal: Principal) -> Shape:
        sight = self.see(*names_of(body), principal)
        found = self.glue.ask("GetTableVersion", body)["TableVersion"]
        return {"TableVersion": {**found, "Table": sight.shown(found["Table"])}}

    def get_table_versions(self, body: Shape, principal: Principal) -> Shape:
        database, name = names_of(body)
        sight = self.see(database, name, principal)
        found = self.glue.ask("GetTableVersions", {"DatabaseName": database, "TableName": name})["TableVersions"]
        return page([{**one, "Table": sight.shown(one["Table"])} for one in found], "TableVersions", body)

    def get_partitions(self, body: Shape, principal: Principal) -> Shape:
        """What a caller's condition, segment or page is of is what the caller sees."""
        database, name = names_of(body)
        sight = self.see(database, name, principal)
        found = self.glue.ask("GetPartitions", {"DatabaseName": database, "TableName": name})["Partitions"]
        seen = sight.partitions(found)
        if body.get("Expression"):
            visible = {key: kind for key, kind in sight.table.keys.items() if key in sight.described.columns}
            fits = partition_filter(str(body["Expression"]), visible)
            seen = [one for one in seen if fits(one["Values"])]
        return page(segment(seen, body), "Partitions", body)

    def get_partition(self, body: Shape, principal: Principal) -> Shape:
        sight = self.see(*names_of(body), principal)
        if not sight.sees_partition(body.get("PartitionValues", [])):
            raise _missing()
        return {"Partition": sight.partitions([self.glue.ask("GetPartition", body)["Partition"]])[0]}

    def batch_get_partition(self, body: Shape, principal: Principal) -> Shape:
        sight = self.see(*names_of(body), principal)
        asked = body.get("PartitionsToGet", [])
        found = sight.partitions(self.glue.ask("BatchGetPartition", body)["Partitions"])
        have = [one["Values"] for one in found]
        return {"Partitions": found, "UnprocessedKeys": [one for one in asked if one.get("Values") not in have]}

    def column_statistics(self, body: Shape, principal: Principal) -> Shape:
        """Of the rows and values that the caller sees; a column that is hidden answers as one that is missing."""
        sight, names = self.see(*names_of(body), principal), body.get("ColumnNames", ())
        if len(names) > MOST_COLUMNS:
            raise Fault("InvalidInputException", f"at most {MOST_COLUMNS} columns in a request")
        visible = sight.read.columns if sight.read is not None else ()
        types = {name: kind for name, kind in sight.table.columns.items() if name in visible}
        columns, missing = asked(map(str, names), types)
        try:
            found = statistics(self.count, principal, sight.table.name, columns, self.now()) if self.count else []
        except LakewrightError as error:
            raise Fault("InvalidInputException", f"the statistics cannot be counted: {error.fact}") from error
        told = {one["ColumnName"] for one in found}
        lacking = [*missing, *(name for name in columns if name not in told)]
        return {"ColumnStatisticsList": found, "Errors": [_no_statistics(name) for name in lacking]}

    def no_statistics(self, body: Shape, principal: Principal) -> Shape:
        """Of partitions there are none."""
        self.see(*names_of(body), principal)
        return {"ColumnStatisticsList": [], "Errors": [_no_statistics(one) for one in body.get("ColumnNames", ())]}

    def no_indexes(self, body: Shape, principal: Principal) -> Shape:
        self.see(*names_of(body), principal)
        return {"PartitionIndexDescriptorList": []}

    def no_functions(self, body: Shape, principal: Principal) -> Shape:  # noqa: ARG002
        return {"UserDefinedFunctions": []}

    # writing

    def _change_database(self, operation: str, body: Shape, principal: Principal) -> Shape:
        name = body.get("DatabaseInput", body).get("Name", "")
        snapshot = self.feed.current()
        privilege = Privilege.DROP if operation == "DeleteDatabase" else Privilege.CREATE
        if not self._may(principal, f"{name}.{ANY_TABLE}", {}, (privilege,)):
            raise _missing() if operation != "CreateDatabase" else _denied(privilege, name)
        if operation == "DeleteDatabase" and any(one.database == name for one in snapshot.tables.values()):
            raise Fault("InvalidInputException", f"Database {name} is not empty")
        return self.feed.change(operation, body, name, None)

    def _change_table(self, operation: str, body: Shape, principal: Principal) -> Shape:
        has_input = operation in ("CreateTable", "UpdateTable")
        key = "Name" if operation == "DeleteTable" else "TableName"
        named = {**body, key: body.get("TableInput", {}).get("Name", "")} if has_input else body
        database, name = names_of(named, key)
        table = self.feed.current().tables.get(f"{database}.{name}")
        self._check_write(operation, f"{database}.{name}", table, principal)
        if has_input:
            body = {**body, "TableInput": _owned(body["TableInput"], table, principal)}
        if table is not None and operation != "CreateTable":
            _check_locations(body, table, principal)
        return self.feed.change(operation, body, database, name)

    def _delete_tables(self, body: Shape, principal: Principal) -> Shape:
        errors = []
        for name in body.get("TablesToDelete", ()):
            try:
                one = {"DatabaseName": body.get("DatabaseName", ""), "Name": str(name).lower()}
                self._change_table("DeleteTable", one, principal)
            except Fault as fault:
                detail = {"ErrorCode": fault.code, "ErrorMessage": fault.message}
                errors.append({"TableName": name, "ErrorDetail": detail})
        return {"Errors": errors}

    def _check_write(self, operation: str, name: str, table: Table | None, principal: Principal) -> None:
        if operation == "CreateTable":
            columns: Mapping[str, str] = {}
        elif table is None or self.sight(table, principal) is None:
            raise _missing()
        else:
            columns = table.columns
        if not self._may(principal, name, columns, WRITES[operation]):
            raise _denied(WRITES[operation][0], name)
        if table is not None and table.managed:
            raise Fault("AccessDeniedException", f"{name} is written by the platform's models and ingest only")


Read = Callable[[GlueService, Shape, Principal], Shape]
READS: Mapping[str, Read] = {
    "GetDatabases": GlueService.get_databases,
    "GetDatabase": GlueService.get_database,
    "GetTables": GlueService.get_tables,
    "GetTable": GlueService.get_table,
    "GetTableVersion": GlueService.get_table_version,
    "GetTableVersions": GlueService.get_table_versions,
    "SearchTables": GlueService.search_tables,
    "GetPartitions": GlueService.get_partitions,
    "GetPartition": GlueService.get_partition,
    "BatchGetPartition": GlueService.batch_get_partition,
    "GetPartitionIndexes": GlueService.no_indexes,
    "GetColumnStatisticsForTable": GlueService.column_statistics,
    "GetColumnStatisticsForPartition": GlueService.no_statistics,
    "GetUserDefinedFunctions": GlueService.no_functions,
}


def _no_statistics(column: str) -> Shape:
    error = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "No statistics"}
    return {"ColumnName": column, "Error": error}


def _missing() -> Fault:
    return Fault("EntityNotFoundException", "Entity Not Found")


def _denied(privilege: Privilege, name: str) -> Fault:
    text = f"Insufficient Lake Formation permission(s): Required {privilege.value.capitalize()} on {name}"
    return Fault("AccessDeniedException", text)


def _owned(definition: Shape, old: Table | None, principal: Principal) -> Shape:
    """The owner of a table is who made it: queries read its files with that principal's rights."""
    return {**definition, "Owner": principal.name if old is None else old.owner}


def _check_locations(body: Shape, table: Table, principal: Principal) -> None:
    """Who is not the owner does not point the table at other files: they are read with the owner's rights."""
    if principal.name == table.owner:
        return
    home = str(table.definition.get("StorageDescriptor", {}).get("Location", "")).rstrip("/")
    inputs = [body.get(key, {}) for key in ("TableInput", "PartitionInput")]
    inputs += body.get("PartitionInputList", [])
    inputs += [one.get("PartitionInput", {}) for one in body.get("Entries", [])]
    for one in inputs:
        place = one.get("StorageDescriptor", {}).get("Location")
        if place is not None and place.rstrip("/") != home and not place.startswith(f"{home}/"):
            raise Fault("AccessDeniedException", "Only the table's owner may read from another location")


def _words(table: Shape) -> str:
    columns = [*table.get("StorageDescriptor", {}).get("Columns", ()), *table.get("PartitionKeys", ())]
    return " ".join([table["Name"], *(column["Name"] for column in columns)]).lower()


def _fits(table: Shape, wanted: Mapping[str, str]) -> bool:
    name = {"name": "Name", "Name": "Name", "DatabaseName": "DatabaseName"}
    return all(re.fullmatch(re.escape(value), str(table.get(name.get(key, key), ""))) for key, value in wanted.items())
