"""Objects in one small SQLite database: each has a kind, a scope (account, workspace, metastore), an id and a name.

All access is in transactions: a request that is refused leaves nothing behind.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]
TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, scope, id)
);
CREATE INDEX IF NOT EXISTS named ON objects (kind, scope, name);
CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
"""


class Objects:
    """Thread-safe. Names are found whatever their case. `close` it at the end."""

    def __init__(self, path: Path | None) -> None:
        """In memory without a path."""
        self._lock = threading.RLock()
        self._depth = 0
        self._changes: Counter[str] = Counter()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(TABLES)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One request at a time; an exception undoes what it did."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth += 1
            self._database.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            else:
                self._database.execute("COMMIT")
            finally:
                self._depth -= 1

    def put(self, kind: str, scope: str, key: str, body: Mapping[str, Any], name: str = "") -> None:
        """Makes or replaces an object; the place in `all` stays."""
        text = json.dumps(body)
        with self._lock:
            self._changes[scope] += 1
            self._database.execute(
                "INSERT INTO objects (kind, scope, id, name, body) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (kind, scope, id) DO UPDATE SET name = excluded.name, body = excluded.body",
                (kind, scope, key, name.lower(), text),
            )

    def get(self, kind: str, scope: str, key: str) -> Body | None:
        return self._one("kind = ? AND scope = ? AND id = ?", kind, scope, key)

    def named(self, kind: str, scope: str, name: str) -> Body | None:
        return self._one("kind = ? AND scope = ? AND name = ?", kind, scope, name.lower())

    def all(self, kind: str, scope: str) -> list[Body]:
        """In the order in which they were made."""
        with self._lock:
            rows = self._database.execute(
                "SELECT body FROM objects WHERE kind = ? AND scope = ? ORDER BY number", (kind, scope)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def delete(self, kind: str, scope: str, key: str) -> bool:
        with self._lock:
            self._changes[scope] += 1
            sql = "DELETE FROM objects WHERE kind = ? AND scope = ? AND id = ?"
            return self._database.execute(sql, (kind, scope, key)).rowcount > 0

    def forget(self, scope: str) -> None:
        """Removes everything of a scope."""
        with self._lock:
            self._changes[scope] += 1
            self._database.execute("DELETE FROM objects WHERE scope = ?", (scope,))

    def changes(self, *scopes: str) -> tuple[int, ...]:
        """Numbers that grow whenever something in these scopes may have changed."""
        with self._lock:
            return tuple(self._changes[scope] for scope in scopes)

    def fill(self, other: Objects) -> None:
        """Takes over everything that another one holds."""
        with self._lock, other._lock:
            rows = other._database.execute("SELECT kind, scope, id, name, body FROM objects ORDER BY number").fetchall()
            self._database.executemany("INSERT INTO objects (kind, scope, id, name, body) VALUES (?, ?, ?, ?, ?)", rows)

    def next(self, name: str, first: int) -> int:
        """1 more than the last time."""
        with self._lock:
            row = self._database.execute("SELECT last FROM numbers WHERE name = ?", (name,)).fetchone()
            number = first if row is None else int(row[0]) + 1
            self._database.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (name, number))
            return number

    def _one(self, where: str, *values: str) -> Body | None:
        with self._lock:
            row = self._database.execute(f"SELECT body FROM objects WHERE {where}", values).fetchone()
        return None if row is None else json.loads(row[0])
