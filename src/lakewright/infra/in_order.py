"""Stacks named one by one are refused while what they stand on is not there, or what stands on them still is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lakewright.errors import Mistakes, SpecError
from lakewright.infra.compile import Stack

IsApplied = Callable[[str], bool]


def refuse_out_of_order(stacks: Sequence[Stack], only: Sequence[str], is_applied: IsApplied) -> None:
    """Raises Mistakes (LW1367) with every named stack that comes after one which is neither named nor applied.

    `is_applied` is asked once for each stack that somebody waits for.
    """
    named, known = set(only), _Known(is_applied)
    wrong = [
        _too_early(stack, other)
        for stack in stacks
        if stack.name in named
        for other in sorted(stack.after - named)
        if not known(other)
    ]
    if wrong:
        raise Mistakes(wrong)


def refuse_to_pull_away(stacks: Sequence[Stack], only: Sequence[str], is_applied: IsApplied) -> None:
    """Raises Mistakes (LW1367) with every stack that stands on one which is to be destroyed without it."""
    named, known = set(only), _Known(is_applied)
    wrong = [
        SpecError(
            "LW1367",
            f"{other} is what {stack.name} stands on, and that is applied: {_why(stack, other)}",
            place=other,
            hint=f"destroy it before: --stack {stack.name}",
        )
        for stack in stacks
        if stack.name not in named
        for other in sorted(stack.after & named)
        if known(stack.name)
    ]
    if wrong:
        raise Mistakes(wrong)


class _Known:
    """Asks once."""

    def __init__(self, is_applied: IsApplied) -> None:
        self._ask = is_applied
        self._said: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        if name not in self._said:
            self._said[name] = self._ask(name)
        return self._said[name]


def _why(stack: Stack, other: str) -> str:
    return stack.reasons.get(other, "it holds the state of all")


def _too_early(stack: Stack, other: str) -> SpecError:
    fact = f"{stack.name} comes after {other}, which is not applied: {_why(stack, other)}"
    return SpecError("LW1367", fact, place=stack.name, hint=f"name {other} too: --stack {other}")
