"""The compiled governance as Terraform's maps: one entry for each role and table, as few as say the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from lakewright.components.component import Context
from lakewright.components.databases import DATABASES
from lakewright.components.lake_formation.tags import table_facts
from lakewright.components.personas import PersonaRole, kebab
from lakewright.governance import Allowed, Policy, Principal, TableFacts, policy_of
from lakewright.governance.lake_formation import LakeFormation, compile_lake_formation
from lakewright.governance.lake_formation.data import DataCellsFilter, MaskedView, Permission
from lakewright.governance.principals import Privilege

Entries = dict[str, Any]

_PRIVILEGES = {
    "SELECT": Privilege.SELECT,
    "INSERT": Privilege.INSERT,
    "DELETE": Privilege.DELETE,
    "ALTER": Privilege.ALTER,
    "DROP": Privilege.DROP,
    "DESCRIBE": Privilege.DESCRIBE,
}


@dataclass(frozen=True)
class Compiled:
    """Entries by key, as the module takes them; `views` are statements by name."""

    filters: Entries
    databases: Entries
    tables: Entries
    through: Entries
    views: Mapping[str, str]


def compiled(context: Context, roles: Sequence[PersonaRole]) -> Compiled:
    """What these roles are granted. Raises Mistakes (LW1010)."""
    policy, at = policy_of(context.project), datetime.now(UTC)
    targets = context.project.platform.access.targets
    state = compile_lake_formation(policy, [role.principal for role in roles], table_facts(context), targets, at)
    return _Entries(policy, at, state, roles).all()


class _Entries:
    def __init__(self, policy: Policy, at: datetime, state: LakeFormation, roles: Sequence[PersonaRole]) -> None:
        self.policy = policy
        self.at = at
        self.state = state
        self.roles = {role.principal.name: role for role in roles}
        self.views = {(view.database, view.name) for view in state.views}
        self.names = {(one.database, one.table, one.name): _filter_name(one) for one in state.filters}

    def all(self) -> Compiled:
        filters = {
            f"{one.database}/{_filter_name(one)}": {
                "database": one.database,
                "table": one.table,
                "name": _filter_name(one),
                "columns": list(one.columns),
                **({"rows": one.row_expression} if one.row_expression else {}),
            }
            for one in self.state.filters
        }
        views = {f"{view.database}-{view.name}": _statement(view) for view in self.state.views}
        return Compiled(filters, self.databases(), self.tables(), self.through(), views)

    def key(self, principal: str, *parts: str) -> str:
        return "/".join((kebab(self.roles[principal].subject), *parts))

    def databases(self) -> Entries:
        """Grants on databases; who has something in one may see it."""
        found: Entries = {}
        for one in self.state.permissions:
            if not one.table:
                entry = {
                    "principal": self.roles[one.principal].subject,
                    "database": one.database,
                    "permissions": sorted(one.permissions),
                }
                found[self.key(one.principal, one.database)] = _with_grantable(entry, one.permissions_with_grant_option)
        for (principal, database), whole in self.whole.items():
            if whole:
                entry = {
                    "principal": self.roles[principal].subject,
                    "database": database,
                    "permissions": ["DESCRIBE"],
                }
                found.setdefault(self.key(principal, database), entry)
        return dict(sorted(found.items()))

    def tables(self) -> Entries:
        """Grants on tables, without those on all tables of a database."""
        whole = self.whole
        held: dict[tuple[str, str, str], dict[str, bool]] = {}
        names: Mapping[str, bool]
        for one in self._on_tables:
            for name in one.permissions:
                if name not in whole[one.principal, one.database]:
                    grantable = name in one.permissions_with_grant_option
                    held.setdefault((one.principal, one.database, one.table), {})[name] = grantable
        found: Entries = {}
        for (principal, database, table), names in held.items():
            found[self.key(principal, database, table)] = self._entry(principal, database, names, table=table)
        for (principal, database), names in whole.items():
            if names:
                found[self.key(principal, database, "*")] = self._entry(principal, database, names)
        return dict(sorted(found.items()))

    def _entry(self, principal: str, database: str, names: Mapping[str, bool], **more: str) -> Entries:
        entry = {"principal": self.roles[principal].subject, "database": database, **more, "permissions": sorted(names)}
        return _with_grantable(entry, [name for name, grantable in names.items() if grantable])

    @cached_property
    def _on_tables(self) -> Sequence[Permission]:
        return [
            one
            for one in self.state.permissions
            if one.table and not one.filter and (one.database, one.table) not in self.views
        ]

    @cached_property
    def _granted(self) -> Mapping[tuple[str, str, str], set[str]]:
        """(principal, database, permission) → the tables on which it is."""
        found: dict[tuple[str, str, str], set[str]] = {}
        for one in self._on_tables:
            for name in one.permissions:
                found.setdefault((one.principal, one.database, name), set()).add(one.table)
        return found

    @cached_property
    def whole(self) -> Mapping[tuple[str, str], Mapping[str, bool]]:
        """(principal, database) → what is permitted on every table there, whatever columns and classes it may have."""
        return {
            (role.principal.name, database): self._everywhere(role.principal, database)
            for role in self.roles.values()
            for database in DATABASES
        }

    def _everywhere(self, principal: Principal, database: str) -> Mapping[str, bool]:
        classes = frozenset({"pii", *(rule.name for rule in self.policy.classes), *self._model_classes()})
        unknown = TableFacts(f"{database}.a_table_to_come", {"column": "string"}, {"column": classes})
        found: dict[str, bool] = {}
        for name, privilege in _PRIVILEGES.items():
            decision = self.policy.decide(principal, unknown, privilege, self.at)
            if isinstance(decision, Allowed) and not decision.masks and decision.rows is None and decision.columns:
                found[name] = decision.grantable
        return {name: grantable for name, grantable in found.items() if self._on_all(principal, database, name)}

    def _model_classes(self) -> Iterable[str]:
        return {value for tag in self.state.tags for value in tag.values}

    def _on_all(self, principal: Principal, database: str, name: str) -> bool:
        """Whether every table that is known has it. DESCRIBE is part of every other permission."""
        if name == "DESCRIBE":
            return True
        known = {one.table for one in self.state.revokes if one.database == database and one.table}
        return self._granted.get((principal.name, database, name), set()) >= known

    def through(self) -> Entries:
        """Grants through filters."""
        found: Entries = {}
        for one in self.state.permissions:
            if one.filter:
                name = self.names[one.database, one.table, one.filter]
                entry: Entries = {
                    "principal": self.roles[one.principal].subject,
                    "filter": f"{one.database}/{name}",
                }
                if one.permissions_with_grant_option:
                    entry["grantable"] = True
                found[self.key(one.principal, one.database, name)] = entry
        return dict(sorted(found.items()))


def _with_grantable(entry: Entries, grantable: Iterable[str]) -> Entries:
    given = sorted(grantable)
    return {**entry, "grantable": given} if given else entry


def _filter_name(one: DataCellsFilter) -> str:
    """By what it lets through, so that another role's filter changes nothing of this one."""
    digest = hashlib.sha256(f"{one.row_expression}|{sorted(one.columns)}".encode()).hexdigest()
    return f"{one.table}_{digest[:8]}"


def _statement(view: MaskedView) -> str:
    """The view as Athena makes it, with the rights of who made it."""
    head = f'CREATE PROTECTED MULTI DIALECT VIEW "{view.database}"."{view.name}"\nSECURITY DEFINER AS\n'
    return head + view.sql + "\n"
