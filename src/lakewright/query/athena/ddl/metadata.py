"""The catalog for Athena's own metadata operations: the lake's tables and those that clients made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lakewright.catalog import Table
from lakewright.catalog.hive_types import from_canonical
from lakewright.governance import Privilege
from lakewright.query.athena.ddl.authority import Authority
from lakewright.query.athena.ddl.shows import comments_of
from lakewright.query.athena.view import VisibleTable

SHOWN_PARAMETERS = ("EXTERNAL", "classification", "skip.header.line.count", "table_type", "comment", "presto_view")


@dataclass(frozen=True)
class MadeCatalog:
    """One principal's catalog at one moment."""

    authority: Authority

    def databases(self) -> list[str]:
        return self.authority.databases()

    def tables(self, database: str) -> list[str]:
        return [str(table.definition["Name"]) for table in self.authority.tables(database)]

    def table(self, database: str, name: str) -> VisibleTable | None:
        table = self.authority.seen(f"{database}.{name}")
        return None if table is None else self._shown(table)

    def _shown(self, table: Table) -> VisibleTable | None:
        described = self.authority.allowed(table, Privilege.DESCRIBE)
        if described is None:
            return None
        visible = {name: from_canonical(kind) for name, kind in table.columns.items() if name in described.columns}
        return VisibleTable(
            columns=visible,
            partition_keys={name: kind for name, kind in visible.items() if name in table.keys},
            table_type="VIRTUAL_VIEW" if table.is_view else "EXTERNAL_TABLE",
            parameters=self._parameters(table),
            comments=comments_of(table),
        )

    def _parameters(self, table: Table) -> Mapping[str, str]:
        if table.managed:
            return {"EXTERNAL": "TRUE"}
        if self.authority.owns(table):
            serde = table.storage.get("SerdeInfo") or {}
            storage = {
                "inputformat": table.storage.get("InputFormat"),
                "outputformat": table.storage.get("OutputFormat"),
                "location": table.location,
                "serde.serialization.lib": serde.get("SerializationLibrary"),
            }
            return {**table.parameters, **{name: str(value) for name, value in storage.items() if value}}
        return {name: value for name, value in table.parameters.items() if name in SHOWN_PARAMETERS}
