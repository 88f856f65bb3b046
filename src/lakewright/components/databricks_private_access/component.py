"""Decides which endpoints are made known to the Databricks account, and that workspaces are reached by these only."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Value
from lakewright.components.databricks import account_id, console
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.layers import did_you_mean
from lakewright.spec.values import Name


class Settings(Block):
    """Private access to Databricks."""

    front_end: tuple[Name, ...] = Field(
        default=(), strict=False, description="Networks from which people come (their `front_end` is true)."
    )
    public: bool = Field(default=False, description="Whether workspaces are reached by the internet too.")


def _call(context: Context, _name: str, settings: Settings) -> Call:
    networks = context.project.platform.landscape.networks
    for number, name in enumerate(settings.front_end):
        if name not in networks:
            hint = did_you_mean(name, networks, f"networks: {', '.join(networks)}")
            raise SpecError("LW1348", f'no network "{name}"', place=f"front_end.{number}", hint=hint)
    with_workspaces = [name for name in networks if context.landscape.of_network(name)]
    wanted = [(name, kind) for name in with_workspaces for kind in ("relay", "rest")]
    wanted += [(name, "front_end") for name in settings.front_end]
    endpoints: dict[str, Value] = {
        f"{name}/{kind}": context.output_for("shared_network", {"network": name}, "private_link_ids", kind)
        for name, kind in wanted
    }
    fronts = [f"{name}/front_end" for name in settings.front_end]
    return Call(
        inputs={
            "name": context.place.name(most=80),
            "account_id": account_id(context),
            "region": context.place.region,
            "endpoints": endpoints,
            "settings": {name: [f"{name}/rest", *fronts] for name in with_workspaces},
            "public": settings.public,
        },
        providers={"databricks": console(context)},
    )


COMPONENT = Component(
    name="databricks_private_access",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("endpoint_ids", "settings_ids"),
)
