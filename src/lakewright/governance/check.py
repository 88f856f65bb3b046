"""What is wrong with a policy once the tables are known: columns they lack, constants of another type, masks that
do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lakewright.errors import SpecError
from lakewright.governance.binding import Unbound, attributes_of, bind
from lakewright.governance.decisions import TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal
from lakewright.governance.rules import EVERY_CLASS, Classes, Grant, MaskRule, Rule, fits, fits_table
from lakewright.spec.rows import Condition


@dataclass(frozen=True)
class PolicyCheck:
    """`mistakes` must be put right; `notes` are consequences that may be meant."""

    mistakes: tuple[SpecError, ...]
    notes: tuple[str, ...]


def check_policy(
    policy: Policy, tables: Iterable[TableFacts], principals: Iterable[Principal] = (), *, blueprint: str | None = None
) -> PolicyCheck:
    """Compares the policy with the tables there are.

    Databases of which no table is known are left out, unless they are called almost like a known one. Patterns of the
    `blueprint` (`name@version`) may fit nothing: it is made for more tables than a project has.
    """
    checker = _Checker(policy, tuple(tables), tuple(principals), blueprint)
    mistakes = [
        *checker.tables_named(),
        *checker.columns_named(),
        *checker.classes_named(),
        *checker.conditions(),
        *checker.masks(),
    ]
    unique = {str(mistake): mistake for mistake in mistakes}
    return PolicyCheck(tuple(unique.values()), tuple(dict.fromkeys(checker.notes())))


def mistake(code: str, rule: Rule, fact: str, hint: str = "") -> SpecError:
    """An error about a rule, with its place."""
    place, _, name = rule.place.partition(" ")
    return SpecError(code, f"{name}: {fact}" if name else fact, place=place, hint=hint)


class _Checker:
    def __init__(
        self, policy: Policy, tables: Sequence[TableFacts], principals: Sequence[Principal], blueprint: str | None
    ) -> None:
        self.policy = policy
        self.tables = {table.name: table for table in tables}
        self.databases = {table.database for table in tables}
        self.principals = principals
        self.blueprint = blueprint

    @property
    def rules(self) -> Iterator[Rule]:
        for rules in self.policy.kinds:
            yield from rules

    def known(self, pattern: str) -> bool:
        """Whether the tables of its database are known."""
        return pattern.partition(".")[0] in self.databases

    def tables_named(self) -> Iterator[SpecError]:
        for rule in self.rules:
            for pattern in rule.on:
                if "*" not in pattern and self.known(pattern) and pattern not in self.tables:
                    yield mistake("LW1005", rule, f"there is no table {pattern}", _meant(pattern, self.tables))

    def columns_named(self) -> Iterator[SpecError]:
        """Columns without a wildcard, of tables without one."""
        named = [(rule, *pair) for rule in self.rules for pair in rule.columns_named]
        for rule, table, column in named:
            facts = self.tables.get(table)
            if facts and "*" not in column and not any(fits(column, name) for name in facts.columns):
                yield mistake("LW1005", rule, f"{table} has no column {column}", _meant(column, facts.columns))

    def classes_named(self) -> Iterator[SpecError]:
        known = {rule.name for rule in self.policy.classes} | {
            name for table in self.tables.values() for names in table.classes.values() for name in names
        }
        naming: tuple[Grant | MaskRule, ...] = (*self.policy.grants, *self.policy.masks)
        for rule in naming if self.tables else ():
            for name in sorted(rule.classes - known - EVERY_CLASS):
                yield mistake(
                    "LW1005", rule, f"no column has the class {name}", _meant(name, dict.fromkeys(sorted(known)))
                )

    def conditions(self) -> Iterator[SpecError]:
        for rule, condition, whom in self._conditional():
            yield from self._nowhere(rule, condition)
            for table in self._on(rule):
                exact = table.name in rule.on
                free = not attributes_of(condition, self.policy.conditions)
                asked = [Principal("")] if free else whom
                for principal in asked:
                    try:
                        bind(condition, table.columns, principal, self.policy.conditions)
                    except Unbound as why:
                        if why.column is None or exact:
                            whose = "" if free else f" for {principal.name}"
                            hint = _meant(why.column, table.columns) if why.column else why.hint
                            yield mistake("LW1005", rule, f"{table.name}{whose}: {why}", hint)

    def _nowhere(self, rule: Rule, condition: Condition) -> Iterator[SpecError]:
        """A rule for several tables, none of which has the column."""
        missing = {column for table in self._on(rule) for column in [self._lacks(condition, table)]}
        if missing and None not in missing and not any(table.name in rule.on for table in self._on(rule)):
            listed = ", ".join(sorted(str(column) for column in missing))
            known = {column: None for table in self._on(rule) for column in table.columns}
            yield mistake("LW1005", rule, f"no table of {', '.join(rule.on)} has {listed}", _meant(listed, known))

    def _lacks(self, condition: Condition, table: TableFacts) -> str | None:
        attributes = dict.fromkeys(attributes_of(condition, self.policy.conditions), ())
        try:
            bind(condition, table.columns, Principal("", attributes=attributes), self.policy.conditions)
        except Unbound as why:
            return why.column
        return None

    def _conditional(self) -> Iterator[tuple[Rule, Condition, list[Principal]]]:
        """Rules with a condition, and whom they concern."""
        for grant in self.policy.grants:
            if grant.rows is not None:
                yield grant, grant.rows, [one for one in self.principals if not grant.to.isdisjoint(one.subjects)]
        for rule in self.policy.filters:
            yield rule, rule.rows, [one for one in self.principals if rule.exempt.isdisjoint(one.subjects)]

    def _on(self, rule: Rule) -> Iterator[TableFacts]:
        return (table for table in self.tables.values() if rule.is_on(table.name))

    def masks(self) -> Iterator[SpecError]:
        for rule in self.policy.masks:
            for table in self._on(rule):
                classes = self.policy.classes_of(table)
                for column, kind in table.columns.items():
                    covered = rule.covers(table.name, column, classes.get(column, frozenset()))
                    if covered and not rule.mask.fits(kind):
                        fact = f"{rule.mask.kind} does not fit {table.name}.{column}, which is {kind}"
                        yield mistake("LW1006", rule, fact, "with: null, or another column")

    def notes(self) -> Iterator[str]:
        for rule in self.policy.filters:
            if rule.columns:
                continue
            for table in self._on(rule):
                try:
                    bind(rule.rows, table.columns, Principal(""), self.policy.conditions)
                except Unbound as why:
                    if why.column is not None and table.name not in rule.on:
                        yield f"{rule.place} denies {table.name}, which has no column {why.column}"
        for table in self.tables.values():
            yield from self._two_masks(table)
        for any_rule in self.rules:
            if self.blueprint is None or not any_rule.place.startswith(f"{self.blueprint}/"):
                yield from self._idle(any_rule)

    def _idle(self, rule: Rule) -> Iterator[str]:
        """Patterns of the rule that fit nothing, and so protect or give nothing."""
        fitting = {pattern: [name for name in self.tables if fits_table(pattern, name)] for pattern in rule.on}
        for pattern, tables in fitting.items():
            database, _, table = pattern.partition(".")
            if not tables and database not in self.databases and "*" not in database:
                close = get_close_matches(database, self.databases, 1)
                yield from (f"{rule.place}: no table fits {pattern}; did you mean {name}.{table}?" for name in close)
            elif not tables and "*" in pattern:
                yield f"{rule.place}: no table fits {pattern}"
        columns: dict[tuple[str, str], set[str]] = {}  # pairs of a mask stand alone, others' columns are for all tables
        for table, column in rule.columns_named:
            key = (table if isinstance(rule, MaskRule | Classes) else ", ".join(rule.on), column)
            columns.setdefault(key, set()).update(name for one in fitting[table] for name in self.tables[one].columns)
        for (table, column), known in columns.items():
            exact = "*" not in column and table in self.tables  # a mistake, told as such
            if known and not exact and not any(fits(column, name) for name in known):
                meant = _meant(column, dict.fromkeys(sorted(known)))
                yield f"{rule.place}: no column of {table} fits {column}; {meant}"

    def _two_masks(self, table: TableFacts) -> Iterator[str]:
        classes = self.policy.classes_of(table)
        for column in table.columns:
            kinds = {
                rule.mask.kind: rule.place
                for rule in self.policy.index.masks.on(table.name)
                if rule.covers(table.name, column, classes.get(column, frozenset()))
            }
            if len(kinds) > 1:
                listed = ", ".join(kinds)
                yield f"{table.name}.{column} has several masks ({listed}); who is under two of them sees NULL"


def _meant(word: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f"did you mean {close[0]}?" if close else "known: " + ", ".join(list(known)[:12])
