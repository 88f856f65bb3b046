"""`lakewright access …`: who may see and change what, and why."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "access",
    help="Who may see and change what, and why: tables by the rules, AWS by its policies.",
    registry={
        "can-i": Entry("lakewright.cli.access.can_i:command", "Say what somebody may do with a table or column."),
        "who-can": Entry("lakewright.cli.access.who_can:command", "List who may do something with a table or column."),
        "why": Entry("lakewright.cli.access.why:command", "Go through every rule: why somebody may, or may not."),
        "effects": Entry(
            "lakewright.cli.access.effects:command", "Show what each statement of AWS's policies allows and denies."
        ),
        "agree": Entry(
            "lakewright.cli.access.agree:command", "Compare the spec with what was applied to AWS and Databricks."
        ),
        "diff": Entry("lakewright.cli.access.diff:command", "Show what an edit changes, for whom."),
        "audit": Entry("lakewright.cli.access.audit:command", "Show who asked for what, or verify the audit."),
        "users": Entry("lakewright.cli.access.users:command", "Who there is; add somebody, remove somebody."),
        "compile": Entry(
            "lakewright.cli.access.compile:command", "Write the rules for Lake Formation or Unity Catalog."
        ),
    },
)
