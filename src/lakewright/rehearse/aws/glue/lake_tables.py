"""The lake's tables in the shape of Glue's definitions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from lakewright.catalog import Snapshot, Table

DELTA = {"classification": "delta", "spark.sql.sources.provider": "delta", "table_type": "DELTA"}
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def unpartitioned(_: str) -> Collection[str]:
    return ()


def lake_snapshot(
    tables: Iterable[tuple[str, Mapping[str, str]]],
    home: str,
    is_delta: Callable[[str], bool],
    partition_by: Callable[[str], Collection[str]] = unpartitioned,
) -> Snapshot:
    """A catalog of managed tables, from (`database.table`, column → canonical type).

    `home` is where the lake lies (`s3://shop-lake`). Delta tables are described so that Trino and Spark find them.
    `partition_by` names a table's partition columns; single partitions are in the Delta log alone.
    Bronze, views and the audit are no files that others could read: they are `lakewright` tables, for queries.
    """
    found = [_table(name, columns, home, partition_by(name), delta=is_delta(name)) for name, columns in tables]
    databases = dict.fromkeys(table.database for table in found)
    return Snapshot(
        {name: {"Name": name, "Description": f"The lake's {name} layer"} for name in databases},
        {table.name: table for table in found},
    )


def _table(name: str, columns: Mapping[str, str], home: str, keys: Collection[str], *, delta: bool) -> Table:
    database, _, short = name.partition(".")
    location = f"{home}/{database}/{short}/"
    typed = [{"Name": column, "Type": hive_type(kind)} for column, kind in columns.items()]
    storage = {
        "Columns": [column for column in typed if column["Name"] not in keys],
        "Location": location,
        "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe", "Parameters": {"path": location}},
    }
    parameters = DELTA if delta else {"classification": "lakewright"}
    definition = {
        "Name": short,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "StorageDescriptor": storage,
        "PartitionKeys": [column for column in typed if column["Name"] in keys],
    }
    return Table(database, definition, managed=True)


def hive_type(kind: str) -> str:
    """Hive's word for a canonical type: local times are timestamps there, and structs name fields as they are."""
    return kind.replace("timestamp_ntz", "timestamp").replace(", ", ",")
