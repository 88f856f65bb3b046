"""Sums and counts by a few keys: the reader adds up, and the principal's engine adds up what it added.

A statement is folded only when the answer is provably the same: one table, COUNT, SUM, MIN and MAX of plain columns
whose arithmetic is exact, and around them nothing but the few kinds of expressions below, over keys. And only when the
keys are few whatever the data: dates, booleans, small integers, and columns that the statement holds to constants. What
is delivered follows from the permitted rows alone, as everything else does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakewright.governance.predicate import And, Compare, In, double_quoted
from lakewright.models.types import duckdb_type, parse_type
from lakewright.query.governed.planning import Need

_FEW = frozenset({"date", "boolean", "tinyint", "smallint"})
_WIDTHS: Mapping[str, int] = {
    "boolean": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "date": 4, "timestamp": 8, "timestamp_ntz": 8,
}  # fmt: skip
_INTEGERS = frozenset({"tinyint", "smallint", "int", "bigint"})
_KEYS = _INTEGERS | {"date", "boolean", "string"}
_EXACT_DIGITS, _SHORTEST = 18, 9
_SHORT_DECIMALS = hasattr(pa, "decimal64")  # as the reader gives them
ROWS = "rows delivered"
_AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max)
_AROUND = frozenset({
    exp.Select, exp.From, exp.Table, exp.TableAlias, exp.Identifier, exp.Column, exp.Literal, exp.Boolean, exp.Null,
    exp.Alias, exp.Where, exp.Group, exp.Order, exp.Ordered, exp.Limit, exp.Having, exp.And, exp.Or, exp.Not, exp.Paren,
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Is, exp.Between, exp.Neg,
})  # fmt: skip
_CLAUSES = frozenset({"expressions", "from_", "where", "group", "having", "order", "limit"})
_PARTS: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.Select: _CLAUSES,
    exp.Table: frozenset({"this", "db", "alias"}),
    exp.TableAlias: frozenset({"this"}),
    exp.Group: frozenset({"expressions"}),
    exp.Column: frozenset({"this", "table"}),
    exp.Limit: frozenset({"expression"}),
    exp.Count: frozenset({"this", "big_int"}),
    exp.Sum: frozenset({"this"}),
    exp.Min: frozenset({"this"}),
    exp.Max: frozenset({"this"}),
}
"""What these may be made of; anything more is not understood."""


@dataclass(frozen=True)
class Folded:
    """`sql`: the statement over what the reader then delivers: `keys`, and `values` (name → aggregate, DuckDB type).
    `width` and `texts` give what a row would have weighed: so many bytes, and the text of those keys."""

    sql: str
    keys: Mapping[str, str]
    values: Mapping[str, tuple[str, str]]
    width: int
    texts: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Name → DuckDB type."""
        return {**self.keys, **{name: kind for name, (_, kind) in self.values.items()}}

    def select(self, rows: str) -> str:
        """The reader's SELECT, given the one of the rows that it would deliver without folding."""
        keys = [double_quoted(key) for key in self.keys]
        values = [f"{value} AS {double_quoted(name)}" for name, (value, _) in self.values.items()]
        group = f" GROUP BY {', '.join(keys)}" if keys else ""
        return f"SELECT {', '.join(keys + values)} FROM ({rows}) AS f{group}"


def fold(sql: str, table: str, columns: Mapping[str, str], need: Need) -> Folded | None:
    """None when the statement must see rows. `columns`: visible ones with canonical types."""
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        return None
    if not isinstance(tree, exp.Select) or not _understood(tree, table):
        return None
    aliases = {item.alias for item in tree.selects}
    keys = {name: columns.get(name) for name in _names_outside(tree) if name in columns or name not in aliases}
    if not all(kind in _KEYS and (kind in _FEW or name in _held(need)) for name, kind in keys.items()):
        return None
    values: dict[str, tuple[str, str]] = {ROWS: ("count(*)", "BIGINT")}
    calls = list(tree.find_all(*_AGGREGATES))
    if not calls and not tree.args.get("group"):  # every row is a row of the answer
        return None
    for call in calls:
        outer = _split(call, columns, values)
        if outer is None:
            return None
        call.replace(outer)
    texts = tuple(name for name, kind in keys.items() if kind == "string" and name in need.columns)
    widths = [4 if name in texts else _width(columns[name]) for name in need.columns]
    if None in widths or values.keys() & columns.keys():
        return None
    types = {name: duckdb_type(columns[name]) for name in keys}
    return Folded(tree.sql("duckdb"), types, values, sum(width or 0 for width in widths), texts)


def _understood(tree: exp.Select, table: str) -> bool:
    """Whether the statement reads the table once and is made of nothing but what can be folded."""
    for node in tree.walk(prune=lambda node: isinstance(node, _AGGREGATES)):
        if type(node) not in _AROUND and type(node) not in _AGGREGATES:
            return False
        parts = _PARTS.get(type(node))
        if parts is not None and not {name for name, value in node.args.items() if value} <= parts:
            return False
    source = tree.args["from_"].this if tree.args.get("from_") else None
    named = isinstance(source, exp.Table) and f"{source.db}.{source.name}" == table
    # an aggregate's column would get another name
    return named and all(isinstance(item, exp.Alias | exp.Column) for item in tree.selects)


def _names_outside(tree: exp.Select) -> list[str]:
    """Columns (and aliases) that stand outside of aggregates, each once."""
    walked = tree.walk(prune=lambda node: isinstance(node, _AGGREGATES))
    return list(dict.fromkeys(node.name for node in walked if isinstance(node, exp.Column)))


def _held(need: Need) -> set[str]:
    """Columns of which every row wanted has one of a few constants."""
    parts = need.rows.items if isinstance(need.rows, And) else (need.rows,)
    return {part.column for part in parts if isinstance(part, In) or (isinstance(part, Compare) and part.op == "=")}


def _split(call: exp.Expr, columns: Mapping[str, str], values: dict[str, tuple[str, str]]) -> exp.Expr | None:
    """What adds up the reader's values, which are noted in `values`; None for an aggregate that is not exact."""
    if isinstance(call, exp.Count) and isinstance(call.this, exp.Star):
        return _counted(ROWS)
    column = call.this.name if isinstance(call.this, exp.Column) else ""
    kind = columns.get(column)
    if kind is None or _width(kind) is None:
        return None
    word = type(call).__name__.lower()
    name = f"{word} of {column}"
    match call:
        case exp.Count():
            values[name] = (f"count({double_quoted(column)})", "BIGINT")
            return _counted(name)
        case exp.Sum() if kind in _INTEGERS:
            values[name] = (f"sum({double_quoted(column)})", "HUGEINT")
        case exp.Sum() if kind.startswith("decimal"):
            values[name] = (f"sum({double_quoted(column)})", f"DECIMAL(38, {parse_type(kind).scale})")
        case exp.Min() | exp.Max() if kind != "boolean":
            values[name] = (f"{word}({double_quoted(column)})", duckdb_type(kind))
        case _:
            return None
    return type(call)(this=exp.column(name, quoted=True))


def _counted(name: str) -> exp.Expr:
    total = exp.Coalesce(this=exp.Sum(this=exp.column(name, quoted=True)), expressions=[exp.Literal.number(0)])
    return exp.cast(total, "bigint")


def _width(kind: str) -> int | None:
    """Bytes of a value as it is counted when rows are delivered; None for what is not counted by width alone."""
    if not kind.startswith("decimal"):
        return _WIDTHS.get(kind)
    precision = parse_type(kind).precision
    return None if precision > _EXACT_DIGITS or not _SHORT_DECIMALS else 4 if precision <= _SHORTEST else 8
