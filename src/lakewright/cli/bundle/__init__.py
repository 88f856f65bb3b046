"""`lakewright bundle …`: data products as Databricks bundles."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "bundle",
    help="Data products as Databricks bundles: written from the spec, checked against Databricks' schema.",
    registry={
        "compile": Entry("lakewright.cli.bundle.compile:command", "Write an environment's bundles below bundles/."),
        "check": Entry("lakewright.cli.bundle.check:command", "Check the bundles that are there."),
    },
)
