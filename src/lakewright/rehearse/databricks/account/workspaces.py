"""Workspaces: provisioned, run, changed, deleted; each has an address of its own while it exists."""

from __future__ import annotations

import json
import re

from lakewright.rehearse.databricks import members
from lakewright.rehearse.databricks.account.parts import WORKSPACE, found_part
from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing, taken
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, account
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.world import ACCOUNT, Call, World, hex_id, only, required, workspace_scope

FIRST = 1_000_000_000_000_001
REGIONS = frozenset(
    [
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    ]
)
PARTS_OF = {
    "credentials_id": "credentials",
    "storage_configuration_id": "storage_configuration",
    "network_id": "network",
    "private_access_settings_id": "private_access_settings",
    "managed_services_customer_managed_key_id": "customer_managed_key",
    "storage_customer_managed_key_id": "customer_managed_key",
}
CHANGEABLE = (
    "credentials_id", "storage_configuration_id", "network_id", "private_access_settings_id", "custom_tags",
    "managed_services_customer_managed_key_id", "storage_customer_managed_key_id", "network_connectivity_config_id",
)  # fmt: skip
KEPT = (
    "workspace_name", "aws_region", "pricing_tier", "is_no_public_ip_enabled", "deployment_name", *CHANGEABLE,
)  # fmt: skip
_DEPLOYMENT = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?")
MOST_TAG_KEY, MOST_TAG_VALUE = 127, 255


def create(call: Call) -> Answered:
    call.needs_account_admin()
    name, region = required(call.body, "workspace_name", "aws_region")
    required(call.body, "credentials_id", "storage_configuration_id")
    if region not in REGIONS:
        raise DatabricksFault("MALFORMED_REQUEST", f"Region {region} is not supported")
    if call.objects.named(WORKSPACE, ACCOUNT, str(name)) is not None:
        raise taken(f"Workspace with name {name} already exists")
    body = only(call.body, *KEPT)
    _check(call, body)
    key = call.objects.next(WORKSPACE, FIRST)
    ready = call.world.clock() + call.world.starting_seconds
    found: Body = {
        "workspace_id": key,
        "account_id": call.world.account_id,
        "pricing_tier": "ENTERPRISE",
        **body,
        "deployment_name": body.get("deployment_name") or f"dbc-{hex_id(8)}-{hex_id(4)}",
        "workspace_url": "",
        "port": call.world.ports.open(key),
        "creation_time": call.world.now(),
        "ready_at": ready,
    }
    found["workspace_url"] = call.world.address_of(key)
    call.objects.put(WORKSPACE, ACCOUNT, str(key), found, str(name))
    members.assign(call.objects, key, call.caller.id, [members.ADMIN])
    _attach(call, found)
    return shown(call.world, found)


def _check(call: Call, body: Body) -> None:
    for field, kind in PARTS_OF.items():
        if body.get(field):
            found_part(call.objects, kind, str(body[field]))
    _check_use(call.objects, body, "managed_services_customer_managed_key_id", "MANAGED_SERVICES")
    _check_use(call.objects, body, "storage_customer_managed_key_id", "STORAGE")
    if (deployment := body.get("deployment_name")) and not _DEPLOYMENT.fullmatch(str(deployment)):
        raise invalid(f"Deployment name '{deployment}' may have letters, digits and hyphens only")
    for key, value in (body.get("custom_tags") or {}).items():
        if not key or len(key) > MOST_TAG_KEY or len(str(value)) > MOST_TAG_VALUE:
            raise invalid(f"Custom tag '{key}' is empty or too long")
    settings = _settings(call.objects, body)
    if settings is not None and settings["region"] != body.get("aws_region"):
        raise invalid(f"Private access settings are of region {settings['region']}, the workspace is not")
    network = call.objects.get("network", ACCOUNT, str(body.get("network_id", ""))) or {}
    if network.get("vpc_endpoints") and settings is None:
        raise invalid("A network with VPC endpoints needs private access settings in the workspace")
    if credentials := call.objects.get("credentials", ACCOUNT, str(body.get("credentials_id", ""))):
        role = credentials["aws_credentials"]["sts_role"]["role_arn"]
        if why := call.world.cloud.refuses_role(role, call.world.account_id):
            raise invalid(f"Failed credential validation check: {why}")


