"""Literals, comparisons, boolean logic, CASE and IN."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from sqlglot import exp

from lakewright.models.dialect.compiler import Compiler, Handler, texts
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
    as_decimal,
    coerced,
    is_integral,
    text_literal,
    wider,
    wider_decimal,
)
from lakewright.models.types import MAX_PRECISION, decimal

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
_INT_MAX, _BIGINT_MAX = 2**31 - 1, 2**63 - 1


def literal(compiler: Compiler, node: exp.Expr, _scope: Scope) -> Sql:
    """Types as Spark gives them: 1 is int, 5000000000 bigint, 1.50 decimal(3,2), 1e3 double."""
    if node.is_string:
        return Sql(text_literal(node.name), STRING, node.name)
    return number(compiler, node, node.name)


def number(compiler: Compiler, node: exp.Expr, written: str) -> Sql:
    """A number as it was written, with its sign."""
    digits = written.lstrip("-")
    if "e" in digits.lower():
        return Sql(f"CAST('{written}' AS DOUBLE)", DOUBLE, written)
    if "." in digits:
        scale = len(digits.partition(".")[2])
        precision = max(len(digits.replace(".", "").lstrip("0")), scale, 1)
        if precision > MAX_PRECISION:
            return compiler.refuse(node, f"{written} has more than 38 digits")
        kind = decimal(precision, scale)
        return Sql(f"CAST('{written}' AS DECIMAL({precision},{scale}))", kind, written)
    value = int(written)
    if abs(value) <= _INT_MAX:
        return Sql(f"({written})" if value < 0 else written, INT, written)
    if abs(value) <= _BIGINT_MAX:
        return Sql(f"CAST({written} AS BIGINT)", BIGINT, written)
    if len(digits) > MAX_PRECISION:
        return compiler.refuse(node, f"{written} has more than 38 digits")
    return Sql(f"CAST('{written}' AS DECIMAL({len(digits)},0))", decimal(len(digits), 0), written)


def raw_string(_compiler: Compiler, node: exp.Expr, _scope: Scope) -> Sql:
    return Sql(text_literal(node.name), STRING, node.name)


def boolean(_compiler: Compiler, node: exp.Expr, _scope: Scope) -> Sql:
    return Sql("TRUE" if node.this else "FALSE", BOOLEAN)


def null(_compiler: Compiler, _node: exp.Expr, _scope: Scope) -> Sql:
    return Sql("NULL", VOID)


def column(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        return compiler.refuse(node, "a star stands where a value is needed", "name the column")
    return compiler.column(node, scope)


def identifier(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Inside a lambda sqlglot leaves its parameters as bare identifiers."""
    return compiler.column(exp.Column(this=node.copy()), scope)


