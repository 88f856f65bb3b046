"""Times whole processes by the operating system's own accounting."""

from __future__ import annotations

import atexit
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from lakewright.errors import ProblemError

PEERS = Path(__file__).parent / "peers"
QUIET_SECONDS = 20.0


@dataclass(frozen=True)
class Measured:
    """One finished process: seconds of wall and CPU (its children included), peak memory of the largest in MB."""

    wall: float
    cpu: float
    rss_mb: float
    output: str


@cache
def _starter() -> subprocess.Popen[str]:
    program = str(Path(__file__).parent / "starter.py")
    starter = subprocess.Popen(
        [sys.executable, "-S", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(starter.communicate)
    return starter


def measure(command: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None) -> Measured:
    """Runs `command` to its end. Raises LW901 with its last lines when it fails."""
    starter = _starter()
    assert starter.stdin is not None
    assert starter.stdout is not None
    with tempfile.NamedTemporaryFile() as out:
        environment = dict(os.environ if env is None else env)
        asked = {"command": list(command), "env": environment, "cwd": cwd or str(Path.cwd()), "out": out.name}
        print(json.dumps(asked), file=starter.stdin, flush=True)
        code, wall, cpu, rss_mb = json.loads(starter.stdout.readline())
        output = out.read().decode(errors="replace")
    if code:
        raise ProblemError("LW901", f"{command[0]} ended with {code}: {output[-2000:]}")
    return Measured(wall, cpu, rss_mb, output)


def peer(program: str, *arguments: str) -> Measured:
    """Runs one of the peers' programs. They live in this Python, or in the one that BENCH_PEERS_PYTHON names."""
    python = os.environ.get("BENCH_PEERS_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder:  # some of them write logs to where they are started
        return measure([python, str(PEERS / program), *arguments], cwd=folder)


def middle(runs: Sequence[Measured]) -> Measured:
    """The run with the median wall."""
    return sorted(runs, key=lambda run: run.wall)[len(runs) // 2]


def alternating(
    one: Callable[[], Measured], other: Callable[[], Measured], rounds: int = 3
) -> tuple[Measured, Measured, float]:
    """Both, in turns, each when the machine is quiet: median runs, and the median of the rounds' ratios of walls."""
    ones: list[Measured] = []
    others: list[Measured] = []
    for _ in range(rounds):
        for action, runs in ((one, ones), (other, others)):
            wait_for_quiet()
            runs.append(action())
    ratio = statistics.median(first.wall / second.wall for first, second in zip(ones, others, strict=True))
    return middle(ones), middle(others), ratio


def wait_for_quiet(seconds: float = QUIET_SECONDS) -> None:
    """Waits until the processors are 90 % idle for half a second, at most `seconds`: others may work here too."""
    until = time.monotonic() + seconds
    while busy_share(0.5) > 0.1 and time.monotonic() < until:
        time.sleep(0.2)


def busy_share(seconds: float) -> float:
    """The share of all processors that was used over the next `seconds`; 0 where the system does not tell."""
    before = _processor_times()
    time.sleep(seconds)
    after = _processor_times()
    spent = [new - old for old, new in zip(before, after, strict=True)]
    return 1 - sum(spent[3:5]) / sum(spent) if sum(spent) else 0.0


def _processor_times() -> list[int]:
    stat = Path("/proc/stat")
    return [int(field) for field in stat.read_text().split("\n", 1)[0].split()[1:9]] if stat.exists() else []


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
        return asdict(self)
