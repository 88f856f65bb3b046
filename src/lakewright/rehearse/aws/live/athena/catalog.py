"""Glue's catalog, as deployed, crawled and changed by statements, for the query engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lakewright.catalog import Definition, LocalCatalog, Snapshot, Table
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.glue.feed import TABLE_FIELDS

FRESH_SECONDS = 1.0
PARTITIONS_AT_ONCE = 100


def is_delta(table: Table) -> bool:
    return str(table.parameters.get("table_type", table.parameters.get("classification", ""))).lower() == "delta"


class DeployedCatalog(LocalCatalog):
    """The state is Glue's: what is put here is put there. A look is a second old at most."""

    def __init__(self, moto: Moto, folder: Path, holds: Callable[[float], bool] = lambda _: False) -> None:
        """`holds`: whether what was read at a (monotonic) moment is still so."""
        super().__init__(folder / "none.json", Snapshot)
        self._moto, self._holds = moto, holds
        self._guard = threading.RLock()
        self._seen = Snapshot()
        self._at = float("-inf")

    def snapshot(self) -> Snapshot:
        with self._guard:
            if time.monotonic() - self._at > FRESH_SECONDS and not self._holds(self._at):
                began = time.monotonic()
                found = self._read()
                self._at = began
                if found != self._seen:
                    self._seen = found
            return self._seen

    def made(self) -> Snapshot:
        """Tables of files; Delta tables are read by their log."""
        found = self.snapshot()
        return Snapshot(found.databases, {name: one for name, one in found.tables.items() if not is_delta(one)})

    @contextmanager
    def exclusive(self) -> Iterator[Snapshot]:
        with self._guard:
            self.forget()
            yield self.snapshot()

    def forget(self) -> None:
        """The next look is a new one."""
        with self._guard:
            self._at = float("-inf")

    def put_database(self, definition: Definition) -> None:
        name = definition["Name"]
        if name in self.snapshot().databases:
            self._change("UpdateDatabase", Name=name, DatabaseInput=dict(definition))
        else:
            self._change("CreateDatabase", DatabaseInput=dict(definition))

    def drop_database(self, name: str) -> None:
        for table in [one for one in self.snapshot().tables.values() if one.database == name]:
            self._change("DeleteTable", DatabaseName=name, Name=table.definition["Name"])
        self._change("DeleteDatabase", Name=name)

    def put_table(self, table: Table) -> None:
        old = self.snapshot().tables.get(table.name)
        definition = {key: table.definition[key] for key in TABLE_FIELDS if key in table.definition}
        operation = "CreateTable" if old is None else "UpdateTable"
        self._change(operation, DatabaseName=table.database, TableInput=definition)
        before = {tuple(one["Values"]) for one in old.partitions} if old is not None else set()
        now = {tuple(one["Values"]): one for one in table.partitions}
        where = {"DatabaseName": table.database, "TableName": table.definition["Name"]}
        for values in before - now.keys():
            self._change("DeletePartition", **where, PartitionValues=list(values))
        fresh = [dict(one) for values, one in now.items() if values not in before]
        for begin in range(0, len(fresh), PARTITIONS_AT_ONCE):
            some = fresh[begin : begin + PARTITIONS_AT_ONCE]
            self._change("BatchCreatePartition", **where, PartitionInputList=some)

    def drop_table(self, database: str, name: str) -> None:
        self._change("DeleteTable", DatabaseName=database, Name=name)

    def _change(self, operation: str, **parameters: Any) -> None:
        self._moto.call("glue", operation, **parameters)
        self.forget()

    def _read(self) -> Snapshot:
        databases = {one["Name"]: one for one in self._all("GetDatabases", "DatabaseList")}
        tables: dict[str, Table] = {}
        for database in databases:
            for one in self._all("GetTables", "TableList", DatabaseName=database):
                table = Table(database, one, self._partitions(database, one))
                tables[table.name.lower()] = table
        return Snapshot(databases, tables)

    def _partitions(self, database: str, table: dict[str, Any]) -> tuple[Definition, ...]:
        if not table.get("PartitionKeys") or is_delta(Table(database, table)):
            return ()
        where = {"DatabaseName": database, "TableName": table["Name"]}
        try:
            return tuple(self._all("GetPartitions", "Partitions", **where))
        except Fault:  # dropped meanwhile
            return ()

    def _all(self, operation: str, name: str, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self._moto.call("glue", operation, **parameters, **token)
            found += page.get(name, ())
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}
