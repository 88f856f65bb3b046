"""Decides addresses, endpoints, security groups and ACLs of the network."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from lakewright.components.addresses import Subnet, Tier, allocate, zones
from lakewright.components.component import Call, Component, Context, Cost, File, Place, Value
from lakewright.components.networking.rules import network_acls, security_groups
from lakewright.components.networking.settings import Settings
from lakewright.components.statements import Statement, document
from lakewright.errors import Mistakes, SpecError

HOURS = 730
"""Hours of a month, as AWS counts them."""

_GATEWAYS = ("s3", "dynamodb")
_ALWAYS = ("kms", "logs", "secretsmanager")
_FOR = {
    "athena": ("athena",),
    "glue": ("glue",),
    "lake_formation": ("lakeformation",),
    "ingester": ("ecr.api", "ecr.dkr", "monitoring", "sts"),
    "fargate": ("ecr.api", "ecr.dkr", "monitoring", "sts"),
    "source_app": ("ecr.api", "ecr.dkr"),
}
"""Component → the services that what it runs in the network calls."""


def endpoints(context: Context, settings: Settings) -> tuple[str, ...]:
    """Services with an interface endpoint, sorted."""
    if settings.endpoints is not None:
        return tuple(sorted(set(settings.endpoints) - set(_GATEWAYS)))
    used = {service for component, services in _FOR.items() if context.has(component) for service in services}
    return tuple(sorted({*_ALWAYS, *used}))


def subnets(place: Place, settings: Settings) -> tuple[Subnet, ...]:
    """Every subnet with its zone and addresses."""
    tiers = [Tier(name, kind.prefix, kind.cidrs) for name, kind in settings.subnets.items()]
    return allocate(settings.cidr, tiers, zones(place.region, settings.zones))


def _check_overlap(settings: Settings) -> None:
    """A VPN's other side must not use the network's own addresses: routes could not tell them apart."""
    own = IPv4Network(settings.cidr)
    for name, site in settings.vpn.items():
        for cidr in site.cidrs:
            if IPv4Network(cidr).overlaps(own):
                raise SpecError(
                    "LW1333", f"vpn.{name}: {cidr} overlaps the network ({own})", hint="choose another cidr"
                )


def _check_databricks(settings: Settings, placed: tuple[Subnet, ...]) -> None:
    """Raises Mistakes LW1394: what a workspace would not start in (as above, VPC requirements)."""
    private = [subnet for subnet in placed if not settings.subnets[subnet.tier].public]
    mistakes = []
    if len({subnet.zone for subnet in private}) < 2:
        fact = "Databricks needs subnets in two zones, and so does a database; clusters may still run in one of them"
        mistakes.append(
            SpecError("LW1394", fact, place="zones", hint="zones: 2, nat: one; one zone in cluster policies")
        )
    if settings.nat == "none" and not settings.private_link:
        fact = "clusters in private subnets do not reach Databricks without a NAT gateway or PrivateLink"
        mistakes.append(SpecError("LW1394", fact, place="nat", hint="nat: one"))
    for kind, declared in settings.subnets.items():
        sizes = {subnet.network.prefixlen for subnet in placed if subnet.tier == kind}
        if not declared.public and any(not 17 <= size <= 26 for size in sizes):
            fact = f"{kind}: Databricks takes subnets of /17 to /26"
            mistakes.append(SpecError("LW1394", fact, place=f"subnets.{kind}"))
    if mistakes:
        raise Mistakes(mistakes)


_DATABRICKS_BUCKETS = "arn:aws:s3:::databricks-prod-storage-*/*"
"""Where Databricks' own logs of clusters go, in each of its regions."""


