"""Stacks in the order that follows from references between them, independent ones side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from lakewright.errors import LakewrightError, SpecError

T = TypeVar("T")

STATE = "state"
"""The stack that makes the bucket for all stacks' state; every other comes after it."""
BESIDE = 4
"""Stacks at a time: each terraform with its provider takes 600 MB, and mostly waits."""


@dataclass(frozen=True)
class Step:
    """A stack on disk: its root module's folder, the stacks that it needs, and those that prove its changes first."""

    name: str
    folder: Path
    after: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()

    @property
    def behind(self) -> frozenset[str]:
        """All whose turn is before its own."""
        return self.after | self.follows

    def among(self, names: Collection[str]) -> Step:
        """Waiting for these alone."""
        return replace(self, after=self.after & frozenset(names), follows=self.follows & frozenset(names))


@dataclass(frozen=True)
class Leg:
    """A step on the critical path: the seconds it took, and those it waited for a free place when its turn had come."""

    name: str
    seconds: float
    waited: float


@dataclass
class Outcome(Generic[T]):
    """What became of the steps: results, errors, and those not begun since something before them failed.

    `path`: what all the `seconds` went into, up to the step that ended last, each leg being what the next waited for.
    """

    done: dict[str, T] = field(default_factory=dict)
    failed: dict[str, LakewrightError] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    seconds: float = 0.0
    path: tuple[Leg, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.failed and not self.left


def sorted_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Every stack behind those that it comes after, else by name. Raises SpecError LW1359 for a circle or a gap."""
    found = {step.name: _after_state(step) for step in steps}
    for step in found.values():
        if missing := sorted(step.behind - found.keys()):
            raise SpecError("LW1359", f"{step.name} comes after {', '.join(missing)}, which is not there")
    ordered: list[Step] = []
    while len(ordered) < len(found):
        known = {step.name for step in ordered}
        ready = sorted(name for name, step in found.items() if name not in known and step.behind <= known)
        if not ready:
            circle = ", ".join(sorted(found.keys() - known))
            raise SpecError("LW1359", f"these stacks wait for each other: {circle}")
        ordered += [found[name] for name in ready]
    return tuple(ordered)


def _after_state(step: Step) -> Step:
    return step if step.name == STATE else replace(step, after=step.after | {STATE})


def chosen(steps: Sequence[Step], only: Sequence[str]) -> tuple[Step, ...]:
    """The named ones of ordered steps, waiting only for each other. Raises SpecError LW1359 for unknown names."""
    names = {step.name for step in steps}
    if unknown := [name for name in only if name not in names]:
        hint = "there are " + ", ".join(step.name for step in steps)
        raise SpecError("LW1359", f'no stack "{unknown[0]}"', hint=hint)
    wanted = set(only) or names
    return tuple(one.among(wanted) for one in steps if one.name in wanted)


def backwards(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same steps for taking down: each after those that read its outputs."""
    readers: Mapping[str, frozenset[str]] = {
        step.name: frozenset(other.name for other in steps if step.name in other.after) for step in steps
    }
    return tuple(Step(step.name, step.folder, readers[step.name]) for step in reversed(steps))


def walk(steps: Sequence[Step], work: Callable[[Step], T], *, beside: int = BESIDE) -> Outcome[T]:
    """Does `work` for every step, each as soon as those before it are done, at most `beside` at a time.

    After a failure nothing new is begun; what runs goes on to its end.
    """
    outcome: Outcome[T] = Outcome()
    started = time.monotonic()
    todo = list(steps)
    running: dict[Future[T], Step] = {}
    spans: dict[str, tuple[float, float]] = {}

    def timed(step: Step) -> T:
        began = time.monotonic() - started
        try:
            return work(step)
        finally:
            spans[step.name] = began, time.monotonic() - started

    with ThreadPoolExecutor(beside, thread_name_prefix="stack") as pool:
        while todo or running:
            if not outcome.failed:
                for step in [one for one in todo if one.behind <= outcome.done.keys()][: beside - len(running)]:
                    todo.remove(step)
                    running[pool.submit(timed, step)] = step
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                try:
                    outcome.done[step.name] = future.result()
                except LakewrightError as error:
                    outcome.failed[step.name] = error
    outcome.left = tuple(step.name for step in todo)
    outcome.seconds = round(time.monotonic() - started, 2)
    outcome.path = critical_path(steps, spans)
    return outcome


def critical_path(steps: Iterable[Step], spans: Mapping[str, tuple[float, float]]) -> tuple[Leg, ...]:
    """The legs up to the step that ended last. `spans`: step → when it began and ended, in seconds from the start."""
    behind = {step.name: step.behind & spans.keys() for step in steps}

    def end(name: str) -> float:
        return spans[name][1]

    legs: list[Leg] = []
    name = max(spans, key=end, default=None)
    while name is not None:
        before = max(behind[name], key=end, default=None)
        began, ended = spans[name]
        waited = began - (end(before) if before else 0.0)
        legs.append(Leg(name, round(ended - began, 1), round(max(waited, 0.0), 1)))
        name = before
    return tuple(reversed(legs))
