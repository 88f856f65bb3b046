"""Who runs next."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from lakewright.query.athena.queue import FairQueue, QueueFull


class Bench:
    """Jobs that run until they are let go; notes in which order they began."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.began: list[str] = []
        self.changed = threading.Condition()
        self.open: dict[str, threading.Event] = {}

    def add(
        self, principal: str, name: str, slots: int = 1, room: int = 100, workgroup: str = "w"
    ) -> Callable[[], None]:
        release = self.open[name] = threading.Event()

        def job() -> None:
            with self.changed:
                self.began.append(name)
                self.changed.notify_all()
            release.wait(10)

        self.queue.submit(workgroup, principal, job, slots=slots, room=room)
        return job

    def wait(self, count: int) -> list[str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.began) >= count, 10)
            return list(self.began)

    def finish(self, *names: str) -> None:
        for name in names:
            self.open[name].set()

    def close(self) -> None:
        self.finish(*self.open)
        self.queue.close()


def test_principals_take_turns_however_much_one_of_them_asks() -> None:
    bench = Bench(FairQueue(8))
    for number in range(5):
        bench.add("busy", f"busy{number}")
    bench.add("late", "late0")
    bench.add("late", "late1")
    bench.add("third", "third0")
    order = []
    for count in range(1, 9):
        order.append(bench.wait(count)[-1])
        bench.finish(order[-1])
    assert order == ["busy0", "busy1", "late0", "third0", "busy2", "late1", "busy3", "busy4"]
    bench.close()


def test_slots_limit_one_workgroup_and_not_the_other() -> None:
    bench = Bench(FairQueue(3))
    for number in range(3):
        bench.add("a", f"a{number}", slots=1, workgroup="one")
        bench.add("b", f"b{number}", slots=2, workgroup="two")
    assert sorted(bench.wait(3)) == ["a0", "b0", "b1"]
    bench.finish("b0")
    assert bench.wait(4)[3:] == ["b2"]
    bench.close()


def test_those_with_less_running_come_first() -> None:
    bench = Bench(FairQueue(3))
    bench.add("a", "a0", slots=3)
    bench.add("a", "a1", slots=3)
    bench.add("b", "b0", slots=3)
    bench.wait(3)
    bench.add("a", "a2", slots=3)
    bench.add("b", "b1", slots=3)
    bench.add("c", "c0", slots=3)
    bench.finish("b0")  # a runs two, b and c none; a has waited longest
    assert bench.wait(4)[3] == "b1"
    bench.finish("b1")
    assert bench.wait(5)[4] == "c0"
    bench.close()


def test_room_and_withdrawal() -> None:
    bench = Bench(FairQueue(1))
    bench.add("a", "a0", room=2)
    bench.wait(1)
    waiting = bench.add("a", "a1", room=2)
    bench.add("b", "b0", room=2)
    with pytest.raises(QueueFull):
        bench.add("a", "a2", room=2)
    assert bench.queue.withdraw("w", "a", waiting)
    assert not bench.queue.withdraw("w", "a", waiting)
    bench.add("c", "c0", room=2)
    bench.finish("a0", "b0")
    assert bench.wait(3) == ["a0", "b0", "c0"]
    bench.close()
    with pytest.raises(QueueFull):
        bench.queue.submit("w", "a", waiting, slots=1, room=9)


def test_a_job_that_fails_frees_its_slot() -> None:
    bench = Bench(FairQueue(1))

    def broken() -> None:
        raise ValueError

    bench.queue.submit("w", "a", broken, slots=1, room=9)
    bench.add("a", "next")
    assert bench.wait(1) == ["next"]
    bench.close()
