"""`lakewright table …`: one table's past, origin and upkeep."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "table",
    help="One table's past, origin and upkeep.",
    registry={
        "history": Entry("lakewright.cli.table.history:command", "Show a table's versions."),
        "lineage": Entry("lakewright.cli.table.lineage:command", "Show where columns come from, and what they feed."),
        "backfill": Entry("lakewright.cli.table.backfill:command", "Compute a table again, for a time range or whole."),
        "compact": Entry("lakewright.cli.table.compact:command", "Fold small files together, remove unneeded ones."),
        "diff": Entry("lakewright.cli.table.diff:command", "Compare two versions of a table, row by row."),
    },
)
