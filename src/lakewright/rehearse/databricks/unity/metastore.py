"""One metastore as a request sees it: its securables by full name, and who owns what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.databricks.faults import DatabricksFault, missing, taken
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.unity.kinds import CATALOG, CONTENTS, KINDS, METASTORE, SCHEMA, Kind
from lakewright.rehearse.databricks.world import ACCOUNT, Call, metastore_scope, new_id

ASSIGNMENT = "metastore_assignment"
GRANTS, BINDINGS = "grants", "bindings"
SYSTEM_SCHEMA = "information_schema"


@dataclass(frozen=True)
class Metastore:
    """`body` is the metastore's own object."""

    objects: Objects
    body: Body

    @property
    def id(self) -> str:
        return str(self.body["metastore_id"])

    @property
    def scope(self) -> str:
        return metastore_scope(self.id)

    def find(self, kind: str, name: str) -> Body | None:
        if kind == METASTORE:
            return self.body if name.lower() in (self.id, str(self.body["name"]).lower()) else None
        return self.objects.get(kind, self.scope, name.lower())

    def get(self, kind: str, name: str) -> Body:
        """Raises CATALOG_DOES_NOT_EXIST and the like."""
        found = self.find(kind, name)
        if found is None:
            shape = KINDS[kind]
            raise missing(f"{shape.noun} '{name}' does not exist.", f"{shape.code}_DOES_NOT_EXIST")
        return found

    def all(self, kind: str) -> list[Body]:
        return self.objects.all(kind, self.scope)

    def inside(self, kind: str, parent: str) -> list[Body]:
        """What of a kind a container holds directly."""
        return [one for one in self.all(kind) if one["full_name"].rpartition(".")[0] == parent.lower()]

    def put(self, kind: str, body: Body) -> None:
        if kind == METASTORE:
            self.objects.put(METASTORE, ACCOUNT, self.id, body, str(body["name"]))
        else:
            self.objects.put(kind, self.scope, body["full_name"], body, body["full_name"])

    def must_be_new(self, kind: Kind, name: str) -> None:
        if self.find(kind.name, name) is not None:
            raise taken(f"{kind.noun} '{name}' already exists", f"{kind.code}_ALREADY_EXISTS", 400)

    def remove(self, kind: str, name: str) -> None:
        """An object with its grants and bindings, and with all that it contains."""
        if kind == CATALOG:
            for schema in self.inside(SCHEMA, name):
                self.remove(SCHEMA, schema["full_name"])
        if kind == SCHEMA:
            for content in CONTENTS:
                for one in self.inside(content, name):
                    self.remove(content, one["full_name"])
        self.objects.delete(kind, self.scope, name.lower())
        for beside in (GRANTS, BINDINGS):
            self.objects.delete(beside, self.scope, key_of(kind, name))

    def rename(self, kind: str, old: str, new: str) -> None:
        """Gives an object another full name, with its contents, grants and bindings."""
        old, new = old.lower(), new.lower()
        self.must_be_new(KINDS[kind], new)
        children = {CATALOG: (SCHEMA,), SCHEMA: CONTENTS}.get(kind, ())
        for child in children:
            for one in self.inside(child, old):
                self.rename(child, one["full_name"], f"{new}.{one['name']}")
        body = self.get(kind, old)
        self.objects.delete(kind, self.scope, old)
        parts = new.split(".")
        body |= {"name": parts[-1], "full_name": new}
        body |= {"catalog_name": parts[0]} if len(parts) > 1 else {}
        body |= {"schema_name": parts[1]} if len(parts) > 2 else {}
        self.put(kind, body)
        for beside in (GRANTS, BINDINGS):
            kept = self.objects.get(beside, self.scope, key_of(kind, old))
            if kept is not None:
                self.objects.delete(beside, self.scope, key_of(kind, old))
                self.objects.put(beside, self.scope, key_of(kind, new), kept)

    def chain(self, kind: str, name: str) -> list[tuple[str, str]]:
        """The object and its containers, the metastore last."""
        found: list[tuple[str, str]] = []
        current: str | None = kind
        rest = name.lower()
        while current is not None and current != METASTORE:
            found.append((current, rest))
            current, rest = KINDS[current].parent, rest.rpartition(".")[0]
        return [*found, (METASTORE, self.id)]

    def granted(self, kind: str, name: str) -> dict[str, list[str]]:
        """Principal → privileges that were granted on this very object."""
        body = self.objects.get(GRANTS, self.scope, key_of(kind, self.id if kind == METASTORE else name))
        return dict(body["granted"]) if body else {}

    def set_granted(self, kind: str, name: str, granted: dict[str, list[str]]) -> None:
        key = key_of(kind, self.id if kind == METASTORE else name)
        kept = {principal: privileges for principal, privileges in granted.items() if privileges}
        self.objects.put(GRANTS, self.scope, key, {"granted": kept})


def key_of(kind: str, name: str) -> str:
    return f"{kind}:{name.lower()}"


def assigned_to(objects: Objects, workspace: int) -> Metastore | None:
    """A workspace's metastore."""
    assignment = objects.get(ASSIGNMENT, ACCOUNT, str(workspace))
    body = None if assignment is None else objects.get(METASTORE, ACCOUNT, assignment["metastore_id"])
    return None if body is None else Metastore(objects, body)


def metastore_of(call: Call) -> Metastore:
    """The metastore of the calling workspace. Raises METASTORE_DOES_NOT_EXIST."""
    found = assigned_to(call.objects, call.here)
    if found is None:
        raise missing("No metastore assigned for the current workspace.", "METASTORE_DOES_NOT_EXIST")
    return found


def made(call: Call, metastore: Metastore, kind: Kind, name: str, **more: Any) -> Body:
    """A new object's common fields."""
    now = call.world.now()
    found: Body = {"name": name.rpartition(".")[2], "full_name": name, "metastore_id": metastore.id}
    return found | {
        "owner": call.caller.name,
        "created_at": now,
        "created_by": call.caller.name,
        "updated_at": now,
        "updated_by": call.caller.name,
        "securable_type": kind.securable,
        **({"comment": call.body["comment"]} if call.body.get("comment") else {}),
        **more,
    }


def fresh_id() -> str:
    return new_id()


def not_empty(kind: str, name: str, counts: dict[str, int]) -> DatabricksFault:
    """The refusal to delete a container."""
    said = ", ".join(f"{count} {noun}" for noun, count in counts.items())
    noun = KINDS[kind].noun
    text = f"{noun} '{name}' is not empty. The {noun.lower()} has {said}"
    return DatabricksFault(f"{KINDS[kind].code}_NOT_EMPTY", text, 400)
