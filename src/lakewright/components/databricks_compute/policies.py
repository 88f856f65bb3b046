"""Cluster policies: what a cluster may be, as Databricks reads it.

Source: Databricks on AWS, "Compute policy reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.components.databricks_compute.settings import Policy
from lakewright.errors import SpecError
from lakewright.spec.layers import did_you_mean

TYPES = ("allowlist", "blocklist", "fixed", "forbidden", "range", "regex", "unlimited")
ATTRIBUTES = (
    "autoscale.max_workers",
    "autoscale.min_workers",
    "autotermination_minutes",
    "aws_attributes.availability",
    "aws_attributes.ebs_volume_count",
    "aws_attributes.ebs_volume_size",
    "aws_attributes.ebs_volume_type",
    "aws_attributes.first_on_demand",
    "aws_attributes.instance_profile_arn",
    "aws_attributes.spot_bid_price_percent",
    "aws_attributes.zone_id",
    "cluster_log_conf.path",
    "cluster_log_conf.region",
    "cluster_log_conf.type",
    "cluster_name",
    "cluster_type",
    "data_security_mode",
    "dbus_per_hour",
    "docker_image.basic_auth.password",
    "docker_image.basic_auth.username",
    "docker_image.url",
    "driver_instance_pool_id",
    "driver_node_type_id",
    "enable_elastic_disk",
    "enable_local_disk_encryption",
    "instance_pool_id",
    "is_single_node",
    "kind",
    "node_type_id",
    "num_workers",
    "runtime_engine",
    "single_user_name",
    "spark_version",
    "use_ml_runtime",
    "workload_type.clients.jobs",
    "workload_type.clients.notebooks",
)
_OPEN = ("custom_tags.", "init_scripts.", "spark_conf.", "spark_env_vars.", "ssh_public_keys.")
_PRICE = re.compile(r"spot.*(price|bid)", re.IGNORECASE)
PERCENT = "aws_attributes.spot_bid_price_percent"


def definition(policy: Policy) -> str:
    """The policy as JSON; `${zone}` and `${instance_profile}` stand for what Terraform fills in."""
    low, high = policy.spot_percent
    found: dict[str, Any] = {
        "node_type_id": {"type": "allowlist", "values": list(policy.nodes), "defaultValue": policy.nodes[0]},
        "driver_node_type_id": {"type": "allowlist", "values": list(policy.nodes), "defaultValue": policy.nodes[0]},
        "autotermination_minutes": {"type": "fixed", "value": policy.terminate},
        "autoscale.min_workers": {"type": "range", "maxValue": policy.max_workers, "defaultValue": 1},
        "autoscale.max_workers": {"type": "range", "maxValue": policy.max_workers, "defaultValue": policy.max_workers},
        "data_security_mode": {"type": "allowlist", "values": ["USER_ISOLATION", "SINGLE_USER"]},
        "aws_attributes.availability": {"type": "fixed", "value": "SPOT_WITH_FALLBACK" if policy.spot else "ON_DEMAND"},
        "aws_attributes.first_on_demand": {"type": "range", "minValue": 1, "defaultValue": 1},
        PERCENT: {"type": "range", "minValue": low, "maxValue": high, "defaultValue": high},
    }
    if policy.zone == "one":
        found["aws_attributes.zone_id"] = {"type": "fixed", "value": "${zone}"}
    if policy.instance_profile:
        found["aws_attributes.instance_profile_arn"] = {"type": "fixed", "value": "${instance_profile}"}
    return json.dumps(found | dict(policy.definition), indent=2, sort_keys=True) + "\n"


def mistakes(policy: Policy, place: str) -> Iterator[SpecError]:
    """What Databricks would refuse, or take for something else."""
    low, high = policy.spot_percent
    if not 0 < low <= high:
        fact = f"bids of {low} to {high} percent of the price on demand"
        yield SpecError("LW1395", fact, place=f"{place}.spot_percent", hint="spot_percent: [50, 100]")
    for name, rule in policy.definition.items():
        at = f"{place}.definition.{name}"
        if name not in ATTRIBUTES and not name.startswith(_OPEN):
            hint = did_you_mean(name, ATTRIBUTES, "see Databricks' compute policy reference")
            if _PRICE.search(name):
                hint = f"{PERCENT}, in percent of the price on demand; or spot_percent: [50, 100]"
            yield SpecError("LW1395", f"{name} is no attribute of a cluster", place=at, hint=hint)
        yield from _rule_mistakes(rule, at)


def _rule_mistakes(rule: Mapping[str, Any], at: str) -> Iterator[SpecError]:
    kind = rule.get("type")
    if kind not in TYPES:
        hint = did_you_mean(str(kind), TYPES, ", ".join(TYPES))
        yield SpecError("LW1395", f"{kind} is no type of rule", place=at, hint=hint)
    elif kind == "fixed" and "value" not in rule:
        yield SpecError("LW1395", "a fixed attribute without `value`", place=at)
    elif kind in ("allowlist", "blocklist") and not rule.get("values"):
        yield SpecError("LW1395", f"a {kind} without `values`", place=at)
    elif kind == "range" and not {"minValue", "maxValue"} & rule.keys():
        yield SpecError("LW1395", "a range without `minValue` or `maxValue`", place=at)
