"""Arithmetic with Spark's result types: decimals to the digit, division only where the divisor cannot be zero."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lakewright.models.dialect.compiler import Compiler, Handler
from lakewright.models.dialect.operators import number
from lakewright.models.dialect.values import (
    BIGINT,
    DATE,
    DOUBLE,
    INT,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    adjusted,
    as_decimal,
    coerced,
    is_integral,
    is_numeric,
    widened,
    wider,
)
from lakewright.models.types import MAX_PRECISION, SparkType, decimal, duckdb_name

_SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Mod: "%"}
_GUARD = "write x / nullif(y, 0), which is NULL in both modes of Spark"
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
_WHOLE_DAYS = ("year", "month", "week", "day")


def negative(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        return number(compiler, node, f"-{node.this.name}")
    value = compiler.expression(node.this, scope)
    if not is_numeric(value.type) and value.known:
        return compiler.refuse(node, f"a {value.type} has no negative")
    return Sql(f"(-{value.text})", value.type)


def arithmetic(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """+ - * %"""
    if isinstance(node.expression, exp.Interval) or isinstance(node.this, exp.Interval):
        return _moved(compiler, node, scope)
    left, right = compiler.expression(node.this, scope), compiler.expression(node.expression, scope)
    if isinstance(node, exp.Mod) and not is_guarded(node.expression):
        return compiler.refuse(node, "% by something that may be zero", _GUARD.replace("/", "%"))
    if left.type == DATE and isinstance(node, exp.Add | exp.Sub):
        return _date_moved(compiler, node, left, right)
    return binary(compiler, node, left, right)


def binary(compiler: Compiler, node: exp.Expr, left: Sql, right: Sql) -> Sql:
    sign = _SIGNS[type(node)]
    if UNKNOWN in (left.type, right.type):
        return Sql(f"({left.text} {sign} {right.text})", UNKNOWN)
    if not _numbers(compiler, node, left, right):
        return Sql("NULL", UNKNOWN)
    kinds = {left.type.name, right.type.name}
    if "decimal" in kinds and "double" not in kinds and VOID not in (left.type, right.type):
        return _decimals(compiler, node, sign, left, right)
    kind = wider(left.type, right.type)
    if kind is None:
        return compiler.refuse(node, f"{left.type} {sign} {right.type}", "cast the float to double")
    kind = INT if kind == VOID else kind
    return Sql(f"({coerced(left, kind)} {sign} {coerced(right, kind)})", kind)


def _numbers(compiler: Compiler, node: exp.Expr, left: Sql, right: Sql) -> bool:
    for value in (left, right):
        if not is_numeric(value.type) and value.type != VOID:
            hint = "try_cast it" if value.type.name == "string" else "datediff gives days between two dates"
            compiler.refuse(node, f"arithmetic with a {value.type}", hint)
            return False
    return True


def _decimals(compiler: Compiler, node: exp.Expr, sign: str, left: Sql, right: Sql) -> Sql:
    a, b = as_decimal(left), as_decimal(right)
    whole = max(a.precision - a.scale, b.precision - b.scale)
    scale = max(a.scale, b.scale)
    if sign == "*":
        precision, scale = a.precision + b.precision + 1, a.scale + b.scale
    elif sign == "%":
        precision = min(a.precision - a.scale, b.precision - b.scale) + scale
    else:
        precision = whole + scale + 1
    kind = adjusted(precision, scale)
    if kind.scale != scale:
        fact = f"{a} {sign} {b} needs {precision} digits, more than 38"
        return compiler.refuse(node, fact, "cast the operands to smaller decimals first, for example decimal(18,2)")
    if sign == "*":
        roomy = (
            decimal(max(a.precision, 19), a.scale) if a.precision + b.precision > 18 else a
        )  # else DuckDB stays at 18
        product = f"({widened(left, roomy)} * {widened(right, b)})"
        return Sql(f"CAST({product} AS {duckdb_name(kind)})", kind)
    operand = decimal(min(MAX_PRECISION, whole + scale + (sign != "%")), scale)
    texts = (f"CAST({value.text} AS {duckdb_name(operand)})" for value in (left, right))
    return Sql(f"CAST(({f' {sign} '.join(texts)}) AS {duckdb_name(kind)})", kind)


def is_guarded(node: exp.Expr) -> bool:
    """Whether a divisor can be NULL but never zero: a literal, or nullif(…, 0), also inside a cast."""
    inner = node.unnest()
    if isinstance(inner, exp.Literal):
        return not inner.is_string and inner.name.strip("0.") not in ("", "e")
    if isinstance(inner, exp.Neg | exp.Cast | exp.TryCast):
        widening = not isinstance(inner, exp.Cast | exp.TryCast) or inner.to.this in (
            exp.DType.DOUBLE,
            exp.DType.BIGINT,
        )
        return widening and is_guarded(inner.this)
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "nullif" and len(inner.expressions) == 2:
        zero = inner.expressions[1].unnest()
        while isinstance(zero, exp.Cast):
            zero = zero.this
        return isinstance(zero, exp.Literal) and zero.name.strip("0.") == ""
    return False


def division(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    left, right = compiler.expression(node.this, scope), compiler.expression(node.expression, scope)
    if not is_guarded(node.expression):
        return compiler.refuse(node, "division by something that may be zero", _GUARD)
    return divide(compiler, node, left, right)


def divide(compiler: Compiler, node: exp.Expr, left: Sql, right: Sql) -> Sql:
    """Spark's `/`: double for integers and doubles, an exactly rounded decimal otherwise."""
    if UNKNOWN in (left.type, right.type):
        return Sql("NULL", UNKNOWN)
    if not _numbers(compiler, node, left, right):
        return Sql("NULL", UNKNOWN)
    kinds = {left.type.name, right.type.name}
    if "float" in kinds:
        return compiler.refuse(node, "division of floats", "cast to double")
    if "decimal" not in kinds or "double" in kinds:
        return Sql(f"({coerced(left, DOUBLE)} / {coerced(right, DOUBLE)})", DOUBLE)
    if VOID in (left.type, right.type):
        return compiler.refuse(node, "division by or of a bare NULL")
    a, b = as_decimal(left), as_decimal(right)
    scale = max(6, a.scale + b.precision + 1)
    kind = adjusted(a.precision - a.scale + b.scale + scale, scale)
    return Sql(quotient(left, a, right, b, kind), kind)


