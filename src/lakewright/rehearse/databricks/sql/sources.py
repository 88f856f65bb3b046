"""Unity Catalog's tables for the governed engine: Delta tables where their objects say that they lie."""

from __future__ import annotations

from lakewright.catalog import Snapshot, Table
from lakewright.rehearse.aws.live.athena.delta_sources import DeltaSources, DeltaTables
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.kinds import TABLE
from lakewright.rehearse.databricks.unity.metastore import Metastore
from lakewright.rehearse.databricks.unity.state import EMPTY

_NO_HIVE = {"timestamp_ntz": "timestamp"}


def sources_of(metastore: Metastore, tables: DeltaTables) -> DeltaSources:
    """Tables are called `catalog.schema.table`; each is there a second time, empty, for whom a filter leaves no row."""
    delta = [one for one in metastore.all(TABLE) if one.get("data_source_format") == "DELTA"]
    found = {one["full_name"]: _declared(one) for one in delta}
    empty = {f"{one['full_name']}{EMPTY}": _declared(one, "/__empty__") for one in delta}
    return DeltaSources(Snapshot({}, found | empty), tables)


def _declared(body: Body, below: str = "") -> Table:
    """As the engine knows tables: Glue's shape."""
    kinds = [(one["name"], str(one["type_text"])) for one in body["columns"]]
    columns = [{"Name": name, "Type": _NO_HIVE.get(kind, kind)} for name, kind in kinds]
    location = str(body["storage_location"]).replace("s3a://", "s3://")
    storage = {"Location": location.rstrip("/") + below + "/", "Columns": columns}
    definition = {"Name": body["name"], "StorageDescriptor": storage, "Parameters": {"table_type": "delta"}}
    return Table(body["full_name"].rpartition(".")[0], definition)
