"""The data sources that the stand-in plays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lakewright.rehearse.databricks.provider import aws_policies
from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, given
from lakewright.rehearse.databricks.provider.kinds.scim import FLAGS, path_of

Source = Callable[[Api, Mapping[str, Any]], Answer]
UC = "/api/2.1/unity-catalog"


def _missing(what: str) -> ApiError:
    return ApiError(404, "NOT_FOUND", what)


def _one(api: Api, collection: str, attribute: str, value: Any) -> Answer:
    found = api.get(path_of(api, collection), {"filter": f'{attribute} eq "{value}"'}).get("Resources", [])
    if len(found) != 1:
        raise _missing(f"{len(found)} {collection} have {attribute} {value}")
    return api.get(path_of(api, collection, str(found[0]["id"])))


def group(api: Api, config: Mapping[str, Any]) -> Answer:
    """A group by its name, with its members."""
    found = _one(api, "Groups", "displayName", config["display_name"])
    members: dict[str, list[str]] = {"Users": [], "Groups": [], "ServicePrincipals": []}
    for one in found.get("members", []):
        kind = str(one.get("$ref", "Users/")).split("/", 1)[0]
        members.setdefault(kind, []).append(str(one["value"]))
    have = {one["value"] for one in found.get("entitlements", [])}
    return {
        "id": str(found["id"]),
        "external_id": found.get("externalId"),
        "acl_principal_id": f"groups/{found['displayName']}",
        "users": sorted(members["Users"]),
        "service_principals": sorted(members["ServicePrincipals"]),
        "child_groups": sorted(members["Groups"]),
        "members": sorted(one for kind in members.values() for one in kind),
        "groups": sorted(str(one["value"]) for one in found.get("groups", [])),
        "instance_profiles": sorted(one["value"] for one in found.get("roles", [])),
        **{name: value in have for name, value in FLAGS.items()},
    }


def user(api: Api, config: Mapping[str, Any]) -> Answer:
    """A user by name or id."""
    if key := given(config, "user_id"):
        return _user(api.get(path_of(api, "Users", str(key))))
    return _user(_one(api, "Users", "userName", config["user_name"]))


def current_user(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """Who the provider is logged in as."""
    answer = _user(api.get("/api/2.0/preview/scim/v2/Me"))
    return answer | {"workspace_url": api.host}


def _user(found: Answer) -> Answer:
    name = found["userName"]
    return {
        "id": str(found["id"]),
        "user_id": str(found["id"]),
        "user_name": name,
        "display_name": found.get("displayName"),
        "external_id": found.get("externalId"),
        "active": found.get("active", True),
        "home": f"/Users/{name}",
        "repos": f"/Repos/{name}",
        "acl_principal_id": f"users/{name}",
        "alphanumeric": re.sub(r"[^a-z0-9]+", "_", name.split("@")[0].lower()),
    }


def service_principal(api: Api, config: Mapping[str, Any]) -> Answer:
    """A service principal by its application id or its name."""
    by_application = given(config, "application_id")
    attribute, value = ("applicationId", by_application) if by_application else ("displayName", config["display_name"])
    found = _one(api, "ServicePrincipals", attribute, value)
    name = found["applicationId"]
    return {
        "id": str(found["id"]),
        "sp_id": str(found["id"]),
        "scim_id": str(found["id"]),
        "application_id": name,
        "display_name": found.get("displayName"),
        "external_id": found.get("externalId"),
        "active": found.get("active", True),
        "home": f"/Users/{name}",
        "repos": f"/Repos/{name}",
        "acl_principal_id": f"servicePrincipals/{name}",
    }


def metastores(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """Names of the account's metastores → ids."""
    found = api.get(_metastores(api)).get("metastores", [])
    return {"ids": {one["name"]: one["metastore_id"] for one in found}, "id": "_"}


def metastore(api: Api, config: Mapping[str, Any]) -> Answer:
    """One metastore, by its id, name or region."""
    found = api.get(_metastores(api)).get("metastores", [])
    for name in ("metastore_id", "name", "region"):
        if value := given(config, name):
            found = [one for one in found if one.get(name) == value]
    if len(found) != 1:
        raise _missing(f"{len(found)} metastores match; exactly one must")
    one = found[0]
    return {
        "id": one["metastore_id"],
        "metastore_id": one["metastore_id"],
        "name": one["name"],
        "region": one.get("region"),
        "metastore_info": one,
    }


def _metastores(api: Api) -> str:
    return api.account("/metastores") if api.at_account else f"{UC}/metastores"


