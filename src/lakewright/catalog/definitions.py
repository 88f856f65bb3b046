"""What a catalog holds. Definitions have the shape of Glue's own inputs (DatabaseInput, TableInput, PartitionInput)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Definition = Mapping[str, Any]
VIEW = "VIRTUAL_VIEW"


@dataclass(frozen=True)
class Table:
    """One table's definition. A `managed` one is written by the platform, and by nobody through Glue."""

    database: str
    definition: Definition
    partitions: tuple[Definition, ...] = ()
    managed: bool = False

    @property
    def name(self) -> str:
        return f"{self.database}.{self.definition['Name']}"

    @property
    def keys(self) -> Mapping[str, str]:
        """Partition keys and their types, in order."""
        return {column["Name"]: column.get("Type", "string") for column in self.definition.get("PartitionKeys") or ()}

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """All columns and their types, partition keys last."""
        listed = (*(self.storage.get("Columns") or ()), *(self.definition.get("PartitionKeys") or ()))
        return {column["Name"].lower(): column.get("Type", "string") for column in listed}

    @property
    def storage(self) -> Definition:
        """Glue's StorageDescriptor."""
        return self.definition.get("StorageDescriptor") or {}

    @property
    def location(self) -> str:
        return str(self.storage.get("Location") or "")

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.definition.get("Parameters") or {}

    @property
    def owner(self) -> str:
        return str(self.definition.get("Owner") or "")

    @property
    def is_view(self) -> bool:
        return self.definition.get("TableType") == VIEW


@dataclass(frozen=True)
class Snapshot:
    """The whole catalog; tables by `database.table`."""

    databases: Mapping[str, Definition] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
