"""What of a Glue answer a caller may see: columns, parameters, partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.catalog import Table
from lakewright.catalog.partitions import sees_partition
from lakewright.governance import Allowed

Shape = Mapping[str, Any]

SHOWN_PARAMETERS = frozenset(
    {
        "classification",
        "compressionType",
        "typeOfData",
        "EXTERNAL",
        "skip.header.line.count",
        "table_type",
        "spark.sql.sources.provider",
        "comment",
    }
)
"""Parameters of tables that are shown in part: they say how to read, and nothing about what is in there."""

SHOWN_SERDE = frozenset(
    {
        "field.delim",
        "serialization.format",
        "separatorChar",
        "quoteChar",
        "escapeChar",
        "escape.delim",
        "line.delim",
        "collection.delim",
        "mapkey.delim",
        "serialization.null.format",
    }
)
STORAGE_FIELDS = ("Location", "InputFormat", "OutputFormat", "Compressed", "NumberOfBuckets", "StoredAsSubDirectories")
TABLE_FIELDS = ("DatabaseName", "Name", "CreateTime", "UpdateTime", "VersionId", "CatalogId", "TableType", "Retention")


@dataclass(frozen=True)
class Sight:
    """What somebody sees of one table: its description, and what its rows tell (None: nothing that rows tell)."""

    table: Table
    described: Allowed
    read: Allowed | None

    @property
    def whole(self) -> bool:
        """Whether nothing of the table is hidden."""
        read = self.read
        return (
            read is not None
            and read.rows is None
            and not read.cells
            and not read.masks
            and set(read.columns) >= self.table.columns.keys()
        )

    def shown(self, table: Shape) -> dict[str, Any]:
        """A table of an answer, cut to what is seen. View text and what else names other tables never shows."""
        if self.whole:
            hidden = ("ViewOriginalText", "ViewExpandedText", "ViewDefinition")
            return {key: value for key, value in table.items() if key not in hidden}
        return {
            **{key: table[key] for key in TABLE_FIELDS if key in table},
            "Parameters": _only(table.get("Parameters"), SHOWN_PARAMETERS),
            "StorageDescriptor": self._storage(table.get("StorageDescriptor", {})),
            "PartitionKeys": self._columns(table.get("PartitionKeys", ())),
        }

    def partitions(self, found: list[Shape]) -> list[dict[str, Any]]:
        """The partitions of an answer whose rows are seen, cut likewise."""
        return [self._partition(one) for one in found if self.sees_partition(one["Values"])]

    def sees_partition(self, values: list[str]) -> bool:
        """Whether its existence tells nothing that is hidden."""
        return sees_partition(self.read, self.table.keys, values)

    def _partition(self, partition: Shape) -> dict[str, Any]:
        if self.whole:
            return dict(partition)
        kept = {
            key: partition[key] for key in ("DatabaseName", "TableName", "Values", "CreationTime") if key in partition
        }
        return {**kept, "StorageDescriptor": self._storage(partition.get("StorageDescriptor", {}))}

    def _storage(self, storage: Shape) -> dict[str, Any]:
        serde = storage.get("SerdeInfo", {})
        kept = {"SerializationLibrary": serde["SerializationLibrary"]} if "SerializationLibrary" in serde else {}
        return {
            **{key: storage[key] for key in STORAGE_FIELDS if key in storage},
            "Columns": self._columns(storage.get("Columns", ())),
            "SerdeInfo": {**kept, "Parameters": _only(serde.get("Parameters"), SHOWN_SERDE)},
            "Parameters": _only(storage.get("Parameters"), SHOWN_PARAMETERS),
        }

    def _columns(self, columns: Any) -> list[dict[str, Any]]:
        visible = set(self.described.columns)
        fields = ("Name", "Type", "Comment")
        return [{key: one[key] for key in fields if key in one} for one in columns if one["Name"] in visible]


def _only(parameters: Shape | None, shown: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in (parameters or {}).items() if key in shown}
