"""A policy out of what Lake Formation holds, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.governance.lake_formation.data import (
    KINDS,
    DataCellsFilter,
    LakeFormation,
    MaskedView,
    Permission,
    masked,
)
from lakewright.governance.masks import Mask
from lakewright.governance.policy import PersonaFacts, Policy
from lakewright.governance.predicate import double_quoted
from lakewright.governance.principals import Privilege
from lakewright.governance.rules import EVERY_CLASS, Grant, MaskRule
from lakewright.spec.rows import Both, Condition, parse_rows

_MEANING = {
    "SELECT": {Privilege.SELECT},
    "DESCRIBE": {Privilege.DESCRIBE},
    "INSERT": {Privilege.INSERT},
    "DELETE": {Privilege.DELETE},
    "ALTER": {Privilege.ALTER},
    "DROP": {Privilege.DROP},
    "CREATE_TABLE": {Privilege.CREATE},
}
PLACE = "Lake Formation"


def load_lake_formation(state: LakeFormation) -> Policy:
    """The policy that these objects are. A masked view stands for its table's masked columns."""
    return _Loader(state).policy()


class _Loader:
    def __init__(self, state: LakeFormation) -> None:
        self.state = state
        self.filters = {(one.database, one.table, one.name): one for one in state.filters}
        self.views = {(view.database, view.name): view for view in state.views}
        self.masks: list[MaskRule] = []

    def policy(self) -> Policy:
        grants = [grant for permission in self.state.permissions for grant in self.grants(permission)]
        grants += self.updates()
        admins = PersonaFacts(users=frozenset(self.state.settings.admins), administrator=True)
        return Policy(grants=tuple(grants), masks=tuple(self.masks), personas={"administrators": admins})

    def grants(self, permission: Permission) -> Iterator[Grant]:
        place = f"{PLACE}: {permission.principal}"
        to = frozenset({f"user:{permission.principal}"})
        view = self.views.get((permission.database, permission.table))
        if view is not None:
            yield from self.through(view, place, to, grantable=bool(permission.permissions_with_grant_option))
            return
        cells = self.filters.get((permission.database, permission.table, permission.filter))
        for name in permission.permissions:
            if permission.table or name == "CREATE_TABLE":
                grantable = name in permission.permissions_with_grant_option
                yield self.grant(permission, place, to, name, cells, grantable=grantable)

    def grant(
        self,
        permission: Permission,
        place: str,
        to: frozenset[str],
        name: str,
        cells: DataCellsFilter | None,
        *,
        grantable: bool,
    ) -> Grant:
        return Grant(
            place,
            (f"{permission.database}.{permission.table or '*'}",),
            to=to,
            can=frozenset(_MEANING[name]),
            columns=cells.columns if cells else (),
            classes=EVERY_CLASS,
            rows=_condition(cells.row_expression) if cells else None,
            grantable=grantable,
        )

    def through(self, view: MaskedView, place: str, to: frozenset[str], *, grantable: bool) -> Iterator[Grant]:
        table = f"{view.database}.{view.table}"
        for column in view.columns:
            conditions = [parse_rows(text) for text in (view.where, column.only_where) if text]
            rows = Both(tuple(conditions)) if len(conditions) > 1 else next(iter(conditions), None)
            yield Grant(
                place,
                (table,),
                to=to,
                can=frozenset({Privilege.SELECT}),
                columns=(column.name,),
                classes=EVERY_CLASS,
                rows=rows,
                grantable=grantable,
            )
            if column.expression != double_quoted(column.name):
                kind = next(kind for kind in KINDS if masked(kind, column.name) == column.expression)
                self.masks.append(MaskRule(place, (table,), mask=Mask(kind), columns=((table, column.name),), to=to))

    def updates(self) -> Iterator[Grant]:
        """INSERT and DELETE together are what an UPDATE needs."""
        held: dict[tuple[str, str, str], set[str]] = {}
        passed: dict[tuple[str, str, str], set[str]] = {}
        for one in self.state.permissions:
            key = (one.principal, one.database, one.table)
            held.setdefault(key, set()).update(one.permissions)
            passed.setdefault(key, set()).update(one.permissions_with_grant_option)
        for key, permissions in held.items():
            if {"INSERT", "DELETE"} <= permissions:
                principal, database, table = key
                yield Grant(
                    f"{PLACE}: {principal}",
                    (f"{database}.{table}",),
                    to=frozenset({f"user:{principal}"}),
                    can=frozenset({Privilege.UPDATE}),
                    grantable={"INSERT", "DELETE"} <= passed[key],
                )


def _condition(text: str) -> Condition | None:
    return parse_rows(text) if text else None
