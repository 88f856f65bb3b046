"""Stacks of which there is one for each network, unit or workspace, and the order that their layers give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lakewright.spec import Project
from lakewright.spec.document import Entry, Place, Value


@dataclass(frozen=True)
class Part:
    """One of them: what is added to the names of its stack and calls, whose it is, its account."""

    stack: str = ""
    call: str = ""
    whose: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None

    def goes_with(self, other: Part) -> bool:
        """Whether the two may be about one thing: not when they are of different units, workspaces or networks."""
        return all(other.whose.get(key, name) == name for key, name in self.whose.items())

    def named(self, value: Value, use: str, at: Place) -> Value:
        """The settings of a call of another name now: its component stays what the call's own name said."""
        if value.content is False:
            return value
        return Value({"use": Entry(at, Value(use, at)), **value.entries()}, value.place)


WHOLE = Part()
DECLARED = "declared with `after`"
"""Why a stack comes after another that it names."""


def parts(project: Project, stack: str) -> tuple[Part, ...]:
    """The parts of a declared stack; the stack itself where it is not one for each of something."""
    declared = project.platform.infra.stacks[stack]
    landscape = project.platform.landscape
    match declared.each:
        case None:
            return (Part(account=declared.account),)
        case "network":
            return tuple(_part({"network": name}, declared.account) for name in landscape.networks)
        case "unit":
            return tuple(_part({"unit": name}, declared.account) for name in project.platform.units)
        case "workspace":
            return tuple(
                _part({"unit": name, "workspace": kind}, declared.account or _account(project, kind))
                for name, unit in project.platform.units.items()
                for kind in unit.workspaces
            )


def _account(project: Project, kind: str) -> str | None:
    landscape = project.platform.landscape
    return landscape.networks[landscape.workspaces[kind].network].account


def _part(whose: Mapping[str, str], account: str | None) -> Part:
    names = whose.values()
    return Part("".join(f"-{name}" for name in names), "".join(f"_{name}" for name in names), whose, account)


@dataclass(frozen=True)
class Standing:
    """A stack as it is compiled: the declared stack that it is a part of, and which part."""

    declared: str
    part: Part = WHOLE


def layered(project: Project, stacks: Mapping[str, Standing]) -> dict[str, dict[str, str]]:
    """Stack → the stacks that are to be applied before it, each with the reason: `after`, or a lower layer."""
    declared = project.platform.infra.stacks
    by_declared: dict[str, list[str]] = {}
    for name, standing in stacks.items():
        by_declared.setdefault(standing.declared, []).append(name)
    before = {name: dict(_before(project, name, by_declared.keys())) for name in by_declared if name in declared}
    return {
        name: {
            other: reason
            for earlier, reason in before.get(standing.declared, {}).items()
            for other in by_declared[earlier]
            if other != name and standing.part.goes_with(stacks[other].part)
        }
        for name, standing in stacks.items()
    }


def _before(project: Project, name: str, present: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Declared stacks that come before a declared one."""
    declared = project.platform.infra.stacks
    own = declared[name]
    for other in present:
        if other in own.after:
            yield other, DECLARED
        elif other in declared and own.layer is not None and (declared[other].layer or own.layer) < own.layer:
            yield other, f"layer {own.layer} comes after layer {declared[other].layer}"


def tags(project: Project, whose: Mapping[str, str]) -> dict[str, str]:
    """Tags of what belongs to a network, a unit or a workspace."""
    unit = project.platform.units.get(whose.get("unit", ""))
    if unit is None:
        return dict(whose)
    own = {"owner": unit.owner, "cost-center": unit.cost_center}
    return {**whose, **{key: text for key, text in own.items() if text}}


def owner_of(project: Project, standing: Standing) -> str:
    """Who approves changes of a stack: its unit's owner, else who is said to own the stack, else the platform's."""
    unit = project.platform.units.get(standing.part.whose.get("unit", ""))
    stack = project.platform.infra.stacks.get(standing.declared)
    said = (unit.owner if unit else "", stack.owner if stack else "", project.platform.owner)
    return next((owner for owner in said if owner), project.platform.platform)
