"""Decides with whom the transit gateway is shared: with the accounts that attach networks of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost
from lakewright.spec.block import Block


class Settings(Block):
    """The gateway that joins the shared networks."""

    asn: Annotated[int, Field(ge=64_512, le=65_534)] = Field(default=64_512, description="Its private BGP number.")


def _call(context: Context, name: str, settings: Settings) -> Call:
    place = context.place
    others = {home for call, home in context.homes.items() if context.calls[call] == "inspection"}
    accounts = sorted({context.accounts[home].account for home in others} - {place.account})
    return Call(inputs={"name": place.name(name, most=40), "asn": settings.asn, "accounts": accounts})


COMPONENT = Component(
    name="transit_hub",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("gateway_id", "gateway_arn", "route_table_ids", "share_arn"),
    costs=lambda _context, _settings: (Cost("transit_gateway.gb", 1000, "1 TB between networks"),),
)
