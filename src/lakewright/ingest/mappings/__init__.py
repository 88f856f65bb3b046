"""DMS table mappings: which tables, which rows, and what happens to schemas, tables, columns and values."""

from lakewright.ingest.mappings.mapping import TableMapping
from lakewright.ingest.mappings.transform import SnapshotSelect, TableTransform, TargetColumn

__all__ = ["SnapshotSelect", "TableMapping", "TableTransform", "TargetColumn"]
