"""The infrastructure's part of `lakewright plan ENV`: what Terraform would do, saved for `apply`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from lakewright.cli.infra.approvals import approvals, show_approvals
from lakewright.cli.infra.looked import granting_stacks, look, show_looked
from lakewright.cli.infra.working import Choice, at_work, problems_of, show_left
from lakewright.cli.output import Invocation, Report, Screen
from lakewright.errors import SpecError

if TYPE_CHECKING:
    from lakewright.infra.order import Outcome
    from lakewright.infra.plans import Saved
    from lakewright.infra.write import Written
    from lakewright.spec import Project

SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "!", "import": "<", "move": ">", "read": " "}
STYLES = {"create": "green", "delete": "red", "replace": "red"}


def plan_environment(invocation: Invocation, project: Project, choice: Choice, only: str | None = None) -> Report:
    """Compiles, plans every stack that can be planned now, and saves the plans.

    `only` grants: the stacks that have some, and what changes for whom; `only` rules: all security groups' rules.
    """
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.write import written

    if only in ("models", "tables"):
        hint = "`lakewright plan --only` shows those of this machine; of an environment: grants, rules"
        raise SpecError("LW900", f"--only {only} goes with no environment of an account", hint=hint)
    compiled = compile_environment(project, choice.environment)
    if only == "grants" and not choice.only:
        choice = replace(choice, only=granting_stacks(compiled, project.root / "infra"))
        if not choice.only:
            fact = f"no stack of {choice.environment} grants anything"
            raise SpecError("LW900", fact, hint="a call of lake_grants or unity_catalog compiles what `access` says")
    with at_work(invocation, project, choice) as stacks:
        files = written(compiled, project.root / "infra")
        outcome = stacks.plan()
        looked = look(outcome.done, stacks.shown, project, compiled.place, only)
        changed = [name for name, saved in outcome.done.items() if saved.changed]
        unproven = stacks.unproven(changed)
    waiting = [name for name, saved in outcome.done.items() if saved.waits]
    needed = approvals(compiled, changed)
    data: dict[str, Any] = {
        "environment": choice.environment,
        "stacks": {name: _facts(saved) for name, saved in outcome.done.items()},
        "left": list(outcome.left),
        "approvals": needed,
        "approvals_later": approvals(compiled, waiting),
        "unproven": {name: error.as_dict() for name, error in unproven.items()},
        **looked.as_dict(),
    }

    def show(screen: Screen) -> None:
        _show_files(screen, files)
        _show(screen, outcome, changes=only is None)
        show_looked(screen, looked, choice.environment, only)
        show_left(screen, outcome, {})
        if only is None:
            show_approvals(screen, compiled, needed)
        for error in unproven.values():
            screen.line(f"not to be applied yet: {error}", style="yellow")
        if only is None and outcome.ok and changed and not unproven:
            screen.line(f"`lakewright apply {choice.environment}` does exactly this.", style="bold")

    return Report(data, show, ok=outcome.ok, problems=problems_of(outcome))


def _facts(saved: Saved) -> dict[str, Any]:
    return {
        "changed": saved.changed,
        "counts": saved.counts,
        "changes": [asdict(change) for change in saved.changes],
        "waits_for": list(saved.waits),
    }


def _show_files(screen: Screen, files: Written) -> None:
    """How many files were written; views by name, since they are no resources: an administrator makes them."""
    if count := len(files.created) + len(files.changed) + len(files.deleted):
        screen.line(f"{count} files written in infra/")
    for name in (*files.created, *files.changed):
        if "/views/" in name:
            screen.line(f"masked columns: an administrator runs infra/{name} in Athena", style="yellow")


def _show(screen: Screen, outcome: Outcome[Saved], *, changes: bool) -> None:
    """Each stack with its changes; without them, only those that wait."""
    for name, saved in outcome.done.items():
        if saved.waits:
            screen.line(f"{name}: waits for {', '.join(saved.waits)} to be applied", style="yellow")
        elif changes:
            screen.line(f"{name}: {_sum(saved)}", style="bold")
            for change in saved.changes:
                screen.line(f"  {SIGNS.get(change.action, '?')} {change.address}", style=STYLES.get(change.action, ""))


def _sum(saved: Saved) -> str:
    return ", ".join(f"{count} to {action}" for action, count in saved.counts.items()) or "nothing to do"
