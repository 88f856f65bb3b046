"""Spark SQL, the part of it that means the same with ANSI mode on and off, and its translation to DuckDB.

sqlglot reads the text; every operator, cast and function is then looked up in the allow-list (functions.py, special.py,
operators.py, arithmetic.py, casts.py, aggregates.py, queries.py), typed by Spark's rules and written for DuckDB.
What is not in the list is refused by name. `MACROS` is run once in a DuckDB instance before translated SQL runs there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlglot import exp

from lakewright.errors import LakewrightError, Mistakes
from lakewright.models.dialect.aggregates import AGGREGATES
from lakewright.models.dialect.arithmetic import ARITHMETIC
from lakewright.models.dialect.casts import CASTS
from lakewright.models.dialect.compiler import Compiler, Schemas
from lakewright.models.dialect.functions import CALLS
from lakewright.models.dialect.macros import MACROS
from lakewright.models.dialect.operators import OPERATORS
from lakewright.models.dialect.parser import Place, parse_expression, parse_query
from lakewright.models.dialect.queries import output_mistakes, query
from lakewright.models.dialect.special import SPECIAL_NODES
from lakewright.models.dialect.values import Origins, Relation, Scope, Sql, coerced, quote
from lakewright.models.types import SparkType, parse_type

__all__ = [
    "MACROS",
    "Schemas",
    "Uses",
    "expression_to_duckdb",
    "expression_type",
    "output_types",
    "parse_query",
    "refusals",
    "refused_in",
    "to_duckdb",
    "uses",
]

_EXPRESSIONS = {**CALLS, **OPERATORS, **ARITHMETIC, **CASTS, **SPECIAL_NODES, **AGGREGATES}


def to_duckdb(
    sql: str,
    schemas: Schemas,
    *,
    now: datetime | None = None,
    tables: Mapping[str, str] | None = None,
    place: Place = ("SQL", 1),
) -> str:
    """`sql` (canonical Spark SQL) as DuckDB SQL. Raises Mistakes when something in it is not allowed or not known.

    `schemas`: table → column → canonical type, for every table read. `now` is what current_date and
    current_timestamp mean (an aware datetime: the run's time, so that a run repeats). Table names stay as they are,
    `silver.order` becomes "silver"."order", except those in `tables`: name → DuckDB text to read instead.
    """
    compiler = _compiler(schemas, now, place, tables)
    tree = parse_query(sql, place)
    found = query(compiler, tree, None, {})
    output_mistakes(compiler, tree, found.columns)
    _raise(compiler)
    return found.text


def output_types(sql: str, schemas: Schemas, *, place: Place = ("SQL", 1)) -> dict[str, str]:
    """Output column → canonical type, as Spark gives it, in order. Raises Mistakes like `to_duckdb`."""
    compiler = _compiler(schemas, datetime.now(UTC), place, None)
    tree = parse_query(sql, place)
    found = query(compiler, tree, None, {})
    output_mistakes(compiler, tree, found.columns)
    _raise(compiler)
    return {name: str(kind) for name, kind in (found.columns or {}).items()}


@dataclass(frozen=True, slots=True)
class Uses:
    """Table columns in a query: those behind each output column, and all that are named anywhere in it."""

    columns: Mapping[str, Origins]
    anywhere: Origins


def uses(sql: str, schemas: Schemas) -> Uses:
    """Which columns of which tables `sql` uses. What is refused or unknown in it is left out, not raised."""
    compiler = _compiler(schemas, datetime.now(UTC), ("SQL", 1), None)
    found = query(compiler, parse_query(sql, ("SQL", 1)), None, {})
    return Uses({name.lower(): origins for name, origins in found.origins.items()}, frozenset(compiler.touched))


def expression_to_duckdb(
    sql: str, columns: Mapping[str, str], *, now: datetime | None = None, place: Place = ("SQL", 1)
) -> str:
    """One Spark SQL expression over `columns` (name → canonical type), for example a check, as DuckDB SQL."""
    compiler = _compiler({}, now, place, None)
    known = {name.lower(): Sql(quote(name), parse_type(kind)) for name, kind in columns.items()}
    found = compiler.expression(parse_expression(sql, place), Scope([Relation("", known)]))
    _raise(compiler)
    return coerced(found, found.type)


def expression_type(
    sql: str, columns: Mapping[str, str], place: Place = ("SQL", 1)
) -> tuple[SparkType, list[LakewrightError]]:
    """The type of an expression over `columns`, and what is wrong with it."""
    compiler = _compiler({}, datetime.now(UTC), place, None)
    known = {name.lower(): Sql(quote(name), parse_type(kind)) for name, kind in columns.items()}
    found = compiler.expression(parse_expression(sql, place), Scope([Relation("", known)]))
    return found.type, compiler.mistakes


def refusals(sql: str, path: Path, line: int, schemas: Schemas | None = None) -> list[LakewrightError]:
    """What in `sql` (which begins on `line` of `path`) is not allowed, each by name and with its line.

    Without `schemas` only what does not depend on types is found.
    """
    return refused_in(parse_query(sql, (path, line)), path, line, schemas)


def refused_in(tree: exp.Expr, path: Path, line: int, schemas: Schemas | None = None) -> list[LakewrightError]:
    """The same for a tree that is parsed already."""
    compiler = _compiler(schemas, datetime.now(UTC) if schemas is not None else None, (path, line), None)
    found = query(compiler, tree, None, {})
    output_mistakes(compiler, tree, found.columns)
    return compiler.mistakes


def _compiler(
    schemas: Schemas | None, now: datetime | None, place: Place, tables: Mapping[str, str] | None
) -> Compiler:
    return Compiler(_EXPRESSIONS, query, schemas, now, str(place[0]), place[1], tables or {})


def _raise(compiler: Compiler) -> None:
    if compiler.mistakes:
        raise Mistakes(compiler.mistakes)
