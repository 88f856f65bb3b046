"""Rules of security groups that somebody should look at, as Terraform's plan JSON has them.

The attributes are those of the AWS provider's documentation for each resource type.
"""

from __future__ import annotations

from typing import Any

import pytest

from lakewright.policy.rules.security_groups import audit


def plan(kind: str, after: dict[str, Any] | None, *, unknown: dict[str, Any] | None = None) -> dict[str, Any]:
    change = {"actions": ["no-op"], "before": after, "after": after, "after_unknown": unknown or {}}
    one = {"address": f"module.network.{kind}.this", "mode": "managed", "type": kind, "change": change}
    data = {"address": "data.x.y", "mode": "data", "type": kind, "change": change}
    return {"resource_changes": [one, data]}


def concerns(kind: str, **after: Any) -> list[str]:
    return [one.concern for one in audit(plan(kind, after))[1]]


INGRESS = "aws_vpc_security_group_ingress_rule"
EGRESS = "aws_vpc_security_group_egress_rule"
SAID: dict[str, Any] = {"description": "HTTPS", "ip_protocol": "tcp", "from_port": 443, "to_port": 443}


@pytest.mark.parametrize(
    ("kind", "change", "found"),
    [
        (INGRESS, {"cidr_ipv4": "0.0.0.0/0"}, ["open"]),
        (INGRESS, {"cidr_ipv6": "::/0"}, ["open"]),
        (EGRESS, {"cidr_ipv4": "0.0.0.0/0"}, ["open"]),
        (INGRESS, {"cidr_ipv4": "10.0.0.0/16"}, ["addresses"]),
        (INGRESS, {"cidr_ipv6": "fd00::/8"}, ["addresses"]),
        (INGRESS, {"referenced_security_group_id": "sg-1", "description": ""}, ["undescribed"]),
        (INGRESS, {"referenced_security_group_id": "sg-1", "description": None}, ["undescribed"]),
        (INGRESS, {"cidr_ipv4": "0.0.0.0/0", "description": " "}, ["open", "undescribed"]),
        (INGRESS, {"referenced_security_group_id": "sg-1"}, []),
        (EGRESS, {"prefix_list_id": "pl-1"}, []),
        (INGRESS, {"cidr_ipv4": "8.8.8.8/32"}, []),
    ],
)
def test_rules_that_stand_alone(kind: str, change: dict[str, Any], found: list[str]) -> None:
    assert concerns(kind, **SAID | change) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"cidr_blocks": ["10.1.0.0/16", "0.0.0.0/0"]}, ["open", "addresses"]),
        ({"ipv6_cidr_blocks": ["::/0"]}, ["open"]),
        ({"security_groups": ["sg-1"]}, []),
        ({"self": True, "description": ""}, ["undescribed"]),
    ],
)
def test_rules_within_groups(change: dict[str, Any], found: list[str]) -> None:
    rule = {"description": "HTTPS", "protocol": "tcp", "from_port": 443, "to_port": 443} | change
    for kind in ("aws_security_group", "aws_default_security_group"):
        assert concerns(kind, ingress=[rule], egress=[]) == found
        assert concerns(kind, ingress=[], egress=[rule]) == found
    assert concerns("aws_security_group_rule", type="ingress", **rule) == found


def test_all_rules_are_counted_and_say_what_they_open() -> None:
    everything = SAID | {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1", "from_port": None, "to_port": None}
    rules, (finding,) = audit(plan(INGRESS, everything))
    assert (len(rules), finding.text) == (1, "ingress all all from 0.0.0.0/0: open")
    _, (some,) = audit(plan(EGRESS, SAID | {"cidr_ipv4": "0.0.0.0/0", "from_port": 1024, "to_port": 65535}))
    assert (some.text, some.rule.address) == (
        "egress tcp 1024-65535 to 0.0.0.0/0: open",
        f"module.network.{EGRESS}.this",
    )


def test_what_aws_says_of_a_group_repeats_its_rules_and_is_told_once() -> None:
    """After a refresh `ingress` and `egress` of a group hold its own rules, with equal ports in one block."""
    alone = [
        (INGRESS, SAID | {"security_group_id": "sg-1", "cidr_ipv4": "0.0.0.0/0"}),
        (INGRESS, SAID | {"security_group_id": "sg-1", "referenced_security_group_id": "sg-1"}),
        (EGRESS, {"security_group_id": "sg-1", "ip_protocol": "-1", "prefix_list_id": "pl-1", "description": "S3"}),
    ]
    https = {"protocol": "tcp", "from_port": 443, "to_port": 443, "description": "HTTPS", "self": True}
    everything = {"protocol": "-1", "from_port": 0, "to_port": 0, "description": "S3", "prefix_list_ids": ["pl-1"]}
    by_hand = https | {"cidr_blocks": ["0.0.0.0/0", "10.0.0.0/8"]}
    group = {"id": "sg-1", "ingress": [by_hand], "egress": [everything]}
    resources = [*alone, ("aws_security_group", group)]
    whole = {"resource_changes": [one for kind, said in resources for one in plan(kind, said)["resource_changes"]]}
    rules, findings = audit(whole)
    assert len(rules) == 4
    assert [(one.concern, one.rule.ranges) for one in findings] == [
        ("open", ("0.0.0.0/0",)),
        ("addresses", ("10.0.0.0/8",)),
    ], "one was added by hand"


def test_what_goes_and_what_only_the_apply_finds_out() -> None:
    assert audit(plan(INGRESS, None)) == ([], [])
    (rule,), findings = audit(plan(INGRESS, dict(SAID), unknown={"cidr_ipv4": True}))
    assert (rule.ranges, findings) == (("(known after apply)",), [])
    assert audit({}) == ([], [])
