"""Dates and timestamps: truncation, formats, differences, sequences, the run's own time."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from lakewright.models.dialect.arguments import count_is, written_number, written_text
from lakewright.models.dialect.arithmetic import interval
from lakewright.models.dialect.compiler import Compiler, Handler
from lakewright.models.dialect.operators import timestamp_text
from lakewright.models.dialect.values import (
    BIGINT,
    DATE,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    coerced,
    is_integral,
    text_literal,
    wider,
)
from lakewright.models.types import array, duckdb_name

_TRUNCATE = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")

_DATE_TRUNCATE = {"year": "year", "yyyy": "year", "quarter": "quarter", "month": "month", "mm": "month", "week": "week"}

_FORMAT = re.compile(r"yyyy|MM|dd|HH|mm|ss|[^A-Za-z'\[\]{}#]")

_STRFTIME = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "%": "%%"}

_MICROS = {"second": 10**6, "minute": 60 * 10**6, "hour": 3600 * 10**6, "day": 86400 * 10**6}


def date_trunc(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    unit = (written_text(node, 0) or "").lower()
    if not count_is(compiler, node, 2) or unit not in _TRUNCATE:
        return compiler.refuse(node, f"date_trunc() takes a written unit ({', '.join(_TRUNCATE)}) and a timestamp")
    value = compiler.expression(node.expressions[1], scope)
    if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
        return compiler.refuse(node, f"date_trunc() takes a timestamp, and this is a {value.type}", "try_cast it")
    return Sql(f"date_trunc('{unit}', {coerced(value, TIMESTAMP)})", TIMESTAMP)


def trunc(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    unit = _DATE_TRUNCATE.get((written_text(node, 1) or "").lower())
    if not count_is(compiler, node, 2) or unit is None:
        return compiler.refuse(node, "trunc() takes a date and a written unit (YEAR, QUARTER, MONTH, WEEK)")
    value = compiler.expression(node.expressions[0], scope)
    if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
        return compiler.refuse(node, f"trunc() takes a date, and this is a {value.type}", "try_cast it")
    return Sql(f"CAST(date_trunc('{unit}', {coerced(value, DATE)}) AS DATE)", DATE)


def date_format(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern = written_text(node, 1)
    if not count_is(compiler, node, 2) or not pattern or _FORMAT.sub("", pattern):
        return compiler.refuse(
            node, "date_format() takes a written pattern of yyyy, MM, dd, HH, mm, ss and punctuation"
        )
    value = compiler.expression(node.expressions[0], scope)
    if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
        return compiler.refuse(node, f"date_format() takes a timestamp, and this is a {value.type}", "try_cast it")
    parts = (_STRFTIME.get(part, part) for part in _FORMAT.findall(pattern))
    return Sql(f"strftime({coerced(value, TIMESTAMP)}, {text_literal(''.join(parts))})", STRING)


def make_date(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    month, day = written_number(node, 1), written_number(node, 2)
    if not count_is(compiler, node, 3) or month not in range(1, 13) or day not in range(1, 29):
        fact = "make_date() of parts that may not make a date fails in one mode of Spark and not in the other"
        return compiler.refuse(node, fact, "write month and day as numbers (day ≤ 28), or try_cast a text")
    year = compiler.expression(node.expressions[0], scope)
    if not is_integral(year.type) and year.known:
        return compiler.refuse(node, f"make_date() takes an int, and this is a {year.type}")
    return Sql(f"make_date({year.text}, {month}, {day})", DATE)


def timestampdiff(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    unit = node.expressions[0].name.lower() if node.expressions else ""
    if not count_is(compiler, node, 3) or unit not in _MICROS:
        return compiler.refuse(node, f"timestampdiff() takes a unit ({', '.join(_MICROS)}) and two timestamps")
    start, end = (compiler.expression(argument, scope) for argument in node.expressions[1:])
    for value in (start, end):
        if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
            return compiler.refuse(node, f"timestampdiff() takes timestamps, and this is a {value.type}")
    micros = f"(epoch_us({coerced(end, TIMESTAMP)}) - epoch_us({coerced(start, TIMESTAMP)}))"
    return Sql(f"({micros} // {_MICROS[unit]})", BIGINT)


def extract(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    names = {"dow": "dayofweek", "doy": "dayofyear", "week": "weekofyear"}
    unit = node.this.name.lower()
    unit = names.get(unit, unit)
    if unit not in ("year", "quarter", "month", "day", "weekofyear", "dayofweek", "dayofyear", "hour", "minute"):
        return compiler.refuse(node, f"extract({unit} from …) is not in the allowed dialect")
    return compiler.expression(exp.Anonymous(this=unit, expressions=[node.expression.copy()]), scope)


def current(compiler: Compiler, node: exp.Expr, _scope: Scope) -> Sql:
    """The run's own time, given from outside, so that the same run gives the same rows again."""
    is_date = isinstance(node, exp.CurrentDate) or node.name.lower() in ("current_date", "curdate")
    kind = DATE if is_date else TIMESTAMP
    if compiler.now is None:
        return Sql("NULL", kind) if compiler.schemas is None else compiler.refuse(
            node, "the run's time is not given", "pass now="
        )  # fmt: skip
    text = timestamp_text(compiler.now) or "NULL"
    return Sql(f"CAST({text} AS DATE)" if is_date else text, kind)


def sequence(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Dates by day, week, month or year; integers by one. A start after the end is an error, as in Spark."""
    if not count_is(compiler, node, 2, 3):
        return Sql("NULL", UNKNOWN)
    start, end = (compiler.expression(argument, scope) for argument in node.expressions[:2])
    if UNKNOWN in (start.type, end.type):
        return Sql("NULL", UNKNOWN)
    if is_integral(start.type) and is_integral(end.type) and len(node.expressions) == 2:
        kind = wider(start.type, end.type) or start.type
        return Sql(f"lw_sequence({coerced(start, kind)}, {coerced(end, kind)})::{duckdb_name(kind)}[]", array(kind))
    step = node.expressions[2] if len(node.expressions) == 3 else None
    if start.type == DATE and end.type == DATE and step is None:
        return Sql(f"lw_sequence_days({start.text}, {end.text}, 1)", array(DATE))
    if start.type != DATE or end.type != DATE or not isinstance(step, exp.Interval):
        return compiler.refuse(node, "sequence() takes two dates and INTERVAL 1 DAY or MONTH, or two integers")
    found = interval(compiler, step)
    factors = {"day": ("days", 1), "week": ("days", 7), "month": ("months", 1), "year": ("months", 12)}
    if found is None or found[1] not in factors or int(step.this.name) < 1:
        return compiler.refuse(node, "sequence() of dates goes by a positive number of days, weeks, months or years")
    unit, factor = factors[found[1]]
    return Sql(f"lw_sequence_{unit}({start.text}, {end.text}, {int(step.this.name) * factor})", array(DATE))


TIME_FUNCTIONS: Mapping[str, Handler] = {
    "date_trunc": date_trunc,
    "trunc": trunc,
    "date_format": date_format,
    "make_date": make_date,
    "timestampdiff": timestampdiff,
    "current_date": current,
    "current_timestamp": current,
    "sequence": sequence,
}

TIME_NODES: Mapping[type[exp.Expr], Handler] = {
    exp.Extract: extract,
    exp.CurrentDate: current,
    exp.CurrentTimestamp: current,
}
