"""Times whole processes by the operating system's own accounting."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakewright.errors import ProblemError


@dataclass(frozen=True)
class Measured:
    """One finished process: seconds of wall and CPU (its children included), peak memory of the largest in MB."""

    wall: float
    cpu: float
    rss_mb: float
    output: str


def measure(command: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None) -> Measured:
    """Runs `command` to its end. Raises LW901 with its last lines when it fails."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read().decode(errors="replace")
    if process.returncode:
        raise ProblemError("LW901", f"{command[0]} ended with {process.returncode}: {output[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


@dataclass(frozen=True)
class Row:
    """One line of the table. `bar` says in words what the figure must be; `met` is None where there is no bar."""

    what: str
    figure: str
    peer: str = ""
    ratio: str = ""
    bar: str = ""
    met: bool | None = None

    def as_dict(self) -> dict[str, object]:
        return {"what": self.what, "figure": self.figure, "peer": self.peer, "ratio": self.ratio, "bar": self.bar,
                "met": self.met}  # fmt: skip
