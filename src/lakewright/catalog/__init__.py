"""Databases, tables, partitions: what the lake has and what clients made."""

from lakewright.catalog.definitions import Definition, Snapshot, Table
from lakewright.catalog.store import Catalog, LocalCatalog

__all__ = ["Catalog", "Definition", "LocalCatalog", "Snapshot", "Table"]
