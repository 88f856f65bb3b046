"""Decides where Databricks delivers its audit logs and what was used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Value
from lakewright.components.databricks import LOGS, account_id, console
from lakewright.components.databricks_roles.component import LOG_DELIVERY
from lakewright.spec.block import Block
from lakewright.spec.values import Name

Start = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class Settings(Block):
    """Logs that Databricks writes into a bucket of yours, by the role `log-delivery` of `databricks_roles`.

    An account has room for two deliveries of a kind: environments that share a Databricks account say `own`.
    """

    bucket: Name = Field(default="databricks", description="Key of the bucket; `logs` of `databricks_roles` names it.")
    own: bool = Field(
        default=False,
        description="Only of this environment's workspace; by default of the whole account, its console included.",
    )
    usage: bool = Field(default=True, description="Whether billable usage is delivered, too: a CSV file a month.")
    usage_since: Start | None = Field(default=None, description="First month of usage: 2026-01; by default this one.")


def _call(context: Context, _name: str, settings: Settings) -> Call:
    inputs: dict[str, Value] = {
        "name": context.place.name("logs", most=100),
        "account_id": account_id(context),
        "role_arn": context.output("databricks_roles", "arns", LOG_DELIVERY),
        "bucket": context.output("lake_buckets", "ready", settings.bucket),
        "prefix": LOGS,
        "usage": settings.usage,
    }
    if settings.own:
        inputs["workspace_ids"] = [context.output("databricks_workspace", "workspace_id")]
    if settings.usage_since:
        inputs["usage_since"] = settings.usage_since
    return Call(inputs, providers={"databricks": console(context)})


COMPONENT = Component(
    name="databricks_logs",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("config_ids",),
)
