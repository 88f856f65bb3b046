"""A policy as Unity Catalog's objects: grants to groups and users, one filter function per table, one mask per column.

The functions ask who calls, so that a change of a group's members needs no new ones. Conditions on a user's attributes
become constants, user by user.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from lakewright.errors import Mistakes, SpecError
from lakewright.governance.binding import Unbound, attributes_of, bind
from lakewright.governance.decisions import Allowed, Denied, TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import NEVER, Predicate
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import NOBODY, Deny, Filter, MaskRule
from lakewright.governance.rules import Grant as Given
from lakewright.governance.targets import inexpressible, rows_text
from lakewright.governance.unity_catalog.data import (
    TARGET,
    ColumnMask,
    Parameter,
    RowFilter,
    UnityCatalog,
    literal,
    masked,
    ticked,
)
from lakewright.governance.unity_catalog.grants import Grants
from lakewright.governance.unity_catalog.text import FALSE, TRUE, both, callers, either, opposite
from lakewright.spec.access import Targets
from lakewright.spec.rows import Condition


def compile_unity_catalog(
    policy: Policy,
    principals: Iterable[Principal],
    tables: Iterable[TableFacts],
    targets: Targets,
    at: datetime,
    catalog: str = "lakehouse",
) -> UnityCatalog:
    """What a catalog must hold so that these principals get of these tables what the policy says.

    Raises Mistakes (LW1010) with everything that it cannot express, each with the rule and a way out.
    """
    people = sorted(principals, key=lambda principal: principal.name)
    known = sorted(tables, key=lambda table: table.name)
    judged = [_Table(policy, people, facts, targets, at, catalog) for facts in known]
    reading = {table.facts.name: [grant for grant, _, _ in table.shares] for table in judged}
    grants = Grants(policy, people, known, targets, at, catalog, reading)
    filters = [one for table in judged for one in table.row_filter()]
    masks = [one for table in judged for one in table.column_masks()]
    mistakes = [*grants.mistakes(), *(mistake for table in judged for mistake in table.mistakes)]
    limited = {one.table.partition(".")[2] for one in filters}
    mistakes += _changed_unseen(policy, people, [facts for facts in known if facts.name in limited], at)
    if mistakes:
        raise Mistakes({str(mistake): mistake for mistake in mistakes}.values())
    return UnityCatalog(catalog, tuple(grants.all()), tuple(filters), tuple(masks))


def _changed_unseen(
    policy: Policy, people: Iterable[Principal], tables: Iterable[TableFacts], at: datetime
) -> Iterator[SpecError]:
    """Under a filter function, only rows that are seen can be changed."""
    for facts in tables:
        for principal in people:
            change = policy.decide(principal, facts, Privilege.UPDATE, at)
            read = policy.decide(principal, facts, Privilege.SELECT, at)
            if isinstance(change, Allowed) and (isinstance(read, Denied) or read.rows != change.rows):
                fact = f"lets only rows be changed that are seen, and {principal.name} may change more of {facts.name}"
                yield inexpressible(TARGET, change.because[0], fact, "grant select on the whole table as well")


class _Table:
    """One table's filter and masks."""

    def __init__(
        self,
        policy: Policy,
        people: list[Principal],
        facts: TableFacts,
        targets: Targets,
        at: datetime,
        catalog: str,
    ) -> None:
        self.policy = policy
        self.people = people
        self.facts = facts
        self.targets = targets
        self.name = f"{catalog}.{facts.name}"
        self.classes = policy.classes_of(facts)
        self.mistakes: list[SpecError] = []
        denies = [rule for rule in policy.index.denies.on(facts.name) if Privilege.SELECT in rule.can]
        self.denies = [rule for rule in denies if not rule.columns]
        self.column_denies = [rule for rule in denies if rule.columns]
        self.shares = list(self._shares(at))

    def _shares(self, at: datetime) -> Iterator[tuple[Given, Collection[str], str]]:
        """Each grant with its columns, and the callers and rows that it is about."""
        for grant in self.policy.index.grants.on(self.facts.name):
            if Privilege.SELECT not in grant.can or not grant.is_in_force(at):
                continue
            columns = [name for name in self.facts.columns if grant.covers(name, self.classes.get(name, frozenset()))]
            rows = TRUE if grant.rows is None else self._rows(grant.rows, grant.to)
            text = both(callers(self.policy, grant.to), rows)
            if columns and text != FALSE:
                yield grant, frozenset(columns), text

    def _rows(self, condition: Condition, whom: Collection[str] | None, but: Collection[str] = ()) -> str:
        """The rows that fit; with attributes, for each user apart. What does not fit the table is no row."""
        if not attributes_of(condition, self.policy.conditions):
            return self._bound(condition, Principal(""))
        found = []
        for principal in self.people:
            concerned = whom is None or not principal.subjects.isdisjoint(whom)
            if concerned and principal.subjects.isdisjoint(but):
                rows = self._bound(condition, principal)
                found.append(both(callers(self.policy, frozenset({f"user:{principal.name}"})), rows))
        return either(found)

    def _bound(self, condition: Condition, principal: Principal) -> str:
        try:
            rows = bind(condition, self.facts.columns, principal, self.policy.conditions)
        except Unbound:
            return FALSE
        return self._text(rows)

    def _text(self, rows: Predicate | None) -> str:
        if rows is None or rows == NEVER:
            return TRUE if rows is None else FALSE
        return rows_text(rows, ticked, literal)

    def _denied(self, rules: Iterable[Deny]) -> str:
        """The callers whom these denials concern."""
        return either(
            both(callers(self.policy, rule.to), opposite(callers(self.policy, rule.exempt))) for rule in rules
        )

    def _limit(self, rule: Filter) -> str:
        return either([callers(self.policy, rule.exempt), self._rows(rule.rows, None, rule.exempt)])

    def row_filter(self) -> Iterator[RowFilter]:
        """The function, unless the grants alone say it."""
        filters = [rule for rule in self.policy.index.filters.on(self.facts.name) if not rule.columns]
        if not self.shares:
            return
        whole = all(grant.rows is None for grant, _, _ in self.shares)
        if whole and not filters and not self.denies and not self.column_denies:
            return
        granted = either(both(text, self._any_left(columns)) for _, columns, text in self.shares)
        condition = both(granted, opposite(self._denied(self.denies)), *(self._limit(rule) for rule in filters))
        yield RowFilter(self.name, f"{self.name}__rows", self._parameters(condition), condition)

    def _any_left(self, columns: Collection[str]) -> str:
        """Whether denials of single columns leave any of these."""
        return either(opposite(self._denied(self._denials_of(column))) for column in sorted(columns))

    def _denials_of(self, column: str) -> list[Deny]:
        return [rule for rule in self.column_denies if rule.covers(column)]

    def _parameters(self, text: str, first: str | None = None) -> tuple[Parameter, ...]:
        """The columns that a text names; `first` comes first whether or not it does."""
        named = [name for name in self.facts.columns if name != first and ticked(name) in text]
        return tuple(Parameter(name, self.facts.columns[name]) for name in ([first] if first else []) + named)

    def column_masks(self) -> Iterator[ColumnMask]:
        """A mask for each column that is not shown as it is to all who may read."""
        for column, kind in self.facts.columns.items() if self.shares else ():
            shown = self._shown(column)
            rules = [
                rule
                for rule in self.policy.index.masks.on(self.facts.name)
                if rule.covers(self.facts.name, column, self.classes.get(column, NOBODY))
            ]
            rule = self._one(rules, column)
            if shown == TRUE and rule is None:
                continue
            unmasked, otherwise = "", ticked(column)
            if rule is not None:
                exempt = callers(self.policy, rule.exempt)
                unmasked, otherwise = "" if exempt == FALSE else exempt, self._masked(rule, column, kind)
            function = f"{self.name}__{column}"
            parameters = self._parameters(shown, column)
            yield ColumnMask(
                self.name, column, function, parameters, "" if shown == TRUE else shown, unmasked, otherwise
            )

    def _shown(self, column: str) -> str:
        covering = [text for _, columns, text in self.shares if column in columns]
        lacking = [grant for grant, columns, _ in self.shares if column not in columns]
        denied = self._denied(self._denials_of(column))
        if (lacking or denied != FALSE) and self.targets.unity_catalog == "refuse":
            place = lacking[0].place if lacking else self._denials_of(column)[0].place
            way_out = "targets: {unity_catalog: mask} shows NULL instead; or grant the column, or a view without it"
            self.mistakes.append(
                inexpressible(TARGET, place, f"has no grants on columns ({self._at(column)})", way_out)
            )
        granted = TRUE if not lacking else either(covering)
        return both(granted, opposite(denied))

    def _at(self, column: str) -> str:
        return f"{self.facts.name}.{column}"

    def _one(self, rules: list[MaskRule], column: str) -> MaskRule | None:
        """Unity Catalog takes one mask per column; rules that mean the same are one."""
        distinct = {(rule.mask.kind, rule.exempt) for rule in rules}
        if len(distinct) > 1:
            others = ", ".join(rule.place.partition(" ")[2] for rule in rules[:-1])
            fact = f"takes one mask per column, and {self._at(column)} is also under {others}"
            self.mistakes.append(inexpressible(TARGET, rules[-1].place, fact, "narrow one of them"))
        return rules[0] if rules else None

    def _masked(self, rule: MaskRule, column: str, kind: str) -> str:
        if not rule.mask.fits(kind):
            return masked("null", column, kind)
        if rule.mask.kind == "year" and kind == "timestamp":
            fact = f"would take the year of {self._at(column)} in each session's own time zone"
            way_out = "mask a date or a timestamp_ntz, or use `with: null`"
            self.mistakes.append(inexpressible(TARGET, rule.place, fact, way_out))
        return masked(rule.mask.kind, column, kind)
