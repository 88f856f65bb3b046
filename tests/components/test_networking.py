"""The network's inputs: addresses, endpoints, tiers, ACLs; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Output
from lakewright.components.registry import component
from lakewright.errors import LakewrightError, Mistakes
from lakewright.spec import Project

from .roots import context, decide, project, written

NETWORKING = component("networking")
TIERS = {
    "web": {"allow": [{"port": 443, "from": "internet"}, {"port": 80, "from": "internet"}]},
    "app": {"allow": [{"port": 8080, "from": "web"}, {"port": 3000, "from": "web"}]},
    "database": {"allow": [{"port": 5432, "from": ["app", "kubernetes"]}], "reach": []},
    "kubernetes": {"allow": [{"port": "30000-32767", "from": "vpc"}, {"port": 22, "from": "203.0.113.0/24"}]},
}
OFFICE = {"address": "203.0.113.10", "cidrs": ["192.168.0.0/24"]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("shop"))


def test_no_way_to_the_internet_by_default(shop: Project) -> None:
    inputs = decide(context(shop, "networking"), "networking").inputs
    assert inputs["nat"] == "none"
    assert inputs["gateway_endpoints"] == ["s3"]
    assert inputs["interface_endpoints"] == ["kms", "logs", "secretsmanager"]
    groups: Any = inputs["security_groups"]
    assert [rule for rule in groups["services"]["egress"].values() if rule.get("cidr") == "0.0.0.0/0"] == []


def test_endpoints_are_those_of_what_is_used(shop: Project) -> None:
    used = context(shop, "networking", "glue", "athena", "fargate")
    assert set(decide(used, "networking").inputs["interface_endpoints"]) == {  # type: ignore[arg-type]
        "athena", "ecr.api", "ecr.dkr", "glue", "kms", "logs", "monitoring", "secretsmanager", "sts",
    }  # fmt: skip


def test_endpoints_have_addresses_in_all_zones_where_protection_is_strict(shop: Project) -> None:
    assert decide(context(shop, "networking"), "networking").inputs["endpoint_zones"] == ["us-east-1a"]
    strict = decide(context(shop, "networking", strict=True), "networking", zones=3).inputs
    assert strict["endpoint_zones"] == ["us-east-1a", "us-east-1b", "us-east-1c"]


def test_tiers_take_only_what_is_said_and_every_rule_has_a_description(shop: Project) -> None:
    groups: Any = decide(context(shop, "networking"), "networking", tiers=TIERS).inputs["security_groups"]
    assert groups["database"]["ingress"] == {
        "app tcp 5432": {
            "description": "PostgreSQL from app", "protocol": "tcp", "from_port": 5432, "to_port": 5432, "group": "app",
        },
        "kubernetes tcp 5432": {
            "description": "PostgreSQL from kubernetes", "protocol": "tcp", "from_port": 5432, "to_port": 5432,
            "group": "kubernetes",
        },
    }  # fmt: skip
    assert groups["database"]["egress"] == {}
    assert groups["kubernetes"]["ingress"]["vpc tcp 30000-32767"]["cidr"] == "vpc"
    rules = [rule for group in groups.values() for way in ("ingress", "egress") for rule in group[way].values()]
    assert all(rule["description"] for rule in rules)


def test_acls_let_in_what_tiers_take_from_outside(shop: Project) -> None:
    acls: Any = decide(context(shop, "networking"), "networking", tiers=TIERS).inputs["network_acls"]
    ssh = [rule for rule in acls["public"]["ingress"].values() if rule.get("from_port") == 22]
    assert ssh == [{"cidr": "203.0.113.0/24", "from_port": 22, "to_port": 22}]
    for acl in acls.values():
        numbered = sorted(acl["ingress"].items(), key=lambda item: int(item[0]))
        desktop = next(at for at, (_, rule) in enumerate(numbered) if rule.get("action") == "deny")
        answers = next(at for at, (_, rule) in enumerate(numbered) if rule.get("to_port") == 65_535)
        assert desktop < answers, "the first rule that fits decides"


@pytest.mark.parametrize(
    ("settings", "cidr"),
    [({"connection": "public"}, "0.0.0.0/0"), ({"connection": "vpn", "vpn": {"office": OFFICE}}, "192.168.0.0/24")],
)
def test_sources_outside_are_reached_on_their_port(shop: Project, settings: dict[str, Any], cidr: str) -> None:
    inputs = decide(context(shop, "networking"), "networking", **settings).inputs
    groups: Any = inputs["security_groups"]
    to_source = [rule for rule in groups["services"]["egress"].values() if rule.get("cidr") == cidr]
    assert [(rule["from_port"], rule["to_port"]) for rule in to_source] == [(5432, 5432)]
    acls: Any = inputs["network_acls"]
    assert cidr in [rule["cidr"] for rule in acls["private"]["egress"].values()]


def test_data_does_not_leave_through_the_s3_endpoint(shop: Project) -> None:
    policy = written(decide(context(shop, "networking"), "networking"), "endpoint_policies", "s3")
    own, read = policy["Statement"]
    assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": "111111111111"}}
    assert read["Action"] == ["s3:GetObject", "s3:ListBucket"]


def test_flow_logs_go_where_they_are_wanted(shop: Project) -> None:
    with_key = context(shop, "networking", "kms_key", "lake_buckets")
    assert decide(with_key, "networking").inputs["kms_key_arn"] == Output("kms_key", "arn")
    inputs = decide(with_key, "networking", flow_logs="s3").inputs
    assert inputs["flow_log_bucket_arn"] == Output("lake_buckets", "arns", ("access-logs",))


def test_dearer_ways_cost_more(shop: Project) -> None:
    where = context(shop, "networking")

    def hours(item: str, **settings: Any) -> float:
        costs = NETWORKING.costs(where, NETWORKING.settings.model_validate(settings))
        return sum(cost.quantity for cost in costs if cost.item == item)

    assert (hours("vpc.nat_hour"), hours("vpc.nat_hour", nat="per_zone", zones=3)) == (0, 3 * 730)
    assert hours("vpc.endpoint_hour", endpoint_zones="all") == 2 * hours("vpc.endpoint_hour")


@pytest.mark.parametrize(
    "settings",
    [
        {"cidr": "10.0.30.0/20"},
        {"nat": "some"},
        {"subnets": {"public": {"public": True}}},
        {"connection": "vpn"},
        {"tiers": {"web": {"allow": [{"port": 99_999, "from": "internet"}]}}},
        {"tiers": {"web": {"allow": [{"port": "200-100", "from": "internet"}]}}},
        {"tiers": {"web": {"allow": [{"port": 443, "from": "10.0.0.1/8"}]}}},
        {"tiers": {"web": {"allow": [{"port": 443, "from": []}]}}},
        {"flow_log_retention": 31},
        {"vpn": {"office": {"address": "203.0.113.10", "cidrs": []}}},
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NETWORKING.settings.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"cidr": "10.0.0.0/8"}, "LW1331"),
        ({"zones": ["us-east-2a"]}, "LW1332"),
        ({"zones": 9}, "LW1332"),
        ({"subnets": {"private": {"cidrs": ["10.0.0.0/24"]}}}, "LW1331"),
        ({"zones": 1, "subnets": {"one": {"cidrs": ["10.0.0.0/24"]}, "two": {"cidrs": ["10.0.0.0/25"]}}}, "LW1333"),
        ({"tiers": {"app": {"allow": [{"port": 443, "from": "wep"}]}}}, "LW1335"),
        ({"tiers": {"app": {"allow": [{"port": 443, "from": "s3"}]}}}, "LW1335"),
        ({"vpn": {"office": {"address": "203.0.113.10", "cidrs": ["10.0.128.0/24"]}}}, "LW1333"),
        ({"cidr": "10.0.0.0/24"}, "LW1331"),
    ],
)
def test_networks_that_are_refused(shop: Project, settings: dict[str, Any], code: str) -> None:
    with pytest.raises(LakewrightError) as caught:
        decide(context(shop, "networking"), "networking", **settings)
    wrong = caught.value.mistakes if isinstance(caught.value, Mistakes) else (caught.value,)
    assert code in {one.code for one in wrong}


def test_a_zone_more_moves_no_subnet(shop: Project, tmp_path: Path) -> None:
    two: Any = decide(context(shop, "networking"), "networking").inputs["subnets"]
    three: Any = decide(context(shop, "networking"), "networking", zones=3).inputs["subnets"]
    assert {name: three[name] for name in two} == two
    assert set(three) - set(two) == {"private-c", "public-c"}