def _s3_policy(place: Place, *, databricks: bool) -> str:
    """Writing only into buckets of this account, so that data cannot leave through the endpoint; reading is IAM's."""
    logs = Statement("DatabricksLogs", ("s3:PutObject",), (_DATABRICKS_BUCKETS,), principals="*")
    return document(
        Statement(
            "OwnBuckets",
            ("s3:*",),
            ("*",),
            principals="*",
            conditions={"StringEquals": {"aws:ResourceAccount": place.account}},
        ),
        Statement("ReadWhatAwsProvides", ("s3:GetObject", "s3:ListBucket"), ("*",), principals="*"),
        *((logs,) if databricks else ()),
    )


def _call(context: Context, name: str, settings: Settings) -> Call:
    place = context.place
    _check_overlap(settings)
    placed = subnets(place, settings)
    if settings.databricks:
        _check_databricks(settings, placed)
    public = {kind for kind, declared in settings.subnets.items() if declared.public}
    private_zones = sorted({subnet.zone for subnet in placed if subnet.tier not in public})
    everywhere = settings.endpoint_zones or ("all" if place.strict else "one")
    gateways = {"s3", *(service for service in settings.endpoints or () if service in _GATEWAYS)}
    inputs: dict[str, Value] = {
        "name": place.name(name, most=40),
        "account": place.account,
        "region": place.region,
        "cidr": settings.cidr,
        "subnets": {
            subnet.name: {
                "cidr": str(subnet.network),
                "zone": subnet.zone,
                "tier": subnet.tier,
                "public": subnet.tier in public,
            }
            for subnet in placed
        },
        "nat": settings.nat,
        "gateway_endpoints": sorted(gateways),
        "interface_endpoints": list(endpoints(context, settings)),
        "endpoint_zones": private_zones if everywhere == "all" else private_zones[:1],
        "endpoint_policies": {"s3": File("s3-endpoint-policy.json")},
        "security_groups": security_groups(settings),
        "network_acls": network_acls(settings),
        "flow_logs": settings.flow_logs,
    }
    policy = _s3_policy(place, databricks=settings.databricks)
    if settings.vpn:
        inputs["vpn_sites"] = {
            key: {"address": site.address, "bgp_asn": site.asn, "cidrs": list(site.cidrs)}
            for key, site in settings.vpn.items()
        }
    return Call(inputs=inputs | _flow_logs(context, settings), files={"s3-endpoint-policy.json": policy})


def _flow_logs(context: Context, settings: Settings) -> dict[str, Value]:
    match settings.flow_logs:
        case "s3":
            return {"flow_log_bucket_arn": context.output("lake_buckets", "arns", "access-logs")}
        case "cloudwatch":
            key = {"kms_key_arn": context.output("kms_key", "arn")} if context.has("kms_key") else {}
            return {"flow_log_retention_in_days": settings.flow_log_retention, **key}
        case _:
            return {}


def _costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    used = zones(context.place.region, settings.zones)
    everywhere = settings.endpoint_zones or ("all" if context.place.strict else "one")
    addresses = len(endpoints(context, settings)) * (len(used) if everywhere == "all" else 1)
    gateways = {"none": 0, "one": 1, "per_zone": len(used)}[settings.nat]
    costs = (
        Cost("vpc.endpoint_hour", addresses * HOURS, f"{addresses} addresses of interface endpoints"),
        Cost("vpc.nat_hour", gateways * HOURS, f"{gateways} NAT gateways"),
        Cost("vpc.vpn_hour", len(settings.vpn) * HOURS, f"{len(settings.vpn)} VPN connections"),
        Cost("cloudwatch.logs_gb_ingested", 1 if settings.flow_logs == "cloudwatch" else 0, "flow logs"),
    )
    return tuple(cost for cost in costs if cost.quantity)


COMPONENT = Component(
    name="networking",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=(
        "vpc_id",
        "cidr",
        "private_subnet_ids",
        "public_subnet_ids",
        "subnet_ids",
        "subnet_ids_by_tier",
        "private_zones",
        "security_group_ids",
        "private_route_table_ids",
        "endpoint_ids",
        "nat_addresses",
        "vpn_key_arns",
    ),
    costs=_costs,
)
