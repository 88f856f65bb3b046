"""`lakewright units …`: the business units."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "units",
    help="Business units: what there is, and how one goes.",
    registry={
        "list": Entry("lakewright.cli.units.listing:command", "Show the units, their workspaces and owners."),
        "remove": Entry("lakewright.cli.units.remove:command", "Remove a unit that has no data, step by step."),
        "keep": Entry("lakewright.cli.units.keep:command", "Keep a unit that was being removed."),
    },
)
