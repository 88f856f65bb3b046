"""Why a query failed, as GetQueryExecution tells it: reason, category, type. The catalogue is Athena's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.query.athena.execution import State

SYSTEM, USER, OTHER = 1, 2, 3
EXHAUSTED, INTERNAL, TIMED_OUT, NOT_WRITTEN, USER_ERROR, PERMISSION = 0, 200, 210, 401, 1000, 1500
TYPES: Mapping[str, int] = {
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "CATALOG_NOT_FOUND": 1301,
    "NOT_FOUND": 1300,
    "COLUMN_NOT_FOUND": 1006,
    "SYNTAX_ERROR": 1006,
    "AMBIGUOUS_NAME": 1006,
    "TYPE_MISMATCH": 1002,
    "FUNCTION_NOT_FOUND": 1303,
    "DIVISION_BY_ZERO": 1001,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1001,
    "INVALID_CAST_ARGUMENT": 1100,
    "INVALID_PARAMETER_USAGE": 1100,
    "INVALID_ARGUMENTS": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "INVALID_TABLE_PROPERTY": 1103,
    "INVALID_VIEW": 1107,
    "NOT_SUPPORTED": 1200,
    "PERMISSION_DENIED": PERMISSION,
    "ICEBERG_COMMIT_ERROR": 233,
}
"""Trino's error names → ErrorType, as measured against Athena where that was done."""


@dataclass(frozen=True)
class Failure:
    """How an execution ends other than well. `error` are the members of AthenaError; a cancelled one has none."""

    state: State
    reason: str
    error: Mapping[str, Any] | None


def failed(reason: str, error_type: int, category: int = USER, *, retryable: bool = False) -> Failure:
    error = {"ErrorCategory": category, "ErrorType": error_type, "Retryable": retryable, "ErrorMessage": reason}
    return Failure(State.FAILED, reason, error)


def refused(kind: str, reason: str) -> Failure:
    """A mistake of the statement; `kind` is Trino's name for it."""
    return failed(reason, TYPES.get(kind, USER_ERROR))


def stopped(reason: str) -> Failure:
    return Failure(State.CANCELLED, reason, None)


SCAN_LIMIT = stopped("Query cancelled! : Bytes scanned limit was exceeded")
TIMEOUT = failed("Query timeout", TIMED_OUT, retryable=True)
INTERNAL_ERROR = failed("INTERNAL_ERROR: the query engine had an internal error", INTERNAL, SYSTEM, retryable=True)
RESTARTED = failed(
    "The service was stopped while the query ran, so it has no result. Run it again.", 100, SYSTEM, retryable=True
)


def exhausted(fact: str) -> Failure:
    return failed(f"Query exhausted resources at this scale factor: {fact}", EXHAUSTED, SYSTEM)
