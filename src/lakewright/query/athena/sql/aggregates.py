"""Aggregate functions, also over windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakewright.query.athena.sql.arithmetic import scaled, unscaled
from lakewright.query.athena.sql.compiler import Compiler, refused
from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.syntax import Call
from lakewright.query.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    REAL,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    decimal,
    duckdb_name,
    is_integer,
    is_numeric,
    map_,
)
from lakewright.query.athena.sql.values import Scope, Sql, coerced
from lakewright.query.athena.sql.windows import specification

_UNORDERED = ("map", "json", "row", "array", "char")


@dataclass(frozen=True, slots=True)
class Around:
    """What stands in the call (`distinct`, `order`) and behind it (`after`: FILTER and OVER)."""

    distinct: str
    order: str
    after: str
    windowed: bool
    filter: str


Builder = Callable[[Call, list[Sql], Around], Sql]


def aggregate(compiler: Compiler, node: Call, scope: Scope) -> Sql:
    """An aggregate call; SqlError when it stands inside another one."""
    if node.nulls:
        raise at(node.place, "FUNCTION_NOT_WINDOW", f"Cannot specify null treatment clause for {node.name} function")
    _not_nested(node)
    values = [compiler.expression(one, scope) for one in node.arguments]
    filter_, condition = "", ""
    if node.filter is not None:
        condition = compiler.truth(node.filter, scope, "FILTER expression must evaluate to a boolean: actual type {0}")
        filter_ = f" FILTER (WHERE {condition})"
    over = ""
    if node.over is not None:
        if node.filter is not None:
            raise at((1, 1), "NOT_SUPPORTED", "FILTER is not yet supported for window functions")
        if node.distinct:
            raise at(node.place, "NOT_SUPPORTED", "DISTINCT in window function parameters not yet supported")
        over = f" OVER ({specification(compiler, node.over, scope)})"
    around = Around(
        "DISTINCT " if node.distinct else "", _order(compiler, node, scope), filter_ + over, bool(over), condition
    )
    return AGGREGATES[node.name](node, values, around)


def _not_nested(node: Call) -> None:
    if node.over is not None:
        return
    from lakewright.query.athena.sql.grouping import aggregates_in

    for argument in node.arguments:
        for inner in aggregates_in(argument):
            raise at(
                node.place,
                "NESTED_AGGREGATION",
                f"Cannot nest aggregations inside aggregation '{node.name}': [{inner.name}]",
            )


def _order(compiler: Compiler, node: Call, scope: Scope) -> str:
    from lakewright.query.athena.sql.queries import direction

    if not node.order:
        return ""
    return " ORDER BY " + ", ".join(f"{compiler.expression(s.value, scope).text}{direction(s)}" for s in node.order)


def _wrong(node: Call, values: list[Sql]) -> Exception:
    given = ", ".join(str(value.type) for value in values)
    return at(node.place, "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {node.name}")


def _arity(node: Call, values: list[Sql], count: int) -> None:
    if len(values) != count:
        raise _wrong(node, values)


def _count(node: Call, values: list[Sql], around: Around) -> Sql:
    if node.star:
        return Sql(f"count(*){around.after}", BIGINT)
    if len(values) > 1:
        raise _wrong(node, values)
    inner = values[0].text if values else "*"
    return Sql(f"count({around.distinct}{inner}){around.after}", BIGINT)


def _count_if(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    if values[0].type not in (BOOLEAN, UNKNOWN):
        raise _wrong(node, values)
    return Sql(f"CAST(count_if({around.distinct}{coerced(values[0], BOOLEAN)}){around.after} AS BIGINT)", BIGINT)


def _sum(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    value = values[0]
    if value.type.name.startswith("interval"):
        return Sql(f"CAST(sum({around.distinct}{value.text}){around.after} AS {duckdb_name(value.type)})", value.type)
    if not is_numeric(value.type):
        raise _wrong(node, values)
    kind = BIGINT if is_integer(value.type) else value.type
    if kind.name == "decimal":
        kind = decimal(38, kind.scale)
    return Sql(f"CAST(sum({around.distinct}{value.text}){around.after} AS {duckdb_name(kind)})", kind)


def _avg(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    value = values[0]
    inner = f"{around.distinct}{value.text}"
    if value.type.name == "decimal":
        total = unscaled(
            f"CAST(sum({inner}){around.after} AS DECIMAL(38,{value.type.scale}))", decimal(38, value.type.scale)
        )
        digits = f"lw_divide({total}, CAST(nullif(count({inner}){around.after}, 0) AS HUGEINT), CAST(1 AS HUGEINT))"
        return Sql(scaled(digits, value.type), value.type)
    if value.type.name == "real":
        return Sql(f"CAST(avg({around.distinct}CAST({value.text} AS DOUBLE)){around.after} AS FLOAT)", REAL)
    if is_integer(value.type) or value.type == DOUBLE:
        return Sql(f"avg({inner}){around.after}", DOUBLE)
    raise _wrong(node, values)


def _extreme(node: Call, values: list[Sql], around: Around) -> Sql:
    value = values[0] if values else Sql("", UNKNOWN)
    if not values or len(values) > 2:
        raise _wrong(node, values)
    if value.type.name in ("map", "json"):
        raise _wrong(node, values)
    if value.type.name in _UNORDERED:
        raise refused(node.place, f"{node.name} of {value.type} values is not supported")
    if len(values) == 2:
        if values[1].literal is None or not is_integer(values[1].type) or around.windowed:
            raise refused(node.place, f"{node.name} takes a written number of values")
        return Sql(f"{node.name}({value.text}, {values[1].literal}){around.after}", array(value.type))
    return Sql(f"{node.name}({around.distinct}{value.text}){around.after}", value.type)


def _by(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 2) if len(values) != 3 else None
    if len(values) == 3:
        raise refused(node.place, f"{node.name} of several values is not supported")
    if values[1].type.name in _UNORDERED:
        raise refused(node.place, f"{node.name} by {values[1].type} values is not supported")
    name = "arg_max_null" if node.name == "max_by" else "arg_min_null"
    return Sql(f"{name}({values[0].text}, {values[1].text}){around.after}", values[0].type)


def _truth(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    if values[0].type not in (BOOLEAN, UNKNOWN):
        raise _wrong(node, values)
    return Sql(f"{node.name}({coerced(values[0], BOOLEAN)}){around.after}", BOOLEAN)


def _any(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    return Sql(f"any_value({values[0].text}){around.after}", values[0].type)


def _array(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    return Sql(f"list({around.distinct}{values[0].text}{around.order}){around.after}", array(values[0].type))


def _map(node: Call, values: list[Sql], around: Around) -> Sql:
    """NULL keys are left out; keys that come twice fail in DuckDB, where Trino would take one of them."""
    _arity(node, values, 2)
    if around.windowed:
        raise refused(node.place, f"{node.name} over a window is not supported")
    key, value = values[0].text, values[1].text
    condition = f"{key} IS NOT NULL" + (f" AND {around.filter}" if around.filter else "")
    pairs = f"list(struct_pack(key := {key}, value := {value}){around.order}) FILTER (WHERE {condition})"
    return Sql(f"map_from_entries({pairs})", map_(values[0].type, values[1].type))


def _histogram(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    if around.windowed or values[0].type.items:
        raise refused(node.place, f"{node.name} over a window or of {values[0].type} is not supported")
    entries = f"map_entries(histogram({values[0].text}){around.after})"
    made = "struct_pack(key := e.key, value := CAST(e.value AS BIGINT))"
    return Sql(f"map_from_entries(list_transform({entries}, lambda e: {made}))", map_(values[0].type, BIGINT))


def _spread(node: Call, values: list[Sql], around: Around) -> Sql:
    """Of doubles: the last digits depend on the order of the rows, in Trino as well."""
    _arity(node, values, 1)
    if not is_numeric(values[0].type):
        raise _wrong(node, values)
    name = {"geometric_mean": "geomean"}.get(node.name, node.name)
    return Sql(f"{name}({around.distinct}{coerced(values[0], DOUBLE)}){around.after}", DOUBLE)


def _pairs(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 2)
    if not all(is_numeric(value.type) for value in values):
        raise _wrong(node, values)
    a, b = (coerced(value, DOUBLE) for value in values)
    return Sql(f"{node.name}({a}, {b}){around.after}", DOUBLE)


def _listagg(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 2)
    if values[0].type.name != "varchar" or values[1].literal is None:
        raise (
            _wrong(node, values)
            if values[0].type.name != "varchar"
            else refused(node.place, "LISTAGG takes a written separator")
        )
    return Sql(f"string_agg({around.distinct}{values[0].text}, {values[1].text}{around.order}){around.after}", VARCHAR)


def _bits(node: Call, values: list[Sql], around: Around) -> Sql:
    _arity(node, values, 1)
    if not is_integer(values[0].type):
        raise _wrong(node, values)
    name = {"bitwise_and_agg": "bit_and", "bitwise_or_agg": "bit_or", "bitwise_xor_agg": "bit_xor"}[node.name]
    return Sql(f"{name}({coerced(values[0], BIGINT)}){around.after}", BIGINT)


def _approx_distinct(node: Call, values: list[Sql], around: Around) -> Sql:
    """Exact here; Trino's estimate is within 2.3 % of it."""
    if not 1 <= len(values) <= 2 or around.windowed:
        raise _wrong(node, values)
    return Sql(f"count(DISTINCT {values[0].text}){around.after}", BIGINT)


AGGREGATES: Mapping[str, Builder] = {
    "count": _count, "count_if": _count_if, "sum": _sum, "avg": _avg, "min": _extreme, "max": _extreme,
    "max_by": _by, "min_by": _by, "bool_and": _truth, "bool_or": _truth, "any_value": _any, "array_agg": _array,
    "map_agg": _map, "histogram": _histogram, "listagg": _listagg, "approx_distinct": _approx_distinct,
    **dict.fromkeys(("bitwise_and_agg", "bitwise_or_agg"), _bits),
    **dict.fromkeys(("stddev_samp", "stddev_pop", "var_samp", "var_pop", "geometric_mean"), _spread),
    **dict.fromkeys(("corr", "covar_samp", "covar_pop", "regr_slope", "regr_intercept"), _pairs),
}  # fmt: skip

__all__ = ["AGGREGATES", "Type", "aggregate"]
