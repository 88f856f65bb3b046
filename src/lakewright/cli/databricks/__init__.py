"""`lakewright databricks …`: the local Databricks by itself."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "databricks",
    help="The local Databricks by itself, for its SDK, its CLI and Terraform; it answers on this machine only.",
    registry={
        "start": Entry("lakewright.cli.databricks.start:command", "Start it, until Ctrl-C or `databricks stop`."),
        "env": Entry("lakewright.cli.databricks.env:command", "Print the settings with which a shell uses it."),
        "stop": Entry("lakewright.cli.databricks.stop:command", "End it."),
    },
)
