"""Which stack needs which: the outputs that inputs refer to, the order that follows, and cycles refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from lakewright.components.component import Output, Template, Value
from lakewright.errors import SpecError


def outputs_in(value: Value) -> Iterator[Output]:
    """Every output that a value refers to."""
    match value:
        case Output():
            yield value
        case Template(_, values):
            yield from outputs_in(values)
        case str():
            return
        case Mapping():
            for item in value.values():
                yield from outputs_in(item)
        case Iterable():
            for item in value:
                yield from outputs_in(item)


@dataclass(frozen=True)
class Reason:
    """Why a stack needs another, and `file:line` of what makes it so."""

    text: str
    place: str


def ordered(after: Mapping[str, frozenset[str]], why: Mapping[tuple[str, str], Reason]) -> tuple[str, ...]:
    """The stacks so that each comes after those it needs; among equals as they were given.

    `why` says for a pair (stack, needed) what makes it so. Raises SpecError LW1308 that names a cycle.
    """
    left = {stack: set(needed) for stack, needed in after.items()}
    order: list[str] = []
    while left:
        ready = next((stack for stack, needed in left.items() if not needed & left.keys()), None)
        if ready is None:
            raise _cycle({stack: needed & left.keys() for stack, needed in left.items()}, why)
        order.append(ready)
        del left[ready]
    return tuple(order)


def _cycle(left: Mapping[str, set[str]], why: Mapping[tuple[str, str], Reason]) -> SpecError:
    path = [next(iter(left))]
    while path.count(path[-1]) == 1:
        path.append(min(left[path[-1]]))
    ring = path[path.index(path[-1]) :]
    steps = [f"{one} needs {other} ({why[one, other].text})" for one, other in pairwise(ring)]
    hint = "put what they share into a stack that comes before both"
    place = why[ring[0], ring[1]].place
    return SpecError("LW1308", "stacks that need each other: " + "; ".join(steps), place=place, hint=hint)


def levels(after: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """The stacks in rounds: those of one round need only earlier ones and can be applied side by side."""
    depth: dict[str, int] = {}
    for stack in ordered(after, {}):
        depth[stack] = max((depth[needed] + 1 for needed in after[stack]), default=0)
    return tuple(
        tuple(stack for stack in after if depth[stack] == level) for level in range(max(depth.values(), default=-1) + 1)
    )
