"""Functions of dates and times: units, zones and written formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from lakewright.query.athena.sql.casts import cast_text, local
from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.formats import JODA, MYSQL, formatted, parsed
from lakewright.query.athena.sql.literals import instant, is_zone, spelled_zone
from lakewright.query.athena.sql.syntax import AtZone, Call, Expression, Extract, Node
from lakewright.query.athena.sql.types import BIGINT, DATE, DOUBLE, VARCHAR, Type, is_integer, timestamp, varchar, zoned
from lakewright.query.athena.sql.values import Scope, Sql, coerced

_TIMES = ("date", "timestamp", "timestamp with time zone")
_UNITS = {
    "millisecond": "milliseconds", "second": "seconds", "minute": "minutes", "hour": "hours", "day": "days",
    "week": "weeks", "month": "months", "quarter": "quarters", "year": "years",
}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SMALL = ("millisecond", "second", "minute", "hour")
_PARTS = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "day_of_month": "day",
    "day_of_week": "isodow", "day_of_year": "dayofyear", "year_of_week": "isoyear", "hour": "hour",
    "minute": "minute", "second": "second",
}  # fmt: skip
_EXTRACTED = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day_of_month",
    "DAY_OF_MONTH": "day_of_month", "DAY_OF_WEEK": "day_of_week", "DOW": "day_of_week", "DAY_OF_YEAR": "day_of_year",
    "DOY": "day_of_year", "YEAR_OF_WEEK": "year_of_week", "YOW": "year_of_week", "HOUR": "hour", "MINUTE": "minute",
    "SECOND": "second",
}  # fmt: skip


def _wrong(node: Call, values: list[Sql]) -> SqlError:
    given = ", ".join(str(value.type) for value in values)
    return at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {node.name}")


def _values(compiler: Compiler, node: Call, scope: Scope, low: int, high: int) -> list[Sql]:
    values = [compiler.expression(one, scope) for one in node.arguments]
    if not low <= len(values) <= high:
        raise _wrong(node, values)
    return values


def _unit(node: Call, value: Sql) -> str:
    if value.literal is None or value.type.name != "varchar":
        raise refused(node.place, f"{node.name} takes a written unit")
    unit = value.literal.lower()
    if unit not in _UNITS:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{value.literal}' is not a valid Timestamp field")
    return unit


def _as_local(node: Call, value: Sql) -> str:
    """The value's own clock as a TIMESTAMP or DATE."""
    if value.type.name != "timestamp with time zone":
        return value.text
    if not value.type.zone:
        raise refused(node.place, f"{node.name} of a time whose zone differs from row to row is not supported")
    return local(value.text, value.type)


def _back(text: str, kind: Type) -> str:
    """A local TIMESTAMP as an instant of `kind`'s zone."""
    from lakewright.query.athena.sql.literals import offset_minutes

    minutes = offset_minutes(kind.zone)
    if minutes is None:
        return f"timezone('{kind.zone}', {text})"
    return f"timezone('UTC', {text} - to_minutes({minutes}))" if minutes else f"timezone('UTC', {text})"


