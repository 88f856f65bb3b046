"""Functions whose result depends on the types of their arguments: NULLs, numbers, arrays, structs."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lakewright.models.dialect.arguments import count_is, list_, values_of, written_number, written_text
from lakewright.models.dialect.arithmetic import divide, is_guarded
from lakewright.models.dialect.compiler import Compiler, Handler, texts
from lakewright.models.dialect.operators import compared
from lakewright.models.dialect.text_functions import TEXT_FUNCTIONS, TEXT_NODES
from lakewright.models.dialect.time_functions import TIME_FUNCTIONS, TIME_NODES
from lakewright.models.dialect.values import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    adjusted,
    coerced,
    is_integral,
    is_numeric,
    text_literal,
    wider,
)
from lakewright.models.types import MAX_PRECISION, array, decimal, duckdb_name, struct


def coalesce(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Also greatest and least, which skip NULLs in both engines."""
    values = values_of(compiler, node, scope)
    kind = compiler.common(node, values)
    name = node.name.lower() if node.name.lower() in ("greatest", "least") else "coalesce"
    return Sql(f"{name}({', '.join(texts(values, kind))})", kind)


def nullif(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    value, other = values_of(compiler, node, scope)
    both = compared(compiler, node, value, other)
    return Sql(f"CASE WHEN {both[0]} = {both[1]} THEN NULL ELSE {value.text} END" if both else "NULL", value.type)


def round_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 1, 2):
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.expressions[0], scope)
    digits = written_number(node, 1) if len(node.expressions) == 2 else 0
    if digits is None:
        return compiler.refuse(node, "round() takes a written number of digits, 0 or more")
    if value.type == UNKNOWN:
        return value
    if value.type.name != "decimal":
        return compiler.refuse(node, f"round() of a {value.type}", "round a decimal: its digits are exact")
    scale = min(value.type.scale, digits)
    kind = decimal(min(MAX_PRECISION, value.type.precision - value.type.scale + 1 + scale), scale)
    return Sql(f"CAST(round({value.text}, {scale}) AS {duckdb_name(kind)})", kind)


def floor_ceil(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    name = "floor" if node.name.lower() == "floor" else "ceil"
    if not count_is(compiler, node, 1):
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.expressions[0], scope)
    if value.type == UNKNOWN:
        return value
    if value.type.name == "decimal":
        kind = adjusted(value.type.precision - value.type.scale + 1, 0)
        return Sql(f"CAST({name}({value.text}) AS {duckdb_name(kind)})", kind)
    if is_integral(value.type):
        return Sql(f"CAST({value.text} AS BIGINT)", BIGINT)
    if value.type == DOUBLE:
        return Sql(f"CAST({name}({value.text}) AS BIGINT)", BIGINT)
    return compiler.refuse(node, f"{name}() of a {value.type}")


def abs_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 1):
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.expressions[0], scope)
    if not is_numeric(value.type) and value.known:
        return compiler.refuse(node, f"abs() of a {value.type}")
    return Sql(f"abs({value.text})", value.type)


