"""Aggregate and window functions, with Spark's result types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakewright.models.dialect.arithmetic import quotient
from lakewright.models.dialect.compiler import Compiler, Handler
from lakewright.models.dialect.functions import call
from lakewright.models.dialect.operators import truth
from lakewright.models.dialect.values import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INT,
    UNKNOWN,
    VOID,
    Scope,
    Sql,
    bounded,
    coerced,
    is_integral,
    wider,
)
from lakewright.models.types import decimal, duckdb_name

_SYNONYMS = {"mean": "avg", "every": "bool_and", "any": "bool_or", "some": "bool_or"}
_RANKS = {"row_number": INT, "rank": INT, "dense_rank": INT, "ntile": INT, "percent_rank": DOUBLE, "cume_dist": DOUBLE}


@dataclass(frozen=True, slots=True)
class _Call:
    """One aggregate call: its arguments and what stands behind each DuckDB call that it becomes."""

    compiler: Compiler
    node: exp.Expr
    values: list[Sql]
    distinct: bool
    behind: str

    def text(self, name: str, *arguments: str) -> str:
        return f"{name}({'DISTINCT ' if self.distinct else ''}{', '.join(arguments)}){self.behind}"

    def refuse(self, fact: str, hint: str = "") -> Sql:
        return self.compiler.refuse(self.node, fact, hint)


def _count(call_: _Call) -> Sql:
    if len(call_.values) == 1:
        return Sql(call_.text("count", call_.values[0].text), BIGINT)
    if not call_.distinct:
        return call_.refuse("count() of several values", "count_if(a IS NOT NULL AND b IS NOT NULL)")
    texts = [value.text for value in call_.values]
    present = " AND ".join(f"{text} IS NOT NULL" for text in texts)
    return Sql(call_.text("count", f"CASE WHEN {present} THEN row({', '.join(texts)}) END"), BIGINT)


def _sum(call_: _Call) -> Sql:
    value = call_.values[0]
    if value.type == UNKNOWN:
        return value
    if is_integral(value.type):
        return Sql(f"CAST({call_.text('sum', value.text)} AS BIGINT)", BIGINT)
    if value.type.name == "decimal":
        kind = bounded(value.type.precision + 10, value.type.scale)
        return Sql(f"CAST({call_.text('sum', value.text)} AS {duckdb_name(kind)})", kind)
    if value.type == DOUBLE:
        return Sql(call_.text("sum", value.text), DOUBLE)
    return call_.refuse(f"sum() of a {value.type}")


def _avg(call_: _Call) -> Sql:
    value = call_.values[0]
    if value.type == UNKNOWN:
        return value
    if is_integral(value.type) or value.type == DOUBLE:
        return Sql(call_.text("avg", value.text), DOUBLE)
    if value.type.name != "decimal":
        return call_.refuse(f"avg() of a {value.type}")
    total = bounded(value.type.precision + 10, value.type.scale)
    kind = bounded(value.type.precision + 4, value.type.scale + 4)
    above = Sql(f"CAST({call_.text('sum', value.text)} AS {duckdb_name(total)})", total)
    below = Sql(f"nullif({call_.text('count', value.text)}, 0)", BIGINT)
    return Sql(quotient(above, total, below, decimal(20, 0), kind), kind)


def _extreme(name: str) -> Callable[[_Call], Sql]:
    def least_or_greatest(call_: _Call) -> Sql:
        value = call_.values[0]
        if value.type.name in ("struct", "map", "array", "void"):
            return call_.refuse(f"{name}() of a {value.type}", "use max_by or min_by")
        return Sql(call_.text(name, value.text), value.type)

    return least_or_greatest


def _by(name: str) -> Callable[[_Call], Sql]:
    def value_of_extreme(call_: _Call) -> Sql:
        value, order = call_.values
        if order.type.name in ("struct", "map", "array", "void"):
            return call_.refuse(f"ordering by a {order.type}")
        return Sql(call_.text(name, value.text, order.text), value.type)

    return value_of_extreme


def _boolean(name: str) -> Callable[[_Call], Sql]:
    def of_conditions(call_: _Call) -> Sql:
        value = call_.values[0]
        if value.type not in (BOOLEAN, VOID, UNKNOWN):
            return call_.refuse(f"{name}() of a {value.type}", "compare it with something")
        text = coerced(value, BOOLEAN)
        if name == "count_if":
            return Sql(call_.text("count", f"CASE WHEN {text} THEN 1 END"), BIGINT)
        return Sql(call_.text(name, text), BOOLEAN)

    return of_conditions


def _percentile(call_: _Call) -> Sql:
    value = call_.values[0]
    median = call_.node.name.lower() == "median"
    if not median and (len(call_.values) != 2 or call_.values[1].literal != "0.5"):
        return call_.refuse("percentile() other than 0.5", "the last digits of others depend on the engine")
    if not is_integral(value.type) and value.known:
        return call_.refuse(f"the median of a {value.type}", "multiply to a whole number first, for example cents")
    return Sql(call_.text("median", f"CAST({value.text} AS DOUBLE)"), DOUBLE)


_AGGREGATES: dict[str, tuple[tuple[int, ...], bool, Callable[[_Call], Sql]]] = {
    # name: numbers of arguments, DISTINCT allowed, translation
    "count": ((1, 2, 3, 4, 5), True, _count),
    "sum": ((1,), False, _sum),
    "avg": ((1,), False, _avg),
    "min": ((1,), True, _extreme("min")),
    "max": ((1,), True, _extreme("max")),
    "min_by": ((2,), False, _by("arg_min_null")),
    "max_by": ((2,), False, _by("arg_max_null")),
    "count_if": ((1,), False, _boolean("count_if")),
    "bool_and": ((1,), False, _boolean("bool_and")),
    "bool_or": ((1,), False, _boolean("bool_or")),
    "percentile": ((2,), False, _percentile),
    "median": ((1,), False, _percentile),
}
AGGREGATE_NAMES = frozenset({*_AGGREGATES, *_SYNONYMS, "collect_list", "collect_set"})


def function(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """A call that stands alone: an aggregate or a scalar function."""
    name = _SYNONYMS.get(node.name.lower(), node.name.lower())
    if name in _AGGREGATES:
        return _aggregate(compiler, node, scope, "")
    if name in _RANKS or name in ("lag", "lead", "first_value", "last_value"):
        return compiler.refuse(node, f"{name}() without OVER", "it is a window function")
    return call(compiler, node, scope)


def _aggregate(compiler: Compiler, node: exp.Expr, scope: Scope, behind: str) -> Sql:
    name = _SYNONYMS.get(node.name.lower(), node.name.lower())
    counts, distinct_allowed, translate = _AGGREGATES[name]
    arguments = node.expressions
    distinct = len(arguments) == 1 and isinstance(arguments[0], exp.Distinct)
    if distinct:
        arguments = arguments[0].expressions
    if distinct and not distinct_allowed:
        return compiler.refuse(node, f"{name}(DISTINCT …) is not in the allowed dialect")
    if len(arguments) not in counts:
        return compiler.refuse(node, f"{name}() with {len(arguments)} arguments is not in the allowed dialect")
    if name == "count" and isinstance(arguments[0], exp.Star):
        return Sql(f"count(*){behind}", BIGINT)
    values = [compiler.expression(argument, scope) for argument in arguments]
    return translate(_Call(compiler, node, values, distinct, behind))


def filtered(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """agg(…) FILTER (WHERE …)"""
    return _behind(compiler, node.this, scope, _filter(compiler, node, scope))


def _filter(compiler: Compiler, node: exp.Expr, scope: Scope) -> str:
    return f" FILTER (WHERE {truth(compiler, node.expression.this, scope)})"


def _behind(compiler: Compiler, node: exp.Expr, scope: Scope, behind: str) -> Sql:
    name = _SYNONYMS.get(node.name.lower(), node.name.lower())
    if isinstance(node, exp.Anonymous) and name in _AGGREGATES:
        return _aggregate(compiler, node, scope, behind)
    return compiler.refuse(node, f"{node.name.lower()}() is not an aggregate function of the allowed dialect")


def window(compiler: Compiler, node: exp.Expr, scope: Scope) -> Sql:
    """function(…) OVER (…), with FILTER and IGNORE NULLS"""
    over = _over(compiler, node, scope)
    inner = node.this
    if isinstance(inner, exp.Filter):
        return compiler.refuse(node, "FILTER together with OVER", "Spark has none; use sum(CASE WHEN … END) OVER (…)")
    nulls = ""
    if isinstance(inner, exp.IgnoreNulls):
        nulls, inner = " IGNORE NULLS", inner.this
    name = inner.name.lower()
    if not isinstance(inner, exp.Anonymous):
        return compiler.refuse(node, "OVER behind something that is not a function")
    if name in ("lag", "lead"):
        return _neighbour(compiler, inner, scope, nulls, over)
    if name in ("first_value", "last_value") and len(inner.expressions) == 1:
        value = compiler.expression(inner.expressions[0], scope)
        return Sql(f"{name}({value.text}{nulls}){over}", value.type)
    if nulls:
        return compiler.refuse(inner, f"{name}() IGNORE NULLS is not in the allowed dialect")
    if name in _RANKS:
        arguments = ", ".join(compiler.expression(argument, scope).text for argument in inner.expressions)
        return Sql(f"CAST({name}({arguments}){over} AS {duckdb_name(_RANKS[name])})", _RANKS[name])
    return _behind(compiler, inner, scope, over)


def _neighbour(compiler: Compiler, node: exp.Expr, scope: Scope, nulls: str, over: str) -> Sql:
    values = [compiler.expression(argument, scope) for argument in node.expressions]
    value, *rest = values
    if len(values) > 3 or (rest and (rest[0].literal is None or not rest[0].literal.isdecimal())):
        return compiler.refuse(node, f"{node.name.lower()}() takes a value, a written offset and a default")
    offset = rest[0].text if rest else "1"
    default = ""
    if len(rest) == 2:
        if wider(value.type, rest[1].type) not in (value.type, UNKNOWN):
            fact = f"{node.name.lower()}() of a {value.type} with a {rest[1].type} as default"
            return compiler.refuse(node, fact, f"cast(… as {value.type})")
        default = f", {coerced(rest[1], value.type)}"
    return Sql(f"{node.name.lower()}({value.text}, {offset}{default}{nulls}){over}", value.type)


def _over(compiler: Compiler, node: exp.Expr, scope: Scope) -> str:
    named = node.args.get("alias")
    if named is not None:
        if named.name.lower() not in compiler.windows:
            compiler.refuse(node, f"there is no WINDOW {named.name!r}")
        return f" OVER ({compiler.windows.get(named.name.lower(), '')})"
    return f" OVER ({window_body(compiler, node, scope)})"


def window_body(compiler: Compiler, node: exp.Expr, scope: Scope) -> str:
    parts: list[str] = []
    by = [compiler.expression(one, scope).text for one in node.args.get("partition_by") or ()]
    if by:
        parts.append(f"PARTITION BY {', '.join(by)}")
    order = node.args.get("order")
    if order is not None:
        parts.append(ordered(compiler, order, scope))
    spec = node.args.get("spec")
    if spec is not None:
        parts.append(_frame(compiler, spec))
    return " ".join(parts)


def ordered(compiler: Compiler, order: exp.Expr, scope: Scope) -> str:
    """ORDER BY with the place of NULLs spelled out: first when ascending, last when descending, unless written."""
    terms: list[str] = []
    for term in order.expressions:
        value = compiler.expression(term.this, scope)
        if value.type.name in ("struct", "map"):
            compiler.refuse(term, f"ordering by a {value.type}")
        way = "DESC" if term.args.get("desc") else "ASC"
        place = "FIRST" if term.args.get("nulls_first") else "LAST"
        terms.append(f"{value.text} {way} NULLS {place}")
    return f"ORDER BY {', '.join(terms)}"


def _frame(compiler: Compiler, spec: exp.Expr) -> str:
    kind = str(spec.args["kind"]).upper()
    start = _edge(compiler, spec, "start", kind)
    end = _edge(compiler, spec, "end", kind) if spec.args.get("end") else "CURRENT ROW"
    return f"{kind} BETWEEN {start} AND {end}"


def _edge(compiler: Compiler, spec: exp.Expr, side: str, kind: str) -> str:
    edge = spec.args[side]
    way = str(spec.args.get(f"{side}_side") or "").upper()
    if isinstance(edge, str):
        return f"{edge} {way}".strip()
    if isinstance(edge, exp.Literal) and edge.name.isdecimal() and kind == "ROWS":
        return f"{edge.name} {way}"
    compiler.refuse(spec, f"this {kind} frame", "ROWS with written numbers, UNBOUNDED and CURRENT ROW are allowed")
    return "CURRENT ROW"


AGGREGATES: Mapping[type[exp.Expr], Handler] = {
    exp.Anonymous: function,
    exp.Filter: filtered,
    exp.Window: window,
}