def _add(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _values(compiler, node, scope, 3, 3)
    unit, (_, count, value) = _unit(node, values[0]), values
    if not is_integer(count.type) or value.type.name not in _TIMES:
        raise _wrong(node, values)
    number = f"CAST({count.text} AS BIGINT)"
    if unit in ("month", "quarter", "year"):
        step = f"to_months(CAST({number} * {_MONTHS[unit]} AS INTEGER))"
    elif unit in ("day", "week"):
        step = f"to_days(CAST({number} * {7 if unit == 'week' else 1} AS INTEGER))"
    else:
        step = f"to_{_UNITS[unit]}({number})"
    if value.type.name == "date":
        if unit in _SMALL:
            raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid DATE field")
        return Sql(f"CAST({value.text} + {step} AS DATE)", DATE)
    if value.type.name == "timestamp":
        if unit == "millisecond" and value.type.precision < 3:
            raise refused(node.place, f"date_add of milliseconds to {value.type} is not supported")
        return Sql(f"({value.text} + {step})", value.type)
    if unit in _SMALL:
        return Sql(f"timezone('UTC', timezone('UTC', {value.text}) + {step})", value.type)
    return Sql(_back(f"({_as_local(node, value)} + {step})", value.type), value.type)


def _diff(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _values(compiler, node, scope, 3, 3)
    unit, (_, first, second) = _unit(node, values[0]), values
    if first.type.name not in _TIMES or second.type.name not in _TIMES:
        raise _wrong(node, values)
    if first.type.name != second.type.name:
        both = [value.type.name for value in (first, second)]
        to = first.type if both[1] == "date" else second.type
        if "date" not in both and "timestamp" in both:
            to = first.type if both[0].endswith("zone") else second.type
        first, second = Sql(coerced(first, to), to), Sql(coerced(second, to), to)
    if first.type.name == "date" and unit in _SMALL:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid DATE field")
    if first.type.name == "timestamp with time zone" and first.type.zone != second.type.zone and unit not in _SMALL:
        raise refused(node.place, "date_diff of times in different zones is not supported")
    if unit in _SMALL:
        size = {"millisecond": 1_000, "second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000}[unit]
        return Sql(f"((lw_millis({second.text}) - lw_millis({first.text})) // {size // 1000})", BIGINT)
    a, b = _as_local(node, first), _as_local(node, second)
    if unit in ("day", "week"):
        size = {"day": 1, "week": 7}[unit]
        if first.type.name == "date":
            return Sql(f"(CAST({b} - {a} AS BIGINT) // {size})", BIGINT)
        return Sql(f"((lw_millis({b}) - lw_millis({a})) // {86_400_000 * size})", BIGINT)
    size = {"month": 1, "quarter": 3, "year": 12}[unit]
    return Sql(f"(lw_months({a}, {b}) // {size})", BIGINT)


def _trunc(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _values(compiler, node, scope, 2, 2)
    unit, value = _unit(node, values[0]), values[1]
    if value.type.name not in _TIMES:
        raise (
            _wrong(node, values)
            if value.type.name != "time"
            else refused(node.place, "date_trunc of time is not supported")
        )
    if value.type.name == "date":
        if unit in _SMALL:
            raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid DATE field")
        return Sql(f"CAST(date_trunc('{unit}', {value.text}) AS DATE)", DATE)
    inner = f"date_trunc('{unit}', {_as_local(node, value)})"
    return Sql(_back(inner, value.type) if value.type.name.endswith("zone") else inner, value.type)


def part(node: Call, value: Sql) -> Sql:
    """year, hour and the like."""
    name = _PARTS[node.name]
    if value.type.name in ("interval day to second", "interval year to month"):
        return _interval_part(node, value)
    allowed = (
        _TIMES if node.name not in ("hour", "minute", "second") else ("timestamp", "timestamp with time zone", "time")
    )
    if value.type.name not in allowed:
        raise _wrong(node, [value])
    text = _as_local(node, value)
    return Sql(f"CAST({name}({text}) AS BIGINT)", BIGINT)


def _interval_part(node: Call, value: Sql) -> Sql:
    if value.type.name == "interval day to second":
        sizes = {"day_of_month": (86_400_000, 0), "hour": (3_600_000, 24), "minute": (60_000, 60), "second": (1000, 60)}
    else:
        sizes = {"year": (12, 0), "month": (1, 12)}
    if node.name not in sizes:
        raise _wrong(node, [value])
    size, turn = sizes[node.name]
    text = f"{value.text} // {size}" + (f" % {turn}" if turn else "")
    return Sql(f"CAST({text} AS BIGINT)", BIGINT)


def _part(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    return part(node, _values(compiler, node, scope, 1, 1)[0])


def extract(compiler: Compiler, node: Extract, scope: Scope) -> Sql:
    name = _EXTRACTED.get(node.field)
    value = compiler.expression(node.value, scope)
    if name is None:
        raise at(
            node.place,
            "INVALID_FUNCTION_ARGUMENT" if node.field not in ("TIMEZONE_HOUR", "TIMEZONE_MINUTE") else "NOT_SUPPORTED",
            f"Invalid EXTRACT field: {node.field.lower()}",
        )
    try:
        return part(Call(node.place, name, ()), value)
    except SqlError:
        raise at(node.value.place, "TYPE_MISMATCH", f"Cannot extract {node.field} from {value.type}") from None


def _millisecond(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value = _values(compiler, node, scope, 1, 1)[0]
    if value.type.name not in ("timestamp", "timestamp with time zone"):
        raise _wrong(node, [value])
    return Sql(f"lw_millisecond({value.text})", BIGINT)


def _date(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value = _values(compiler, node, scope, 1, 1)[0]
    if value.type.name == "date":
        return value
    if value.type.name not in ("varchar", *_TIMES):
        raise _wrong(node, [value])
    return Sql(cast_text(node, value.text, value.type, DATE), DATE)


def moment_now(compiler: Compiler, node: Call) -> Sql:
    """current_date, current_timestamp and the like: the moment that the statement began, in UTC."""
    digits = int(node.arguments[0].text) if node.arguments and hasattr(node.arguments[0], "text") else 3
    if digits > 6:
        raise refused(node.place, "more than 6 digits of a second are not supported")
    now = compiler.now.astimezone(UTC).replace(tzinfo=None)
    unit = 10 ** (6 - digits)
    now = now.replace(microsecond=now.microsecond // unit * unit)
    match node.name:
        case "current_date":
            return Sql(f"DATE '{now:%Y-%m-%d}'", DATE)
        case "localtimestamp":
            return Sql(f"TIMESTAMP '{now:%Y-%m-%d %H:%M:%S.%f}'", timestamp(digits))
        case "localtime":
            return Sql(f"TIME '{now:%H:%M:%S.%f}'", Type("time", digits))
        case "current_time":
            raise refused(node.place, "current_time is not supported; use localtime")
    return instant(now, "UTC", digits)


def _zone(compiler: Compiler, node: Expression, scope: Scope) -> str:
    value = compiler.expression(node, scope)
    if value.literal is None or value.type.name != "varchar":
        raise refused(node.place, "a time zone is a written text")
    if not is_zone(value.literal):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{value.literal}' is not a valid time zone")
    return spelled_zone(value.literal)


def at_zone(compiler: Compiler, node: AtZone, scope: Scope) -> Sql:
    value = compiler.expression(node.value, scope)
    zone = _zone(compiler, node.zone, scope)
    if value.type.name not in ("timestamp", "timestamp with time zone"):
        raise at(
            node.place,
            "TYPE_MISMATCH",
            f"Type of value must be a time or timestamp with or without time zone (actual {value.type})",
        )
    kind = zoned(value.type.precision, zone)
    return Sql(
        coerced(value, zoned(value.type.precision, "UTC")) if value.type.name == "timestamp" else value.text, kind
    )


def _at_timezone(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _values(compiler, node, scope, 2, 2)
    if values[0].type.name != "timestamp with time zone":
        raise _wrong(node, values)
    return at_zone(compiler, AtZone(node.place, node.arguments[0], node.arguments[1]), scope)


def _with_timezone(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _values(compiler, node, scope, 2, 2)
    if values[0].type.name != "timestamp":
        raise _wrong(node, values)
    kind = zoned(values[0].type.precision, _zone(compiler, node.arguments[1], scope))
    return Sql(_back(values[0].text, kind), kind)


def _from_unixtime(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    values = _values(compiler, node, scope, 1, 3)
    seconds = Sql(coerced(values[0], DOUBLE), DOUBLE)
    text = f"make_timestamptz(CAST(lw_round({seconds.text} * 1000) AS BIGINT) * 1000)"
    if len(values) == 1:
        return Sql(text, zoned(3, "UTC"))
    if len(values) == 2:
        return Sql(text, zoned(3, _zone(compiler, node.arguments[1], scope)))
    raise refused(node.place, "from_unixtime with hours and minutes is not supported")


def _from_iso(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value = _values(compiler, node, scope, 1, 1)[0]
    if value.type.name != "varchar":
        raise _wrong(node, [value])
    zone = ""
    if value.literal is not None:
        import re

        found = re.search(r"T[0-9:.]+([+-]\d{2}:?\d{2})$", value.literal)
        zone = spelled_zone(found[1]) if found else "UTC"
    return Sql(f"lw_iso_timestamp({value.text})", zoned(3, zone))


def _to_iso(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value = _values(compiler, node, scope, 1, 1)[0]
    if value.type.name == "date":
        return Sql(f"strftime({value.text}, '%Y-%m-%d')", varchar(16))
    if value.type.name not in ("timestamp", "timestamp with time zone"):
        raise _wrong(node, [value])
    digits = value.type.precision
    text = f"replace(lw_timestamp_text({_as_local(node, value)}, {digits}), ' ', 'T')"
    if value.type.name == "timestamp":
        return Sql(text, varchar(22 + digits + (digits > 0)))
    if value.type.zone != "UTC" and not value.type.zone.startswith(("+", "-")):
        raise refused(node.place, "to_iso8601 with a named time zone is not supported")
    zone = "Z" if value.type.zone == "UTC" else value.type.zone
    return Sql(f"({text} || '{zone}')", varchar(28 + digits + (digits > 0)))


def _written(node: Call, value: Sql) -> str:
    if value.literal is None or value.type.name != "varchar":
        raise refused(node.place, f"{node.name} takes a written format")
    return value.literal


def _format(letters: Any) -> Callable[[Compiler, Call, Scope], Sql]:
    def call(compiler: Compiler, node: Call, scope: Scope) -> Sql:
        values = _values(compiler, node, scope, 2, 2)
        if values[0].type.name not in _TIMES:
            raise _wrong(node, values)
        text = _as_local(node, values[0])
        if values[0].type.name == "date":
            text = f"CAST({text} AS TIMESTAMP)"
        zone = values[0].type.zone or "UTC"
        return Sql(formatted(node.place, text, letters(_written(node, values[1]), node.place), zone), VARCHAR)

    return call


def _parse(letters: Any, zone: str) -> Callable[[Compiler, Call, Scope], Sql]:
    def call(compiler: Compiler, node: Call, scope: Scope) -> Sql:
        values = _values(compiler, node, scope, 2, 2)
        if values[0].type.name != "varchar":
            raise _wrong(node, values)
        text = parsed(node.place, values[0].text, letters(_written(node, values[1]), node.place))
        if zone:
            return Sql(f"timezone('UTC', {text})", zoned(3, zone))
        return Sql(text, timestamp(3))

    return call


def _last_day(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    value = _values(compiler, node, scope, 1, 1)[0]
    if value.type.name not in _TIMES:
        raise _wrong(node, [value])
    return Sql(f"last_day({_as_local(node, value)})", DATE)


def _now(compiler: Compiler, node: Call, _scope: Scope) -> Sql:
    return moment_now(compiler, node)


TIME_NODES: Mapping[type[Node], Any] = {Extract: extract, AtZone: at_zone}
TIME_FUNCTIONS: Mapping[str, Callable[[Compiler, Call, Scope], Sql]] = {
    "date_add": _add,
    "date_diff": _diff,
    "date_trunc": _trunc,
    **dict.fromkeys(_PARTS, _part),
    "millisecond": _millisecond,
    "date": _date,
    "last_day_of_month": _last_day,
    "now": _now,
    **dict.fromkeys(("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"), _now),
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "from_unixtime": _from_unixtime,
    "from_iso8601_timestamp": _from_iso,
    "to_iso8601": _to_iso,
    "date_format": _format(MYSQL),
    "format_datetime": _format(JODA),
    "date_parse": _parse(MYSQL, ""),
    "parse_datetime": _parse(JODA, "UTC"),
}
