"""Decides where an application's database is: in the network of its account, and how it is protected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.app_subnets import app_network, subnet_ids
from lakewright.components.component import Call, Component, Context, Cost, Value
from lakewright.spec.block import Block
from lakewright.spec.values import Name


class Settings(Block):
    """A PostgreSQL database for an application."""

    network: Name | None = Field(default=None, description="The network; by default that of the stack's account.")
    database: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,62}$")] = Field(
        default="app", description="Name of the database."
    )
    version: Annotated[str, Field(pattern=r"^1[3-7](\.[0-9]+)?$")] = Field(default="16.4", description="13 to 17.")
    size: Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")] = Field(
        default="db.t4g.small", description="Instance class."
    )
    storage: Annotated[int, Field(ge=20, le=16_384)] = Field(default=20, description="GB at first; grows fourfold.")
    multi_az: bool | None = Field(default=None, description="A second zone; by default where protection is strict.")
    backup: Annotated[int, Field(ge=1, le=35)] = Field(default=7, description="Days that backups are kept.")


def _call(context: Context, name: str, settings: Settings) -> Call:
    place = context.place
    network = app_network(context, settings.network)
    inputs: dict[str, Value] = {
        "name": place.name(name, most=50),
        "database": settings.database,
        "vpc_id": context.output_for("shared_network", {"network": network}, "vpc_id"),
        "subnet_ids": subnet_ids(context, network, "databases"),
        "engine_version": settings.version,
        "instance_class": settings.size,
        "storage_gb": settings.storage,
        "multi_az": _multi_az(context, settings),
        "backup_days": settings.backup,
        "protected": place.strict,
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs)


def _multi_az(context: Context, settings: Settings) -> bool:
    return context.place.strict if settings.multi_az is None else settings.multi_az


def _costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    copies = 2.0 if _multi_az(context, settings) else 1.0
    return (
        Cost(f"rds.{settings.size}_hour", 730.0 * copies),
        Cost("rds.gp3_gb_month", settings.storage * copies),
    )


COMPONENT = Component(
    name="app_datastore",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("address", "database", "secret_arn", "instance_arn", "client_group_id"),
    costs=_costs,
)
