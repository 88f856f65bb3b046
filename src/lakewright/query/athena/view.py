"""The governed catalog in the form that Athena's metadata operations ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakewright.query.governed.problems import Refused
from lakewright.query.governed.visible import Visible

HIVE_TYPES: Mapping[str, str] = {"timestamp_ntz": "timestamp"}
"""Canonical types that Hive calls otherwise."""


@dataclass(frozen=True)
class VisibleTable:
    """A table of the lake with the columns that somebody may see."""

    columns: Mapping[str, str]
    partition_keys: Mapping[str, str] = field(default_factory=dict)
    table_type: str = "EXTERNAL_TABLE"
    parameters: Mapping[str, str] = field(default_factory=lambda: {"EXTERNAL": "TRUE"})
    comments: Mapping[str, str] = field(default_factory=dict)


class VisibleCatalog:
    """One principal's catalog at one moment."""

    def __init__(self, visible: Visible) -> None:
        self._visible = visible

    def databases(self) -> list[str]:
        return sorted({name.partition(".")[0] for name in self._visible.names()})

    def tables(self, database: str) -> list[str]:
        pairs = (name.partition(".") for name in self._visible.names())
        return sorted(table for schema, _, table in pairs if schema == database)

    def table(self, database: str, name: str) -> VisibleTable | None:
        try:
            columns = self._visible.describe(f"{database}.{name}")
        except Refused:
            return None
        return VisibleTable({column: hive_type(kind) for column, kind in columns.items()})


def hive_type(canonical: str) -> str:
    """`struct<at:timestamp_ntz>` → `struct<at:timestamp>`."""
    for ours, hives in HIVE_TYPES.items():
        canonical = canonical.replace(ours, hives)
    return canonical
