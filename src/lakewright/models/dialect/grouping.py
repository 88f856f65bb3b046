"""Aggregates where they may stand, and no ungrouped column beside them: found at check time, not by the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from lakewright.models.dialect.aggregates import AGGREGATE_NAMES
from lakewright.models.dialect.compiler import Compiler
from lakewright.models.dialect.values import Scope


def own_nodes(node: exp.Expr) -> Iterator[exp.Expr]:
    """`node` and what is below it, without going into subqueries."""
    yield node
    for child in node.iter_expressions():
        if not isinstance(child, exp.Query):
            yield from own_nodes(child)


def aggregates(node: exp.Expr) -> Iterator[exp.Expr]:
    """Aggregate calls in `node` that are not window functions themselves."""
    for inner in own_nodes(node):
        if _is_aggregate(inner) and not isinstance(_function_around(inner), exp.Window):
            yield inner


def _is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in AGGREGATE_NAMES


def _function_around(node: exp.Expr) -> exp.Expr | None:
    """The window whose function `node` is, through FILTER and IGNORE NULLS."""
    inner, around = node, node.parent
    while isinstance(around, exp.Filter | exp.IgnoreNulls):
        inner, around = around, around.parent
    return around if isinstance(around, exp.Window) and around.this is inner else None


def check_rows_only(compiler: Compiler, node: exp.Expr, where: str) -> None:
    """WHERE, ON and GROUP BY see single rows: no aggregate and no window function."""
    for inner in own_nodes(node):
        if _is_aggregate(inner):
            hint = "use HAVING" if where == "WHERE" else "compute it in a subquery"
            compiler.refuse(inner, f"{inner.name.lower()}() in {where}", hint)
            return
        if isinstance(inner, exp.Window):
            compiler.refuse(inner, f"a window function in {where}", "compute it in a subquery and filter around it")
            return


def check_grouped(compiler: Compiler, outputs: Iterable[exp.Expr], keys: frozenset[str], scope: Scope) -> None:
    """Each column in `outputs` stands inside an aggregate or belongs to a group key (`keys`: their DuckDB texts)."""
    for output in outputs:
        column = _ungrouped(compiler, output, keys, scope)
        if column is not None:
            fact = f"{column.sql('spark')} is neither in GROUP BY nor inside an aggregate"
            compiler.refuse(column, fact, "add it to GROUP BY, or use max or max_by")


def _ungrouped(compiler: Compiler, node: exp.Expr, keys: frozenset[str], scope: Scope) -> exp.Expr | None:
    if isinstance(node, exp.Query | exp.Star | exp.Literal):
        return None
    if isinstance(node, exp.Filter) or (_is_aggregate(node) and not isinstance(_function_around(node), exp.Window)):
        return None
    if (
        not isinstance(node, exp.Window | exp.Ordered | exp.Order | exp.WindowSpec)
        and _text(compiler, node, scope) in keys
    ):
        return None
    if isinstance(node, exp.Column):
        return node if _is_own(node, scope) else None
    for child in node.iter_expressions():
        found = _ungrouped(compiler, child, keys, scope)
        if found is not None:
            return found
    return None


def _text(compiler: Compiler, node: exp.Expr, scope: Scope) -> str:
    if type(node) not in compiler.expressions:
        return ""
    before = list(compiler.mistakes)
    text = compiler.expression(node, scope).text
    compiler.mistakes[:] = before
    return text


def _is_own(node: exp.Column, scope: Scope) -> bool:
    """Whether a column is one of this SELECT's sources; aliases and columns from around are judged elsewhere."""
    first = node.parts[0].name.lower()
    if len(node.parts) > 1 and any(relation.alias == first for relation in scope.relations):
        return True
    return any(relation.columns is not None and first in relation.columns for relation in scope.relations)
