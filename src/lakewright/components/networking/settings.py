"""What a person may write about the network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator

from lakewright.components.retention import Retention
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

PEERS = ("internet", "vpc", "s3", "dynamodb")
"""Other sides of a rule besides tiers and CIDRs."""

_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def _one_or_more(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else (value,)


def _cidr(text: str) -> str:
    try:
        aligned = str(IPv4Network(text, strict=False))
    except ValueError:
        raise problem("LW107", f"{text} is no IPv4 network", "for example 10.0.0.0/16") from None
    if aligned != text:
        raise problem("LW107", f"{text} is not aligned", aligned)
    return text


def _ports(value: Any) -> tuple[int, int]:
    """`443`, `30000-32767` or `all`: the first and the last port."""
    if value == "all":
        return 0, 65_535
    match = _PORTS.fullmatch(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= 65_535:
        raise problem("LW107", f"{value} is no port", "443, 30000-32767 or all")
    return first, last


def _peer(text: str) -> str:
    return _cidr(text) if "/" in text or text[:1].isdigit() else text


Cidr = Annotated[Text, AfterValidator(_cidr)]
Ports = Annotated[
    tuple[int, int],
    BeforeValidator(_ports),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^(all|[0-9]+(-[0-9]+)?)$"}]}),
]
_PEER_SCHEMA: dict[str, Any] = {"type": "string"}
Peers = Annotated[
    tuple[Annotated[Text, AfterValidator(_peer)], ...],
    BeforeValidator(_one_or_more),
    Field(strict=False, min_length=1),
    WithJsonSchema({"anyOf": [_PEER_SCHEMA, {"type": "array", "items": _PEER_SCHEMA}]}),
]
Zones = Annotated[
    int | tuple[Text, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Subnets(Block):
    """Subnets of one kind, one in each zone."""

    prefix: Annotated[int, Field(ge=16, le=28)] = Field(default=24, description="Their size: /16 to /28.")
    cidrs: tuple[Cidr, ...] = Field(
        default=(), strict=False, description="Their addresses, one for each zone; by default chosen."
    )
    public: bool = Field(default=False, description="Whether they have a route to the internet.")


class Allowed(Block):
    """Connections that a tier takes."""

    port: Ports = Field(description="`443`, `30000-32767` or `all`.")
    peers: Peers = Field(alias="from", description="Tiers, `internet`, `vpc`, or CIDRs.")
    protocol: Literal["tcp", "udp"] = Field(default="tcp", description="`tcp` or `udp`.")
    description: Text = Field(default="", description="What it is for; by default the port's usual use.")


class Reached(Block):
    """Connections that a tier makes."""

    port: Ports = Field(description="`443`, `30000-32767` or `all`.")
    peers: Peers = Field(alias="to", description="Tiers, `internet`, `vpc`, `s3`, `dynamodb`, or CIDRs.")
    protocol: Literal["tcp", "udp"] = Field(default="tcp", description="`tcp` or `udp`.")
    description: Text = Field(default="", description="What it is for; by default the port's usual use.")


class Tier(Block):
    """A security group."""

    description: Text = Field(default="", description="What is in it.")
    allow: tuple[Allowed, ...] = Field(default=(), strict=False, description="What it takes; nothing else.")
    reach: tuple[Reached, ...] | None = Field(
        default=None, strict=False, description="What it may call; by default HTTPS in the network and to S3."
    )


class Site(Block):
    """A network outside of AWS that is reached by VPN."""

    address: Annotated[str, Field(pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}$")] = Field(
        description="Public address of the other side's gateway."
    )
    cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)] = Field(strict=False, description="Its addresses.")
    asn: Annotated[int, Field(ge=1, le=4_294_967_294)] = Field(default=65_000, description="Its BGP number.")


class Settings(Block):
    """A network over several zones, without a way to the internet unless asked for."""

    cidr: Cidr = Field(default="10.0.0.0/16", description="Addresses of the network, /16 to /28.")
    zones: Zones = Field(default=2, description="How many zones, or which: `[a, c]`.")
    subnets: Mapping[Name, Subnets] = Field(
        default_factory=lambda: {"private": Subnets(prefix=20), "public": Subnets(prefix=24, public=True)},
        description="Kinds of subnets, in order: what is added at the end moves nothing.",
    )
    nat: Literal["none", "one", "per_zone"] = Field(
        default="none", description="NAT gateways, for a way out that endpoints do not give."
    )
    databricks: bool = Field(
        default=False, description="Whether Databricks runs clusters in the private subnets: its rules for networks."
    )
    private_link: bool = Field(
        default=False, description="Whether Databricks is reached by PrivateLink endpoints that are made elsewhere."
    )
    endpoints: tuple[Text, ...] | None = Field(
        default=None,
        strict=False,
        description="Services reached inside the network, besides S3: by default those that this environment uses.",
    )
    endpoint_zones: Literal["one", "all"] | None = Field(
        default=None, description="Where endpoints have an address; by default `all` where protection is strict."
    )
    connection: Literal["same_vpc", "vpn", "public"] = Field(
        default="same_vpc", description="How sources are reached: here, by VPN, or over the internet with TLS."
    )
    source_ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = Field(
        default=(5432,), strict=False, description="Ports of the sources' databases."
    )
    vpn: Mapping[Name, Site] = Field(default_factory=dict, validate_default=True, description="Sites reached by VPN.")
    tiers: Mapping[Name, Tier] = Field(default_factory=dict, description="Further security groups, by name.")
    flow_logs: Literal["cloudwatch", "s3", "none"] = Field(
        default="cloudwatch", description="Where a record of all connections goes."
    )
    flow_log_retention: Retention = Field(default=30, description="How long CloudWatch Logs keeps it.")

    @field_validator("subnets")
    @classmethod
    def _one_private(cls, subnets: Mapping[str, Subnets]) -> Mapping[str, Subnets]:
        if all(kind.public for kind in subnets.values()):
            raise problem("LW107", "no subnets are private", "private: {prefix: 20}")
        return subnets

    @field_validator("vpn")
    @classmethod
    def _with_connection(cls, vpn: Mapping[str, Site], info: Any) -> Mapping[str, Site]:
        if not vpn and info.data.get("connection") == "vpn":
            raise problem("LW106", "no site says what the VPN leads to", "office: {address: 203.0.113.10, cidrs: […]}")
        return vpn
