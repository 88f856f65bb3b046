"""Stacks go in the order of their references, side by side where they may, and nothing begins after a failure."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lakewright.errors import ProblemError, SpecError
from lakewright.infra.order import Leg, Step, backwards, chosen, critical_path, sorted_steps, walk

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


def test_the_critical_path_is_what_each_waited_for() -> None:
    spans = {"state": (0.0, 5.0), "foundation": (5.0, 30.0), "access": (30.0, 40.0), "query": (42.0, 100.0),
             "processing": (40.0, 90.0), "grants": (90.0, 95.0)}  # fmt: skip
    path = critical_path(sorted_steps(PLATFORM), spans)
    assert path == (Leg("state", 5.0, 0.0), Leg("foundation", 25.0, 0.0), Leg("query", 58.0, 12.0))
    assert sum(leg.seconds + leg.waited for leg in path) == 100.0


def test_the_path_of_a_walk_begins_with_the_state_and_ends_with_the_last() -> None:
    slow = threading.Event()
    outcome = walk(sorted_steps(PLATFORM), lambda one: slow.wait(0.2 if one.name == "query" else 0.01))
    assert [leg.name for leg in outcome.path] == ["state", "foundation", "query"]
    assert walk([], lambda _: None).path == ()


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
