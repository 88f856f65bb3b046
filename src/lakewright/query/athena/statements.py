"""How Athena names a statement: its type and substatement type, by its first words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """As GetQueryExecution tells it: `DML` `SELECT`."""

    statement_type: str
    substatement: str


SELECT = Kind("DML", "SELECT")
CTAS = Kind("DDL", "CREATE_TABLE_AS_SELECT")
OTHER = Kind("DDL", "OTHER")
KINDS: Mapping[str, Kind] = {
    "SELECT": SELECT,
    "WITH": SELECT,
    "VALUES": SELECT,
    "TABLE": SELECT,
    "(": SELECT,
    "EXPLAIN": Kind("DML", "EXPLAIN"),
    "EXECUTE": Kind("DML", "EXECUTE"),
    "PREPARE": Kind("UTILITY", "PREPARE"),
    "DEALLOCATE PREPARE": Kind("UTILITY", "DEALLOCATE"),
    "INSERT": Kind("DML", "INSERT"),
    "UPDATE": Kind("DML", "UPDATE"),
    "DELETE": Kind("DML", "DELETE"),
    "MERGE": Kind("DML", "MERGE"),
    "UNLOAD": Kind("DML", "UNLOAD"),
    "OPTIMIZE": Kind("DML", "OPTIMIZE"),
    "VACUUM": Kind("DML", "VACUUM"),
    "CREATE DATABASE": Kind("DDL", "CREATE_DATABASE"),
    "CREATE SCHEMA": Kind("DDL", "CREATE_DATABASE"),
    "CREATE EXTERNAL TABLE": Kind("DDL", "CREATE_TABLE"),
    "CREATE TABLE": Kind("DDL", "CREATE_TABLE"),
    "CREATE VIEW": Kind("DDL", "CREATE_VIEW"),
    "CREATE OR REPLACE VIEW": Kind("DDL", "CREATE_VIEW"),
    "DROP DATABASE": Kind("DDL", "DROP_DATABASE"),
    "DROP SCHEMA": Kind("DDL", "DROP_DATABASE"),
    "DROP TABLE": Kind("DDL", "DROP_TABLE"),
    "DROP VIEW": Kind("DDL", "DROP_VIEW"),
    "ALTER TABLE": Kind("DDL", "ALTER_TABLE"),
    "ALTER DATABASE": Kind("DDL", "ALTER_DATABASE"),
    "ALTER SCHEMA": Kind("DDL", "ALTER_DATABASE"),
    "MSCK REPAIR TABLE": Kind("DDL", "MSCK_REPAIR"),
    "SHOW DATABASES": Kind("UTILITY", "SHOW_DATABASES"),
    "SHOW SCHEMAS": Kind("UTILITY", "SHOW_DATABASES"),
    "SHOW TABLES": Kind("UTILITY", "SHOW_TABLES"),
    "SHOW VIEWS": Kind("UTILITY", "SHOW_VIEWS"),
    "SHOW COLUMNS": Kind("UTILITY", "SHOW_COLUMNS"),
    "SHOW PARTITIONS": Kind("UTILITY", "SHOW_PARTITIONS"),
    "SHOW TBLPROPERTIES": Kind("UTILITY", "SHOW_TBLPROPERTIES"),
    "SHOW CREATE TABLE": Kind("UTILITY", "SHOW_CREATE_TABLE"),
    "SHOW CREATE VIEW": Kind("UTILITY", "SHOW_CREATE_VIEW"),
    "DESCRIBE": Kind("UTILITY", "DESCRIBE_TABLE"),
    "DESC": Kind("UTILITY", "DESCRIBE_TABLE"),
}
LONGEST = max(len(words.split()) for words in KINDS)
_WORD = re.compile(r"\s*(\w+|\S)")


def kind_of(parsed: str, body: str) -> Kind:
    """`parsed`: the kind that the parser told; `body`: the statement without comments."""
    if parsed == "ctas":
        return CTAS
    words: list[str] = []
    position = 0
    while len(words) < LONGEST and (word := _WORD.match(body, position)) is not None:
        words.append(word[1].upper())
        position = word.end()
    beginnings = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((KINDS[one] for one in beginnings if one in KINDS), OTHER)
