"""The service's own SQLite file: query history, and what clients created. Written in WAL, one process at a time."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakewright.errors import ProblemError

SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    id TEXT PRIMARY KEY, principal TEXT NOT NULL, workgroup TEXT NOT NULL, state TEXT NOT NULL,
    submitted REAL NOT NULL, completed REAL, token TEXT, fingerprint TEXT NOT NULL, reuse_key TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS by_token ON executions (principal, token) WHERE token IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_workgroup ON executions (workgroup, submitted DESC, id DESC);
CREATE INDEX IF NOT EXISTS by_principal ON executions (workgroup, principal, submitted DESC, id DESC);
CREATE INDEX IF NOT EXISTS by_reuse ON executions (reuse_key, completed DESC) WHERE reuse_key <> '';
CREATE INDEX IF NOT EXISTS unfinished ON executions (state) WHERE state IN ('QUEUED', 'RUNNING');
CREATE INDEX IF NOT EXISTS by_completion ON executions (completed);
CREATE TABLE IF NOT EXISTS items (
    kind TEXT NOT NULL, name TEXT NOT NULL, workgroup TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, workgroup, name)
) WITHOUT ROWID;
"""


class Database:
    """One connection behind a lock: every statement here takes well below a millisecond."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._lock_file = _locked(folder / "lock")
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            folder / "athena.sqlite", check_same_thread=False, isolation_level=None, cached_statements=256
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection]:
        """The connection, for single statements that commit by themselves."""
        with self._lock:
            yield self._connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction, which an exception undoes."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()
            os.close(self._lock_file)


def _locked(path: Path) -> int:
    """Ends with the process, however that ends: the lock is the operating system's."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        hint = "one service per project: stop the other one, or use it"
        raise ProblemError("LW1122", "another Athena service works on this project", hint=hint) from None
    return file
