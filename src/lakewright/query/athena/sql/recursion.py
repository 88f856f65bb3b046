"""WITH RECURSIVE: Trino unrolls ten steps and fails when rows are left."""

from __future__ import annotations

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
    body = cte.query.body
    if not cte.columns:
        raise at(cte.place, "MISSING_COLUMN_ALIASES", "missing column aliases in recursive WITH query")
    if (
        not isinstance(body, SetOperation)
        or body.word != "UNION"
        or cte.query.order
        or cte.query.limit
        or cte.query.ctes
    ):
        raise at(cte.place, "NOT_SUPPORTED", "a recursive WITH query is a UNION ALL of two parts")
    if not body.every:
        raise at(cte.place, "NOT_SUPPORTED", "UNION DISTINCT in a recursive WITH query is not supported")
    step = body.right
    if isinstance(step, TableNode) and isinstance(step.query.body, Select) and not step.query.order:
        step = step.query.body
    if not isinstance(step, Select) or step.group is not None or step.distinct or step.having is not None:
        raise at(
            step.place, "NOT_SUPPORTED", "a recursive step with GROUP BY, DISTINCT or set operations is not supported"
        )
    from lakewright.query.athena.sql.queries import _body, renamed

    anchor = _body(compiler, body.left, outer)
    columns = renamed(cte, cte.columns, anchor.columns)
    name = compiler.fresh("w")
    known = (*columns, Output(_DEPTH, _DEPTH, INTEGER))
    inner_known = tuple(replace(column, internal=f"c{index}") for index, column in enumerate(known))
    compiler.ctes[cte.name] = (name, inner_known)
    item = Item(step.place, Name(step.place, _DEPTH, True), _DEPTH, False)
    starred = any(one.star for one in step.items)
    if starred:
        raise at(step.place, "NOT_SUPPORTED", "a star in a recursive step is not supported; name the columns")
    found = _body(compiler, replace(step, items=(*step.items, item)), outer)
    made = found.columns[:-1]
    if len(made) != len(columns):
        raise at(
            step.place,
            "TYPE_MISMATCH",
            f"base and step relations of recursion have different number of fields: {len(columns)}, {len(made)}",
        )
    for index, (one, other) in enumerate(zip(columns, made, strict=True)):
        if not fits(other.type, one.type):
            raise at(
                step.place,
                "TYPE_MISMATCH",
                f"recursion step relation output type ({other.type}) is not coercible to recursion base relation "
                f"output type ({one.type}) at column {index + 1}",
            )
    relation = compiler.fresh("r")
    texts = [
        f"{coerced(Sql(f'{relation}.{quote(other.internal)}', other.type), one.type)} AS c{index}"
        for index, (one, other) in enumerate(zip(columns, made, strict=True))
    ]
    step_text = f"{relation}.{quote(_DEPTH)}"
    fact = f"Recursion depth limit exceeded ({MAX_STEPS}). Use ''max_recursion_depth'' session property to modify the limit."  # noqa: E501
    count = f"CASE WHEN {step_text} >= {MAX_STEPS} THEN CAST(error('NOT_SUPPORTED: {fact}') AS INTEGER) ELSE {step_text} + 1 END"  # noqa: E501
    first = ", ".join(f"{relation}.{quote(column.internal)} AS c{index}" for index, column in enumerate(anchor.columns))
    listed = ", ".join(f"c{index}" for index in range(len(known)))
    text = (
        f"{name}({listed}) AS (SELECT {first}, 0 FROM ({anchor.text}) AS {relation} UNION ALL "
        f"SELECT {', '.join(texts)}, {count} FROM ({found.text}) AS {relation})"
    )
    visible = tuple(replace(column, internal=f"c{index}") for index, column in enumerate(columns))
    return text, name, visible
