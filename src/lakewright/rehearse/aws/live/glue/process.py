"""The process of one job run: the uploaded script, with Glue's arguments, under a limit of memory and time."""

from __future__ import annotations

import os
import queue
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
STOP_SECONDS = 5.0
WAIT_SECONDS = 0.2
LAST_LINES = 20


@dataclass(frozen=True)
class Ended:
    """`code`: the process's. `over_time`, `stopped`: it was ended for that. `last`: what it said last."""

    code: int
    over_time: bool
    stopped: bool
    last: Sequence[str]


@dataclass(frozen=True)
class Limits:
    """`over` and `stop` are asked a few times a second."""

    memory: int
    over: Callable[[], bool]
    stop: Callable[[], bool]


def glue_arguments(arguments: Mapping[str, str]) -> list[str]:
    """`--KEY value`, as Glue's runtime passes them; the job's name and run come first."""
    first = ("--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID")
    ordered = [*(key for key in first if key in arguments), *(key for key in arguments if key not in first)]
    return [part for key in ordered for part in (key, arguments[key])]


def environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Nothing of ours but what a program needs to start; nothing of AWS but what is given."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    return kept | own | dict(more)


def run_script(
    script: Path,
    arguments: Sequence[str],
    env: Mapping[str, str],
    limits: Limits,
    tell: Callable[[str, list[str]], None],
) -> Ended:
    """Runs it to its end. `tell(stream, lines)` gets `output` and `error` lines as they come."""
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        cwd=script.parent,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    _limit(process.pid, limits.memory)
    lines: queue.Queue[tuple[str, str]] = queue.Queue()
    streams = (("output", process.stdout), ("error", process.stderr))
    readers = [threading.Thread(target=_read, args=(name, stream, lines), daemon=True) for name, stream in streams]
    for reader in readers:
        reader.start()
    last: list[str] = []
    over = stopped = False
    while process.poll() is None:
        _pass_on(lines, tell, last, WAIT_SECONDS)
        over, stopped = limits.over(), limits.stop()
        if over or stopped:
            _end(process)
            break
    for reader in readers:
        reader.join(STOP_SECONDS)
    _pass_on(lines, tell, last, 0)
    return Ended(process.wait(), over, stopped, last)


def _limit(pid: int, size: int) -> None:
    try:
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))
    except (ProcessLookupError, PermissionError):  # it has ended already
        return


def _read(name: str, stream: IO[str] | None, lines: queue.Queue[tuple[str, str]]) -> None:
    if stream is None:
        return
    with stream:
        for line in stream:
            lines.put((name, line.rstrip("\n")))


def _pass_on(
    lines: queue.Queue[tuple[str, str]], tell: Callable[[str, list[str]], None], last: list[str], seconds: float
) -> None:
    found: dict[str, list[str]] = {}
    try:
        name, line = lines.get(timeout=seconds) if seconds else lines.get_nowait()
        while True:
            found.setdefault(name, []).append(line)
            name, line = lines.get_nowait()
    except queue.Empty:
        pass
    for name, some in found.items():
        tell(name, some)
        last += some
        del last[:-LAST_LINES]


def _end(process: subprocess.Popen[str]) -> None:
    """The process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(STOP_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        else:
            return
