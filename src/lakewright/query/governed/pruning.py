"""Which files of a table can hold rows that a condition fits, by partition values and by the log's bounds.

It only spares work: the reader applies the whole condition to every row of what is left. What is not certain stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from lakewright.governance.predicate import And, Compare, In, IsNull, Never, Or, Predicate
from lakewright.tables import DataFile

Bounds = tuple[Any, Any]
"""Lowest and highest value; None for a column that is NULL in every row."""

_INTEGERS = frozenset({"tinyint", "smallint", "int", "bigint"})
_BOUNDED = _INTEGERS | {"date", "string"}
"""Types whose bounds in a log are exact or too wide, whoever wrote them: no floats, and no cut-off times."""


def files_that_may_fit(
    files: Iterable[DataFile], condition: Predicate | None, columns: Mapping[str, str]
) -> list[DataFile]:
    """`columns`: canonical types."""
    found = list(files)
    if condition is None:
        return found
    kinds = {name: columns[name] for name in condition.columns() if columns.get(name) in _BOUNDED}
    return [file for file in found if may_fit(condition, _bounds(file, kinds))]


def may_fit(condition: Predicate, bounds: Mapping[str, Bounds | None]) -> bool:
    """Whether a row within `bounds` can fit; True for whatever is not understood. A column that `bounds` lacks may
    hold anything."""
    match condition:
        case Never():
            return False
        case And(items):
            return all(may_fit(item, bounds) for item in items)
        case Or(items):
            return any(may_fit(item, bounds) for item in items)
        case IsNull():
            return True
        case In(column, values) if column in bounds:
            return any(_may_compare("=", bounds[column], value) for value in values)
        case Compare(column, op, constant) if column in bounds:
            return _may_compare(op, bounds[column], constant)
    return True


def _may_compare(op: str, bounds: Bounds | None, constant: Any) -> bool:
    if bounds is None:  # NULL fits no comparison
        return False
    low: Any = bounds[0]
    high: Any = bounds[1]
    if type(low) is not type(constant):
        return True
    match op:
        case "=":
            return bool(low <= constant <= high)
        case "<":
            return bool(low < constant)
        case "<=":
            return bool(low <= constant)
        case ">":
            return bool(high > constant)
        case ">=":
            return bool(high >= constant)
    return not low == high == constant


def _bounds(file: DataFile, kinds: Mapping[str, str]) -> dict[str, Bounds | None]:
    found: dict[str, Bounds | None] = {}
    for name, kind in kinds.items():
        if name in file.partition:
            text = file.partition[name]
            if text is None and kind == "string":  # Delta keeps '' and NULL alike
                continue
            value = None if text is None else _parsed(text, kind)
            if text is None or value is not None:
                found[name] = None if text is None else (value, value)
        elif name in file.lows and name in file.highs:
            found[name] = (file.lows[name], file.highs[name])
    return found


def _parsed(text: str, kind: str) -> int | str | date | None:
    """A partition's value as its column has it; None when it cannot be told."""
    if kind == "string":
        return text
    try:
        return date.fromisoformat(text) if kind == "date" else int(text)
    except ValueError:
        return None
