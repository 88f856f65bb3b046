"""`lakewright table …`: one table's past, origin and upkeep."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "table",
    help="One table's past, origin and upkeep.",
    registry={
        "history": Entry("lakewright.cli.table.history:command", "Show a table's versions."),
        "diff": Entry("lakewright.cli.table.diff:command", "Compare two versions of a table, row by row."),
    },
)
