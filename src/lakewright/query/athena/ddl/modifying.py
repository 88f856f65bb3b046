"""UPDATE, DELETE and MERGE: Athena changes single rows of Iceberg tables only, and there are none here."""

from __future__ import annotations

import re
from typing import NoReturn

from lakewright.query.athena.ddl.authority import Authority
from lakewright.query.athena.sql import SqlError, Statement

_TARGET = re.compile(
    r"""(?is)(?:update|delete\s+from|merge\s+into)\s+((?:"(?:[^"]|"")+"|\w+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|\w+)){0,2})"""
)
_PART = re.compile(r'"((?:[^"]|"")+)"|(\w+)')


def refuse_change(statement: Statement, database: str, authority: Authority) -> NoReturn:
    """Raises what Athena answers: a table that is not seen is not there, another one's rows cannot be changed."""
    found = _TARGET.match(statement.body)
    if found is None:
        raise SqlError("SYNTAX_ERROR", f"mismatched input in {statement.kind.upper()}", 1, 1)
    parts = [(quoted.replace('""', '"') or plain).lower() for quoted, plain in _PART.findall(found[1])]
    name = ".".join(parts[-2:]) if len(parts) > 1 else f"{database}.{parts[0]}"
    table = authority.seen(name)
    if table is None:
        raise SqlError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{name}' does not exist", 1, 1)
    if table.managed:
        raise SqlError("NOT_SUPPORTED", "This connector does not support modifying table rows", 1, 1)
    if table.is_view:
        raise SqlError("NOT_SUPPORTED", f"{statement.kind.capitalize()} of a view is not supported", 1, 1)
    raise SqlError("NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables", 1, 1)
