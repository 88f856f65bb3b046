"""Athena's SQL (Trino's dialect) for DuckDB: read, typed and translated; correct or refused, never silently different.

`parse` reads one statement, `translate` gives DuckDB's text and the output's Trino types, `render` and `csv` print
values as Athena does, `failure` words DuckDB's errors as Athena's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from lakewright.query.athena.sql.calls import CALLS
from lakewright.query.athena.sql.casts import CASTS
from lakewright.query.athena.sql.column import Column, Translated
from lakewright.query.athena.sql.compiler import Compiler, Types
from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.expressions import expression
from lakewright.query.athena.sql.failures import failure
from lakewright.query.athena.sql.literals import LITERALS
from lakewright.query.athena.sql.macros import MACROS, prelude
from lakewright.query.athena.sql.operators import OPERATORS
from lakewright.query.athena.sql.queries import query
from lakewright.query.athena.sql.relations import reader_of
from lakewright.query.athena.sql.render import csv, render
from lakewright.query.athena.sql.special_time import TIME_NODES
from lakewright.query.athena.sql.statements import Statement, parse
from lakewright.query.athena.sql.syntax import Expression
from lakewright.query.athena.sql.types import Type

__all__ = [
    "MACROS",
    "Column",
    "SqlError",
    "Statement",
    "Translated",
    "csv",
    "failure",
    "parse",
    "render",
    "translate",
]

_EXPRESSIONS = {**LITERALS, **OPERATORS, **CASTS, **CALLS, **TIME_NODES}


def translate(
    statement: Statement,
    schemas: Mapping[str, Mapping[str, str]],
    *,
    parameters: Sequence[str] = (),
    now: datetime,
    types: Types | None = None,
) -> Translated:
    """The DuckDB text of a statement that has a query (select, explain, ctas, insert, unload, view).

    `schemas`: table → column → canonical type, of the tables that the caller may see; `types` of those columns whose
    type says more than that; `parameters` are SQL texts for the question marks; `now` (aware) is what
    current_timestamp means. SqlError with Athena's words otherwise.
    """
    if statement.query is None:
        raise SqlError("SYNTAX_ERROR", f"{statement.kind} has no query to translate")
    given = tuple(_parameter(text) for text in parameters)
    if len(given) != statement.parameters:
        fact = f"Incorrect number of parameters: expected {statement.parameters} but found {len(given)}"
        raise SqlError("INVALID_PARAMETER_USAGE", f"line 1:1: {fact}", None, None)
    compiler = Compiler(_EXPRESSIONS, query, schemas, now, given, types or {})
    found = query(compiler, statement.query, None)
    for one in found.columns:
        if _zone_unknown(one.type):
            raise at(
                statement.query.place,
                "NOT_SUPPORTED",
                f"{one.name or 'a column'} holds times whose zone differs from row to row; use AT TIME ZONE",
            )
    columns = tuple(
        Column(one.name or f"_col{index}", str(one.type), one.type) for index, one in enumerate(found.columns)
    )
    return Translated(found.text, columns, tuple(compiler.reads), prelude(found.text))


def _zone_unknown(kind: Type) -> bool:
    if kind.name == "timestamp with time zone":
        return not kind.zone
    return any(_zone_unknown(item) for item in kind.items)


def _parameter(text: str) -> Expression:
    reader = reader_of(text, "")
    found = expression(reader)
    if reader.now.kind != "end":
        raise reader.wrong("<EOF>")
    return found
