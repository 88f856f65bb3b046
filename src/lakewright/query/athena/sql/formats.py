"""Written formats of dates: MySQL's (date_format, date_parse) and Joda's (format_datetime, parse_datetime)."""

from __future__ import annotations

import re

from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.syntax import Place
from lakewright.query.athena.sql.values import text_literal

Pieces = list[tuple[str, str]]
"""Each piece is ("text", characters) or (a field's name, "")."""

_MYSQL = {
    "a": "day_short", "b": "month_short", "c": "month", "d": "day2", "e": "day", "f": "micros", "H": "hour2",
    "h": "half2", "I": "half2", "i": "minute2", "j": "day_of_year3", "k": "hour", "l": "half", "M": "month_long",
    "m": "month2", "p": "noon", "S": "second2", "s": "second2", "v": "week2", "W": "day_long", "x": "week_year",
    "Y": "year4", "y": "year2",
}  # fmt: skip
_MYSQL_WHOLE = {"r": "%I:%i:%S %p", "T": "%H:%i:%S"}
_JODA = {
    "y": "year", "yy": "year2", "yyyy": "year4", "Y": "year", "YY": "year2", "YYYY": "year4", "M": "month",
    "MM": "month2", "MMM": "month_short", "MMMM": "month_long", "d": "day", "dd": "day2", "H": "hour", "HH": "hour2",
    "h": "half", "hh": "half2", "m": "minute", "mm": "minute2", "s": "second", "ss": "second2", "S": "fraction1",
    "SS": "fraction2", "SSS": "fraction3", "a": "noon", "E": "day_short", "EE": "day_short", "EEE": "day_short",
    "EEEE": "day_long", "D": "day_of_year", "DDD": "day_of_year3", "xxxx": "week_year", "w": "week", "ww": "week2",
    "e": "day_of_week", "Z": "offset", "ZZ": "offset_colon",
}  # fmt: skip
_DUCKDB = {
    "year4": "%Y", "year2": "%y", "month2": "%m", "month": "%-m", "month_short": "%b", "month_long": "%B",
    "day2": "%d", "day": "%-d", "hour2": "%H", "hour": "%-H", "half2": "%I", "half": "%-I", "minute2": "%M",
    "minute": "%-M", "second2": "%S", "second": "%-S", "micros": "%f", "noon": "%p", "day_short": "%a",
    "day_long": "%A", "day_of_year3": "%j", "day_of_year": "%-j", "week2": "%V", "week_year": "%G", "fraction3": "%g",
}  # fmt: skip
_EXPRESSIONS = {
    "year": "CAST(year({0}) AS VARCHAR)",
    "fraction1": "left(strftime({0}, '%g'), 1)",
    "fraction2": "left(strftime({0}, '%g'), 2)",
    "week": "CAST(week({0}) AS VARCHAR)",
    "day_of_week": "CAST(isodow({0}) AS VARCHAR)",
}
_READ = {
    "year4": "%Y", "month2": "%m", "month": "%m", "day2": "%d", "day": "%d", "hour2": "%H", "hour": "%H",
    "half2": "%I", "half": "%I", "minute2": "%M", "second2": "%S", "noon": "%p", "month_short": "%b",
    "month_long": "%B", "fraction3": "%g", "year2": "%y",
}  # fmt: skip


def MYSQL(written: str, _place: Place) -> Pieces:  # noqa: N802 - reads like a constant beside JODA
    """The pieces of `%Y-%m-%d`."""
    for letter, whole in _MYSQL_WHOLE.items():
        written = re.sub(rf"(?<!%)((?:%%)*)%{letter}", rf"\g<1>{whole}", written)
    found: Pieces = []
    position = 0
    while position < len(written):
        char = written[position]
        if char != "%" or position + 1 == len(written):
            found.append(("text", char))
            position += 1
            continue
        letter = written[position + 1]
        if letter in "DUuVwX":
            raise SqlError("INVALID_FUNCTION_ARGUMENT", f"%{letter} not supported in date format string")
        found.append((_MYSQL[letter], "") if letter in _MYSQL else ("text", letter))
        position += 2
    return found


def JODA(written: str, place: Place) -> Pieces:  # noqa: N802
    """The pieces of `yyyy-MM-dd`."""
    found: Pieces = []
    for match in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", written, re.DOTALL):
        part = match.group()
        if part.startswith("'"):
            found.append(("text", part[1:-1].replace("''", "'") or "'"))
        elif not part[0].isalpha():
            found.append(("text", part))
        elif part in _JODA:
            found.append((_JODA[part], ""))
        else:
            raise at(place, "NOT_SUPPORTED", f"{part} in a date format is not supported")
    return found


def formatted(place: Place, text: str, pieces: Pieces, zone: str) -> str:
    """DuckDB text that writes a TIMESTAMP by the pieces; `zone` is its time zone."""
    parts: list[str] = []
    run = ""
    for kind, characters in pieces:
        if kind == "text":
            run += characters.replace("%", "%%")
        elif kind in _DUCKDB:
            run += _DUCKDB[kind]
        else:
            if run:
                parts.append(f"strftime({text}, {text_literal(run)})")
                run = ""
            parts.append(_expression(place, kind, text, zone))
    if run or not parts:
        parts.append(f"strftime({text}, {text_literal(run)})")
    return f"({' || '.join(parts)})"


def _expression(place: Place, kind: str, text: str, zone: str) -> str:
    if kind in ("offset", "offset_colon"):
        if zone != "UTC" and not zone.startswith(("+", "-")):
            raise at(place, "NOT_SUPPORTED", "the offset of a named time zone in a date format is not supported")
        shown = "+00:00" if zone == "UTC" else zone
        return text_literal(shown if kind == "offset_colon" else shown.replace(":", ""))
    return _EXPRESSIONS[kind].format(text)


def parsed(place: Place, text: str, pieces: Pieces) -> str:
    """DuckDB text that reads a TIMESTAMP by the pieces."""
    format_ = ""
    for kind, characters in pieces:
        if kind == "text":
            format_ += characters.replace("%", "%%")
        elif kind in _READ:
            format_ += _READ[kind]
        else:
            raise at(place, "NOT_SUPPORTED", f"{kind} in a format that is read is not supported")
    return f"lw_parsed({text}, {text_literal(format_)})"
