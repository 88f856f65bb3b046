"""A policy as Lake Formation's objects, principal by principal: its filters compare with constants only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from lakewright.errors import Mistakes, SpecError
from lakewright.governance.decide import Question
from lakewright.governance.decisions import Allowed, Denied, TableFacts
from lakewright.governance.lake_formation.data import (
    KINDS,
    MAX_EXPRESSION,
    TARGET,
    ColumnTag,
    DataCellsFilter,
    LakeFormation,
    MaskedView,
    Permission,
    Revoke,
    Settings,
    ViewColumn,
    masked,
    row_expression,
)
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import Predicate, all_of, double_quoted
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.targets import inexpressible, time_limits
from lakewright.spec.access import Targets

ROW_TYPES = ("string", "int", "bigint", "boolean")
"""Types that a row filter may compare, decimals beside them (Lake Formation Developer Guide, PartiQL support)."""


def compile_lake_formation(
    policy: Policy, principals: Iterable[Principal], tables: Iterable[TableFacts], targets: Targets, at: datetime
) -> LakeFormation:
    """What Lake Formation must hold so that these principals get of these tables what the policy says.

    Raises Mistakes (LW1010) with everything that it cannot express, each with the rule and a way out.
    """
    compiler = _Compiler(policy, targets, at, sorted(tables, key=lambda table: table.name))
    people = sorted(principals, key=lambda principal: principal.name)
    for principal in people:
        compiler.add(principal)
    compiler.mistakes += list(time_limits(TARGET, policy, targets))
    if compiler.mistakes:
        raise Mistakes({str(mistake): mistake for mistake in compiler.mistakes}.values())
    databases = sorted({table.database for table in compiler.tables})
    revokes = [Revoke(database) for database in databases]
    revokes += [Revoke(table.database, table.name.partition(".")[2]) for table in compiler.tables]
    return LakeFormation(
        Settings(tuple(principal.name for principal in people if policy.is_administrator(principal))),
        tuple(revokes),
        tuple(_tags(policy, compiler.tables)),
        tuple(compiler.filters.values()),
        tuple(compiler.permissions),
        tuple(compiler.views.values()),
    )


def _tags(policy: Policy, tables: Sequence[TableFacts]) -> Iterator[ColumnTag]:
    for table in tables:
        for column, classes in policy.classes_of(table).items():
            database, name = table.name.split(".", 1)
            yield ColumnTag(database, name, column, "class", tuple(sorted(classes)))


class _Compiler:
    def __init__(self, policy: Policy, targets: Targets, at: datetime, tables: Sequence[TableFacts]) -> None:
        self.policy = policy
        self.targets = targets
        self.at = at
        self.tables = tables
        self.filters: dict[tuple[str, str], DataCellsFilter] = {}
        self.views: dict[tuple[str, str], MaskedView] = {}
        self.permissions: list[Permission] = []
        self.mistakes: list[SpecError] = []

    def wrong(self, place: str, fact: str, way_out: str) -> None:
        self.mistakes.append(inexpressible(TARGET, place, fact, way_out))

    def add(self, principal: Principal) -> None:
        """Everything for one principal."""
        before = len(self.permissions)
        for table in self.tables:
            reads = self._reading(principal, table)
            writes = self._writing(principal, table)
            if not reads and not writes:
                self._describing(principal, table)
        used = dict.fromkeys(permission.database for permission in self.permissions[before:])
        for database in dict.fromkeys(table.database for table in self.tables):
            self._database(principal, database, described=database in used)

    def permit(self, principal: Principal, table: TableFacts, what: Sequence[str], filter_: str, grant: object) -> None:
        database, name = table.name.split(".", 1)
        given = tuple(what)
        self.permissions.append(Permission(principal.name, database, name, filter_, given, given if grant else ()))

    def _reading(self, principal: Principal, table: TableFacts) -> bool:
        decision = self.policy.decide(principal, table, Privilege.SELECT, self.at)
        if isinstance(decision, Denied):
            return False
        question = Question(self.policy, principal, table, Privilege.SELECT, self.at)
        filters = list(question.filters())
        limits = [condition for _, condition in filters]
        for rule, condition in filters:
            self._comparable(table, rule.place, condition)
        columns_of: dict[Predicate | None, set[str]] = {}
        for share in question.shares():
            self._comparable(table, share.grant.place, share.rows)
            open_columns = share.columns - decision.masks.keys()
            columns_of.setdefault(all_of([share.rows, *limits]), set()).update(open_columns)
        for rows, columns in columns_of.items():
            if columns:
                self._cells(principal, table, decision, rows, [name for name in table.columns if name in columns])
        if decision.masks and self._can_mask(principal, table, decision):
            self._view(principal, table, decision)
        return True

    def _cells(
        self, principal: Principal, table: TableFacts, decision: Allowed, rows: Predicate | None, columns: list[str]
    ) -> None:
        if rows is None and columns == list(table.columns):
            self.permit(principal, table, ("SELECT",), "", decision.grantable)
            return
        expression = row_expression(rows)
        self._fits(table, decision, expression)
        database, name = table.name.split(".", 1)
        key = (table.name, f"{expression}|{columns}")
        if key not in self.filters:
            number = sum(one.database == database and one.table == name for one in self.filters.values()) + 1
            self.filters[key] = DataCellsFilter(database, name, f"{name}_{number}", tuple(columns), expression)
        self.permit(principal, table, ("SELECT",), self.filters[key].name, decision.grantable)

    def _fits(self, table: TableFacts, decision: Allowed, expression: str) -> None:
        if len(expression) > MAX_EXPRESSION:
            fact = f"takes row filters below 2,048 characters, and this one on {table.name} has {len(expression):,}"
            self.wrong(decision.because[0], fact, "compare with a column that groups the values, such as a tier")

    def _comparable(self, table: TableFacts, place: str, rows: Predicate | None) -> None:
        for column in sorted(rows.columns()) if rows is not None else ():
            kind = table.columns[column]
            if kind not in ROW_TYPES and not kind.startswith("decimal"):
                fact = f"compares text, numbers and booleans in row filters, and {table.name}.{column} is {kind}"
                self.wrong(place, fact, "filter by a column of such a type, or add one to the model")

    def _can_mask(self, principal: Principal, table: TableFacts, decision: Allowed) -> bool:
        """Whether a view can do it; tells if not."""
        possible = True
        for rule in self.policy.index.masks.on(table.name):
            kinds = {mask.kind for mask in decision.masks.values()}
            if not rule.concerns(principal) or rule.mask.kind not in kinds or rule.place not in decision.because:
                continue
            if self.targets.lake_formation == "refuse":
                way_out = "targets: {lake_formation: view}, or grant without these columns"
                self.wrong(rule.place, f"has no masks, for {table.name}", way_out)
                possible = False
            elif rule.mask.kind not in KINDS:
                way_out = "let a model write the hash into a column of its own, or use another mask"
                self.wrong(rule.place, f"would show the salt in the text of a view of {table.name}", way_out)
                possible = False
        return possible

    def _view(self, principal: Principal, table: TableFacts, decision: Allowed) -> None:
        database, name = table.name.split(".", 1)
        key = (table.name, decision.fingerprint)
        if key not in self.views:
            columns = tuple(
                ViewColumn(
                    column,
                    masked(decision.masks[column].kind, column) if column in decision.masks else double_quoted(column),
                    row_expression(decision.cells.get(column)),
                )
                for column in decision.columns
            )
            view = f"{name}__masked_{decision.fingerprint[:8]}"
            self.views[key] = MaskedView(database, view, name, columns, row_expression(decision.rows))
        found = self.views[key]
        given = ("SELECT",) if decision.grantable else ()
        self.permissions.append(Permission(principal.name, database, found.name, "", ("SELECT",), given))

    def _writing(self, principal: Principal, table: TableFacts) -> bool:
        allowed: dict[Privilege, Allowed] = {}
        for privilege in (Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE, Privilege.ALTER, Privilege.DROP):
            decision = self.policy.decide(principal, table, privilege, self.at)
            if isinstance(decision, Allowed):
                allowed[privilege] = decision
        if (Privilege.UPDATE in allowed) != (Privilege.INSERT in allowed and Privilege.DELETE in allowed):
            place = next(iter(allowed.values())).because[0]
            fact = f"has no UPDATE: insert and delete together are it, for {principal.name} on {table.name}"
            self.wrong(place, fact, "grant insert, update and delete together, or only one of insert and delete")
        passed_on = {privilege for privilege, decision in allowed.items() if decision.grantable}
        if (Privilege.UPDATE in passed_on) != ({Privilege.INSERT, Privilege.DELETE} <= passed_on):
            place = next(decision.because[0] for decision in allowed.values() if decision.grantable)
            fact = f"passes UPDATE on as insert and delete together, for {principal.name} on {table.name}"
            self.wrong(place, fact, "give with_grant_option for all three, or for none")
        for privilege, decision in allowed.items():
            if decision.rows is not None:
                fact = f"limits reading to rows, not {privilege}, for {principal.name} on {table.name}"
                self.wrong(decision.because[-1], fact, "make an exception of those who write, or take the right away")
            if privilege is not Privilege.UPDATE:
                self.permit(principal, table, (privilege.value.upper(),), "", decision.grantable)
        return bool(allowed)

    def _describing(self, principal: Principal, table: TableFacts) -> None:
        decision = self.policy.decide(principal, table, Privilege.DESCRIBE, self.at)
        if isinstance(decision, Denied):
            return
        if decision.columns != tuple(table.columns):
            fact = f"shows every column of {table.name} to whom it lets describe it"
            self.wrong(decision.because[0], fact, 'grant describe with `classes: "*"`, or select on these columns')
        self.permit(principal, table, ("DESCRIBE",), "", decision.grantable)

    def _database(self, principal: Principal, database: str, *, described: bool) -> None:
        """CREATE on its tables is one permission on the database; who uses a table may see its database."""
        here = [table for table in self.tables if table.database == database]
        here.append(TableFacts(f"{database}.a_table_to_come", {}))
        decisions = [self.policy.decide(principal, table, Privilege.CREATE, self.at) for table in here]
        allowed = [decision for decision in decisions if isinstance(decision, Allowed)]
        uniform = len(allowed) == len(decisions) and len({decision.grantable for decision in allowed}) == 1
        if allowed and not uniform:
            fact = (
                f"grants the making of tables for a whole database, and {principal.name} has it for part of {database}"
            )
            self.wrong(allowed[0].because[0], fact, f"on: {database}.*")
        permissions = [*(["CREATE_TABLE"] if allowed else []), *(["DESCRIBE"] if allowed or described else [])]
        if permissions:
            grantable = ("CREATE_TABLE",) if allowed and allowed[0].grantable else ()
            self.permissions.append(Permission(principal.name, database, "", "", tuple(permissions), grantable))
