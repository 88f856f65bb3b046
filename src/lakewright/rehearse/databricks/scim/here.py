"""The account's people as one workspace shows them, with entitlements; and the workspace's own groups."""

from __future__ import annotations

from functools import partial

from lakewright.rehearse.databricks import members, principals
from lakewright.rehearse.databricks.faults import ScimFault
from lakewright.rehearse.databricks.principals import GROUP, KINDS, SERVICE, USER
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, workspace
from lakewright.rehearse.databricks.scim import resources
from lakewright.rehearse.databricks.scim.patching import patched
from lakewright.rehearse.databricks.scim.resources import SHAPES
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.world import ACCOUNT, Call, only

SCIM = "/api/2.0/preview/scim/v2"
ENTITLEMENTS, LOCAL_GROUP = "entitlements", "workspace_group"
KNOWN = frozenset(
    [
        "allow-cluster-create",
        "allow-instance-pool-create",
        "databricks-sql-access",
        "workspace-access",
        "workspace-consume",
    ]
)
ADMINS, USERS = "admins", "users"


def _need_admin(call: Call) -> None:
    if not members.is_admin(call.objects, call.here, call.caller):
        raise ScimFault("Only workspace admins can perform this operation", 403)


def entitlements_of(call: Call, key: str) -> list[Body]:
    body = call.objects.get(ENTITLEMENTS, call.scope, key)
    return list(body["entitlements"]) if body else []


def _set_entitlements(call: Call, key: str, given: list[Body]) -> None:
    for one in given:
        if one.get("value") not in KNOWN:
            raise ScimFault(f"Unknown entitlement '{one.get('value')}'", 400, "invalidValue")
    call.objects.put(ENTITLEMENTS, call.scope, key, {"entitlements": [{"value": one["value"]} for one in given]})


def _shown(call: Call, kind: str, body: Body) -> Body:
    entitlements = entitlements_of(call, str(body["id"]))
    return resources.shown(call.objects, kind, body) | ({"entitlements": entitlements} if entitlements else {})


def _here(call: Call, kind: str) -> list[Body]:
    """Who of the account is in this workspace."""
    found = [one for one in call.objects.all(kind, ACCOUNT) if _is_in(call, str(one["id"]))]
    return [_shown(call, kind, one) for one in found]


def _is_in(call: Call, key: str) -> bool:
    return bool(members.permissions_of(call.objects, call.here, key))


def _create(kind: str, call: Call) -> Answered:
    """People become the account's, and members of this workspace. Groups made here are the workspace's own."""
    _need_admin(call)
    if kind == GROUP:
        return _local_shown(call, _create_local(call))
    known = call.objects.named(kind, ACCOUNT, str(call.body.get(SHAPES[kind].name) or ""))
    if known is not None and not _is_in(call, str(known["id"])):
        body = known
    else:
        body = resources.create(call.objects, kind, call.body)
    members.assign(call.objects, call.here, str(body["id"]), [members.USER])
    _set_entitlements(call, str(body["id"]), call.body.get("entitlements") or [])
    return _shown(call, kind, body)


def _list(kind: str, call: Call) -> Answered:
    found = _here(call, kind)
    if kind == GROUP:
        found += [_local_shown(call, one) for one in _local_groups(call)]
    if text := call.query.get("filter"):
        found = [one for one in found if resources.fits(one, text)]
    return resources.page(call, found)


def _get(kind: str, call: Call) -> Answered:
    if kind == GROUP and (local := _local(call, call["key"])) is not None:
        return _local_shown(call, local)
    body = resources.resource(call.objects, kind, call["key"])
    if not _is_in(call, call["key"]):
        raise ScimFault(f"{kind} with id {call['key']} not found in this workspace.", 404)
    return _shown(call, kind, body)


def _patch(kind: str, call: Call) -> Answered:
    _need_admin(call)
    key = call["key"]
    operations = call.body.get("Operations") or call.body.get("operations") or []
    if kind == GROUP and (local := _local(call, key)) is not None:
        return _change_local(call, local, operations)
    body = resources.resource(call.objects, kind, key)
    changed = patched(body | {"entitlements": entitlements_of(call, key)}, operations)
    _set_entitlements(call, key, changed.pop("entitlements", []))
    if changed != body:
        if kind == GROUP:
            raise ScimFault("Groups of the account are changed in the account", 403)
        body = resources.replace(call.objects, kind, key, changed)
    return _shown(call, kind, body)


def _put(kind: str, call: Call) -> Answered:
    _need_admin(call)
    key = call["key"]
    if kind == GROUP and (local := _local(call, key)) is not None:
        operations = [{"op": "replace", "value": only(call.body, "displayName", "members")}]
        return _change_local(call, local, operations)
    _set_entitlements(call, key, call.body.get("entitlements") or [])
    body = resources.resource(call.objects, kind, key)
    if kind != GROUP:
        body = resources.replace(call.objects, kind, key, call.body)
    return _shown(call, kind, body)


