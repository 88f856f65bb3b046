"""From a spec to the Terraform of one environment: pure, the same every time, and all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lakewright.components.component import Call, Context, Place
from lakewright.components.landscape import landscape_of
from lakewright.components.registry import component
from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.infra.calls import STATE, Declaration, Declared, Find, declaration
from lakewright.infra.check import input_mistakes, reference_mistakes
from lakewright.infra.check_environments import environment_mistakes
from lakewright.infra.check_policies import policy_mistakes
from lakewright.infra.check_values import import_mistakes, value_mistakes
from lakewright.infra.each import DECLARED, owner_of
from lakewright.infra.interface import read_interface
from lakewright.infra.known import Known, known_of
from lakewright.infra.promotion import followed
from lakewright.infra.references import Reason, ordered
from lakewright.infra.root_module import Content, Decided, Wiring, root_files, state_bucket
from lakewright.spec import Project


@dataclass(frozen=True)
class Stack:
    """One root module. `files` are relative to its folder; `after` are the stacks that must be applied before it."""

    name: str
    files: Mapping[str, Content]
    after: frozenset[str]
    calls: Mapping[str, str]
    """Call → component."""
    account: str = ""
    """Name of the account that it is applied to; "" is the environment's own."""
    providers: frozenset[str] = frozenset({"aws"})
    """Kinds of Terraform providers that it needs."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Stack of `after` → what makes this one need it."""
    owner: str = ""
    """Who approves its changes."""
    follows: Mapping[str, str] = field(default_factory=dict)
    """Stacks that prove its changes first, each with the reason."""
    whose: Mapping[str, str] = field(default_factory=dict)
    """The network, or unit and workspace, that it is for."""
    uses: frozenset[str] = frozenset()
    """Stacks of `after` whose outputs it reads, or that it names; the others are of lower layers."""
    layer: int | None = None

    def stands_on(self, other: Stack) -> bool:
        """Whether it would lack the other. What is for all does not stand on what is one unit's for its layer alone."""
        return other.name in self.uses or (other.name in self.after and other.whose.items() <= self.whose.items())


@dataclass(frozen=True)
class Compiled:
    """An environment's stacks in an order in which they can be applied, and the modules that they call.

    `state_bucket` holds the state of every stack but the first, under `ENVIRONMENT/STACK.tfstate`.
    """

    place: Place
    stacks: tuple[Stack, ...]
    modules: Mapping[str, Path]
    state_bucket: str
    accounts: Mapping[str, Place] = field(default_factory=dict)
    """The environment in its other accounts, by their names."""
    book: str = ""
    """The book of the units' subnets as it is to be kept beside the spec; "" where there are no units."""

    @property
    def environment(self) -> str:
        return self.place.environment

    @property
    def after(self) -> Mapping[str, frozenset[str]]:
        return {stack.name: stack.after for stack in self.stacks}

    @property
    def behind(self) -> Mapping[str, frozenset[str]]:
        """Stack → all that are applied before it: those that it needs, and those that it follows."""
        return {stack.name: stack.after | stack.follows.keys() for stack in self.stacks}


def compile_environment(
    project: Project, environment: str, find: Find = component, known: Known | None = None
) -> Compiled:
    """The Terraform of one environment. Without `known`, models and mappings are read from the project.

    Raises Mistakes, each with file and line; SpecError for a wrong environment.
    """
    declared = declaration(project, environment, find)
    known = known or known_of(project)
    context = context_of(project, declared, known)
    decided = _decided(context, declared)
    mistakes = [*(wrong for call in decided.values() for wrong in input_mistakes(call))]
    mistakes += reference_mistakes(decided)
    mistakes += value_mistakes(declared.place, decided)
    mistakes += import_mistakes(decided, declared.imports)
    mistakes += policy_mistakes(decided)
    for call in decided.values():
        if call.declared.component.name == "organization":
            from lakewright.infra.check_lockouts import lockout_mistakes  # it asks IAM's decisions: much to import

            mistakes += lockout_mistakes(call, declared, decided)
    mistakes += _beside_others(project, declared, decided, find, known)
    if mistakes:
        raise Mistakes(mistakes)
    bucket = state_bucket(declared, decided)
    wiring = Wiring(declared.place, bucket, decided, declared.imports, project, declared.accounts)
    after, why = _after(declared, decided), _why(project, declared, decided)
    follows, used = followed(project, declared.standings), _used(declared, decided)
    behind = {name: needed | follows.get(name, {}).keys() for name, needed in after.items()}
    order = ordered(behind, {**_turns(project, declared, follows), **why})
    reasons: dict[str, dict[str, str]] = {}
    for (stack, other), reason in why.items():
        reasons.setdefault(stack, {})[other] = reason.text
    stacks = tuple(
        replace(
            _stack(name, after[name], wiring, reasons.get(name, {})),
            follows=follows.get(name, {}),
            uses=used[name],
        )
        for name in order
    )
    modules = {call.component.name: call.component.module for call in declared.calls.values()}
    others = {name: place for name, place in declared.accounts.items() if name}
    book = context.landscape.book(known.book) if project.platform.units else ""
    return Compiled(declared.place, stacks, dict(sorted(modules.items())), wiring.state_bucket, others, book)


def decided_calls(project: Project, environment: str, find: Find = component) -> tuple[Declaration, dict[str, Decided]]:
    """The calls of one environment with what their components decided, before anything is checked or written.

    Raises Mistakes, each with file and line; SpecError for a wrong environment.
    """
    declared = declaration(project, environment, find)
    return declared, _decided(context_of(project, declared, known_of(project)), declared)


