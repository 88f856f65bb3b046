"""Which security-group rules are open to everybody, undescribed, or name addresses where a group would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """All rules as they would be after a plan (`terraform show -json`), unchanged ones too; and what to look at.

    What AWS says of a group repeats the rules that are resources of their own; those are told once.
    """
    found = [
        (one["type"], one["address"], _known(one["change"]))
        for one in plan.get("resource_changes", ())
        if one["mode"] == "managed" and one["type"] in KINDS and one["change"]["after"] is not None
    ]
    alone = [_alone(kind, address, said) for kind, address, said in found if kind not in GROUPS]
    told = {key for entry in alone for key in entry.keys}
    within = [entry for kind, address, said in found if kind in GROUPS for entry in _within(address, said)]
    left = [entry for one in within for entry in one.without(told)]
    rules = [entry.rule for entry in (*alone, *left)]
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


@dataclass(frozen=True, slots=True)
class _Entry:
    """A rule as Terraform has it: the group's id ("" until the apply), and the other sides, CIDRs among them."""

    group: str
    peers: tuple[str, ...]
    rule: Rule

    @property
    def keys(self) -> set[tuple[str, ...]]:
        rule = self.rule
        return {(self.group, rule.direction, rule.protocol, rule.ports, peer) for peer in self.peers}

    def without(self, told: set[tuple[str, ...]]) -> Iterator[_Entry]:
        """What of it is not told elsewhere. A group that is not there yet has nothing but what was declared."""
        rule = self.rule
        key = (self.group, rule.direction, rule.protocol, rule.ports)
        left = tuple(one for one in self.peers if not self.group or (*key, one) not in told)
        if left:
            ranges = tuple(one for one in rule.ranges if one in left)
            yield replace(self, peers=left, rule=replace(rule, ranges=ranges))


def _alone(kind: str, address: str, said: Mapping[str, Any]) -> _Entry:
    """A rule that is a resource."""
    group = str(said.get("security_group_id") or "")
    if kind in ALONE:
        ranges = [said[name] for name in ("cidr_ipv4", "cidr_ipv6") if said.get(name)]
        others = [said[name] for name in ("prefix_list_id", "referenced_security_group_id") if said.get(name)]
        return _entry(group, address, ALONE[kind], said, "ip_protocol", ranges, others)
    source = [said["source_security_group_id"]] if said.get("source_security_group_id") else []
    return _entry(group, address, said["type"], said, "protocol", _ranges(said), [*source, *_others(group, said)])


def _within(address: str, said: Mapping[str, Any]) -> Iterator[_Entry]:
    """The rules of a group."""
    group = str(said.get("id") or "")
    directions: Sequence[Direction] = ("ingress", "egress")
    for direction in directions:
        for one in said.get(direction) or ():
            yield _entry(group, address, direction, one, "protocol", _ranges(one), _others(group, one))


def _entry(
    group: str,
    address: str,
    direction: Direction,
    said: Mapping[str, Any],
    protocol: str,
    ranges: Sequence[str],
    others: Sequence[str],
) -> _Entry:
    name = str(said.get(protocol) or "-1")
    name = "all" if name == "-1" else name
    rule = Rule(address, direction, name, _ports(said, name), tuple(ranges), str(said.get("description") or ""))
    return _Entry(group, (*ranges, *others), rule)


def _others(group: str, said: Mapping[str, Any]) -> list[str]:
    """Groups and prefix lists; `self` is the group."""
    itself = [group] if said.get("self") else []
    return [*(said.get("prefix_list_ids") or ()), *(said.get("security_groups") or ()), *itself]


def _ranges(said: Mapping[str, Any]) -> list[str]:
    return [*(said.get("cidr_blocks") or ()), *(said.get("ipv6_cidr_blocks") or ())]


def _ports(said: Mapping[str, Any], protocol: str) -> str:
    first, last = said.get("from_port"), said.get("to_port")
    if protocol == "all" or first in (None, -1) or (first, last) == (0, 65535):
        return "all"
    return str(first) if first == last else f"{first}-{last}"
