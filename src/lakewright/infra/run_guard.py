"""Ends terraform, and the providers it has started, when the process that runs it is gone, however that happened.

One small process beside ours. It is told which groups of processes run, and notices our end since its standard input
ends then. terraform by itself would go on, and when it fails for want of a reader, leave its providers behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

GRACE = 20.0
"""An interrupted terraform finishes what it has begun, if it can; then the whole group is ended."""


class Guard:
    """Started with the first group that it is told of. It costs 8 MB, and ends with us."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def over(self, group: int) -> Iterator[None]:
        """Watches over a group of processes, named by its leader, until the block ends."""
        self._tell(f"+{group}")
        try:
            yield
        finally:
            self._tell(f"-{group}")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            if self._process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):  # somebody ended it: nobody watches then
                    self._process.stdin.write(line.encode() + b"\n")
                    self._process.stdin.flush()


def main() -> None:
    """Reads `+GROUP` and `-GROUP` until nobody is left to write them; then ends the groups that are left."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        _send(os.kill, group, signal.SIGINT)
    deadline = time.monotonic() + GRACE
    while groups and time.monotonic() < deadline:
        groups = {one for one in groups if _send(os.kill, one, 0) or _send(os.killpg, one, signal.SIGKILL)}
        time.sleep(0.1)
    for group in groups:
        _send(os.killpg, group, signal.SIGKILL)


def _send(how: Callable[[int, int], None], to: int, what: int) -> bool:
    """Whether there was anybody to send it to."""
    try:
        how(to, what)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