def _delete(kind: str, call: Call) -> Raw:
    """Somebody leaves this workspace, and stays in the account."""
    _need_admin(call)
    key = call["key"]
    if kind == GROUP and (local := _local(call, key)) is not None:
        if local["displayName"] in (ADMINS, USERS):
            raise ScimFault(f"The group {local['displayName']} cannot be deleted", 400, "invalidValue")
        call.objects.delete(LOCAL_GROUP, call.scope, key)
        return Raw(b"", status=204)
    resources.resource(call.objects, kind, key)
    call.objects.delete(members.ASSIGNMENT, call.scope, key)
    call.objects.delete(ENTITLEMENTS, call.scope, key)
    return Raw(b"", status=204)


# ── the workspace's own groups ──


def _system(call: Call) -> list[Body]:
    """`admins` and `users`: they follow from who is assigned to the workspace."""
    found = []
    for number, name in enumerate((ADMINS, USERS)):
        wanted = members.ADMIN if name == ADMINS else None
        inside = [
            {"value": str(one["principal_id"])}
            for one in call.objects.all(members.ASSIGNMENT, call.scope)
            if wanted is None or wanted in one["permissions"]
        ]
        found.append({"id": f"{call.here}{number}", "displayName": name, "members": inside})
    return found


def _local_groups(call: Call) -> list[Body]:
    return [*_system(call), *call.objects.all(LOCAL_GROUP, call.scope)]


def _local(call: Call, key: str) -> Body | None:
    return next((one for one in _local_groups(call) if one["id"] == key), None)


def _local_shown(call: Call, body: Body) -> Body:
    inside = []
    for one in body.get("members") or ():
        found = principals.by_id(call.objects, str(one["value"]))
        if found is not None:
            inside.append({"value": found.id, "display": found.name, "$ref": f"{SHAPES[found.kind].path}/{found.id}"})
    entitlements = entitlements_of(call, str(body["id"]))
    schemas, meta = [SHAPES[GROUP].schema], {"resourceType": "WorkspaceGroup"}
    found_body = {**body, "schemas": schemas, "meta": meta, "members": inside, "entitlements": entitlements}
    return {name: value for name, value in found_body.items() if value != []}


def _create_local(call: Call) -> Body:
    name = str(call.body.get("displayName") or "")
    taken = any(str(one["displayName"]).lower() == name.lower() for one in _local_groups(call))
    if not name or taken or call.objects.named(GROUP, ACCOUNT, name) is not None:
        raise ScimFault(f"Group with name {name} already exists.", 409, "uniqueness")
    key = str(call.objects.next("principal", principals.FIRST_ID))
    body: Body = {"id": key, **only(call.body, "displayName", "members", "externalId")}
    call.objects.put(LOCAL_GROUP, call.scope, key, body, name)
    _set_entitlements(call, key, call.body.get("entitlements") or [])
    return body


def _change_local(call: Call, body: Body, operations: list[Body]) -> Answered:
    changed = patched(body | {"entitlements": entitlements_of(call, str(body["id"]))}, operations)
    _set_entitlements(call, str(body["id"]), changed.pop("entitlements", []))
    if body["displayName"] in (ADMINS, USERS):
        _assign(call, body, changed)
        return _local_shown(call, _local(call, str(body["id"])) or body)
    call.objects.put(LOCAL_GROUP, call.scope, str(body["id"]), changed, str(changed["displayName"]))
    return _local_shown(call, changed)


def _assign(call: Call, before: Body, after: Body) -> None:
    """Members of `admins` are the workspace's administrators."""
    old, new = set(principals.member_ids(before)), set(principals.member_ids(after))
    permission = members.ADMIN if before["displayName"] == ADMINS else members.USER
    for key in new - old:
        members.assign(call.objects, call.here, key, [permission])
    for key in old - new:
        members.assign(call.objects, call.here, key, [members.USER])


def _me(call: Call) -> Answered:
    found = principals.by_id(call.objects, call.caller.id)
    kind = found.kind if found is not None else USER
    body = _shown(call, kind, resources.resource(call.objects, kind, call.caller.id))
    return {"userName": call.caller.name, **body} if kind == SERVICE else body


ROUTES: tuple[Route, ...] = (
    workspace("GET", f"{SCIM}/Me", _me),
    *(
        route
        for kind in KINDS
        for path in [SHAPES[kind].path]
        for route in (
            workspace("POST", f"{SCIM}/{path}", partial(_create, kind)),
            workspace("GET", f"{SCIM}/{path}", partial(_list, kind)),
            workspace("GET", f"{SCIM}/{path}/{{key}}", partial(_get, kind)),
            workspace("PATCH", f"{SCIM}/{path}/{{key}}", partial(_patch, kind)),
            workspace("PUT", f"{SCIM}/{path}/{{key}}", partial(_put, kind)),
            workspace("DELETE", f"{SCIM}/{path}/{{key}}", partial(_delete, kind)),
        )
    ),
)
