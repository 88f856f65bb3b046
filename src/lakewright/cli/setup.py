"""`lakewright setup`: a whole environment, step by step, until it stands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.infra.working import Choice, at_work, choosing, needs_account, problems_of
from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, Mistakes, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.spec import Project

Facts = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One part of the way: `work` gives facts about what it found or did. Raises LakewrightError to stop here."""

    name: str
    what: str
    work: Callable[[], Facts]


@verb(
    "setup",
    example="lakewright setup dev\nlakewright setup dev --answer account=123456789012 --yes --json   # no questions",
)
@click.argument("environment", metavar="ENV")
@click.option("--answer", "answers", metavar="KEY=VALUE", multiple=True, help="Instead of a question; may be repeated.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is made.")
@click.option("--as-it-is", is_flag=True, help="Take example values of the spec for real ones.")
@choosing
def command(
    invocation: Invocation,
    environment: str,
    answers: tuple[str, ...],
    yes: bool,
    as_it_is: bool,
    stack: tuple[str, ...],
    plugin_dir: Path | None,
) -> Report:
    """Bring an environment up, from what only you know to the last stack.

    Run again after anything stopped it: what is done already is found and skipped.
    """
    from lakewright.cli.setup_steps import accounts, answered, databricks, terraform_found

    if not as_it_is:
        answered(invocation.folder, environment, dict(_pairs(answers)), asks=_asks(invocation))
    project = invocation.project()
    needs_account(project, environment)
    choice = Choice(environment, stack, plugin_dir)
    steps = (
        Step("tools", "Terraform", terraform_found),
        Step("accounts", "the accounts, and who you are there", lambda: accounts(project, environment)),
        Step("databricks", "the Databricks account", lambda: databricks(project, environment)),
        Step("compile", "Terraform of the environment", lambda: _compiled(project, environment)),
        Step("apply", "all stacks", lambda: _applied(invocation, project, choice, yes=yes)),
        Step("look", "whether anything differs", lambda: _looked(invocation, project, choice)),
    )
    return _walked(invocation, environment, steps)


def _walked(invocation: Invocation, environment: str, steps: tuple[Step, ...]) -> Report:
    """Does the steps in order, telling each; stops at the first that fails, with the way to go on."""
    screen, done = Screen(to_stderr=True), {}
    problems: list[LakewrightError] = []
    for number, step in enumerate(steps, start=1):
        started = time.monotonic()
        try:
            done[step.name] = step.work()
        except LakewrightError as error:
            problems = list(error.mistakes) if isinstance(error, Mistakes) else [error]
            break
        seconds = time.monotonic() - started
        if not invocation.json:
            screen.line(f"{number}/{len(steps)} {step.what}: done, {seconds:.0f} s")
    left = [step.name for step in steps if step.name not in done]

    def show(screen: Screen) -> None:
        if left:
            screen.line(f"Left: {', '.join(left)}. `lakewright setup {environment}` goes on from here.")
        else:
            screen.line(f"{environment} stands.")

    return Report({"environment": environment, "done": done, "left": left}, show, ok=not left, problems=problems)


def _pairs(answers: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for answer in answers:
        key, equals, value = answer.partition("=")
        if not equals:
            raise SpecError("LW900", f"{answer} is no answer", hint="--answer account=123456789012")
        yield key, value


def _asks(invocation: Invocation) -> Callable[[str, str], str] | None:
    """How a person is asked; None where nobody is there."""
    if invocation.json or not sys.stdin.isatty():
        return None
    return lambda question, _key: str(click.prompt(question, err=True))


def _compiled(project: Project, environment: str) -> Facts:
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.write import written

    compiled = compile_environment(project, environment)
    files = written(compiled, project.root / "infra")
    return {"stacks": [stack.name for stack in compiled.stacks], "written": len(files.created) + len(files.changed)}


def _applied(invocation: Invocation, project: Project, choice: Choice, *, yes: bool) -> Facts:
    if not yes:
        if _asks(invocation) is None:
            raise SpecError("LW900", "nobody can be asked here", hint="--yes says that it is meant")
        account = project.platform.environments[choice.environment].account
        if not click.confirm(f"Make {choice.environment} in account {account}?", err=True):
            raise SpecError("LW900", "not confirmed", hint="nothing was made")
    with at_work(invocation, project, choice) as stacks:
        outcome = stacks.roll_out()
    if outcome.failed:
        raise Mistakes(problems_of(outcome))
    return {"stacks": {name: _did(asdict(one)) for name, one in outcome.done.items()}, "seconds": outcome.seconds}


def _did(applied: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"skipped": True} if applied["skipped"] else applied["did"]


def _looked(invocation: Invocation, project: Project, choice: Choice) -> Facts:
    with at_work(invocation, project, choice) as stacks:
        outcome = stacks.differences()
    if outcome.failed:
        raise Mistakes(problems_of(outcome))
    if differ := sorted(name for name, planned in outcome.done.items() if planned.changed):
        fact = f"applied a moment ago, and Terraform would change {', '.join(differ)} again"
        raise ProblemError("LW1370", fact, hint=f"lakewright plan {choice.environment}")
    return {"differ": differ}
