"""Decides a shared network: its subnets from the book, who sees which, endpoints, and what clusters reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Value
from lakewright.components.landscape import PlacedSubnet, Workspace
from lakewright.components.private_link import service
from lakewright.components.statements import Statement, document
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.units import Cidr
from lakewright.spec.values import Name, Text

HOURS = 730
ENDPOINTS = ("kinesis-streams", "kms", "rds", "secretsmanager", "ssm", "sts")
"""Services with an endpoint in a network with workspaces: what clusters call without leaving it."""


FOR_APPS = ("apps", "databases")
"""Tiers of the network's own subnets in which the account's applications run."""


class Reach(Block):
    """Addresses that clusters may open connections to."""

    cidr: Cidr = Field(description="The addresses; 0.0.0.0/0 is refused.")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=443, description="The TCP port.")


class Settings(Block):
    """A network of the landscape."""

    endpoints: tuple[Name, ...] | None = Field(
        default=None,
        strict=False,
        description=f"Interface endpoints; by default, with workspaces: {', '.join(ENDPOINTS)}.",
    )
    reach: Mapping[Name, Reach] = Field(
        default_factory=dict, description="What clusters reach beside the endpoints: `{git: {cidr: 10.50.0.16/28}}`."
    )
    front_end: bool = Field(default=False, description="Whether people reach Databricks from here by PrivateLink.")
    services: Mapping[Name, Text] = Field(
        default_factory=dict, description="Databricks' PrivateLink services where the region is not known here."
    )
    domain: Text | None = Field(
        default=None, description="Domain of private names; by default NETWORK.PLATFORM.internal."
    )


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place, landscape = context.place, context.project.platform.landscape
    network = _network(context)
    declared = landscape.networks[network]
    for key, reach in settings.reach.items():
        if reach.cidr == "0.0.0.0/0":
            hint = "name the addresses; domains go through the firewall's `domains`"
            raise SpecError("LW1349", "clusters reach named addresses, not all", place=f"reach.{key}.cidr", hint=hint)
    subnets = context.landscape.subnets.get(network, ())
    workspaces = context.landscape.of_network(network)
    return Call(
        inputs={
            "name": place.name(most=40),
            "account": place.account,
            "region": place.region,
            "cidr": declared.cidr,
            "other_networks": sorted(one.cidr for key, one in landscape.networks.items() if key != network),
            "gateway_id": context.output("transit_hub", "gateway_id"),
            "subnets": {one.name: _subnet(one) for one in subnets},
            "shares": _shares(context, declared.account, workspaces, subnets),
            "workspaces": {one.name: {"egress": _egress(settings)} for one in workspaces},
            "interface_endpoints": _endpoints(settings, workspaces),
            "s3_policy": File("s3-endpoint-policy.json"),
            "private_link": _private_link(settings, workspaces, place.region),
            "zone": settings.domain or f"{network}.{place.platform}.internal".replace("_", "-"),
        },
        files={"s3-endpoint-policy.json": _s3_policy(context, declared.account)},
    )


def _network(context: Context) -> str:
    network = context.mine.get("network")
    if network is None:
        raise SpecError("LW1348", "it is for no network", hint="its stack has `each: network`")
    return network


def _subnet(placed: PlacedSubnet) -> Mapping[str, Value]:
    base: dict[str, Value] = {"cidr": placed.cidr, "zone": placed.zone, "tier": placed.tier}
    if placed.workspace is None:
        return base
    return {**base, "owned": True, "tags": placed.workspace.whose}


def _shares(
    context: Context, account: str | None, workspaces: tuple[Workspace, ...], subnets: tuple[PlacedSubnet, ...]
) -> Mapping[str, Value]:
    """The subnets of workspaces and applications, for the account that they run in.

    Raises SpecError LW1304 for one that is not declared.
    """
    if account is None:
        return {}
    if account not in context.accounts:
        place = context.project.place("landscape", "networks", _network(context), "account")
        hint = f'environments.{context.place.environment}.accounts: {{{account}: "444444444444"}}'
        raise SpecError("LW1304", f'no account "{account}" in this environment', place=place, hint=hint)
    there = context.accounts[account].account
    if there == context.place.account:
        return {}
    own = sorted(one.name for one in subnets if one.workspace is not None or one.tier in FOR_APPS)
    return {account: {"account": there, "subnets": own, "groups": sorted(one.name for one in workspaces)}}


def _egress(settings: Settings) -> Mapping[str, Value]:
    return {
        key: {"description": f"To {key}", "cidr": one.cidr, "from_port": one.port, "to_port": one.port}
        for key, one in settings.reach.items()
    }


def _endpoints(settings: Settings, workspaces: tuple[Workspace, ...]) -> list[str]:
    chosen = settings.endpoints if settings.endpoints is not None else ENDPOINTS if workspaces else ()
    return sorted(set(chosen) - {"s3"})


def _private_link(settings: Settings, workspaces: tuple[Workspace, ...], region: str) -> dict[str, str]:
    kinds = [*(("relay", "rest") if workspaces else ()), *(("front_end",) if settings.front_end else ())]
    return {kind: settings.services[kind] if kind in settings.services else service(kind, region) for kind in kinds}


def _s3_policy(context: Context, account: str | None) -> str:
    """Writing only into buckets of the platform's accounts, so that data cannot leave; reading is IAM's to say."""
    accounts = {place.account for key, place in context.accounts.items() if key in {"", account}}
    return document(
        Statement(
            "OwnBuckets",
            ("s3:*",),
            ("*",),
            principals="*",
            conditions={"StringEquals": {"aws:ResourceAccount": sorted(accounts)}},
        ),
        Statement("ReadWhatOthersProvide", ("s3:GetObject", "s3:ListBucket"), ("*",), principals="*"),
    )


def _costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    network = _network(context)
    workspaces = context.landscape.of_network(network)
    own = [one for one in context.landscape.subnets.get(network, ()) if one.workspace is None]
    count = len({one.zone for one in own})
    endpoints = len(_endpoints(settings, workspaces)) + (2 if workspaces else 0) + (1 if settings.front_end else 0)
    gateways = len([one for one in own if one.tier == "public"])
    costs = (
        Cost("transit_gateway.attachment_hour", HOURS, f"network {network}"),
        Cost("vpc.endpoint_hour", endpoints * count * HOURS, f"{endpoints} endpoints in {count} zones"),
        Cost("vpc.nat_hour", gateways * HOURS, f"{gateways} NAT gateways"),
        Cost("cloudwatch.logs_gb_ingested", 5, "flow logs"),
    )
    return tuple(cost for cost in costs if cost.quantity)


COMPONENT = Component(
    name="shared_network",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=(
        "vpc_id",
        "attachment_id",
        "subnet_ids",
        "security_group_ids",
        "endpoint_ids",
        "private_link_ids",
        "zone_id",
        "zone_name",
    ),
    costs=_costs,
)
