"""Clusters: made within their policy, started, resized, ended. No machine runs behind them."""

from __future__ import annotations

import json

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.compute.catalogue import NODE_TYPES, SPARK_VERSIONS
from lakewright.rehearse.databricks.compute.definition import applied, read
from lakewright.rehearse.databricks.compute.policies import found_policy, may_use
from lakewright.rehearse.databricks.compute.profiles import check_profile
from lakewright.rehearse.databricks.faults import DatabricksFault, denied, invalid
from lakewright.rehearse.databricks.members import is_admin
from lakewright.rehearse.databricks.routes import Answered, Route, versions
from lakewright.rehearse.databricks.scim.here import entitlements_of
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.permissions import need_level
from lakewright.rehearse.databricks.world import Call, as_bool, hex_id, only, required

CLUSTER, EVENT = "cluster", "cluster_event"
MOST_TAGS = 45
MODES = frozenset(
    {
        "NONE", "SINGLE_USER", "USER_ISOLATION", "LEGACY_TABLE_ACL", "LEGACY_PASSTHROUGH", "LEGACY_SINGLE_USER",
        "LEGACY_SINGLE_USER_STANDARD", "DATA_SECURITY_MODE_AUTO", "DATA_SECURITY_MODE_STANDARD",
        "DATA_SECURITY_MODE_DEDICATED",
    }
)  # fmt: skip
SPEC = (
    "cluster_name", "spark_version", "node_type_id", "driver_node_type_id", "num_workers", "autoscale", "spark_conf",
    "spark_env_vars", "custom_tags", "init_scripts", "autotermination_minutes", "aws_attributes", "data_security_mode",
    "single_user_name", "policy_id", "cluster_log_conf", "instance_pool_id", "driver_instance_pool_id",
    "enable_elastic_disk", "enable_local_disk_encryption", "docker_image", "runtime_engine", "ssh_public_keys",
    "workload_type", "is_single_node", "kind", "use_ml_runtime",
)  # fmt: skip


def checked(call: Call, given: Body, *, is_job: bool = False) -> Body:
    """A cluster's attributes after its policy. Raises when they break it, or cannot be."""
    body = only(given, *SPEC)
    policy = body.get("policy_id")
    if policy:
        found = found_policy(call, str(policy))
        if not may_use(call, found):
            raise denied(f"User {call.caller.name} is not allowed to use policy {policy}")
        rules = read(found["definition"])
        wanted = {str(rule.body.get("value")) for rule in rules if rule.path == "cluster_type" and rule.type == "fixed"}
        if wanted and ("job" if is_job else "all-purpose") not in wanted:
            raise invalid(f"Cluster validation error: Validation failed for cluster_type, must be {wanted.pop()}")
        body = applied(rules, body, defaults=as_bool(given.get("apply_policy_default_values")))
    elif not is_job and not _may_create(call):
        raise denied(f"User {call.caller.name} does not have the permission to create clusters without a policy")
    _check(call, body)
    return body


def _may_create(call: Call) -> bool:
    """Admins, and who has the entitlement, make clusters of any kind."""
    keys = [call.caller.id, *principals.groups_of(call.objects, call.caller.id)]
    given = {one["value"] for key in keys for one in entitlements_of(call, key)}
    return is_admin(call.objects, call.here, call.caller) or "allow-cluster-create" in given


def _check(call: Call, body: Body) -> None:
    (version,) = required(body, "spark_version")
    if version not in SPARK_VERSIONS:
        raise invalid(f"Invalid spark version {version}.")
    if not body.get("instance_pool_id"):
        (node,) = required(body, "node_type_id")
        for one in (node, body.get("driver_node_type_id") or node):
            if one not in NODE_TYPES:
                raise invalid(f"Node type {one} is not supported.")
    scale = body.get("autoscale")
    if scale and scale.get("min_workers", 0) > scale.get("max_workers", 0):
        raise invalid("min_workers must not be greater than max_workers")
    if scale and body.get("num_workers"):
        raise invalid("Only one of num_workers and autoscale can be given")
    if len(body.get("custom_tags") or ()) > MOST_TAGS:
        raise invalid(f"A cluster can have at most {MOST_TAGS} custom tags")
    minutes = body.get("autotermination_minutes", 0)
    if minutes != 0 and not 10 <= int(minutes) <= 10_000:
        raise invalid("autotermination_minutes must be 0, or between 10 and 10000")
    mode = body.get("data_security_mode")
    if mode is not None and mode not in MODES:
        raise invalid(f"Unknown data_security_mode {mode}")
    if arn := (body.get("aws_attributes") or {}).get("instance_profile_arn"):
        check_profile(call, str(arn))


