"""Execution parameters as Athena reads them: SQL when they are SQL, else text."""

from __future__ import annotations

from lakewright.query.athena.sql.errors import SqlError
from lakewright.query.athena.sql.expressions import expression
from lakewright.query.athena.sql.reader import Reader
from lakewright.query.athena.sql.relations import query
from lakewright.query.athena.sql.statements import walk
from lakewright.query.athena.sql.syntax import Name, Query


def bound(parameter: str) -> str:
    """The SQL that stands for a parameter: an expression without names as it is, anything else as a string."""
    try:
        reader = Reader(parameter, "default", query)
        found = expression(reader)
    except SqlError:
        return quoted(parameter)
    if reader.now.kind != "end" or any(isinstance(node, Name | Query) for node in walk(found)):
        return quoted(parameter)
    return parameter


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
