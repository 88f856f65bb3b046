"""Trino's file-based access control as frozen plain data. See Trino's "File-based access control"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

TARGET = "Trino"
READER = "_lakewright"
"""As whom filters and masks read the columns that they need: no user has such a name, and it may run no query."""

FILE_COLUMNS = ("$path", "$file_size", "$file_modified_time")
"""Trino's own columns of every row; a file's name and size tell of the rows beside it."""


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """A column that is hidden, or shown as `mask` says."""

    name: str
    mask: str = ""

    @property
    def hides(self) -> bool:
        return not self.mask

    def as_dict(self) -> dict[str, Any]:
        if self.hides:
            return {"name": self.name, "allow": False}
        return {"name": self.name, "mask": self.mask, "mask_environment": {"user": READER}}


@dataclass(frozen=True, slots=True)
class TableRule:
    """What one user reads of one table; an empty `filter` means every row."""

    user: str
    schema: str
    table: str
    columns: tuple[ColumnRule, ...] = ()
    filter: str = ""


@dataclass(frozen=True, slots=True)
class TrinoRules:
    """A whole policy for one catalog of a Trino: who reads what. Nobody writes, and who is not named gets nothing."""

    catalog: str
    users: tuple[str, ...]
    tables: tuple[TableRule, ...]

    def as_dict(self) -> dict[str, Any]:
        """The content of the file that `security.config-file` names.

        What is left out is permitted to all by Trino, so that everything stands here. Settings of the catalog are
        refused since some turn statistics on, which tell of hidden rows. Users see their own queries only.
        """
        someone, catalog = "|".join(map(exactly, self.users)) or "(?!)", exactly(self.catalog)
        return {
            "catalogs": [
                {"user": someone, "catalog": f"{catalog}|system", "allow": "read-only"},
                {"user": READER, "catalog": catalog, "allow": "read-only"},
            ],
            "schemas": [{"owner": False}],
            "tables": [
                *(self._table(rule) for rule in self.tables),
                {"user": READER, "catalog": catalog, "privileges": ["SELECT"]},
                {"user": someone, "catalog": "system", "schema": "jdbc|metadata", "privileges": ["SELECT"]},
            ],
            "queries": [{"user": someone, "allow": ["execute"]}],
            "functions": [],
            "procedures": [],
            "catalog_session_properties": [],
            "impersonation": [],
            "authorization": [],
            "system_information": [],
        }

    def _table(self, rule: TableRule) -> dict[str, Any]:
        found: dict[str, Any] = {
            "user": exactly(rule.user),
            "catalog": exactly(self.catalog),
            "schema": exactly(rule.schema),
            "table": exactly(rule.table),
            "privileges": ["SELECT"],
        }
        if rule.columns or rule.filter:
            columns = (*rule.columns, *map(ColumnRule, FILE_COLUMNS))
            found["columns"] = [column.as_dict() for column in columns]
        if rule.filter:
            found |= {"filter": rule.filter, "filter_environment": {"user": READER}}
        return found


def exactly(name: str) -> str:
    """A regular expression of Java's for this name alone."""
    return re.sub(r"([^A-Za-z0-9_])", r"\\\1", name) if name.isascii() else re.escape(name)
