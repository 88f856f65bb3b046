"""What workspaces are made of: credentials, storage, networks, endpoints, access settings, keys.

All of them are made once, read, deleted when no workspace uses them, and (but for access settings) never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lakewright.components.private_link import RELAY
from lakewright.rehearse.databricks.faults import DatabricksFault, in_use, invalid, missing, taken
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, account
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.world import ACCOUNT, Call, new_id, required

WORKSPACE = "workspace"
_ROLE = re.compile(r"arn:aws(?:-us-gov|-cn)?:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_KEY = re.compile(r"arn:aws(?:-us-gov|-cn)?:kms:([a-z0-9-]+):\d{12}:key/[\w-]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RELAYS = "dataplane_relay"


@dataclass(frozen=True)
class Part:
    """One kind of thing. `used_as`: the fields of a workspace that name it. `made`: checks a request, and gives what is
    stored."""

    path: str
    key: str
    name: str
    noun: str
    used_as: tuple[str, ...]
    made: Callable[[Call, Body], Body]

    @property
    def kind(self) -> str:
        return self.key.removesuffix("_id")


def _credentials(call: Call, body: Body) -> Body:
    role = str(((body.get("aws_credentials") or {}).get("sts_role") or {}).get("role_arn") or "")
    if not _ROLE.fullmatch(role):
        raise DatabricksFault("MALFORMED_REQUEST", f"Invalid role ARN: '{role}'")
    external = call.world.account_id
    return {
        "credentials_name": body["credentials_name"],
        "aws_credentials": {"sts_role": {"role_arn": role, "external_id": external}},
    }


def _storage(_: Call, body: Body) -> Body:
    bucket = str((body.get("root_bucket_info") or {}).get("bucket_name") or "")
    if not _BUCKET.fullmatch(bucket):
        raise DatabricksFault("MALFORMED_REQUEST", f"Invalid bucket name: '{bucket}'")
    found = {
        "storage_configuration_name": body["storage_configuration_name"],
        "root_bucket_info": {"bucket_name": bucket},
    }
    return found | ({"role_arn": body["role_arn"]} if body.get("role_arn") else {})


def _network(call: Call, body: Body) -> Body:
    required(body, "vpc_id", "subnet_ids", "security_group_ids")
    if len(set(body["subnet_ids"])) < 2:
        raise DatabricksFault("MALFORMED_REQUEST", "At least two subnets, in different availability zones, are needed")
    if len(body["security_group_ids"]) > 5:
        raise DatabricksFault("MALFORMED_REQUEST", "At most five security groups can be given")
    found = {name: body[name] for name in ("network_name", "vpc_id", "subnet_ids", "security_group_ids")}
    if body.get("vpc_endpoints"):
        found["vpc_endpoints"] = _endpoints_of(call.objects, body["vpc_endpoints"])
    return found | {"vpc_status": "UNATTACHED", "error_messages": [], "warning_messages": []}


def _endpoints_of(objects: Objects, given: Mapping[str, Any]) -> Body:
    """Back-end PrivateLink takes both endpoints, one each."""
    found: Body = {"rest_api": list(given.get("rest_api") or ()), RELAYS: list(given.get(RELAYS) or ())}
    uses = {"rest_api": "WORKSPACE_ACCESS", RELAYS: "DATAPLANE_RELAY_ACCESS"}
    for name, keys in found.items():
        if len(keys) != 1:
            raise DatabricksFault("MALFORMED_REQUEST", f"vpc_endpoints.{name} must have exactly one endpoint")
        endpoint = objects.get("vpc_endpoint", ACCOUNT, str(keys[0]))
        if endpoint is None:
            raise missing(f"VPC endpoint {keys[0]} does not exist")
        if endpoint["use_case"] not in ("", uses[name]):
            use = endpoint["use_case"]
            raise DatabricksFault("MALFORMED_REQUEST", f"VPC endpoint {keys[0]} is for {use}, not for {uses[name]}")
    return found


def _endpoint(call: Call, body: Body) -> Body:
    (aws,) = required(body, "aws_vpc_endpoint_id")
    if not re.fullmatch(r"vpce-[0-9a-f]+", str(aws)):
        raise DatabricksFault("MALFORMED_REQUEST", f"Invalid VPC endpoint id: '{aws}'")
    for other in call.objects.all("vpc_endpoint", ACCOUNT):
        if other["aws_vpc_endpoint_id"] == aws:
            raise taken(f"VPC endpoint {aws} is already registered as {other['vpc_endpoint_name']}")
    service = call.world.cloud.endpoint_service(str(aws))
    if service is None:
        raise invalid(f"VPC endpoint {aws} does not exist")
    return {
        "vpc_endpoint_name": body["vpc_endpoint_name"],
        "aws_vpc_endpoint_id": aws,
        "region": body.get("region", ""),
        "aws_account_id": body.get("aws_account_id", ""),
        "aws_endpoint_service_id": service.rpartition(".")[2],
        "use_case": _use_of(service, str(body["vpc_endpoint_name"])),
        "state": "available",
    }


def _use_of(service: str, name: str) -> str:
    """Databricks knows it by the endpoint's service. Without an AWS to ask, the relay's endpoint is one named so."""
    known = service.rpartition(".")[2] in RELAY.values()
    relay = known or "relay" in (service or name).lower() or "scc" in (service or name).lower()
    return "DATAPLANE_RELAY_ACCESS" if relay else "WORKSPACE_ACCESS"


def _access(call: Call, body: Body) -> Body:
    required(body, "region")
    level = body.get("private_access_level", "ACCOUNT")
    if level not in ("ACCOUNT", "ENDPOINT"):
        raise DatabricksFault("MALFORMED_REQUEST", f"Unknown private access level: '{level}'")
    allowed = list(body.get("allowed_vpc_endpoint_ids") or ())
    for key in allowed:
        if call.objects.get("vpc_endpoint", ACCOUNT, str(key)) is None:
            raise missing(f"VPC endpoint {key} does not exist")
    return {
        "private_access_settings_name": body["private_access_settings_name"],
        "region": body["region"],
        "public_access_enabled": bool(body.get("public_access_enabled", False)),
        "private_access_level": level,
        "allowed_vpc_endpoint_ids": allowed,
    }


def _customer_key(_: Call, body: Body) -> Body:
    info, uses = required(body, "aws_key_info", "use_cases")
    found = _KEY.fullmatch(str(info.get("key_arn") or ""))
    if found is None:
        raise DatabricksFault("MALFORMED_REQUEST", f"Invalid key ARN: '{info.get('key_arn', '')}'")
    if unknown := set(uses) - {"MANAGED_SERVICES", "STORAGE"}:
        raise DatabricksFault("MALFORMED_REQUEST", f"Unknown use case: {', '.join(sorted(unknown))}")
    return {"aws_key_info": {**info, "key_region": found[1]}, "use_cases": list(uses)}


PARTS = (
    Part("credentials", "credentials_id", "credentials_name", "Credentials", ("credentials_id",), _credentials),
    Part(
        "storage-configurations",
        "storage_configuration_id",
        "storage_configuration_name",
        "Storage configuration",
        ("storage_configuration_id",),
        _storage,
    ),
    Part("networks", "network_id", "network_name", "Network", ("network_id",), _network),
    Part("vpc-endpoints", "vpc_endpoint_id", "vpc_endpoint_name", "VPC endpoint", (), _endpoint),
    Part(
        "private-access-settings",
        "private_access_settings_id",
        "private_access_settings_name",
        "Private access settings",
        ("private_access_settings_id",),
        _access,
    ),
    Part(
        "customer-managed-keys",
        "customer_managed_key_id",
        "",
        "Customer-managed key",
        ("managed_services_customer_managed_key_id", "storage_customer_managed_key_id"),
        _customer_key,
    ),
)
BY_KIND = {part.kind: part for part in PARTS}


def _create(part: Part, call: Call) -> Answered:
    call.needs_account_admin()
    name = str(required(call.body, part.name)[0]) if part.name else ""
    if name and call.objects.named(part.kind, ACCOUNT, name) is not None:
        raise taken(f"{part.noun} with name {name} already exists")
    body = part.made(call, call.body)
    key = new_id()
    found = {part.key: key, "account_id": call.world.account_id, **body, "creation_time": call.world.now()}
    call.objects.put(part.kind, ACCOUNT, key, found, name)
    return found


def found_part(objects: Objects, kind: str, key: str) -> Body:
    """A part by its id. Raises RESOURCE_DOES_NOT_EXIST."""
    body = objects.get(kind, ACCOUNT, key)
    if body is None:
        raise missing(f"{BY_KIND[kind].noun} {key} does not exist")
    return body


def _get(part: Part, call: Call) -> Answered:
    call.needs_account_admin()
    return found_part(call.objects, part.kind, call["key"])


def _list(part: Part, call: Call) -> Raw:
    """These lists are bare arrays."""
    import json

    call.needs_account_admin()
    return Raw(json.dumps(call.objects.all(part.kind, ACCOUNT)).encode(), {"content-type": "application/json"})


def _delete(part: Part, call: Call) -> Answered:
    body = _get(part, call)
    for workspace in call.objects.all(WORKSPACE, ACCOUNT):
        if any(workspace.get(name) == call["key"] for name in part.used_as):
            name = workspace["workspace_name"]
            raise in_use(f"Unable to delete: {part.noun} {call['key']} is being used by workspace {name}")
    if part.kind == "vpc_endpoint":
        _check_free(call)
    call.objects.delete(part.kind, ACCOUNT, call["key"])
    return body


def _check_free(call: Call) -> None:
    """An endpoint that a network or access settings name stays."""
    for network in call.objects.all("network", ACCOUNT):
        if any(call["key"] in keys for keys in (network.get("vpc_endpoints") or {}).values()):
            raise in_use(f"Unable to delete: VPC endpoint {call['key']} is used by network {network['network_name']}")
    for one in call.objects.all("private_access_settings", ACCOUNT):
        if call["key"] in one["allowed_vpc_endpoint_ids"]:
            name = one["private_access_settings_name"]
            raise in_use(f"Unable to delete: VPC endpoint {call['key']} is used by private access settings {name}")


def _replace_access(call: Call) -> Answered:
    part = BY_KIND["private_access_settings"]
    call.needs_account_admin()
    old = found_part(call.objects, part.kind, call["key"])
    body = part.made(call, call.body)
    if body["region"] != old["region"]:
        raise invalid("The region of private access settings cannot be changed")
    found = old | body
    call.objects.put(part.kind, ACCOUNT, call["key"], found, body[part.name])
    return found


ROUTES: tuple[Route, ...] = (
    *(account("POST", f"/{part.path}", partial(_create, part)) for part in PARTS),
    *(account("GET", f"/{part.path}", partial(_list, part)) for part in PARTS),
    *(account("GET", f"/{part.path}/{{key}}", partial(_get, part)) for part in PARTS),
    *(account("DELETE", f"/{part.path}/{{key}}", partial(_delete, part)) for part in PARTS),
    account("PUT", "/private-access-settings/{key}", _replace_access),
)
