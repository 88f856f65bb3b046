"""The tables of a stream, as pgoutput's Relation messages describe them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from lakewright.ingest.sources.postgres import types as t

if TYPE_CHECKING:
    from lakewright.ingest.sources.postgres.columns import ColumnType

PrimaryKey = Callable[[str, str], tuple[str, ...]]
"""(schema, table) → primary key columns, () when there is none: for REPLICA IDENTITY FULL, which names no key."""

CATALOG_NAMES = {
    "bool": t.BOOL, "int2": t.INT2, "int4": t.INT4, "int8": t.INT8, "float4": t.FLOAT4, "float8": t.FLOAT8,
    "numeric": t.NUMERIC, "text": t.TEXT, "varchar": t.VARCHAR, "bpchar": t.BPCHAR, "name": t.NAME, "json": t.JSON,
    "jsonb": t.JSONB, "uuid": t.UUID, "bytea": t.BYTEA, "date": t.DATE, "timestamp": t.TIMESTAMP,
    "timestamptz": t.TIMESTAMPTZ,
}  # fmt: skip


@dataclass(frozen=True)
class RelationColumn:
    """`oid` and `typmod` are the base type's; `declared_oid` is a domain's own; `enum`: binary form is its text."""

    name: str
    oid: int
    typmod: int
    key: bool
    declared_oid: int
    enum: bool = False

    @property
    def canonical(self) -> str:
        return t.canonical_type(self.oid, self.typmod)

    @property
    def readable_binary(self) -> bool:
        return self.oid in t.CORE or self.enum


@dataclass(frozen=True)
class Relation:
    """One table at one time. `identity` is pg_class.relreplident.

    `columns[].key` marks the columns that name a row: the replica identity's, or with FULL the primary key's (all
    columns when the table has none).
    """

    oid: int
    schema: str
    name: str
    identity: Literal["d", "n", "f", "i"]
    columns: tuple[RelationColumn, ...]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @cached_property
    def types(self) -> tuple[ColumnType, ...]:
        from lakewright.ingest.sources.postgres.columns import ColumnType  # with Arrow and numpy

        return tuple(ColumnType(f"{self.label}.{c.name}", c.oid, c.typmod) for c in self.columns)


class NeedsTextMode(Exception):  # noqa: N818  not an error: the stream is to be restarted in text mode
    """The server sent a binary value of a type that is only understood as text."""

    def __init__(self, relation: Relation, column: str) -> None:
        super().__init__(f"{relation.label}.{column} arrived in binary form")
        self.relation = relation
        self.column = column


def parse_relation(message: bytes, types: t.UserTypes, base_names: dict[int, str], primary_key: PrimaryKey) -> Relation:
    """A Relation message (`R`). `base_names`: oid → built-in base type's name, as Type messages gave them."""
    oid = int.from_bytes(message[1:5])
    schema, at = _cstring(message, 5)
    name, at = _cstring(message, at)
    identity = chr(message[at])
    count = int.from_bytes(message[at + 1 : at + 3])
    at += 3
    columns = []
    for _ in range(count):
        flagged = bool(message[at] & 1)
        column, at = _cstring(message, at + 1)
        declared = int.from_bytes(message[at : at + 4])
        typmod = int.from_bytes(message[at + 4 : at + 8], signed=True)
        base, base_typmod = types.base(declared, typmod)
        if not types.knows(declared):  # dropped since: the stream itself still told its base type
            base = CATALOG_NAMES.get(base_names.get(declared, ""), base)
        columns.append(RelationColumn(column, base, base_typmod, flagged, declared, declared in types.enums))
        at += 8
    schema = schema or "pg_catalog"
    known = primary_key(schema, name) if identity == "f" else ()
    if known:
        columns = [RelationColumn(c.name, c.oid, c.typmod, c.name in known, c.declared_oid, c.enum) for c in columns]
    return Relation(oid, schema, name, identity, tuple(columns))  # type: ignore[arg-type]


def parse_type(message: bytes) -> tuple[int, str] | None:
    """A Type message (`Y`): (oid, name) of a domain over a built-in type; None for all others."""
    schema, at = _cstring(message, 5)
    name, _ = _cstring(message, at)
    return None if schema else (int.from_bytes(message[1:5]), name)


def _cstring(message: bytes, at: int) -> tuple[str, int]:
    end = message.index(0, at)
    return message[at:end].decode(), end + 1
