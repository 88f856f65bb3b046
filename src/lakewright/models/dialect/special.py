"""Functions whose translation depends on written arguments or on the types of their arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from lakewright.models.dialect.arithmetic import divide, interval, is_guarded
from lakewright.models.dialect.compiler import Compiler, Handler, texts
from lakewright.models.dialect.operators import compared, timestamp_text
from lakewright.models.dialect.regex import NotPortableError, matches_nothing, replacement, to_re2
from lakewright.models.dialect.values import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    adjusted,
    coerced,
    is_integral,
    is_numeric,
    text_literal,
    wider,
)
from lakewright.models.types import MAX_PRECISION, array, decimal, duckdb_name, struct

_PATH = re.compile(r"\$((\.[A-Za-z_][A-Za-z0-9_]*)|(\[[0-9]+\]))+\Z")
_TRUNCATE = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
_DATE_TRUNCATE = {"year": "year", "yyyy": "year", "quarter": "quarter", "month": "month", "mm": "month", "week": "week"}
_FORMAT = re.compile(r"yyyy|MM|dd|HH|mm|ss|[^A-Za-z'\[\]{}#]")
_STRFTIME = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "%": "%%"}
_MICROS = {"second": 10**6, "minute": 60 * 10**6, "hour": 3600 * 10**6, "day": 86400 * 10**6}


def _values(compiler: Compiler, node: exp.Expr, scope: Scope) -> list[Sql]:
    return [compiler.expression(argument, scope) for argument in node.expressions]


def _count(compiler: Compiler, node: exp.Expr, low: int, high: int | None = None) -> bool:
    given = len(node.expressions)
    if low <= given <= (high or low):
        return True
    compiler.refuse(node, f"{node.name.lower()}() with {given} arguments is not in the allowed dialect")
    return False


def _string(compiler: Compiler, node: exp.Expr, value: Sql) -> str:
    if value.type not in (STRING, VOID, UNKNOWN):
        compiler.refuse(node, f"{node.name.lower()}() takes a string, and this is a {value.type}", "cast(… as string)")
    return coerced(value, STRING)


def _written(node: exp.Expr, at: int) -> str | None:
    """The literal text of argument `at`; None when it is not written down."""
    given = node.expressions[at].unnest() if at < len(node.expressions) else None
    if isinstance(given, exp.RawString) or (isinstance(given, exp.Literal) and given.is_string):
        return given.name
    return None


def _whole(node: exp.Expr, at: int) -> int | None:
    given = node.expressions[at].unnest() if at < len(node.expressions) else None
    if isinstance(given, exp.Literal) and not given.is_string and given.name.isdecimal():
        return int(given.name)
    return None


def coalesce(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Also greatest and least, which skip NULLs in both engines."""
    values = _values(compiler, node, scope)
    kind = compiler.common(node, values)
    name = node.name.lower() if node.name.lower() in ("greatest", "least") else "coalesce"
    return Sql(f"{name}({', '.join(texts(values, kind))})", kind)


