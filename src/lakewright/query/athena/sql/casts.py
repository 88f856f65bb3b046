"""CAST and TRY_CAST, try(), and how each type is written as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.json_casts import from_json, to_json
from lakewright.query.athena.sql.syntax import Cast, Node
from lakewright.query.athena.sql.types import (
    JSON,
    UNKNOWN,
    Type,
    duckdb_name,
    field_names,
    is_float,
    is_integer,
    is_numeric,
    quote,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced, converted


def cast(compiler: Compiler, node: Cast, scope: Scope) -> Sql:
    value = compiler.expression(node.value, scope)
    to = node.type
    if to.name == "timestamp with time zone":
        to = replace(to, zone=value.type.zone if value.type.name == to.name else "UTC")
    if value.type == to:
        return Sql(value.text, to)
    if value.type == UNKNOWN:
        return Sql(coerced(value, to), to)
    text = cast_text(node, value.text, value.type, to)
    return Sql(f"TRY({text})" if node.safe and _can_fail(value.type, to) else text, to)


def _can_fail(given: Type, to: Type) -> bool:
    return not (
        to.name == "varchar"
        or (is_integer(given) and to.name in ("bigint", "double"))
        or (to.name == "boolean" and given.name != "varchar")
    )


def cast_text(node: Node, text: str, given: Type, to: Type) -> str:
    """DuckDB text of a Trino cast; SqlError TYPE_MISMATCH when Trino has none, NOT_SUPPORTED when this service has not."""  # noqa: E501
    wrong = at(node.place, "TYPE_MISMATCH", f"Cannot cast {given} to {to}")
    if given.items or to.items:
        return _nested(node, text, given, to)
    if given.name == "json":
        return from_json(node, text, to)
    match to.name:
        case "varchar":
            return _shortened(text_of(node, text, given), to, given)
        case "char":
            if given.name not in ("varchar", "char"):
                raise refused(node.place, f"cast({given} as {to}) is not supported")
            return f"rtrim(left({text}, {to.precision}), ' ')"
        case "boolean":
            return _boolean(text, given, wrong)
        case "tinyint" | "smallint" | "integer" | "bigint":
            return _integer(text, given, to, wrong)
        case "real" | "double":
            return _float(text, given, to, wrong)
        case "decimal":
            return _decimal(text, given, to, wrong)
        case "date" | "timestamp" | "time" | "timestamp with time zone":
            return _moment(node, text, given, to, wrong)
        case "varbinary":
            raise (
                at(node.place, "TYPE_MISMATCH", f"Cannot cast {given} to {to}")
                if given.name != "varchar"
                else refused(node.place, "cast(varchar as varbinary) is not supported; use to_utf8")
            )
        case "json":
            return _json(node, text, given)
    raise wrong


def text_of(node: Node, text: str, given: Type) -> str:
    """A value as Trino's cast to varchar writes it."""
    match given.name:
        case "varchar":
            return text
        case "double":
            return f"lw_double_text({text})"
        case "real":
            return f"lw_real_text({text})"
        case "date":
            return f"lw_date_text({text})"
        case "timestamp":
            return f"lw_timestamp_text({text}, {given.precision})"
        case "timestamp with time zone":
            if not given.zone:
                raise refused(node.place, "the text of a time whose zone differs from row to row is not supported")
            return f"(lw_timestamp_text({local(text, given)}, {given.precision}) || ' {given.zone}')"
        case "time":
            return f"lw_time_text({text}, {given.precision})"
        case "interval day to second":
            return f"lw_day_time_text({text})"
        case "interval year to month":
            return f"lw_year_month_text({text})"
        case "varbinary" | "json" | "char":
            raise refused(node.place, f"cast({given} as varchar) is not supported")
    return f"CAST({text} AS VARCHAR)"


def local(text: str, kind: Type) -> str:
    """The local time of a timestamp with time zone, a TIMESTAMP."""
    from lakewright.query.athena.sql.literals import offset_minutes

    minutes = offset_minutes(kind.zone)
    if minutes is None:
        return f"timezone('{kind.zone}', {text})"
    if minutes == 0:
        return f"timezone('UTC', {text})"
    return f"(timezone('UTC', {text}) + to_minutes({minutes}))"


def _shortened(text: str, to: Type, given: Type) -> str:
    if to.precision >= 2147483647 or (given.name == "varchar" and given.precision <= to.precision):
        return text
    if given.name != "varchar":
        return f"lw_fitting({text}, {to.precision})"
    return f"left({text}, {to.precision})"


def _boolean(text: str, given: Type, wrong: Exception) -> str:
    if given.name == "varchar":
        return f"lw_boolean({text})"
    if is_numeric(given):
        return f"({text} <> 0)"
    raise wrong


def _integer(text: str, given: Type, to: Type, wrong: Exception) -> str:
    name = duckdb_name(to)
    if is_integer(given):
        return f"CAST({text} AS {name})"
    if given.name == "boolean":
        return f"CAST({text} AS {name})"
    if given.name == "decimal":
        return f"CAST({text} AS {name})"
    if is_float(given):
        return f"lw_round_half_up(CAST({text} AS DOUBLE))::{name}"
    if given.name == "varchar":
        return f"lw_integer({text}, '{to.name.upper() if to.name != 'integer' else 'INT'}')::{name}"
    raise wrong


