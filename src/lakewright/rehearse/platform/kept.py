"""A rehearsal that stays up: a process in the background that is asked through a socket of its owner's.

One line of JSON asks (`{"do": "rehearse"}` or `{"do": "stop"}`); lines of events follow, and the report is the last.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lakewright.errors import LakewrightError, ProblemError
from lakewright.observe import Event, Observer

START_SECONDS = 60.0


def folder_of(project: Path, environment: str) -> Path:
    """A folder for its owner only, with a short path: a socket's has at most 107 bytes. Raises ProblemError LW1384."""
    digest = hashlib.sha256(f"{project.resolve()}\0{environment}".encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"lakewright-rehearsal-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ProblemError("LW1384", f"{folder} is not yours alone", hint="remove it, or set TMPDIR")
    return folder


def is_up(folder: Path) -> bool:
    """Whether somebody answers there."""
    with suppress(OSError), _connected(folder):
        return True
    return False


def start(folder: Path, arguments: Sequence[str]) -> None:
    """Starts the process that stays, and waits until it answers. Raises ProblemError LW1385 with its last words."""
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "lakewright", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not is_up(folder):
        if process.poll() is not None or time.monotonic() > deadline:
            words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise ProblemError("LW1385", f"the rehearsal did not start: {' '.join(words) or 'no message'}")
        time.sleep(0.1)


def ask(folder: Path, what: Mapping[str, Any], observe: Observer) -> dict[str, Any]:
    """Asks the process and tells its events; gives the last answer. Raises ProblemError LW1386 when it ends before."""
    with _connected(folder) as connection, connection.makefile("rwb") as lines:
        lines.write(json.dumps(what).encode() + b"\n")
        lines.flush()
        for line in lines:
            said: dict[str, Any] = json.loads(line)
            if "event" not in said:
                return said
            observe(Event(said["event"], said["fields"], said["level"]))
    raise ProblemError("LW1386", "the rehearsal ended before it answered", hint=f"{folder / 'log'} may say why")


@contextmanager
def _connected(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(folder / "control"))
        yield connection


Answer = Callable[[Mapping[str, Any], Observer], Mapping[str, Any]]


def serve(folder: Path, answer: Answer, stop: threading.Event) -> None:
    """Answers one after the other until somebody says stop, or `stop` is set."""
    path = folder / "control"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(4)
        listener.settimeout(0.5)
        try:
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    with connection, suppress(BrokenPipeError, ConnectionResetError):
                        _answer(connection, answer, stop)
        finally:
            path.unlink(missing_ok=True)


def _answer(connection: socket.socket, answer: Answer, stop: threading.Event) -> None:
    connection.settimeout(None)
    lock = threading.Lock()
    with connection.makefile("rwb") as lines:

        def say(what: Mapping[str, Any]) -> None:
            with lock, suppress(BrokenPipeError, ConnectionResetError):  # who asked may have left: it goes on
                lines.write(json.dumps(what, default=str).encode() + b"\n")
                lines.flush()

        first = lines.readline()
        if not first:
            return
        asked = json.loads(first)
        if asked["do"] == "stop":
            stop.set()
            say({"stopped": True})
            return
        try:
            say(answer(asked, lambda event: say({"event": event.name, "fields": event.fields, "level": event.level})))
        except LakewrightError as error:
            say({"error": error.as_dict(), "exit": error.exit_code})
