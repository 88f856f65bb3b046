"""Who runs next: a bounded queue per workgroup, fair between principals, and so many at once."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

Job = Callable[[], None]


class QueueFull(Exception):  # noqa: N818 - a state, not a fault
    """The workgroup's queue takes no more."""


@dataclass
class _Line:
    """One workgroup: waiting jobs by principal, least recently served principal first."""

    waiting: OrderedDict[str, deque[Job]] = field(default_factory=OrderedDict)
    running: Counter[str] = field(default_factory=Counter)
    queued: int = 0

    @property
    def busy(self) -> int:
        return self.running.total()

    def next_principal(self) -> str:
        """The one with the fewest jobs running; of those, the one who has waited longest for a turn."""
        return min(self.waiting, key=lambda principal: self.running[principal])

    def take(self) -> tuple[str, Job]:
        principal = self.next_principal()
        jobs = self.waiting[principal]
        job = jobs.popleft()
        if jobs:
            self.waiting.move_to_end(principal)
        else:
            del self.waiting[principal]
        self.queued -= 1
        self.running[principal] += 1
        return principal, job


class FairQueue:
    """Runs jobs in threads of its own, `at_once` of all workgroups together."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._busy = 0
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        self._slots: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="athena")

    def submit(self, workgroup: str, principal: str, job: Job, *, slots: int, room: int) -> None:
        """Queues a job; it starts when the workgroup uses fewer than `slots`. Raises QueueFull beyond `room`."""
        with self._lock:
            line = self._lines.setdefault(workgroup, _Line())
            self._slots[workgroup] = slots
            if self._closed or line.queued >= room:
                raise QueueFull
            line.waiting.setdefault(principal, deque()).append(job)
            line.queued += 1
            self._start()

    def withdraw(self, workgroup: str, principal: str, job: Job) -> bool:
        """Takes a job out that has not started; False when it has."""
        with self._lock:
            line = self._lines[workgroup]
            jobs = line.waiting.get(principal, deque())
            if job not in jobs:
                return False
            jobs.remove(job)
            if not jobs:
                del line.waiting[principal]
            line.queued -= 1
            return True

    def close(self) -> None:
        """No job starts any more; returns when the running ones have ended."""
        with self._lock:
            self._closed = True
        self._threads.shutdown(wait=True)

    def _start(self) -> None:
        """Starts what may start; the lock is held."""
        while not self._closed and self._busy < self._at_once:
            workgroup = next((name for name, line in self._lines.items() if self._may_start(name, line)), None)
            if workgroup is None:
                return
            line = self._lines[workgroup]
            self._lines.move_to_end(workgroup)
            principal, job = line.take()
            self._busy += 1
            self._threads.submit(self._run, line, principal, job)

    def _may_start(self, name: str, line: _Line) -> bool:
        return line.queued > 0 and line.busy < self._slots[name]

    def _run(self, line: _Line, principal: str, job: Job) -> None:
        try:
            job()
        finally:
            with self._lock:
                self._busy -= 1
                line.running[principal] -= 1
                if not line.running[principal]:
                    del line.running[principal]
                self._start()
