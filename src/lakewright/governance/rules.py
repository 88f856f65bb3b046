"""The rules of a policy, as frozen values: grants, denials, filters, masks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

from lakewright.governance.masks import Mask
from lakewright.governance.principals import Principal, Privilege
from lakewright.spec.rows import Condition

NOBODY: frozenset[str] = frozenset()
EVERYONE: frozenset[str] = frozenset({"everyone"})
EVERY_CLASS: frozenset[str] = frozenset({"*"})
ALL: frozenset[Privilege] = frozenset(Privilege)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.lower().split("*")), re.DOTALL)


def fits(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern in which `*` stands for any characters. Case does not matter."""
    lower = name.lower()
    if pattern in ("*", name) or pattern.lower() == lower:
        return True
    return "*" in pattern and _pattern(pattern).fullmatch(lower) is not None


def fits_table(pattern: str, table: str) -> bool:
    """The same for `database.table`; `*` does not reach over the dot."""
    if pattern == table:
        return True
    if "*" not in pattern:
        return False
    database, _, rest = pattern.partition(".")
    own, _, name = table.partition(".")
    return fits(database, own) and fits(rest, name)


@dataclass(frozen=True)
class Rule:
    """`place` says where it stands: `platform.yaml:31 access.grants[0]`; `on` are `database.table` patterns."""

    place: str
    on: tuple[str, ...]

    def is_on(self, table: str) -> bool:
        return any(fits_table(pattern, table) for pattern in self.on)

    @property
    def columns_named(self) -> tuple[tuple[str, str], ...]:
        """The columns it names: pairs of patterns, table and column."""
        return ()

    def _on_each(self, columns: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((table, column) for column in columns for table in self.on)


@dataclass(frozen=True)
class Grant(Rule):
    """What subjects may do; `columns` are patterns, empty for all; `rows` None is every row."""

    to: frozenset[str]
    can: frozenset[Privilege]
    columns: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    classes: frozenset[str] = NOBODY
    rows: Condition | None = None
    starts: datetime | None = None
    until: datetime | None = None
    grantable: bool = False

    @property
    def columns_named(self) -> tuple[tuple[str, str], ...]:
        return self._on_each((*self.columns, *self.without))

    @cached_property
    def named(self) -> frozenset[str]:
        """Columns that it names without a wildcard: these it grants whatever their class."""
        return frozenset(column.lower() for column in self.columns if "*" not in column)

    def covers(self, column: str, classes: frozenset[str]) -> bool:
        """Whether it is about this column with these classes."""
        if self.columns and not any(fits(pattern, column) for pattern in self.columns):
            return False
        if any(fits(pattern, column) for pattern in self.without):
            return False
        return (
            not classes or "*" in self.classes or not self.classes.isdisjoint(classes) or column.lower() in self.named
        )

    @property
    def is_partial(self) -> bool:
        """Whether it gives only some columns or rows; such a grant is for reading only."""
        return bool(self.columns or self.without or self.rows is not None)

    def is_in_force(self, at: datetime) -> bool:
        return (self.starts is None or self.starts <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Deny(Rule):
    """What subjects may not do; without `columns`, the whole table."""

    to: frozenset[str]
    can: frozenset[Privilege]
    columns: tuple[str, ...] = ()
    exempt: frozenset[str] = NOBODY

    @property
    def columns_named(self) -> tuple[tuple[str, str], ...]:
        return self._on_each(self.columns)

    def covers(self, column: str) -> bool:
        """Whether it denies this single column."""
        return any(fits(pattern, column) for pattern in self.columns)

    def concerns(self, principal: Principal) -> bool:
        return not self.to.isdisjoint(principal.subjects) and self.exempt.isdisjoint(principal.subjects)


@dataclass(frozen=True)
class Filter(Rule):
    """Rows that everyone but the exempt is limited to; with `columns`, only these columns' cells are blank outside."""

    rows: Condition
    exempt: frozenset[str] = NOBODY
    columns: tuple[str, ...] = ()

    def blanks(self, column: str) -> bool:
        """Whether it blanks this column's cells."""
        return any(fits(pattern, column) for pattern in self.columns)


@dataclass(frozen=True)
class MaskRule(Rule):
    """A mask on columns: `columns` are pairs of patterns (table, column); or else all that have one of `classes`."""

    mask: Mask
    columns: tuple[tuple[str, str], ...] = ()
    classes: frozenset[str] = NOBODY
    exempt: frozenset[str] = NOBODY
    to: frozenset[str] = EVERYONE

    @property
    def columns_named(self) -> tuple[tuple[str, str], ...]:
        return self.columns

    def concerns(self, principal: Principal) -> bool:
        return not self.to.isdisjoint(principal.subjects) and self.exempt.isdisjoint(principal.subjects)

    def covers(self, table: str, column: str, classes: frozenset[str]) -> bool:
        if self.columns:
            return _any_fits(self.columns, table, column)
        return bool(classes) and ("*" in self.classes or not self.classes.isdisjoint(classes))


@dataclass(frozen=True)
class Classes(Rule):
    """Columns (pairs of patterns) that have a class, besides what the tables' facts say."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def columns_named(self) -> tuple[tuple[str, str], ...]:
        return self.columns

    def covers(self, table: str, column: str) -> bool:
        return _any_fits(self.columns, table, column)


def _any_fits(pairs: tuple[tuple[str, str], ...], table: str, column: str) -> bool:
    return any(fits_table(tables, table) and fits(columns, column) for tables, columns in pairs)


R = TypeVar("R", bound=Rule)


class Index(Generic[R]):
    """Rules by the tables they are on, in their own order."""

    def __init__(self, rules: Iterable[R]) -> None:
        self._exact: dict[str, list[tuple[int, R]]] = {}
        self._databases: dict[str, list[tuple[int, R]]] = {}
        self._others: list[tuple[int, R]] = []
        for number, rule in enumerate(rules):
            for pattern in rule.on:
                database, _, table = pattern.partition(".")
                if "*" not in pattern:
                    self._exact.setdefault(pattern, []).append((number, rule))
                elif table == "*" and "*" not in database:
                    self._databases.setdefault(database, []).append((number, rule))
                else:
                    self._others.append((number, rule))

    def on(self, table: str) -> list[R]:
        """The rules whose patterns fit this table."""
        found = dict(self._exact.get(table, ()))
        found |= self._databases.get(table.partition(".")[0], ())
        found |= {number: rule for number, rule in self._others if number not in found and rule.is_on(table)}
        return [found[number] for number in sorted(found)]
