"""The infrastructure's part of `lakewright plan ENV`: what Terraform would do, saved for `apply`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lakewright.cli.infra.working import Choice, at_work, problems_of, show_left
from lakewright.cli.output import Invocation, Report, Screen

if TYPE_CHECKING:
    from lakewright.infra.order import Outcome
    from lakewright.infra.plans import Saved
    from lakewright.infra.write import Written
    from lakewright.spec import Project

SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "!", "import": "<", "move": ">", "read": " "}
STYLES = {"create": "green", "delete": "red", "replace": "red"}


def plan_environment(invocation: Invocation, project: Project, choice: Choice) -> Report:
    """Compiles, plans every stack that can be planned now, and saves the plans."""
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.write import written

    compiled = written(compile_environment(project, choice.environment), project.root / "infra")
    with at_work(invocation, project, choice) as stacks:
        outcome = stacks.plan()
    data: dict[str, Any] = {
        "environment": choice.environment,
        "stacks": {name: _facts(saved) for name, saved in outcome.done.items()},
        "left": list(outcome.left),
    }
    return Report(
        data, lambda screen: _show(screen, choice, outcome, compiled), ok=outcome.ok, problems=problems_of(outcome)
    )


def _facts(saved: Saved) -> dict[str, Any]:
    return {
        "changed": saved.changed,
        "counts": saved.counts,
        "changes": [asdict(change) for change in saved.changes],
        "waits_for": list(saved.waits),
    }


def _show(screen: Screen, choice: Choice, outcome: Outcome[Saved], compiled: Written) -> None:
    if files := len(compiled.created) + len(compiled.changed) + len(compiled.deleted):
        screen.line(f"{files} files written in infra/")
    for name, saved in outcome.done.items():
        if saved.waits:
            screen.line(f"{name}: waits for {', '.join(saved.waits)} to be applied", style="yellow")
            continue
        screen.line(f"{name}: {_sum(saved)}", style="bold")
        for change in saved.changes:
            screen.line(f"  {SIGNS.get(change.action, '?')} {change.address}", style=STYLES.get(change.action, ""))
    show_left(screen, outcome, {})
    if outcome.ok and any(saved.changed for saved in outcome.done.values()):
        screen.line(f"`lakewright apply {choice.environment}` does exactly this.", style="bold")


def _sum(saved: Saved) -> str:
    return ", ".join(f"{count} to {action}" for action, count in saved.counts.items()) or "nothing to do"
