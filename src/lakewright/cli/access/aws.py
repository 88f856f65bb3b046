"""The `access` commands about an action of AWS: who may do it, by spec, plan, or an AWS that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lakewright.cli.access.arguments import why_command
from lakewright.cli.infra.working import Choice, at_work, needs_account
from lakewright.cli.output import Invocation, Report, Screen
from lakewright.errors import ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.policy.question import Question, Replied
    from lakewright.policy.world import World

STYLES = {"Allow": "green", "Deny": "red", "Unknown": "yellow"}
EFFECTS = {"allows": "green", "may allow": "yellow", "denies": "red", "may deny": "yellow", "nothing": "dim"}
SAID = {"Allow": "yes", "Deny": "no", "Unknown": "not known"}


@dataclass(frozen=True)
class Asked:
    """What the options said: condition keys, where the state is from, perhaps one account."""

    pairs: tuple[str, ...]
    source: str
    account: str | None = None

    @property
    def options(self) -> Mapping[str, str]:
        """The same as options, but for the condition keys."""
        return {"--from": self.source, "--account": self.account or ""}

    @property
    def context(self) -> Mapping[str, Sequence[str]]:
        """Values by key. Raises SpecError LW1043."""
        found: dict[str, list[str]] = {}
        for pair in self.pairs:
            key, equals, value = pair.partition("=")
            if not equals or ":" not in key:
                hint = "--context ec2:InstanceType=t3.micro"
                raise SpecError("LW1043", f"{pair!r} is no condition key with a value", hint=hint)
            found.setdefault(key, []).append(value)
        return found


def can_i(invocation: Invocation, who: str, action: str, resource: str, asked: Asked) -> Report:
    """Whether somebody may; every role that the name means, and yes if one of them may."""
    world, question, replies = _replies(invocation, who, action, resource, asked)
    allowed = any(reply.allowed for reply in replies)

    def show(screen: Screen) -> None:
        for reply in replies:
            answer = reply.decision.answer.value
            screen.line(f"{SAID[answer]}: {_title(reply)}: {reply.because}", style=STYLES[answer])
        if not allowed:
            words = (who, question.action, question.resource)
            again = why_command(words, {"--env": invocation.env, **asked.options}, asked.pairs)
            screen.line(f"`{again}` goes through everything")
        _left_out(screen, world, question)

    data = {"who": who, "allowed": allowed, **_asked(question, asked), "answers": [_data(reply) for reply in replies]}
    return Report(data | {"left_out": world.gaps(question.resource)}, show, ok=allowed)


def why(invocation: Invocation, who: str, action: str, resource: str, asked: Asked) -> Report:
    """Every layer and level, with its statement."""
    world, question, replies = _replies(invocation, who, action, resource, asked)

    def show(screen: Screen) -> None:
        for reply in replies:
            answer = reply.decision.answer.value
            screen.line(f"{_title(reply)}: {SAID[answer]}, {reply.because}", style=STYLES[answer])
            for step in reply.steps():
                text = " ".join(part for part in (step.statement, step.text) if part)
                screen.line(f"  {step.effect:<9} {step.where}: {text}", style=EFFECTS[step.effect])
        _left_out(screen, world, question)

    answers = [_data(reply) | {"steps": [asdict(step) for step in reply.steps()]} for reply in replies]
    data = {"who": who, "allowed": any(reply.allowed for reply in replies), **_asked(question, asked)}
    return Report(data | {"answers": answers, "left_out": world.gaps(question.resource)}, show)


def who_can(invocation: Invocation, action: str, resource: str, asked: Asked) -> Report:
    """All who may, then those of whom it is not known."""
    from lakewright.policy.question import ask_all

    world, question = _world_and_question(invocation, action, resource, asked)
    holders = [
        (holder, person)
        for holder in world.holders.values()
        for person in (holder.people or ("",))
        if asked.account in (None, holder.account)
    ]
    replies = [reply for reply in ask_all(world, question, holders) if reply.decision.answer.value != "Deny"]
    replies.sort(key=lambda reply: (not reply.allowed, reply.holder.name, reply.person))

    def show(screen: Screen) -> None:
        rows = [
            [reply.person or reply.holder.name, _title(reply), SAID[reply.decision.answer.value], reply.because]
            for reply in replies
        ]
        if rows:
            screen.table(["who", "as", "may", "because"], rows)
        else:
            screen.line("nobody")
        _left_out(screen, world, question)

    data = {
        **_asked(question, asked),
        "who": [_data(reply) for reply in replies],
        "left_out": world.gaps(question.resource),
    }
    return Report(data, show)


def _replies(
    invocation: Invocation, who: str, action: str, resource: str, asked: Asked
) -> tuple[World, Question, tuple[Replied, ...]]:
    from lakewright.policy.question import ask_all

    world, question = _world_and_question(invocation, action, resource, asked)
    holders = [one for one in world.find(who) if asked.account in (None, one[0].account)]
    if not holders:
        raise SpecError("LW1042", f"{who} has nothing in account {asked.account}", hint="without --account: in all")
    return world, question, ask_all(world, question, holders)


def _world_and_question(invocation: Invocation, action: str, resource: str, asked: Asked) -> tuple[World, Question]:
    from lakewright.policy.question import checked
    from lakewright.policy.reference import reference

    question = checked(action, resource, asked.context, reference())
    return world_of(invocation, asked), question


def world_of(invocation: Invocation, asked: Asked) -> World:
    """Who there is, by what the options chose. Raises Mistakes of the spec, ProblemError LW1360, LW1423."""
    if asked.source == "aws":
        return _running(invocation)
    from lakewright.infra.compile import decided_calls
    from lakewright.infra.holders import compiled_world

    project = invocation.project()
    needs_account(project, invocation.env)
    declared, decided = decided_calls(project, invocation.env)
    compiled = compiled_world(declared, decided)
    if asked.source == "spec":
        return compiled
    from lakewright.infra.planned import planned_world

    with at_work(invocation, project, Choice(invocation.env)) as stacks:
        shown = {step.name: plan for step in stacks.steps if (plan := stacks.shown(step.name)) is not None}
    if not shown:
        hint = f"`lakewright plan {invocation.env}` makes some"
        raise ProblemError("LW1360", "there is no saved plan that can be read", place=invocation.env, hint=hint)
    owners = {name: declared.accounts.get(call.account, declared.place) for name, call in _by_stack(declared).items()}
    return planned_world(compiled, shown, {name: place.account for name, place in owners.items()})


def _by_stack(declared: Any) -> dict[str, Any]:
    """One call of each stack: all of a stack are of one account."""
    return {call.stack: call for call in declared.calls.values()}


def _running(invocation: Invocation) -> World:
    """The local AWS that runs here, or a kept rehearsal's. Raises ProblemError LW1423."""
    from lakewright.cli.aws.env import running_folder
    from lakewright.cli.aws.running import rehearsals_of
    from lakewright.rehearse.aws import runtime
    from lakewright.rehearse.aws.permissions import clients, running_world

    rehearsed = invocation.env if invocation.env in rehearsals_of(invocation) else None
    folder = running_folder(invocation, rehearsed)
    accounts = [name for name in runtime.profiles_of(folder) if name.isdigit()]
    settings = runtime.environment_of(folder, accounts[0])
    return running_world(clients(settings), accounts, settings["AWS_REGION"])


def _title(reply: Replied) -> str:
    holder = reply.holder
    person = f"{reply.person} as " if reply.person else ""
    return f"{person}{holder.kind} {holder.name} in {holder.account}"


def _asked(question: Question, asked: Asked) -> dict[str, Any]:
    return {"action": question.action, "resource": question.resource, "context": asked.context, "from": asked.source}


def _data(reply: Replied) -> dict[str, Any]:
    decision = reply.decision
    return {
        "who": reply.holder.arn,
        "kind": reply.holder.kind,
        "name": reply.holder.name,
        "person": reply.person,
        "account": reply.holder.account,
        "answer": decision.answer.value,
        "explicit": decision.explicit,
        "layer": decision.layer.value if decision.layer is not None else None,
        "level": decision.level,
        "statement": decision.statement.written if decision.statement is not None else None,
        "unknown": sorted(decision.unknown),
        "because": reply.because,
    }


def _left_out(screen: Screen, world: World, question: Question) -> None:
    for text in world.gaps(question.resource):
        screen.line(f"not looked at: {text}", style="dim")
