"""The way of a packet between networks of several accounts, as VPCs and the transit gateway route it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from lakewright.rehearse.aws.local import LocalAws

INTERNET = IPv4Address("151.101.0.223")
MOST = 12
"""Hops after which a way is a circle."""


class Ways:
    """What the local AWS has of `network` (the transit gateway's account) and `security` (the firewall's)."""

    def __init__(self, aws: LocalAws, network: str, security: str, prefix: str) -> None:
        self._prefix = prefix
        self._states = [aws.moto.within(network), aws.moto.within(security)]
        self._vpcs = {one["VpcId"]: one for one in self._all("DescribeVpcs", "Vpcs")}
        self._subnets = {one["SubnetId"]: one for one in self._all("DescribeSubnets", "Subnets")}
        self._tables = {
            use["SubnetId"]: table["Routes"]
            for table in self._all("DescribeRouteTables", "RouteTables")
            for use in table["Associations"]
            if "SubnetId" in use
        }
        self._endpoints = {
            one["VpcEndpointId"]: one["SubnetIds"][0]
            for one in self._all("DescribeVpcEndpoints", "VpcEndpoints")
            if one["VpcEndpointType"] == "GatewayLoadBalancer"
        }
        self._read_hub()

    def _all(self, operation: str, key: str) -> list[dict[str, Any]]:
        return [one for state in self._states for one in state.call("ec2", operation)[key]]

    def _read_hub(self) -> None:
        hub = self._states[0]

        def told(operation: str, key: str, **asked: Any) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = hub.call("ec2", operation, **asked)[key]
            return found

        attachments = told("DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments")
        self._attachments = {one["TransitGatewayAttachmentId"]: one for one in attachments}
        self._of_vpc = {one["VpcId"]: key for key, one in self._attachments.items()}
        self._hub: dict[str, dict[str, str]] = {}
        self._by: dict[str, str] = {}
        active = [{"Name": "state", "Values": ["active"]}]
        for table in told("DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables"):
            of = {"TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"]}
            routes: dict[str, str] = {}
            for one in told("SearchTransitGatewayRoutes", "Routes", Filters=active, **of):
                attached = one["TransitGatewayAttachments"][0]["TransitGatewayAttachmentId"]
                routes[one["DestinationCidrBlock"]] = attached
            propagations = "TransitGatewayRouteTablePropagations"
            for one in told(f"Get{propagations}", propagations, **of):
                vpc = self._attachments[one["TransitGatewayAttachmentId"]]["VpcId"]
                routes[self._vpcs[vpc]["CidrBlock"]] = one["TransitGatewayAttachmentId"]
            for one in told("GetTransitGatewayRouteTableAssociations", "Associations", **of):
                self._by[one["TransitGatewayAttachmentId"]] = of["TransitGatewayRouteTableId"]
            self._hub[of["TransitGatewayRouteTableId"]] = routes

    def between(self, source: str, target: str) -> list[str]:
        """Networks that a packet passes; `firewall` for the firewall's."""
        return self._follow(self._subnet(source), IPv4Network(self._subnets[self._subnet(target)]["CidrBlock"])[10])

    def outward(self, source: str) -> list[str]:
        """The same to the internet; ends in `nat`."""
        return self._follow(self._subnet(source), INTERNET)

    def _name(self, subnet: str) -> str:
        tags = {one["Key"]: one["Value"] for one in self._subnets[subnet].get("Tags", ())}
        name: str = tags.get("Name", "").removeprefix(self._prefix)
        return "firewall" if "kind" in tags else name.partition("-")[0]

    def _subnet(self, network: str) -> str:
        """A subnet of the network in which machines are."""
        for tier in ("workload", "endpoints"):
            for key, one in self._subnets.items():
                if {"Key": "tier", "Value": tier} in one.get("Tags", ()) and self._name(key) == network:
                    return str(key)
        raise KeyError(network)

    def _follow(self, subnet: str, address: IPv4Address) -> list[str]:
        way = [self._name(subnet)]
        while len(way) < MOST:
            routes = {one["DestinationCidrBlock"]: one for one in self._tables[subnet] if "DestinationCidrBlock" in one}
            route = _best(routes, address)
            if "NatGatewayId" in route:
                return [*way, "nat"]
            if endpoint := self._endpoints.get(str(route.get("GatewayId") or route.get("VpcEndpointId"))):
                subnet = endpoint
                way.append("firewall")
                continue
            assert "TransitGatewayId" in route, f"nowhere from {way}: {route}"
            subnet, vpc = self._over_hub(subnet, address)
            if self._name(subnet) != "firewall":
                way.append(self._name(subnet))
            if address in IPv4Network(self._vpcs[vpc]["CidrBlock"]):
                return way
        raise AssertionError(f"a circle: {way}")

    def _over_hub(self, subnet: str, address: IPv4Address) -> tuple[str, str]:
        """The subnet, of the same zone, in which the gateway's table puts the packet down, and its VPC."""
        here = self._subnets[subnet]
        attachment = self._attachments[_best(self._hub[self._by[self._of_vpc[here["VpcId"]]]], address)]
        zone = here["AvailabilityZone"]
        same = [one for one in attachment["SubnetIds"] if self._subnets[one]["AvailabilityZone"] == zone]
        return same[0], attachment["VpcId"]


def _best(routes: Mapping[str, Any], address: IPv4Address) -> Any:
    """By the longest prefix."""
    fitting = [cidr for cidr in routes if address in IPv4Network(cidr)]
    assert fitting, f"no route to {address} among {sorted(routes)}"
    return routes[max(fitting, key=lambda cidr: IPv4Network(cidr).prefixlen)]
