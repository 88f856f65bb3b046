"""Users, groups and service principals of the account: who they are, and of which groups.

The objects are SCIM's; here is only what the rest of the service must know of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.world import ACCOUNT

USER, GROUP, SERVICE = "user", "group", "service_principal"
KINDS = (USER, GROUP, SERVICE)
EVERYBODY = "account users"
"""The group of all who are in the account; it is always there."""
ADMIN = "account_admin"
FIRST_ID = 4_000_000_000_001


@dataclass(frozen=True)
class Found:
    """A principal by what grants call it: e-mail, application id or a group's name."""

    kind: str
    id: str
    name: str


def name_of(kind: str, body: Body) -> str:
    """What grants call it."""
    return str(body[{USER: "userName", GROUP: "displayName", SERVICE: "applicationId"}[kind]])


def find(objects: Objects, name: str) -> Found | None:
    """The principal that a grant means by a name."""
    if name.lower() == EVERYBODY:
        return Found(GROUP, EVERYBODY, EVERYBODY)
    for kind in KINDS:
        body = objects.named(kind, ACCOUNT, name)
        if body is not None:
            return Found(kind, str(body["id"]), name_of(kind, body))
    return None


def by_id(objects: Objects, key: str) -> Found | None:
    for kind in KINDS:
        body = objects.get(kind, ACCOUNT, key)
        if body is not None:
            return Found(kind, key, name_of(kind, body))
    return None


def member_ids(group: Body) -> list[str]:
    return [str(one["value"]) for one in group.get("members") or ()]


def groups_of(objects: Objects, key: str) -> dict[str, str]:
    """Id → name of the groups that somebody is in, through others too; without the group of everybody."""
    groups = objects.all(GROUP, ACCOUNT)
    found: dict[str, str] = {}
    waiting = [key]
    while waiting:
        member = waiting.pop()
        for group in groups:
            if group["id"] not in found and member in member_ids(group):
                found[str(group["id"])] = str(group["displayName"])
                waiting.append(str(group["id"]))
    return found


def subjects_of(objects: Objects, name: str) -> frozenset[str]:
    """The names by which grants reach somebody: the own one, each group's, everybody's. Lower case."""
    found = find(objects, name)
    if found is None:
        return frozenset()
    groups = groups_of(objects, found.id)
    return frozenset({found.name.lower(), EVERYBODY, *(one.lower() for one in groups.values())})


def has_role(objects: Objects, key: str, role: str) -> bool:
    """Whether somebody has a role of the account, by itself or through a group."""
    keys = [key, *groups_of(objects, key)]
    bodies = (objects.get(kind, ACCOUNT, one) for one in keys for kind in KINDS)
    return any(role in _roles(body) for body in bodies if body is not None)


def _roles(body: Body) -> Iterator[Any]:
    return (one.get("value") for one in body.get("roles") or ())


def people(objects: Objects) -> list[Found]:
    """All users and service principals."""
    return [
        Found(kind, str(body["id"]), name_of(kind, body))
        for kind in (USER, SERVICE)
        for body in objects.all(kind, ACCOUNT)
    ]
