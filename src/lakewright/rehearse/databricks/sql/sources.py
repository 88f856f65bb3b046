"""Unity Catalog's tables for the governed engine: Delta tables where their objects say that they lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lakewright.catalog import Snapshot, Table
from lakewright.rehearse.aws.live.athena.delta_sources import DeltaSources, DeltaTables
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore

FolderOf = Callable[[str], Path]


def sources_of(metastore: Metastore, tables: DeltaTables) -> DeltaSources:
    """Tables are called `catalog.schema.table`."""
    found = {
        one["full_name"]: _declared(one) for one in metastore.all(TABLE) if one.get("data_source_format") == "DELTA"
    }
    return DeltaSources(Snapshot({}, found), tables)


def _declared(body: Body) -> Table:
    """As the engine knows tables: Glue's shape."""
    columns = [{"Name": one["name"], "Type": one["type_text"]} for one in body["columns"]]
    location = str(body["storage_location"]).replace("s3a://", "s3://")
    storage = {"Location": location.rstrip("/") + "/", "Columns": columns}
    definition = {"Name": body["name"], "StorageDescriptor": storage, "Parameters": {"table_type": "delta"}}
    return Table(body["full_name"].rpartition(".")[0], definition)
