"""`lakewright apply`: the saved plans of an environment, exactly."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.infra.working import Choice, at_work, choosing, needs_account, problems_of, show_left
from lakewright.cli.output import Invocation, Report, Screen, verb

if TYPE_CHECKING:
    from lakewright.infra.order import Outcome
    from lakewright.infra.run_done import Applied


@verb("apply", example="lakewright plan dev && lakewright apply dev\nlakewright apply dev --stack foundation --json")
@click.argument("environment", metavar="ENV")
@choosing
def command(invocation: Invocation, environment: str, stack: tuple[str, ...], plugin_dir: Path | None) -> Report:
    """Do what `lakewright plan ENV` saved, and nothing else.

    The state's bucket comes first, then each stack behind those that it reads, independent ones side by side. A plan
    that is missing or no longer true is refused before anything begins. After a failure nothing new begins; plan and
    apply again to go on. Stacks that could not be planned before others were applied are left for the next plan.
    """
    project = invocation.project()
    needs_account(project, environment)
    with at_work(invocation, project, Choice(environment, stack, plugin_dir)) as stacks:
        outcome = stacks.apply()
    waiting = {} if outcome.failed else dict.fromkeys(outcome.left, f"`lakewright plan {environment}` can plan it now")
    data = {
        "environment": environment,
        "applied": {name: asdict(one) for name, one in outcome.done.items()},
        "left": list(outcome.left),
        "seconds": outcome.seconds,
    }
    return Report(
        data, lambda screen: _show(screen, outcome, waiting), ok=not outcome.failed, problems=problems_of(outcome)
    )


def _show(screen: Screen, outcome: Outcome[Applied], waiting: dict[str, str]) -> None:
    for name, applied in outcome.done.items():
        did = ", ".join(f"{count} {word}" for word, count in applied.did.items() if count)
        screen.line(f"{name}: {did or 'nothing to do'}")
    show_left(screen, outcome, waiting)
    screen.line(f"{outcome.seconds:.0f} s", style="dim")
