"""A condition, bound to a table's columns and a principal: constants become values of the columns' types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from lakewright.governance.predicate import (
    NEVER,
    Compare,
    Constant,
    In,
    IsNull,
    Predicate,
    all_of,
    any_of,
    opposite,
)
from lakewright.governance.principals import Principal
from lakewright.spec.rows import (
    Absent,
    Among,
    AmongAttribute,
    Both,
    CallerIs,
    Comparison,
    Condition,
    Either,
    Named,
    Opposite,
)
from lakewright.spec.rows import Constant as Written

_LIMITS = {"tinyint": 2**7, "smallint": 2**15, "int": 2**31, "bigint": 2**63}
_DECIMAL = re.compile(r"decimal\(([0-9]+),([0-9]+)\)")
COMPARABLE = "text, whole numbers, decimals, booleans, dates and timestamps"


class Unbound(Exception):  # noqa: N818 - it is an answer: the condition says nothing about this table
    """The condition does not fit the table: it lacks `column`, or (None) a constant is of another type."""

    def __init__(self, fact: str, *, column: str | None = None, hint: str = "") -> None:
        self.column = column
        self.hint = hint
        super().__init__(fact)


def bind(
    condition: Condition, columns: Mapping[str, str], principal: Principal, named: Mapping[str, Condition]
) -> Predicate | None:
    """The rows that fit for this principal; None is every row. Raises Unbound.

    A user without the attribute that a condition names gets no row from it, whatever the condition.
    """
    if not attributes_of(condition, named) <= principal.attributes.keys():
        _check(condition, columns, named)
        return NEVER
    return Binder(columns, principal, named).bind(condition)


def attributes_of(condition: Condition, named: Mapping[str, Condition]) -> frozenset[str]:
    """The attributes of the caller that it asks for."""
    return asked_of(condition, named)[0]


def asked_of(condition: Condition, named: Mapping[str, Condition]) -> tuple[frozenset[str], frozenset[str]]:
    """What it asks of the caller: attributes, and the subjects that the caller may be one of."""
    match condition:
        case Comparison() | Among() | Absent():
            return _NOTHING
        case AmongAttribute(_, attribute):
            return frozenset({attribute}), frozenset()
        case CallerIs(subjects):
            return frozenset(), subjects
        case Both(items) | Either(items):
            asked = [asked_of(item, named) for item in items]
            return frozenset().union(*(one for one, _ in asked)), frozenset().union(*(one for _, one in asked))
        case Opposite(item):
            return asked_of(item, named)
        case Named(name):
            return asked_of(named[name], named) if name in named else _NOTHING


_NOTHING: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


def _check(condition: Condition, columns: Mapping[str, str], named: Mapping[str, Condition]) -> None:
    attributes = dict.fromkeys(attributes_of(condition, named), ())
    Binder(columns, Principal("", attributes=attributes), named).bind(condition)


class Binder:
    """Binds conditions to one table for one principal, who has all the attributes that they ask for."""

    def __init__(self, columns: Mapping[str, str], principal: Principal, named: Mapping[str, Condition]) -> None:
        self.columns = columns
        self.principal = principal
        self.named = named

    def bind(self, condition: Condition) -> Predicate | None:
        match condition:
            case Comparison(column, "=", constant):
                return self.among(column, (constant,))
            case Both(items):
                return all_of([self.bind(item) for item in items])
            case Either(items):
                return any_of([self.bind(item) for item in items])
            case Opposite(item):
                return opposite(self.bind(item))
            case Among(column, values):
                return self.among(column, values)
            case AmongAttribute(column, attribute):
                return self.among(column, self.principal.attributes[attribute])
            case Comparison(column, op, constant):
                name, kind = self.column(column)
                if kind == "boolean" and op != "<>":
                    raise Unbound(f"`{op}` does not go with {name}, which is boolean")
                return Compare(name, op, converted(constant, kind, name))
            case Absent(column):
                return IsNull(self.column(column)[0])
            case Named(name):
                if name not in self.named:
                    raise Unbound(f"there is no condition {name}")
                return self.bind(self.named[name])
            case CallerIs(subjects):
                return NEVER if subjects.isdisjoint(self.principal.subjects) else None

    def column(self, written: str) -> tuple[str, str]:
        """The column's own name and its type. What is written in lower case fits any case."""
        if written in self.columns:
            return written, self.columns[written]
        lower = written.lower()
        for name, kind in self.columns.items():
            if name.lower() == lower:
                return name, kind
        raise Unbound(f"there is no column {written}", column=written)

    def among(self, column: str, values: tuple[Written, ...]) -> Predicate:
        name, kind = self.column(column)
        found = dict.fromkeys([converted(value, kind, name) for value in values])
        if not _known(kind):
            raise Unbound(f"{name} is {kind}; conditions are on {COMPARABLE}")
        return In(name, tuple(found)) if found else NEVER


def _known(kind: str) -> bool:
    return (
        kind in _LIMITS
        or kind in ("string", "boolean", "date", "timestamp", "timestamp_ntz")
        or bool(_DECIMAL.fullmatch(kind))
    )


def converted(value: Written, kind: str, column: str) -> Constant:
    """A constant as a value of a canonical type. Raises Unbound when it is none."""
    if type(value) is int and kind in _LIMITS and -_LIMITS[kind] <= value < _LIMITS[kind]:
        return value  # most of them, so they come first
    match value, kind:
        case bool(), "boolean":
            return value
        case bool(), _:
            pass
        case str(), "string":
            if "\x00" in value:  # ends a statement's text in DuckDB, and PostgreSQL's text cannot hold it
                raise Unbound(f"a constant for {column} holds the character NUL")
            return value
        case str(), "date" | "timestamp" | "timestamp_ntz":
            if (moment := _moment(value, kind)) is not None:
                return moment
        case ((int() | Decimal()), _) if match := _DECIMAL.fullmatch(kind):
            exact = Decimal(value)
            scale = -min(0, int(exact.as_tuple().exponent))
            if scale <= int(match[2]) and abs(exact) < Decimal(10) ** (int(match[1]) - int(match[2])):
                return exact
    if not _known(kind):
        raise Unbound(f"{column} is {kind}; conditions are on {COMPARABLE}")
    shown = f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    raise Unbound(f"{column} is {kind}, and {shown} is no value of it", hint=_EXAMPLES.get(kind, ""))


def each_converted(values: Sequence[Written], kind: str, column: str) -> list[Constant | None]:
    """The same of many: None for each that is no value of the type."""
    if (limit := _LIMITS.get(kind)) is not None:
        return [value if type(value) is int and -limit <= value < limit else None for value in values]
    return [_converted(value, kind, column) for value in values]


def _converted(value: Written, kind: str, column: str) -> Constant | None:
    try:
        return converted(value, kind, column)
    except Unbound:
        return None


_EXAMPLES = {
    "bigint": "a whole number without quotes",
    "int": "a whole number without quotes",
    "string": "text in single quotes",
    "date": "'2026-01-31'",
    "timestamp": "'2026-01-31 12:00:00', in UTC without an offset",
    "timestamp_ntz": "'2026-01-31 12:00:00', without an offset",
    "boolean": "true or false",
}


def _moment(text: str, kind: str) -> date | datetime | None:
    try:
        if kind == "date":
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text.replace(" +", "+"))
        if kind == "timestamp_ntz":
            return None if moment.tzinfo else moment
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # in UTC it would be beyond the year 9999
        return None
