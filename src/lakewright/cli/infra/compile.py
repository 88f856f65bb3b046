"""`lakewright infra compile`: the Terraform of an environment."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakewright.cli.infra.approvals import approvals, show_approvals, touched
from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import ProblemError

if TYPE_CHECKING:
    from lakewright.infra.compile import Compiled
    from lakewright.infra.write import Written


@verb("compile", example="lakewright infra compile dev\nlakewright infra compile dev --check   # in CI: is it current?")
@click.argument("environment", metavar="ENV")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if the files are not what they would be.")
@click.option("--force", is_flag=True, help="Overwrite files of Lakewright's that were changed by hand.")
def command(invocation: Invocation, environment: str, check: bool, force: bool) -> Report:
    """Write the Terraform of an environment: infra/ENV/STACK/ for each stack, and the modules they call.

    Files of your own beside them are kept; so are edits of ours, which are told instead of overwritten.
    """
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.write import compared, written

    project = invocation.project()
    compiled = compile_environment(project, environment)
    folder = project.root / "infra"
    done = compared(compiled, folder) if check else written(compiled, folder, force=force)
    stale = [*done.created, *done.changed, *done.deleted] if check else []
    problems = [ProblemError("LW1310", "not as compiled now", place=f"infra/{name}") for name in stale]
    gone = _gone(environment, done)
    stacks = [stack.name for stack in compiled.stacks]
    needed = approvals(compiled, touched(compiled, (*done.created, *done.changed, *done.deleted)))
    data = {
        "environment": environment,
        "stacks": stacks,
        "gone": gone,
        "approvals": needed,
        "files": asdict(done),
    }

    def show(screen: Screen) -> None:
        _show(screen, compiled, done)
        show_approvals(screen, compiled, needed)
        for stack in gone:
            fact = f"stack {stack} is no longer declared: what it made stays in AWS, and in its state"
            screen.line(f"note  {fact}; to remove that, bring its files back and destroy it first", style="yellow")

    return Report(data, show, ok=not problems, problems=problems)


def _gone(environment: str, done: Written) -> list[str]:
    """Stacks whose files went."""
    paths = [name.split("/") for name in done.deleted]
    return sorted(path[1] for path in paths if path[0] == environment and path[2:] == ["main.tf"])


def _show(screen: Screen, compiled: Compiled, done: Written) -> None:
    for sign, names in (("+", done.created), ("~", done.changed), ("-", done.deleted)):
        if len(names) > _MOST:
            screen.line(f"{sign} {len(names)} files")
        else:
            for name in names:
                screen.line(f"{sign} infra/{name}")
    stacks = ", ".join(stack.name for stack in compiled.stacks)
    screen.line(f"{len(compiled.stacks)} stacks in infra/{compiled.environment}: {stacks}")
    if not (done.created or done.changed or done.deleted):
        screen.line("Nothing changed.")


_MOST = 20