def _float(text: str, given: Type, to: Type, wrong: Exception) -> str:
    name = duckdb_name(to)
    if given.name == "varchar":
        return f"CAST(lw_double({text}) AS {name})"
    if given.name == "boolean":
        return f"CAST(CAST({text} AS INTEGER) AS {name})"
    if is_numeric(given):
        if given.name == "double":
            return f"CAST({text} AS {name})"
        return converted(text, given, to)
    raise wrong


def _decimal(text: str, given: Type, to: Type, wrong: Exception) -> str:
    name = duckdb_name(to)
    if is_integer(given) or given.name == "decimal":
        return f"CAST({text} AS {name})"
    if given.name == "boolean":
        return f"CAST(CAST({text} AS INTEGER) AS {name})"
    if is_float(given):
        return f"lw_float_decimal({text})::{name}"
    if given.name == "varchar":
        return f"lw_decimal_number({text})::{name}"
    raise wrong


def _moment(node: Node, text: str, given: Type, to: Type, wrong: Exception) -> str:
    if given.name == "varchar":
        return _parsed(node, text, to)
    if given.name not in ("date", "timestamp", "timestamp with time zone", "time"):
        raise wrong
    if given.name == "time":
        if to.name != "time":
            raise refused(node.place, f"cast({given} as {to}) is not supported") if to.name != "date" else wrong
        return f"lw_round_time({text}, {to.precision})" if to.precision < given.precision else text
    plain = local(text, given) if given.name == "timestamp with time zone" and given.zone else text
    if given.name == "timestamp with time zone" and not given.zone and to.name != given.name:
        raise refused(node.place, "the local time of a value whose zone differs from row to row is not supported")
    if to.name == "date":
        return f"CAST({plain} AS DATE)"
    if to.name == "time":
        if given.name == "date":
            raise wrong
        return f"CAST({_rounded(plain, given, to)} AS TIME)"
    if to.name == "timestamp":
        return f"CAST({plain} AS TIMESTAMP)" if given.name == "date" else _rounded(plain, given, to)
    if given.name == to.name:
        if to.precision >= given.precision:
            return text
        instant = f"timezone('UTC', {text})"
        return f"timezone('UTC', {_rounded(instant, given, to)})"
    rounded = f"CAST({plain} AS TIMESTAMP)" if given.name == "date" else _rounded(plain, given, to)
    return f"timezone('UTC', {rounded})"


def _rounded(text: str, given: Type, to: Type) -> str:
    return f"lw_round_timestamp({text}, {10 ** (6 - to.precision)})" if to.precision < given.precision else text


def _parsed(node: Node, text: str, to: Type) -> str:
    match to.name:
        case "date":
            return f"lw_date({text})"
        case "timestamp":
            return f"lw_timestamp({text}, {10 ** (6 - to.precision)})"
        case "time":
            return f"lw_time({text}, {10 ** (6 - to.precision)})"
    raise refused(node.place, f"cast(varchar as {to}) is not supported; use from_iso8601_timestamp or AT TIME ZONE")


def _json(node: Node, text: str, given: Type) -> str:
    match given.name:
        case "varchar":
            return f"CAST(to_json({text}) AS VARCHAR)"
        case "boolean" | "tinyint" | "smallint" | "integer" | "bigint":
            return f"CAST({text} AS VARCHAR)"
        case "decimal":
            return f"CAST({text} AS VARCHAR)"
        case "double":
            return f"lw_java_text({text})"
        case "date":
            return f"('\"' || CAST({text} AS VARCHAR) || '\"')"
        case "json":
            return text
    raise refused(node.place, f"cast({given} as json) is not supported")


def _nested(node: Node, text: str, given: Type, to: Type) -> str:
    """Arrays, maps and rows, part by part."""
    if given.name == "json" or to.name == "json":
        return from_json(node, text, to) if given.name == "json" else to_json(node, text, given, _json_part)
    if given.name != to.name or len(given.items) != len(to.items):
        raise at(node.place, "TYPE_MISMATCH", f"Cannot cast {given} to {to}")
    if to.name == "array":
        if given.items[0] == UNKNOWN:
            return f"CAST({text} AS {duckdb_name(to)})"
        return f"list_transform({text}, lambda e: {_part(node, 'e', given.items[0], to.items[0])})"
    if to.name == "map":
        key = _part(node, "e.key", given.items[0], to.items[0])
        value = _part(node, "e.value", given.items[1], to.items[1])
        return f"map_from_entries(list_transform(map_entries({text}), lambda e: struct_pack(key := {key}, value := {value})))"  # noqa: E501
    parts = ", ".join(
        f"{quote(name)} := {_part(node, f'struct_extract_at({text}, {index + 1})', one, other)}"
        for index, (name, one, other) in enumerate(zip(field_names(to), given.items, to.items, strict=True))
    )
    return f"(CASE WHEN {text} IS NULL THEN NULL ELSE struct_pack({parts}) END)"


def _part(node: Node, text: str, given: Type, to: Type) -> str:
    if given == to:
        return text
    if given == UNKNOWN:
        return f"CAST({text} AS {duckdb_name(to)})"
    return cast_text(node, text, given, to)


def _json_part(node: Node, text: str, given: Type) -> str:
    return cast_text(node, text, given, JSON)


CASTS: Mapping[type[Node], Any] = {Cast: cast}
