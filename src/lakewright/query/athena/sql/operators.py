"""Comparisons, logic, CASE, LIKE, subqueries, and access to parts of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.query.athena.sql.arithmetic import binary, signed
from lakewright.query.athena.sql.compiler import Compiler, refused, struct_of
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import (
    ArrayOf,
    Between,
    Binary,
    Case,
    Comparison,
    Distinct,
    Dot,
    Exists,
    Expression,
    Grouping,
    In,
    IsNull,
    Lambda,
    Like,
    Logic,
    Name,
    Node,
    Not,
    Null,
    Quantified,
    RowOf,
    Scalar,
    Signed,
    Subscript,
)
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    INTEGER,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    is_float,
    is_integer,
    is_text,
    row,
    wider,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced

_LOGIC = "Logical expression term must evaluate to a boolean (actual: {0})"
_PLAIN = frozenset(
    ["boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal", "varchar", "char", "varbinary",
     "date", "time", "timestamp", "timestamp with time zone", "interval day to second", "interval year to month",
     "unknown"]
)  # fmt: skip


def compared(node: Node, operator: str, left: Sql, right: Sql) -> str:
    """A comparison with Trino's rules: NaN equals nothing and is neither more nor less than anything."""
    kind = wider(left.type, right.type)
    if kind is None or (operator not in ("=", "<>") and kind.name in ("map", "json")):
        raise at(node.place, "TYPE_MISMATCH", f"Cannot apply operator: {left.type} {operator} {right.type}")
    _check_comparable(node, kind)
    a, b = coerced(left, kind), coerced(right, kind)
    if is_float(kind):
        return _float_compared(operator, a, b, left, right)
    return f"({a} {operator} {b})"


def _check_comparable(node: Node, kind: Type) -> None:
    """Arrays, rows and maps compare alike only while nothing in them can be NULL or NaN; DuckDB cannot know."""
    if kind.name not in _PLAIN:
        raise refused(node.place, f"comparing {kind.name} values is not supported; compare their parts")


def _float_compared(operator: str, a: str, b: str, left: Sql, right: Sql) -> str:
    if operator == "<>":
        if left.literal is not None or right.literal is not None:
            return f"({a} <> {b})"
        return f"({a} <> {b} OR (isnan({a}) AND isnan({b})))"
    if operator in ("<", "<="):
        guarded, value = right, b
    else:
        guarded, value = left, a
    if operator == "=" and (left.literal is not None or right.literal is not None):
        return f"({a} = {b})"
    guard = "" if guarded.literal is not None else f" AND NOT isnan({value})"
    return f"({a} {operator} {b}{guard})"


def comparison(compiler: Compiler, node: Comparison, scope: Scope) -> Sql:
    left, right = compiler.expression(node.left, scope), compiler.expression(node.right, scope)
    if left.type.name == right.type.name == "row" and node.operator == "=":
        return _row_compared(compiler, node, scope)
    return Sql(compared(node, node.operator, left, right), BOOLEAN)


def _row_compared(compiler: Compiler, node: Comparison, scope: Scope) -> Sql:
    if not (isinstance(node.left, RowOf) and isinstance(node.right, RowOf)):
        raise refused(node.place, "comparing rows is not supported; compare their fields")
    if len(node.left.items) != len(node.right.items):
        raise at(node.place, "TYPE_MISMATCH", "rows of different sizes are compared")
    parts = [
        compared(node, "=", compiler.expression(one, scope), compiler.expression(other, scope))
        for one, other in zip(node.left.items, node.right.items, strict=True)
    ]
    return Sql(f"({' AND '.join(parts)})", BOOLEAN)


def distinct(compiler: Compiler, node: Distinct, scope: Scope) -> Sql:
    left, right = compiler.expression(node.left, scope), compiler.expression(node.right, scope)
    kind = wider(left.type, right.type)
    if kind is None:
        raise at(node.place, "TYPE_MISMATCH", f"Cannot apply operator: {left.type} IS DISTINCT FROM {right.type}")
    _check_comparable(node, kind)
    word = "IS NOT DISTINCT FROM" if node.negated else "IS DISTINCT FROM"
    return Sql(f"({coerced(left, kind)} {word} {coerced(right, kind)})", BOOLEAN)


