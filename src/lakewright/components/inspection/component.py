"""Decides the firewall's subnets and what it lets pass, as Suricata's rules: all else is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from lakewright.components.addresses import Tier, allocate, zones
from lakewright.components.component import Call, Component, Context, Cost, Value
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.layers import did_you_mean
from lakewright.spec.units import Cidr, Network
from lakewright.spec.values import Name, Text, problem

HOURS = 730
FIRST_SID = 1_000_000
"""Ids of rules of one's own begin here (Suricata, "sid (signature ID)")."""

_DOMAIN = re.compile(r"\.?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise problem("LW107", f'"{text}" is no domain', ".pypi.org for all below it, or files.example.com")
    return text


class Passage(Block):
    """Connections that one network may open to another."""

    name: Name = Field(description="What it is for.")
    source: Name = Field(alias="from", description="The network that they come from.")
    to: Name = Field(description="The network that they go to.")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=443, description="The TCP port.")
    cidr: Cidr | None = Field(default=None, description="Only these addresses of the other network.")


class Settings(Block):
    """The firewall."""

    cidr: Cidr = Field(default="10.38.0.0/24", description="Addresses of its own network.")
    domains: tuple[Annotated[Text, AfterValidator(_domain)], ...] = Field(
        default=(),
        strict=False,
        description="Domains that are reached by TLS on port 443; `.pypi.org` is all below it.",
    )
    between: tuple[Passage, ...] = Field(
        default=(), strict=False, description="What may go between networks: `{name: apps, from: dmz, to: prod}`."
    )
    log_retention: Annotated[int, Field(ge=1)] = Field(default=90, description="Days that its logs are kept.")


def _call(context: Context, name: str, settings: Settings) -> Call:
    place, landscape = context.place, context.project.platform.landscape
    tiers = (Tier("transit", 28), Tier("firewall", 28))
    placed = allocate(settings.cidr, tiers, zones(place.region, landscape.zones))
    groups: dict[str, Value] = {}
    if settings.between:
        rules = "\n".join(_passages(settings, landscape.networks))
        groups["between"] = _group("Connections between networks", 100, rules)
    if settings.domains:
        rules = "\n".join(_outward(settings))
        groups["outward"] = _group("Domains that may be reached", 200, rules)
    return Call(
        inputs={
            "name": place.name(name, most=40),
            "cidr": settings.cidr,
            "subnets": {one.name: {"cidr": str(one.network), "zone": one.zone, "kind": one.tier} for one in placed},
            "gateway_id": context.output("transit_hub", "gateway_id"),
            "home_networks": sorted(network.cidr for network in landscape.networks.values()),
            "rule_groups": groups,
            "protected": place.strict,
            "log_retention_in_days": settings.log_retention,
        }
    )


def _group(description: str, priority: int, rules: str) -> Value:
    return {"description": description, "priority": priority, "capacity": 1000, "rules": rules}


def _passages(settings: Settings, networks: Mapping[str, Network]) -> Iterator[str]:
    for number, one in enumerate(settings.between):
        for key, side in (("from", one.source), ("to", one.to)):
            if side not in networks:
                place = f"between.{number}.{key}"
                hint = did_you_mean(side, networks, f"networks: {', '.join(networks)}")
                raise SpecError("LW1348", f'no network "{side}"', place=place, hint=hint)
        source, target = networks[one.source].cidr, one.cidr or networks[one.to].cidr
        yield (
            f"pass tcp {source} any -> {target} {one.port} "
            f'(msg:"{one.name}"; flow:to_server; sid:{FIRST_SID + number}; rev:1;)'
        )


def _outward(settings: Settings) -> Iterator[str]:
    for number, domain in enumerate(settings.domains, start=len(settings.between)):
        below = domain.startswith(".")
        match = f'dotprefix; content:"{domain}"' if below else f'content:"{domain}"; startswith'
        yield (
            f"pass tls $HOME_NET any -> $EXTERNAL_NET 443 "
            f'(tls.sni; {match}; nocase; endswith; msg:"{domain}"; flow:to_server; sid:{FIRST_SID + number}; rev:1;)'
        )


def _costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    count = len(zones(context.place.region, context.project.platform.landscape.zones))
    logs = Cost("cloudwatch.logs_gb_ingested", 5, f"alerts and connections, kept {settings.log_retention} days")
    return (
        Cost("network_firewall.endpoint_hour", count * HOURS, f"{count} endpoints of the firewall"),
        Cost("network_firewall.gb", 1000, "1 TB inspected"),
        Cost("transit_gateway.attachment_hour", HOURS, "the firewall's network"),
        logs,
    )


COMPONENT = Component(
    name="inspection",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("attachment_id", "firewall_arn", "endpoint_ids", "vpc_id", "log_group_names"),
    costs=_costs,
)
