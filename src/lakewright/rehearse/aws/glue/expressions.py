"""Conditions that callers send with a listing. They are asked of what the caller sees, and of nothing else.

Partitions: Glue's "Expression" of GetPartitions, column against constant. Tables: a regular expression on names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakewright.catalog.partitions import typed
from lakewright.rehearse.aws.faults import Fault

LONGEST = 2048
Row = Mapping[str, Any]
Condition = Callable[[Row], bool | None]
"""True, False, or None for unknown."""

_COMPARES: Mapping[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
}
_MIRRORED: Mapping[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}


def partition_filter(expression: str, keys: Mapping[str, str]) -> Callable[[list[str]], bool]:
    """Whether a partition of these values fits; `keys` are the visible ones, name → type, in order.

    Raises Fault InvalidInputException for what Glue does not take.
    """
    if len(expression) > LONGEST:
        raise _unsupported(expression)
    try:
        condition = _condition(exp.condition(expression, dialect="athena"), keys)
    except (SqlglotError, RecursionError, ValueError, InvalidOperation, KeyError):
        raise _unsupported(expression) from None

    def fits(values: list[str]) -> bool:
        try:
            row = {name: typed(text, kind) for (name, kind), text in zip(keys.items(), values, strict=True)}
        except (ValueError, InvalidOperation):
            return False
        return condition(row) is True

    return fits


def names_like(pattern: str, names: Iterable[str]) -> set[str]:
    """The names that the whole pattern fits; in linear time, whatever it is. Raises Fault InvalidInputException."""
    if len(pattern) > LONGEST:
        raise _unsupported(pattern)
    known = sorted(names)
    try:
        found = pc.match_substring_regex(pa.array(known, pa.string()), f"^(?:{pattern})$")
    except pa.ArrowInvalid:
        raise _unsupported(pattern) from None
    return {name for name, fits in zip(known, found.to_pylist(), strict=True) if fits}


def _condition(node: exp.Expr, keys: Mapping[str, str]) -> Condition:
    """Raises KeyError, ValueError for what a partition's condition cannot be."""
    match node:
        case exp.Paren():
            return _condition(node.this, keys)
        case exp.And():
            one, other = _condition(node.this, keys), _condition(node.expression, keys)
            return lambda row: _and(one(row), other(row))
        case exp.Or():
            first, second = _condition(node.this, keys), _condition(node.expression, keys)
            return lambda row: _opposite(_and(_opposite(first(row)), _opposite(second(row))))
        case exp.Not():
            inner = _condition(node.this, keys)
            return lambda row: _opposite(inner(row))
        case exp.Is() if isinstance(node.expression, exp.Null):
            name = _column(node.this, keys)
            return lambda row: row[name] is None
        case exp.In() if node.expressions:
            name = _column(node.this, keys)
            values = [_constant(one, keys[name]) for one in node.expressions]
            return lambda row: None if row[name] is None else row[name] in values
        case exp.Between():
            name = _column(node.this, keys)
            low, high = _constant(node.args["low"], keys[name]), _constant(node.args["high"], keys[name])
            return lambda row: None if row[name] is None else low <= row[name] <= high
        case exp.Like() if isinstance(node.expression, exp.Literal):
            name, pattern = _column(node.this, keys), _like(node.expression.this)
            return lambda row: None if row[name] is None else pattern.fullmatch(str(row[name])) is not None
        case _:
            return _comparison(node, keys)


def _comparison(node: exp.Expr, keys: Mapping[str, str]) -> Condition:
    kind, column, constant = type(node), node.this, node.expression
    if not isinstance(column, exp.Column):
        kind, column, constant = _MIRRORED[kind], constant, column
    compare, name = _COMPARES[kind], _column(column, keys)
    value = _constant(constant, keys[name])
    return lambda row: None if row[name] is None else compare(row[name], value)


def _column(node: exp.Expr, keys: Mapping[str, str]) -> str:
    name = str(node.name).lower()
    if not isinstance(node, exp.Column) or node.table or name not in keys:
        raise KeyError(name)
    return name


def _constant(node: exp.Expr, kind: str) -> Any:
    sign = "-" if isinstance(node, exp.Neg) else ""
    inner = node.this if isinstance(node, exp.Neg) else node
    if isinstance(inner, exp.Cast) and inner.is_type("date"):
        inner = inner.this
    if not isinstance(inner, exp.Literal):
        raise ValueError(kind)  # noqa: TRY004 - the type is the client's text
    value = typed(sign + inner.this, kind)
    if value is None:
        raise ValueError(kind)
    return value


def _like(text: str) -> re.Pattern[str]:
    """Runs of `%` are one, so that it ends soon."""
    signs = {"%": ".*", "_": "."}
    parts = (signs.get(one[0], re.escape(one)) for one in re.findall("%+|_|[^%_]+", text))
    return re.compile("".join(parts), re.DOTALL)


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _unsupported(expression: str) -> Fault:
    return Fault("InvalidInputException", f"Unsupported expression '{expression[:200]}'")