def _decided(context: Context, declared: Declaration) -> dict[str, Decided]:
    decided: dict[str, Decided] = {}
    mistakes: list[LakewrightError] = []
    for name, call in declared.calls.items():
        try:
            here = context.within(call.account, call.standing.part.whose, call.stack)
            made = call.component.call(here, name, call.settings)
        except LakewrightError as error:
            mistakes += _placed(error, call)
        else:
            decided[name] = Decided(call, made, read_interface(call.component.module))
    if mistakes:
        raise Mistakes(mistakes)
    return decided


def context_of(project: Project, declared: Declaration, known: Known) -> Context:
    """What components may look at, as the environment's own account sees it."""
    names = {name: call.component.name for name, call in declared.calls.items()}
    found = Context(project, declared.place, names, declared.existing, known.models, known.sources)
    whose = {name: call.standing.part.whose for name, call in declared.calls.items()}
    units = landscape_of(project.platform, declared.place.region, known.book, project.place)
    users: dict[str, tuple[str, ...]] = {}
    for name, used in names.items():
        users[used] = (*users.get(used, ()), name)
    stacks = {name: call.stack for name, call in declared.calls.items()}
    found = replace(found, homes=declared.homes, accounts=declared.accounts, whose=whose, landscape=units)
    return replace(found, users=users, stacks=stacks)


def _beside_others(
    project: Project, declared: Declaration, decided: Mapping[str, Decided], find: Find, known: Known
) -> Iterator[SpecError]:
    """Mistakes between this environment and each other one. Those within the other are told when that is compiled."""
    for name, other in project.platform.environments.items():
        if name == declared.place.environment or not (other.account and other.region):
            continue
        try:
            beside = declaration(project, name, find)
            others = _decided(context_of(project, beside, known), beside)
        except LakewrightError:
            continue
        yield from environment_mistakes(project, declared.place, decided, beside.place, others)


def _placed(error: LakewrightError, call: Declared) -> Iterator[LakewrightError]:
    """A component's errors with file and line. A place without a colon names a setting: `subnets.0`."""
    if isinstance(error, Mistakes):
        for one in error.mistakes:
            yield from _placed(one, call)
    elif ":" in error.place:
        yield error
    else:
        path = [int(step) if step.isdigit() else step for step in error.place.split(".") if step]
        place = str(call.tree.nearest(path)) if path and call.tree.find(path[:1]) else call.place
        yield type(error)(error.code, f"{call.name}: {error.fact}", place=place, hint=error.hint)


def _after(declared: Declaration, decided: Mapping[str, Decided]) -> dict[str, frozenset[str]]:
    after = {stack: set(needed) for stack, needed in declared.after.items()}
    for stack, needed in after.items():
        if STATE in after and stack != STATE:
            needed.add(STATE)
    for call in decided.values():
        stack = call.declared.stack
        after[stack] |= {decided[one.call].declared.stack for one in call.uses} - {stack}
    order = [call.stack for call in declared.calls.values()]
    return {stack: frozenset(after[stack]) for stack in dict.fromkeys([STATE, *order]) if stack in after}


def _used(declared: Declaration, decided: Mapping[str, Decided]) -> dict[str, frozenset[str]]:
    """Stack → those whose outputs it reads, and those that it names."""
    used = {
        stack: {other for other, reason in needed.items() if reason == DECLARED}
        for stack, needed in declared.after.items()
    }
    for call in decided.values():
        stack = call.declared.stack
        used.setdefault(stack, set()).update({decided[one.call].declared.stack for one in call.uses} - {stack})
    return {stack: frozenset(others) for stack, others in used.items()}


def _why(project: Project, declared: Declaration, decided: Mapping[str, Decided]) -> dict[tuple[str, str], Reason]:
    """What makes a stack need another, for the message about a cycle."""
    standings = declared.standings
    why = {
        (stack, other): Reason(reason, project.place("infra", "stacks", standings[stack].declared))
        for stack, needed in declared.after.items()
        for other, reason in needed.items()
    }
    for call in decided.values():
        for one in call.uses:
            pair = call.declared.stack, decided[one.call].declared.stack
            why.setdefault(pair, Reason(f"{call.name} uses {one.call}.{one.output}", call.declared.place))
    return why


def _turns(
    project: Project, declared: Declaration, follows: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str], Reason]:
    """Why a stack follows another, for the message about a cycle."""
    return {
        (stack, first): Reason(reason, project.place("infra", "stacks", declared.standings[stack].declared))
        for stack, firsts in follows.items()
        for first, reason in firsts.items()
    }


def _stack(name: str, after: frozenset[str], wiring: Wiring, reasons: Mapping[str, str]) -> Stack:
    here = [call for call in wiring.calls.values() if call.declared.stack == name]
    kinds = frozenset({"aws"} | {one.kind for call in here for one in call.made.providers.values()})
    calls = {call.name: call.declared.component.name for call in here}
    standing = here[0].declared.standing
    owner, whose = owner_of(wiring.project, standing), standing.part.whose
    files, account = root_files(name, wiring), here[0].declared.account
    declared = wiring.project.platform.infra.stacks.get(standing.declared)
    layer = declared.layer if declared else None
    return Stack(name, files, after, calls, account, kinds, reasons, owner, whose=whose, layer=layer)


__all__ = ["Call", "Compiled", "Stack", "compile_environment"]
