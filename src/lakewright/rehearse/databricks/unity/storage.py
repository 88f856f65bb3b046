"""Storage credentials and external locations."""

from __future__ import annotations

import re
from functools import partial

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid
from lakewright.rehearse.databricks.routes import Answered, Route, account, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.bound import READ_WRITE, is_isolated, set_bindings
from lakewright.rehearse.databricks.unity.kinds import (
    CATALOG,
    CREDENTIAL,
    KINDS,
    LOCATION,
    METASTORE,
    SCHEMA,
    TABLE,
    VOLUME,
    checked_name,
)
from lakewright.rehearse.databricks.unity.metastore import Metastore, fresh_id, made, metastore_of
from lakewright.rehearse.databricks.unity.metastores import UNITY, checked_owner, found_metastore
from lakewright.rehearse.databricks.unity.rights import Rights, rights_of
from lakewright.rehearse.databricks.unity.urls import checked_url, contains, overlap
from lakewright.rehearse.databricks.world import Call, as_bool, only, required

TRUSTED = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
"""The role with which Unity Catalog comes, as the documentation of storage credentials names it."""
_ROLE = re.compile(r"arn:aws(?:-us-gov)?:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
ISOLATIONS = ("ISOLATION_MODE_OPEN", "ISOLATION_MODE_ISOLATED")


def _role_of(call: Call, given: Body, *, checked: bool) -> Body:
    if "aws_iam_role" not in given:
        raise invalid("A storage credential on AWS needs aws_iam_role")
    role = str((given["aws_iam_role"] or {}).get("role_arn") or "")
    if not _ROLE.fullmatch(role):
        raise invalid(f"Invalid role ARN: '{role}'")
    external = call.world.account_id
    if checked and (why := call.world.cloud.refuses_role(role, external)):
        raise DatabricksFault("INVALID_PARAMETER_VALUE", f"Failed to assume role {role}: {why}")
    return {"role_arn": role, "unity_catalog_iam_arn": TRUSTED, "external_id": external}


def create_credential(call: Call, metastore: Metastore, given: Body, *, skip: bool) -> Body:
    kind = KINDS[CREDENTIAL]
    name = checked_name(kind, given.get("name"))
    metastore.must_be_new(kind, name)
    body = made(call, metastore, kind, name, id=fresh_id(), read_only=as_bool(given.get("read_only", False)))
    body |= {
        "aws_iam_role": _role_of(call, given, checked=not skip),
        "isolation_mode": given.get("isolation_mode", ISOLATIONS[0]),
        "used_for_managed_storage": False,
        **only(given, "comment"),
    }
    _isolated(call, metastore, CREDENTIAL, body)
    metastore.put(CREDENTIAL, body)
    return body


def _isolated(call: Call, metastore: Metastore, kind: str, body: Body) -> None:
    """What becomes isolated stays open to the workspace from which that was done."""
    if body["isolation_mode"] not in ISOLATIONS:
        raise invalid(f"Unknown isolation mode '{body['isolation_mode']}'")
    if is_isolated(body) and call.workspace is not None:
        set_bindings(metastore, kind, body["full_name"], {call.workspace: READ_WRITE})


def _create_credential(call: Call) -> Answered:
    metastore = metastore_of(call)
    if not call.caller.is_account_admin:
        rights_of(call, metastore).need_create("CREATE_STORAGE_CREDENTIAL", METASTORE, metastore.id)
    return create_credential(call, metastore, call.body, skip=as_bool(call.body.get("skip_validation")))


def update(call: Call, metastore: Metastore, kind: str, name: str, given: Body) -> Body:
    """Credentials and locations; raises when the caller does not manage it."""
    body = metastore.get(kind, name)
    _need_manage(call, metastore, kind, name)
    before = is_isolated(body)
    body |= only(given, "comment", "read_only", "isolation_mode", "fallback", "enable_file_events")
    if given.get("owner"):
        body["owner"] = checked_owner(call.objects, str(given["owner"]))
    if kind == CREDENTIAL and given.get("aws_iam_role"):
        skip = as_bool(given.get("skip_validation"))
        body["aws_iam_role"] = _role_of(call, given, checked=not skip)
    if kind == LOCATION:
        _place(metastore, given, body)
    if is_isolated(body) and not before:
        _isolated(call, metastore, kind, body)
    body |= {"updated_at": call.world.now(), "updated_by": call.caller.name}
    metastore.put(kind, body)
    if (new := given.get("new_name")) and str(new).lower() != name.lower():
        _rename(metastore, kind, name, checked_name(KINDS[kind], new))
        return metastore.get(kind, str(new))
    return body


def _need_manage(call: Call, metastore: Metastore, kind: str, name: str) -> None:
    if not (call.workspace is None and call.caller.is_account_admin):
        rights_of(call, metastore).need_manage(kind, name)


def _rename(metastore: Metastore, kind: str, old: str, new: str) -> None:
    metastore.rename(kind, old, new)
    if kind == CREDENTIAL:
        for one in metastore.all(LOCATION):
            if one["credential_name"] == old.lower():
                metastore.put(LOCATION, one | {"credential_name": new})


def _place(metastore: Metastore, given: Body, body: Body) -> None:
    if given.get("credential_name"):
        credential = metastore.get(CREDENTIAL, str(given["credential_name"]))
        body |= {"credential_name": credential["name"], "credential_id": credential["id"]}
    if given.get("url") and (url := checked_url(given["url"])) != body["url"]:
        dependents = _things_in(metastore, body["url"])
        if dependents and not as_bool(given.get("force")):
            raise _has_dependents(body, dependents)
        _check_apart(metastore, url, body["name"])
        body["url"] = url


def _check_apart(metastore: Metastore, url: str, own: str) -> None:
    for one in metastore.all(LOCATION):
        if one["name"] != own and overlap(one["url"], url):
            text = (
                f"Input path url '{url}' overlaps with other external locations within 'CreateExternalLocation' call. "
                f"Conflicting location: {one['name']}."
            )
            raise invalid(text)


def _create_location(call: Call) -> Answered:
    metastore, given = metastore_of(call), call.body
    rights, kind = rights_of(call, metastore), KINDS[LOCATION]
    required(given, "name", "url", "credential_name")
    name, url = checked_name(kind, given["name"]), checked_url(given["url"])
    rights.need_create("CREATE_EXTERNAL_LOCATION", METASTORE, metastore.id)
    credential = metastore.get(CREDENTIAL, str(given["credential_name"]))
    if not rights.is_metastore_admin:
        rights.need(("CREATE_EXTERNAL_LOCATION",), CREDENTIAL, credential["name"])
    metastore.must_be_new(kind, name)
    _check_apart(metastore, url, name)
    body = made(call, metastore, kind, name, id=fresh_id(), url=url, fallback=as_bool(given.get("fallback", False)))
    body |= {
        "credential_name": credential["name"],
        "credential_id": credential["id"],
        "read_only": as_bool(given.get("read_only", False)),
        "isolation_mode": given.get("isolation_mode", ISOLATIONS[0]),
        **only(given, "enable_file_events", "encryption_details"),
    }
    _isolated(call, metastore, LOCATION, body)
    metastore.put(LOCATION, body)
    return body


def _things_in(metastore: Metastore, url: str) -> list[str]:
    """What of the metastore lies in a place."""
    return [
        f"{KINDS[kind].noun.lower()} {one['full_name']}"
        for kind, field in ((CATALOG, "storage_root"), (SCHEMA, "storage_root"), (TABLE, "storage_location"),
                            (VOLUME, "storage_location"))
        for one in metastore.all(kind)
        if one.get(field) and contains(url, one[field])
    ]  # fmt: skip


def _has_dependents(body: Body, dependents: list[str]) -> DatabricksFault:
    text = f"External Location '{body['name']}' has {len(dependents)} dependent object(s): {', '.join(dependents[:5])}"
    return DatabricksFault("INVALID_STATE", f"{text}; use force option to delete anyway", 400)


def remove(call: Call, metastore: Metastore, kind: str, name: str) -> None:
    body = metastore.get(kind, name)
    _need_manage(call, metastore, kind, name)
    forced = as_bool(call.query.get("force"))
    if kind == LOCATION and not forced and (dependents := _things_in(metastore, body["url"])):
        raise _has_dependents(body, dependents)
    if kind == CREDENTIAL and not forced:
        users = [one["name"] for one in metastore.all(LOCATION) if one["credential_name"] == body["name"]]
        roots = metastore.body.get("storage_root_credential_id") == body["id"]
        if users or roots:
            text = (
                f"Storage credential '{name}' has {len(users)} directly dependent external location(s) and "
                f"{int(roots)} storage location(s); use force option to delete anyway."
            )
            raise DatabricksFault("INVALID_STATE", text, 400)
    metastore.remove(kind, name)


# ── routes ──


def _list(kind: str, field: str, call: Call) -> Answered:
    metastore = metastore_of(call)
    rights = rights_of(call, metastore)
    return {field: [one for one in metastore.all(kind) if rights.sees(kind, one["name"])]}


def _get(kind: str, call: Call) -> Answered:
    metastore = metastore_of(call)
    body = metastore.get(kind, call["name"])
    _need_sight(rights_of(call, metastore), kind, call["name"])
    return body


def _need_sight(rights: Rights, kind: str, name: str) -> None:
    rights.need_reach(kind, name)
    if not rights.sees(kind, name):
        rights.need(sorted(KINDS[kind].privileges - {"ALL_PRIVILEGES", "MANAGE"}), kind, name)


def _update(kind: str, call: Call) -> Answered:
    return update(call, metastore_of(call), kind, call["name"], call.body)


def _delete(kind: str, call: Call) -> Answered:
    remove(call, metastore_of(call), kind, call["name"])
    return {}


def _validate(call: Call) -> Answered:
    """What `credential_name` may do at `url`, as far as can be told here."""
    metastore = metastore_of(call)
    name = call.body.get("storage_credential_name")
    role = (metastore.get(CREDENTIAL, str(name)) if name else call.body)["aws_iam_role"]["role_arn"]
    why = call.world.cloud.refuses_role(role, call.world.account_id)
    results = [
        {"operation": one, "result": "FAIL" if why else "PASS", "message": why or ""} for one in ("READ", "LIST")
    ]
    return {"isDir": True, "results": results}


def _account_create(call: Call) -> Answered:
    call.needs_account_admin()
    metastore = found_metastore(call.objects, call["metastore"])
    given = call.body.get("credential_info") or {}
    skip = as_bool(call.body.get("skip_validation"))
    return {"credential_info": create_credential(call, metastore, given, skip=skip)}


def _account_get(call: Call) -> Answered:
    call.needs_account_admin()
    return {"credential_info": found_metastore(call.objects, call["metastore"]).get(CREDENTIAL, call["name"])}


def _account_list(call: Call) -> Answered:
    call.needs_account_admin()
    return {"storage_credentials": found_metastore(call.objects, call["metastore"]).all(CREDENTIAL)}


def _account_update(call: Call) -> Answered:
    call.needs_account_admin()
    metastore = found_metastore(call.objects, call["metastore"])
    return {
        "credential_info": update(call, metastore, CREDENTIAL, call["name"], call.body.get("credential_info") or {})
    }


def _account_delete(call: Call) -> Answered:
    call.needs_account_admin()
    remove(call, found_metastore(call.objects, call["metastore"]), CREDENTIAL, call["name"])
    return {}


ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{UNITY}/storage-credentials", _create_credential),
    workspace("POST", f"{UNITY}/external-locations", _create_location),
    workspace("POST", f"{UNITY}/validate-storage-credentials", _validate),
    *(
        route
        for kind, path, field in (
            (CREDENTIAL, "storage-credentials", "storage_credentials"),
            (LOCATION, "external-locations", "external_locations"),
        )
        for route in (
            workspace("GET", f"{UNITY}/{path}", partial(_list, kind, field)),
            workspace("GET", f"{UNITY}/{path}/{{name}}", partial(_get, kind)),
            workspace("PATCH", f"{UNITY}/{path}/{{name}}", partial(_update, kind)),
            workspace("DELETE", f"{UNITY}/{path}/{{name}}", partial(_delete, kind)),
        )
    ),
    account("POST", "/metastores/{metastore}/storage-credentials", _account_create),
    account("GET", "/metastores/{metastore}/storage-credentials", _account_list),
    account("GET", "/metastores/{metastore}/storage-credentials/{name}", _account_get),
    account("PUT", "/metastores/{metastore}/storage-credentials/{name}", _account_update),
    account("DELETE", "/metastores/{metastore}/storage-credentials/{name}", _account_delete),
)
