"""How a policy decides: denials, then grants cell by cell, then filters and masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        return [one for one in found if not one.timed or one.grant.is_in_force(self.at)]

    @property
    def classes(self) -> Mapping[str, frozenset[str]]:
        return self.rules.classes

    def bound(self, condition: Condition | None) -> Predicate | None:
        """Raises Unbound."""
        if condition is None:
            return None
        return bind(condition, self.table.columns, self.principal, self.policy.conditions)

    def shares(self) -> Iterator[Share]:
        """What each grant gives, without denied columns; grants that give nothing are left out."""
        denied = frozenset(column for rule in self.denials() for column in self.table.columns if rule.covers(column))
        bound: dict[Condition, Predicate | None] = {}
        for given in self.given():
            columns = given.columns - denied if denied else given.columns
            rows = given.rows
            if given.asks is not None:
                if given.asks not in bound:
                    bound[given.asks] = self._fitted(given.asks)
                rows = bound[given.asks]
            if columns and rows is not NEVER:
                yield Share(given.grant, columns, rows)

    def _fitted(self, condition: Condition) -> Predicate | None:
        try:
            return self.bound(condition)
        except Unbound:
            return NEVER

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
        grants = []
        for grant, visible, condition in self.shares():
            grants.append(grant)
            rows_of.setdefault(visible, []).append(condition)
        if not grants:
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
        because = (*(grant.place for grant in grants), *_places(filters), *_places(blanks), *mask_places)
        grantable = any(grant.grantable for grant in grants) or self.policy.is_administrator(self.principal)
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
        grants = [given.grant for given in self.given() if not given.grant.is_partial]
        if not grants:
            return self._nothing()
        filters = list(self.filters()) if self.privilege in CHANGING else []
        rows = all_of([condition for _, condition in filters])
        if rows == NEVER:
            return Denied(f"{self.principal.name} may change no row of {self.table.name}", _places(filters))
        because = (*(grant.place for grant in grants), *_places(filters))
        grantable = any(grant.grantable for grant in grants) or self.policy.is_administrator(self.principal)
        return Allowed(tuple(self.table.columns), rows, {}, {}, because, grantable)

    def _nothing(self) -> Denied:
        return Denied(f"no grant gives {self.principal.name} {self.privilege} on {self.table.name}")


def _places(rules: list[tuple[Filter, Predicate | None]]) -> tuple[str, ...]:
    return tuple(rule.place for rule, _ in rules)


def _joined(masks: set[Mask], kind: str) -> Mask:
    """One mask; what several different ones, or one that does not fit the type, leave is NULL."""
    only = next(iter(masks))
    return only if len(masks) == 1 and only.fits(kind) else Mask("null")
