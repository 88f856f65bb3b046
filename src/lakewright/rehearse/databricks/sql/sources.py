"""Unity Catalog's tables for the governed engine: Delta tables where their objects say that they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from lakewright.catalog import Snapshot, Table
from lakewright.engines.duckdb import identifier, scan_sql
from lakewright.governance.decisions import TableFacts
from lakewright.models.types import from_arrow
from lakewright.query.governed.terms import Pin, TableSource, ViewSource
from lakewright.rehearse.aws.live.athena.delta_sources import DeltaSources, DeltaTables
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.rehearse.databricks.unity.state import EMPTY, GRANTED

_NO_HIVE = {"timestamp_ntz": "timestamp"}


def sources_of(metastore: Metastore, tables: DeltaTables, handed: Mapping[str, Path]) -> Everything:
    """Tables are called `catalog.schema.table`. Each is there a second time, empty, for whom a filter leaves no row,
    and a third time as a view's owner reads it; `handed`: rows that were made for one query."""
    delta = [one for one in metastore.all(TABLE) if one.get("data_source_format") == "DELTA"]
    found = {one["full_name"]: _declared(one) for one in delta}
    granted = {f"{name}{GRANTED}": table for name, table in found.items()}
    empty = {f"{one['full_name']}{EMPTY}": _declared(one, "/__empty__") for one in delta}
    return Everything(DeltaSources(Snapshot({}, found | granted | empty), tables), handed)


@dataclass(frozen=True)
class Everything:
    """Delta tables, and rows in Parquet files by the names that only their query knows."""

    delta: DeltaSources
    handed: Mapping[str, Path]

    def names(self) -> list[str]:
        return [*self.delta.names(), *self.handed]

    def facts(self, name: str) -> TableFacts:
        return TableFacts(name, self._columns(name)) if name in self.handed else self.delta.facts(name)

    def source(self, name: str, pin: Pin) -> TableSource:
        if name not in self.handed:
            return self.delta.source(name, pin)
        columns, file = self._columns(name), str(self.handed[name])
        names = ", ".join(identifier(column) for column in columns)
        return TableSource(columns, f"SELECT {names} FROM ({scan_sql([file], columns, ())})", (file,), None)

    def view(self, name: str) -> ViewSource | None:
        return None if name in self.handed else self.delta.view(name)

    def _columns(self, name: str) -> Mapping[str, str]:
        return {one.name: from_arrow(one.type) for one in pq.read_schema(self.handed[name])}


def _declared(body: Body, below: str = "") -> Table:
    """As the engine knows tables: Glue's shape."""
    kinds = [(one["name"], str(one["type_text"])) for one in body["columns"]]
    columns = [{"Name": name, "Type": _NO_HIVE.get(kind, kind)} for name, kind in kinds]
    location = str(body["storage_location"]).replace("s3a://", "s3://")
    storage = {"Location": location.rstrip("/") + below + "/", "Columns": columns}
    definition = {"Name": body["name"], "StorageDescriptor": storage, "Parameters": {"table_type": "delta"}}
    return Table(body["full_name"].rpartition(".")[0], definition)
