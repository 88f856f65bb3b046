"""Stacks named one by one are refused while what they stand on is not there, or what stands on them still is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.infra.bootstrap import lacks_bucket
from lakewright.infra.compile import Stack
from lakewright.infra.run_apart import outputs
from lakewright.infra.terraform import Terraform

IsApplied = Callable[[str], bool]
ReadState = Callable[[str], Mapping[str, Any]]
"""A stack's state in JSON; empty when there is none."""


class States:
    """What the states of an environment's stacks say; each is read once. `root` holds the stacks' folders."""

    def __init__(self, read: ReadState, root: Path) -> None:
        self._ask = read
        self._root = root
        self._read: dict[str, Mapping[str, Any]] = {}

    def of(self, stack: str) -> Mapping[str, Any]:
        """A stack's state; empty when there is none."""
        if stack not in self._read:
            self._read[stack] = self._ask(stack)
        return self._read[stack]

    def is_applied(self, stack: str) -> bool:
        """Whether others may stand on it: it provides what it declares. Where it declares nothing, it has something."""
        return bool(self.of(stack).get("outputs")) or (self.stands(stack) and not outputs(self._root / stack))

    def stands(self, stack: str) -> bool:
        """Whether something that it made is there."""
        return any(one["mode"] == "managed" for one in self.of(stack).get("resources", ()))


class Pulled:
    """Reads states by terraform; once there is no bucket for them, all are empty."""

    def __init__(self, terraform: Terraform, root: Path) -> None:
        self._terraform = terraform
        self._root = root
        self._no_bucket = False

    def __call__(self, stack: str) -> Mapping[str, Any]:
        if self._no_bucket:
            return {}
        folder = self._root / stack
        try:
            self._terraform.init(folder, stack)
        except LakewrightError as error:
            if not lacks_bucket(error):
                raise
            self._no_bucket = True
            return {}
        text = self._terraform.pull(folder, stack)
        found: dict[str, Any] = json.loads(text) if text.strip() else {}
        return found


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
    named, known = {stack.name: stack for stack in stacks if stack.name in only}, _Known(is_applied)
    wrong = [
        SpecError(
            "LW1367",
            f"{other} is what {stack.name} stands on, and that is applied: {_why(stack, other)}",
            place=other,
            hint=f"destroy it before: --stack {stack.name}",
        )
        for stack in stacks
        if stack.name not in named
        for other in sorted(stack.after & named.keys())
        if stack.stands_on(named[other]) and known(stack.name)
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
