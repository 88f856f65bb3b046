"""A compiled expression, what names mean where it stands, and conversions that lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lakewright.query.athena.sql.types import (
    UNKNOWN,
    Type,
    duckdb_name,
    field_names,
    quote,
    wider,
)


@dataclass(frozen=True, slots=True)
class Sql:
    """DuckDB text with its Trino type. `literal` is the written text of a constant, None for everything else."""

    text: str
    type: Type
    literal: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column in FROM: `qualifier` is the path before its name (database, table), or an alias."""

    qualifier: tuple[str, ...]
    name: str
    value: Sql


@dataclass(slots=True)
class Scope:
    """What names mean: the fields of FROM, lambda parameters, and the query around."""

    fields: list[Field] = field(default_factory=list)
    outer: Scope | None = None
    lambdas: dict[str, Sql] = field(default_factory=dict)
    windows: dict[str, str] = field(default_factory=dict)
    grouped: bool = False

    def chain(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


def text_literal(value: str) -> str:
    """A DuckDB string literal."""
    if "\0" in value:
        parts = [text_literal(part) for part in value.split("\0")]
        return "(" + " || chr(0) || ".join(parts) + ")"
    return "'" + value.replace("'", "''") + "'"


def same_in_duckdb(one: Type, other: Type) -> bool:
    return duckdb_name(one) == duckdb_name(other) and _shape(one) == _shape(other)


def _shape(kind: Type) -> object:
    """Tells apart what DuckDB keeps in one type with different meanings."""
    if kind.items:
        return (kind.name, tuple(map(_shape, kind.items)))
    return kind.name if kind.name in ("json", "char") or kind.name.startswith("interval") else ""


def fits(given: Type, to: Type) -> bool:
    """Whether `given` becomes `to` by itself in Trino."""
    if given in (to, UNKNOWN):
        return True
    if given.name == to.name == "varchar":
        return given.precision <= to.precision
    if given.name == to.name == "timestamp with time zone":
        return given.precision <= to.precision
    return wider(given, to) == to


def coerced(value: Sql, to: Type) -> str:
    """Text of `value` as `to`, its own type or one that holds it."""
    if value.type == UNKNOWN and to != UNKNOWN:
        return f"CAST({value.text} AS {duckdb_name(to)})"
    return converted(value.text, value.type, to)


def converted(text: str, given: Type, to: Type) -> str:
    if given == to or same_in_duckdb(given, to):
        return text
    if given == UNKNOWN:
        return f"CAST({text} AS {duckdb_name(to)})"
    if to.name == "double" and given.name == "decimal" and given.precision > 15:
        return f"CAST(CAST({text} AS VARCHAR) AS DOUBLE)"  # a division by 10^scale would round twice
    if to.name == "real" and given.name == "decimal":
        return f"CAST(CAST({text} AS VARCHAR) AS FLOAT)"
    if to.name == "timestamp with time zone":
        local = text if given.name == "timestamp" else f"CAST({text} AS TIMESTAMP)"
        return f"timezone('UTC', {local})"
    if to.name == "array":
        item = converted("e", given.items[0], to.items[0])
        return f"list_transform({text}, lambda e: {item})"
    if to.name == "map":
        key = converted("e.key", given.items[0], to.items[0])
        value = converted("e.value", given.items[1], to.items[1])
        entries = f"list_transform(map_entries({text}), lambda e: struct_pack(key := {key}, value := {value}))"
        return f"map_from_entries({entries})"
    if to.name == "row":
        parts = (
            f"{quote(name)} := {converted(f'struct_extract_at({text}, {at + 1})', one, other)}"
            for at, (name, one, other) in enumerate(zip(field_names(to), given.items, to.items, strict=True))
        )
        return f"CASE WHEN {text} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END"
    if to.name == "char":
        return f"rtrim({text}, ' ')"
    return f"CAST({text} AS {duckdb_name(to)})"
