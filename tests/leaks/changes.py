"""Changes of what one person cannot see, so that nothing that it can see is another."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from lakewright.governance import Allowed, Decision

from .canaries import Row

ORDERED = ("values", "counts", "more", "nulls", "extremes")
LONG = "\U0001f512" * 20_000
Value = Callable[[Any, random.Random], Any]


def _other(value: Any, chance: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return chance.randrange(-(10**9), 10**9)
        case Decimal():
            return Decimal(chance.randrange(10**6)) / 100
        case str():
            return "".join(chance.choices("abcdefgh '\"\\\n0123456789", k=chance.randrange(30)))
        case datetime():
            return datetime(chance.randrange(1970, 2100), 5, 6, 7, 8, 9, tzinfo=UTC)
        case date():
            return date(chance.randrange(1900, 2100), 5, 6)
        case list():
            return value[: chance.randrange(len(value) + 1)]
        case dict():
            return {key: _other(one, chance) for key, one in value.items()}
    return value


def _extreme(value: Any, chance: random.Random) -> Any:
    match value:
        case bool():
            return value
        case int():
            return chance.choice((-(2**63), 2**63 - 1, 0))
        case Decimal():
            return Decimal("9999999999.99")
        case str():
            return chance.choice((LONG, "", "\x01", "NaN", "'; DROP TABLE x"))
        case datetime():
            return datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        case date():
            return chance.choice((date(1, 1, 1), date(9999, 12, 31)))
        case list():
            return value * 50
    return value


VALUES: Mapping[str, Value] = {
    "values": _other,
    "counts": _other,
    "more": _other,
    "nulls": lambda _value, _chance: None,
    "extremes": _extreme,
}


def changed(decision: Decision, rows: list[Row], kind: str, chance: random.Random) -> list[Row]:
    """The table after a change of `kind`, of which this decision shows nothing."""
    made: list[Row] = []
    for row in rows:
        if isinstance(decision, Allowed) and _seen(decision, row):
            made.append(_behind(decision, row, kind, chance))
            continue
        copies = {"counts": chance.choice((0, 0, 1, 3)), "more": 3}.get(kind, 1)
        made += [_hidden(decision, row, kind, chance) for _ in range(copies)]
    return made


def _seen(allowed: Allowed, row: Row) -> bool:
    return allowed.rows is None or allowed.rows.holds(row)


def _hidden(decision: Decision, row: Row, kind: str, chance: random.Random) -> Row:
    """A row that is hidden, changed so that it still is."""
    other = {column: VALUES[kind](value, chance) for column, value in row.items()}
    if not isinstance(decision, Allowed) or not _seen(decision, other):
        return other
    held = decision.rows.columns() if decision.rows is not None else frozenset()
    return other | {column: row[column] for column in held}


def _behind(allowed: Allowed, row: Row, kind: str, chance: random.Random) -> Row:
    """A row that is seen: hidden columns and cells change, masked ones so that the mask gives the same."""
    other = dict(row)
    held = frozenset().union(
        *(condition.columns() for condition in (allowed.rows, *allowed.cells.values()) if condition is not None)
    )
    for column, value in row.items():
        if column in held:
            continue
        cell, mask = allowed.cells.get(column), allowed.masks.get(column)
        new = VALUES[kind](value, chance)
        blank = column not in allowed.columns or (cell is not None and not cell.holds(row))
        if blank or (
            mask is not None and value is not None and new is not None and mask.apply(new) == mask.apply(value)
        ):
            other[column] = new
    return other
