"""One writer per table: a lock that the operating system gives back when its holder dies, and that names the holder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lakewright.errors import ProblemError


class TableLocks:
    """Locks in one folder. They hold on one machine; across machines a table's own conditional commit decides."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, table: str, purpose: str) -> Iterator[None]:
        """Holds the lock of `table`; ProblemError LW701 with the holder when another process has it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{table}.lock"
        with path.open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _taken(table, path) from error
            file.truncate(0)
            file.write(json.dumps(_me(purpose)))
            file.flush()
            yield

    def holder(self, table: str) -> dict[str, str] | None:
        """Who holds the lock of `table` now; None when it is free."""
        path = self._folder / f"{table}.lock"
        if not path.exists():
            return None
        with path.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(path)
        return None


def _me(purpose: str) -> dict[str, str]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": str(os.getpid()), "host": socket.gethostname(), "since": now, "purpose": purpose}


def _read(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    return dict(json.loads(text)) if text else {}


def _taken(table: str, path: Path) -> ProblemError:
    holder = _read(path)
    who = f"process {holder['pid']} on {holder['host']} since {holder['since']}" if holder else "another process"
    return ProblemError(
        "LW701",
        f"{table} is being written by {who}",
        place=str(path),
        hint="wait for it, or end that process; the lock goes with it",
    )