def between(compiler: Compiler, node: Between, scope: Scope) -> Sql:
    value = compiler.expression(node.value, scope)
    low, high = compiler.expression(node.low, scope), compiler.expression(node.high, scope)
    for one in (low, high):
        if wider(value.type, one.type) is None:
            raise at(node.place, "TYPE_MISMATCH", f"Cannot check if {value.type} is BETWEEN {low.type} and {high.type}")
    text = f"({compared(node, '>=', value, low)} AND {compared(node, '<=', value, high)})"
    return Sql(f"(NOT {text})" if node.negated else text, BOOLEAN)


def logic(compiler: Compiler, node: Logic, scope: Scope) -> Sql:
    terms = [compiler.truth(term, scope, _LOGIC) for term in node.terms]
    return Sql(f"({f' {node.word} '.join(terms)})", BOOLEAN)


def negation(compiler: Compiler, node: Not, scope: Scope) -> Sql:
    message = "Value of logical NOT expression must evaluate to a boolean (actual: {0})"
    return Sql(f"(NOT {compiler.truth(node.value, scope, message)})", BOOLEAN)


def is_null(compiler: Compiler, node: IsNull, scope: Scope) -> Sql:
    value = compiler.expression(node.value, scope)
    return Sql(f"({value.text} IS {'NOT ' if node.negated else ''}NULL)", BOOLEAN)


def in_(compiler: Compiler, node: In, scope: Scope) -> Sql:
    value = compiler.expression(node.value, scope)
    word = "NOT IN" if node.negated else "IN"
    if node.query is not None:
        return _in_query(compiler, node, value, scope, word)
    items = [compiler.expression(item, scope) for item in node.items]
    for item in items:
        if wider(value.type, item.type) is None:
            raise at(
                node.items[0].place, "TYPE_MISMATCH", f"IN value and result set must have the same type: {value.type}"
            )
    kind = compiler.common(node, [value, *items], "IN value and list items must be the same type: {0}")
    if kind.name == "row":
        return _in_rows(compiler, node, scope)
    _check_comparable(node, kind)
    text = f"({coerced(value, kind)} {word} ({', '.join(coerced(item, kind) for item in items)}))"
    if is_float(kind) and any(item.literal is None for item in items):
        text = f"({' OR '.join(compared(node, '=', value, item) for item in items)})"
        text = f"(NOT {text})" if node.negated else text
    return Sql(text, BOOLEAN)


def _in_rows(compiler: Compiler, node: In, scope: Scope) -> Sql:
    parts = [_row_compared(compiler, Comparison(node.place, "=", node.value, item), scope).text for item in node.items]
    text = f"({' OR '.join(parts)})"
    return Sql(f"(NOT {text})" if node.negated else text, BOOLEAN)


def _in_query(compiler: Compiler, node: In, value: Sql, scope: Scope, word: str) -> Sql:
    assert node.query is not None  # noqa: S101 - the caller asked
    inner = compiler.query(node.query, scope)
    if len(inner.columns) != 1:
        raise at(
            node.query.place,
            "TOO_MANY_COLUMNS" if value.type.name != "row" else "NOT_SUPPORTED",
            f"Multiple columns returned by subquery are not yet supported. Found {len(inner.columns)}",
        )
    kind = wider(value.type, inner.columns[0].type)
    if kind is None:
        raise at(
            node.place,
            "TYPE_MISMATCH",
            f"Value expression and result of subquery must be of the same type: {value.type} vs {inner.columns[0].type}",  # noqa: E501
        )
    _check_comparable(node, kind)
    return Sql(f"({coerced(value, kind)} {word} ({_one_column(compiler, inner, kind)}))", BOOLEAN)


def _one_column(compiler: Compiler, inner: Any, kind: Type) -> str:
    column = inner.columns[0]
    if column.type == kind:
        return str(inner.text)
    name = compiler.fresh("r")
    from lakewright.query.athena.sql.types import quote

    return f"SELECT {coerced(Sql(f'{name}.{quote(column.internal)}', column.type), kind)} FROM ({inner.text}) AS {name}"


