"""One query's tables and views, decided: what of each the principal gets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lakewright.errors import LakewrightError, ProblemError, SpecError
from lakewright.governance.decisions import Allowed, TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal, Privilege
from lakewright.query.governed.planning import Need
from lakewright.query.governed.problems import NoSuchState, Refused, VersionsHidden
from lakewright.query.governed.selects import permitted_select
from lakewright.query.governed.terms import NEWEST, Pin, Sources, TableSource, ViewSource

DEEPEST_VIEW = 16


@dataclass(frozen=True)
class Permitted:
    """One table or view of a query: where it is, and what of it the principal gets. `fingerprint` changes whenever
    that changes, for a view also when what it gets of the view's inputs changes."""

    source: TableSource
    allowed: Allowed
    fingerprint: str

    @property
    def columns(self) -> dict[str, str]:
        """Visible columns with their canonical types."""
        return {
            column: mask.result_type(kind) if (mask := self.allowed.masks.get(column)) else kind
            for column, kind in self.source.columns.items()
            if column in self.allowed.columns
        }


@dataclass(frozen=True)
class Deciding:
    """Decides for one principal at one moment, by today's grants."""

    sources: Sources
    policy: Policy
    principal: Principal
    at: datetime

    def permitted(self, name: str, pin: Pin, depth: int = 0) -> Permitted:
        """Raises Refused, the same for what is hidden and for what is missing; VersionsHidden; NoSuchState."""
        facts = self._facts(name)
        allowed = self._allowed(facts)
        view = self.sources.view(name)
        if view is not None:
            return self._view(name, view, allowed, pin, depth)
        if pin.version is not None and _restricted(allowed, facts):
            raise VersionsHidden(name)
        source = self._source(name, pin)
        if pin != NEWEST:
            allowed = self._at_that_time(facts, source, allowed)
        return Permitted(source, allowed, allowed.fingerprint)

    def fingerprint(self, name: str) -> str | None:
        """The newest state's; None when nothing of it may be read any more."""
        try:
            facts = self._facts(name)
            allowed = self._allowed(facts)
            view = self.sources.view(name)
            if view is None:
                return allowed.fingerprint
            return _combined(allowed, [self.fingerprint(table) or "" for table in view.inputs])
        except Refused:
            return None

    def _facts(self, name: str) -> TableFacts:
        try:
            return self.sources.facts(name)
        except LakewrightError:
            raise Refused(name) from None

    def _source(self, name: str, pin: Pin) -> TableSource:
        try:
            return self.sources.source(name, pin)
        except ProblemError as problem:
            raise (NoSuchState(problem) if problem.code in NoSuchState.CODES else problem) from None

    def _allowed(self, facts: TableFacts) -> Allowed:
        decision = self.policy.decide(self.principal, facts, Privilege.SELECT, self.at)
        if not isinstance(decision, Allowed):
            raise Refused(facts.name)
        return decision

    def _view(self, name: str, view: ViewSource, allowed: Allowed, pin: Pin, depth: int) -> Permitted:
        """A view reads with the rights of who asks: grants, filters and masks of its inputs hold, and then its own."""
        if pin.version is not None or depth > DEEPEST_VIEW:
            raise Refused(name) if depth > DEEPEST_VIEW else VersionsHidden(name)
        try:
            inputs = {table: self.permitted(table, pin, depth + 1) for table in view.inputs}
            selects = {table: f"({_all_of(found)})" for table, found in inputs.items()}
            sql = view.compile({table: found.columns for table, found in inputs.items()}, selects)
        except (Refused, SpecError):
            raise Refused(name) from None
        locations = tuple(dict.fromkeys(path for found in inputs.values() for path in found.source.locations))
        because = tuple(dict.fromkeys(rule for found in inputs.values() for rule in found.allowed.because))
        source = TableSource(view.columns, sql, locations, None)
        whole = replace(allowed, because=tuple(dict.fromkeys((*allowed.because, *because))))
        return Permitted(source, whole, _combined(allowed, [found.fingerprint for found in inputs.values()]))

    def _at_that_time(self, facts: TableFacts, source: TableSource, newest: Allowed) -> Allowed:
        """Today's grants on the columns of then. A column that is gone today is granted to nobody; a filter whose
        column an old version lacks denies it."""
        kept: Mapping[str, str] = {name: kind for name, kind in source.columns.items() if name in facts.columns}
        then = self._allowed(replace(facts, columns=kept))
        return replace(then, columns=tuple(column for column in then.columns if column in newest.columns))


def _all_of(found: Permitted) -> str:
    return permitted_select(found.source, found.allowed, Need(tuple(found.columns), None))


def _combined(allowed: Allowed, inputs: list[str]) -> str:
    return hashlib.sha256("\n".join([allowed.fingerprint, *inputs]).encode()).hexdigest()


def _restricted(allowed: Allowed, facts: TableFacts) -> bool:
    return bool(allowed.rows or allowed.cells or allowed.masks or len(allowed.columns) < len(facts.columns))
