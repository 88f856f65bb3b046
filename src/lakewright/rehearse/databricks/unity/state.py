"""What a metastore's grants, owners, filters and masks come to, as the document that `governance` loads.

Each group, user and service principal gets what follows from all its subjects, from ownership and from containers; so
that what decides here is decided once. A user gets only what none of its groups has alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from lakewright.governance.policy import Policy
from lakewright.governance.principals import Privilege
from lakewright.governance.rules import EVERY_CLASS, EVERYONE, Filter, MaskRule
from lakewright.governance.rules import Grant as Given
from lakewright.governance.unity_catalog import UnityCatalog, load_unity_catalog
from lakewright.governance.unity_catalog.data import ColumnMask, Grant, RowFilter
from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.principals import EVERYBODY, GROUP
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.bound import may_write
from lakewright.rehearse.databricks.unity.functions import Unreadable, column_mask, row_filter
from lakewright.rehearse.databricks.unity.kinds import CATALOG, KINDS, METASTORE, SCHEMA, TABLE
from lakewright.rehearse.databricks.unity.metastore import GRANTS, Metastore, key_of
from lakewright.rehearse.databricks.unity.rights import Rights
from lakewright.spec import Secret

Kind = Literal["group", "user"]
EMPTY = "/empty"
"""Behind a table's name: the same without rows. No name has a slash."""
GRANTED = "/granted"
"""Behind a table's name: the same as a view's owner reads it, whose right to was looked at before. Filters and masks
hold as ever."""
HANDED = "/handed"
"""Behind a name that one query alone knows: rows that were made for it."""


@dataclass(frozen=True)
class Seen(Metastore):
    """A metastore read once: nothing of it changes while it is looked at."""

    @cached_property
    def _objects(self) -> dict[str, dict[str, Body]]:
        return {kind: {one["full_name"]: one for one in self.objects.all(kind, self.scope)} for kind in KINDS}

    @cached_property
    def _grants(self) -> dict[str, dict[str, list[str]]]:
        found = {}
        names = [(METASTORE, self.id)] + [(kind, name) for kind, some in self._objects.items() for name in some]
        for kind, name in names:
            body = self.objects.get(GRANTS, self.scope, key_of(kind, name))
            if body is not None:
                found[key_of(kind, name)] = dict(body["granted"])
        return found

    def find(self, kind: str, name: str) -> Body | None:
        return self.body if kind == METASTORE else self._objects[kind].get(name.lower())

    def all(self, kind: str) -> list[Body]:
        return list(self._objects[kind].values())

    def granted(self, kind: str, name: str) -> dict[str, list[str]]:
        return self._grants.get(key_of(kind, self.id if kind == METASTORE else name), {})


@dataclass(frozen=True)
class State:
    """One catalog's document, and the tables whose filter or mask cannot be read: nobody gets anything of those."""

    document: UnityCatalog
    unreadable: Mapping[str, str] = field(default_factory=dict)


def state_of(metastore: Seen, catalog: str, workspace: int | None = None) -> State:
    """What holds for a catalog, seen from a workspace (None: without regard to bindings)."""
    return _Reader(metastore, catalog.lower(), workspace).state()


