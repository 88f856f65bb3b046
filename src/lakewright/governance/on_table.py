"""What a policy says of one table, worked out once: which columns each grant covers, its condition bound to them, and
all that an answer can depend on of whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lakewright.governance.binding import Binder, Unbound, asked_of
from lakewright.governance.decisions import TableFacts
from lakewright.governance.predicate import NEVER, Predicate
from lakewright.governance.principals import Principal, Privilege, Value
from lakewright.governance.rules import NOBODY, Deny, Filter, Grant, MaskRule
from lakewright.spec.rows import Condition

if TYPE_CHECKING:
    from lakewright.governance.policy import Policy

NO_ONE = Principal("")
BITS: Mapping[Privilege, int] = {privilege: 1 << number for number, privilege in enumerate(Privilege)}
Concerned = tuple[frozenset[str], tuple[tuple[str, tuple[Value, ...] | None], ...]]
"""All that answers depend on: the subjects that rules name, and the attributes that conditions ask for."""


class Given(NamedTuple):
    """A grant with the columns that it covers. `rows`: its condition, where that is the same for everybody, else what
    `asks` holds has to be bound to each principal. A condition that does not fit the table lets no row through.
    `can` has a bit for each privilege (BITS); `timed`: it begins or ends."""

    grant: Grant
    columns: frozenset[str]
    rows: Predicate | None
    asks: Condition | None
    can: int
    timed: bool


@dataclass(frozen=True)
class OnTable:
    """The rules of a policy that are on a table."""

    policy: Policy
    table: TableFacts

    @cached_property
    def grants(self) -> Sequence[Grant]:
        return self.policy.index.grants.on(self.table.name)

    @cached_property
    def denies(self) -> Sequence[Deny]:
        return self.policy.index.denies.on(self.table.name)

    @cached_property
    def filters(self) -> Sequence[Filter]:
        return self.policy.index.filters.on(self.table.name)

    @cached_property
    def masks(self) -> Sequence[MaskRule]:
        return self.policy.index.masks.on(self.table.name)

    @cached_property
    def classes(self) -> Mapping[str, frozenset[str]]:
        return self.policy.classes_of(self.table)

    @cached_property
    def given(self) -> Sequence[Given]:
        """The grants, in their own order."""
        columns: dict[tuple[object, ...], frozenset[str]] = {}
        bits: dict[frozenset[Privilege], int] = {}
        found = []
        for grant in self.grants:
            limits = (grant.columns, grant.without, grant.classes)
            if limits not in columns:
                columns[limits] = self._covered(grant)
            if grant.can not in bits:
                bits[grant.can] = sum(BITS[one] for one in grant.can | {Privilege.DESCRIBE})
            rows, asks = (None, None) if grant.rows is None else self._bound[grant.rows]
            timed = grant.starts is not None or grant.until is not None
            found.append(Given(grant, columns[limits], rows, asks, bits[grant.can], timed))
        return found

    def _covered(self, grant: Grant) -> frozenset[str]:
        classes = self.classes
        return frozenset(name for name in self.table.columns if grant.covers(name, classes.get(name, NOBODY)))

    @cached_property
    def _asked(self) -> Mapping[Condition, tuple[frozenset[str], frozenset[str]]]:
        """Every condition, with the attributes and subjects that it asks for."""
        named = self.policy.conditions
        rows = [grant.rows for grant in self.grants if grant.rows is not None]
        return {rows: asked_of(rows, named) for rows in (*rows, *(rule.rows for rule in self.filters))}

    @cached_property
    def _bound(self) -> Mapping[Condition, tuple[Predicate | None, Condition | None]]:
        """Condition → its rows where they are the same for everybody; or what is left to be bound."""
        binder = Binder(self.table.columns, NO_ONE, self.policy.conditions)
        found: dict[Condition, tuple[Predicate | None, Condition | None]] = {}
        for condition, (attributes, subjects) in self._asked.items():
            if attributes or subjects:
                found[condition] = (None, condition)
                continue
            try:
                found[condition] = (binder.bind(condition), None)
            except Unbound:
                found[condition] = (NEVER, None)
        return found

    @cached_property
    def _numbers(self) -> Mapping[str, Sequence[int]]:
        """Subject → grants to it, by number."""
        found: dict[str, list[int]] = {}
        for number, grant in enumerate(self.grants):
            for subject in grant.to:
                found.setdefault(subject, []).append(number)
        return found

    def to(self, principal: Principal, privilege: Privilege) -> list[Given]:
        """The grants of a privilege to somebody, whenever they are in force. Every other privilege implies DESCRIBE."""
        lists = [self._numbers[subject] for subject in principal.subjects if subject in self._numbers]
        numbers = lists[0] if len(lists) == 1 else sorted({number for numbers in lists for number in numbers})
        given, bit = self.given, BITS[privilege]
        return [one for number in numbers if (one := given[number]).can & bit]

    def concerned(self, principal: Principal) -> Concerned:
        """Equal for two who get the same answers."""
        attributes = principal.attributes
        return self._subjects & principal.subjects, tuple((name, attributes.get(name)) for name in self._attributes)

    @cached_property
    def _attributes(self) -> Sequence[str]:
        return sorted(frozenset().union(*(attributes for attributes, _ in self._asked.values())))

    @cached_property
    def _subjects(self) -> frozenset[str]:
        administrators = (f"persona:{name}" for name, facts in self.policy.personas.items() if facts.administrator)
        return frozenset(administrators).union(
            *(grant.to for grant in self.grants),
            *(subjects for deny in self.denies for subjects in (deny.to, deny.exempt)),
            *(rule.exempt for rule in self.filters),
            *(subjects for mask in self.masks for subjects in (mask.to, mask.exempt)),
            *(subjects for _, subjects in self._asked.values()),
        )