def mod(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    left, right = (argument.copy() for argument in node.expressions)
    return compiler.expression(exp.Mod(this=exp.paren(left), expression=exp.paren(right)), scope)


def try_divide(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    left, right = values_of(compiler, node, scope)
    if left.type in (DATE, TIMESTAMP) or not (is_guarded(node.expressions[1]) or right.literal is None):
        return compiler.refuse(node, "try_divide() takes two numbers")
    guarded = Sql(f"nullif({right.text}, 0)", right.type)
    return divide(compiler, node, left, guarded)


def array_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    values = values_of(compiler, node, scope)
    kind = compiler.common(node, values)
    if not values or kind == VOID:
        return compiler.refuse(node, "array() of nothing has no type", "give it at least one typed value")
    return Sql(f"[{', '.join(texts(values, kind))}]", array(kind))


def array_size(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    value = values_of(compiler, node, scope)[0]
    list_(compiler, node, value)
    return Sql(f"CAST(len({value.text}) AS INTEGER)", INT)


def array_contains(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2):
        return Sql("NULL", BOOLEAN)
    items, value = values_of(compiler, node, scope)
    if not list_(compiler, node, items) or UNKNOWN in (items.type, value.type):
        return Sql("NULL", BOOLEAN)
    kind = wider(items.type.items[0], value.type)
    if kind is None:
        return compiler.refuse(node, f"a {value.type} is looked for in {items.type}", "cast it")
    return Sql(f"lw_array_contains({coerced(items, array(kind))}, {coerced(value, kind)})", BOOLEAN)


def element(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """get counts from 0, try_element_at from 1; both give NULL outside the array."""
    if not count_is(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    items, at = values_of(compiler, node, scope)
    if not list_(compiler, node, items) or items.type == UNKNOWN:
        return Sql("NULL", UNKNOWN)
    if at.type.name not in ("tinyint", "smallint", "int") and at.known:
        return compiler.refuse(node, f"{node.name.lower()}() takes an int, and this is a {at.type}")
    if node.name.lower() == "get":
        return Sql(f"CASE WHEN {at.text} >= 0 THEN list_extract({items.text}, {at.text} + 1) END", items.type.items[0])
    if written_number(node, 1) == 0:
        return compiler.refuse(node, "try_element_at counts from 1")
    return Sql(f"list_extract({items.text}, {at.text})", items.type.items[0])


def array_join(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 2):
        return Sql("NULL", STRING)
    items, mark = values_of(compiler, node, scope)
    if items.type not in (array(STRING), UNKNOWN) or mark.type not in (STRING, UNKNOWN):
        return compiler.refuse(node, "array_join() takes an array of strings and a string")
    return Sql(f"array_to_string({items.text}, {mark.text})", STRING)


def sort_array(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Ascending; NULLs first in sort_array, last in array_sort. Its argument may be a collect_list or collect_set."""
    if not count_is(compiler, node, 1):
        return Sql("NULL", UNKNOWN)
    inner = node.expressions[0].unnest()
    if isinstance(inner, exp.Anonymous) and inner.name.lower() in ("collect_list", "collect_set"):
        return _collected(compiler, inner, scope)
    items = compiler.expression(node.expressions[0], scope)
    nulls = "NULLS FIRST" if node.name.lower() == "sort_array" else "NULLS LAST"
    list_(compiler, node, items)
    return Sql(f"list_sort({items.text}, 'ASC', '{nulls}')", items.type)


def _collected(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not count_is(compiler, node, 1) or isinstance(node.expressions[0], exp.Distinct):
        return compiler.refuse(node, f"this form of {node.name.lower()}()", "collect_set is distinct")
    value = compiler.expression(node.expressions[0], scope)
    if value.type.name in ("array", "struct", "map", "void"):
        return compiler.refuse(node, f"{node.name.lower()}() of {value.type}")
    once = "DISTINCT " if node.name.lower() == "collect_set" else ""
    kept = f"list({once}{value.text}) FILTER (WHERE {value.text} IS NOT NULL)"
    return Sql(f"list_sort(coalesce({kept}, []), 'ASC', 'NULLS FIRST')", array(value.type))


def struct_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if node.name.lower() == "named_struct":
        names = [written_text(node, at) for at in range(0, len(node.expressions), 2)]
        parts = node.expressions[1::2]
    else:
        names = [argument.alias_or_name for argument in node.expressions]
        parts = [argument.unalias() for argument in node.expressions]
    if not all(names) or len(names) != len(parts):
        return compiler.refuse(node, "every field of a struct has a written name", "struct(x AS name)")
    fields = {str(name): compiler.expression(part, scope) for name, part in zip(names, parts, strict=True)}
    inner = ", ".join(f"{text_literal(name)}: {value.text}" for name, value in fields.items())
    return Sql(f"{{{inner}}}", struct({name: value.type for name, value in fields.items()}))


SPECIAL: Mapping[str, Handler] = {
    **TEXT_FUNCTIONS,
    **TIME_FUNCTIONS,
    "coalesce": coalesce,
    "greatest": coalesce,
    "least": coalesce,
    "nullif": nullif,
    "round": round_,
    "floor": floor_ceil,
    "ceil": floor_ceil,
    "abs": abs_,
    "mod": mod,
    "try_divide": try_divide,
    "array": array_,
    "array_size": array_size,
    "array_contains": array_contains,
    "get": element,
    "try_element_at": element,
    "array_join": array_join,
    "sort_array": sort_array,
    "array_sort": sort_array,
    "struct": struct_,
    "named_struct": struct_,
}

SPECIAL_NODES: Mapping[type[exp.Expr], Handler] = {**TEXT_NODES, **TIME_NODES}
