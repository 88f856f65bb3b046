"""Users, groups and service principals of the account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from lakewright.rehearse.databricks import members, principals
from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.faults import ScimFault
from lakewright.rehearse.databricks.principals import EVERYBODY, GROUP, SERVICE, USER
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, account
from lakewright.rehearse.databricks.scim.patching import patched
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.tokens import SECRET
from lakewright.rehearse.databricks.world import ACCOUNT, Call, new_id, only, workspace_scope

_MAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FILTER = re.compile(r'\s*([A-Za-z.]+)\s+(eq|sw|co|ne)\s+(?:"([^"]*)"|([^\s"]+))\s*', re.IGNORECASE)
LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MOST_NAME = 255


@dataclass(frozen=True)
class Shape:
    """One type of SCIM resource: its path, the attribute that names it, what it keeps."""

    kind: str
    path: str
    schema: str
    name: str
    kept: tuple[str, ...]


SHAPES = {
    USER: Shape(
        USER, "Users", "urn:ietf:params:scim:schemas:core:2.0:User", "userName",
        ("userName", "displayName", "name", "emails", "active", "roles", "externalId"),
    ),
    GROUP: Shape(
        GROUP, "Groups", "urn:ietf:params:scim:schemas:core:2.0:Group", "displayName",
        ("displayName", "members", "roles", "externalId"),
    ),
    SERVICE: Shape(
        SERVICE, "ServicePrincipals", "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal", "applicationId",
        ("displayName", "active", "roles", "externalId"),
    ),
}  # fmt: skip


def create(objects: Objects, kind: str, given: Body) -> Body:
    """A new principal of the account. Raises ScimFault: no e-mail, a name that is taken, unknown members."""
    shape = SHAPES[kind]
    body = only(given, *shape.kept)
    if kind == SERVICE:
        body["applicationId"] = given.get("applicationId") or new_id()
        body.setdefault("displayName", body["applicationId"])
    if kind != GROUP:
        body.setdefault("active", True)
    key = str(objects.next("principal", principals.FIRST_ID))
    body = {"id": key, "schemas": [shape.schema], **body}
    _check(objects, shape, body)
    _put(objects, shape, body)
    return body


def _put(objects: Objects, shape: Shape, body: Body) -> None:
    objects.put(shape.kind, ACCOUNT, str(body["id"]), body, str(body[shape.name]))


def _check(objects: Objects, shape: Shape, body: Body) -> None:
    name = str(body.get(shape.name) or "")
    if not name or len(name) > MOST_NAME:
        raise ScimFault(f"{shape.name} is missing or too long", 400, "invalidValue")
    if shape.kind == USER and not _MAIL.fullmatch(name):
        raise ScimFault(f"Invalid userName '{name}': it must be an email address", 400, "invalidValue")
    if shape.kind == GROUP and name.lower() in (EVERYBODY, "admins", "users"):
        raise ScimFault(f"The group name '{name}' is reserved", 400, "invalidValue")
    other = objects.named(shape.kind, ACCOUNT, name)
    if other is not None and other["id"] != body["id"]:
        noun = {USER: "User", GROUP: "Group", SERVICE: "Service principal"}[shape.kind]
        raise ScimFault(f"{noun} with {shape.name} {name} already exists.", 409, "uniqueness")
    if shape.kind == GROUP:
        body["members"] = [_member(objects, str(body["id"]), str(one["value"])) for one in body.get("members") or ()]


def _member(objects: Objects, group: str, key: str) -> Body:
    found = principals.by_id(objects, key)
    if found is None:
        raise ScimFault(f"Principal with id {key} does not exist", 404)
    if key == group or group in principals.groups_of(objects, group) or _contains(objects, key, group):
        raise ScimFault("A group cannot be a member of itself", 400, "invalidValue")
    return {"value": key, "display": found.name, "$ref": f"{SHAPES[found.kind].path}/{key}"}


def _contains(objects: Objects, outer: str, inner: str) -> bool:
    return outer in principals.groups_of(objects, inner)


def resource(objects: Objects, kind: str, key: str) -> Body:
    """Raises ScimFault 404."""
    body = objects.get(kind, ACCOUNT, key)
    if body is None:
        noun = {USER: "User", GROUP: "Group", SERVICE: "Service principal"}[kind]
        raise ScimFault(f"{noun} with id {key} not found.", 404)
    return body


def shown(objects: Objects, kind: str, body: Body) -> Body:
    """As the account shows it: people with their groups."""
    found = dict(body)
    found["meta"] = {"resourceType": SHAPES[kind].path.removesuffix("s")}
    if kind == USER:
        found.setdefault("emails", [{"type": "work", "value": body["userName"], "primary": True}])
    if kind != GROUP:
        direct = [one for one in objects.all(GROUP, ACCOUNT) if str(body["id"]) in principals.member_ids(one)]
        found["groups"] = [
            {"value": one["id"], "display": one["displayName"], "type": "direct", "$ref": f"Groups/{one['id']}"}
            for one in direct
        ]
    return {name: value for name, value in found.items() if value not in ([], None)}


def fits(body: Body, text: str) -> bool:
    """Whether a filter (`userName eq "a@b.c"`, parts joined by `and`) holds."""
    return all(_fits(body, part) for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE))


def _fits(body: Body, text: str) -> bool:
    parsed = _FILTER.fullmatch(text)
    if parsed is None:
        raise ScimFault(f"Unsupported filter '{text}'", 400, "invalidFilter")
    name, op = parsed[1], parsed[2].lower()
    wanted = (parsed[3] if parsed[3] is not None else parsed[4] or "").lower()
    attribute = next((key for key in body if key.lower() == name.lower()), name)
    value = str(body.get(attribute, "")).lower()
    return {
        "eq": value == wanted,
        "ne": value != wanted,
        "sw": value.startswith(wanted),
        "co": wanted in value,
    }[op]


def page(call: Call, found: list[Body]) -> Body:
    """A page of a list; counting begins at 1."""
    first = max(int(call.query.get("startIndex") or 1), 1)
    count = int(call.query.get("count") or 10_000)
    some = found[first - 1 : first - 1 + count]
    return {
        "schemas": [LIST_SCHEMA],
        "totalResults": len(found),
        "startIndex": first,
        "itemsPerPage": len(some),
        "Resources": some,
    }


def change(objects: Objects, kind: str, key: str, operations: list[Any]) -> Body:
    body = patched(resource(objects, kind, key), operations)
    _check(objects, SHAPES[kind], body)
    _put(objects, SHAPES[kind], body)
    return body


def replace(objects: Objects, kind: str, key: str, given: Body) -> Body:
    shape = SHAPES[kind]
    old = resource(objects, kind, key)
    body: Body = {name: old[name] for name in ("id", "schemas", "applicationId", "userName") if name in old}
    body |= only(given, *shape.kept)
    if kind != GROUP:
        body.setdefault("active", old.get("active", True))
    _check(objects, shape, body)
    _put(objects, shape, body)
    return body


def remove(objects: Objects, kind: str, key: str) -> None:
    """A principal with its memberships, secrets and places in workspaces; what was granted to it stays behind."""
    resource(objects, kind, key)
    objects.delete(kind, ACCOUNT, key)
    for group in objects.all(GROUP, ACCOUNT):
        if key in principals.member_ids(group):
            group["members"] = [one for one in group["members"] if str(one["value"]) != key]
            _put(objects, SHAPES[GROUP], group)
    for secret in objects.all(SECRET, ACCOUNT):
        if secret["principal"] == key:
            objects.delete(SECRET, ACCOUNT, secret["id"])
    for workspace in objects.all(WORKSPACE, ACCOUNT):
        objects.delete(members.ASSIGNMENT, workspace_scope(workspace["workspace_id"]), key)


# ── routes ──


def _create(kind: str, call: Call) -> Answered:
    call.needs_account_admin()
    return shown(call.objects, kind, create(call.objects, kind, call.body))


def _list(kind: str, call: Call) -> Answered:
    call.needs_account_admin()
    found = [shown(call.objects, kind, one) for one in call.objects.all(kind, ACCOUNT)]
    if text := call.query.get("filter"):
        found = [one for one in found if fits(one, text)]
    return page(call, found)


def _get(kind: str, call: Call) -> Answered:
    call.needs_account_admin()
    return shown(call.objects, kind, resource(call.objects, kind, call["key"]))


def _patch(kind: str, call: Call) -> Answered:
    call.needs_account_admin()
    operations = call.body.get("Operations") or call.body.get("operations") or []
    return shown(call.objects, kind, change(call.objects, kind, call["key"], operations))


def _put_resource(kind: str, call: Call) -> Answered:
    call.needs_account_admin()
    return shown(call.objects, kind, replace(call.objects, kind, call["key"], call.body))


def _delete(kind: str, call: Call) -> Raw:
    call.needs_account_admin()
    if call["key"] == call.caller.id:
        raise ScimFault("You cannot delete yourself", 400, "invalidValue")
    remove(call.objects, kind, call["key"])
    return Raw(b"", status=204)


ROUTES: tuple[Route, ...] = tuple(
    route
    for kind, shape in SHAPES.items()
    for route in (
        account("POST", f"/scim/v2/{shape.path}", partial(_create, kind)),
        account("GET", f"/scim/v2/{shape.path}", partial(_list, kind)),
        account("GET", f"/scim/v2/{shape.path}/{{key}}", partial(_get, kind)),
        account("PATCH", f"/scim/v2/{shape.path}/{{key}}", partial(_patch, kind)),
        account("PUT", f"/scim/v2/{shape.path}/{{key}}", partial(_put_resource, kind)),
        account("DELETE", f"/scim/v2/{shape.path}/{{key}}", partial(_delete, kind)),
    )
)
