"""Conditions on rows, bound to one table and one principal: columns against constants, nothing else.

A row fits when the condition is true; NULL makes a comparison unknown, and unknown does not fit. `None` in place of a
Predicate means every row.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Constant = bool | int | str | Decimal | date | datetime
"""Of the column's own type: a naive datetime for `timestamp_ntz`, one in UTC for `timestamp`."""

Operator = Literal["=", "<>", "<", "<=", ">", ">="]
OPERATORS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Quote = Callable[[str], str]


def double_quoted(name: str) -> str:
    """An identifier in DuckDB and Trino."""
    return '"' + name.replace('"', '""') + '"'


class Predicate(ABC):
    """A condition on the rows of one table."""

    __slots__ = ()

    @abstractmethod
    def truth(self, row: Mapping[str, Any]) -> bool | None:
        """True, False, or None for unknown; `row` is column → value."""

    @abstractmethod
    def columns(self) -> frozenset[str]:
        """The columns it looks at."""

    @abstractmethod
    def sql(self, quote: Quote = double_quoted) -> str:
        """A condition in DuckDB's SQL, in brackets where it needs them."""

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether the row fits: the meaning that every rendering is tested against."""
        return self.truth(row) is True


@dataclass(frozen=True, slots=True)
class In(Predicate):
    """The column is one of the values; there is at least one."""

    column: str
    values: tuple[Constant, ...]

    def truth(self, row: Mapping[str, Any]) -> bool | None:
        value = row[self.column]
        return None if value is None else value in self.values

    def columns(self) -> frozenset[str]:
        return frozenset({self.column})

    def sql(self, quote: Quote = double_quoted) -> str:
        return f"{quote(self.column)} IN ({', '.join(literal(value) for value in self.values)})"


@dataclass(frozen=True, slots=True)
class Compare(Predicate):
    """The column compared with a constant. Text is ordered by code point."""

    column: str
    op: Operator
    constant: Constant

    def truth(self, row: Mapping[str, Any]) -> bool | None:
        value = row[self.column]
        return None if value is None else OPERATORS[self.op](value, self.constant)

    def columns(self) -> frozenset[str]:
        return frozenset({self.column})

    def sql(self, quote: Quote = double_quoted) -> str:
        return f"{quote(self.column)} {self.op} {literal(self.constant)}"


@dataclass(frozen=True, slots=True)
class IsNull(Predicate):
    """The column is NULL."""

    column: str

    def truth(self, row: Mapping[str, Any]) -> bool | None:
        return row[self.column] is None

    def columns(self) -> frozenset[str]:
        return frozenset({self.column})

    def sql(self, quote: Quote = double_quoted) -> str:
        return f"{quote(self.column)} IS NULL"


@dataclass(frozen=True, slots=True)
class And(Predicate):
    """All of at least two."""

    items: tuple[Predicate, ...]

    def truth(self, row: Mapping[str, Any]) -> bool | None:
        truths = [item.truth(row) for item in self.items]
        return False if False in truths else None if None in truths else True

    def columns(self) -> frozenset[str]:
        return frozenset().union(*(item.columns() for item in self.items))

    def sql(self, quote: Quote = double_quoted) -> str:
        return "(" + " AND ".join(item.sql(quote) for item in self.items) + ")"


@dataclass(frozen=True, slots=True)
class Or(Predicate):
    """Any of at least two."""

    items: tuple[Predicate, ...]

    def truth(self, row: Mapping[str, Any]) -> bool | None:
        truths = [item.truth(row) for item in self.items]
        return True if True in truths else None if None in truths else False

    def columns(self) -> frozenset[str]:
        return frozenset().union(*(item.columns() for item in self.items))

    def sql(self, quote: Quote = double_quoted) -> str:
        return "(" + " OR ".join(item.sql(quote) for item in self.items) + ")"


@dataclass(frozen=True, slots=True)
class Not(Predicate):
    """The opposite; unknown stays unknown."""

    item: Predicate

    def truth(self, row: Mapping[str, Any]) -> bool | None:
        truth = self.item.truth(row)
        return None if truth is None else not truth

    def columns(self) -> frozenset[str]:
        return self.item.columns()

    def sql(self, quote: Quote = double_quoted) -> str:
        return f"(NOT ({self.item.sql(quote)}))"


@dataclass(frozen=True, slots=True)
class Never(Predicate):
    """No row."""

    def truth(self, row: Mapping[str, Any]) -> bool | None:  # noqa: ARG002
        return False

    def columns(self) -> frozenset[str]:
        return frozenset()

    def sql(self, quote: Quote = double_quoted) -> str:  # noqa: ARG002
        return "FALSE"


NEVER = Never()


def all_of(items: Iterable[Predicate | None]) -> Predicate | None:
    """The rows that fit every condition; None is every row."""
    kept: dict[Predicate, None] = {}
    for item in items:
        if item is not None:
            kept.update(dict.fromkeys(item.items if isinstance(item, And) else (item,)))
    if NEVER in kept:
        return NEVER
    return And(tuple(kept)) if len(kept) > 1 else next(iter(kept), None)


def any_of(items: Sequence[Predicate | None]) -> Predicate | None:
    """The rows that fit at least one condition; of no conditions, no row. Values of one column become one list."""
    if len(items) == 1:
        return items[0]
    lists: dict[str, list[Constant]] = {}
    others: dict[Predicate, None] = {}
    for item in items:
        if item is None:
            return None
        for part in (item,) if type(item) is In else item.items if isinstance(item, Or) else (item,):
            if not isinstance(part, In):
                others[part] = None
            elif part.column in lists:
                lists[part.column] += part.values
            else:
                lists[part.column] = [*part.values]
    others.pop(NEVER, None)
    found = [*(In(column, tuple(dict.fromkeys(values))) for column, values in lists.items()), *others]
    return Or(tuple(found)) if len(found) > 1 else next(iter(found), NEVER)


def opposite(item: Predicate | None) -> Predicate | None:
    """NOT; unknown stays unknown."""
    if item is None:
        return NEVER
    return None if item == NEVER else Not(item)


def literal(value: Constant) -> str:
    """A constant in DuckDB's SQL."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return f"{'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'} '{value.isoformat(' ')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