def _settings(objects: Objects, body: Body) -> Body | None:
    return objects.get("private_access_settings", ACCOUNT, str(body.get("private_access_settings_id", "")))


def _check_use(objects: Objects, body: Body, field: str, use: str) -> None:
    if body.get(field) and use not in found_part(objects, "customer_managed_key", str(body[field]))["use_cases"]:
        raise invalid(f"Key configuration {body[field]} is not for {use}")


def _attach(call: Call, body: Body) -> None:
    """A network knows the workspace that it was given to."""
    network = call.objects.get("network", ACCOUNT, str(body.get("network_id", "")))
    if network is not None:
        network |= {"vpc_status": "VALID", "workspace_id": body["workspace_id"]}
        call.objects.put("network", ACCOUNT, network["network_id"], network, network["network_name"])


def _detach(call: Call, body: Body) -> None:
    network = call.objects.get("network", ACCOUNT, str(body.get("network_id", "")))
    if network is not None and network.get("workspace_id") == body["workspace_id"]:
        del network["workspace_id"]
        network["vpc_status"] = "UNATTACHED"
        call.objects.put("network", ACCOUNT, network["network_id"], network, network["network_name"])


def shown(world: World, body: Body) -> Body:
    """As callers see it: its state follows the clock."""
    running = world.clock() >= body["ready_at"]
    found = {name: value for name, value in body.items() if name not in ("ready_at", "port")}
    found["workspace_status"] = "RUNNING" if running else "PROVISIONING"
    found["workspace_status_message"] = "Workspace is running." if running else "Workspace is being provisioned."
    return found


def workspace_of(call: Call, key: str) -> Body:
    """Raises RESOURCE_DOES_NOT_EXIST."""
    body = call.objects.get(WORKSPACE, ACCOUNT, key)
    if body is None:
        raise missing(f"Workspace {key} does not exist in the account {call.world.account_id}")
    return body


def get(call: Call) -> Answered:
    call.needs_account_admin()
    return shown(call.world, workspace_of(call, call["key"]))


def list_all(call: Call) -> Raw:
    call.needs_account_admin()
    found = [shown(call.world, body) for body in call.objects.all(WORKSPACE, ACCOUNT)]
    return Raw(json.dumps(found).encode(), {"content-type": "application/json"})


def update(call: Call) -> Answered:
    """Running workspaces can change what they are made of, and no more."""
    call.needs_account_admin()
    old = workspace_of(call, call["key"])
    given = call.body.get("customer_facing_workspace") or call.body
    for name in ("aws_region", "deployment_name"):
        if given.get(name) not in (None, "", old.get(name)):
            raise invalid(f"{name} of a workspace cannot be changed")
    body = old | only(given, *CHANGEABLE)
    _check(call, body)
    if body.get("network_id") != old.get("network_id"):
        _detach(call, old)
    body["ready_at"] = call.world.clock() + call.world.starting_seconds
    call.objects.put(WORKSPACE, ACCOUNT, call["key"], body, str(body["workspace_name"]))
    _attach(call, body)
    return shown(call.world, body)


def delete(call: Call) -> Answered:
    """The workspace goes with all that is in it; Unity Catalog's objects are the metastore's and stay."""
    call.needs_account_admin()
    body = workspace_of(call, call["key"])
    _detach(call, body)
    call.objects.delete(WORKSPACE, ACCOUNT, call["key"])
    call.objects.forget(workspace_scope(int(call["key"])))
    call.objects.delete("metastore_assignment", ACCOUNT, call["key"])
    call.world.ports.close(int(call["key"]))
    return shown(call.world, body)


ROUTES: tuple[Route, ...] = (
    account("POST", "/workspaces", create),
    account("GET", "/workspaces", list_all),
    account("GET", "/workspaces/{key}", get),
    account("PATCH", "/workspaces/{key}", update),
    account("DELETE", "/workspaces/{key}", delete),
)
