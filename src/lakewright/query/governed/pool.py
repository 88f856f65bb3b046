"""The service's side of the workers: two zygotes, and some workers of each that wait for a query."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from lakewright.query.governed.link import Closed, Link, pair
from lakewright.query.governed.problems import Unavailable

Kind: TypeAlias = tuple[str, str]
"""A worker's role and prelude."""

USER, READER = "user", "reader"
_PROGRAM = """import sys
sys.path[:] = {path!r}
from lakewright.query.governed.zygote import main
main({fd}, {role!r}, {network!r})
"""
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(256 << 20),  # buffers of one size come again and again: no new pages for each
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
}
_PASSED_ON = ("LD_LIBRARY_PATH", "SSL_CERT_FILE", "COVERAGE_PROCESS_START")


class Worker:
    """One process for one query. `kill` may be called from any thread, any number of times."""

    def __init__(self, link: Link, pid: int, handle: int, zygote: subprocess.Popen[bytes]) -> None:
        self.link = link
        self._zygote = zygote
        self.pid = pid
        self._handle = handle
        self._lock = threading.Lock()
        self.after: Callable[[], None] | None = None
        """What its release sets off, once."""

    @property
    def ended(self) -> bool:
        """Whether the process is gone, or about to be, as all are when their zygote is."""
        if self._zygote.poll() is not None:
            return True
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        return bool(waiting.poll(0))

    @property
    def is_orphaned(self) -> bool:
        """Of one that is gone: whether that was because its zygote went, which may take a moment to show."""
        try:
            self._zygote.wait(0.1)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Ends the process at once; it has nothing to tidy up."""
        with self._lock:
            if self._handle >= 0:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                os.close(self._handle)
                self._handle = -1
        with suppress(OSError):
            self.link.shutdown()

    def release(self) -> None:
        """Kills, and closes what the service holds; by the thread that read the link."""
        self.kill()
        self.link.close()
        with self._lock:
            after, self.after = self.after, None
        if after is not None:
            after()


class Zygote:
    """Starts at once and is waited for when the first worker is asked for. Raises Unavailable when it does not run."""

    def __init__(self, role: str, preludes: Sequence[str], *, network: bool) -> None:
        mine, theirs = pair()
        program = _PROGRAM.format(path=[p for p in sys.path if p], fd=theirs.fileno(), role=role, network=network)
        environment = _ENVIRONMENT | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-c", program],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self._link = Link(mine)
        self._link.send({"preludes": list(preludes)})
        self._lock = threading.Lock()
        self._ready: Mapping[str, Any] | None = None
        self.pid = self._process.pid

    def fork(self, prelude: str, *, ahead: bool) -> Worker:
        """`ahead`: it is not needed at once, so it may make ready."""
        mine, theirs = pair()
        link = Link(mine)
        try:
            with theirs, self._lock:
                if self._ready is None:
                    self._ready, _, _ = self._link.receive()
                self._link.send({"prelude": prelude, "ahead": ahead}, files=(theirs.fileno(),))
            hello, _, files = link.receive()
        except Closed:
            link.close()
            raise Unavailable("the process that starts them is gone") from None
        return Worker(link, hello["pid"], files[0], self._process)

    def in_force(self) -> Mapping[str, bool]:
        """What the kernel has taken from every worker; after the first `fork`."""
        return dict(self._ready["in_force"]) if self._ready else {}

    def close(self) -> None:
        self._link.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Pool:
    """Keeps up to `ahead` workers of each kind waiting. A thread of its own replaces those that were taken: when no
    query runs, since to start one costs what a query could use; at once when none of the kind is left.

    `preludes`: those that are used often; workers with one of `seldom` are made when asked for. There can be no others:
    engines are opened before the process that workers come from confines itself.
    """

    def __init__(self, preludes: Sequence[str], *, ahead: int, network: bool, seldom: Sequence[str] = ()) -> None:
        self._start: Mapping[str, Callable[[], Zygote]] = {
            USER: lambda: Zygote(USER, (*preludes, *seldom), network=False),
            READER: lambda: Zygote(READER, [""], network=network),
        }
        self._zygotes = {role: start() for role, start in self._start.items()}
        self._restarting = threading.Lock()
        self._ahead = ahead
        kinds = [(USER, prelude) for prelude in preludes] + [(READER, "")]
        self._waiting: dict[Kind, list[Worker]] = {kind: [] for kind in kinds}
        self._taken = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._replace, name="query-workers", daemon=True)
        self._thread.start()

    def take(self, role: str, prelude: str = "") -> Worker:
        """A worker that nobody has used: the newest, whose memory is in the processor's caches. Raises Unavailable."""
        kind = (role, prelude)
        worker = self._waiting_one(kind) or self._fork(role, prelude, ahead=False)
        with self._changed:
            self._taken += 1
            if kind in self._waiting and not self._waiting[kind]:
                self._changed.notify()
        worker.after = self._returned
        return worker

    def _waiting_one(self, kind: Kind) -> Worker | None:
        while True:
            with self._changed:
                if self._closed:
                    raise Unavailable("the service is ending")
                worker = self._waiting[kind].pop() if self._waiting.get(kind) else None
            if worker is None or not worker.ended:
                return worker
            worker.release()

    def _returned(self) -> None:
        with self._changed:
            self._taken -= 1
            if not self._taken:
                self._changed.notify()

    def in_force(self) -> Mapping[str, Mapping[str, bool]]:
        return {role: zygote.in_force() for role, zygote in self._zygotes.items()}

    def pids(self) -> list[int]:
        return [zygote.pid for zygote in self._zygotes.values()]

    def _replace(self) -> None:
        while (kind := self._next_kind()) is not None:
            try:
                worker = self._fork(*kind, ahead=True)
            except Unavailable:
                return
            with self._changed:
                self._waiting[kind].append(worker)

    def _next_kind(self) -> Kind | None:
        """Waits until a worker should be started; None at the end."""
        with self._changed:
            while not self._closed:
                kind = min(self._waiting, key=lambda one: len(self._waiting[one]))
                if len(self._waiting[kind]) < (1 if self._taken else self._ahead):
                    return kind
                self._changed.wait()
        return None

    def _fork(self, role: str, prelude: str, *, ahead: bool) -> Worker:
        """A new worker; by a new zygote where the old one is gone (killed by the kernel for memory, perhaps)."""
        zygote = self._zygotes[role]
        try:
            return zygote.fork(prelude, ahead=ahead)
        except Unavailable:
            with self._restarting:
                if self._closed:
                    raise
                if self._zygotes[role] is zygote:
                    zygote.close()
                    self._zygotes[role] = self._start[role]()
            return self._zygotes[role].fork(prelude, ahead=ahead)

    def close(self) -> None:
        """Ends every worker, the busy ones too."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for zygote in self._zygotes.values():
            zygote.close()
        self._thread.join(5)
        for waiting in self._waiting.values():
            while waiting:
                waiting.pop().release()
