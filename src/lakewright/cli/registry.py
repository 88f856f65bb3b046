"""Which commands there are. Nothing here imports a command before it is called, so that `--help` stays fast."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import click

from lakewright.cli.output import Invocation, guarded


class Entry(NamedTuple):
    """Where a command is (`module:attribute`) and the line that `--help` shows for it."""

    target: str
    summary: str


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry("lakewright.cli.demo:command", "A whole lakehouse on this machine, fed by a real shop."),
    "init": Entry("lakewright.cli.init:command", "Make a project: platform.yaml, models, README."),
    "check": Entry("lakewright.cli.check:command", "Check the spec, the models and the sources; says what to run."),
    "plan": Entry("lakewright.cli.plan:command", "Show what would change, and what breaks downstream."),
    "apply": Entry("lakewright.cli.apply:command", "Do what `plan ENV` saved, and nothing else."),
    "destroy": Entry("lakewright.cli.destroy:command", "Delete what an environment's stacks made."),
    "setup": Entry("lakewright.cli.setup:command", "Bring an environment up, step by step; run again to go on."),
    "rehearse": Entry("lakewright.cli.rehearse:command", "Apply it all to a local AWS that really runs it; a report."),
    "run": Entry("lakewright.cli.run:command", "Bring models up to date with Bronze: only what changed is computed."),
    "up": Entry("lakewright.cli.up:command", "Replicate, run the models, and show what happens, until Ctrl-C."),
    "sql": Entry("lakewright.cli.sql:command", "Query Bronze, Silver and Gold in Spark SQL, or open a prompt."),
    "serve": Entry("lakewright.cli.serve:command", "A local Athena with its S3, Glue and STS, for any client."),
    "status": Entry("lakewright.cli.status:command", "Show how far replication and models are."),
    "logs": Entry("lakewright.cli.logs:command", "Show what ingest and pipeline did."),
    "show": Entry("lakewright.cli.show:command", "Show the spec as understood, and where each value comes from."),
    "infra": Entry("lakewright.cli.infra:command", "The platform as Terraform: compile, stacks, import."),
    "bundle": Entry("lakewright.cli.bundle:command", "Data products as Databricks bundles: compile, check."),
    "aws": Entry("lakewright.cli.aws:command", "The local AWS by itself: start, env, stop."),
    "databricks": Entry("lakewright.cli.databricks:command", "The local Databricks by itself: start, env, stop."),
    "units": Entry("lakewright.cli.units:command", "Business units: list them, remove one that has no data."),
    "access": Entry("lakewright.cli.access:command", "Who may see and change what, and why: can-i, who-can, diff, …"),
    "ingest": Entry("lakewright.cli.ingest:command", "Replicate PostgreSQL into Bronze: once, follow, resnapshot, …"),
    "table": Entry("lakewright.cli.table:command", "One table's past, origin and upkeep: history, lineage, diff, …"),
}


class LazyGroup(click.Group):
    """A group whose commands are named in a registry and imported when called."""

    def __init__(self, *args: Any, registry: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registry = registry

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.registry)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = self.registry.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.registry and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], list(self.registry), n=1)
            hint = f'Did you mean "{close[0]}"?' if close else f"`{ctx.command_path} --help` lists them."
            ctx.fail(f'No such command "{args[0]}". {hint}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.registry.items()])


class Root(LazyGroup):
    """`lakewright` itself."""

    def __init__(self) -> None:
        super().__init__(
            "lakewright",
            registry=COMMANDS,
            help="Declare a lakehouse platform in one file, rehearse it on this machine, ship it unchanged.",
            epilog="Start with `lakewright demo`, or `lakewright init` in an empty folder.",
            params=[
                click.Option(
                    ["-C", "--project", "folder"],
                    type=click.Path(path_type=Path),
                    help="Folder of platform.yaml. [default: here]",
                ),
                click.Option(["--env"], help="Environment. [default: local]"),
                click.Option(
                    ["--version"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    callback=_version,
                    help="Show the version and exit.",
                ),
            ],
            callback=_remember,
        )

    def main(self, args: Sequence[str] | None = None, prog_name: str = "", **extra: Any) -> NoReturn:  # type: ignore[override] # noqa: ARG002
        """Runs one command and exits: 0 fine, 1 problem, 2 wrong usage or spec, 3 something missing, 130 Ctrl-C."""
        arguments = list(sys.argv[1:] if args is None else args)
        invocation = Invocation(json="--json" in arguments)
        run = super().main
        sys.exit(
            guarded(
                invocation,
                lambda: run(
                    arguments, prog_name="lakewright", **(extra | {"standalone_mode": False, "obj": invocation})
                ),
            )
        )


def _version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked:
        from lakewright import __version__

        click.echo(f"lakewright {__version__}")
        ctx.exit()


@click.pass_context
def _remember(ctx: click.Context, folder: Path | None, env: str | None) -> None:
    ctx.obj.folder = folder or Path()
    ctx.obj.env = env or "local"
