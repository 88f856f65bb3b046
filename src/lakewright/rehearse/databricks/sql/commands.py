"""Statements that are no queries: they do what the REST API does, with the rights of who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from lakewright.rehearse.databricks.faults import DatabricksFault
from lakewright.rehearse.databricks.sql import changing, granting, making
from lakewright.rehearse.databricks.sql.problems import SqlProblem, insufficient, unsupported
from lakewright.rehearse.databricks.sql.statement import Columns, Statement
from lakewright.rehearse.databricks.sql.words import Words

VERBS: Mapping[str, Callable[[Statement, Words], Columns]] = {
    "CREATE": making.create,
    "DROP": making.drop,
    "INSERT": making.insert,
    "ALTER": changing.alter,
    "COMMENT": changing.comment,
    "GRANT": granting.grant,
    "REVOKE": granting.revoke,
    "SHOW": granting.show,
    "DESCRIBE": granting.describe,
    "DESC": granting.describe,
}


def done(on: Statement, text: str) -> pa.Table:
    """What a statement answers, when it has been done. Raises SqlProblem and DatabricksFault."""
    words = Words(text)
    verb = words.word()
    if verb not in VERBS:
        raise unsupported(f"the statement {verb}")
    found = VERBS[verb](on, words)
    return pa.table({name: pa.array(values, pa.string()) for name, values in found.items()})


def denial(fault: DatabricksFault) -> SqlProblem:
    """A refusal of the REST API, as a statement's."""
    if fault.code == "PERMISSION_DENIED":
        return insufficient(fault.message)
    return SqlProblem(fault.code, fault.message, {404: "42P01", 409: "42710"}.get(fault.status, "22023"))
