"""Typed pieces of SQL, the relations they are resolved in, and Spark's rules for the types of results."""

from __future__ import annotations

from dataclasses import dataclass, field

from lakewright.models.types import MAX_PRECISION, SparkType, decimal, duckdb_name

Origins = frozenset[tuple[str, str]]

UNKNOWN = SparkType("unknown")
VOID = SparkType("void")
BOOLEAN = SparkType("boolean")
INT = SparkType("int")
BIGINT = SparkType("bigint")
DOUBLE = SparkType("double")
STRING = SparkType("string")
DATE = SparkType("date")
TIMESTAMP = SparkType("timestamp")
TIMESTAMP_NTZ = SparkType("timestamp_ntz")
INTEGRALS = ("tinyint", "smallint", "int", "bigint")
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
_LITERAL_DIGITS_MIN = 1


@dataclass(frozen=True, slots=True)
class Sql:
    """DuckDB text of an expression and its Spark type.

    `literal` is the written value when it is a plain literal; `origins` are the table columns that a named column's
    values come from.
    """

    text: str
    type: SparkType
    literal: str | None = None
    origins: Origins = frozenset()

    @property
    def known(self) -> bool:
        return self.type != UNKNOWN


@dataclass(frozen=True, slots=True)
class Relation:
    """A source in FROM: `columns` maps lower-case names to typed text; None when the table's schema is not known."""

    alias: str
    columns: dict[str, Sql] | None


@dataclass(slots=True)
class Scope:
    """What names mean inside one SELECT; `outer` is the query around a correlated subquery."""

    relations: list[Relation] = field(default_factory=list)
    merged: dict[str, Sql] = field(default_factory=dict)
    aliases: dict[str, Sql] = field(default_factory=dict)
    lambdas: dict[str, Sql] = field(default_factory=dict)
    outer: Scope | None = None


def quote(name: str) -> str:
    """DuckDB's quoting of an identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def is_integral(kind: SparkType) -> bool:
    return kind.name in INTEGRALS


def is_numeric(kind: SparkType) -> bool:
    return kind.name in INTEGRALS or kind.name in ("decimal", "double", "float")


def as_decimal(value: Sql) -> SparkType:
    """The decimal type an integral operand has beside a decimal: a literal counts its own digits only."""
    if value.literal is not None and is_integral(value.type):
        return decimal(max(len(value.literal.lstrip("-")), _LITERAL_DIGITS_MIN), 0)
    return decimal(_DIGITS[value.type.name], 0) if is_integral(value.type) else value.type


def bounded(precision: int, scale: int) -> SparkType:
    """A decimal type cut to 38 digits as Spark does it for sums and averages (`DecimalType.bounded`)."""
    return decimal(min(precision, MAX_PRECISION), min(scale, MAX_PRECISION))


def adjusted(precision: int, scale: int) -> SparkType:
    """A decimal type cut to 38 digits as Spark does it for arithmetic: at least 6 digits of scale are kept."""
    if precision <= MAX_PRECISION:
        return decimal(precision, scale)
    whole = precision - scale
    return decimal(MAX_PRECISION, max(MAX_PRECISION - whole, min(scale, 6)))


def wider_decimal(left: SparkType, right: SparkType) -> SparkType | None:
    """The decimal type that holds both without loss; None when there is none."""
    scale = max(left.scale, right.scale)
    precision = max(left.precision - left.scale, right.precision - right.scale) + scale
    return decimal(precision, scale) if precision <= MAX_PRECISION else None


def wider(left: SparkType, right: SparkType) -> SparkType | None:
    """Spark's common type of two, where ANSI mode on and off agree on it; None when they do not, or there is none."""
    if left == right or right == VOID:
        return left
    if left == VOID:
        return right
    if UNKNOWN in (left, right):
        return UNKNOWN
    if is_integral(left) and is_integral(right):
        return left if INTEGRALS.index(left.name) > INTEGRALS.index(right.name) else right
    names = {left.name, right.name}
    if "double" in names and is_numeric(left) and is_numeric(right):
        return DOUBLE
    if "decimal" in names and "float" not in names and is_numeric(left) and is_numeric(right):
        return wider_decimal(as_decimal(Sql("", left)), as_decimal(Sql("", right)))
    if names == {"date", "timestamp"}:
        return TIMESTAMP
    if names == {"array"}:
        item = wider(left.items[0], right.items[0])
        return SparkType("array", items=(item,)) if item else None
    return None


def coerced(value: Sql, to: SparkType) -> str:
    """Text of `value` as type `to`, which must be its own type or a wider one."""
    if value.type == VOID and to not in (VOID, UNKNOWN):
        return f"CAST(NULL AS {duckdb_name(to)})"
    if value.type == to or UNKNOWN in (value.type, to) or to == VOID:
        return value.text
    return widened(value, to)


def widened(value: Sql, to: SparkType) -> str:
    """A cast that never loses anything."""
    if to == DOUBLE and value.type.name == "decimal" and value.type.precision > 15:
        return f"CAST(CAST({value.text} AS VARCHAR) AS DOUBLE)"  # a division by 10^scale would round twice
    return f"CAST({value.text} AS {duckdb_name(to)})"
