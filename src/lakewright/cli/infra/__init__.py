"""`lakewright infra …`: the platform as Terraform."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "infra",
    help="The platform as Terraform: written, ordered, taken over.",
    registry={
        "compile": Entry("lakewright.cli.infra.compile:command", "Write an environment's Terraform below infra/."),
        "stacks": Entry("lakewright.cli.infra.stacks:command", "Show the stacks in the order of their apply."),
        "import": Entry("lakewright.cli.infra.take_over:command", "Manage a resource that is there already."),
    },
)
