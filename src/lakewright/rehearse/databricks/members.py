"""Who is in which workspace, and as what: the account's permission assignments."""

from __future__ import annotations

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.world import Caller, workspace_scope

ASSIGNMENT = "permission_assignment"
ADMIN, USER = "ADMIN", "USER"


def assign(objects: Objects, workspace: int, principal: str, permissions: list[str]) -> Body:
    """Puts a principal (by SCIM id) into a workspace."""
    body: Body = {"principal_id": int(principal), "permissions": permissions}
    objects.put(ASSIGNMENT, workspace_scope(workspace), principal, body)
    return body


def permissions_of(objects: Objects, workspace: int, principal: str) -> frozenset[str]:
    """What somebody is in a workspace, through groups too."""
    found: set[str] = set()
    for key in (principal, *principals.groups_of(objects, principal)):
        body = objects.get(ASSIGNMENT, workspace_scope(workspace), key)
        found |= set(body["permissions"] if body else ())
    return frozenset(found)


def may_enter(objects: Objects, workspace: int, caller: Caller) -> bool:
    return bool(permissions_of(objects, workspace, caller.id))


def is_admin(objects: Objects, workspace: int, caller: Caller) -> bool:
    return ADMIN in permissions_of(objects, workspace, caller.id)