def nullif(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    value, other = _values(compiler, node, scope)
    both = compared(compiler, node, value, other)
    return Sql(f"CASE WHEN {both[0]} = {both[1]} THEN NULL ELSE {value.text} END" if both else "NULL", value.type)


def concat(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    parts = [_string(compiler, node, value) for value in _values(compiler, node, scope)]
    return Sql(f"CAST({' || '.join(parts)} AS VARCHAR)" if parts else "''", STRING)


def concat_ws(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2, 1000):
        return Sql("NULL", STRING)
    parts = [_string(compiler, node, value) for value in _values(compiler, node, scope)]
    return Sql(f"concat_ws({', '.join(parts)})", STRING)


def trim(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """trim(x) cuts spaces only; the form with FROM has a node of its own in sqlglot."""
    if node.args.get("expression") or node.args.get("position"):
        return compiler.refuse(node, "trim(… FROM …) is not in the allowed dialect", "use regexp_replace")
    return compiler.expression(exp.Anonymous(this="trim", expressions=[node.this.copy()]), scope)


def pad(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2, 3):
        return Sql("NULL", STRING)
    value, size, *rest = _values(compiler, node, scope)
    if size.type.name not in ("tinyint", "smallint", "int") and size.known:
        return compiler.refuse(node, f"{node.name.lower()}() takes an int, and this is a {size.type}")
    fill = _written(node, 2) if rest else " "
    if not fill:
        return compiler.refuse(node, f"{node.name.lower()}() takes a written, not empty text to pad with")
    text = _string(compiler, node, value)
    return Sql(f"{node.name.lower()}({text}, greatest({size.text}, 0), {text_literal(fill)})", STRING)


def sha2(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2) or _whole(node, 1) not in (0, 256):
        return compiler.refuse(node, "sha2() takes a string and the written number 256")
    return Sql(f"sha256({_string(compiler, node, compiler.expression(node.expressions[0], scope))})", STRING)


def split(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern = _written(node, 1)
    if not _count(compiler, node, 2) or not pattern:
        return compiler.refuse(node, "split() takes a string and a written pattern")
    value = _string(compiler, node, compiler.expression(node.expressions[0], scope))
    try:
        return Sql(f"string_split_regex({value}, {text_literal(to_re2(pattern))})", array(STRING))
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}", problem.hint)


def split_part(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 3) or not _written(node, 1) or not _whole(node, 2):
        return compiler.refuse(node, "split_part() takes a string, a written separator and a written number from 1")
    value, mark, at = _values(compiler, node, scope)
    return Sql(f"split_part({_string(compiler, node, value)}, {mark.text}, {at.text})", STRING)


def rlike(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """`x RLIKE 'pattern'` and rlike(x, 'pattern')."""
    pair = [node.this, node.expression] if isinstance(node, exp.RegexpLike) else node.expressions
    pattern = compiler.expression(pair[1], scope) if len(pair) == 2 else None
    if pattern is None or pattern.type != STRING or pattern.literal is None:
        return compiler.refuse(node, "rlike takes a string and a written pattern")
    value = compiler.expression(pair[0], scope)
    if value.type not in (STRING, VOID, UNKNOWN):
        return compiler.refuse(node, f"rlike takes a string, and this is a {value.type}", "cast(… as string)")
    try:
        return Sql(f"regexp_matches({value.text}, {text_literal(to_re2(pattern.literal, only_test=True))})", BOOLEAN)
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern.literal!r}: {problem}", problem.hint)


def regexp_replace(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern, put = _written(node, 1), _written(node, 2)
    if not _count(compiler, node, 3) or pattern is None or put is None:
        return compiler.refuse(node, "regexp_replace() takes a string, a written pattern and a written replacement")
    value = _string(compiler, node, compiler.expression(node.expressions[0], scope))
    if matches_nothing(pattern):
        return compiler.refuse(node, f"the pattern {pattern!r} also matches nothing at all", "use + instead of *")
    try:
        wanted, by = text_literal(to_re2(pattern)), text_literal(replacement(put))
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}", problem.hint)
    return Sql(f"regexp_replace({value}, {wanted}, {by}, 'g')", STRING)


def regexp_extract(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern = _written(node, 1)
    group = _whole(node, 2) if len(node.expressions) == 3 else 1
    if not _count(compiler, node, 2, 3) or pattern is None or group is None:
        return compiler.refuse(node, "regexp_extract() takes a string, a written pattern and a written group number")
    value = _string(compiler, node, compiler.expression(node.expressions[0], scope))
    try:
        wanted = text_literal(to_re2(pattern))
        groups = re.compile(pattern).groups
    except NotPortableError as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}", problem.hint)
    except re.error as problem:
        return compiler.refuse(node, f"the pattern {pattern!r}: {problem}")
    if group > groups:
        return compiler.refuse(node, f"the pattern {pattern!r} has {groups} groups, not {group}")
    return Sql(f"CASE WHEN {value} IS NULL THEN NULL ELSE regexp_extract({value}, {wanted}, {group}) END", STRING)


def get_json_object(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    path = _written(node, 1)
    if not _count(compiler, node, 2) or path is None or not _PATH.match(path):
        return compiler.refuse(node, "get_json_object() takes a string and a written path like '$.a.b[0]'")
    value = _string(compiler, node, compiler.expression(node.expressions[0], scope))
    duck = re.sub(r"\.([A-Za-z_][A-Za-z0-9_]*)", r'."\1"', path)
    return Sql(f"lw_json({value}, {text_literal(duck)})", STRING)


def date_trunc(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    unit = (_written(node, 0) or "").lower()
    if not _count(compiler, node, 2) or unit not in _TRUNCATE:
        return compiler.refuse(node, f"date_trunc() takes a written unit ({', '.join(_TRUNCATE)}) and a timestamp")
    value = compiler.expression(node.expressions[1], scope)
    if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
        return compiler.refuse(node, f"date_trunc() takes a timestamp, and this is a {value.type}", "try_cast it")
    return Sql(f"date_trunc('{unit}', {coerced(value, TIMESTAMP)})", TIMESTAMP)


def trunc(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    unit = _DATE_TRUNCATE.get((_written(node, 1) or "").lower())
    if not _count(compiler, node, 2) or unit is None:
        return compiler.refuse(node, "trunc() takes a date and a written unit (YEAR, QUARTER, MONTH, WEEK)")
    value = compiler.expression(node.expressions[0], scope)
    if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
        return compiler.refuse(node, f"trunc() takes a date, and this is a {value.type}", "try_cast it")
    return Sql(f"CAST(date_trunc('{unit}', {coerced(value, DATE)}) AS DATE)", DATE)


def date_format(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    pattern = _written(node, 1)
    if not _count(compiler, node, 2) or not pattern or _FORMAT.sub("", pattern):
        return compiler.refuse(
            node, "date_format() takes a written pattern of yyyy, MM, dd, HH, mm, ss and punctuation"
        )
    value = compiler.expression(node.expressions[0], scope)
    if value.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, VOID, UNKNOWN):
        return compiler.refuse(node, f"date_format() takes a timestamp, and this is a {value.type}", "try_cast it")
    parts = (_STRFTIME.get(part, part) for part in _FORMAT.findall(pattern))
    return Sql(f"strftime({coerced(value, TIMESTAMP)}, {text_literal(''.join(parts))})", STRING)


def make_date(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    month, day = _whole(node, 1), _whole(node, 2)
    if not _count(compiler, node, 3) or month not in range(1, 13) or day not in range(1, 29):
        fact = "make_date() of parts that may not make a date fails in one mode of Spark and not in the other"
        return compiler.refuse(node, fact, "write month and day as numbers (day ≤ 28), or try_cast a text")
    year = compiler.expression(node.expressions[0], scope)
    if not is_integral(year.type) and year.known:
        return compiler.refuse(node, f"make_date() takes an int, and this is a {year.type}")
    return Sql(f"make_date({year.text}, {month}, {day})", DATE)


def timestampdiff(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    unit = node.expressions[0].name.lower() if node.expressions else ""
    if not _count(compiler, node, 3) or unit not in _MICROS:
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


def current(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """The run's own time, given from outside, so that the same run gives the same rows again."""
    is_date = isinstance(node, exp.CurrentDate) or node.name.lower() in ("current_date", "curdate")
    kind = DATE if is_date else TIMESTAMP
    if compiler.now is None:
        return Sql("NULL", kind) if compiler.schemas is None else compiler.refuse(
            node, "the run's time is not given", "pass now="
        )  # fmt: skip
    text = timestamp_text(compiler.now) or "NULL"
    return Sql(f"CAST({text} AS DATE)" if is_date else text, kind)


def round_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 1, 2):
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.expressions[0], scope)
    digits = _whole(node, 1) if len(node.expressions) == 2 else 0
    if digits is None:
        return compiler.refuse(node, "round() takes a written number of digits, 0 or more")
    if value.type == UNKNOWN:
        return value
    if value.type.name != "decimal":
        return compiler.refuse(node, f"round() of a {value.type}", "round a decimal: its digits are exact")
    scale = min(value.type.scale, digits)
    kind = decimal(min(MAX_PRECISION, value.type.precision - value.type.scale + 1 + scale), scale)
    return Sql(f"CAST(round({value.text}, {scale}) AS {duckdb_name(kind)})", kind)


def floor_ceil(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    name = "floor" if node.name.lower() == "floor" else "ceil"
    if not _count(compiler, node, 1):
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.expressions[0], scope)
    if value.type == UNKNOWN:
        return value
    if value.type.name == "decimal":
        kind = adjusted(value.type.precision - value.type.scale + 1, 0)
        return Sql(f"CAST({name}({value.text}) AS {duckdb_name(kind)})", kind)
    if is_integral(value.type):
        return Sql(f"CAST({value.text} AS BIGINT)", BIGINT)
    if value.type == DOUBLE:
        return Sql(f"CAST({name}({value.text}) AS BIGINT)", BIGINT)
    return compiler.refuse(node, f"{name}() of a {value.type}")


def abs_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 1):
        return Sql("NULL", UNKNOWN)
    value = compiler.expression(node.expressions[0], scope)
    if not is_numeric(value.type) and value.known:
        return compiler.refuse(node, f"abs() of a {value.type}")
    return Sql(f"abs({value.text})", value.type)


def mod(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    left, right = (argument.copy() for argument in node.expressions)
    return compiler.expression(exp.Mod(this=exp.paren(left), expression=exp.paren(right)), scope)


def try_divide(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    left, right = _values(compiler, node, scope)
    if left.type in (DATE, TIMESTAMP) or not (is_guarded(node.expressions[1]) or right.literal is None):
        return compiler.refuse(node, "try_divide() takes two numbers")
    guarded = Sql(f"nullif({right.text}, 0)", right.type)
    return divide(compiler, node, left, guarded)


def array_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    values = _values(compiler, node, scope)
    kind = compiler.common(node, values)
    if not values or kind == VOID:
        return compiler.refuse(node, "array() of nothing has no type", "give it at least one typed value")
    return Sql(f"[{', '.join(texts(values, kind))}]", array(kind))


def _list(compiler: Compiler, node: exp.Expr, value: Sql) -> bool:
    if value.type.name in ("array", "unknown"):
        return True
    compiler.refuse(node, f"{node.name.lower()}() takes an array, and this is a {value.type}")
    return False


def array_size(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    value = _values(compiler, node, scope)[0]
    _list(compiler, node, value)
    return Sql(f"CAST(len({value.text}) AS INTEGER)", INT)


def array_contains(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2):
        return Sql("NULL", BOOLEAN)
    items, value = _values(compiler, node, scope)
    if not _list(compiler, node, items) or UNKNOWN in (items.type, value.type):
        return Sql("NULL", BOOLEAN)
    kind = wider(items.type.items[0], value.type)
    if kind is None:
        return compiler.refuse(node, f"a {value.type} is looked for in {items.type}", "cast it")
    return Sql(f"lw_array_contains({coerced(items, array(kind))}, {coerced(value, kind)})", BOOLEAN)


def element(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """get counts from 0, try_element_at from 1; both give NULL outside the array."""
    if not _count(compiler, node, 2):
        return Sql("NULL", UNKNOWN)
    items, at = _values(compiler, node, scope)
    if not _list(compiler, node, items) or items.type == UNKNOWN:
        return Sql("NULL", UNKNOWN)
    if at.type.name not in ("tinyint", "smallint", "int") and at.known:
        return compiler.refuse(node, f"{node.name.lower()}() takes an int, and this is a {at.type}")
    if node.name.lower() == "get":
        return Sql(f"CASE WHEN {at.text} >= 0 THEN list_extract({items.text}, {at.text} + 1) END", items.type.items[0])
    if _whole(node, 1) == 0:
        return compiler.refuse(node, "try_element_at counts from 1")
    return Sql(f"list_extract({items.text}, {at.text})", items.type.items[0])


def array_join(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 2):
        return Sql("NULL", STRING)
    items, mark = _values(compiler, node, scope)
    if items.type not in (array(STRING), UNKNOWN) or mark.type not in (STRING, UNKNOWN):
        return compiler.refuse(node, "array_join() takes an array of strings and a string")
    return Sql(f"array_to_string({items.text}, {mark.text})", STRING)


def sort_array(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Ascending; NULLs first in sort_array, last in array_sort. Its argument may be a collect_list or collect_set."""
    if not _count(compiler, node, 1):
        return Sql("NULL", UNKNOWN)
    inner = node.expressions[0].unnest()
    if isinstance(inner, exp.Anonymous) and inner.name.lower() in ("collect_list", "collect_set"):
        return _collected(compiler, inner, scope)
    items = compiler.expression(node.expressions[0], scope)
    nulls = "NULLS FIRST" if node.name.lower() == "sort_array" else "NULLS LAST"
    _list(compiler, node, items)
    return Sql(f"list_sort({items.text}, 'ASC', '{nulls}')", items.type)


def _collected(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if not _count(compiler, node, 1) or isinstance(node.expressions[0], exp.Distinct):
        return compiler.refuse(node, f"this form of {node.name.lower()}()", "collect_set is distinct")
    value = compiler.expression(node.expressions[0], scope)
    if value.type.name in ("array", "struct", "map", "void"):
        return compiler.refuse(node, f"{node.name.lower()}() of {value.type}")
    once = "DISTINCT " if node.name.lower() == "collect_set" else ""
    kept = f"list({once}{value.text}) FILTER (WHERE {value.text} IS NOT NULL)"
    return Sql(f"list_sort(coalesce({kept}, []), 'ASC', 'NULLS FIRST')", array(value.type))


def sequence(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """Dates by day, week, month or year; integers by one. A start after the end is an error, as in Spark."""
    if not _count(compiler, node, 2, 3):
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


def struct_(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    if node.name.lower() == "named_struct":
        names = [_written(node, at) for at in range(0, len(node.expressions), 2)]
        parts = node.expressions[1::2]
    else:
        names = [argument.alias_or_name for argument in node.expressions]
        parts = [argument.unalias() for argument in node.expressions]
    if not all(names) or len(names) != len(parts):
        return compiler.refuse(node, "every field of a struct has a written name", "struct(x AS name)")
    fields = {str(name): compiler.expression(part, scope) for name, part in zip(names, parts, strict=True)}
    inner = ", ".join(f"{text_literal(name)}: {value.text}" for name, value in fields.items())
    return Sql(f"{{{inner}}}", struct({name: value.type for name, value in fields.items()}))


SPECIAL: Mapping[str, Handler] = {
    "coalesce": coalesce,
    "greatest": coalesce,
    "least": coalesce,
    "nullif": nullif,
    "concat": concat,
    "concat_ws": concat_ws,
    "lpad": pad,
    "rpad": pad,
    "sha2": sha2,
    "split": split,
    "split_part": split_part,
    "rlike": rlike,
    "regexp_replace": regexp_replace,
    "regexp_extract": regexp_extract,
    "get_json_object": get_json_object,
    "date_trunc": date_trunc,
    "trunc": trunc,
    "date_format": date_format,
    "make_date": make_date,
    "timestampdiff": timestampdiff,
    "current_date": current,
    "current_timestamp": current,
    "round": round_,
    "floor": floor_ceil,
    "ceil": floor_ceil,
    "abs": abs_,
    "mod": mod,
    "try_divide": try_divide,
    "array": array_,
    "array_size": array_size,
    "array_contains": array_contains,
    "get": element,
    "try_element_at": element,
    "array_join": array_join,
    "sort_array": sort_array,
    "array_sort": sort_array,
    "sequence": sequence,
    "struct": struct_,
    "named_struct": struct_,
}

SPECIAL_NODES: Mapping[type[exp.Expr], Handler] = {
    exp.RegexpLike: rlike,
    exp.Extract: extract,
    exp.Trim: trim,
    exp.CurrentDate: current,
    exp.CurrentTimestamp: current,
}
