"""What a plan does to rights in Unity Catalog: grants, owners and bindings on both sides of Terraform's own plan JSON.

What privileges come to follows Unity Catalog's rules: they hold for all that a container has, and only with USE CATALOG
and USE SCHEMA above. A securable whose name is known only after the apply is called by its key in the `for_each`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from lakewright.governance import Policy, Principal, Privilege, TableFacts
from lakewright.governance.questions import Change, Side, differences
from lakewright.governance.rules import EVERY_CLASS, Grant

GRANTS, GRANT = "databricks_grants", "databricks_grant"
BINDINGS = frozenset({"databricks_workspace_binding", "databricks_catalog_workspace_binding"})
OWNED: Mapping[str, str] = {"databricks_catalog": "catalog", "databricks_schema": "schema"}
KINDS = frozenset({GRANTS, GRANT, *BINDINGS, *OWNED})
"""Resource types that say who may do what with data."""
SECURABLES = (
    "catalog", "schema", "table", "volume", "function", "model", "external_location", "storage_credential",
    "credential", "foreign_connection", "metastore", "pipeline", "recipient", "share",
)  # fmt: skip
"""Arguments of `databricks_grants` that name what is granted on."""
EVERY_WORKSPACE = "every workspace"
OWNER = "OWNER"
_MEANING: Mapping[str, frozenset[Privilege]] = {
    "SELECT": frozenset({Privilege.SELECT}),
    "MODIFY": frozenset({Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE}),
    "CREATE_TABLE": frozenset({Privilege.CREATE}),
    "MANAGE": frozenset({Privilege.ALTER, Privilege.DROP}),
}
_ALL = ("SELECT", "MODIFY", "CREATE_TABLE", "USE_CATALOG", "USE_SCHEMA")
"""What ALL PRIVILEGES has of what matters here; MANAGE is not among it."""

When = Literal["before", "after"]
Block = Mapping[str, Any]
Place = tuple[str, str]
"""Kind and name: `("schema", "main.gold")`."""


@dataclass(frozen=True)
class Privileged:
    """What somebody (for bindings: a workspace) gains and loses on a securable, as Terraform has it."""

    principal: str
    securable: str
    gains: tuple[str, ...]
    losses: tuple[str, ...]


@dataclass
class Held:
    """One side of some plans: place → principal → privileges. `unknown` counts grants on what has no name yet."""

    given: dict[Place, dict[str, set[str]]] = field(default_factory=dict)
    unknown: int = 0

    def read(self, plan: Mapping[str, Any], when: When) -> None:
        """Adds what a plan (`terraform show -json`) says of one side."""
        for one in plan.get("resource_changes", ()):
            said = one["change"][when]
            if one["mode"] == "managed" and one["type"] in KINDS and said is not None:
                self._add(one, said, (one["change"].get("after_unknown") or {}) if when == "after" else {})

    def _add(self, one: Block, said: Block, unknown: Block) -> None:
        if one["type"] in OWNED:
            self._owned(OWNED[one["type"]], said)
        elif one["type"] in BINDINGS:
            self._bound(said)
        else:
            self._granted(one, said, unknown)

    def _granted(self, one: Block, said: Block, unknown: Block) -> None:
        place = _place(one, said, unknown)
        entries = said.get("grant") or () if one["type"] == GRANTS else (said,)
        if place is None or any(entry.get("principal") is None for entry in entries):
            self.unknown += 1
            return
        for entry in entries:
            privileges = {_spelled(name) for name in entry.get("privileges") or ()}
            self._of(place).setdefault(entry["principal"], set()).update(privileges)

    def _owned(self, kind: str, said: Block) -> None:
        name = said["name"] if kind == "catalog" else f"{said['catalog_name']}.{said['name']}"
        if said.get("owner"):
            self._of((kind, name)).setdefault(said["owner"], set()).add(OWNER)
        if kind == "catalog" and said.get("isolation_mode") != "ISOLATED":
            self._of((kind, name)).setdefault(EVERY_WORKSPACE, set()).add("BINDING_TYPE_READ_WRITE")

    def _bound(self, said: Block) -> None:
        name = said.get("securable_name") or said.get("catalog_name")
        if not name or said.get("workspace_id") is None:
            self.unknown += 1
            return
        kind = str(said.get("securable_type") or "catalog")
        mode = said.get("binding_type") or "BINDING_TYPE_READ_WRITE"
        self._of((kind, str(name))).setdefault(f"workspace {said['workspace_id']}", set()).add(str(mode))

    def _of(self, place: Place) -> dict[str, set[str]]:
        return self.given.setdefault((place[0], place[1].lower()), {})

    def people(self) -> dict[str, Principal]:
        names = {name for held in self.given.values() for name in held}
        return {
            name: Principal(name) for name in names if name != EVERY_WORKSPACE and not name.startswith("workspace ")
        }

    def policy(self) -> Policy:
        """What these grants come to for tables, which are called `catalog.schema.table` with `*` for all."""
        return Policy(grants=tuple(self._rules()))

    def _rules(self) -> Iterator[Grant]:
        for (kind, name), held in self.given.items():
            for who, privileges in held.items() if kind in ("catalog", "schema", "table") else ():
                for schema in self._schemas(kind, name):
                    if self._has("USE_CATALOG", who, ("catalog", schema.partition(".")[0])) and self._uses(who, schema):
                        table = name.rpartition(".")[2] if kind == "table" else "*"
                        yield from _rule(who, _table_of(schema, table), privileges)

    def _schemas(self, kind: str, name: str) -> list[str]:
        """The schemas that are known in it, or that hold it."""
        if kind == "catalog":
            return sorted({_schema(*one) for one in self.given if _schema(*one).partition(".")[0] == name} - {""})
        return [_schema(kind, name)]

    def _uses(self, who: str, schema: str) -> bool:
        places = [("schema", schema), ("catalog", schema.partition(".")[0])]
        return any(self._has("USE_SCHEMA", who, place) for place in places)

    def _has(self, privilege: str, who: str, place: Place) -> bool:
        held = self.given.get(place, {}).get(who, set())
        return bool(held & {privilege, "ALL_PRIVILEGES", OWNER})


def granted_unity(plans: Sequence[Mapping[str, Any]], at: datetime) -> tuple[list[Change], list[Privileged], int]:
    """What the plans give and take: of tables, of every securable by itself, and the number of grants on what has a
    name only after the apply. Groups, users and workspaces are called as the plan calls them."""
    before, after = Held(), Held()
    for plan in plans:
        before.read(plan, "before")
        after.read(plan, "after")
    names = sorted({f"{_schema(*place)}.*" for one in (before, after) for place in one.given if _schema(*place)})
    names += sorted({name for one in (before, after) for kind, name in one.given if kind == "table"})
    tables = {_key(name): TableFacts(_key(name), {"all columns": "string"}) for name in names}
    was, will = (Side(one.policy(), one.people(), tables) for one in (before, after))
    changes = [_named(one) for one in differences(was, will, at)]
    return changes, list(_privileged(before, after)), after.unknown


def _privileged(before: Held, after: Held) -> Iterator[Privileged]:
    for place in sorted({*before.given, *after.given}):
        one, other = before.given.get(place, {}), after.given.get(place, {})
        for who in sorted({*one, *other}):
            gains = tuple(sorted(other.get(who, set()) - one.get(who, set())))
            losses = tuple(sorted(one.get(who, set()) - other.get(who, set())))
            if gains or losses:
                yield Privileged(who, " ".join(place), gains, losses)


def _rule(who: str, on: str, privileges: set[str]) -> Iterator[Grant]:
    names = {*privileges, *(_ALL if privileges & {"ALL_PRIVILEGES"} else ())}
    can = frozenset().union(*(_MEANING.get(name, frozenset()) for name in names))
    if can:
        to = frozenset({f"user:{who}"})
        yield Grant("Unity Catalog", (on,), to, can, classes=EVERY_CLASS, grantable="MANAGE" in privileges)


def _place(one: Block, said: Block, unknown: Block) -> Place | None:
    """What is granted on; by the key of the `for_each` when its name comes with the apply."""
    for kind in SECURABLES:
        if said.get(kind):
            return kind, str(said[kind])
        if unknown.get(kind) and isinstance(one.get("index"), str):
            return kind, str(one["index"])
    return None


def _schema(kind: str, name: str) -> str:
    """`main.gold` of a schema, or of a table in it; "" of what is in none."""
    return {"schema": name, "table": name.rpartition(".")[0]}.get(kind, "")


def _spelled(privilege: str) -> str:
    return privilege.upper().replace(" ", "_")


def _key(name: str) -> str:
    """`main/gold.orders`: rules know databases and tables, and no catalogs."""
    schema, _, table = name.rpartition(".")
    return _table_of(schema, table)


def _table_of(schema: str, table: str) -> str:
    return f"{schema.replace('.', '/')}.{table}"


def _named(change: Change) -> Change:
    return Change(change.principal, change.table.replace("/", "."), change.privilege, change.gains, change.losses)
