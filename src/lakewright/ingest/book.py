"""The tables of a source: what the catalog says, what the mapping makes of them, and what the stream delivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from lakewright.bronze.state import BronzeColumn, BronzeTable
from lakewright.ingest.mappings import TableTransform
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.shape import Shape, identified
from lakewright.ingest.sources.postgres.catalog import SourceColumn, SourceTable, read_catalog
from lakewright.ingest.sources.postgres.identity import Fingerprint, read_fingerprints
from lakewright.ingest.sources.postgres.relation import Relation

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Known:
    """One selected table as the catalog has it now, and what it becomes."""

    table: SourceTable
    transform: TableTransform
    fingerprint: Fingerprint

    @property
    def name(self) -> str:
        """Its name in Bronze."""
        return self.transform.name

    @property
    def refusal(self) -> str:
        """Why it cannot be replicated ("" when it can): its owner's updates would fail once it is published."""
        if self.table.key or self.table.replica_identity == "full":
            return ""
        return "has no key to tell rows by"


@dataclass(frozen=True)
class Catalog:
    """All selected tables at one moment, by OID."""

    tables: Mapping[int, Known]

    def named(self, name: str) -> Known | None:
        return next((known for known in self.tables.values() if known.name == name), None)


def read_tables(connection: Connection, settings: IngestSettings) -> Catalog:
    """What the source has of the tables that the mapping selects. Fingerprints are never newer than definitions."""
    labels = read_catalog(connection, settings.mapping.selects)
    prints = read_fingerprints(connection, [table.oid for table in labels])
    again = read_catalog(connection, settings.mapping.selects)
    transforms = settings.mapping.resolve(again)
    found = {
        table.oid: Known(table, transforms[table.label], prints.get(table.oid, Fingerprint("", ""))) for table in again
    }
    return Catalog(found)


def tenant_of(columns: Sequence[BronzeColumn], tenant: str | None) -> str | None:
    """The tenant column, if these columns have it."""
    return tenant if tenant is not None and any(column.name == tenant for column in columns) else None


def shape_of_catalog(known: Known, former: BronzeTable | None) -> Shape:
    """The shape that the table's rows have now."""
    sources = {column.name: column for column in known.table.columns}
    return _shape(known.transform, sources, former, _keyless(known.table))


def shape_of_relation(
    relation: Relation, known: Known, former: BronzeTable, settings: IngestSettings
) -> tuple[Shape, TableTransform]:
    """The shape of rows as the stream describes them: that of now, or one from before."""
    table = known.table
    live = [(c.name, c.declared_oid, c.typmod) for c in table.columns if not c.generated]
    whole = table.primary_key if table.replica_identity == "full" and table.primary_key else table.key
    same_key = set(relation.key) == set(whole)
    if same_key and [(c.name, c.declared_oid, c.typmod) for c in relation.columns] == live:
        return shape_of_catalog(known, former), known.transform
    keyless = relation.identity == "f" and not table.primary_key
    transform = settings.mapping.transform(table.schema, table.name, relation.columns, relation.key)
    shape = _shape(transform, {}, None, keyless)
    return replace(shape, columns=identified(former, shape.columns)), transform


def _keyless(table: SourceTable) -> bool:
    return not table.primary_key and table.replica_identity != "index"


def _shape(
    transform: TableTransform, sources: Mapping[str, SourceColumn], former: BronzeTable | None, keyless: bool
) -> Shape:
    before = {c.name: c for c in former.schema.columns} if former is not None and former.schemas else {}
    columns: list[BronzeColumn] = []
    certain = True
    for target in transform.columns:
        source = sources.get(target.source or "")
        old = before.get(target.name)
        fill = source.fill if source is not None else None
        if fill is not None and target.name in transform.changes:
            fill, certain = None, certain and old is not None
        if source is not None:
            kind, number = source.type_name, source.number
        elif old is not None and old.type == target.type:
            kind, number = old.source_type, old.id
        else:
            kind, number = "", 0
        columns.append(BronzeColumn(target.name, target.type, kind, target.key and not keyless, number, fill))
    return Shape(tuple(columns), certain)
