"""Arguments that several commands share, without the imports that their work needs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from lakewright.errors import SpecError

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


def on_a_table(pairs: tuple[str, ...], source: str, account: str | None) -> None:
    """Raises SpecError LW900 where an option of `asking_aws` is given with a privilege on a table."""
    given = {"--context": bool(pairs), "--from": source != "spec", "--account": account is not None}
    named = [option for option, is_given in given.items() if is_given]
    if named:
        hint = "ask of an action and an ARN: s3:GetObject arn:aws:s3:::lake/gold/x"
        raise SpecError("LW900", f"{', '.join(named)} goes with actions of AWS, not with tables", hint=hint)


_DEFAULTS = {"--env": "local", "--from": "spec"}


def why_command(words: Sequence[str], options: Mapping[str, str], pairs: Sequence[str] = ()) -> str:
    """`access why` about the same, as a shell takes it: options that have their default, or nothing, are left out."""
    said = [(name, value) for name, value in options.items() if value and value != _DEFAULTS.get(name)]
    said += [("--context", pair) for pair in pairs]
    return shlex.join(["lakewright", "access", "why", *words, *(part for option in said for part in option)])
