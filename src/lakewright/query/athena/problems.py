"""What went wrong inside, in Athena's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lakewright.query.athena import failures
from lakewright.query.athena.errors import AwsError
from lakewright.query.athena.failures import Failure, exhausted, failed, refused, stopped
from lakewright.query.athena.refused_functions import REFUSED
from lakewright.query.athena.results import ResultTooLarge
from lakewright.query.athena.running import BY_USER
from lakewright.query.athena.sql import SqlError, Statement
from lakewright.query.athena.sql import failure as engine_failure
from lakewright.query.athena.sql.statements import walk
from lakewright.query.athena.sql.syntax import Table
from lakewright.query.governed.problems import (
    Cancelled,
    NoSuchState,
    OutOfMemory,
    Refused,
    ScanLimit,
    StatementError,
    TimedOut,
    Unavailable,
    VersionsHidden,
)
from lakewright.storage.objects import ObjectError

AWS_TYPES: Mapping[str, int] = {
    "AccessDeniedException": failures.PERMISSION,
    "ResourceNotFoundException": 1300,
    "MetadataException": 1301,
}


WHERE = "this local Athena's SQL: docs/athena-sql.md"
_FUNCTION = re.compile(r"Function '(\w+)' not registered")


def failure_of(error: Exception, statement: Statement) -> Failure:
    """How an execution ends that met this error."""
    for kind, tell in _TELL.items():
        if isinstance(error, kind):
            return tell(error, statement)
    return failures.INTERNAL_ERROR


def pointed(kind: str, message: str) -> str:
    """The message, with a word on where to look when what is refused is this service's limit and not Athena's."""
    function = _FUNCTION.search(message)
    if kind == "NOT_SUPPORTED":
        return f"{message} ({WHERE})"
    if function is not None and function[1].lower() in REFUSED:
        return message.replace(function[0], f"Function '{function[1]}' is Trino's and not supported here ({WHERE})")
    return message


def _sql(error: Any, _: Statement) -> Failure:
    return refused(error.kind, pointed(error.kind, str(error)))


def _aws(error: Any, _: Statement) -> Failure:
    kind = error.fields.get("ErrorCode", "")
    return failed(error.message, AWS_TYPES.get(error.code) or failures.TYPES.get(kind, failures.USER_ERROR))


def _missing(error: Any, statement: Statement) -> Failure:
    """A hidden table and a missing one read the same."""
    place = next((node.place for node in _tables(statement) if node.name == error.table), (1, 1))
    fact = f"Table 'awsdatacatalog.{error.table}' does not exist"
    return refused("TABLE_NOT_FOUND", str(SqlError("TABLE_NOT_FOUND", fact, *place)))


def _tables(statement: Statement) -> list[Table]:
    return [node for node in walk(statement.query) if isinstance(node, Table)] if statement.query is not None else []


def _engine(error: Any, _: Statement) -> Failure:
    found = engine_failure(f"{error.kind} Error: {error.fact}")
    if found.kind == "GENERIC_INTERNAL_ERROR":
        return failed(str(found), failures.INTERNAL, failures.SYSTEM)
    return refused(found.kind, str(found))


_TELL: Mapping[type[Exception], Callable[[Any, Statement], Failure]] = {
    SqlError: _sql,
    AwsError: _aws,
    Refused: _missing,
    VersionsHidden: lambda error, _: refused("PERMISSION_DENIED", f"PERMISSION_DENIED: {error}"),
    NoSuchState: lambda error, _: refused("INVALID_ARGUMENTS", f"INVALID_ARGUMENTS: {error}"),
    StatementError: _engine,
    ScanLimit: lambda _, __: failures.SCAN_LIMIT,
    OutOfMemory: lambda _, __: exhausted("it needs more memory than it may use"),
    TimedOut: lambda _, __: failures.TIMEOUT,
    Cancelled: lambda _, __: stopped(BY_USER),
    Unavailable: lambda error, __: failed(error.fact, failures.INTERNAL, failures.SYSTEM, retryable=True),
    ResultTooLarge: lambda error, __: exhausted(str(error)),
    ObjectError: lambda error, __: failed(
        f"Failed to write query results to Amazon S3: {error}", failures.NOT_WRITTEN, failures.SYSTEM
    ),
}
