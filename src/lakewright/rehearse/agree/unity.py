"""Unity Catalog as it was applied, beside what the spec wants of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lakewright.governance import Policy, Principal, Privilege, TableFacts
from lakewright.governance.agreement import TO_COME, Applied, Asked, Seat, to_come
from lakewright.governance.decide import CHANGING, READING
from lakewright.governance.decisions import Allowed
from lakewright.governance.rules import EVERYONE, Deny, fits
from lakewright.governance.unity_catalog import UnityCatalog, load_unity_catalog
from lakewright.rehearse.agree.account import Account
from lakewright.rehearse.agree.wanted import Wanted, WantedCatalog
from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.bound import bindings_of, is_isolated, reaches
from lakewright.rehearse.databricks.unity.kinds import CATALOG, SCHEMA, TABLE, spelled
from lakewright.rehearse.databricks.unity.rights import Rights
from lakewright.rehearse.databricks.unity.state import Seen, State, state_of

SYSTEM = "Unity Catalog"
RIGHTS = tuple(one for one in Privilege if one is not Privilege.DESCRIBE)
"""There is none to look at a table alone: who may read it sees it."""
_RIGHTS: Mapping[Privilege, str] = {
    Privilege.SELECT: "SELECT",
    Privilege.INSERT: "MODIFY",
    Privilege.UPDATE: "MODIFY",
    Privilege.DELETE: "MODIFY",
    Privilege.ALTER: "MANAGE",
    Privilege.DROP: "MANAGE",
    Privilege.CREATE: "CREATE_TABLE",
}


def unity_catalogs(wanted: Wanted, account: Account, only: Collection[str] = ()) -> Iterator[Applied]:
    """Each catalog that the spec has or the account holds (or `only` these), seen from each workspace that matters."""
    there = account.catalogs()
    declared = {one.name: one for one in wanted.catalogs}
    for name in sorted(only or {*there, *declared} - {"system"}):
        mine = declared.get(name, WantedCatalog(name, Policy()))
        if name not in there:
            yield _absent(wanted, account, mine)
            continue
        yield from _seen(wanted, account, mine, there[name])


def _absent(wanted: Wanted, account: Account, mine: WantedCatalog) -> Applied:
    """A catalog that is not there: nobody has anything of its schemas."""
    schemas = [to_come(schema) for schema in mine.schemas]

    def why(_asked: Asked) -> str:
        return f"there is no catalog {mine.name}"

    seats = _seats(wanted, account, ())
    return Applied(f"{SYSTEM} {mine.name}", mine.policy, Policy(), seats, schemas, why, rights=RIGHTS)


def _seen(wanted: Wanted, account: Account, mine: WantedCatalog, metastore: Seen) -> Iterator[Applied]:
    """From each workspace that it is for, and from each that sees it: an open catalog is seen from all."""
    isolated = is_isolated(metastore.get(CATALOG, mine.name))
    if not mine.workspaces and not isolated:
        yield _one(wanted, account, mine, metastore, Place(mine.name))
        return
    there = account.assigned(metastore.id)
    bound = bindings_of(metastore, CATALOG, mine.name)
    for_all = Policy() if mine.workspaces else mine.policy
    seeing = [name for name, key in there.items() if not isolated or key in bound or for_all.grants]
    from_each = {**dict.fromkeys(seeing, for_all), **mine.workspaces}
    if not from_each:
        yield _out_of_reach(_one(wanted, account, mine, metastore, Place(mine.name)), "no workspace sees the catalog")
    for workspace, policy in from_each.items():
        place = Place(mine.name, workspace, there.get(workspace))
        seen = _one(wanted, account, replace(mine, policy=policy), metastore, place)
        yield seen if workspace in there else _out_of_reach(seen, _lost(account, workspace))


def _lost(account: Account, workspace: str) -> str:
    if workspace in account.workspaces():
        return f"workspace {workspace} is not of the metastore of the catalog"
    return f"there is no workspace {workspace}"


def _out_of_reach(seen: Applied, reason: str) -> Applied:
    """The same, where nobody has anything."""

    def why(_asked: Asked) -> str:
        return reason

    def excuse(_asked: Asked) -> str:
        return ""

    return replace(seen, policy=Policy(), why=why, excuse=excuse)


@dataclass(frozen=True)
class Place:
    """A catalog, seen from a workspace; without one, bindings do not count."""

    catalog: str
    workspace: str = ""
    key: int | None = None

    @property
    def title(self) -> str:
        return f"{SYSTEM} {self.catalog}" + (f" from {self.workspace}" if self.workspace else "")


@dataclass(frozen=True)
class WithTablesToCome(Seen):
    """A metastore in which each schema has one more table, nobody's: what it inherits, tables to come will."""

    @cached_property
    def _to_come(self) -> dict[str, Body]:
        found = {}
        for schema in super().all(SCHEMA):
            name, catalog = schema["full_name"], schema["catalog_name"]
            columns = [{"name": column, "type_text": kind} for column, kind in to_come("").columns.items()]
            body = {"full_name": f"{name}.{TO_COME}", "catalog_name": catalog, "owner": "", "columns": columns}
            found[body["full_name"]] = body
        return found

    def find(self, kind: str, name: str) -> Body | None:
        return (self._to_come.get(name) if kind == TABLE else None) or super().find(kind, name)

    def all(self, kind: str) -> list[Body]:
        return [*super().all(kind), *(self._to_come.values() if kind == TABLE else ())]