def current_metastore(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """The metastore of the workspace."""
    found = api.get(f"{UC}/metastore_summary")
    return {"id": found["metastore_id"], "metastore_info": found}


def current_config(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """What the provider is configured with."""
    return {
        "id": "_",
        "host": api.host,
        "account_id": api.account_id,
        "auth_type": "oauth-m2m",
        "cloud_type": "aws",
        "is_account": api.at_account,
    }


def node_type(api: Api, config: Mapping[str, Any]) -> Answer:
    """The smallest type of machine that has what is asked for."""
    found = [one for one in api.get("/api/2.0/clusters/list-node-types")["node_types"] if _fits(one, config)]
    if not found:
        raise _missing("cannot determine smallest node type")
    return {"id": min(found, key=_size)["node_type_id"]}


def _size(one: Answer) -> tuple[Any, ...]:
    disks = one.get("node_instance_type", {}).get("local_disks", 0)
    return (one.get("num_gpus", 0), one["num_cores"], one["memory_mb"], disks, one["node_type_id"])


def _fits(one: Answer, config: Mapping[str, Any]) -> bool:
    machine, cores = one.get("node_instance_type", {}), one["num_cores"]
    gigabytes, gpus = one["memory_mb"] / 1024, one.get("num_gpus", 0)
    wants: tuple[tuple[Any, bool], ...] = (
        (given(config, "min_cores"), cores >= (given(config, "min_cores") or 0)),
        (given(config, "min_memory_gb"), gigabytes >= (given(config, "min_memory_gb") or 0)),
        (given(config, "gb_per_core"), gigabytes / cores >= (given(config, "gb_per_core") or 0)),
        (given(config, "min_gpus"), gpus >= (given(config, "min_gpus") or 0)),
        (given(config, "local_disk"), machine.get("local_disks", 0) > 0 or machine.get("local_nvme_disks", 0) > 0),
        (given(config, "category"), str(one.get("category", "")).lower() == str(config.get("category", "")).lower()),
        (given(config, "photon_worker_capable"), bool(one.get("photon_worker_capable"))),
        (given(config, "photon_driver_capable"), bool(one.get("photon_driver_capable"))),
        (given(config, "is_io_cache_enabled"), bool(one.get("is_io_cache_enabled"))),
        (given(config, "support_port_forwarding"), bool(one.get("support_port_forwarding"))),
        (given(config, "fleet"), "-fleet." in one["node_type_id"]),
    )
    if not all(right for wanted, right in wants if wanted):
        return False
    arm = bool(given(config, "graviton") or given(config, "arm"))
    return (
        bool(one.get("is_graviton")) == arm
        and not one.get("is_deprecated")
        and (gpus == 0 or bool(given(config, "min_gpus")))
    )


def spark_version(api: Api, config: Mapping[str, Any]) -> Answer:
    """The newest runtime that has what is asked for."""
    kinds = {"ml": "-ml", "genomics": "-hls", "gpu": "-gpu", "photon": "-photon", "graviton": "-aarch64"}
    found = []
    for one in api.get("/api/2.0/clusters/spark-versions")["versions"]:
        key, name = one["key"], one["name"]
        match = all(
            (mark in key) == bool(given(config, wanted))
            for wanted, mark in kinds.items()
            if wanted != "photon" or given(config, wanted)
        )
        match = match and ("LTS" in name or not given(config, "long_term_support"))
        match = match and ("Beta" in name) == bool(given(config, "beta"))
        match = match and f"scala{given(config, 'scala') or '2.1'}" in key
        version = given(config, "spark_version")
        if match and (not version or f"Apache Spark {version}" in name):
            found.append(key)
    if not found:
        raise _missing("spark versions query returned no results")
    return {"id": max(found, key=_release)}


def _release(key: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", key.split("-")[0]))


SOURCES: Mapping[str, Source] = {
    "databricks_aws_assume_role_policy": aws_policies.assume_role,
    "databricks_aws_bucket_policy": aws_policies.bucket,
    "databricks_aws_crossaccount_policy": aws_policies.crossaccount,
    "databricks_aws_unity_catalog_assume_role_policy": aws_policies.unity_catalog_trust,
    "databricks_aws_unity_catalog_policy": aws_policies.unity_catalog,
    "databricks_current_config": current_config,
    "databricks_current_metastore": current_metastore,
    "databricks_current_user": current_user,
    "databricks_group": group,
    "databricks_metastore": metastore,
    "databricks_metastores": metastores,
    "databricks_node_type": node_type,
    "databricks_service_principal": service_principal,
    "databricks_spark_version": spark_version,
    "databricks_user": user,
}
