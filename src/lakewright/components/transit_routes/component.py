"""Decides which networks the firewall stands between: all of the landscape."""

from __future__ import annotations

from pathlib import Path

from lakewright.components.component import Call, Component, Context
from lakewright.spec.block import Block


class Settings(Block):
    """Routes between the networks: nothing is to be set."""


def _call(context: Context, _name: str, _settings: Settings) -> Call:
    networks = context.project.platform.landscape.networks
    attachments = {name: context.output_for("shared_network", {"network": name}, "attachment_id") for name in networks}
    out = next((name for name, network in networks.items() if network.internet), None)
    return Call(
        inputs={
            "route_table_ids": context.output("transit_hub", "route_table_ids"),
            "firewall_attachment_id": context.output("inspection", "attachment_id"),
            "attachment_ids": attachments,
            "internet": out,
        }
    )


COMPONENT = Component(
    name="transit_routes",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("ready",),
)
