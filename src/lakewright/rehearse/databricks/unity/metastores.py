"""Metastores and which workspaces they are assigned to: in the account's API and in the workspaces' own."""

from __future__ import annotations

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.account.workspaces import REGIONS, workspace_of
from lakewright.rehearse.databricks.faults import DatabricksFault, denied, invalid, missing, taken
from lakewright.rehearse.databricks.routes import Answered, Route, account, workspace
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.unity.kinds import CATALOG, CREDENTIAL, LOCATION, METASTORE
from lakewright.rehearse.databricks.unity.metastore import (
    ASSIGNMENT,
    Metastore,
    assigned_to,
    metastore_of,
    not_empty,
)
from lakewright.rehearse.databricks.world import ACCOUNT, Call, as_bool, metastore_scope, new_id, only, required

CHANGEABLE = (
    "owner", "delta_sharing_scope", "delta_sharing_recipient_token_lifetime_in_seconds", "external_access_enabled",
    "delta_sharing_organization_name", "storage_root_credential_id", "storage_root_credential_name",
    "default_data_access_config_id", "privilege_model_version",
)  # fmt: skip


def found_metastore(objects: Objects, key: str) -> Metastore:
    """Raises METASTORE_DOES_NOT_EXIST."""
    body = objects.get(METASTORE, ACCOUNT, key)
    if body is None:
        raise missing(f"Metastore '{key}' does not exist.", "METASTORE_DOES_NOT_EXIST")
    return Metastore(objects, body)


def create(call: Call, given: Body) -> Body:
    """One for each region. Its storage root may be left out: then catalogs bring their own."""
    call.needs_account_admin()
    (name,) = required(given, "name")
    region = given.get("region") or _region_of(call)
    if not region or region not in REGIONS:
        raise invalid(f"Region '{region}' is missing or not supported")
    others = call.objects.all(METASTORE, ACCOUNT)
    if any(one["region"] == region for one in others):
        text = f"This account with id {call.world.account_id} has reached the limit for metastores in region {region}."
        raise DatabricksFault("METASTORE_LIMIT_EXCEEDED", text, 400)
    if any(str(one["name"]).lower() == str(name).lower() for one in others):
        raise taken(f"Metastore '{name}' already exists", "METASTORE_ALREADY_EXISTS", 400)
    key, now = new_id(), call.world.now()
    body: Body = {
        "name": name,
        "region": region,
        "cloud": "aws",
        "metastore_id": key,
        "global_metastore_id": f"aws:{region}:{key}",
        "owner": call.caller.name,
        "privilege_model_version": "1.0",
        "delta_sharing_scope": "INTERNAL",
        "external_access_enabled": False,
        "created_at": now,
        "created_by": call.caller.name,
        "updated_at": now,
        "updated_by": call.caller.name,
        **only(given, "external_access_enabled"),
    }
    if root := str(given.get("storage_root") or ""):
        if not root.startswith("s3://"):
            raise invalid(f"Storage root '{root}' is no s3:// location")
        body["storage_root"] = f"{root.rstrip('/')}/{key}"
    call.objects.put(METASTORE, ACCOUNT, key, body, str(name))
    return body


def _region_of(call: Call) -> str:
    here = call.objects.get(WORKSPACE, ACCOUNT, str(call.workspace)) if call.workspace else None
    return str(here["aws_region"]) if here else ""


def update(call: Call, key: str, given: Body) -> Body:
    found = found_metastore(call.objects, key)
    _need_owner(call, found)
    body = found.body | only(given, *CHANGEABLE)
    if new := given.get("new_name") or (given.get("name") if given.get("name") != body["name"] else None):
        body["name"] = new
    if given.get("owner"):
        body["owner"] = checked_owner(call.objects, str(given["owner"]))
    if given.get("storage_root") and not _is_root(body, str(given["storage_root"])):
        raise invalid("The storage root of a metastore cannot be changed")
    if body.get("delta_sharing_scope") not in ("INTERNAL", "INTERNAL_AND_EXTERNAL"):
        raise invalid(f"Unknown delta_sharing_scope '{body.get('delta_sharing_scope')}'")
    if credential := body.get("storage_root_credential_id"):
        credentials = {one["id"]: one["name"] for one in found.all(CREDENTIAL)}
        if credential not in credentials:
            raise missing(f"Storage Credential '{credential}' does not exist.", "STORAGE_CREDENTIAL_DOES_NOT_EXIST")
        body["storage_root_credential_name"] = credentials[credential]
    body |= {"updated_at": call.world.now(), "updated_by": call.caller.name}
    call.objects.put(METASTORE, ACCOUNT, key, body, str(body["name"]))
    return body


