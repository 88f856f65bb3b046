"""EC2: VPCs, subnets, routes, endpoints, flow logs."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, text

_GATEWAYS = ("s3", "dynamodb", "s3express")
_ROUTE_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "VpcEndpointId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)


def network(cidr: str) -> IPv4Network | None:
    """An IPv4 range, its host bits cut off as EC2 does; None when it is none."""
    try:
        return IPv4Network(cidr, strict=False) if "/" in cidr else None
    except ValueError:
        return None


def found_vpc(moto: Moto, vpc: str) -> dict[str, Any] | None:
    try:
        vpcs = moto.call("ec2", "DescribeVpcs", VpcIds=[vpc])["Vpcs"]
    except Fault:
        return None
    return vpcs[0] if vpcs else None


def found_subnets(moto: Moto, ids: list[str]) -> list[dict[str, Any]] | None:
    """The subnets of these ids; None when one of them is not there."""
    try:
        found: list[dict[str, Any]] = moto.call("ec2", "DescribeSubnets", SubnetIds=ids)["Subnets"]
    except Fault:
        return None
    return found if len(found) == len(set(ids)) else None


def _malformed(asked: Asked, _: Moto) -> Iterator[str]:
    for name in ("CidrBlock", "DestinationCidrBlock"):
        cidr = text(asked, name)
        if cidr and network(cidr) is None:
            lower = name[:1].lower() + name[1:]
            yield f"Value ({cidr}) for parameter {lower} is invalid. This is not a valid CIDR block."


def _vpc_range(asked: Asked, _: Moto) -> Iterator[str]:
    found = network(text(asked, "CidrBlock"))
    if found is not None and not 16 <= found.prefixlen <= 28:
        yield f"The CIDR '{text(asked, 'CidrBlock')}' is invalid."


def _subnet_range(asked: Asked, moto: Moto) -> Iterator[str]:
    cidr, vpc = network(text(asked, "CidrBlock")), found_vpc(moto, text(asked, "VpcId"))
    if cidr is None or vpc is None:
        return
    blocks = [one["CidrBlock"] for one in vpc.get("CidrBlockAssociationSet", ())] or [vpc["CidrBlock"]]
    inside = any(cidr.subnet_of(IPv4Network(block)) for block in blocks)
    if not inside or not 16 <= cidr.prefixlen <= 28:
        yield f"The CIDR '{text(asked, 'CidrBlock')}' is invalid."


def _subnet_overlap(asked: Asked, moto: Moto) -> Iterator[str]:
    cidr, vpc = network(text(asked, "CidrBlock")), text(asked, "VpcId")
    if cidr is None or found_vpc(moto, vpc) is None:
        return
    others = moto.call("ec2", "DescribeSubnets", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    for one in others:
        if cidr.overlaps(IPv4Network(one["CidrBlock"])):
            yield f"The CIDR '{text(asked, 'CidrBlock')}' conflicts with another subnet"
            return


def _zone(asked: Asked, moto: Moto) -> Iterator[str]:
    zone = text(asked, "AvailabilityZone")
    if not zone:
        return
    zones = [one["ZoneName"] for one in moto.call("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]]
    if zone not in zones:
        yield (
            f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the"
            f" following availability zones: {', '.join(zones)}."
        )


def _route_target(asked: Asked, _: Moto) -> Iterator[str]:
    given = [name for name in _ROUTE_TARGETS if asked.parameters.get(name)]
    if len(given) != 1:
        yield (
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId,"
            " vpcPeeringConnectionId"
        )


def _route_destination(asked: Asked, moto: Moto) -> Iterator[str]:
    cidr, table = network(text(asked, "DestinationCidrBlock")), _route_table(asked, moto)
    if cidr is None or table is None:
        return
    vpc = found_vpc(moto, table["VpcId"])
    if vpc is not None and cidr == IPv4Network(vpc["CidrBlock"]):
        yield f"The destination CIDR block {cidr} is equal to or more specific than one of this VPC's CIDR blocks."


def _route_twice(asked: Asked, moto: Moto) -> Iterator[str]:
    cidr, table = network(text(asked, "DestinationCidrBlock")), _route_table(asked, moto)
    for route in table["Routes"] if cidr is not None and table is not None else ():
        if route.get("Origin") == "CreateRoute" and route.get("DestinationCidrBlock") == str(cidr):
            yield f"The route identified by {cidr} already exists."


def _route_table(asked: Asked, moto: Moto) -> dict[str, Any] | None:
    try:
        tables = moto.call("ec2", "DescribeRouteTables", RouteTableIds=[text(asked, "RouteTableId")])["RouteTables"]
    except Fault:
        return None
    return tables[0] if tables else None


def _endpoint_service(asked: Asked, _: Moto) -> Iterator[str]:
    service = text(asked, "ServiceName")
    parts = service.split(".")
    if service.startswith("com.amazonaws.") and (len(parts) < 4 or parts[2] != asked.region) and "vpce" not in parts:
        yield f"The Vpc Endpoint Service '{service}' does not exist"


def _endpoint_type(asked: Asked, _: Moto) -> Iterator[str]:
    kind, service = text(asked, "VpcEndpointType") or "Gateway", text(asked, "ServiceName").rpartition(".")[2]
    if kind == "Gateway" and service not in _GATEWAYS:
        yield f"Endpoint type (Gateway) does not match available service types ([Interface]) for service {service}."
    if kind == "Gateway" and (asked.parameters.get("SubnetIds") or asked.parameters.get("SecurityGroupIds")):
        yield "SubnetIds and SecurityGroupIds are only for Interface endpoints"
    if kind == "Interface" and asked.parameters.get("RouteTableIds"):
        yield "Route table IDs are only for Gateway endpoints"


def _endpoint_zones(asked: Asked, moto: Moto) -> Iterator[str]:
    ids = [str(one) for one in items(asked.parameters.get("SubnetIds"))]
    zones = [one["AvailabilityZone"] for one in (found_subnets(moto, ids) if ids else None) or ()]
    twice = sorted({zone for zone in zones if zones.count(zone) > 1})
    if twice:
        yield f"Found another subnet in the same availability zone: {', '.join(twice)}"


def _flow_log_target(asked: Asked, _: Moto) -> Iterator[str]:
    kind = text(asked, "LogDestinationType") or "cloud-watch-logs"
    if kind == "cloud-watch-logs" and not asked.parameters.get("DeliverLogsPermissionArn"):
        yield "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
    elif kind == "s3" and not text(asked, "LogDestination").startswith("arn:"):
        yield "LogDestination can't be empty if LogGroupName is not provided."
    elif kind == "s3" and asked.parameters.get("DeliverLogsPermissionArn"):
        yield "DeliverLogsPermissionArn is not applicable for s3 delivery."


def _flow_log_interval(asked: Asked, _: Moto) -> Iterator[str]:
    if asked.parameters.get("MaxAggregationInterval", 600) not in (60, 600):
        yield "Invalid Flow Log Max Aggregation Interval. Valid values are 60 and 600."


def _nat_address(asked: Asked, _: Moto) -> Iterator[str]:
    if (text(asked, "ConnectivityType") or "public") == "public" and not asked.parameters.get("AllocationId"):
        yield "The request must contain the parameter AllocationId"


def _one_attribute(asked: Asked, _: Moto) -> Iterator[str]:
    if len([name for name in asked.parameters if name != "VpcId"]) != 1:
        yield "Only one attribute can be modified at a time"


NETWORK = (
    Rule(
        "a range is an IPv4 CIDR",
        "VPC CIDR blocks",
        ("CreateVpc", "CreateSubnet", "CreateRoute"),
        _malformed,
        "InvalidParameterValue",
    ),
    Rule(
        "a VPC is between /16 and /28",
        "VPC CIDR blocks",
        ("CreateVpc", "AssociateVpcCidrBlock"),
        _vpc_range,
        "InvalidVpc.Range",
    ),
    Rule(
        "a subnet is between /16 and /28 and lies within its VPC",
        "Subnet CIDR blocks",
        ("CreateSubnet",),
        _subnet_range,
        "InvalidSubnet.Range",
    ),
    Rule(
        "subnets of a VPC do not overlap",
        "Subnet CIDR blocks",
        ("CreateSubnet",),
        _subnet_overlap,
        "InvalidSubnet.Conflict",
    ),
    Rule(
        "a subnet lies in a zone of its region",
        "CreateSubnet (Amazon EC2 API Reference)",
        ("CreateSubnet",),
        _zone,
        "InvalidParameterValue",
    ),
    Rule(
        "a route has exactly one target",
        "CreateRoute (Amazon EC2 API Reference)",
        ("CreateRoute",),
        _route_target,
        "InvalidParameterCombination",
    ),
    Rule(
        "no route replaces the local one",
        "Route table concepts",
        ("CreateRoute",),
        _route_destination,
        "InvalidParameterValue",
    ),
    Rule(
        "a destination has one route",
        "CreateRoute (Amazon EC2 API Reference)",
        ("CreateRoute",),
        _route_twice,
        "RouteAlreadyExists",
    ),
    Rule(
        "an endpoint's service is of its region",
        "AWS services that integrate with AWS PrivateLink",
        ("CreateVpcEndpoint",),
        _endpoint_service,
        "InvalidServiceName",
    ),
    Rule(
        "gateway endpoints are for S3 and DynamoDB",
        "Gateway endpoints",
        ("CreateVpcEndpoint",),
        _endpoint_type,
        "InvalidParameter",
    ),
    Rule(
        "an interface endpoint has one subnet in a zone",
        "Access an AWS service using an interface VPC endpoint",
        ("CreateVpcEndpoint",),
        _endpoint_zones,
        "DuplicateSubnetsInSameZone",
    ),
    Rule(
        "a flow log says where and as whom",
        "CreateFlowLogs (Amazon EC2 API Reference)",
        ("CreateFlowLogs",),
        _flow_log_target,
        "InvalidParameter",
    ),
    Rule(
        "flow logs aggregate over one or ten minutes",
        "CreateFlowLogs (Amazon EC2 API Reference)",
        ("CreateFlowLogs",),
        _flow_log_interval,
        "InvalidParameter",
    ),
    Rule(
        "a public NAT gateway has an address",
        "CreateNatGateway (Amazon EC2 API Reference)",
        ("CreateNatGateway",),
        _nat_address,
        "MissingParameter",
    ),
    Rule(
        "one attribute of a VPC at a time",
        "ModifyVpcAttribute (Amazon EC2 API Reference)",
        ("ModifyVpcAttribute",),
        _one_attribute,
        "InvalidParameterCombination",
    ),
)