def quantified(compiler: Compiler, node: Quantified, scope: Scope) -> Sql:
    value = compiler.expression(node.value, scope)
    inner = compiler.query(node.query, scope)
    if len(inner.columns) != 1:
        raise at(
            node.query.place,
            "NOT_SUPPORTED",
            f"Multiple columns returned by subquery are not yet supported. Found {len(inner.columns)}",
        )
    kind = wider(value.type, inner.columns[0].type)
    if kind is None or is_float(kind):
        raise at(
            node.place,
            "TYPE_MISMATCH" if kind is None else "NOT_SUPPORTED",
            f"Value expression and result of subquery must be of the same type: {value.type} vs {inner.columns[0].type}",  # noqa: E501
        )
    _check_comparable(node, kind)
    return Sql(f"({coerced(value, kind)} {node.operator} {node.word} ({_one_column(compiler, inner, kind)}))", BOOLEAN)


def exists(compiler: Compiler, node: Exists, scope: Scope) -> Sql:
    return Sql(f"EXISTS ({compiler.query(node.query, scope).text})", BOOLEAN)


def scalar(compiler: Compiler, node: Scalar, scope: Scope) -> Sql:
    inner = compiler.query(node.query, scope)
    if len(inner.columns) != 1:
        raise refused(
            node.place, f"Multiple columns returned by subquery are not yet supported. Found {len(inner.columns)}"
        )
    return Sql(f"({inner.text})", inner.columns[0].type)


def case(compiler: Compiler, node: Case, scope: Scope) -> Sql:
    conditions: list[str] = []
    results: list[Sql] = []
    operand = compiler.expression(node.operand, scope) if node.operand is not None else None
    for when, then in node.whens:
        if operand is None:
            conditions.append(compiler.truth(when, scope, "CASE WHEN clause must evaluate to a boolean (actual: {0})"))
        else:
            value = compiler.expression(when, scope)
            if wider(operand.type, value.type) is None:
                raise at(
                    when.place,
                    "TYPE_MISMATCH",
                    f"CASE operand type does not match WHEN clause operand type: {operand.type} vs {value.type}",
                )
            conditions.append(compared(when, "=", operand, value))
        results.append(compiler.expression(then, scope))
    results.append(compiler.expression(node.default, scope) if node.default is not None else Sql("NULL", UNKNOWN))
    return cases(compiler, node, conditions, results)


def cases(compiler: Compiler, node: Node, conditions: list[str], results: list[Sql]) -> Sql:
    kind = compiler.common(
        node,
        results,
        "All CASE results must be the same type or coercible to a common type. Cannot find common type between {0} and {1}",  # noqa: E501
    )
    *values, default = (coerced(result, kind) for result in results)
    branches = " ".join(f"WHEN {when} THEN {then}" for when, then in zip(conditions, values, strict=True))
    return Sql(f"(CASE {branches} ELSE {default} END)", kind)


def like(compiler: Compiler, node: Like, scope: Scope) -> Sql:
    value, pattern = compiler.expression(node.value, scope), compiler.expression(node.pattern, scope)
    for one, part in ((value, "Left side of LIKE expression"), (pattern, "Pattern for LIKE expression")):
        if not (is_text(one.type) or one.type == UNKNOWN):
            raise at(node.place, "TYPE_MISMATCH", f"{part} must evaluate to a varchar (actual: {one.type})")
    if "char" in (value.type.name, pattern.type.name):
        raise refused(node.place, "LIKE with char(n) is not supported; cast to varchar")
    escape = ""
    if node.escape is not None:
        given = compiler.expression(node.escape, scope)
        if given.literal is None:
            raise refused(node.place, "ESCAPE takes a written character")
        if len(given.literal) != 1:
            raise at(node.place, "INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character")
        _check_escapes(node, pattern, given.literal)
        escape = f" ESCAPE {given.text}"
    word = "NOT LIKE" if node.negated else "LIKE"
    return Sql(f"({coerced(value, VARCHAR)} {word} {coerced(pattern, VARCHAR)}{escape})", BOOLEAN)