def _is_root(body: Body, url: str) -> bool:
    """Whether a metastore's root was made from, or is, this place."""
    kept = str(body.get("storage_root", ""))
    return url.rstrip("/") in (kept, kept.rpartition("/")[0])


def _need_owner(call: Call, found: Metastore) -> None:
    subjects = principals.subjects_of(call.objects, call.caller.name)
    if not call.caller.is_account_admin and str(found.body["owner"]).lower() not in subjects:
        raise denied(f"User is not an owner of Metastore '{found.body['name']}'.")


def checked_owner(objects: Objects, name: str) -> str:
    """A principal's own spelling. Raises PRINCIPAL_DOES_NOT_EXIST."""
    found = principals.find(objects, name)
    if found is None:
        raise missing(f"Could not find principal with name {name}", "PRINCIPAL_DOES_NOT_EXIST")
    return found.name


def delete(call: Call, key: str) -> None:
    found = found_metastore(call.objects, key)
    _need_owner(call, found)
    catalogs = [one for one in found.all(CATALOG) if one["name"] != "system"]
    counts = {
        "catalog(s)": len(catalogs),
        "external location(s)": len(found.all(LOCATION)),
        "storage credential(s)": len(found.all(CREDENTIAL)),
        "assigned workspace(s)": len(workspaces_of(call.objects, key)),
    }
    if any(counts.values()) and not as_bool(call.query.get("force", call.body.get("force"))):
        raise not_empty(METASTORE, str(found.body["name"]), counts)
    for one in workspaces_of(call.objects, key):
        call.objects.delete(ASSIGNMENT, ACCOUNT, str(one))
    call.objects.forget(metastore_scope(key))
    call.objects.delete(METASTORE, ACCOUNT, key)


def workspaces_of(objects: Objects, key: str) -> list[int]:
    return [int(one["workspace_id"]) for one in objects.all(ASSIGNMENT, ACCOUNT) if one["metastore_id"] == key]


def assign(call: Call, workspace_id: str, metastore_id: str, given: Body, *, anew: bool) -> Body:
    """`anew`: there must be none yet. A workspace never changes its metastore: the assignment is removed first."""
    call.needs_account_admin()
    here = workspace_of(call, workspace_id)
    found = found_metastore(call.objects, metastore_id)
    if here["aws_region"] != found.body["region"]:
        raise invalid(
            f"Workspace {workspace_id} is in region {here['aws_region']}, "
            f"metastore '{found.body['name']}' in region {found.body['region']}"
        )
    old = call.objects.get(ASSIGNMENT, ACCOUNT, workspace_id)
    if old is not None and old["metastore_id"] != metastore_id:
        text = f"Workspace {workspace_id} is already assigned to metastore {old['metastore_id']}"
        raise DatabricksFault("INVALID_STATE", text, 409)
    if old is None and not anew:
        raise missing(f"No metastore is assigned to workspace {workspace_id}")
    default = given.get("default_catalog_name") or (old or {}).get("default_catalog_name") or "main"
    body: Body = {
        "workspace_id": int(workspace_id),
        "metastore_id": metastore_id,
        "default_catalog_name": default,
    }
    call.objects.put(ASSIGNMENT, ACCOUNT, workspace_id, body)
    return body


def unassign(call: Call, workspace_id: str, metastore_id: str | None) -> None:
    call.needs_account_admin()
    old = call.objects.get(ASSIGNMENT, ACCOUNT, workspace_id)
    if old is None or metastore_id not in (None, old["metastore_id"]):
        raise missing(f"Metastore {metastore_id} is not assigned to workspace {workspace_id}")
    call.objects.delete(ASSIGNMENT, ACCOUNT, workspace_id)


# ── the account's API ──


def _create(call: Call) -> Answered:
    return {"metastore_info": create(call, call.body.get("metastore_info") or {})}


def _get(call: Call) -> Answered:
    call.needs_account_admin()
    return {"metastore_info": found_metastore(call.objects, call["key"]).body}


