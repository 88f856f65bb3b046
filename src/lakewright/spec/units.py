"""Business units and the landscape that they share: networks, kinds of workspaces, personas, the metastore."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

MEDALLION = ("landing", "bronze", "silver", "gold")
"""The schemas of every catalog."""

GROUP = "{unit}"
"""What stands for the unit in a persona's group."""


def _cidr(text: str) -> str:
    try:
        aligned = str(IPv4Network(text, strict=False))
    except ValueError:
        raise problem("LW107", f"{text} is no IPv4 network", "for example 10.32.0.0/16") from None
    if aligned != text:
        raise problem("LW107", f"{text} is not aligned", aligned)
    return text


def _group(text: str) -> str:
    if text.replace(GROUP, "").count("{"):
        raise problem("LW107", f'"{text}": {GROUP} alone stands for something here', "engineers-{unit}")
    return text


def _zones(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Cidr = Annotated[Text, AfterValidator(_cidr)]
Zones = Annotated[
    Annotated[int, Field(ge=1, le=4)] | tuple[Text, ...],
    BeforeValidator(_zones),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 4}, {"type": "array", "items": {"type": "string"}}]}
    ),
]


class Network(Block):
    """A network that is shared with an account's workspaces."""

    cidr: Cidr = Field(description="Its addresses, for example 10.32.0.0/16. They never change.")
    account: Name | None = Field(
        default=None,
        description="The account whose workspaces run in it, by its name under the environment's `accounts`; none: it "
        "holds no workspaces.",
    )
    internet: bool = Field(
        default=False, description="Whether the other networks reach the internet through it (NAT); one at most."
    )


class SubnetSizes(Block):
    """Prefix lengths of the three subnets that a workspace has in each zone."""

    endpoints: Annotated[int, Field(ge=20, le=28)] = Field(default=27, description="For network interfaces.")
    databases: Annotated[int, Field(ge=20, le=28)] = Field(default=27, description="For databases.")
    workload: Annotated[int, Field(ge=17, le=26)] = Field(
        default=24, description="For clusters' nodes, two addresses each. Databricks takes /17 to /26."
    )


class WorkspaceKind(Block):
    """A kind of workspace that units may have, such as lab and field."""

    network: Name = Field(description="The network that it runs in; its account is where its data lies.")
    nodes: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=50, description="Most nodes that run at the same time, over all clusters of the workspace."
    )
    subnets: SubnetSizes = Field(default_factory=SubnetSizes, description="Sizes of its subnets in each zone.")
    after: Name | None = Field(
        default=None, description="The kind in which changes are proven before they come here: `lab` for `field`."
    )


class UnitPersona(Block):
    """What a kind of people may do in the catalogs of their unit."""

    group: Annotated[Text, AfterValidator(_group), Field(min_length=1)] = Field(
        description="Their account group; `{unit}` stands for the unit: `{unit}-analysts`."
    )
    may: Literal["read", "write", "own"] = Field(
        default="read", description="`read`: SELECT; `write`: MODIFY and new tables too; `own`: everything."
    )
    schemas: tuple[Name, ...] = Field(default=("gold",), strict=False, description="Where: names of schemas.")
    workspaces: tuple[Name, ...] = Field(
        default=(), strict=False, description="Kinds of workspaces that they use; by default all."
    )

    def group_in(self, unit: str) -> str:
        """The group of a unit's people."""
        return self.group.replace(GROUP, unit)


class Login(Block):
    """Tokens with which a program logs in: its CI's own, so that no key of Databricks is kept anywhere."""

    issuer: Annotated[Text, Field(pattern=r"^https://[^\s?#]+$")] = Field(
        description="Who issues them: https://token.actions.githubusercontent.com, https://gitlab.com."
    )
    subject: Annotated[Text, Field(min_length=1)] = Field(
        description="The `sub` that they have: `repo:acme/{unit}:environment:live`; `{unit}` stands for the unit."
    )
    audiences: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        strict=False, description="The `aud` that they may have."
    )
    keys: Text = Field(
        default="",
        description="The issuer's public keys (JWKS, JSON), where Databricks cannot ask the issuer for them.",
    )


class UnitProgram(Block):
    """A program that every unit has, such as the one that deploys and runs its data products."""

    personas: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        strict=False, description="Personas of its unit whose groups it is in: [engineers]."
    )
    login: Login | None = Field(
        default=None, description="How it logs in from outside of Databricks; by default it does not."
    )


class Landscape(Block):
    """What all units share."""

    metastore: Name = Field(default="main", description="The Unity Catalog metastore; one for the region.")
    zones: Zones = Field(default=3, description="Availability zones of every network: a number, or names: [a, c].")
    networks: Mapping[Name, Network] = Field(default_factory=dict, description="Shared networks, by name.")
    workspaces: Mapping[Name, WorkspaceKind] = Field(
        default_factory=dict, description="Kinds of workspaces: `lab: {network: nonprod}`."
    )
    schemas: tuple[Name, ...] = Field(default=MEDALLION, strict=False, description="Schemas of every catalog.")
    personas: Mapping[Name, UnitPersona] = Field(
        default_factory=dict, description="Who works in a unit: `analysts: {group: '{unit}-analysts'}`."
    )
    programs: Mapping[Name, UnitProgram] = Field(
        default_factory=dict,
        description="Service principals UNIT-NAME of every unit: `jobs: {personas: [engineers]}` makes `digital-jobs`.",
    )

    @field_validator("schemas")
    @classmethod
    def _once(cls, schemas: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in schemas if schemas.count(name) > 1})
        if twice:
            raise problem("LW107", f"{twice[0]} stands twice", "each once")
        return schemas


class Unit(Block):
    """A business unit: it has a catalog, storage and a workspace of each of its kinds, and people of its own."""

    owner: Text = Field(
        default="", description="Who answers for it; by default the owner of the file that declares it."
    )
    workspaces: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        strict=False, description="Its workspaces, by kind: [lab, field]; [lab] alone for a unit that only tests."
    )
    reads: tuple[Name, ...] = Field(
        default=(), strict=False, description="Units whose catalogs it may read, in workspaces of the same kind."
    )
    cost_center: Text = Field(default="", description="A tag of all that is the unit's.")

    @field_validator("workspaces", "reads")
    @classmethod
    def _each_once(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise problem("LW107", f"{twice[0]} stands twice in {info.field_name}", "each once")
        return names
