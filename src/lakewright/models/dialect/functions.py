"""The allow-list of scalar functions: Spark's name, the argument types it takes, its result, and DuckDB's text.

Every entry has test vectors recorded from a real Spark (tests/models/vectors). A function that is not here is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakewright.models.dialect.compiler import Compiler, Handler
from lakewright.models.dialect.special import SPECIAL
from lakewright.models.dialect.values import (
    BIGINT,
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
    coerced,
    is_integral,
    widened,
)
from lakewright.models.types import SparkType, parse_type

_SMALL = ("tinyint", "smallint", "int")
_ANY = "any"
_DAY = "day"  # a date, or the UTC date of a timestamp


@dataclass(frozen=True, slots=True)
class Function:
    """`takes` are parameter types (`any`: whatever it is; `day`: a date or timestamp, as a date)."""

    takes: tuple[str, ...]
    gives: SparkType
    text: str


def _entry(signature: str, text: str) -> Function:
    takes, _, gives = signature.partition("->")
    names = tuple(name.strip() for name in takes.split(",") if name.strip())
    return Function(names, parse_type(gives.strip()), text)


_TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    # strings
    "lower": (("string -> string", "lw_lower({0})"),),
    "upper": (("string -> string", "lw_upper({0})"),),
    "trim": (("string -> string", "trim({0}, ' ')"),),
    "ltrim": (("string -> string", "ltrim({0}, ' ')"),),
    "rtrim": (("string -> string", "rtrim({0}, ' ')"),),
    "length": (("string -> int", "CAST(length({0}) AS INTEGER)"),),
    "char_length": (("string -> int", "CAST(length({0}) AS INTEGER)"),),
    "substring": (
        ("string, int, int -> string", "lw_substring({0}, {1}, {2})"),
        ("string, int -> string", "lw_substring({0}, {1}, 2147483647)"),
    ),
    "left": (("string, int -> string", "left({0}, greatest({1}, 0))"),),
    "right": (("string, int -> string", "right({0}, greatest({1}, 0))"),),
    "replace": (("string, string, string -> string", "lw_replace({0}, {1}, {2})"),),
    "startswith": (("string, string -> boolean", "starts_with({0}, {1})"),),
    "endswith": (("string, string -> boolean", "ends_with({0}, {1})"),),
    "contains": (("string, string -> boolean", "contains({0}, {1})"),),
    "instr": (("string, string -> int", "lw_instr({0}, {1})"),),
    "md5": (("string -> string", "md5({0})"),),
    "sha": (("string -> string", "sha1({0})"),),
    "sha1": (("string -> string", "sha1({0})"),),
    # dates and times
    "date": (("day -> date", "{0}"),),
    "to_date": (("day -> date", "{0}"),),
    "date_add": (("day, int -> date", "CAST({0} + {1} AS DATE)"),),
    "date_sub": (("day, int -> date", "CAST({0} - {1} AS DATE)"),),
    "datediff": (("day, day -> int", "CAST({0} - {1} AS INTEGER)"),),
    "add_months": (("day, int -> date", "CAST({0} + to_months({1}) AS DATE)"),),
    "last_day": (("day -> date", "last_day({0})"),),
    "year": (("day -> int", "CAST(year({0}) AS INTEGER)"),),
    "quarter": (("day -> int", "CAST(quarter({0}) AS INTEGER)"),),
    "month": (("day -> int", "CAST(month({0}) AS INTEGER)"),),
    "day": (("day -> int", "CAST(day({0}) AS INTEGER)"),),
    "dayofmonth": (("day -> int", "CAST(day({0}) AS INTEGER)"),),
    "dayofweek": (("day -> int", "CAST(dayofweek({0}) + 1 AS INTEGER)"),),
    "weekday": (("day -> int", "CAST(isodow({0}) - 1 AS INTEGER)"),),
    "dayofyear": (("day -> int", "CAST(dayofyear({0}) AS INTEGER)"),),
    "weekofyear": (("day -> int", "CAST(weekofyear({0}) AS INTEGER)"),),
    "hour": (("timestamp -> int", "CAST(hour({0}) AS INTEGER)"),),
    "minute": (("timestamp -> int", "CAST(minute({0}) AS INTEGER)"),),
    "second": (("timestamp -> int", "CAST(second({0}) AS INTEGER)"),),
    "unix_seconds": (("timestamp -> bigint", "lw_floor_divide(epoch_us({0}), 1000000)"),),
    "unix_millis": (("timestamp -> bigint", "lw_floor_divide(epoch_us({0}), 1000)"),),
    "unix_micros": (("timestamp -> bigint", "epoch_us({0})"),),
    "timestamp_seconds": (("bigint -> timestamp", "make_timestamptz({0} * 1000000)"),),
    "timestamp_millis": (("bigint -> timestamp", "make_timestamptz({0} * 1000)"),),
    "timestamp_micros": (("bigint -> timestamp", "make_timestamptz({0})"),),
    "try_to_timestamp": (("string -> timestamp", "lw_to_timestamp({0})"),),
    # NULLs and numbers
    "isnull": (("any -> boolean", "({0} IS NULL)"),),
    "isnotnull": (("any -> boolean", "({0} IS NOT NULL)"),),
    "isnan": (("double -> boolean", "coalesce(isnan({0}), FALSE)"),),
}

FUNCTIONS: Mapping[str, tuple[Function, ...]] = {
    name: tuple(_entry(signature, text) for signature, text in entries) for name, entries in _TABLE.items()
}

SYNONYMS: Mapping[str, str] = {
    "lcase": "lower",
    "ucase": "upper",
    "substr": "substring",
    "character_length": "char_length",
    "len": "length",
    "ifnull": "coalesce",
    "nvl": "coalesce",
    "date_diff": "datediff",
    "dateadd": "date_add",
    "ceiling": "ceil",
    "regexp": "rlike",
    "regexp_like": "rlike",
    "now": "current_timestamp",
    "curdate": "current_date",
}

HINTS: Mapping[str, str] = {
    "size": "use array_size: size(NULL) is -1 in one mode of Spark and NULL in the other",
    "cardinality": "use array_size",
    "months_between": "use (year(a) - year(b)) * 12 + month(a) - month(b), or timestampdiff(DAY, …)",
    "element_at": "use try_element_at: element_at fails in ANSI mode",
    "to_timestamp": "use try_to_timestamp or try_cast",
    "unix_timestamp": "use unix_seconds",
    "from_unixtime": "use timestamp_seconds and date_format",
    "from_utc_timestamp": "all timestamps are UTC here; convert where they are shown",
    "to_utc_timestamp": "all timestamps are UTC here",
    "make_date": "use try_cast(concat_ws('-', y, m, d) as date), or make_date(y, 1, 1) with written month and day",
    "initcap": "use concat(upper(left(x, 1)), lower(substring(x, 2)))",
    "first": "use min_by(x, order) or first_value over a window: first depends on the order of arrival",
    "last": "use max_by(x, order) or last_value over a window: last depends on the order of arrival",
    "any_value": "use min or min_by: any_value depends on the order of arrival",
    "collect_list": "use sort_array(collect_list(x)): the order is not defined otherwise",
    "collect_set": "use sort_array(collect_set(x)): the order is not defined otherwise",
    "approx_count_distinct": "use count(DISTINCT x)",
    "percentile_approx": "use percentile on an integer column",
    "hash": "use sha2(x, 256) or md5",
    "xxhash64": "use sha2(x, 256) or md5",
    "rand": "a model gives the same rows whenever it runs",
    "uuid": "a model gives the same rows whenever it runs; sha2 of the key makes a stable id",
    "monotonically_increasing_id": "use row_number() over (order by …), or sha2 of the key",
    "json_tuple": "use get_json_object",
    "from_json": "use get_json_object",
    "nvl2": "use if(x is not null, …, …)",
    "locate": "use instr",
    "position": "use instr",
    "stddev": "its last digits depend on the engine; keep count, sum and sum of squares",
    "variance": "its last digits depend on the engine; keep count, sum and sum of squares",
    "int": "use cast or try_cast",
    "bigint": "use cast or try_cast",
    "string": "use cast(… as string)",
    "decimal": "use cast or try_cast",
    "double": "use cast or try_cast",
    "timestamp": "use cast or try_cast",
    "explode": "use LATERAL VIEW explode(…) t AS column",
    "posexplode": "use LATERAL VIEW posexplode(…) t AS position, column",
}


def call(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """A function call by its Spark name."""
    name = SYNONYMS.get(node.name.lower(), node.name.lower())
    special = SPECIAL.get(name)
    if special is not None:
        return special(compiler, node, scope)
    functions = FUNCTIONS.get(name)
    if functions is None:
        for argument in node.expressions:
            compiler.expression(argument, scope)
        hint = HINTS.get(node.name.lower(), "see docs/models.md for the functions there are")
        return compiler.refuse(node, f"{node.name.lower()}() is not in the allowed dialect", hint)
    function = next((one for one in functions if len(one.takes) == len(node.expressions)), None)
    if function is None:
        counts = " or ".join(str(len(one.takes)) for one in functions)
        return compiler.refuse(node, f"{name}() takes {counts} arguments here, not {len(node.expressions)}")
    values = [compiler.expression(argument, scope) for argument in node.expressions]
    return apply(compiler, node, function, values)


def apply(compiler: Compiler, node: exp.Expr, function: Function, values: list[Sql]) -> Sql:
    texts: list[str] = []
    for value, takes in zip(values, function.takes, strict=True):
        text = argument(value, takes)
        if text is None:
            wanted = {"day": "a date or timestamp", "int": "an int"}.get(takes, f"a {takes}")
            hint = "try_cast it" if value.type == STRING else f"cast(… as {takes})" if takes != _DAY else ""
            return compiler.refuse(node, f"{node.name.lower()}() takes {wanted}, and this is a {value.type}", hint)
        texts.append(text)
    return Sql(function.text.format(*texts), function.gives)


def argument(value: Sql, takes: str) -> str | None:
    """Text of `value` as a parameter; None when it does not fit without a cast that the modes disagree on."""
    if takes == _ANY or value.type == UNKNOWN:
        return value.text
    to = DATE if takes == _DAY else parse_type(takes)
    if value.type == VOID:
        return coerced(value, to)
    fits = value.type == to
    if to == INT:
        fits = value.type.name in _SMALL
    elif to == BIGINT:
        fits = is_integral(value.type)
    elif to == DOUBLE:
        fits = is_integral(value.type) or value.type.name in ("decimal", "double")
    elif to in (DATE, TIMESTAMP):
        fits = value.type in (DATE, TIMESTAMP, TIMESTAMP_NTZ)
    if not fits:
        return None
    return value.text if value.type == to or to == INT else widened(value, to)


CALLS: Mapping[type[exp.Expr], Handler] = {exp.Anonymous: call}
