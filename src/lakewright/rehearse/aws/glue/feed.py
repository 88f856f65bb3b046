"""Keeps moto's state equal to the catalog's."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from lakewright.catalog import Catalog, Definition, Snapshot, Table
from lakewright.rehearse.aws.faults import Fault

TABLE_FIELDS = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)
PARTITION_FIELDS = ("Values", "StorageDescriptor", "Parameters")
PARTITIONS_AT_ONCE = 100


class Glue(Protocol):
    """moto, or what stands for it."""

    def ask(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Fault."""


class Feed:
    """Brings changes of the catalog to moto, and what clients changed in moto back to the catalog."""

    def __init__(self, glue: Glue, catalog: Catalog) -> None:
        self._glue, self._catalog = glue, catalog
        self._lock = threading.RLock()
        self._fed = Snapshot()

    def current(self) -> Snapshot:
        """The catalog as it is now; moto has it too when this returns."""
        with self._lock:
            wanted = self._catalog.snapshot()
            if wanted is not self._fed:
                self._apply(wanted)
                self._fed = wanted
            return wanted

    def change(self, operation: str, body: Mapping[str, Any], database: str, table: str | None) -> dict[str, Any]:
        """Does a writing operation on one database (`table` None) or table, and keeps what came of it."""
        with self._lock, self._catalog.exclusive():
            self.current()
            answer = self._glue.ask(operation, body)
            if table is None:
                self._keep_database(database)
            else:
                self._keep_table(database, table)
            self._fed = self._catalog.snapshot()
            return answer

    def _keep_database(self, name: str) -> None:
        try:
            found = self._glue.ask("GetDatabase", {"Name": name})["Database"]
        except Fault:
            self._catalog.drop_database(name)
            return
        fields = ("Name", "Description", "LocationUri", "Parameters")
        self._catalog.put_database({key: found[key] for key in fields if key in found})

    def _keep_table(self, database: str, name: str) -> None:
        where = {"DatabaseName": database}
        try:
            found = self._glue.ask("GetTable", where | {"Name": name})["Table"]
        except Fault:
            self._catalog.drop_table(database, name)
            return
        partitions = self._glue.ask("GetPartitions", where | {"TableName": name})["Partitions"]
        kept = tuple({key: one[key] for key in PARTITION_FIELDS if key in one} for one in partitions)
        definition = {key: found[key] for key in TABLE_FIELDS if key in found}
        self._catalog.put_table(Table(database, definition, kept))

    def _apply(self, wanted: Snapshot) -> None:
        for name, table in self._fed.tables.items():
            if name not in wanted.tables:
                self._glue.ask("DeleteTable", {"DatabaseName": table.database, "Name": table.definition["Name"]})
        for name in self._fed.databases.keys() - wanted.databases.keys():
            self._glue.ask("DeleteDatabase", {"Name": name})
        for name, database in wanted.databases.items():
            if name not in self._fed.databases:
                self._glue.ask("CreateDatabase", {"DatabaseInput": database})
            elif database != self._fed.databases[name]:
                self._glue.ask("UpdateDatabase", {"Name": name, "DatabaseInput": database})
        for name, table in wanted.tables.items():
            self._apply_table(self._fed.tables.get(name), table)

    def _apply_table(self, old: Table | None, new: Table) -> None:
        where = {"DatabaseName": new.database}
        if old is None:
            self._glue.ask("CreateTable", where | {"TableInput": new.definition})
        elif old.definition != new.definition:
            self._glue.ask("UpdateTable", where | {"TableInput": new.definition})
        before = old.partitions if old is not None else ()
        if before != new.partitions:
            self._apply_partitions(where | {"TableName": new.definition["Name"]}, before, new.partitions)

    def _apply_partitions(
        self, where: Mapping[str, Any], old: tuple[Definition, ...], new: tuple[Definition, ...]
    ) -> None:
        for partition in old:
            self._glue.ask("DeletePartition", {**where, "PartitionValues": partition["Values"]})
        for start in range(0, len(new), PARTITIONS_AT_ONCE):
            some = new[start : start + PARTITIONS_AT_ONCE]
            self._glue.ask("BatchCreatePartition", {**where, "PartitionInputList": some})