def _check_escapes(node: Like, pattern: Sql, escape: str) -> None:
    if pattern.literal is None:
        raise refused(node.place, "ESCAPE with a pattern that is not written is not supported")
    rest = pattern.literal
    index = 0
    while index < len(rest):
        if rest[index] == escape:
            if rest[index + 1 : index + 2] not in (escape, "%", "_"):
                raise at(
                    node.place,
                    "INVALID_FUNCTION_ARGUMENT",
                    "Escape character must be followed by '%', '_' or the escape character itself",
                )
            index += 1
        index += 1


def subscript(compiler: Compiler, node: Subscript, scope: Scope) -> Sql:
    value, index = compiler.expression(node.base, scope), compiler.expression(node.index, scope)
    if value.type.name == "array":
        if not is_integer(index.type):
            raise at(node.place, "TYPE_MISMATCH", f"Cannot use {index.type} for subscript of {value.type}")
        return Sql(f"lw_subscript({value.text}, {coerced(index, BIGINT)})", value.type.items[0])
    if value.type.name == "map":
        key = value.type.items[0]
        if wider(key, index.type) != key:
            raise at(node.place, "TYPE_MISMATCH", f"Cannot use {index.type} for subscript of {value.type}")
        return Sql(f"lw_map_subscript({value.text}, {coerced(index, key)})", value.type.items[1])
    if value.type.name == "row":
        if index.literal is None or not is_integer(index.type):
            raise at(node.place, "INVALID_FUNCTION_ARGUMENT", "Subscript expression on ROW requires a constant index")
        place = int(index.literal)
        if not 1 <= place <= len(value.type.items):
            raise at(node.place, "INVALID_FUNCTION_ARGUMENT", f"ROW index out of bounds: {place}")
        return Sql(f"struct_extract_at({value.text}, {place})", value.type.items[place - 1])
    raise at(node.place, "TYPE_MISMATCH", f"Cannot use {index.type} for subscript of {value.type}")


def array_of(compiler: Compiler, node: ArrayOf, scope: Scope) -> Sql:
    values = [compiler.expression(item, scope) for item in node.items]
    kind = compiler.common(
        node,
        values,
        "All ARRAY elements must be the same type or coercible to a common type. Cannot find common type between {0} and {1}",  # noqa: E501
    )
    if not values:
        return Sql("CAST([] AS INTEGER[])", array(UNKNOWN))
    return Sql(f"[{', '.join(coerced(value, kind) for value in values)}]", array(kind))


def row_of(compiler: Compiler, node: RowOf, scope: Scope) -> Sql:
    values = [compiler.expression(item, scope) for item in node.items]
    kind = row(tuple(value.type for value in values))
    return Sql(struct_of(kind, [coerced(value, value.type) for value in values]), kind)


def grouping(compiler: Compiler, node: Grouping, scope: Scope) -> Sql:
    texts = ", ".join(compiler.expression(column, scope).text for column in node.columns)
    return Sql(f"CAST(GROUPING({texts}) AS INTEGER)", INTEGER)


def lambda_alone(_compiler: Compiler, node: Lambda, _scope: Scope) -> Sql:
    raise at(node.place, "TYPE_MISMATCH", "Lambda expression should always be used inside a function")


OPERATORS: Mapping[type[Node], Any] = {
    Name: Compiler.name,
    Dot: Compiler.dot,
    Binary: binary,
    Signed: signed,
    Comparison: comparison,
    Distinct: distinct,
    Between: between,
    Logic: logic,
    Not: negation,
    IsNull: is_null,
    In: in_,
    Quantified: quantified,
    Exists: exists,
    Scalar: scalar,
    Case: case,
    Like: like,
    Subscript: subscript,
    ArrayOf: array_of,
    RowOf: row_of,
    Grouping: grouping,
    Lambda: lambda_alone,
}

__all__ = ["OPERATORS", "Expression", "Null", "cases", "compared"]
