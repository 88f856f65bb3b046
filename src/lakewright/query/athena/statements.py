"""What kind of statement a text is, by its first words: how Athena names it, and who runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Route(StrEnum):
    """Who runs a statement."""

    QUERY = "query"
    EXPLAIN = "explain"
    EXECUTE = "execute"
    PREPARE = "prepare"
    DEALLOCATE = "deallocate"
    COMMAND = "command"


@dataclass(frozen=True)
class Kind:
    """How Athena names a statement (`DML` `SELECT`), and its route."""

    route: Route
    statement_type: str
    substatement: str


QUERY = Kind(Route.QUERY, "DML", "SELECT")
KINDS: Mapping[str, Kind] = {
    "SELECT": QUERY,
    "WITH": QUERY,
    "VALUES": QUERY,
    "TABLE": QUERY,
    "(": QUERY,
    "EXPLAIN": Kind(Route.EXPLAIN, "DML", "EXPLAIN"),
    "EXECUTE": Kind(Route.EXECUTE, "DML", "EXECUTE"),
    "PREPARE": Kind(Route.PREPARE, "UTILITY", "PREPARE"),
    "DEALLOCATE PREPARE": Kind(Route.DEALLOCATE, "UTILITY", "DEALLOCATE"),
    "INSERT": Kind(Route.COMMAND, "DML", "INSERT"),
    "UPDATE": Kind(Route.COMMAND, "DML", "UPDATE"),
    "DELETE": Kind(Route.COMMAND, "DML", "DELETE"),
    "MERGE": Kind(Route.COMMAND, "DML", "MERGE"),
    "UNLOAD": Kind(Route.COMMAND, "DML", "UNLOAD"),
    "CREATE DATABASE": Kind(Route.COMMAND, "DDL", "CREATE_DATABASE"),
    "CREATE SCHEMA": Kind(Route.COMMAND, "DDL", "CREATE_DATABASE"),
    "CREATE EXTERNAL TABLE": Kind(Route.COMMAND, "DDL", "CREATE_TABLE"),
    "CREATE TABLE": Kind(Route.COMMAND, "DDL", "CREATE_TABLE"),
    "CREATE VIEW": Kind(Route.COMMAND, "DDL", "CREATE_VIEW"),
    "CREATE OR REPLACE VIEW": Kind(Route.COMMAND, "DDL", "CREATE_VIEW"),
    "DROP DATABASE": Kind(Route.COMMAND, "DDL", "DROP_DATABASE"),
    "DROP SCHEMA": Kind(Route.COMMAND, "DDL", "DROP_DATABASE"),
    "DROP TABLE": Kind(Route.COMMAND, "DDL", "DROP_TABLE"),
    "DROP VIEW": Kind(Route.COMMAND, "DDL", "DROP_VIEW"),
    "ALTER TABLE": Kind(Route.COMMAND, "DDL", "ALTER_TABLE"),
    "ALTER DATABASE": Kind(Route.COMMAND, "DDL", "ALTER_DATABASE"),
    "ALTER SCHEMA": Kind(Route.COMMAND, "DDL", "ALTER_DATABASE"),
    "MSCK REPAIR TABLE": Kind(Route.COMMAND, "DDL", "MSCK_REPAIR"),
    "OPTIMIZE": Kind(Route.COMMAND, "DML", "OPTIMIZE"),
    "VACUUM": Kind(Route.COMMAND, "DML", "VACUUM"),
    "SHOW DATABASES": Kind(Route.COMMAND, "UTILITY", "SHOW_DATABASES"),
    "SHOW SCHEMAS": Kind(Route.COMMAND, "UTILITY", "SHOW_DATABASES"),
    "SHOW TABLES": Kind(Route.COMMAND, "UTILITY", "SHOW_TABLES"),
    "SHOW VIEWS": Kind(Route.COMMAND, "UTILITY", "SHOW_VIEWS"),
    "SHOW COLUMNS": Kind(Route.COMMAND, "UTILITY", "SHOW_COLUMNS"),
    "SHOW PARTITIONS": Kind(Route.COMMAND, "UTILITY", "SHOW_PARTITIONS"),
    "SHOW TBLPROPERTIES": Kind(Route.COMMAND, "UTILITY", "SHOW_TBLPROPERTIES"),
    "SHOW CREATE TABLE": Kind(Route.COMMAND, "UTILITY", "SHOW_CREATE_TABLE"),
    "SHOW CREATE VIEW": Kind(Route.COMMAND, "UTILITY", "SHOW_CREATE_VIEW"),
    "DESCRIBE": Kind(Route.COMMAND, "UTILITY", "DESCRIBE_TABLE"),
    "DESC": Kind(Route.COMMAND, "UTILITY", "DESCRIBE_TABLE"),
}
LONGEST = max(len(words.split()) for words in KINDS)
_BLANK = re.compile(r"\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"\w+|\S")
_AS_QUERY = re.compile(r"\bAS\s*\(?\s*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)


def without_comments_before(text: str) -> str:
    """The statement from its first word on; dbt and query builders put comments before it."""
    position = 0
    while (blank := _BLANK.match(text, position)) is not None:
        position = blank.end()
    return text[position:]


def kind_of(text: str) -> Kind | None:
    """None for a statement that Athena has no name for."""
    words: list[str] = []
    rest = without_comments_before(text)
    while len(words) < LONGEST and (word := _WORD.match(rest)) is not None:
        words.append(word[0].upper())
        rest = without_comments_before(rest[word.end() :])
    for count in range(len(words), 0, -1):
        if (kind := KINDS.get(" ".join(words[:count]))) is not None:
            if kind.substatement == "CREATE_TABLE" and words[1] == "TABLE" and _AS_QUERY.search(text):
                return Kind(kind.route, "DDL", "CREATE_TABLE_AS_SELECT")
            return kind
    return None