def dot(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    return compiler.field(node, compiler.expression(node.this, scope), node.expression.name)


def paren(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    inner = compiler.expression(node.this, scope)
    return Sql(f"({inner.text})", inner.type, inner.literal)


def date_text(value: str) -> str | None:
    """The DuckDB literal of an ISO date; None when it is none."""
    try:
        return f"DATE '{date.fromisoformat(value.strip()).isoformat()}'" if len(value.strip()) == 10 else None
    except ValueError:
        return None


def timestamp_text(value: str | datetime) -> str | None:
    """The DuckDB literal of an ISO date and time (UTC unless it names an offset); None when it is none."""
    try:
        when = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return f"TIMESTAMPTZ '{when:%Y-%m-%d %H:%M:%S.%f}+00'" if when.year >= 1000 else None


def _beside(value: Sql, other: Sql) -> Sql:
    """A string literal beside a date or timestamp is one too, in both modes of Spark."""
    if value.type == STRING and value.literal is not None:
        made = {DATE: date_text, TIMESTAMP: timestamp_text}.get(other.type)
        text = made(value.literal) if made else None
        return Sql(text, other.type) if text else value
    return value


def compared(compiler: Compiler, node: exp.Expr, left: Sql, right: Sql) -> tuple[str, str] | None:
    """Texts of two operands as their common type; None after a mistake."""
    left, right = _beside(left, right), _beside(right, left)
    kind = wider(left.type, right.type)
    if "decimal" in (left.type.name, right.type.name) and (is_integral(left.type) or is_integral(right.type)):
        kind = wider_decimal(as_decimal(left), as_decimal(right))
    if kind is None:
        hint = "write DATE '2024-01-31' or try_cast" if STRING in (left.type, right.type) else "cast one side"
        compiler.refuse(node, f"{left.type} is compared with {right.type}", hint)
        return None
    if kind.name in ("struct", "map", "float"):
        compiler.refuse(node, f"{kind} values are compared", "compare single fields, or cast float to double")
        return None
    return coerced(left, kind), coerced(right, kind)


def comparison(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if isinstance(node.expression, exp.Any | exp.All):
        return compiler.refuse(node, "ANY and ALL over a subquery are not in the allowed dialect", "use EXISTS")
    left, right = compiler.expression(node.this, scope), compiler.expression(node.expression, scope)
    both = compared(compiler, node, left, right)
    return Sql(f"({both[0]} {_COMPARISONS[type(node)]} {both[1]})", BOOLEAN) if both else Sql("NULL", BOOLEAN)


def between(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    value = compiler.expression(node.this, scope)
    low = compared(compiler, node, value, compiler.expression(node.args["low"], scope))
    high = compared(compiler, node, value, compiler.expression(node.args["high"], scope))
    if low is None or high is None:
        return Sql("NULL", BOOLEAN)
    return Sql(f"({low[0]} >= {low[1]} AND {high[0]} <= {high[1]})", BOOLEAN)


def truth(compiler: Compiler, node: exp.Expr, scope: Scope) -> str:
    """Text of a condition; a mistake when it is not boolean."""
    value = compiler.expression(node, scope)
    if value.type not in (BOOLEAN, VOID, UNKNOWN):
        compiler.refuse(node, f"a {value.type} stands where a condition is needed", "compare it with something")
    return coerced(value, BOOLEAN)


def logic(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """AND and OR chains are as deep as they are long in the tree, so they are taken apart in a loop."""
    word = "AND" if isinstance(node, exp.And) else "OR"
    parts: list[str] = []
    rest: exp.Expr = node
    while type(rest) is type(node):
        parts.append(truth(compiler, rest.expression, scope))
        rest = rest.this
    parts.append(truth(compiler, rest, scope))
    return Sql(f"({f' {word} '.join(reversed(parts))})", BOOLEAN)


def negation(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    inner = node.this.unnest()
    if isinstance(inner, exp.In) and inner.args.get("query"):
        return compiler.refuse(
            node, "NOT IN (subquery) finds nothing as soon as the subquery gives a NULL", "use NOT EXISTS"
        )
    return Sql(f"(NOT {truth(compiler, node.this, scope)})", BOOLEAN)


def is_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    value = compiler.expression(node.this, scope)
    if isinstance(node.expression, exp.Null):
        return Sql(f"({value.text} IS NULL)", BOOLEAN)
    if isinstance(node.expression, exp.Boolean):
        word = "TRUE" if node.expression.this else "FALSE"
        return Sql(f"({truth(compiler, node.this, scope)} IS {word})", BOOLEAN)
    return compiler.refuse(node, "IS takes NULL, TRUE or FALSE")


def in_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    value = compiler.expression(node.this, scope)
    query = node.args.get("query")
    if query is not None:
        inner = compiler.query(compiler, query.unnest(), scope, compiler.ctes)
        columns = list((inner.columns or {}).values())
        if len(columns) == 1 and UNKNOWN not in (value.type, columns[0]) and columns[0] != value.type:
            fact = f"{value.type} IN (subquery of {columns[0]})"
            return compiler.refuse(node, fact, "cast one side so that both have one type")
        return Sql(f"({value.text} IN ({inner.text}))", BOOLEAN)
    values = [compiler.expression(item, scope) for item in node.expressions]
    kind = compiler.common(node, [value, *values])
    first, *others = texts([value, *values], kind)
    return Sql(f"({first} IN ({', '.join(others)}))", BOOLEAN)


def case(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    subject = node.args.get("this")
    conditions: list[str] = []
    results: list[Sql] = []
    for branch in node.args["ifs"]:
        if subject is None:
            conditions.append(truth(compiler, branch.this, scope))
        else:
            left, right = compiler.expression(subject, scope), compiler.expression(branch.this, scope)
            both = compared(compiler, branch, left, right) or ("NULL", "NULL")
            conditions.append(f"{both[0]} = {both[1]}")
        results.append(compiler.expression(branch.args["true"], scope))
    default = node.args.get("default")
    results.append(compiler.expression(default, scope) if default is not None else Sql("NULL", VOID))
    return _cases(compiler, node, conditions, results)


def if_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    other = node.args.get("false")
    results = [
        compiler.expression(node.args["true"], scope),
        compiler.expression(other, scope) if other is not None else Sql("NULL", VOID),
    ]
    return _cases(compiler, node, [truth(compiler, node.this, scope)], results)


def _cases(compiler: Compiler, node: exp.Expr, conditions: list[str], results: list[Sql]) -> Sql:
    kind = compiler.common(node, results)
    *values, default = texts(results, kind)
    branches = " ".join(f"WHEN {when} THEN {then}" for when, then in zip(conditions, values, strict=True))
    return Sql(f"CASE {branches} ELSE {default} END", kind)


def concatenation(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    left, right = compiler.expression(node.this, scope), compiler.expression(node.expression, scope)
    for value in (left, right):
        if value.type not in (STRING, VOID, UNKNOWN):
            return compiler.refuse(node, f"|| joins strings, and this is a {value.type}", "cast(… as string)")
    return Sql(f"CAST({coerced(left, STRING)} || {coerced(right, STRING)} AS VARCHAR)", STRING)


def exists(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    inner = compiler.query(compiler, node.this.unnest(), scope, compiler.ctes)
    return Sql(f"EXISTS ({inner.text})", BOOLEAN)


def scalar_subquery(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    inner = compiler.query(compiler, node.this, scope, compiler.ctes)
    if inner.columns is None:
        return Sql(f"({inner.text})", UNKNOWN)
    if len(inner.columns) != 1:
        return compiler.refuse(node, "a subquery that is used as a value gives exactly one column")
    return Sql(f"({inner.text})", next(iter(inner.columns.values())))


def like(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """LIKE with a written pattern; Spark's escape character is the backslash."""
    value, pattern = compiler.expression(node.this, scope), compiler.expression(node.expression, scope)
    if pattern.literal is None:
        return compiler.refuse(node, "LIKE takes a written pattern", "use startswith, contains or rlike")
    if value.type not in (STRING, VOID, UNKNOWN):
        return compiler.refuse(node, f"LIKE takes a string, and this is a {value.type}", "cast(… as string)")
    rest = pattern.literal.replace("\\\\", "").replace("\\%", "").replace("\\_", "")
    if "\\" in rest:
        return compiler.refuse(node, "in a LIKE pattern a backslash stands before %, _ or a backslash only")
    word = "NOT LIKE" if node.args.get("negate") else "LIKE"
    return Sql(f"({coerced(value, STRING)} {word} {pattern.text} ESCAPE '\\')", BOOLEAN)


OPERATORS: Mapping[type[exp.Expr], Handler] = {
    **dict.fromkeys(_COMPARISONS, comparison),
    exp.Literal: literal,
    exp.RawString: raw_string,
    exp.Boolean: boolean,
    exp.Null: null,
    exp.Column: column,
    exp.Identifier: identifier,
    exp.Dot: dot,
    exp.Paren: paren,
    exp.And: logic,
    exp.Or: logic,
    exp.Not: negation,
    exp.Is: is_,
    exp.In: in_,
    exp.Between: between,
    exp.Case: case,
    exp.If: if_,
    exp.DPipe: concatenation,
    exp.Exists: exists,
    exp.Subquery: scalar_subquery,
    exp.Like: like,
}
