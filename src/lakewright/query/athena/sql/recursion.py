"""WITH RECURSIVE: Trino unrolls ten steps and fails when rows are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lakewright.query.athena.sql.compiler import Compiler, Output
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import Cte, Item, Name, Select, SetOperation, TableNode
from lakewright.query.athena.sql.types import INTEGER, quote
from lakewright.query.athena.sql.values import Scope, Sql, coerced, fits

MAX_STEPS = 10
_DEPTH = "#step"


def recursive_cte(compiler: Compiler, cte: Cte, outer: Scope | None) -> tuple[str, str, tuple[Output, ...]]:
    """The CTE's text, its name inside DuckDB and its columns. Each row carries the step that made it."""
    from lakewright.query.athena.sql.queries import _body, renamed

    union, step = _parts(cte)
    anchor = _body(compiler, union.left, outer)
    columns = renamed(cte, cte.columns, anchor.columns)
    name = compiler.fresh("w")
    known = _numbered((*columns, Output(_DEPTH, _DEPTH, INTEGER)))
    compiler.ctes[cte.name] = (name, known)
    if any(one.star for one in step.items):
        raise at(step.place, "NOT_SUPPORTED", "a star in a recursive step is not supported; name the columns")
    item = Item(step.place, Name(step.place, _DEPTH, True), _DEPTH, False)
    found = _body(compiler, replace(step, items=(*step.items, item)), outer)
    made = found.columns[:-1]
    _check_columns(step, columns, made)
    relation = compiler.fresh("r")
    first = ", ".join(f"{relation}.{quote(column.internal)} AS c{index}" for index, column in enumerate(anchor.columns))
    again = ", ".join(
        f"{coerced(Sql(f'{relation}.{quote(other.internal)}', other.type), one.type)} AS c{index}"
        for index, (one, other) in enumerate(zip(columns, made, strict=True))
    )
    listed = ", ".join(column.internal for column in known)
    text = (
        f"{name}({listed}) AS (SELECT {first}, 0 FROM ({anchor.text}) AS {relation} UNION ALL "
        f"SELECT {again}, {_next_step(relation)} FROM ({found.text}) AS {relation})"
    )
    return text, name, _numbered(columns)


def _parts(cte: Cte) -> tuple[SetOperation, Select]:
    """The UNION ALL and its second part. Raises SqlError for what Trino, or this compiler, does not take."""
    body = cte.query.body
    if not cte.columns:
        raise at(cte.place, "MISSING_COLUMN_ALIASES", "missing column aliases in recursive WITH query")
    limited = cte.query.order or cte.query.limit or cte.query.ctes
    if not isinstance(body, SetOperation) or body.word != "UNION" or limited:
        raise at(cte.place, "NOT_SUPPORTED", "a recursive WITH query is a UNION ALL of two parts")
    if not body.every:
        raise at(cte.place, "NOT_SUPPORTED", "UNION DISTINCT in a recursive WITH query is not supported")
    step = body.right
    if isinstance(step, TableNode) and isinstance(step.query.body, Select) and not step.query.order:
        step = step.query.body
    if not isinstance(step, Select) or step.group is not None or step.distinct or step.having is not None:
        fact = "a recursive step with GROUP BY, DISTINCT or set operations is not supported"
        raise at(step.place, "NOT_SUPPORTED", fact)
    return body, step


def _check_columns(step: Select, columns: Sequence[Output], made: Sequence[Output]) -> None:
    """A step has the columns that the base has. Raises SqlError."""
    if len(made) != len(columns):
        sizes = f"{len(columns)}, {len(made)}"
        fact = f"base and step relations of recursion have different number of fields: {sizes}"
        raise at(step.place, "TYPE_MISMATCH", fact)
    for index, (one, other) in enumerate(zip(columns, made, strict=True)):
        if not fits(other.type, one.type):
            raise at(
                step.place,
                "TYPE_MISMATCH",
                f"recursion step relation output type ({other.type}) is not coercible to recursion base relation "
                f"output type ({one.type}) at column {index + 1}",
            )


def _numbered(columns: Sequence[Output]) -> tuple[Output, ...]:
    return tuple(replace(column, internal=f"c{index}") for index, column in enumerate(columns))


def _next_step(relation: str) -> str:
    """The number of a row's step, one more than that of the row it was made of; an error beyond the last."""
    step = f"{relation}.{quote(_DEPTH)}"
    fact = (
        f"Recursion depth limit exceeded ({MAX_STEPS}). "
        "Use ''max_recursion_depth'' session property to modify the limit."
    )
    beyond = f"CAST(error('NOT_SUPPORTED: {fact}') AS INTEGER)"
    return f"CASE WHEN {step} >= {MAX_STEPS} THEN {beyond} ELSE {step} + 1 END"
