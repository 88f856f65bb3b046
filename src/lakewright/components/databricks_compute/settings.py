"""What a person may write about a workspace's compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from lakewright.components.units.init_scripts import InitScripts
from lakewright.spec.access import PersonName
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem


def _rule(value: Any) -> Any:
    if not isinstance(value, dict):
        raise problem("LW105", "must be a rule", "{type: fixed, value: 30}")
    return value


Rule = Annotated[Any, BeforeValidator(_rule), WithJsonSchema({"type": "object"})]
Groups = tuple[PersonName, ...]
Size = Literal["2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large"]


class Policy(Block):
    """What clusters may be that are made with this policy."""

    description: Text = Field(default="", description="What it is for.")
    nodes: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        default=("r5d.large", "r5d.xlarge", "m5d.large"), strict=False, description="Types of machines."
    )
    terminate: Annotated[int, Field(ge=10, le=10_000)] = Field(
        default=30, description="Minutes without use after which a cluster ends."
    )
    max_workers: Annotated[int, Field(ge=1, le=1000)] = Field(default=4, description="Most workers of a cluster.")
    spot: bool = Field(default=True, description="Whether workers are spare capacity, where there is any.")
    spot_percent: Annotated[tuple[int, int], Field(strict=False)] = Field(
        default=(50, 100), description="Least and highest bid, in percent of the price on demand."
    )
    zone: Literal["one", "any"] = Field(
        default="one", description="`one`: all clusters in the network's first zone, where the NAT gateway is."
    )
    instance_profile: bool = Field(default=False, description="Whether machines take `databricks_roles`' role.")
    clusters_per_user: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Most clusters of a person."
    )
    groups: Groups = Field(default=(), strict=False, description="Groups that may use it.")
    definition: Mapping[Text, Rule] = Field(
        default_factory=dict, description="Further rules by attribute, as Databricks writes them; over the ones above."
    )


class Warehouse(Block):
    """A SQL warehouse."""

    size: Size = Field(default="Small", description="2X-Small to 4X-Large.")
    auto_stop: Annotated[int, Field(ge=10)] = Field(default=10, description="Minutes without use after which it stops.")
    most: Annotated[int, Field(ge=1, le=30)] = Field(default=1, description="Most clusters that it grows to.")
    spot: bool = Field(default=True, description="Whether workers are spare capacity.")
    groups: Groups = Field(default=(), strict=False, description="Groups that may use it.")


class Settings(Block):
    """Compute of a workspace."""

    policies: Mapping[Name, Policy] = Field(default_factory=dict, description="Cluster policies.")
    warehouses: Mapping[Name, Warehouse] = Field(default_factory=dict, description="SQL warehouses.")
    init_scripts: InitScripts = Field(
        default_factory=InitScripts, description="What every cluster does when it starts; policies refuse it without."
    )