def quotient(left: Sql, a: SparkType, right: Sql, b: SparkType, kind: SparkType) -> str:
    """left / right as decimal `kind`, rounded half up, computed on 128-bit integers."""
    shift = max(kind.scale + b.scale - a.scale, 0)
    roomy = max(a.precision + shift, b.precision) + 1 < MAX_PRECISION  # twice the dividend fits into 128 bits
    macro = "lw_divide_once" if roomy else "lw_divide"
    whole = f"{macro}({unscaled(left, a)}, {unscaled(right, b)}, {10**shift}::HUGEINT)"
    return scaled(whole, kind)


def unscaled(value: Sql, kind: SparkType) -> str:
    """A decimal's digits as a HUGEINT."""
    if kind.scale == 0:
        return f"CAST({value.text} AS HUGEINT)"
    if kind.precision + kind.scale <= MAX_PRECISION:
        return f"CAST({value.text} * CAST('{10**kind.scale}' AS DECIMAL({kind.scale + 1},0)) AS HUGEINT)"
    return f"lw_unscaled({value.text}, {10**kind.scale}::HUGEINT, {kind.scale})"


def scaled(whole: str, kind: SparkType) -> str:
    if kind.scale == 0:
        return f"CAST({whole} AS {duckdb_name(kind)})"
    unit = "0." + "0" * (kind.scale - 1) + "1"
    product = f"CAST({whole} AS DECIMAL(38,0)) * CAST('{unit}' AS DECIMAL({kind.scale},{kind.scale}))"
    return f"CAST({product} AS {duckdb_name(kind)})"


def integer_division(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    left, right = compiler.expression(node.this, scope), compiler.expression(node.expression, scope)
    if not is_guarded(node.expression):
        return compiler.refuse(node, "div by something that may be zero", _GUARD.replace("/", "div"))
    for value in (left, right):
        if not is_integral(value.type) and value.type not in (VOID, UNKNOWN):
            return compiler.refuse(node, f"div takes integers, and this is a {value.type}")
    return Sql(f"({coerced(left, BIGINT)} // {coerced(right, BIGINT)})", BIGINT)


def interval(compiler: Compiler, node: exp.Expr) -> tuple[str, str] | None:
    """Text and unit of `INTERVAL 3 DAYS`; None after a mistake."""
    unit = node.args.get("unit")
    name = unit.name.lower().rstrip("s") if isinstance(unit, exp.Var) else ""
    amount = node.this.name if node.this is not None else ""
    if name not in _UNITS or not amount.lstrip("-").isdecimal():
        compiler.refuse(node, "this form of INTERVAL", f"write INTERVAL 3 DAYS; units are {', '.join(_UNITS)}")
        return None
    return f"INTERVAL ({amount}) {name.upper()}", name


def _moved(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """A date or timestamp plus or minus an interval."""
    if not isinstance(node, exp.Add | exp.Sub) or isinstance(node.this, exp.Interval):
        return compiler.refuse(node, "this use of INTERVAL", "write date ± INTERVAL 3 DAYS")
    value = compiler.expression(node.this, scope)
    step = interval(compiler, node.expression)
    if step is None or value.type == UNKNOWN:
        return Sql("NULL", UNKNOWN)
    sign = _SIGNS[type(node)]
    if value.type == DATE and step[1] in _WHOLE_DAYS:
        return Sql(f"CAST({value.text} {sign} {step[0]} AS DATE)", DATE)
    if value.type == DATE:
        return Sql(f"(CAST({value.text} AS TIMESTAMP WITH TIME ZONE) {sign} {step[0]})", TIMESTAMP)
    if value.type in (TIMESTAMP, TIMESTAMP_NTZ):
        return Sql(f"({value.text} {sign} {step[0]})", value.type)
    return compiler.refuse(node, f"a {value.type} has no intervals", "try_cast it to date or timestamp")


def _date_moved(compiler: Compiler, node: exp.Expr, left: Sql, right: Sql) -> Sql:
    if right.type.name not in ("tinyint", "smallint", "int") and right.known:
        hint = "datediff(a, b) gives the days between two dates" if right.type == DATE else "add an int of days"
        return compiler.refuse(node, f"a date and a {right.type}", hint)
    return Sql(f"CAST({left.text} {_SIGNS[type(node)]} CAST({right.text} AS INTEGER) AS DATE)", DATE)


ARITHMETIC: Mapping[type[exp.Expr], Handler] = {
    exp.Neg: negative,
    exp.Add: arithmetic,
    exp.Sub: arithmetic,
    exp.Mul: arithmetic,
    exp.Mod: arithmetic,
    exp.Div: division,
    exp.IntDiv: integer_division,
}
