"""Decides where a Hive metastore's database is and who reaches it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, Value
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text

HOURS = 730


class Settings(Block):
    """PostgreSQL for workspaces that keep a Hive metastore of their own."""

    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")] = Field(
        default="db.t3.small", description="Class of the machine."
    )
    engine_version: Text = Field(default="16", description="PostgreSQL's version.")
    storage_gb: Annotated[int, Field(ge=20, le=65_536)] = Field(
        default=20, description="Storage; it grows to four times."
    )
    backup_days: Annotated[int, Field(ge=1, le=35)] = Field(default=7, description="Days that backups are kept.")
    multi_az: bool | None = Field(default=None, description="A second server in another zone; by default where strict.")
    subnets: Name = Field(default="data", description="Kind of the network's subnets.")
    security_group: Name = Field(default="databricks-database-sg", description="The network's tier that it is in.")


def _call(context: Context, name: str, settings: Settings) -> Call:
    place = context.place
    inputs: dict[str, Value] = {
        "name": place.name(name, most=50),
        "subnet_ids": context.output("networking", "subnet_ids_by_tier", settings.subnets),
        "security_group_ids": [context.output("networking", "security_group_ids", settings.security_group)],
        "database": {
            "engine_version": settings.engine_version,
            "instance_class": settings.instance_class,
            "storage_gb": settings.storage_gb,
            "backup_days": settings.backup_days,
            "multi_az": place.strict if settings.multi_az is None else settings.multi_az,
        },
        "protected": place.strict,
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs)


COMPONENT = Component(
    name="rds_metastore",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("address", "secret_arn", "jdbc_url"),
    costs=lambda _context, settings: (
        Cost(f"rds.{settings.instance_class}_hour", HOURS),
        Cost("rds.gp3_gb_month", settings.storage_gb),
    ),
)
