"""From the engine's plan to what must be read: columns, and simple conditions that every row read may be asked first.

The plan comes from the principal's process, so it is data to judge: a column counts only if it is visible, a condition
only if it is a visible column compared with a constant. What is not understood is left out of the conditions, and then
all columns are read. The result narrows what the decision permits; it never takes part in deciding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakewright.governance.predicate import (
    Compare,
    Constant,
    In,
    IsNull,
    Not,
    Operator,
    Predicate,
    all_of,
    any_of,
)
from lakewright.models.types import parse_type

_COMPARISONS: Mapping[type[exp.Expr], Operator] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPTIONAL = "optional: "
_DYNAMIC = re.compile(r"( AND )?optional: Dynamic Filter \([^()']*\)$")
"""What the engine learns while it runs; a text constant cannot end so, it ends with a quote."""
_INTEGERS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Need:
    """What a statement needs of one table."""

    columns: tuple[str, ...]
    rows: Predicate | None


def needs(scans: Iterable[Mapping[str, Any]], visible: Mapping[str, Mapping[str, str]]) -> dict[str, Need]:
    """Table → need, for each visible table. `scans` are the plan's: Table, Projections, Filters."""
    found: dict[str, list[Need]] = {name: [] for name in visible}
    for scan in scans:
        name = _table(str(scan.get("Table", "")), visible)
        if name is None:
            return {table: _everything(columns) for table, columns in visible.items()}
        found[name].append(_need(scan, visible[name]))
    return {name: _together(parts, visible[name]) for name, parts in found.items()}


def _everything(columns: Mapping[str, str]) -> Need:
    return Need(tuple(columns), None)


def _table(spelled: str, visible: Iterable[str]) -> str | None:
    plain = spelled.replace('"', "").removeprefix("memory.")
    return next((name for name in visible if name.replace('"', "") == plain), None)


def _together(parts: Sequence[Need], columns: Mapping[str, str]) -> Need:
    """A table that is scanned several times must deliver what any of the scans needs."""
    if not parts:  # the plan does without it; should the real run not, it is all there
        return _everything(columns)
    named = {column for part in parts for column in part.columns}
    return Need(tuple(column for column in columns if column in named), any_of([part.rows for part in parts]))


def _need(scan: Mapping[str, Any], columns: Mapping[str, str]) -> Need:
    named = set()
    for spelled in _list(scan.get("Projections")):
        column = spelled if spelled in columns else spelled.partition(".")[0]
        if column not in columns:
            return _everything(columns)
        named.add(column)
    rows: list[Predicate | None] = []
    for text in _list(scan.get("Filters")):
        if text.startswith(_OPTIONAL):  # a hint; the condition itself stands above the scan
            continue
        used, condition = _condition(text, columns)
        if used is None:
            return _everything(columns)
        named |= used
        rows.append(condition)
    return Need(tuple(column for column in columns if column in named), all_of(rows))


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else [str(item) for item in value or ()]


def _condition(text: str, columns: Mapping[str, str]) -> tuple[set[str] | None, Predicate | None]:
    """The columns that a filter looks at (None when it cannot be read), and its meaning where it is simple."""
    text = _DYNAMIC.sub("", text)
    hinted = _OPTIONAL in text
    try:
        tree = sqlglot.parse_one(text.replace(_OPTIONAL, "") if hinted else text, read="duckdb")
    except (SqlglotError, RecursionError):
        return None, None
    used = {column.parts[0].name for column in tree.find_all(exp.Column)}
    if not used <= set(columns):
        return None, None
    return used, None if hinted else _simple(tree, columns)


def _simple(tree: exp.Expr, columns: Mapping[str, str]) -> Predicate | None:
    """The predicate, or None (every row) for what is not simple. Both sides of an OR must be."""
    match tree:
        case exp.Paren():
            return _simple(tree.this, columns)
        case exp.And():
            return all_of([_simple(tree.left, columns), _simple(tree.right, columns)])
        case exp.Or():
            return any_of([_simple(tree.left, columns), _simple(tree.right, columns)])
        case exp.Is() if isinstance(tree.expression, exp.Null) and (name := _column(tree.this, columns)):
            return IsNull(name)
        case exp.Not() if isinstance(tree.this, exp.Is):
            inner = _simple(tree.this, columns)
            return inner if inner is None else Not(inner)
        case exp.In() if (name := _column(tree.this, columns)) and tree.expressions:
            values = [_constant(item, columns[name]) for item in tree.expressions]
            return None if None in values else In(name, tuple(value for value in values if value is not None))
    op = _COMPARISONS.get(type(tree))
    if op is None or not isinstance(tree, exp.Binary):
        return None
    name = _column(tree.left, columns)
    constant = _constant(tree.right, columns[name]) if name else None
    return Compare(name, op, constant) if name and constant is not None else None


def _column(tree: exp.Expr, columns: Mapping[str, str]) -> str | None:
    if isinstance(tree, exp.Column) and len(tree.parts) == 1 and tree.name in columns:
        return tree.name
    return None


def _constant(tree: exp.Expr, kind: str) -> Constant | None:
    """A constant of exactly the column's type, so that comparing needs no cast; else None."""
    if isinstance(tree, exp.Cast) and kind == "date" and tree.to.is_type("date"):
        text = tree.this.name if isinstance(tree.this, exp.Literal) and tree.this.is_string else ""
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    sign = -1 if isinstance(tree, exp.Neg) else 1
    literal = tree.this if isinstance(tree, exp.Neg) else tree
    if not isinstance(literal, exp.Literal):
        return None
    if literal.is_string:
        return literal.name if kind == "string" and sign == 1 else None
    return _number(literal.name, kind, sign)


def _number(text: str, kind: str, sign: int) -> Constant | None:
    if kind in _INTEGERS:
        value = sign * int(text) if text.isdigit() else None
        return value if value is not None and -(2 ** _INTEGERS[kind]) <= value < 2 ** _INTEGERS[kind] else None
    if kind.startswith("decimal") and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        parsed, number = parse_type(kind), sign * Decimal(text)
        _, digits, exponent = number.as_tuple()
        fits = (
            -int(exponent) <= parsed.scale and len(digits) - max(0, -int(exponent)) <= parsed.precision - parsed.scale
        )
        return number if fits else None
    return None
