"""How the arguments of a call are read: written values, strings, arrays."""

from __future__ import annotations

from sqlglot import exp

from lakewright.models.dialect.compiler import Compiler
from lakewright.models.dialect.values import (
    STRING,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    coerced,
)


def values_of(compiler: Compiler, node: exp.Expr, scope: Scope) -> list[Sql]:
    return [compiler.expression(argument, scope) for argument in node.expressions]


def count_is(compiler: Compiler, node: exp.Expr, low: int, high: int | None = None) -> bool:
    given = len(node.expressions)
    if low <= given <= (high or low):
        return True
    compiler.refuse(node, f"{node.name.lower()}() with {given} arguments is not in the allowed dialect")
    return False


def string_text(compiler: Compiler, node: exp.Expr, value: Sql) -> str:
    if value.type not in (STRING, VOID, UNKNOWN):
        compiler.refuse(node, f"{node.name.lower()}() takes a string, and this is a {value.type}", "cast(… as string)")
    return coerced(value, STRING)


def written_text(node: exp.Expr, at: int) -> str | None:
    """The literal text of argument `at`; None when it is not written down."""
    given = node.expressions[at].unnest() if at < len(node.expressions) else None
    if isinstance(given, exp.RawString) or (isinstance(given, exp.Literal) and given.is_string):
        return given.name
    return None


def written_number(node: exp.Expr, at: int) -> int | None:
    given = node.expressions[at].unnest() if at < len(node.expressions) else None
    if isinstance(given, exp.Literal) and not given.is_string and given.name.isdecimal():
        return int(given.name)
    return None


def list_(compiler: Compiler, node: exp.Expr, value: Sql) -> bool:
    if value.type.name in ("array", "unknown"):
        return True
    compiler.refuse(node, f"{node.name.lower()}() takes an array, and this is a {value.type}")
    return False
