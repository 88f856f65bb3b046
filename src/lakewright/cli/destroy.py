"""`lakewright destroy`: an environment's stacks are taken down."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.infra.working import Choice, at_work, choosing, needs_account, problems_of, show_left
from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.infra.order import Outcome
    from lakewright.infra.run_done import Applied
    from lakewright.spec import Project


@verb("destroy", example="lakewright destroy dev\nlakewright destroy dev --yes --json   # without asking")
@click.argument("environment", metavar="ENV")
@click.option("--yes", is_flag=True, help="Do not ask.")
@choosing
def command(
    invocation: Invocation, environment: str, yes: bool, stack: tuple[str, ...], plugin_dir: Path | None
) -> Report:
    """Delete what an environment's stacks made, readers first. An environment with `protection: strict` is refused.

    The bucket of Terraform's state stays: it is the history of all stacks. Run again after a failure to go on.
    """
    project = invocation.project()
    needs_account(project, environment)
    _permitted(invocation, project, environment, yes=yes)
    with at_work(invocation, project, Choice(environment, stack, plugin_dir, down=True)) as stacks:
        outcome = stacks.take_down()
    data = {
        "environment": environment,
        "destroyed": {name: asdict(one) for name, one in outcome.done.items()},
        "left": list(outcome.left),
        "seconds": outcome.seconds,
    }
    return Report(data, lambda screen: _show(screen, outcome), ok=outcome.ok, problems=problems_of(outcome))


def _permitted(invocation: Invocation, project: Project, environment: str, *, yes: bool) -> None:
    """Raises unless the environment may be destroyed and somebody said so."""
    declared = project.platform.environments[environment]
    if declared.protection == "strict":
        place = project.place("environments", environment, "protection")
        raise ProblemError(
            "LW1364", f"{environment} is protected", place=place, hint="`protection: none`, applied first, permits it"
        )
    if yes:
        return
    if invocation.json or not sys.stdin.isatty():
        raise SpecError("LW900", "nobody can be asked here", hint="--yes says that it is meant")
    said = click.prompt(f"Everything in {environment} (account {declared.account}) is deleted. Its name, to go on")
    if said != environment:
        raise ProblemError("LW1364", f'"{said}" is not "{environment}": nothing was done')


def _show(screen: Screen, outcome: Outcome[Applied]) -> None:
    for name, one in outcome.done.items():
        screen.line(f"{name}: {one.did.get('remove', 0)} deleted" if not one.skipped else f"{name}: nothing was there")
    show_left(screen, outcome, {})
    screen.line(f"{outcome.seconds:.0f} s", style="dim")
