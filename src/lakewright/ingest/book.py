"""The tables of a source: what the catalog says, what the mapping makes of them, and what the stream delivers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from lakewright.bronze.state import BronzeColumn, BronzeTable
from lakewright.errors import SpecError
from lakewright.ingest.mappings import TableMapping, TableTransform
from lakewright.ingest.mappings.mapping import collision
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
    barred: str = ""
    """What somebody has to run before this role may publish it."""

    @property
    def name(self) -> str:
        """Its name in Bronze."""
        return self.transform.name

    @property
    def refusal(self) -> str:
        """Why it cannot be replicated, and what helps ("" when it can)."""
        if self.barred:
            return f"may not be published by this role: let its owner or a superuser run: {self.barred};"
        if self.table.key or self.table.replica_identity == "full":
            return ""  # without either its owner's updates would fail once it is published
        command = f"ALTER TABLE {self.table.relation} REPLICA IDENTITY FULL"
        return f"has no key to tell rows by: {command}, or add a primary key"


@dataclass(frozen=True)
class Unfit:
    """A selected table that the mapping cannot take. `name` is what Bronze lists it by."""

    name: str
    table: SourceTable
    error: SpecError

    @property
    def refusal(self) -> str:
        return f"{self.error.code} {self.error.fact}" + (f"; {self.error.hint}" if self.error.hint else "")


@dataclass(frozen=True)
class Catalog:
    """All selected tables at one moment, by OID, and those that the mapping cannot take."""

    tables: Mapping[int, Known]
    unfit: tuple[Unfit, ...] = ()

    def named(self, name: str) -> Known | None:
        return next((known for known in self.tables.values() if known.name == name), None)


def read_tables(connection: Connection, settings: IngestSettings, held: Collection[str] = ()) -> Catalog:
    """What the source has of the tables that the mapping selects. Fingerprints are never newer than definitions.

    `held` are the labels of those that Bronze has: they keep their names when others want them too.
    """
    labels = read_catalog(connection, settings.mapping.selects)
    prints = read_fingerprints(connection, [table.oid for table in labels])
    again = read_catalog(connection, settings.mapping.selects)
    transforms, unfit = _fitting(settings.mapping, again, held)
    found = {
        table.oid: Known(table, transforms[table.label], prints.get(table.oid, Fingerprint("", "")))
        for table in again
        if table.label in transforms
    }
    return Catalog(found, unfit)


def _fitting(
    mapping: TableMapping, tables: Sequence[SourceTable], held: Collection[str]
) -> tuple[dict[str, TableTransform], tuple[Unfit, ...]]:
    """Label → transform of the tables that the mapping can take, no two of them under one name; and the others."""
    planned = [(table, _planned(mapping, table)) for table in tables]
    planned.sort(key=lambda one: (one[0].label not in held, isinstance(one[1], SpecError)))
    taken: dict[str, str] = {}
    fit: dict[str, TableTransform] = {}
    unfit: list[Unfit] = []
    for table, plan in planned:
        name = _name(mapping, table)
        other = taken.setdefault(name.lower(), table.label)
        if other != table.label:
            unfit.append(Unfit(table.label, table, plan if isinstance(plan, SpecError) else collision(plan, other)))
        elif isinstance(plan, SpecError):
            unfit.append(Unfit(name, table, plan))
        else:
            fit[table.label] = plan
    return fit, tuple(unfit)


def _planned(mapping: TableMapping, table: SourceTable) -> TableTransform | SpecError:
    try:
        return mapping.transform_table(table)
    except SpecError as error:
        return error


def _name(mapping: TableMapping, table: SourceTable) -> str:
    try:
        return mapping.target_name(table.schema, table.name)
    except SpecError:  # two rules name it
        return table.label


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