def _list(call: Call) -> Answered:
    call.needs_account_admin()
    return {"metastores": call.objects.all(METASTORE, ACCOUNT)}


def _update(call: Call) -> Answered:
    return {"metastore_info": update(call, call["key"], call.body.get("metastore_info") or {})}


def _delete(call: Call) -> Answered:
    delete(call, call["key"])
    return {}


def _workspaces(call: Call) -> Answered:
    call.needs_account_admin()
    found_metastore(call.objects, call["key"])
    return {"workspace_ids": workspaces_of(call.objects, call["key"])}


def _assignment(call: Call) -> Answered:
    call.needs_account_admin()
    workspace_of(call, call["workspace"])
    body = call.objects.get(ASSIGNMENT, ACCOUNT, call["workspace"])
    if body is None:
        raise missing(f"No metastore is assigned to workspace {call['workspace']}")
    return {"metastore_assignment": body}


def _assign(call: Call) -> Answered:
    given = call.body.get("metastore_assignment") or {}
    assign(call, call["workspace"], str(given.get("metastore_id") or call["key"]), given, anew=True)
    return {}


def _reassign(call: Call) -> Answered:
    given = call.body.get("metastore_assignment") or {}
    assign(call, call["workspace"], str(given.get("metastore_id") or call["key"]), given, anew=False)
    return {}


def _unassign(call: Call) -> Answered:
    unassign(call, call["workspace"], call["key"])
    return {}


# ── the workspaces' API ──


def _here_create(call: Call) -> Answered:
    return create(call, call.body)


def _here_list(call: Call) -> Answered:
    call.needs_account_admin()
    return {"metastores": call.objects.all(METASTORE, ACCOUNT)}


def _here_get(call: Call) -> Answered:
    found = found_metastore(call.objects, call["key"])
    _need_owner(call, found)
    return found.body


def _here_update(call: Call) -> Answered:
    return update(call, call["key"], call.body)


def _summary(call: Call) -> Answered:
    return metastore_of(call).body


def _current(call: Call) -> Answered:
    metastore_of(call)
    return call.objects.get(ASSIGNMENT, ACCOUNT, str(call.here)) or {}


def _here_assign(call: Call) -> Answered:
    (key,) = required(call.body, "metastore_id")
    assign(call, call["workspace"], str(key), call.body, anew=True)
    return {}


def _here_reassign(call: Call) -> Answered:
    found = assigned_to(call.objects, int(call["workspace"]))
    key = str(call.body.get("metastore_id") or (found.id if found else ""))
    assign(call, call["workspace"], key, call.body, anew=False)
    return {}


def _here_unassign(call: Call) -> Answered:
    unassign(call, call["workspace"], call.query.get("metastore_id"))
    return {}


UNITY = "/api/2.1/unity-catalog"
ROUTES: tuple[Route, ...] = (
    account("POST", "/metastores", _create),
    account("GET", "/metastores", _list),
    account("GET", "/metastores/{key}", _get),
    account("PUT", "/metastores/{key}", _update),
    account("DELETE", "/metastores/{key}", _delete),
    account("GET", "/metastores/{key}/workspaces", _workspaces),
    account("GET", "/workspaces/{workspace}/metastore", _assignment),
    account("POST", "/workspaces/{workspace}/metastores/{key}", _assign),
    account("PUT", "/workspaces/{workspace}/metastores/{key}", _reassign),
    account("DELETE", "/workspaces/{workspace}/metastores/{key}", _unassign),
    workspace("POST", f"{UNITY}/metastores", _here_create),
    workspace("GET", f"{UNITY}/metastores", _here_list),
    workspace("GET", f"{UNITY}/metastores/{{key}}", _here_get),
    workspace("PATCH", f"{UNITY}/metastores/{{key}}", _here_update),
    workspace("DELETE", f"{UNITY}/metastores/{{key}}", _delete),
    workspace("GET", f"{UNITY}/metastore_summary", _summary),
    workspace("GET", f"{UNITY}/current-metastore-assignment", _current),
    workspace("PUT", f"{UNITY}/workspaces/{{workspace}}/metastore", _here_assign),
    workspace("PATCH", f"{UNITY}/workspaces/{{workspace}}/metastore", _here_reassign),
    workspace("DELETE", f"{UNITY}/workspaces/{{workspace}}/metastore", _here_unassign),
)
