"""Which security-group rules are open to everybody, undescribed, or name addresses where a group would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal

Concern = Literal["open", "undescribed", "addresses"]
Direction = Literal["ingress", "egress"]
Network = IPv4Network | IPv6Network

ANYWHERE = ("0.0.0.0/0", "::/0")
LATER = "(known after apply)"
GROUPS = ("aws_security_group", "aws_default_security_group")
ALONE: Mapping[str, Direction] = {
    "aws_vpc_security_group_ingress_rule": "ingress",
    "aws_vpc_security_group_egress_rule": "egress",
}
KINDS = frozenset({*GROUPS, *ALONE, "aws_security_group_rule"})
"""Resource types that rules stand in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a group. `ports`: `443`, `1024-65535`, `all`; `ranges` are CIDRs (or LATER), none where a group or a
    prefix list is named. `address` is the resource's in the plan."""

    address: str
    direction: Direction
    protocol: str
    ports: str
    ranges: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`open`: from or to everybody's addresses; `undescribed`; `addresses`: of a network of one's own, where a group
    would say who."""

    concern: Concern
    rule: Rule

    @property
    def text(self) -> str:
        rule = self.rule
        preposition = "from" if rule.direction == "ingress" else "to"
        what = f"{rule.direction} {rule.protocol} {rule.ports} {preposition} {', '.join(rule.ranges) or 'a group'}"
        return {
            "open": f"{what}: open",
            "undescribed": f"{what}: no description",
            "addresses": f"{what}: addresses of one's own network, a group would say who",
        }[self.concern]


def audit(plan: Mapping[str, Any]) -> tuple[list[Rule], list[Finding]]:
    """All rules as they would be after a plan (`terraform show -json`), unchanged ones too; and what to look at."""
    rules = [
        rule
        for one in plan.get("resource_changes", ())
        if one["mode"] == "managed" and one["change"]["after"] is not None
        for rule in _rules(one["type"], one["address"], _known(one["change"]))
    ]
    return rules, [Finding(concern, rule) for rule in rules for concern in _concerns(rule)]


def _known(change: Mapping[str, Any]) -> Mapping[str, Any]:
    """A resource as it will be; an address that only the apply finds out is LATER."""
    unknown = change.get("after_unknown") or {}
    later = {name: LATER for name in ("cidr_ipv4", "cidr_ipv6") if unknown.get(name) is True}
    return {**change["after"], **later}


def _concerns(rule: Rule) -> Iterator[Concern]:
    if any(one in ANYWHERE for one in rule.ranges):
        yield "open"
    if not rule.description.strip():
        yield "undescribed"
    if any(_private(one) for one in rule.ranges if one != LATER):
        yield "addresses"


def _private(written: str) -> bool:
    network: Network = ip_network(written, strict=False)
    return network.prefixlen > 0 and network.is_private


def _rules(kind: str, address: str, said: Mapping[str, Any]) -> Iterator[Rule]:
    if kind in ALONE:
        ranges = [said[name] for name in ("cidr_ipv4", "cidr_ipv6") if said.get(name)]
        yield _rule(address, ALONE[kind], said, "ip_protocol", ranges)
    elif kind == "aws_security_group_rule":
        yield _rule(address, said["type"], said, "protocol", _ranges(said))
    elif kind in GROUPS:
        directions: Sequence[Direction] = ("ingress", "egress")
        for direction in directions:
            for one in said.get(direction) or ():
                yield _rule(address, direction, one, "protocol", _ranges(one))


def _rule(address: str, direction: Direction, said: Mapping[str, Any], protocol: str, ranges: Sequence[str]) -> Rule:
    name = str(said.get(protocol) or "-1")
    name = "all" if name == "-1" else name
    return Rule(address, direction, name, _ports(said, name), tuple(ranges), str(said.get("description") or ""))


def _ranges(said: Mapping[str, Any]) -> list[str]:
    return [*(said.get("cidr_blocks") or ()), *(said.get("ipv6_cidr_blocks") or ())]


def _ports(said: Mapping[str, Any], protocol: str) -> str:
    first, last = said.get("from_port"), said.get("to_port")
    if protocol == "all" or first in (None, -1) or (first, last) == (0, 65535):
        return "all"
    return str(first) if first == last else f"{first}-{last}"
