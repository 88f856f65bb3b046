"""Decides a workspace: the role, bucket and network that it works with, who works in it, what it may cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.budget.component import Dollars
from lakewright.components.component import Call, Component, Context, Value
from lakewright.components.databricks import account_id, console
from lakewright.components.monitoring.settings import Email
from lakewright.components.people import group_names
from lakewright.components.units.workspace import clusters_network, own_workspace, private_link
from lakewright.components.units.workspace import members as unit_members
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.access import PersonName
from lakewright.spec.block import Block
from lakewright.spec.layers import did_you_mean
from lakewright.spec.values import Name

Groups = tuple[PersonName, ...]


class Budget(Block):
    """What Databricks' own charges may be: DBUs, beside what AWS charges for machines."""

    monthly: Dollars = Field(description="What a month may cost: `288USD`.")
    emails: Annotated[tuple[Email, ...], Field(min_length=1)] = Field(strict=False, description="Who is told.")


class Settings(Block):
    """A Databricks workspace in the environment's network."""

    subnets: Name = Field(default="compute", description="Kind of the network's subnets that clusters run in.")
    security_groups: tuple[Name, ...] = Field(
        default=("databricks-cluster-sg",), strict=False, description="The network's tiers that clusters are in."
    )
    bucket: Name = Field(default="databricks", description="Key of the workspace's own bucket.")
    tier: Literal["PREMIUM", "ENTERPRISE"] = Field(default="PREMIUM", description="Unity Catalog needs PREMIUM.")
    own_key: bool = Field(
        default=False,
        description="Whether notebooks, queries, its bucket and clusters' disks are encrypted with the environment's "
        "(or unit's) key, whose `databricks` is true.",
    )
    admins: Groups = Field(default=(), strict=False, description="Groups that administrate it.")
    users: Groups | None = Field(
        default=None, strict=False, description="Groups that use it; by default all others, or its unit's."
    )
    service_principals: tuple[Name, ...] = Field(
        default=(), strict=False, description="Service principals of `databricks_account` that work in it."
    )
    budget: Budget | None = Field(default=None, description="A limit for Databricks' own charges.")


def network(context: Context, settings: Settings) -> Mapping[str, Value]:
    """Where clusters run: VPC, subnets in two zones, security groups."""
    if (unit := own_workspace(context)) is not None:
        return clusters_network(context, unit)
    return {
        "vpc_id": context.output("networking", "vpc_id"),
        "subnet_ids": context.output("networking", "subnet_ids_by_tier", settings.subnets),
        "security_group_ids": [
            context.output("networking", "security_group_ids", name) for name in settings.security_groups
        ],
    }


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    groups = group_names(context.project)
    if mistakes := [*_mistakes(settings, groups)]:
        raise Mistakes(mistakes)
    inputs: dict[str, Value] = {
        "name": place.name(most=100),
        "account_id": account_id(context),
        "region": place.region,
        "role_arn": context.output("databricks_roles", "arns", "cross-account"),
        "bucket": context.output("lake_buckets", "ready", settings.bucket),
        "network": network(context, settings),
        "pricing_tier": settings.tier,
        "tags": dict(place.tags),
        "metastore_id": context.output("databricks_account", "metastore_id"),
        "members": dict(_members(context, settings, groups)),
    }
    if (unit := own_workspace(context)) is not None and (link := private_link(context, unit)) is not None:
        inputs["private_link"] = link
    if settings.own_key:
        inputs["key"] = {
            "arn": context.output("kms_key", "arn"),
            "alias": context.output("kms_key", "alias_name"),
        }
    if settings.budget:
        inputs["budget"] = {"monthly": settings.budget.monthly, "emails": sorted(settings.budget.emails)}
    return Call(inputs, providers={"databricks": console(context)})


def _members(context: Context, settings: Settings, groups: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    unit = own_workspace(context)
    if unit is not None:
        yield from unit_members(context, unit).items()
    using = (groups if unit is None else ()) if settings.users is None else settings.users
    for group in dict.fromkeys((*settings.admins, *using)):
        level = "ADMIN" if group in settings.admins else "USER"
        yield group, {"id": context.output("databricks_account", "group_ids", group), "level": level}
    for key in settings.service_principals:
        identity = context.output("databricks_account", "service_principal_ids", key)
        yield f"program-{key}", {"id": identity, "level": "USER"}


def _mistakes(settings: Settings, groups: tuple[str, ...]) -> Iterator[SpecError]:
    for key, named in (("admins", settings.admins), ("users", settings.users or ())):
        for group in named:
            if group not in groups:
                hint = did_you_mean(group, groups, "a group of `access`")
                yield SpecError("LW1392", f"no group {group} in `access`", place=key, hint=hint)


COMPONENT = Component(
    name="databricks_workspace",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("workspace_id", "workspace_url", "network_id"),
)
