"""+ - * / %: Trino's result types, rounding, overflow and division by zero; dates, times and intervals too."""

from __future__ import annotations

from dataclasses import replace

from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.literals import number, offset_minutes
from lakewright.query.athena.sql.syntax import Binary, Expression, Number, Signed
from lakewright.query.athena.sql.types import (
    BIGINT,
    DAY_TIME,
    UNKNOWN,
    YEAR_MONTH,
    Type,
    as_decimal,
    decimal,
    duckdb_name,
    is_float,
    is_integer,
    is_numeric,
    wider,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced

_WORDS = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division", "%": "modulus"}


def binary(compiler: Compiler, node: Binary, scope: Scope) -> Sql:
    """A chain of operators is as deep as it is long, so its left side is taken apart in a loop."""
    spine: list[Binary] = []
    rest: Expression = node
    while isinstance(rest, Binary):
        spine.append(rest)
        rest = rest.left
    value = compiler.expression(rest, scope)
    for one in reversed(spine):
        right = compiler.expression(one.right, scope)
        value = concatenated(one, value, right) if one.operator == "||" else applied(one, one.operator, value, right)
        compiler.texts[id(one)] = value.text
    return value


def applied(node: Expression, operator: str, left: Sql, right: Sql) -> Sql:
    if left.type == UNKNOWN and right.type == UNKNOWN:
        raise at(
            node.place,
            "AMBIGUOUS_FUNCTION_CALL",
            "Could not choose a best candidate operator. Explicit type casts must be added.",
        )
    if left.type == UNKNOWN and is_numeric(right.type):
        left = Sql(coerced(left, right.type), right.type)
    if right.type == UNKNOWN and is_numeric(left.type):
        right = Sql(coerced(right, left.type), left.type)
    if is_numeric(left.type) and is_numeric(right.type):
        kind = wider(left.type, right.type)
        assert kind is not None  # noqa: S101 - numbers always have a common type
        if kind.name == "decimal":
            return _decimals(node, operator, left, right)
        one, other = coerced(left, kind), coerced(right, kind)
        return Sql(_numbers(operator, one, other, kind, right), kind)
    found = _moments(operator, left, right)
    if found is None:
        raise at(node.place, "TYPE_MISMATCH", f"Cannot apply operator: {left.type} {operator} {right.type}")
    return found


def _numbers(operator: str, one: str, other: str, kind: Type, right: Sql) -> str:
    if operator in "+-*":
        return f"({one} {operator} {other})"
    if is_float(kind):
        return f"({one} / {other})" if operator == "/" else f"lw_fmod({one}, {other})"
    word = "//" if operator == "/" else "%"
    if right.literal is not None and right.literal.lstrip("-") not in ("0", "1") and not right.literal.startswith("-"):
        return f"({one} {word} {other})"
    return f"lw_{'div' if operator == '/' else 'mod'}({one}, {other})"


def _decimals(node: Expression, operator: str, left: Sql, right: Sql) -> Sql:
    one, other = as_decimal(left.type), as_decimal(right.type)
    a, b = coerced(left, one), coerced(right, other)
    scale = max(one.scale, other.scale)
    whole = max(one.precision - one.scale, other.precision - other.scale)
    match operator:
        case "+" | "-":
            kind = decimal(min(38, whole + scale + 1), scale)
            wide = duckdb_name(decimal(kind.precision, scale))
            return Sql(f"(CAST({a} AS {wide}) {operator} CAST({b} AS {wide}))", kind)
        case "*":
            if one.scale + other.scale > 38:
                raise at(
                    node.place,
                    "TYPE_MISMATCH",
                    f"DECIMAL scale must be in range [0, precision (38)]: {one.scale + other.scale}",
                )
            kind = decimal(min(38, one.precision + other.precision), one.scale + other.scale)
            return Sql(f"CAST({a} * {b} AS {duckdb_name(kind)})", kind)
        case "/":
            precision = min(38, one.precision + other.scale + max(other.scale - one.scale, 0))
            kind = decimal(precision, scale)
            return Sql(_divided(a, b, one, other, kind), kind)
    kind = decimal(min(other.precision - other.scale, one.precision - one.scale) + scale, scale)
    wide = duckdb_name(decimal(min(38, whole + scale), scale))
    return Sql(f"CAST(lw_mod(CAST({a} AS {wide}), CAST({b} AS {wide})) AS {duckdb_name(kind)})", kind)


def unscaled(text: str, kind: Type) -> str:
    """A decimal's digits as one whole number."""
    if kind.scale == 0:
        return f"CAST({text} AS HUGEINT)"
    if kind.precision + kind.scale <= 38:
        return f"CAST({text} * CAST({10**kind.scale} AS DECIMAL({kind.scale + 1},0)) AS HUGEINT)"
    return f"lw_unscaled({text}, CAST('{10**kind.scale}' AS HUGEINT))"


def scaled(text: str, kind: Type) -> str:
    """The decimal of `kind` whose digits are the whole number `text`."""
    name = duckdb_name(kind)
    if kind.scale == 0:
        return f"CAST({text} AS {name})"
    return f"lw_scaled({text}, {kind.scale})::{name}"


def _divided(a: str, b: str, one: Type, other: Type, kind: Type) -> str:
    unit = 10 ** (kind.scale + other.scale - one.scale)
    x, y = unscaled(a, one), unscaled(b, other)
    digits = f"lw_divide({x}, {y}, CAST('{unit}' AS HUGEINT))"
    return scaled(digits, kind)


def concatenated(node: Expression, left: Sql, right: Sql) -> Sql:
    from lakewright.query.athena.sql.types import VARCHAR, is_text

    if "array" in (left.type.name, right.type.name):
        if UNKNOWN in (left.type, right.type):
            raise at(
                node.place,
                "AMBIGUOUS_FUNCTION_CALL",
                "Could not choose a best candidate operator. Explicit type casts must be added.",
            )
        return _arrays(node, left, right)
    if left.type == right.type == Type("varbinary"):
        return Sql(f"({left.text} || {right.text})", left.type)
    if {left.type.name, right.type.name} == {"unknown"}:
        return Sql("CAST(NULL AS VARCHAR)", VARCHAR)
    if UNKNOWN in (left.type, right.type):
        raise at(node.place, "NOT_SUPPORTED", "|| with a bare NULL is not supported; cast it")
    for value in (left, right):
        if not (is_text(value.type) or value.type == UNKNOWN):
            raise at(
                node.place,
                "TYPE_MISMATCH",
                f"Unexpected parameters ({left.type}, {right.type}) for function concat. "
                "Expected: concat(char(x), char(y)), concat(array(E), E) E, concat(E, array(E)) E, "
                "concat(array(E)) E, concat(varchar), concat(varbinary)",
            )
        if value.type.name == "char":
            raise at(node.place, "NOT_SUPPORTED", "|| with char(n) is not supported; cast to varchar")
    return Sql(f"({coerced(left, VARCHAR)} || {coerced(right, VARCHAR)})", VARCHAR)


def _arrays(node: Expression, left: Sql, right: Sql) -> Sql:
    if left.type.name == right.type.name == "array":
        kind = wider(left.type, right.type)
        if kind is not None:
            return Sql(f"lw_concat({coerced(left, kind)}, {coerced(right, kind)})", kind)
    one, item, function = (left, right, "append") if left.type.name == "array" else (right, left, "prepend")
    inner = wider(one.type.items[0], item.type) if one.type.name == "array" else None
    if inner is None:
        raise at(node.place, "TYPE_MISMATCH", f"Unexpected parameters ({left.type}, {right.type}) for function concat")
    kind = replace(one.type, items=(inner,))
    return Sql(f"lw_{function}({coerced(one, kind)}, {coerced(item, inner)})", kind)


def signed(compiler: Compiler, node: Signed, scope: Scope) -> Sql:
    inner = node.value
    if node.sign == "-" and isinstance(inner, Number):
        return number(inner, inner.text, "-")
    value = compiler.expression(inner, scope)
    if node.sign == "+":
        return value
    if is_numeric(value.type) or value.type.name.startswith("interval"):
        return Sql(f"(-{value.text})", value.type)
    if value.type == UNKNOWN:
        return Sql("CAST(NULL AS BIGINT)", BIGINT)
    raise at(node.place, "TYPE_MISMATCH", f"Cannot negate {value.type}")


def _moments(operator: str, left: Sql, right: Sql) -> Sql | None:
    if operator == "+" and left.type.name.startswith("interval") and not right.type.name.startswith("interval"):
        left, right = right, left
        if is_numeric(left.type):
            return None
    if right.type in (DAY_TIME, YEAR_MONTH) and operator in "+-" and left.type != right.type:
        return _moved(operator, left, right)
    if left.type == right.type and left.type in (DAY_TIME, YEAR_MONTH) and operator in "+-":
        return Sql(f"({left.text} {operator} {right.text})", left.type)
    if operator == "-" and {left.type.name, right.type.name} <= {"date", "timestamp", "timestamp with time zone"}:
        return _difference(left, right)
    if operator == "*" and right.type in (DAY_TIME, YEAR_MONTH) and is_integer(left.type):
        left, right = right, left
    if left.type in (DAY_TIME, YEAR_MONTH) and is_integer(right.type) and operator == "*":
        return Sql(f"CAST({left.text} * {right.text} AS {duckdb_name(left.type)})", left.type)
    return None


def _difference(left: Sql, right: Sql) -> Sql | None:
    kind = wider(left.type, right.type)
    if kind is None:
        return None
    if kind.name == "date":
        return Sql(f"(CAST({left.text} - {right.text} AS BIGINT) * 86400000)", DAY_TIME)
    micros = f"(epoch_us({coerced(left, kind)}) - epoch_us({coerced(right, kind)}))"
    return Sql(f"lw_floor_div({micros}, 1000)" if kind.precision > 3 else f"({micros} // 1000)", DAY_TIME)


def _moved(operator: str, left: Sql, right: Sql) -> Sql | None:
    sign = "-" if operator == "-" else ""
    if left.type.name == "date":
        if right.type == YEAR_MONTH:
            return Sql(f"CAST({left.text} + to_months({sign}{right.text}) AS DATE)", left.type)
        return Sql(f"lw_date_plus({left.text}, {sign}{right.text})", left.type)
    if left.type.name == "time" and right.type == DAY_TIME:
        return Sql(
            f"({left.text} + to_milliseconds({sign}{right.text}))",
            replace(left.type, precision=max(3, left.type.precision)),
        )
    step = f"to_months({sign}{right.text})" if right.type == YEAR_MONTH else f"to_milliseconds({sign}{right.text})"
    precision = left.type.precision if right.type == YEAR_MONTH else max(3, left.type.precision)
    if left.type.name == "timestamp":
        return Sql(f"({left.text} {'+'} {step})", replace(left.type, precision=precision))
    if left.type.name == "timestamp with time zone":
        if right.type == DAY_TIME or offset_minutes(left.type.zone) == 0:
            return Sql(
                f"timezone('UTC', timezone('UTC', {left.text}) + {step})", replace(left.type, precision=precision)
            )
        return None
    return None
