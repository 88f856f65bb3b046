"""The policy with what clients made in it: a table belongs to who made it.

Grants on patterns (`gold.*`) are about the lake's tables. Whoever may read more than others and makes a table of it
must not hand it to all whom such a pattern reaches: a made table is open to its owner, to administrators, and to those
whom a grant names this very table for. Denials, filters and masks hold for everybody, patterns or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lakewright.governance.decisions import Decision, TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import ALL, EVERY_CLASS, Grant

OWNERS = "made tables belong to who made them"


@dataclass(frozen=True)
class OwnedPolicy(Policy):
    """`owners`: each made table's; empty for one that has none."""

    owners: Mapping[str, str] = field(default_factory=dict)
    _single: dict[str, Policy] = field(default_factory=dict, compare=False, repr=False)

    def decide(self, principal: Principal, table: TableFacts, privilege: Privilege, at: datetime) -> Decision:
        """As `Policy.decide`."""
        if table.name not in self.owners:
            return super().decide(principal, table, privilege, at)
        if (found := self._single.get(table.name)) is None:
            found = self._single[table.name] = self._only(table.name)
        return found.decide(principal, table, privilege, at)

    def _only(self, name: str) -> Policy:
        """The rules for one made table."""
        administrators = {f"persona:{one}" for one, facts in self.personas.items() if facts.administrator}
        owner = {f"user:{self.owners[name]}"} if self.owners[name] else set()
        own = Grant(OWNERS, (name,), to=frozenset(administrators | owner), can=ALL, classes=EVERY_CLASS)
        named = tuple(replace(grant, on=(name,)) for grant in self.grants if name in map(str.lower, grant.on))
        return Policy(
            grants=(own, *named),
            denies=self.denies,
            filters=self.filters,
            masks=self.masks,
            classes=self.classes,
            conditions=self.conditions,
            personas=self.personas,
        )


def owned(policy: Policy, owners: Mapping[str, str]) -> OwnedPolicy:
    """`policy` with made tables in it."""
    return OwnedPolicy(
        grants=policy.grants,
        denies=policy.denies,
        filters=policy.filters,
        masks=policy.masks,
        classes=policy.classes,
        conditions=policy.conditions,
        personas=policy.personas,
        owners=owners,
    )
