"""Secrets of service principals, and who is in which workspace."""

from __future__ import annotations

from datetime import UTC, datetime

from lakewright.rehearse.databricks import members, principals
from lakewright.rehearse.databricks.account.workspaces import workspace_of
from lakewright.rehearse.databricks.faults import DatabricksFault, denied, invalid, missing
from lakewright.rehearse.databricks.principals import GROUP, SERVICE, USER
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, account, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.tokens import SECRET, digest, new_secret
from lakewright.rehearse.databricks.unity.metastore import ASSIGNMENT as METASTORE_ASSIGNMENT
from lakewright.rehearse.databricks.world import ACCOUNT, Call, hex_id, workspace_scope

MOST_SECRETS = 5
LIFETIME = 730 * 86_400


def _seconds(text: object) -> int:
    """`63072000s` as seconds."""
    found = str(text or "").removesuffix("s")
    if not found:
        return LIFETIME
    if not found.isdigit() or not 0 < int(found) <= LIFETIME:
        raise invalid(f"Invalid lifetime '{text}': at most {LIFETIME}s")
    return int(found)


def _principal(call: Call) -> str:
    key = call["principal"]
    if call.objects.get(SERVICE, ACCOUNT, key) is None:
        raise missing(f"Service principal {key} does not exist")
    if not call.caller.is_account_admin and call.caller.id != key:
        is_here = call.workspace is not None and members.is_admin(call.objects, call.workspace, call.caller)
        if not is_here:
            raise denied("Only account admins and managers of a service principal can manage its secrets")
    return key


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _create(call: Call) -> Answered:
    key = _principal(call)
    if len(_of(call, key)) >= MOST_SECRETS:
        text = f"Service principal {key} has {MOST_SECRETS} secrets already, and can have no more"
        raise DatabricksFault("RESOURCE_EXHAUSTED", text, 400)
    secret, now = new_secret(), call.world.clock()
    until = now + _seconds(call.body.get("lifetime"))
    body: Body = {"id": hex_id(32), "principal": key, "hash": digest(secret), "made": now, "until": until}
    call.objects.put(SECRET, ACCOUNT, body["id"], body)
    return _shown(body) | {"secret": secret}


def _of(call: Call, key: str) -> list[Body]:
    now = call.world.clock()
    return [one for one in call.objects.all(SECRET, ACCOUNT) if one["principal"] == key and one["until"] > now]


def _shown(body: Body) -> Body:
    return {
        "id": body["id"],
        "secret_hash": body["hash"],
        "status": "ACTIVE",
        "create_time": _time(body["made"]),
        "update_time": _time(body["made"]),
        "expire_time": _time(body["until"]),
    }


def _list(call: Call) -> Answered:
    return {"secrets": [_shown(one) for one in _of(call, _principal(call))]}


def _delete(call: Call) -> Answered:
    key = _principal(call)
    found = call.objects.get(SECRET, ACCOUNT, call["secret"])
    if found is None or found["principal"] != key:
        raise missing(f"Secret {call['secret']} does not exist")
    call.objects.delete(SECRET, ACCOUNT, call["secret"])
    return {}


# ── workspaces' members ──


def _workspace(call: Call) -> int:
    call.needs_account_admin()
    body = workspace_of(call, call["workspace"])
    if call.objects.get(METASTORE_ASSIGNMENT, ACCOUNT, call["workspace"]) is None:
        raise DatabricksFault("FAILED_PRECONDITION", "Permission assignment APIs are not available for this workspace")
    return int(body["workspace_id"])


def _assignment(call: Call, body: Body) -> Body:
    found = principals.by_id(call.objects, str(body["principal_id"]))
    principal: Body = {"principal_id": body["principal_id"]}
    if found is not None:
        field = {USER: "user_name", GROUP: "group_name", SERVICE: "service_principal_name"}[found.kind]
        principal |= {field: found.name, "display_name": found.name}
    return {"principal": principal, "permissions": body["permissions"]}


def _assign(call: Call) -> Answered:
    key = _workspace(call)
    permissions = list(call.body.get("permissions") or ())
    if unknown := set(permissions) - {members.ADMIN, members.USER}:
        raise invalid(f"Unknown workspace permission: {', '.join(sorted(map(str, unknown)))}")
    found = principals.by_id(call.objects, call["principal"])
    if found is None:
        raise missing(f"Principal {call['principal']} does not exist", "PRINCIPAL_DOES_NOT_EXIST")
    if not permissions:
        call.objects.delete(members.ASSIGNMENT, workspace_scope(key), call["principal"])
        return _assignment(call, {"principal_id": int(call["principal"]), "permissions": []})
    return _assignment(call, members.assign(call.objects, key, call["principal"], permissions))


def _assigned(call: Call) -> Answered:
    found = call.objects.all(members.ASSIGNMENT, workspace_scope(_workspace(call)))
    return {"permission_assignments": [_assignment(call, one) for one in found]}


def _unassign(call: Call) -> Raw | Answered:
    key = _workspace(call)
    if not call.objects.delete(members.ASSIGNMENT, workspace_scope(key), call["principal"]):
        raise missing(f"Principal {call['principal']} is not assigned to workspace {key}")
    return {}


def _permissions(call: Call) -> Answered:
    _workspace(call)
    return {
        "permissions": [
            {"permission_level": members.USER, "description": "Can use the workspace"},
            {"permission_level": members.ADMIN, "description": "Can administer the workspace"},
        ]
    }


SECRETS = "servicePrincipals/{principal}/credentials/secrets"
PLACES = "/workspaces/{workspace}/permissionassignments"
ROUTES: tuple[Route, ...] = (
    account("POST", f"/{SECRETS}", _create),
    account("GET", f"/{SECRETS}", _list),
    account("DELETE", f"/{SECRETS}/{{secret}}", _delete),
    workspace("POST", f"/api/2.0/accounts/{SECRETS}", _create),
    workspace("GET", f"/api/2.0/accounts/{SECRETS}", _list),
    workspace("DELETE", f"/api/2.0/accounts/{SECRETS}/{{secret}}", _delete),
    account("GET", PLACES, _assigned),
    account("GET", f"{PLACES}/permissions", _permissions),
    account("PUT", f"{PLACES}/principals/{{principal}}", _assign),
    account("DELETE", f"{PLACES}/principals/{{principal}}", _unassign),
)
