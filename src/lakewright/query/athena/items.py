"""What clients created and the service keeps: workgroups, named queries, prepared statements, tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lakewright.query.athena.database import Database


class Items:
    """Documents by kind, workgroup (empty where there is none) and name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, kind: str, name: str, document: Mapping[str, Any], workgroup: str = "") -> None:
        with self._database.using() as connection:
            values = (kind, name, workgroup, json.dumps(document, ensure_ascii=False))
            connection.execute(
                "INSERT OR REPLACE INTO items (kind, name, workgroup, document) VALUES (?, ?, ?, ?)", values
            )

    def add(self, kind: str, name: str, document: Mapping[str, Any], workgroup: str = "") -> bool:
        """False when there is one already."""
        with self._database.using() as connection:
            values = (kind, name, workgroup, json.dumps(document, ensure_ascii=False))
            sql = "INSERT OR IGNORE INTO items (kind, name, workgroup, document) VALUES (?, ?, ?, ?)"
            return connection.execute(sql, values).rowcount == 1

    def get(self, kind: str, name: str, workgroup: str = "") -> dict[str, Any] | None:
        sql = "SELECT document FROM items WHERE kind = ? AND workgroup = ? AND name = ?"
        with self._database.using() as connection:
            row = connection.execute(sql, (kind, workgroup, name)).fetchone()
        return None if row is None else json.loads(row[0])

    def names(self, kind: str, workgroup: str = "") -> list[str]:
        return list(self.all(kind, workgroup))

    def all(self, kind: str, workgroup: str = "") -> dict[str, dict[str, Any]]:
        """Name → document, sorted by name."""
        sql = "SELECT name, document FROM items WHERE kind = ? AND workgroup = ? ORDER BY name"
        with self._database.using() as connection:
            return {name: json.loads(text) for name, text in connection.execute(sql, (kind, workgroup))}

    def count(self, kind: str, workgroup: str) -> int:
        sql = "SELECT count(*) FROM items WHERE kind = ? AND workgroup = ?"
        with self._database.using() as connection:
            return int(connection.execute(sql, (kind, workgroup)).fetchone()[0])

    def delete(self, kind: str, name: str, workgroup: str = "") -> bool:
        """False when there is none."""
        sql = "DELETE FROM items WHERE kind = ? AND workgroup = ? AND name = ?"
        with self._database.using() as connection:
            return connection.execute(sql, (kind, workgroup, name)).rowcount == 1

    def delete_workgroup(self, workgroup: str) -> None:
        """A workgroup with everything in it; its executions stay in the history."""
        with self._database.changing() as connection:
            connection.execute("DELETE FROM items WHERE kind = 'workgroup' AND name = ?", (workgroup,))
            connection.execute("DELETE FROM items WHERE workgroup = ?", (workgroup,))
            connection.execute("DELETE FROM items WHERE kind = 'tags' AND name = ?", (f"workgroup/{workgroup}",))