def _state(call: Call, body: Body) -> Body:
    """As callers see it: starting clusters run after a while."""
    found = {name: value for name, value in body.items() if name != "ready_at"}
    if body["state"] == "PENDING" and call.world.clock() >= body["ready_at"]:
        found |= {"state": "RUNNING", "state_message": ""}
    spec = {name: found[name] for name in SPEC if name in found}
    return found | {"spec": spec, "default_tags": _tags(body)}


def _tags(body: Body) -> Body:
    return {
        "Vendor": "Databricks",
        "Creator": body["creator_user_name"],
        "ClusterName": body.get("cluster_name", ""),
        "ClusterId": body["cluster_id"],
    }


def found_cluster(call: Call, key: str) -> Body:
    """Raises INVALID_PARAMETER_VALUE, as this API does for clusters that are not there."""
    body = call.objects.get(CLUSTER, call.scope, key)
    if body is None:
        raise DatabricksFault("INVALID_PARAMETER_VALUE", f"Cluster {key} does not exist", 400)
    return body


def _put(call: Call, body: Body, event: str = "") -> None:
    call.objects.put(CLUSTER, call.scope, body["cluster_id"], body)
    if event:
        key = f"{body['cluster_id']}-{hex_id(8)}"
        entry = {"cluster_id": body["cluster_id"], "timestamp": call.world.now(), "type": event, "details": {}}
        call.objects.put(EVENT, call.scope, key, entry)


def _starting(call: Call) -> Body:
    ready = call.world.clock() + call.world.starting_seconds
    return {"state": "PENDING", "state_message": "Starting Spark", "ready_at": ready, "start_time": call.world.now()}


def _create(call: Call) -> Answered:
    body = checked(call, call.body)
    now = call.world.now()
    key = f"{now // 86_400_000 % 10_000:04d}-{now // 1000 % 1_000_000:06d}-{hex_id(8)}"
    body = {
        "cluster_id": key,
        "creator_user_name": call.caller.name,
        "cluster_source": "API",
        "autotermination_minutes": 0,
        "enable_elastic_disk": False,
        "driver_node_type_id": body.get("node_type_id", ""),
        **body,
        **_starting(call),
    }
    body.setdefault("num_workers", 0) if not body.get("autoscale") else None
    _put(call, body, "CREATING")
    return {"cluster_id": key}


def _named(call: Call) -> Body:
    return found_cluster(call, str(required(call.body, "cluster_id")[0]))


def _edit(call: Call) -> Answered:
    """A whole new specification. What runs is restarted."""
    old = _named(call)
    need_level(call, "clusters", old["cluster_id"], "CAN_MANAGE")
    kept = {name: value for name, value in old.items() if name not in SPEC}
    given = checked(call, call.body)
    body = {"autotermination_minutes": 0, "enable_elastic_disk": False, **kept, **given}
    body.setdefault("driver_node_type_id", body.get("node_type_id", ""))
    if _state(call, old)["state"] == "RUNNING":
        body |= _starting(call)
    _put(call, body, "EDITED")
    return {}


def _start(call: Call) -> Answered:
    body = _named(call)
    need_level(call, "clusters", body["cluster_id"], "CAN_RESTART")
    state = _state(call, body)["state"]
    if state != "TERMINATED":
        raise DatabricksFault("INVALID_STATE", f"Cluster {body['cluster_id']} is in unexpected state {state.title()}.")
    _put(call, body | _starting(call), "STARTING")
    return {}


