"""SQL warehouses: made, started, stopped. What runs a statement is the product's own engine, whatever their size."""

from __future__ import annotations

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.permissions import level_of, need_level
from lakewright.rehearse.databricks.world import Call, as_bool, hex_id, only, required

WAREHOUSE, CONFIG = "warehouse", "warehouse_config"
SIZES = ("2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large", "5X-Large")
TYPES = ("CLASSIC", "PRO", "TYPE_UNSPECIFIED")
SPOT = ("COST_OPTIMIZED", "RELIABILITY_OPTIMIZED", "POLICY_UNSPECIFIED")
KEPT = (
    "name", "cluster_size", "min_num_clusters", "max_num_clusters", "auto_stop_mins", "enable_photon",
    "enable_serverless_compute", "spot_instance_policy", "warehouse_type", "tags", "channel", "instance_profile_arn",
)  # fmt: skip


def _checked(call: Call, given: Body, key: str) -> Body:
    body = only(given, *KEPT)
    (name,) = required(body, "name")
    if len(str(name)) >= 100:
        raise invalid("The name of a warehouse must have fewer than 100 characters")
    if (other := call.objects.named(WAREHOUSE, call.scope, str(name))) is not None and other["id"] != key:
        raise DatabricksFault("RESOURCE_ALREADY_EXISTS", f"SQL warehouse with name `{name}` already exists", 400)
    if required(body, "cluster_size")[0] not in SIZES:
        raise invalid(f"Invalid cluster_size '{body['cluster_size']}': it is one of {', '.join(SIZES)}")
    low, high = int(body.get("min_num_clusters", 1)), int(body.get("max_num_clusters", 1))
    if not 1 <= low <= min(high, 30) or high > 40:
        raise invalid(f"min_num_clusters ({low}) and max_num_clusters ({high}) do not fit: 1 <= min <= max <= 40")
    minutes = int(body.get("auto_stop_mins", 120))
    least = 1 if body.get("enable_serverless_compute") else 10
    if minutes != 0 and minutes < least:
        raise invalid(f"auto_stop_mins must be 0 or at least {least}")
    if body.get("warehouse_type", "PRO") not in TYPES or body.get("spot_instance_policy", SPOT[0]) not in SPOT:
        raise invalid("Unknown warehouse_type or spot_instance_policy")
    if as_bool(body.get("enable_serverless_compute")) and body.get("warehouse_type") == "CLASSIC":
        raise invalid("A serverless warehouse must have warehouse_type PRO")
    defaults: Body = {
        "min_num_clusters": 1,
        "max_num_clusters": 1,
        "auto_stop_mins": 120,
        "enable_photon": True,
        "enable_serverless_compute": False,
        "spot_instance_policy": SPOT[0],
        "warehouse_type": "CLASSIC",
        "channel": {"name": "CHANNEL_NAME_CURRENT"},
        "tags": {"custom_tags": []},
    }
    return defaults | body


def _create(call: Call) -> Answered:
    key = hex_id(16)
    body: Body = {"id": key, **_checked(call, call.body, key), "creator_name": call.caller.name, **_starting(call)}
    call.objects.put(WAREHOUSE, call.scope, key, body, body["name"])
    return {"id": key}


def _starting(call: Call) -> Body:
    return {"state": "STARTING", "ready_at": call.world.clock() + call.world.starting_seconds}


def found_warehouse(call: Call, key: str) -> Body:
    """Raises RESOURCE_DOES_NOT_EXIST."""
    body = call.objects.get(WAREHOUSE, call.scope, key)
    if body is None:
        raise missing(f"The warehouse {key} was not found.")
    return body


def _shown(call: Call, body: Body) -> Body:
    found = {name: value for name, value in body.items() if name != "ready_at"}
    if body["state"] == "STARTING" and call.world.clock() >= body["ready_at"]:
        found["state"] = "RUNNING"
    running = found["state"] == "RUNNING"
    host = call.world.address_of(call.here).partition("://")[2]
    path = f"/sql/1.0/warehouses/{body['id']}"
    found |= {"num_clusters": int(running), "num_active_sessions": 0}
    found["odbc_params"] = {"hostname": host.partition(":")[0], "path": path, "port": int(host.partition(":")[2])}
    found["odbc_params"]["protocol"] = "http"
    found["jdbc_url"] = f"jdbc:spark://{host}/default;transportMode=http;httpPath={path};"
    return found | {"health": {"status": "HEALTHY" if running else "STATUS_UNSPECIFIED"}}


def _get(call: Call) -> Answered:
    body = found_warehouse(call, call["key"])
    need_level(call, "warehouses", call["key"], "CAN_VIEW")
    return _shown(call, body)


def _list(call: Call) -> Answered:
    found = [one for one in call.objects.all(WAREHOUSE, call.scope) if level_of(call, "warehouses", one["id"])]
    return {"warehouses": [_shown(call, one) for one in found]}


def _edit(call: Call) -> Answered:
    body = found_warehouse(call, call["key"])
    need_level(call, "warehouses", call["key"], "CAN_MANAGE")
    found = body | _checked(call, body | call.body, call["key"])
    call.objects.put(WAREHOUSE, call.scope, call["key"], found, found["name"])
    return {}


def _delete(call: Call) -> Answered:
    found_warehouse(call, call["key"])
    need_level(call, "warehouses", call["key"], "CAN_MANAGE")
    call.objects.delete(WAREHOUSE, call.scope, call["key"])
    return {}


def start(call: Call, body: Body) -> None:
    """A warehouse that is asked something while it is stopped starts by itself."""
    if body["state"] != "STARTING":
        call.objects.put(WAREHOUSE, call.scope, body["id"], body | _starting(call), body["name"])


def _start(call: Call) -> Answered:
    body = found_warehouse(call, call["key"])
    need_level(call, "warehouses", call["key"], "CAN_MONITOR")
    start(call, body)
    return {}


def _stop(call: Call) -> Answered:
    body = found_warehouse(call, call["key"])
    need_level(call, "warehouses", call["key"], "CAN_MONITOR")
    call.objects.put(WAREHOUSE, call.scope, call["key"], body | {"state": "STOPPED"}, body["name"])
    return {}


def _config(call: Call) -> Answered:
    return call.objects.get(CONFIG, call.scope, CONFIG) or {"security_policy": "DATA_ACCESS_CONTROL"}


def _set_config(call: Call) -> Answered:
    call.objects.put(CONFIG, call.scope, CONFIG, call.body)
    return {}


PATH = "/api/2.0/sql/warehouses"
ROUTES: tuple[Route, ...] = (
    workspace("POST", PATH, _create),
    workspace("GET", PATH, _list),
    workspace("GET", f"{PATH}/{{key}}", _get),
    workspace("DELETE", f"{PATH}/{{key}}", _delete),
    workspace("POST", f"{PATH}/{{key}}/edit", _edit),
    workspace("POST", f"{PATH}/{{key}}/start", _start),
    workspace("POST", f"{PATH}/{{key}}/stop", _stop),
    workspace("GET", "/api/2.0/sql/config/warehouses", _config),
    workspace("PUT", "/api/2.0/sql/config/warehouses", _set_config),
)
