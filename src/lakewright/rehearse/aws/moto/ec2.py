"""EC2: security groups' rules about groups and prefix lists have descriptions, and can be changed; gateway endpoints
follow their route tables. Further parts: VPN, and what is shared between accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule

from lakewright.rehearse.aws.moto import ec2_shared, ec2_vpn
from lakewright.rehearse.aws.moto.additions import wrap


def install() -> None:
    ec2_shared.install()
    ec2_vpn.install()
    wrap(EC2Backend, "modify_security_group_rules", _modify_rules)
    wrap(SecurityGroupRule, "__init__", _rule)
    SecurityGroupRule.description = property(lambda self: self.told)  # type: ignore[assignment]
    wrap(EC2Backend, "modify_vpc_endpoint", _modify_endpoint)


def _rule(original: Callable[..., None], self: Any, *arguments: Any, **named: Any) -> None:
    original(self, *arguments, **named)
    prefix_list = named.get("prefix_list_id") or (arguments[7] if len(arguments) > 7 else None)
    ends = (self.ip_range, self.source_group, prefix_list or {})
    self.told = next((one["Description"] for one in ends if one.get("Description")), None)


def _modify_rules(original: Callable[..., None], self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:  # noqa: ARG001
    """The whole rule is replaced; moto knows that of addresses alone."""
    group = self.get_security_group_by_name_or_id(group_id)
    for key, new in rules.items():
        rule = group.get_rule(key) if group is not None else None
        if rule is None:
            raise InvalidSecurityGroupRuleIdNotFoundError(key)
        rule.ip_protocol = new.get("IpProtocol", rule.ip_protocol)
        every = rule.ip_protocol == "-1"
        rule.from_port, rule.to_port = (None, None) if every else (int(new["FromPort"]), int(new["ToPort"]))
        rule.told = new.get("Description")
        names = {"CidrIpv4": "CidrIp", "CidrIpv6": "CidrIpv6"}
        rule.ip_range = {name: new[one] for one, name in names.items() if new.get(one)}
        if rule.ip_range and rule.told:
            rule.ip_range["Description"] = rule.told
        rule.prefix_list_id = new.get("PrefixListId")
        rule.source_group = _group(new, rule.told)


def _group(new: dict[str, Any], told: str | None) -> dict[str, str]:
    if not new.get("ReferencedGroupId"):
        return {}
    return {"GroupId": new["ReferencedGroupId"]} | ({"Description": told} if told else {})


def _modify_endpoint(original: Callable[..., None], self: Any, **asked: Any) -> None:
    """moto keeps the list of route tables, and lacks the routes that come and go with it."""
    original(self, **asked)
    endpoint = self.describe_vpc_endpoints([asked["vpc_id"]])[0]
    prefixes = endpoint.destination_prefix_list_id
    for table in asked["add_route_tables"]:
        self.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefixes)
    for table in asked["remove_route_tables"]:
        self.delete_route(table, prefixes)