def _restart(call: Call) -> Answered:
    body = _named(call)
    need_level(call, "clusters", body["cluster_id"], "CAN_RESTART")
    state = _state(call, body)["state"]
    if state != "RUNNING":
        raise DatabricksFault("INVALID_STATE", f"Cluster {body['cluster_id']} is in unexpected state {state.title()}.")
    _put(call, body | _starting(call), "RESTARTING")
    return {}


def _terminate(call: Call) -> Answered:
    """Ended, not gone: its configuration stays."""
    body = _named(call)
    need_level(call, "clusters", body["cluster_id"], "CAN_RESTART")
    if body["state"] != "TERMINATED":
        reason = {"code": "USER_REQUEST", "type": "SUCCESS", "parameters": {"username": call.caller.name}}
        ended = {"state": "TERMINATED", "terminated_time": call.world.now(), "termination_reason": reason}
        _put(call, body | ended | {"state_message": "Terminated by user"}, "TERMINATING")
    return {}


def _forget(call: Call) -> Answered:
    body = _named(call)
    need_level(call, "clusters", body["cluster_id"], "CAN_MANAGE")
    call.objects.delete(CLUSTER, call.scope, body["cluster_id"])
    return {}


def _resize(call: Call) -> Answered:
    body = _named(call)
    need_level(call, "clusters", body["cluster_id"], "CAN_RESTART")
    if _state(call, body)["state"] != "RUNNING":
        raise DatabricksFault("INVALID_STATE", f"Cluster {body['cluster_id']} is not running.")
    size = only(call.body, "num_workers", "autoscale")
    kept = {name: value for name, value in body.items() if name not in ("num_workers", "autoscale")}
    spec = checked(call, kept | size)
    _put(call, kept | spec, "RESIZING")
    return {}


def _pin(call: Call) -> Answered:
    if not is_admin(call.objects, call.here, call.caller):
        raise denied("Only workspace admins can pin clusters")
    _put(call, _named(call) | {"pinned_by_user_name": call.caller.name})
    return {}


def _unpin(call: Call) -> Answered:
    body = _named(call)
    body.pop("pinned_by_user_name", None)
    _put(call, body)
    return {}


def _get(call: Call) -> Answered:
    body = found_cluster(call, str(required(call.query, "cluster_id")[0]))
    need_level(call, "clusters", body["cluster_id"], "CAN_ATTACH_TO")
    return _state(call, body)


def _list(call: Call) -> Answered:
    return {"clusters": [_state(call, one) for one in call.objects.all(CLUSTER, call.scope)]}


def _events(call: Call) -> Answered:
    body = _named(call)
    found = [one for one in call.objects.all(EVENT, call.scope) if one["cluster_id"] == body["cluster_id"]]
    return {"events": found[::-1], "total_count": len(found)}


def _compliance(call: Call) -> Answered:
    """Whether a cluster still fits its policy, which may have changed since."""
    body = found_cluster(call, str(required(call.query, "cluster_id")[0]))
    violations: dict[str, str] = {}
    if body.get("policy_id"):
        rules = read(found_policy(call, body["policy_id"])["definition"])
        for rule in rules:
            try:
                applied((rule,), json.loads(json.dumps(only(body, *SPEC))), defaults=False)
            except DatabricksFault as fault:
                violations[rule.path] = fault.message
    return {"is_compliant": not violations, "violations": violations}


def _both(method: str, path: str, handler: object) -> tuple[Route, ...]:
    return versions(0, 1, method, f"/clusters/{path}", handler)  # type: ignore[arg-type]


ROUTES: tuple[Route, ...] = (
    *_both("POST", "create", _create),
    *_both("POST", "edit", _edit),
    *_both("POST", "start", _start),
    *_both("POST", "restart", _restart),
    *_both("POST", "delete", _terminate),
    *_both("POST", "permanent-delete", _forget),
    *_both("POST", "resize", _resize),
    *_both("POST", "pin", _pin),
    *_both("POST", "unpin", _unpin),
    *_both("POST", "events", _events),
    *_both("GET", "get", _get),
    *_both("GET", "list", _list),
    Route("GET", "/api/2.0/policies/clusters/get-compliance", _compliance),
)
