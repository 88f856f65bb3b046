"""`lakewright access users …`: who there is, who comes, who goes."""

from __future__ import annotations

import click

from lakewright.cli.registry import Entry, LazyGroup


class Users(LazyGroup):
    """Without a command it lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


command = Users(
    "users",
    help="Who there is, who comes, who goes. Without a command: list.",
    registry={
        "list": Entry("lakewright.cli.access.users.listing:command", "List users with their personas and attributes."),
        "add": Entry("lakewright.cli.access.users.add:command", "Write somebody into the spec; show what they get."),
        "remove": Entry("lakewright.cli.access.users.remove:command", "Take somebody out; show what they lose."),
    },
)
