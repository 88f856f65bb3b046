"""Constants: numbers, texts, dates, times and intervals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lakewright.query.athena.sql.compiler import Compiler
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import (
    Bytes,
    Expression,
    Interval,
    Node,
    Null,
    Number,
    Parameter,
    Place,
    Text,
    Truth,
    Typed,
)
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TIME,
    DOUBLE,
    INTEGER,
    JSON,
    UNKNOWN,
    VARBINARY,
    YEAR_MONTH,
    Type,
    decimal,
    timestamp,
    varchar,
    zoned,
)
from lakewright.query.athena.sql.values import Scope, Sql, text_literal

_TIMESTAMP = re.compile(
    r"\s*(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,12}))?)?)?"
    r"\s*(?P<zone>\S+)?\s*$"
)
_TIME = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,12}))?)?$")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$")


def number(node: Expression, written: str, sign: str = "") -> Sql:
    if "e" in written.lower() and not written.lower().startswith("0x"):
        return Sql(f"CAST('{sign}{written}' AS DOUBLE)", DOUBLE, sign + written)
    if "." in written:
        whole, _, fraction = written.partition(".")
        whole = whole.lstrip("0")
        precision = max(len(whole) + len(fraction), 1)
        if precision > 38:
            raise at(node.place, "INVALID_LITERAL", f"'{written}' is not a valid DECIMAL literal")
        kind = decimal(precision, len(fraction))
        return Sql(f"CAST('{sign}{written}' AS DECIMAL({precision},{len(fraction)}))", kind, sign + written)
    value = int(sign + written, 0) if written[:2].lower() in ("0x", "0o", "0b") else int(sign + written)
    if -(2**31) <= value < 2**31:
        text = str(value) if value >= 0 else f"({value})" if value > -(2**31) else f"CAST({value} AS INTEGER)"
        return Sql(text, INTEGER, str(value))
    if -(2**63) <= value < 2**63:
        return Sql(f"CAST({value} AS BIGINT)", BIGINT, str(value))
    raise at(node.place, "INVALID_LITERAL", f"Invalid numeric literal: {written}")


def _number(_compiler: Compiler, node: Number, _scope: Scope) -> Sql:
    return number(node, node.text)


def _text(_compiler: Compiler, node: Text, _scope: Scope) -> Sql:
    return Sql(text_literal(node.value), varchar(len(node.value)), node.value)


def _bytes(_compiler: Compiler, node: Bytes, _scope: Scope) -> Sql:
    return Sql(f"unhex('{node.digits}')", VARBINARY)


def _truth(_compiler: Compiler, node: Truth, _scope: Scope) -> Sql:
    return Sql("TRUE" if node.value else "FALSE", BOOLEAN)


def _null(_compiler: Compiler, _node: Null, _scope: Scope) -> Sql:
    return Sql("NULL", UNKNOWN)


def _parameter(compiler: Compiler, node: Parameter, scope: Scope) -> Sql:
    if node.number >= len(compiler.parameters):
        raise at(
            node.place,
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {node.number + 1} but found {len(compiler.parameters)}",
        )
    return compiler.expression(compiler.parameters[node.number], scope)


def is_zone(name: str) -> bool:
    if _OFFSET.match(name) or name == "Z":
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def offset_minutes(zone: str) -> int | None:
    """Minutes east of UTC of a fixed offset like +05:30; None for a named zone."""
    match = _OFFSET.match(zone)
    if match is None:
        return 0 if zone.upper() in ("UTC", "Z") else None
    minutes = int(match[2]) * 60 + int(match[3])
    return -minutes if match[1] == "-" else minutes


def spelled_zone(zone: str) -> str:
    """A zone as Trino prints it."""
    match = _OFFSET.match(zone)
    if match is not None:
        return f"{match[1]}{match[2]}:{match[3]}" if (match[2], match[3]) != ("00", "00") else "UTC"
    return "UTC" if zone.upper() in ("Z", "UTC", "GMT") else zone


def local_text(moment: datetime) -> str:
    return (
        f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'"
        if moment.year >= 1000
        else (f"TIMESTAMP '{moment.year:04d}-{moment:%m-%d %H:%M:%S.%f}'")
    )


def instant(moment: datetime, zone: str, precision: int, written: str | None = None) -> Sql:
    """A timestamp with time zone: `moment` is the local time there."""
    minutes = offset_minutes(zone)
    if minutes is not None:
        return Sql(
            f"timezone('UTC', {local_text(moment - timedelta(minutes=minutes))})", zoned(precision, zone), written
        )
    aware = moment.replace(tzinfo=ZoneInfo(zone))
    offset = aware.utcoffset() or timedelta()
    return Sql(f"timezone('UTC', {local_text(moment - offset)})", zoned(precision, zone), written)


def timestamp_value(place: Place, written: str) -> Sql:
    """TIMESTAMP '…': its type says how many digits and which zone were written."""
    wrong = at(place, "INVALID_LITERAL", f"'{written}' is not a valid TIMESTAMP literal")
    match = _TIMESTAMP.match(written)
    if match is None:
        raise wrong
    zone = match["zone"] or ""
    fraction = match["fraction"] or ""
    if zone and not is_zone(zone):
        raise wrong
    if len(fraction) > 6:
        raise at(place, "NOT_SUPPORTED", "more than 6 digits of a second are not supported")
    try:
        moment = datetime(
            int(match["year"]), int(match["month"]), int(match["day"]), int(match["hour"] or 0),
            int(match["minute"] or 0), int(match["second"] or 0), int(fraction.ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        raise wrong from None
    if zone:
        return instant(moment, spelled_zone(zone), len(fraction), written)
    return Sql(local_text(moment), timestamp(len(fraction)), written)


def date_value(place: Place, written: str) -> Sql:
    match = re.match(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$", written)
    try:
        found = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        found = None
    if found is None:
        raise at(place, "INVALID_LITERAL", f"'{written}' is not a valid DATE literal")
    return Sql(f"DATE '{found.isoformat()}'", DATE, written)


def _typed(compiler: Compiler, node: Typed, _scope: Scope) -> Sql:
    match node.type:
        case "date":
            return date_value(node.place, node.value)
        case "timestamp":
            return timestamp_value(node.place, node.value)
        case "time":
            return _time(node)
        case "decimal":
            return number(
                node,
                node.value.lstrip("+-") if "." in node.value else f"{node.value.lstrip('+-')}.",
                "-" if node.value.startswith("-") else "",
            )
        case "json":
            return Sql(f"lw_json_parse({text_literal(node.value)})", replace(JSON, scale=1))
        case "varchar":
            return Sql(text_literal(node.value), varchar(len(node.value)), node.value)
        case "bigint" | "integer" | "smallint" | "tinyint" | "double" | "real" | "boolean":
            return _plain(compiler, node)
    raise at(node.place, "NOT_SUPPORTED", f"{node.type} literals are not supported")


def _plain(compiler: Compiler, node: Typed) -> Sql:
    from lakewright.query.athena.sql.syntax import Cast

    return compiler.expression(Cast(node.place, Text(node.place, node.value), Type(node.type), False), Scope())


def _time(node: Typed) -> Sql:
    match = _TIME.match(node.value.strip())
    if match is None or int(match["hour"]) > 23 or int(match["minute"]) > 59 or int(match["second"] or 0) > 59:
        raise at(node.place, "INVALID_LITERAL", f"'{node.value}' is not a valid TIME literal")
    fraction = match["fraction"] or ""
    if len(fraction) > 6:
        raise at(node.place, "NOT_SUPPORTED", "more than 6 digits of a second are not supported")
    text = f"{int(match['hour']):02d}:{match['minute']}:{match['second'] or '00'}.{fraction.ljust(6, '0')}"
    return Sql(f"TIME '{text}'", Type("time", len(fraction)), node.value)


_MILLIS = {"DAY": 86_400_000, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1_000}


def _interval(_compiler: Compiler, node: Interval, _scope: Scope) -> Sql:
    wrong = at(node.place, "INVALID_LITERAL", f"'{node.value}' is not a valid INTERVAL literal")
    text = node.value.strip()
    sign = node.sign
    if text.startswith("-"):
        sign, text = -sign, text[1:]
    if node.start in ("YEAR", "MONTH"):
        if node.end:
            match = re.fullmatch(r"(\d+)-(\d+)", text)
            if match is None or (node.start, node.end) != ("YEAR", "MONTH"):
                raise wrong
            months = int(match[1]) * 12 + int(match[2])
        elif not text.isdecimal():
            raise wrong
        else:
            months = int(text) * (12 if node.start == "YEAR" else 1)
        return Sql(f"CAST({sign * months} AS INTEGER)", YEAR_MONTH, str(sign * months))
    millis = _millis(node, text)
    if millis is None:
        raise wrong
    return Sql(f"CAST({sign * millis} AS BIGINT)", DAY_TIME, str(sign * millis))


def _millis(node: Interval, text: str) -> int | None:
    units = ["DAY", "HOUR", "MINUTE", "SECOND"]
    if not node.end:
        match = re.fullmatch(r"(\d+)(?:\.(\d{1,3}))?" if node.start == "SECOND" else r"(\d+)()", text)
        if match is None:
            return None
        return int(match[1]) * _MILLIS[node.start] + int((match[2] or "").ljust(3, "0"))
    if node.start not in units or node.end not in units:
        return None
    wanted = units[units.index(node.start) : units.index(node.end) + 1]
    match = re.fullmatch(r"(\d+)(?:[ :](\d+))?(?::(\d+))?(?::(\d+))?(?:\.(\d{1,3}))?", text)
    given = [part for part in (match.groups()[:4] if match else ()) if part is not None]
    if match is None or len(given) != len(wanted):
        return None
    total = sum(int(part) * _MILLIS[unit] for part, unit in zip(given, wanted, strict=True))
    return total + int((match[5] or "").ljust(3, "0"))


LITERALS: Mapping[type[Node], Any] = {
    Number: _number,
    Text: _text,
    Bytes: _bytes,
    Truth: _truth,
    Null: _null,
    Parameter: _parameter,
    Typed: _typed,
    Interval: _interval,
}
