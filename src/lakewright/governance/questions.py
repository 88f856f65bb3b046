"""Questions people ask about a policy: who can, why, and what an edit changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lakewright.governance.binding import Unbound
from lakewright.governance.decide import READING, Question
from lakewright.governance.decisions import Allowed, Decision, Denied, TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import NEVER, Predicate
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import NOBODY, Filter, Grant, MaskRule


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's part in a decision: `effect` is `gives`, `denies`, `limits`, `masks` or `nothing`."""

    place: str
    effect: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a principal gains and loses on a table; each line says one thing."""

    principal: str
    table: str
    privilege: Privilege
    gains: tuple[str, ...]
    losses: tuple[str, ...]


def who_can(
    policy: Policy,
    principals: Iterable[Principal],
    table: TableFacts,
    privilege: Privilege,
    at: datetime,
    column: str | None = None,
) -> list[tuple[Principal, Allowed]]:
    """Those who are permitted, with what they get; with a column, those who see it, and the rules about it."""
    found = []
    for principal in principals:
        decision = policy.decide(principal, table, privilege, at)
        if isinstance(decision, Allowed) and (column is None or column in decision.columns):
            found.append((principal, about(policy, table, column, decision)))
    return found


def about(policy: Policy, table: TableFacts, column: str | None, decision: Allowed) -> Allowed:
    """The decision with only those reasons that concern the column."""
    if column is None:
        return decision
    classes = policy.classes_of(table).get(column, NOBODY)
    others = {
        rule.place
        for rules in policy.kinds
        for rule in rules
        if (isinstance(rule, Grant) and not rule.covers(column, classes))
        or (isinstance(rule, Filter) and rule.columns and not rule.blanks(column))
        or (isinstance(rule, MaskRule) and not rule.covers(table.name, column, classes))
    }
    return replace(decision, because=tuple(place for place in decision.because if place not in others))


def explain(
    policy: Policy,
    principal: Principal,
    table: TableFacts,
    privilege: Privilege,
    at: datetime,
    column: str | None = None,
) -> list[Step]:
    """Every rule on the table, with what it does for this principal, or why it does nothing."""
    question = Question(policy, principal, table, privilege, at)
    steps = []
    for deny in policy.index.denies.on(table.name):
        if deny.concerns(principal) and privilege in deny.can:
            what = f"columns {', '.join(deny.columns)}" if deny.columns else "the table"
            steps.append(Step(deny.place, "denies", f"{what}, whatever is granted"))
    steps += [_grant_step(question, grant, column) for grant in policy.index.grants.on(table.name)]
    for rule in policy.index.filters.on(table.name):
        if not rule.exempt.isdisjoint(principal.subjects):
            steps.append(Step(rule.place, "nothing", f"a filter that {principal.name} is exempt from"))
            continue
        try:
            rows = question.bound(rule.rows)
        except Unbound as why:
            steps.append(Step(rule.place, "denies", f"the filter does not fit: {why}"))
        else:
            steps.append(Step(rule.place, "limits", f"to {rows_in_words(rows)}"))
    steps += _mask_steps(question, column)
    return steps


def _grant_step(question: Question, grant: Grant, column: str | None) -> Step:
    reason = _why_not(question, grant, column)
    if reason:
        return Step(grant.place, "nothing", reason)
    if question.privilege not in READING:
        return Step(grant.place, "gives", str(question.privilege))
    covered = [name for name in question.table.columns if grant.covers(name, question.classes.get(name, frozenset()))]
    what = "every column" if len(covered) == len(question.table.columns) else f"{', '.join(covered)}"
    return Step(grant.place, "gives", f"{what} in {rows_in_words(question.bound(grant.rows))}")


def _why_not(question: Question, grant: Grant, column: str | None) -> str:
    principal, privilege, table = question.principal, question.privilege, question.table
    if grant.to.isdisjoint(principal.subjects):
        return f"is to {', '.join(sorted(grant.to))}, not to {principal.name}"
    if privilege not in grant.can and privilege is not Privilege.DESCRIBE:
        return f"gives {', '.join(sorted(grant.can))}, not {privilege}"
    if grant.starts is not None and question.at < grant.starts:
        return f"begins on {grant.starts:%Y-%m-%d %H:%M %Z}"
    if grant.until is not None and grant.until <= question.at:
        return f"ended on {grant.until:%Y-%m-%d %H:%M %Z}"
    if privilege not in READING:
        return "gives some columns or rows only, which is for reading" if grant.is_partial else ""
    try:
        if question.bound(grant.rows) == NEVER:
            return f"gives no row: {principal.name} lacks the attribute, or has no value in it"
    except Unbound as why:
        return f"does not fit {table.name}: {why}"
    classes = question.classes.get(column or "", frozenset())
    if column is not None and not grant.covers(column, classes):
        held = f", of class {', '.join(sorted(classes))}," if classes else ""
        return f"leaves {column}{held} out"
    return ""


def _mask_steps(question: Question, column: str | None) -> Iterator[Step]:
    for rule in question.policy.index.masks.on(question.table.name):
        columns = [
            name
            for name in question.table.columns
            if column in (None, name)
            and rule.covers(question.table.name, name, question.classes.get(name, frozenset()))
        ]
        if columns and rule.concerns(question.principal):
            yield Step(rule.place, "masks", f"{', '.join(columns)} with {rule.mask.kind}")
        elif columns:
            yield Step(rule.place, "nothing", f"a mask that {question.principal.name} is exempt from")


def rows_in_words(rows: Predicate | None) -> str:
    """`every row`, or the condition."""
    return "every row" if rows is None else f"rows where {condition_text(rows)}"


def condition_text(rows: Predicate) -> str:
    """A condition as people write it."""
    text = rows.sql(lambda name: name)
    return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text


@dataclass(frozen=True)
class Side:
    """A policy with its people and tables, before or after an edit."""

    policy: Policy
    principals: Mapping[str, Principal]
    tables: Mapping[str, TableFacts]

    def decide(self, name: str, table: str, privilege: Privilege, at: datetime) -> Decision:
        """Nobody and no table that is not there gets anything."""
        if name not in self.principals or table not in self.tables:
            return Denied("not there")
        return self.policy.decide(self.principals[name], self.tables[table], privilege, at)


def differences(before: Side, after: Side, at: datetime) -> list[Change]:
    """What an edit changes, for every principal, table and privilege."""
    changes = []
    for name in sorted(before.principals.keys() | after.principals.keys()):
        for table in sorted(before.tables.keys() | after.tables.keys()):
            for privilege in Privilege:
                one = before.decide(name, table, privilege, at)
                other = after.decide(name, table, privilege, at)
                gains, losses = gained(one, other), gained(other, one)
                if gains or losses:
                    changes.append(Change(name, table, privilege, gains, losses))
    return _without_echo(changes)


def _without_echo(changes: Sequence[Change]) -> list[Change]:
    """DESCRIBE goes with SELECT; told alone only when SELECT does not change."""
    selects = {(change.principal, change.table) for change in changes if change.privilege is Privilege.SELECT}
    return [
        change
        for change in changes
        if change.privilege is not Privilege.DESCRIBE or (change.principal, change.table) not in selects
    ]


def gained(one: Decision, other: Decision) -> tuple[str, ...]:
    """What `other` has that `one` has not."""
    if isinstance(other, Denied):
        return ()
    if isinstance(one, Denied):
        masks = [f"{column} masked with {mask.kind}" for column, mask in other.masks.items()]
        return (f"{', '.join(other.columns)} in {rows_in_words(other.rows)}", *masks)
    found = []
    more = [column for column in other.columns if column not in one.columns]
    if more:
        found.append(f"columns {', '.join(more)}")
    if one.rows != other.rows and one.rows is not None:
        outside = f"rows outside {condition_text(one.rows)}" if other.rows is None else rows_in_words(other.rows)
        found.append(outside)
    for column in other.columns:
        if column in one.columns and one.cells.get(column) != other.cells.get(column):
            found.append(f"{column} in {rows_in_words(other.cells.get(column, other.rows))}")
        if column in one.columns and one.masks.get(column) != other.masks.get(column):
            mask = other.masks.get(column)
            found.append(f"{column} masked with {mask.kind}" if mask else f"{column} unmasked")
    if other.grantable and not one.grantable:
        found.append("may pass it on")
    return tuple(found)