class _Reader:
    def __init__(self, metastore: Seen, catalog: str, workspace: int | None) -> None:
        self.metastore, self.catalog, self.workspace = metastore, catalog, workspace
        self.schemas = [one["full_name"] for one in metastore.inside(SCHEMA, catalog)]
        self.tables = [one for one in metastore.all(TABLE) if one["catalog_name"] == catalog]

    def state(self) -> State:
        filters: list[RowFilter] = []
        masks: list[ColumnMask] = []
        unreadable: dict[str, str] = {}
        for table in self.tables:
            try:
                filters += row_filter(self.metastore, table)
                masks += column_mask(self.metastore, table)
            except Unreadable as why:
                unreadable[table["full_name"]] = str(why)
        bad = frozenset(unreadable)
        filters = [one for one in filters if one.table not in bad]
        masks = [one for one in masks if one.table not in bad]
        grants = tuple(self._grants(bad))
        return State(UnityCatalog(self.catalog, grants, tuple(filters), tuple(masks)), unreadable)

    def _grants(self, unreadable: frozenset[str]) -> Iterator[Grant]:
        held: dict[str, dict[tuple[str, str], set[str]]] = {}
        for kind, name, subjects, groups in self._grantees():
            rights = Rights(self.metastore, subjects, self.workspace)
            mine = dict(self._held(rights, unreadable))
            by_groups = [held[group] for group in groups if group in held]
            own = {
                place: can for place, can in mine.items() if not any(can <= one.get(place, set()) for one in by_groups)
            }
            if kind == "group":
                held[name.lower()] = mine
                own = mine
            yield from self._spelled(kind, name, own)

    def _grantees(self) -> Iterator[tuple[Kind, str, frozenset[str], list[str]]]:
        """Groups first, everybody's the very first; then people with the groups they are in."""
        objects = self.metastore.objects
        yield "group", EVERYBODY, frozenset({EVERYBODY}), []
        for body in objects.all(GROUP, "account"):
            name = str(body["displayName"])
            yield "group", name, principals.subjects_of(objects, name), []
        for one in principals.people(objects):
            subjects = principals.subjects_of(objects, one.name)
            yield "user", one.name, subjects, sorted(subjects - {one.name.lower()})

    def _held(self, rights: Rights, unreadable: frozenset[str]) -> Iterator[tuple[tuple[str, str], set[str]]]:
        """(kind, name) → privileges, where the USE chain leads."""
        if not rights.reaches(CATALOG, self.catalog) or not rights.holds("USE_CATALOG", CATALOG, self.catalog):
            return
        writes = self.workspace is None or may_write(self.metastore, CATALOG, self.catalog, self.workspace)
        usable = {one for one in self.schemas if rights.holds("USE_SCHEMA", SCHEMA, one)}
        for schema in sorted(usable):
            can = {"CREATE TABLE"} if writes and rights.holds("CREATE_TABLE", SCHEMA, schema) else set()
            can |= {"MANAGE"} if writes and rights.manages(SCHEMA, schema) else set()
            if can:
                yield (SCHEMA, schema), can
        for table in self.tables:
            name = table["full_name"]
            if name.rpartition(".")[0] not in usable or name in unreadable:
                continue
            can = {"SELECT"} if rights.holds("SELECT", TABLE, name) else set()
            can |= {"MODIFY"} if writes and rights.holds("MODIFY", TABLE, name) else set()
            can |= {"MANAGE"} if writes and rights.manages(TABLE, name) else set()
            if can:
                yield (TABLE, name), can

    def _spelled(self, kind: Kind, name: str, held: Mapping[tuple[str, str], set[str]]) -> Iterator[Grant]:
        if not held:
            return
        yield Grant(kind, name, "CATALOG", self.catalog, ("USE CATALOG",))
        schemas = sorted({at if where == SCHEMA else at.rpartition(".")[0] for where, at in held})
        for schema in schemas:
            can = sorted(held.get((SCHEMA, schema), ()))
            yield Grant(kind, name, "SCHEMA", schema, ("USE SCHEMA", *can))
        order = ("SELECT", "MODIFY", "MANAGE")
        for (where, at), some in sorted(held.items()):
            if where == TABLE:
                yield Grant(kind, name, "TABLE", at, tuple(one for one in order if one in some))


def policy_of(metastore: Seen, workspace: int | None, salt: Secret | None = None) -> Policy:
    """The policy of all catalogs together; its tables are called `catalog.schema.table`."""
    grants: list[Given] = []
    filters: list[Filter] = []
    masks: list[MaskRule] = []
    for one in metastore.all(CATALOG):
        name = one["full_name"]
        policy = load_unity_catalog(state_of(metastore, name, workspace).document, salt)
        grants += [replace(rule, on=_in(name, rule.on)) for rule in policy.grants]
        filters += [replace(rule, on=_also_granted(_in(name, rule.on))) for rule in policy.filters]
        masks += [
            replace(
                rule,
                on=_also_granted(_in(name, rule.on)),
                columns=tuple(
                    (f"{name}.{table}{behind}", column) for table, column in rule.columns for behind in ("", GRANTED)
                ),
            )
            for rule in policy.masks
        ]
    read = frozenset({Privilege.SELECT})
    unnamed = tuple(
        Given(why, (f"*.*{behind}",), EVERYONE, read, classes=EVERY_CLASS)
        for why, behind in (("no rows", EMPTY), ("granted to a view's owner", GRANTED), ("made for a query", HANDED))
    )
    return Policy(grants=(*grants, *unnamed), filters=tuple(filters), masks=tuple(masks))


def _in(catalog: str, tables: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{catalog}.{table}" for table in tables)


def _also_granted(tables: tuple[str, ...]) -> tuple[str, ...]:
    return *tables, *(f"{table}{GRANTED}" for table in tables)
