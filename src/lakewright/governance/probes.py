"""Rows that tell conditions apart: one of each kind that some conditions on a table distinguish.

Conditions compare columns with constants, so that a row's fate depends on where each value lies among the constants:
on one, between two, below or above all, or NULL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import prod

from lakewright.governance.predicate import And, Compare, Constant, In, IsNull, Never, Not, Or, Predicate

MOST = 20_000
Row = Mapping[str, Constant | None]
_SCALE = re.compile(r"decimal\([0-9]+,([0-9]+)\)")
ANY = "any value"
"""Stands in a column of which only NULL is told apart."""


@dataclass(frozen=True)
class Probes:
    """Column → its values that matter. Iterates over the rows; none when they are `too_many`."""

    values: Mapping[str, tuple[Constant | None, ...]]

    @property
    def count(self) -> int:
        return prod(len(found) for found in self.values.values())

    @property
    def too_many(self) -> bool:
        return self.count > MOST

    def __iter__(self) -> Iterator[Row]:
        if not self.too_many:
            for row in product(*self.values.values()):
                yield dict(zip(self.values, row, strict=True))


def probes(conditions: Iterable[Predicate], columns: Mapping[str, str]) -> Probes:
    """One row of each kind that these conditions tell apart. `columns`: the table's, with their canonical types."""
    constants: dict[str, dict[Constant, None]] = {}
    for condition in conditions:
        for column, value in _compared(condition):
            known = constants.setdefault(column, {})
            if value is not None:
                known[value] = None
    return Probes({column: _values(found, columns[column]) for column, found in sorted(constants.items())})


def _compared(condition: Predicate) -> Iterator[tuple[str, Constant | None]]:
    """Each column with each constant that it is compared with; None where it is asked for NULL."""
    match condition:
        case In(column, values):
            for value in values:
                yield column, value
        case Compare(column, _, constant):
            yield column, constant
        case IsNull(column):
            yield column, None
        case And(items) | Or(items):
            for item in items:
                yield from _compared(item)
        case Not(item):
            yield from _compared(item)
        case Never():
            return


def _values(constants: Iterable[Constant], kind: str) -> tuple[Constant | None, ...]:
    found: dict[Constant, None] = {}
    for one in constants:
        found |= dict.fromkeys((one, *_beside(one, kind)))
    return (*(found or {ANY: None}), None)


def _beside(value: Constant, kind: str) -> tuple[Constant, ...]:
    """The nearest values below and above."""
    match value:
        case bool():
            return (not value,)
        case int():
            return value - 1, value + 1
        case Decimal():
            scale = _SCALE.fullmatch(kind)
            step = Decimal(1).scaleb(-int(scale[1]) if scale else 0)
            return value - step, value + step
        case str():
            return "", f"{value}\x00"
        case datetime():
            return tuple(_next_to(value, timedelta(microseconds=1)))
        case date():
            return tuple(_next_to(value, timedelta(days=1)))


def _next_to(value: date, step: timedelta) -> Iterator[date]:
    """The day or moment before and the one after, as far as the calendar goes: from the year 1 to 9999."""
    for apart in (-step, step):
        with suppress(OverflowError):
            yield value + apart
