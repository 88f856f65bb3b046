"""The processes of queries: limits, ends, crashes, crowds, and what the kernel takes from them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from lakewright.query.governed import Cancelled, Limits, OutOfMemory, QueryFailed, TimedOut, WorkerDied, confinement
from lakewright.query.governed.pool import READER, USER, Worker

from .conftest import ROOT, ROWS, Desk, T

ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range % 11"


def test_what_is_in_force(desk: Desk) -> None:
    desk.ask("SELECT 1")
    user = desk.governor.in_force()["user"]
    assert user["seccomp"]
    assert user["landlock"] or confinement.landlock_abi() == 0


def test_cancel_ends_within_a_tenth_of_a_second(desk: Desk) -> None:
    answer: list[object] = []

    def wait() -> None:
        try:
            desk.ask(ENDLESS, id_="endless")
        except QueryFailed as error:
            answer.append((type(error), time.perf_counter()))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.5)
    began = time.perf_counter()
    assert desk.governor.cancel("endless")
    thread.join(5)
    kind, ended = answer[0]  # type: ignore[misc]
    assert kind is Cancelled
    assert ended - began < 0.1 * (1 + os.getloadavg()[0])
    assert not desk.governor.cancel("endless")


def test_time_and_memory_are_limited(desk: Desk) -> None:
    with pytest.raises(TimedOut):
        desk.ask(ENDLESS, limits=Limits(seconds=0.5))
    with pytest.raises(OutOfMemory):
        desk.ask(
            "SELECT max(len(l)) FROM (SELECT list(i) AS l FROM range(500000000) t(i))", limits=Limits(memory=100 << 20)
        )


@pytest.mark.parametrize(("memory", "said"), [(Limits().memory, "1.8 GiB"), (300 << 20, "300.0 MiB")])
def test_the_engine_is_told_its_limits(desk: Desk, memory: int, said: str) -> None:
    settings = "current_setting('memory_limit'), current_setting('threads'), current_setting('lock_configuration')"
    limits = Limits(memory=memory, threads=2)
    assert desk.ask(f"SELECT DISTINCT {settings} FROM {T}", limits=limits) == [(said, 2, True)]
    assert desk.ask(f"SELECT {settings}", limits=limits) == [(said, 1, True)]  # there is nothing to divide


def test_who_closes_writes_down_what_still_ran(lake: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path, str(lake / "lake"))
    answer = desk.start(f"SELECT a.id FROM {T} a, {T} b, {T} c")
    rows = next(answer.batches()).num_rows
    desk.governor.close()
    (written,) = (tmp_path / "audit").glob("*.jsonl")
    entries = [json.loads(line) for line in written.read_text().splitlines()]
    assert [(one["outcome"], one["rows"]) for one in entries] == [("started", 0), ("cancelled", rows)]
    answer.close()  # as Python does with what nobody holds any more


def test_a_worker_that_dies_is_told(desk: Desk) -> None:
    answer = desk.start(f"SELECT a.id FROM {T} a, {T} b, {T} c")
    rows = answer.batches()
    next(rows)
    os.kill(answer._running.user.pid, signal.SIGSEGV)
    with pytest.raises(WorkerDied):
        for _ in rows:
            pass
    assert desk.ask("SELECT 1") == [(1,)]


def test_zygotes_that_die_are_replaced(desk: Desk) -> None:
    before = desk.governor._pool.pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for pid in before:
        with suppress(psutil.NoSuchProcess):
            while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
    for _ in range(4):
        assert desk.ask(f"SELECT count(*) FROM {T}", ROOT) == [(ROWS,)]
    assert not set(desk.governor._pool.pids()) & set(before)


@pytest.mark.parametrize("role", [USER, READER])
def test_a_worker_whose_zygote_dies_just_as_it_is_taken_is_replaced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    pool = desk.governor._pool
    take, left = pool.take, [pool._zygotes[role].pid]

    def taken(wanted: str, prelude: str = "") -> Worker:
        worker = take(wanted, prelude)
        if wanted == role and left:
            os.kill(left.pop(), signal.SIGKILL)
            while not worker.ended:
                time.sleep(0.001)
        return worker

    monkeypatch.setattr(pool, "take", taken)
    assert desk.ask(f"SELECT count(*) FROM {T}", ROOT, id_=f"orphan of a {role}") == [(ROWS,)]
    assert not left
    desk.governor._notes.submit(lambda: None).result()  # what was noted before is on the disk
    noted = desk.ask("SELECT id, outcome FROM audit.queries", ROOT)
    assert [outcome for id_, outcome in noted if id_ == f"orphan of a {role}"] == ["succeeded"]


def test_a_reader_that_dies_is_no_end_of_a_table(desk: Desk) -> None:
    answer = desk.start(f"SELECT a.id FROM {T} a, {T} b, {T} c")
    assert answer._running.reader is not None
    rows = answer.batches()
    next(rows)
    os.kill(answer._running.reader.pid, signal.SIGKILL)
    with pytest.raises(QueryFailed):
        for _ in rows:
            pass


def test_twenty_at_once(desk: Desk) -> None:
    def ask(number: int) -> object:
        return desk.ask(f"SELECT count(*), {number} FROM {T} WHERE id >= {number}")

    with ThreadPoolExecutor(20) as crowd:
        found = list(crowd.map(ask, range(60)))
    assert found == [[(ROWS // 2 - (number + 1) // 2, number)] for number in range(60)]


def test_nothing_is_left_after_many(desk: Desk) -> None:
    def state() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), len(psutil.Process().children(recursive=True))

    for _ in range(20):
        desk.ask(f"SELECT max(id) FROM {T}")
    time.sleep(0.5)
    before = state()
    for number in range(150):
        if number % 10:
            desk.ask("SELECT 1")
        else:
            with desk.start(f"SELECT a.id FROM {T} a, {T} b"):  # not read to its end
                pass
    time.sleep(1.0)
    after = state()
    assert after[0] <= before[0] + 4
    assert after[1] <= before[1] + 2


ORPHAN = """
import sys, time
from pathlib import Path
from tests.query.governed.conftest import Desk
desk = Desk(Path(sys.argv[1]), sys.argv[2])
desk.ask("SELECT 1")
print(*desk.governor._pool.pids(), flush=True)
desk.ask({endless!r})
"""


def test_nothing_outlives_a_killed_service(lake: Path, tmp_path: Path) -> None:
    code = ORPHAN.format(endless=ENDLESS)
    root = Path(__file__).parents[3]
    service = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(lake / "lake")], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert service.stdout is not None
    zygotes = [psutil.Process(int(pid)) for pid in service.stdout.readline().split()]
    time.sleep(0.5)
    family = zygotes + [child for zygote in zygotes for child in zygote.children(recursive=True)]
    assert len(family) > 2
    service.kill()
    service.wait()
    service.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_without_namespaces(desks: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that refuses unshare: a parent that may not is simulated by a filter on this call."""
    from lakewright.query.governed import pool

    refuse = "from lakewright.query.governed import confinement; confinement.leave_network = lambda: False\n"
    program = pool._PROGRAM.replace(
        "from lakewright.query.governed.zygote", refuse + "from lakewright.query.governed.zygote"
    )
    monkeypatch.setattr(pool, "_PROGRAM", program)
    desk = desks()
    assert desk.ask(f"SELECT count(*) FROM {T}") == [(500,)]
    assert not desk.governor.in_force()["user"]["namespaces"]
    assert desk.governor.in_force()["user"]["seccomp"]