def _one(wanted: Wanted, account: Account, mine: WantedCatalog, seen: Seen, place: Place) -> Applied:
    metastore = WithTablesToCome(seen.objects, seen.body)
    state = state_of(metastore, place.catalog, place.key)
    words = _Words(mine, account, metastore, place, state)
    tables = [
        _facts(wanted, body["full_name"].partition(".")[2], {one["name"]: one["type_text"] for one in body["columns"]})
        for body in metastore.all(TABLE)
        if body["catalog_name"] == place.catalog and ".information_schema." not in body["full_name"]
    ]
    there = {table.database for table in tables}
    tables += [to_come(schema) for schema in mine.schemas if schema not in there]
    seats = _seats(wanted, account, _holders(state.document))
    applied = _closed(load_unity_catalog(state.document), state)
    return Applied(place.title, mine.policy, applied, seats, tables, words.why, words.excuse, RIGHTS)


def _closed(policy: Policy, state: State) -> Policy:
    """Without the rows of tables whose filters cannot be read, which a schema's tables to come would open."""
    on = tuple(name.partition(".")[2] for name in state.unreadable)
    closed = (Deny(f"{SYSTEM}: functions that cannot be read", on, EVERYONE, READING | CHANGING),) if on else ()
    return replace(policy, denies=(*policy.denies, *closed))


def _facts(wanted: Wanted, name: str, columns: Mapping[str, str]) -> TableFacts:
    """A table with its own columns, and the classes that models say."""
    known = wanted.tables.get(name)
    classes = {column: found for column, found in known.classes.items() if column in columns} if known else {}
    return TableFacts(name, columns, classes)


def _holders(document: UnityCatalog) -> list[str]:
    return list(dict.fromkeys(grant.principal for grant in document.grants))


def _seats(wanted: Wanted, account: Account, holders: Sequence[str]) -> list[Seat]:
    """The spec's people, programs and groups; then whoever else holds something; and, where the spec has people,
    whoever else there is: in a group they have what it holds."""
    seats = [Seat(name, person, _applied(account, name)) for name, person in wanted.people.items()]
    known = {name.lower() for name in wanted.people}
    for name, program in wanted.programs.items():
        key = account.program(name)
        seats.append(Seat(name, program, None if key is None else _applied(account, key)))
        known |= {key.lower()} if key else set()
    for name, group in wanted.groups.items():
        seats.append(Seat(f"group:{name}", group, _applied(account, name)))
        known.add(name.lower())
    others = dict.fromkeys((*holders, *(account.people() if wanted.people else ())))
    strangers = [name for name in others if name.lower() not in known | {principals.EVERYBODY}]
    return [*seats, *(Seat(name, Principal(name), _applied(account, name)) for name in strangers)]


