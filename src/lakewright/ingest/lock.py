"""One ingester per source: a lock that ends with its holder, however that ends, and names it meanwhile."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lakewright.errors import ProblemError


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Holds the lock file for the block. Raises LW361, naming the holder, when another process has it.

    The operating system drops the lock when the process ends. On S3 the manifest's optimistic commits are the second
    line: of two ingesters on different machines one fails its next commit.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProblemError(
                "LW361", f"{what} runs already: {_holder(path)}", hint="stop it, or let it do the work"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(_me()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> dict[str, str | int] | None:
    """Who holds the lock, or None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = path.read_text(encoding="utf-8")
        found: dict[str, str | int] = json.loads(text) if text else {}
        return found
    finally:
        os.close(descriptor)
    return None


def _me() -> dict[str, str | int]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": _user(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _holder(path: Path) -> str:
    try:
        me = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return "by a process that just started"
    return f"process {me['pid']} of {me['user']} on {me['host']} since {me['since']}"
