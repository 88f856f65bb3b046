"""Function calls: looked up by name, resolved by argument types, compiled to DuckDB text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.query.athena.sql.aggregates import AGGREGATES, aggregate
from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.functions import FUNCTIONS
from lakewright.query.athena.sql.signatures import Signature, accepted, bound, is_variable, target
from lakewright.query.athena.sql.special import SPECIAL
from lakewright.query.athena.sql.syntax import Call, Expression, Lambda, Node
from lakewright.query.athena.sql.types import UNKNOWN, VARCHAR, Type, varchar
from lakewright.query.athena.sql.values import Scope, Sql, coerced
from lakewright.query.athena.sql.window_functions import WINDOW_FUNCTIONS, window_call


def call(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """A call by its Trino name; SqlError FUNCTION_NOT_FOUND when nothing is known under it."""
    name = node.name
    if node.over is not None and name in WINDOW_FUNCTIONS:
        return window_call(compiler, node, scope)
    if name in AGGREGATES:
        return aggregate(compiler, node, scope)
    if name in WINDOW_FUNCTIONS:
        raise at(node.place, "SYNTAX_ERROR", f"Window function {name} requires an OVER clause")
    for part, fact in (
        (node.over, "OVER"),
        (node.filter, "FILTER"),
        (node.distinct, "DISTINCT"),
        (node.order, "ORDER BY"),
    ):
        if part:
            raise at(node.place, "FUNCTION_NOT_AGGREGATE", f"{fact} is only supported for aggregate functions: {name}")
    special = SPECIAL.get(name)
    if special is not None:
        return special(compiler, node, scope)
    signatures = FUNCTIONS.get(name)
    if signatures is None:
        raise at(node.place, "FUNCTION_NOT_FOUND", f"Function '{name}' not registered")
    return resolved(compiler, node, signatures, scope)


def resolved(compiler: Compiler, node: Call, signatures: tuple[Signature, ...], scope: Scope) -> Sql:
    values = [None if isinstance(one, Lambda) else compiler.expression(one, scope) for one in node.arguments]
    chosen = _choose(signatures, node.arguments, values)
    if chosen is None:
        given = ", ".join(str(value.type) if value is not None else "function" for value in values)
        expected = ", ".join(f"{node.name}({', '.join(map(spoken, one.takes))})" for one in signatures)
        raise at(
            node.place,
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({given}) for function {node.name}. Expected: {expected}",
        )
    one, names = chosen
    names |= {"CHARA": varchar(1), "CHARB": varchar(64)}
    if values and values[0] is not None:
        names["SAME"] = values[0].type if values[0].type != UNKNOWN else varchar(0)
    texts: list[str] = []
    for index, (written, value) in enumerate(zip(node.arguments, values, strict=True)):
        param = one.takes[min(index, len(one.takes) - 1)]
        if param.name == "function":
            texts.append(_lambda(compiler, written, param, names, scope))
        elif value is not None:
            kind = bound(param, names)
            texts.append(coerced(value, kind if is_variable(param) or param.items else target(kind, value.type)))
    gives = bound(one.gives, names)
    if gives.precision == -1:
        gives = next(
            value.type
            for value, param in zip(values, one.takes, strict=False)
            if value is not None and param.precision == -1
        )
    return Sql(f"({one.text.format(*texts, all=', '.join(texts))})", gives)


def spoken(kind: Type) -> str:
    return kind.name if kind.precision == -1 else str(kind)


def _choose(
    signatures: tuple[Signature, ...], arguments: tuple[Expression, ...], values: list[Sql | None]
) -> tuple[Signature, dict[str, Type]] | None:
    best: tuple[int, Signature, dict[str, Type]] | None = None
    for one in signatures:
        enough = len(arguments) >= len(one.takes) if one.variadic else len(arguments) == len(one.takes)
        if not enough:
            continue
        names: dict[str, Type] = {}
        total = 0
        for index, value in enumerate(values):
            param = one.takes[min(index, len(one.takes) - 1)]
            if (param.name == "function") != (value is None):
                break
            cost = accepted(param, value.type, names) if value is not None else 0
            if cost is None:
                break
            total += cost
        else:
            if best is None or total < best[0]:
                best = (total, one, names)
    return (best[1], best[2]) if best is not None else None


def _lambda(compiler: Compiler, node: Expression, param: Type, names: dict[str, Type], scope: Scope) -> str:
    kinds = [bound(kind, names) for kind in param.items[:-1]]
    inner, body = compiler.lambda_(node, kinds, scope)
    gives = param.items[-1]
    if is_variable(gives):
        known = names.get(gives.name)
        if known is None:
            names[gives.name] = body.type
            return f"lambda {', '.join(inner)}: {body.text}"
        gives = known
    if accepted(gives, body.type, {}) is None:
        raise at(node.place, "TYPE_MISMATCH", f"Unexpected type of lambda: {body.type}, expected {gives}")
    return f"lambda {', '.join(inner)}: {coerced(body, gives)}"


CALLS: Mapping[type[Node], Any] = {Call: call}
__all__ = ["CALLS", "VARCHAR"]
