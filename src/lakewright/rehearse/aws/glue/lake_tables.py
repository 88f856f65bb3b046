"""The lake's tables in the shape of Glue's definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lakewright.catalog import Snapshot, Table

PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def lake_snapshot(tables: Iterable[tuple[str, Mapping[str, str]]], bucket: str) -> Snapshot:
    """A catalog of managed tables, from (`database.table`, column → canonical type).

    Locations name the bucket that the deployed lake has; on this machine nobody can read them but through queries.
    """
    found = [_table(name, columns, bucket) for name, columns in tables]
    databases = dict.fromkeys(table.database for table in found)
    return Snapshot(
        {name: {"Name": name, "Description": f"The lake's {name} layer"} for name in databases},
        {table.name: table for table in found},
    )


def _table(name: str, columns: Mapping[str, str], bucket: str) -> Table:
    database, _, short = name.partition(".")
    storage = {
        "Columns": [{"Name": column, "Type": hive_type(kind)} for column, kind in columns.items()],
        "Location": f"s3://{bucket}/{database}/{short}/",
        "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe", "Parameters": {}},
    }
    parameters = {"classification": "delta", "spark.sql.sources.provider": "delta", "table_type": "DELTA"}
    definition = {
        "Name": short,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "StorageDescriptor": storage,
        "PartitionKeys": [],
    }
    return Table(database, definition, managed=True)


def hive_type(kind: str) -> str:
    """Hive's word for a canonical type: local times are timestamps there, and structs name fields as they are."""
    return kind.replace("timestamp_ntz", "timestamp").replace(", ", ",")