def _applied(account: Account, name: str) -> Principal | None:
    groups = account.groups(name)
    return None if groups is None else Principal(name, groups)


@dataclass(frozen=True)
class _Words:
    """What Databricks says that somebody lacks; and what follows from what it is."""

    mine: WantedCatalog
    account: Account
    metastore: Seen
    place: Place
    state: State

    def why(self, asked: Asked) -> str:
        """As the error of a statement says it."""
        if asked.seat.applied is None:
            return ""
        kind, name = self._at(asked)
        if name in self.state.unreadable:
            return f"a function of {name} cannot be read: {self.state.unreadable[name]}"
        rights = self._rights(asked.seat.applied)
        if not rights.reaches(CATALOG, self.place.catalog):
            return f"Catalog '{self.place.catalog}' is not accessible in workspace {self.place.workspace}"
        if self.metastore.find(SCHEMA, f"{self.place.catalog}.{asked.table.database}") is None:
            return f"there is no schema {asked.table.database}"
        if missing := rights.uses(kind, name):
            return missing
        right = _RIGHTS[asked.privilege]
        if not rights.holds(right, kind, name):
            return f"User does not have {spelled(right)} on {kind.capitalize()} '{name}'."
        return ""

    def excuse(self, asked: Asked) -> str:
        """Owners have everything; and what is limited is granted table by table, when its filter is set. Where the
        catalog cannot be reached at all, nothing is excused."""
        if self.place.key is not None and not reaches(self.metastore, CATALOG, self.place.catalog, self.place.key):
            return ""
        if asked.table.name.endswith(f".{TO_COME}") and asked.lacks_only and asked.privilege is not Privilege.CREATE:
            if not self.mine.inherits:
                return "each table is granted by itself, when it is there"
            if self._is_limited(asked.table.database):
                return "rules limit tables of this schema: each is granted by itself, when its filters are set"
        if asked.seat.applied is None or not asked.exceeds_only:
            return ""
        rights = self._rights(asked.seat.applied)
        kind, name = self._at(asked)
        owned = (one for one in self.metastore.chain(kind, name)[:-1] if rights.owns(*one))
        return next((text for one in owned if (text := self._owner(asked, *one))), "")

    def _is_limited(self, database: str) -> bool:
        """Whether a rule shows less than whole tables of a schema."""
        policy = self.mine.policy
        partial = [one for one in policy.grants if one.is_partial]
        rules = (*policy.denies, *policy.filters, *policy.masks, *partial)
        return any(fits(pattern.partition(".")[0], database) for rule in rules for pattern in rule.on)

    def _owner(self, asked: Asked, kind: str, name: str) -> str:
        """Who makes a table owns it, and so does the program that made a catalog or schema; no other owner is
        excused."""
        who = principals.find(self.account.objects, asked.seat.applied.name) if asked.seat.applied else None
        if kind != TABLE:
            by = self.metastore.get(kind, name).get("created_by")
            made = who is not None and who.kind == principals.SERVICE and who.name == by
            return f"owns {kind} {name}, which this program made" if made else ""
        whole = to_come(asked.table.database)
        makes = asked.seat.spec and self.mine.policy.decide(asked.seat.spec, whole, Privilege.CREATE, asked.at)
        may = f"owns table {name}: who makes a table may do everything with it"
        return may if isinstance(makes, Allowed) else ""

    def _rights(self, principal: Principal) -> Rights:
        subjects = principals.subjects_of(self.account.objects, principal.name)
        return Rights(self.metastore, subjects, self.place.key)

    def _at(self, asked: Asked) -> tuple[str, str]:
        name = f"{self.place.catalog}.{asked.table.name}"
        return (SCHEMA, name.rpartition(".")[0]) if asked.privilege is Privilege.CREATE else (TABLE, name)
