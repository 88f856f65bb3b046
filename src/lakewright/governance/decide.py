"""How a policy decides: denials, then grants cell by cell, then filters and masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lakewright.governance.binding import Unbound, bind
from lakewright.governance.decisions import Allowed, Decision, Denied, TableFacts
from lakewright.governance.masks import Mask
from lakewright.governance.on_table import Given, OnTable
from lakewright.governance.predicate import NEVER, Predicate, all_of, any_of
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import NOBODY, Deny, Filter, Grant
from lakewright.spec.rows import Condition

if TYPE_CHECKING:
    from lakewright.governance.policy import Policy

READING = frozenset({Privilege.SELECT, Privilege.DESCRIBE})
CHANGING = frozenset({Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE})
"""What concerns single rows, and so is bound by filters."""


class NoRowsError(Exception):
    """A filter leaves nothing of the table; `reason` says why."""

    def __init__(self, rule: Filter, reason: str) -> None:
        self.rule = rule
        self.reason = reason
        super().__init__(reason)


class Share(NamedTuple):
    """What one grant gives of the table: columns, in some rows."""

    grant: Grant
    columns: frozenset[str]
    rows: Predicate | None


@dataclass(frozen=True)
class Question:
    """One question, with what its answer is made of."""

    policy: Policy
    principal: Principal
    table: TableFacts
    privilege: Privilege
    at: datetime

    def answer(self) -> Decision:
        denied = [rule for rule in self.denials() if not rule.columns]
        if denied:
            reason = f"{self.privilege} on {self.table.name} is denied to {self.principal.name}"
            return Denied(reason, tuple(rule.place for rule in denied))
        try:
            return self._read() if self.privilege in READING else self._write()
        except NoRowsError as none:
            return Denied(none.reason, (none.rule.place,))

    def denials(self) -> Iterator[Deny]:
        """The denials that concern the principal, those of single columns among them."""
        for rule in self.rules.denies:
            if self.privilege in rule.can and rule.concerns(self.principal):
                yield rule

    @cached_property
    def rules(self) -> OnTable:
        return self.policy.on(self.table)

    def given(self) -> list[Given]:
        """The grants of this privilege to the principal that are in force."""
        found = self.rules.to(self.principal, self.privilege)
        return [one for one in found if not one.bundle.is_timed or one.bundle.grant.is_in_force(self.at)]

    @property
    def classes(self) -> Mapping[str, frozenset[str]]:
        return self.rules.classes

    def bound(self, condition: Condition | None) -> Predicate | None:
        """Raises Unbound."""
        if condition is None:
            return None
        return bind(condition, self.table.columns, self.principal, self.policy.conditions)

    def denied(self) -> frozenset[str]:
        """The columns that are denied to the principal."""
        return frozenset(column for rule in self.denials() for column in self.table.columns if rule.covers(column))

    def shares(self) -> Iterator[Share]:
        """What each grant gives by itself, in their order; grants that give nothing are left out."""
        denied = self.denied()
        given = {number: one.columns - denied for one in self.given() for number in one.bundle.numbers}
        for number in sorted(given):
            grant = self.policy.grants[number]
            if given[number] and (rows := self._fitted(grant.rows)) is not NEVER:
                yield Share(grant, given[number], rows)

    def _fitted(self, condition: Condition | None) -> Predicate | None:
        try:
            return self.bound(condition)
        except Unbound:
            return NEVER

    def _rows(self, given: Given) -> tuple[Predicate | None, Sequence[int]]:
        """What the grants of a bundle let through together, and which of them have a part in it."""
        if not given.asks:
            return given.rows, given.numbers
        rows, numbers = [given.rows], [*given.numbers]
        for one in given.asks:
            if (mine := self._fitted(one.condition)) is not NEVER:
                rows.append(mine)
                numbers += one.numbers
        return any_of(rows), numbers

    def filters(self, *, of_cells: bool = False) -> Iterator[tuple[Filter, Predicate | None]]:
        """The filters that bind the principal. Raises NoRowsError when one cannot be asked of this table."""
        for rule in self.rules.filters:
            if bool(rule.columns) is of_cells and rule.exempt.isdisjoint(self.principal.subjects):
                try:
                    yield rule, self.bound(rule.rows)
                except Unbound as why:
                    reason = f"a filter on {self.table.name} cannot be applied: {why}"
                    raise NoRowsError(rule, reason) from why

    def _read(self) -> Decision:
        rows_of: dict[frozenset[str], list[Predicate | None]] = {}
        numbers: list[int] = []
        grantable = self.policy.is_administrator(self.principal)
        denied = self.denied()
        for given in self.given():
            visible = given.columns - denied if denied else given.columns
            found, mine = self._rows(given)
            if visible and mine:
                numbers += mine
                grantable |= given.bundle.grant.grantable
                rows_of.setdefault(visible, []).append(found)
        if not numbers:
            return self._nothing()
        filters = list(self.filters())
        blanks = list(self.filters(of_cells=True))
        parts = [(names, any_of(found)) for names, found in rows_of.items()]
        union = any_of([found for _, found in parts])
        rows = all_of([union, *(condition for _, condition in filters)])
        cells: dict[str, Predicate] = {}
        columns = []
        for name in self.table.columns:
            whole = any_of([found for names, found in parts if name in names])
            seen = all_of([whole, *(condition for rule, condition in blanks if rule.blanks(name))])
            if seen != NEVER:
                columns.append(name)
                if seen is not None and seen != union:
                    cells[name] = seen
        if rows == NEVER or not columns:
            return Denied(f"{self.principal.name} may see no row of {self.table.name}", _places(filters))
        masks, mask_places = self._masks(columns)
        because = (*self._granted(numbers), *_places(filters), *_places(blanks), *mask_places)
        return Allowed(tuple(columns), rows, cells, masks, tuple(dict.fromkeys(because)), grantable)

    def _masks(self, columns: list[str]) -> tuple[dict[str, Mask], tuple[str, ...]]:
        rules = [rule for rule in self.rules.masks if rule.concerns(self.principal)]
        masks: dict[str, Mask] = {}
        places: list[str] = []
        for name in columns if rules else ():
            found = [rule for rule in rules if rule.covers(self.table.name, name, self.classes.get(name, NOBODY))]
            if found:
                places += [rule.place for rule in found]
                masks[name] = _joined({rule.mask for rule in found}, self.table.columns[name])
        return masks, tuple(places)

    def _write(self) -> Decision:
        whole = [given.bundle for given in self.given() if not given.bundle.grant.is_partial]
        if not whole:
            return self._nothing()
        filters = list(self.filters()) if self.privilege in CHANGING else []
        rows = all_of([condition for _, condition in filters])
        if rows == NEVER:
            return Denied(f"{self.principal.name} may change no row of {self.table.name}", _places(filters))
        because = (*self._granted([number for one in whole for number in one.numbers]), *_places(filters))
        grantable = any(one.grant.grantable for one in whole) or self.policy.is_administrator(self.principal)
        return Allowed(tuple(self.table.columns), rows, {}, {}, because, grantable)

    def _granted(self, numbers: list[int]) -> list[str]:
        """The grants' places, in their order."""
        grants = self.policy.grants
        return [grants[number].place for number in sorted(numbers)]

    def _nothing(self) -> Denied:
        return nothing_given(self.principal, self.table, self.privilege)


def nothing_given(principal: Principal, table: TableFacts, privilege: Privilege) -> Denied:
    return Denied(f"no grant gives {principal.name} {privilege} on {table.name}")


def _places(rules: list[tuple[Filter, Predicate | None]]) -> tuple[str, ...]:
    return tuple(rule.place for rule, _ in rules)


def _joined(masks: set[Mask], kind: str) -> Mask:
    """One mask; what several different ones, or one that does not fit the type, leave is NULL."""
    only = next(iter(masks))
    return only if len(masks) == 1 and only.fits(kind) else Mask("null")
