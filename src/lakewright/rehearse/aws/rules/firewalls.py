"""Network Firewall, transit gateways' attachments and RAM's shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.ec2_network import found_subnets, found_vpc
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text

CAPACITY = 30_000
"""Most capacity of all stateful rule groups of a policy (Network Firewall quotas)."""

_STATELESS = ("aws:pass", "aws:drop", "aws:forward_to_sfe")
_STRICT_DEFAULTS = (
    "aws:drop_strict",
    "aws:drop_established",
    "aws:alert_strict",
    "aws:alert_established",
    "aws:drop_established_app_layer",
    "aws:alert_established_app_layer",
)


def _policy(asked: Asked) -> Any:
    return structure(asked.parameters.get("FirewallPolicy"))


def _is_strict(policy: Any) -> bool:
    return structure(policy.get("StatefulEngineOptions")).get("RuleOrder") == "STRICT_ORDER"


def _stateless_defaults(asked: Asked, _: Moto) -> Iterator[str]:
    policy = _policy(asked)
    for name in ("StatelessDefaultActions", "StatelessFragmentDefaultActions"):
        actions = [one for one in items(policy.get(name)) if str(one).startswith("aws:")]
        if len(actions) != 1 or actions[0] not in _STATELESS:
            yield f"parameter: [{name}], context: one of {', '.join(_STATELESS)} is required"


def _order(asked: Asked, _: Moto) -> Iterator[str]:
    policy = _policy(asked)
    references = [structure(one) for one in items(policy.get("StatefulRuleGroupReferences"))]
    defaults = items(policy.get("StatefulDefaultActions"))
    if not _is_strict(policy):
        if any(one.get("Priority") is not None for one in references):
            yield "parameter: [Priority], context: only for policies whose rule order is STRICT_ORDER"
        if defaults:
            yield "parameter: [StatefulDefaultActions], context: only for policies whose rule order is STRICT_ORDER"
        return
    priorities = [one.get("Priority") for one in references]
    if None in priorities or len(set(priorities)) < len(priorities):
        yield "parameter: [Priority], context: each rule group of a STRICT_ORDER policy has a priority of its own"
    for unknown in [one for one in defaults if one not in _STRICT_DEFAULTS]:
        yield f"parameter: [StatefulDefaultActions], value: [{unknown}]"


def _groups_fit(asked: Asked, moto: Moto) -> Iterator[str]:
    """Rule groups have the policy's order, and a capacity together that a policy may have."""
    policy, used = _policy(asked), 0
    wanted = "STRICT_ORDER" if _is_strict(policy) else "DEFAULT_ACTION_ORDER"
    for one in items(policy.get("StatefulRuleGroupReferences")):
        arn = str(structure(one).get("ResourceArn"))
        if ":aws-managed:" in arn:
            continue
        try:
            found = moto.call("network-firewall", "DescribeRuleGroup", RuleGroupArn=arn)
        except Fault:
            return
        used += int(found["RuleGroupResponse"].get("Capacity", 0))
        order = structure(found["RuleGroup"].get("StatefulRuleOptions")).get("RuleOrder", "DEFAULT_ACTION_ORDER")
        if order != wanted:
            yield f"parameter: [ResourceArn], value: [{arn}], context: its rule order is {order}, the policy's {wanted}"
    if used > CAPACITY:
        yield f"parameter: [StatefulRuleGroupReferences], context: capacity {used} exceeds {CAPACITY}"


def _firewall_subnets(asked: Asked, moto: Moto) -> Iterator[str]:
    vpc, ids = (
        text(asked, "VpcId"),
        [structure(one).get("SubnetId") for one in items(asked.parameters.get("SubnetMappings"))],
    )
    if found_vpc(moto, vpc) is None:
        yield f"parameter: [VpcId], value: [{vpc}], context: VpcId {vpc} not found"
        return
    subnets = found_subnets(moto, [str(one) for one in ids])
    if subnets is None or any(one["VpcId"] != vpc for one in subnets):
        yield "parameter: [SubnetMappings], context: every subnet lies in the firewall's VPC"
        return
    zones = [one["AvailabilityZone"] for one in subnets]
    if len(set(zones)) < len(zones):
        yield "parameter: [SubnetMappings], context: one subnet in each Availability Zone"


def _attachment_subnets(asked: Asked, moto: Moto) -> Iterator[str]:
    ids = [str(one) for one in items(asked.parameters.get("SubnetIds"))]
    subnets = found_subnets(moto, ids) if ids else None
    zones = [one["AvailabilityZone"] for one in subnets or ()]
    if len(set(zones)) < len(zones):
        yield "Found more than one subnet in the same Availability Zone"


def _attachment_home(asked: Asked, moto: Moto) -> Iterator[str]:
    ids = [str(one) for one in items(asked.parameters.get("SubnetIds"))]
    for one in (found_subnets(moto, ids) if ids else None) or ():
        if one["VpcId"] != text(asked, "VpcId"):
            yield f"The subnet ID '{one['SubnetId']}' does not belong to VPC {text(asked, 'VpcId')}"


def _own_resources(asked: Asked, _: Moto) -> Iterator[str]:
    for arn in items(asked.parameters.get("resourceArns")):
        parts = str(arn).split(":")
        if len(parts) > 5 and parts[4] and parts[4] != asked.account:
            yield f"The resource {arn} is owned by another account."


FIREWALL = (
    Rule(
        "a policy says what becomes of packets and fragments",
        "FirewallPolicy (AWS Network Firewall API Reference)",
        ("CreateFirewallPolicy", "UpdateFirewallPolicy"),
        _stateless_defaults,
        "InvalidRequestException",
    ),
    Rule(
        "priorities and default actions belong to the strict order",
        "Managing evaluation order for Suricata compatible rules in AWS Network Firewall",
        ("CreateFirewallPolicy", "UpdateFirewallPolicy"),
        _order,
        "InvalidRequestException",
    ),
    Rule(
        "rule groups have the policy's order and fit into it",
        "AWS Network Firewall quotas; StatefulRuleOptions (AWS Network Firewall API Reference)",
        ("CreateFirewallPolicy", "UpdateFirewallPolicy"),
        _groups_fit,
        "InvalidRequestException",
    ),
    Rule(
        "a firewall has one subnet of its VPC in a zone",
        "CreateFirewall (AWS Network Firewall API Reference)",
        ("CreateFirewall",),
        _firewall_subnets,
        "InvalidRequestException",
    ),
)

ATTACHMENTS = (
    Rule(
        "an attachment has one subnet in a zone",
        "CreateTransitGatewayVpcAttachment (Amazon EC2 API Reference)",
        ("CreateTransitGatewayVpcAttachment",),
        _attachment_subnets,
        "DuplicateSubnetsInSameZone",
    ),
    Rule(
        "an attachment's subnets are the VPC's",
        "CreateTransitGatewayVpcAttachment (Amazon EC2 API Reference)",
        ("CreateTransitGatewayVpcAttachment",),
        _attachment_home,
        "InvalidSubnetID.NotFound",
    ),
)

SHARES = (
    Rule(
        "one shares what is one's own",
        "AssociateResourceShare (AWS RAM API Reference)",
        ("AssociateResourceShare", "CreateResourceShare"),
        _own_resources,
        "OperationNotPermittedException",
    ),
)
