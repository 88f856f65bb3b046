"""The one decision function: who gets which columns, rows and cells of a table, and how they are masked."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from lakewright.governance.bundles import BITS, Bundle, bundled
from lakewright.governance.decisions import Allowed, Decision, TableFacts
from lakewright.governance.on_table import OnTable
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import Classes, Deny, Filter, Grant, Index, MaskRule, Rule
from lakewright.spec.rows import Condition

MOST_KNOWN = 10_000
MOST_TABLES = 2_000
MOST_ALIKE = 1_000
NO_CLASS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PersonaFacts:
    """Who has a persona."""

    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    administrator: bool = False


@dataclass(frozen=True)
class Policy:
    """Rules, wherever they were read from. Immutable; deciding does no I/O and looks at no clock."""

    grants: tuple[Grant, ...] = ()
    denies: tuple[Deny, ...] = ()
    filters: tuple[Filter, ...] = ()
    masks: tuple[MaskRule, ...] = ()
    classes: tuple[Classes, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    personas: Mapping[str, PersonaFacts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What follows from the rules alone is worked out at once, so that no question waits for it."""
        self.index, self.boundaries  # noqa: B018

    def decide(self, principal: Principal, table: TableFacts, privilege: Privilege, at: datetime) -> Decision:
        """What the principal may do. `at` is an aware moment, for grants with a time limit."""
        when = bisect_right(self.boundaries, at)
        key = (principal.identity, table.identity, privilege, when)
        found = self._known.get(key)
        if found is None:
            found = self._decided(principal, table, privilege, at, when)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = found
        return found

    def _decided(
        self, principal: Principal, table: TableFacts, privilege: Privilege, at: datetime, when: int
    ) -> Decision:
        """The answer that somebody whom the table's rules treat alike got before, or a new one.

        A denial names who asked, so it is nobody else's.
        """
        from lakewright.governance.decide import Question, nothing_given

        rules = self.on(table)
        if not rules.denies and not rules.gives(principal) & BITS[privilege]:
            return nothing_given(principal, table, privilege)
        alike = (rules.concerned(principal), privilege, when)
        known = self._alike.setdefault(table.identity, {})
        found: Decision | None = known.get(alike)
        if found is None:
            found = Question(self, principal, table, privilege, at).answer()
            if isinstance(found, Allowed):
                if len(known) >= MOST_ALIKE:
                    known.clear()
                known[alike] = found
        return found

    def on(self, table: TableFacts) -> OnTable:
        """The rules on a table, worked out once for its columns as they are."""
        found = self._tables.get(table.identity)
        if found is None:
            if len(self._tables) >= MOST_TABLES:
                self._tables.clear()
                self._alike.clear()
            found = self._tables[table.identity] = OnTable(self, table)
        return found

    @cached_property
    def boundaries(self) -> list[datetime]:
        """The moments at which grants begin or end; between two of them no answer changes."""
        return sorted({moment for grant in self.grants for moment in (grant.starts, grant.until) if moment is not None})

    @cached_property
    def _known(self) -> dict[object, Decision]:
        """Answers that were given; the same question has the same answer, since nothing in a policy changes."""
        return {}

    @cached_property
    def _tables(self) -> dict[object, OnTable]:
        return {}

    @cached_property
    def _alike(self) -> dict[object, dict[object, Allowed]]:
        """Table → what rules look at of whoever asks → permissions that were given."""
        return {}

    def principal(
        self, name: str, groups: Iterable[str] = (), attributes: Mapping[str, tuple[str | int, ...]] | None = None
    ) -> Principal:
        """Someone with the personas that follow from name and groups."""
        members = frozenset(groups)
        personas = (
            persona
            for persona, facts in self.personas.items()
            if name in facts.users or not facts.groups.isdisjoint(members)
        )
        return Principal(name, members, frozenset(personas), dict(attributes or {}))

    def is_administrator(self, principal: Principal) -> bool:
        """Whether one of its personas is declared `administrator`."""
        return any(self.personas[name].administrator for name in principal.personas if name in self.personas)

    def classes_of(self, table: TableFacts) -> Mapping[str, frozenset[str]]:
        """Column → its classes, of those that have any: what the facts say and what the policy adds."""
        found = {column: classes for column, classes in table.classes.items() if classes}
        for rule in self.index.classes.on(table.name):
            for column in table.columns:
                if rule.covers(table.name, column):
                    found[column] = found.get(column, NO_CLASS) | {rule.name}
        return found

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever any rule changes; where it stands does not count."""
        rules = [replace(rule, place="") for rules in self.kinds for rule in rules]
        return hashlib.sha256(_canonical((rules, self.conditions, self.personas)).encode()).hexdigest()

    @property
    def kinds(self) -> tuple[tuple[Rule, ...], ...]:
        """All rules, kind by kind."""
        return self.grants, self.denies, self.filters, self.masks, self.classes

    @cached_property
    def index(self) -> Indexes:
        """Each kind of rule by table."""
        return Indexes(
            Index(self.grants),
            Index(bundled(self.grants, self.conditions)),
            Index(self.denies),
            Index(self.filters),
            Index(self.masks),
            Index(self.classes),
        )


@dataclass(frozen=True)
class Indexes:
    """Each kind of rule by table."""

    grants: Index[Grant]
    bundles: Index[Bundle]
    denies: Index[Deny]
    filters: Index[Filter]
    masks: Index[MaskRule]
    classes: Index[Classes]


def _canonical(value: Any) -> str:
    """A text that is the same in every process; a set's `repr` is not."""
    match value:
        case Mapping():
            return "{" + ",".join(sorted(f"{key}:{_canonical(item)}" for key, item in value.items())) + "}"
        case frozenset():
            return "{" + ",".join(sorted(map(str, value))) + "}"
        case tuple() | list():
            return "[" + ",".join(map(_canonical, value)) + "]"
        case _ if is_dataclass(value):
            parts = (f"{part.name}={_canonical(getattr(value, part.name))}" for part in fields(value))
            return f"{type(value).__name__}({','.join(parts)})"
        case _:
            return repr(value)
