"""Workers that wait: so many of each kind, made anew when no query runs, the last one at once."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakewright.query.governed.link import SMALL
from lakewright.query.governed.pool import READER, USER, Pool, Zygote
from lakewright.query.governed.problems import Unavailable

AHEAD = 3

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are counted in /proc")


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool([""], ahead=AHEAD, network=False)
    yield made
    made.close()


def children(pool: Pool) -> list[int]:
    """How many workers each zygote has: the principals' and the readers'."""
    found = (Path(f"/proc/{pid}/task/{pid}/children").read_text().split() for pid in pool.pids())
    return [len(one) for one in found]


def until(pool: Pool, expected: list[int]) -> None:
    deadline = time.monotonic() + 20
    while children(pool) != expected:
        assert time.monotonic() < deadline, children(pool)
        time.sleep(0.01)


def test_taken_ones_are_replaced_when_no_query_runs(pool: Pool) -> None:
    until(pool, [AHEAD, AHEAD])
    taken = [pool.take(USER) for _ in range(AHEAD - 1)]
    assert len({worker.pid for worker in taken}) == AHEAD - 1
    time.sleep(0.3)
    assert children(pool) == [AHEAD, AHEAD], "one waits, the others run"
    taken.append(pool.take(USER))
    until(pool, [AHEAD + 1, AHEAD])
    taken[0].release()
    time.sleep(0.3)
    assert children(pool) == [AHEAD, AHEAD], "two run still"
    for worker in taken:
        worker.release()
        worker.release()  # as often as one likes
    until(pool, [AHEAD, AHEAD])
    reader = pool.take(READER)
    reader.release()
    until(pool, [AHEAD, AHEAD])


def test_more_than_wait(pool: Pool) -> None:
    taken = [pool.take(USER) for _ in range(2 * AHEAD)]
    assert len({worker.pid for worker in taken}) == 2 * AHEAD
    assert not any(worker.ended for worker in taken)
    for worker in taken:
        worker.release()


def test_one_that_died_while_it_waited_is_passed_over(pool: Pool) -> None:
    until(pool, [AHEAD, AHEAD])
    user = pool.pids()[0]
    newest = max(int(pid) for pid in Path(f"/proc/{user}/task/{user}/children").read_text().split())
    os.kill(newest, signal.SIGKILL)
    until(pool, [AHEAD - 1, AHEAD])
    worker = pool.take(USER)
    assert not worker.ended
    worker.release()
    until(pool, [AHEAD, AHEAD])


def test_a_worker_is_seen_to_end_though_another_was_asked_for_with_it() -> None:
    """Two requests wait when the zygote looks, longer than what it reads at once: what belongs to the second worker is
    nothing that the first may hold open."""
    prelude = "SELECT 1; -- " + "x" * (SMALL + 100)
    zygote = Zygote(USER, [prelude], network=False)
    try:
        zygote.fork(prelude, ahead=False).release()
        os.kill(zygote.pid, signal.SIGSTOP)
        with ThreadPoolExecutor(2) as crowd:
            forks = [crowd.submit(zygote.fork, prelude, ahead=False) for _ in range(2)]
            time.sleep(0.5)
            os.kill(zygote.pid, signal.SIGCONT)
            workers = [one.result(20) for one in forks]
        for worker in sorted(workers, key=lambda one: -one.pid):  # the first one lives when the second one ends
            os.kill(worker.pid, signal.SIGKILL)
            assert select.select([worker.link], [], [], 10)[0], "its link stays open"
            worker.release()
    finally:
        zygote.close()


def test_nothing_is_given_out_at_the_end(pool: Pool) -> None:
    pool.close()
    with pytest.raises(Unavailable):
        pool.take(USER)
