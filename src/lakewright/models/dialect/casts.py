"""CAST and TRY_CAST. A plain CAST must never fail or lose anything; dirty strings go through TRY_CAST."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lakewright.errors import SpecError
from lakewright.models.dialect.compiler import Compiler, Handler
from lakewright.models.dialect.operators import date_text, number, timestamp_text
from lakewright.models.dialect.values import (
    BIGINT,
    DATE,
    DOUBLE,
    INTEGRALS,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    as_decimal,
    coerced,
    is_integral,
    widened,
    wider,
)
from lakewright.models.types import SparkType, duckdb_name, parse_type

_FROM_STRING = {
    "boolean": "lw_to_boolean({0})",
    "double": "lw_to_double({0})",
    "date": "lw_to_date({0})",
    "timestamp": "lw_to_timestamp({0})",
}
_PLAIN_DECIMAL_SCALE = 6


def cast(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    to = _target(compiler, node)
    if to == UNKNOWN:
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.this, scope)
    if value.literal is not None:
        made = _literal(compiler, node, value, to)
        if made is not None:
            return made
    if value.type == UNKNOWN:
        return Sql(value.text, to)
    if value.type in (to, VOID):
        return Sql(coerced(value, to), to)
    if is_lossless(value.type, to):
        return Sql(_plain(value, to), to)
    hint = f"write try_cast(… as {to})" if is_triable(value.type, to) else "there is no form that both modes agree on"
    return compiler.refuse(node, f"cast({value.type} as {to}) fails in one mode of Spark and not in the other", hint)


def try_cast(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    to = _target(compiler, node)
    if to == UNKNOWN:
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.this, scope)
    if value.type == UNKNOWN:
        return Sql(value.text, to)
    if value.type in (to, VOID):
        return Sql(coerced(value, to), to)
    if is_lossless(value.type, to):
        return Sql(_plain(value, to), to)
    if not is_triable(value.type, to):
        return compiler.refuse(node, f"try_cast({value.type} as {to}) is not in the allowed dialect")
    if value.type == STRING:
        return Sql(_from_string(value, to), to)
    if is_integral(to) and value.type.name == "decimal":
        return Sql(f"TRY_CAST(trunc({value.text}) AS {duckdb_name(to)})", to)
    if is_integral(to) and value.type == DOUBLE:
        return Sql(f"TRY_CAST(trunc({value.text}) AS {duckdb_name(to)})", to)
    return Sql(f"TRY_CAST({value.text} AS {duckdb_name(to)})", to)


def _target(compiler: Compiler, node: exp.Expr) -> SparkType:
    written = node.args["to"].sql("spark")
    try:
        return parse_type(written)
    except SpecError as wrong:
        compiler.refuse(node, f"cast to {written}", wrong.hint)
        return UNKNOWN


def _literal(compiler: Compiler, node: exp.Expr, value: Sql, to: SparkType) -> Sql | None:
    """Casts of written values are decided here: DATE '2024-01-31', 5L, 1.5D."""
    written = value.literal or ""
    if value.type == STRING and to == DATE:
        text = date_text(written)
        return Sql(text, to) if text else compiler.refuse(node, f"{written!r} is not a date like 2024-01-31")
    if value.type == STRING and to in (TIMESTAMP, TIMESTAMP_NTZ):
        text = timestamp_text(written)
        if text is None:
            return compiler.refuse(node, f"{written!r} is not a time like 2024-01-31 10:00:00")
        return Sql(text if to == TIMESTAMP else f"CAST({text} AS TIMESTAMP)", to)
    if value.type == STRING and to.name == "decimal":
        exact = number(compiler, node, written) if _is_number(written) else value
        return Sql(widened(exact, to), to) if wider(exact.type, to) == to else None
    if to == BIGINT and is_integral(value.type):
        return Sql(widened(value, to), to, written)
    if to == DOUBLE and value.type != STRING:
        return Sql(f"CAST('{written}' AS DOUBLE)", to, written)
    if to.name in INTEGRALS and is_integral(value.type) and -128 <= int(written) <= 127:
        return Sql(widened(value, to), to)
    return None


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def is_lossless(given: SparkType, to: SparkType) -> bool:
    """Whether CAST is the same in both modes, whatever the value (rounding a decimal's last digits included)."""
    if to == STRING:
        plain = given.name == "decimal" and given.scale <= _PLAIN_DECIMAL_SCALE
        return plain or given.name in (*INTEGRALS, "boolean", "date", "timestamp", "timestamp_ntz")
    if {given.name, to.name} <= {"date", "timestamp", "timestamp_ntz"}:
        return True
    if given.name == "boolean" and is_integral(to):
        return True
    if given.name == "float" and to == DOUBLE:
        return True
    if to.name == "decimal" and (is_integral(given) or given.name == "decimal"):
        exact = as_decimal(Sql("", given))
        whole = exact.precision - exact.scale
        return to.precision - to.scale >= whole + (to.scale < exact.scale)
    if given.name == "array" and to.name == "array":
        return is_lossless(given.items[0], to.items[0])
    return wider(given, to) == to


def is_triable(given: SparkType, to: SparkType) -> bool:
    if given == STRING:
        return to.name in ("decimal", *INTEGRALS, *_FROM_STRING)
    if to.name == "decimal":
        return given.name == "decimal" or is_integral(given)
    return is_integral(to) and (given.name in (*INTEGRALS, "decimal", "double"))


def _plain(value: Sql, to: SparkType) -> str:
    if to == STRING and value.type in (TIMESTAMP, TIMESTAMP_NTZ):
        return f"lw_timestamp_text({value.text})"
    return widened(value, to)


def _from_string(value: Sql, to: SparkType) -> str:
    if to.name == "decimal":
        return f"TRY_CAST(lw_decimal_text({value.text}) AS {duckdb_name(to)})"
    if is_integral(to):
        return f"TRY_CAST(lw_integer_text({value.text}) AS {duckdb_name(to)})"
    return _FROM_STRING[to.name].format(value.text)


CASTS: Mapping[type[exp.Expr], Handler] = {exp.Cast: cast, exp.TryCast: try_cast}
