"""What `plan`, `apply` and `destroy` of an environment share: its stacks, ready to be worked on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lakewright.cli.infra.progress import Resources
from lakewright.cli.ingest import interruptible
from lakewright.cli.output import Invocation, Screen
from lakewright.cli.progress import observed
from lakewright.errors import LakewrightError, Mistakes, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.infra.compile import Compiled
    from lakewright.infra.order import Outcome
    from lakewright.infra.proofs import Proofs
    from lakewright.infra.run import Stacks
    from lakewright.infra.terraform import Terraform
    from lakewright.spec import Project
    from lakewright.storage import Storage

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Choice:
    """Which stacks (none named: all), where Terraform's providers are, and whether they are taken down."""

    environment: str
    only: tuple[str, ...] = ()
    plugins: Path | None = None
    down: bool = False


def choosing(command: Command) -> Command:
    """The options of a `Choice`."""
    plugins = click.option(
        "--plugin-dir",
        type=click.Path(path_type=Path),
        help="Folder with Terraform's providers. [default: LAKEWRIGHT_TERRAFORM_PLUGINS, else the registry]",
    )
    stack = click.option("--stack", metavar="NAME", multiple=True, help="Only this stack; may be repeated.")
    return stack(plugins(command))


@contextmanager
def at_work(
    invocation: Invocation, project: Project, choice: Choice, stop: threading.Event | None = None
) -> Iterator[Stacks]:
    """The environment's stacks on disk, with the person's own credentials; one command at a time.

    Ctrl-C lets Terraform end what it has begun, and nothing new begins. It sets `stop`, which who works on one
    environment after another looks at.
    """
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.environment import real_environment
    from lakewright.infra.order import Step, chosen, sorted_steps
    from lakewright.infra.plans import Plans
    from lakewright.infra.run import Stacks
    from lakewright.infra.terraform import Terraform, find_binary, find_plugins
    from lakewright.ingest.lock import held

    binary, plugins = find_binary(os.environ), find_plugins(os.environ, choice.plugins)
    compiled = compile_environment(project, choice.environment)
    root, kept = project.root / "infra" / choice.environment, project.state_dir / "infra" / choice.environment
    steps = sorted_steps(Step(one.name, root / one.name, one.after, frozenset(one.follows)) for one in compiled.stacks)
    stop = stop or threading.Event()
    with (
        held(kept / "lock", f"environment {choice.environment}"),
        interruptible(stop),
        observed(invocation, project, "infra", Resources) as observe,
    ):
        terraform = Terraform(binary, real_environment(os.environ), plugins, stop=stop, observe=observe)
        if choice.only:
            _refuse_disorder(compiled, choice, terraform, root)
        yield Stacks(
            terraform,
            chosen(steps, choice.only),
            Plans(kept / "plans"),
            kept / "state-stack",
            gate=_gate(project, compiled),
            careful=True,
        )


def _gate(project: Project, compiled: Compiled) -> Proofs:
    """What has to be proven before, by what lies in the buckets of state."""
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.proofs import Kept, Proofs

    infra, declared = project.root / "infra", project.platform.environments
    before = declared[compiled.environment].after
    earlier = compile_environment(project, before) if before else None
    return Proofs(
        Kept(compiled, infra, _beside_states(compiled)),
        _who,
        Kept(earlier, infra, _beside_states(earlier)) if earlier else None,
        followed=any(one.after == compiled.environment for one in declared.values()),
    )


def _beside_states(compiled: Compiled) -> Callable[[], Storage]:
    """The environment's folder in the state's bucket, opened when it is asked for: most environments never do."""
    from lakewright.storage import open_storage

    return cache(lambda: open_storage(f"s3://{compiled.state_bucket}/{compiled.environment}"))


def _who() -> str:
    """Whom AWS takes one for."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(boto3.client("sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError) as error:
        raise ProblemError("LW1369", f"AWS does not know you: {error}", hint="aws sso login, or AWS_PROFILE") from None


def _refuse_disorder(compiled: Compiled, choice: Choice, terraform: Terraform, root: Path) -> None:
    """Raises Mistakes LW1367 for named stacks whose turn it is not."""
    from lakewright.infra.in_order import Pulled, States, refuse_out_of_order, refuse_to_pull_away

    known, states = {stack.name for stack in compiled.stacks}, States(Pulled(terraform, root), root)
    if not known >= set(choice.only):
        return  # `chosen` says which is not there
    if choice.down:
        refuse_to_pull_away(compiled.stacks, choice.only, states.stands)
    else:
        refuse_out_of_order(compiled.stacks, choice.only, states.is_applied)


def needs_account(project: Project, environment: str) -> None:
    """Raises SpecError LW1304 for an environment that is not one of a cloud account."""
    from lakewright.spec.layers import did_you_mean

    declared = project.platform.environments
    if environment in declared and declared[environment].account:
        return
    in_cloud = [name for name, one in declared.items() if one.account]
    known = f"with an account: {', '.join(in_cloud)}" if in_cloud else f"none has one; write {_DECLARED}"
    if environment == "local":
        place, fact = project.place("environments"), "`local` is this machine, and an AWS account is asked for"
        raise SpecError("LW1304", fact, place=place, hint=known)
    if environment not in declared:
        place, fact = project.place("environments"), f'no environment "{environment}"'
        raise SpecError("LW1304", fact, place=place, hint=did_you_mean(environment, in_cloud, known))
    place = project.place("environments", environment)
    raise SpecError("LW1304", f"{environment} names no AWS account", place=place, hint='account: "111111111111"')


_DECLARED = '`environments: {dev: {account: "111111111111", region: us-east-1}}`'


def problems_of(outcome: Outcome[T]) -> Sequence[LakewrightError]:
    found: list[LakewrightError] = []
    for error in outcome.failed.values():
        found += error.mistakes if isinstance(error, Mistakes) else [error]
    return found


def show_left(screen: Screen, outcome: Outcome[T], why: Mapping[str, str]) -> None:
    """The stacks that nothing was done about, and the reason."""
    for name in outcome.left:
        screen.line(f"- {name}: {why.get(name) or 'not begun, since another stack failed'}", style="yellow")
