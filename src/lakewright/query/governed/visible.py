"""The catalog as one principal may see it: what is hidden answers exactly as what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lakewright.governance.decisions import Allowed
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal, Privilege
from lakewright.query.governed.problems import Refused
from lakewright.query.governed.terms import Sources


@dataclass(frozen=True)
class Visible:
    """Names and columns, and nothing else: row counts, versions, sizes and statistics would tell of hidden rows."""

    sources: Sources
    policy: Policy
    principal: Principal
    at: datetime

    def names(self) -> list[str]:
        """Every table of which the principal may at least see the description."""
        return [name for name in self.sources.names() if self._columns(name) is not None]

    def describe(self, name: str) -> Mapping[str, str]:
        """Column → canonical type, of the columns that may be described. Raises Refused."""
        found = self._columns(name) if name in self.sources.names() else None
        if found is None:
            raise Refused(name)
        return found

    def _columns(self, name: str) -> dict[str, str] | None:
        facts = self.sources.facts(name)
        decision = self.policy.decide(self.principal, facts, Privilege.DESCRIBE, self.at)
        if not isinstance(decision, Allowed):
            return None
        return {column: facts.columns[column] for column in decision.columns}
