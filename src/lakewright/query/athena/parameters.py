"""Execution parameters as Athena reads them: SQL when they are SQL, else text."""

from __future__ import annotations

from lakewright.query.athena.sql import SqlError, parse
from lakewright.query.athena.sql.statements import walk
from lakewright.query.athena.sql.syntax import Expression, Item, Name, Query, Select


def bound(parameter: str) -> str:
    """The SQL that stands for a parameter: an expression without names as it is, anything else as a string."""
    if "--" in parameter or "/*" in parameter:
        return quoted(parameter)
    try:
        value = _only_value(parse(f"SELECT {parameter}").query)
    except SqlError:
        return quoted(parameter)
    if value is None or any(isinstance(node, Name | Query) for node in walk(value)):
        return quoted(parameter)
    return parameter


def _only_value(query: Query | None) -> Expression | None:
    """The expression of a SELECT that has nothing else."""
    match query:
        case Query(
            ctes=(),
            body=Select(
                distinct=False, items=(Item(value=value, alias="", star=False),), source=(), where=None
            ) as select,
            order=(),
            offset=None,
            limit=None,
        ) if select.group is None and select.having is None and not select.windows:
            return value
    return None


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
