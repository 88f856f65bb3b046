"""Cluster policies."""

from __future__ import annotations

import json

from lakewright.rehearse.databricks.compute.definition import read
from lakewright.rehearse.databricks.faults import DatabricksFault, denied, invalid, missing
from lakewright.rehearse.databricks.members import is_admin
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.permissions import level_of
from lakewright.rehearse.databricks.world import Call, hex_id, only, required

POLICY = "cluster_policy"
KEPT = ("name", "definition", "description", "libraries", "max_clusters_per_user", "policy_family_id",
        "policy_family_definition_overrides")  # fmt: skip
FAMILIES: dict[str, Body] = {
    "personal-vm": {"num_workers": {"type": "fixed", "value": 0}, "autotermination_minutes": {"type": "unlimited"}},
    "power-user": {"autotermination_minutes": {"type": "unlimited", "defaultValue": 4320}},
    "job-cluster": {"cluster_type": {"type": "fixed", "value": "job"}},
    "shared-compute": {"data_security_mode": {"type": "fixed", "value": "USER_ISOLATION"}},
}


def found_policy(call: Call, key: str) -> Body:
    """Raises RESOURCE_DOES_NOT_EXIST."""
    body = call.objects.get(POLICY, call.scope, key)
    if body is None:
        raise missing(f"Policy {key} does not exist")
    return body


def may_use(call: Call, body: Body) -> bool:
    return level_of(call, "cluster-policies", str(body["policy_id"])) is not None


def _need_admin(call: Call) -> None:
    if not is_admin(call.objects, call.here, call.caller):
        raise denied("Only workspace admins can manage cluster policies")


def _checked(call: Call, given: Body, key: str) -> Body:
    body = only(given, *KEPT)
    other = call.objects.named(POLICY, call.scope, str(required(body, "name")[0]))
    if other is not None and other["policy_id"] != key:
        raise DatabricksFault("INVALID_PARAMETER_VALUE", f"Policy with name {body['name']} already exists", 400)
    if family := body.get("policy_family_id"):
        if family not in FAMILIES:
            raise missing(f"Policy family {family} does not exist")
        if body.get("definition"):
            raise invalid("A policy of a family has overrides, and no definition of its own")
        overrides = {rule.path: dict(rule.body) for rule in read(body.get("policy_family_definition_overrides"))}
        body["definition"] = json.dumps(FAMILIES[family] | overrides)
    read(required(body, "definition")[0])
    return body


def _create(call: Call) -> Answered:
    _need_admin(call)
    key = hex_id(16).upper()
    body = {
        "policy_id": key,
        **_checked(call, call.body, key),
        "created_at_timestamp": call.world.now(),
        "creator_user_name": call.caller.name,
        "is_default": False,
    }
    call.objects.put(POLICY, call.scope, key, body, body["name"])
    return {"policy_id": key}


def _edit(call: Call) -> Answered:
    _need_admin(call)
    (key,) = required(call.body, "policy_id")
    old = found_policy(call, str(key))
    kept = {name: value for name, value in old.items() if name not in KEPT}
    body = kept | _checked(call, call.body, str(key))
    call.objects.put(POLICY, call.scope, str(key), body, body["name"])
    return {}


def _delete(call: Call) -> Answered:
    _need_admin(call)
    (key,) = required(call.body, "policy_id")
    found_policy(call, str(key))
    call.objects.delete(POLICY, call.scope, str(key))
    return {}


def _get(call: Call) -> Answered:
    return found_policy(call, str(required(call.query, "policy_id")[0]))


def _list(call: Call) -> Answered:
    found = [one for one in call.objects.all(POLICY, call.scope) if may_use(call, one)]
    return {"policies": found, "total_count": len(found)}


def _families(call: Call) -> Answered:  # noqa: ARG001
    return {"policy_families": [_family(name) for name in FAMILIES]}


def _family(name: str) -> Body:
    return {"policy_family_id": name, "name": name, "definition": json.dumps(FAMILIES[name])}


def _get_family(call: Call) -> Answered:
    if call["key"] not in FAMILIES:
        raise missing(f"Policy family {call['key']} does not exist")
    return _family(call["key"])


PATH = "/api/2.0/policies/clusters"
ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{PATH}/create", _create),
    workspace("POST", f"{PATH}/edit", _edit),
    workspace("POST", f"{PATH}/delete", _delete),
    workspace("GET", f"{PATH}/get", _get),
    workspace("GET", f"{PATH}/list", _list),
    workspace("GET", "/api/2.0/policy-families", _families),
    workspace("GET", "/api/2.0/policy-families/{key}", _get_family),
)
