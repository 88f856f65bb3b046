"""Arguments that several commands share, without the imports that their work needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

PRIVILEGES = ("select", "describe", "insert", "update", "delete", "alter", "drop", "create")
"""The values of governance's Privilege."""

SOURCES = ("spec", "plan", "aws")
Command = TypeVar("Command", bound=Callable[..., Any])


class Right(click.ParamType):  # type: ignore[type-arg]  # generic for the type checker only
    """A privilege on a table, or an action of AWS (`s3:GetObject`)."""

    name = "right"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in PRIVILEGES and ":" not in value:
            self.fail(f"{value!r} is none of {', '.join(PRIVILEGES)}, and no action of AWS (s3:GetObject)", param, ctx)
        return value


def asking_aws(command: Command) -> Command:
    """The options that go with an action of AWS."""
    context = click.option(
        "--context",
        "pairs",
        multiple=True,
        metavar="KEY=VALUE",
        help="A condition key of the request; may be repeated.",
    )
    source = click.option(
        "--from",
        "source",
        type=click.Choice(SOURCES),
        default="spec",
        show_default=True,
        help="AWS as the files say, as saved plans would make it, or as the running local AWS is.",
    )
    account = click.option("--account", metavar="ID", help="Only in this account.")
    return context(source(account(command)))
