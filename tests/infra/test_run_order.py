"""Stacks go in the order of their references, side by side where they may, and nothing begins after a failure."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lakewright.errors import ProblemError, SpecError
from lakewright.infra.order import Step, backwards, chosen, sorted_steps, walk

HERE = Path()


def step(name: str, *after: str) -> Step:
    return Step(name, HERE, frozenset(after))


PLATFORM = [step("query", "foundation"), step("grants", "processing"), step("state"), step("processing", "access"),
            step("foundation"), step("access", "foundation")]  # fmt: skip


def test_the_state_comes_first_and_readers_last() -> None:
    names = [one.name for one in sorted_steps(PLATFORM)]
    assert names == ["state", "foundation", "access", "query", "processing", "grants"]


def test_taking_down_is_the_other_way_round() -> None:
    steps = backwards(sorted_steps(PLATFORM))
    assert [one.name for one in steps] == ["grants", "processing", "query", "access", "foundation", "state"]
    assert next(one for one in steps if one.name == "foundation").after == {"access", "query"}


def test_circles_and_gaps_are_refused() -> None:
    with pytest.raises(SpecError, match="wait for each other: a, b"):
        sorted_steps([step("state"), step("a", "b"), step("b", "a")])
    with pytest.raises(SpecError, match="comes after nowhere"):
        sorted_steps([step("state"), step("a", "nowhere")])
    with pytest.raises(SpecError, match='no stack "grantz"'):
        chosen(sorted_steps(PLATFORM), ["grantz"])


def test_independent_steps_run_side_by_side_and_no_more_than_allowed() -> None:
    both = threading.Barrier(2, timeout=10)
    at_once, most, lock = 0, 0, threading.Lock()

    def work(one: Step) -> str:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        if one.name in ("access", "query"):
            both.wait()  # hangs unless both are running
        with lock:
            at_once -= 1
        return one.name

    outcome = walk(sorted_steps(PLATFORM), work, beside=2)
    assert outcome.ok
    assert most == 2


def test_after_a_failure_nothing_that_comes_later_begins() -> None:
    begun = []

    def work(one: Step) -> None:
        begun.append(one.name)
        if one.name == "access":
            raise ProblemError("LW1352", "it fails")

    outcome = walk(sorted_steps(PLATFORM), work, beside=1)
    assert begun == ["state", "foundation", "access"]
    assert list(outcome.failed) == ["access"]
    assert outcome.left == ("query", "processing", "grants")
    assert not outcome.ok
