"""What each statement does: queries are read, rows are changed, and everything else is what the REST API does, with the
rights of who asks.

Error classes: https://docs.databricks.com/aws/en/error-messages/error-classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa
from sqlglot import exp

from lakewright.rehearse.databricks.faults import DatabricksFault
from lakewright.rehearse.databricks.sql import changing, granting, making, modifying, showing
from lakewright.rehearse.databricks.sql.problems import SqlProblem, insufficient, syntax, unsupported
from lakewright.rehearse.databricks.sql.selects import first_word, parsed
from lakewright.rehearse.databricks.sql.statement import Columns, Statement
from lakewright.rehearse.databricks.sql.words import Words

QUERIES = ("SELECT", "WITH", "VALUES", "FROM", "TABLE")
CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE")
VERBS: Mapping[str, Callable[[Statement, Words], Columns]] = {
    "DROP": making.drop,
    "ALTER": changing.alter,
    "COMMENT": changing.comment,
    "GRANT": granting.grant,
    "REVOKE": granting.revoke,
    "SHOW": showing.show,
    "DESCRIBE": showing.describe,
    "DESC": showing.describe,
}
_CLASSES = {
    "TABLE_DOES_NOT_EXIST": ("TABLE_OR_VIEW_NOT_FOUND", "42P01"),
    "SCHEMA_DOES_NOT_EXIST": ("SCHEMA_NOT_FOUND", "42704"),
    "CATALOG_DOES_NOT_EXIST": ("NO_SUCH_CATALOG_EXCEPTION", "42704"),
    "FUNCTION_DOES_NOT_EXIST": ("ROUTINE_NOT_FOUND", "42883"),
    "TABLE_ALREADY_EXISTS": ("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"),
    "SCHEMA_ALREADY_EXISTS": ("SCHEMA_ALREADY_EXISTS", "42P06"),
    "CATALOG_ALREADY_EXISTS": ("CATALOG_ALREADY_EXISTS", "42710"),
    "FUNCTION_ALREADY_EXISTS": ("ROUTINE_ALREADY_EXISTS", "42723"),
    "SCHEMA_NOT_EMPTY": ("SCHEMA_NOT_EMPTY", "2BP01"),
    "INVALID_PARAMETER_VALUE": ("INVALID_PARAMETER_VALUE", "22023"),
}
"""Codes of the REST API, as statements say them, with their SQLSTATE."""

_NOT_SQL = re.compile(r"\s*(CREATE|ALTER|DROP)\s+METASTORE\b", re.IGNORECASE)


def done(on: Statement, text: str) -> pa.Table:
    """What a statement answers, when it has been done. Raises SqlProblem and DatabricksFault."""
    verb = first_word(text)
    if verb in QUERIES:
        if verb == "WITH" and isinstance(parsed(text), exp.DML):
            return _table(modifying.modify(on, text))
        return on.run(text)
    if verb in CHANGES:
        return _table(modifying.modify(on, text))
    if (found := _NOT_SQL.match(text)) is not None:
        hint = "it is made in the account, once for each region, and assigned to workspaces there"
        raise syntax(f"There is no {' '.join(found[0].upper().split())}: a metastore is no object of SQL; {hint}.")
    words = Words(text)
    words.word()
    if verb == "CREATE":
        return _table(making.create(on, words))
    if verb not in VERBS:
        raise unsupported(f"the statement {verb}")
    with on.call.objects.transaction():
        on.alive()
        return _table(VERBS[verb](on, words))


def _table(found: Columns) -> pa.Table:
    kinds = {name: pa.int64() if name.startswith("num_") else pa.string() for name in found}
    return pa.table({name: pa.array(values, kinds[name]) for name, values in found.items()})


def denial(fault: DatabricksFault) -> SqlProblem:
    """A refusal of the REST API, as a statement's."""
    if fault.code == "PERMISSION_DENIED":
        return insufficient(fault.message)
    name, state = _CLASSES.get(fault.code, (fault.code, {404: "42P01", 409: "42710"}.get(fault.status, "22023")))
    return SqlProblem(name, fault.message, state)
