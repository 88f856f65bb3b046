"""DuckDB's failures while a statement runs, in Athena's words."""

from __future__ import annotations

import re

from lakewright.query.athena.sql.errors import SqlError

_OWN = re.compile(r"['\"]!([A-Z_]+): (.*)", re.DOTALL)
_AFTER_OWN = re.compile(r"(?:' to [A-Z]\w*(?: when casting .*)?|\", expected format is .*)\Z", re.DOTALL)
_WHOLE_NUMBER = re.compile(r"Could not convert string '(.*)' to (INT8|INT16|INT32|INT64)\b", re.DOTALL)
_WHOLE_NUMBERS = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INT", "INT64": "BIGINT"}
_KNOWN = (
    ("Overflow in", "NUMERIC_VALUE_OUT_OF_RANGE"),
    ("Out of Range Error", "NUMERIC_VALUE_OUT_OF_RANGE"),
    ("Could not cast value", "NUMERIC_VALUE_OUT_OF_RANGE"),
    ("Casting value", "INVALID_CAST_ARGUMENT"),
    ("More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS"),
    ("Map keys must be unique", "INVALID_FUNCTION_ARGUMENT"),
    ("Conversion Error", "INVALID_CAST_ARGUMENT"),
)
_TEXTS = {
    "SUBQUERY_MULTIPLE_ROWS": "Scalar sub-query has returned multiple rows",
    "NUMERIC_VALUE_OUT_OF_RANGE": "Numeric value out of range",
}


def failure(message: str) -> SqlError:
    """The error that Athena gives where DuckDB says `message`; GENERIC_INTERNAL_ERROR when it is none of the known."""
    message = message.partition("\n\nLINE ")[0]
    own = _OWN.search(message)
    if own is not None:
        return SqlError(own[1], _AFTER_OWN.sub("", own[2]))
    number = _WHOLE_NUMBER.search(message)
    if number is not None:
        return SqlError("INVALID_CAST_ARGUMENT", f"Cannot cast '{number[1]}' to {_WHOLE_NUMBERS[number[2]]}")
    for sign, kind in _KNOWN:
        if sign in message:
            return SqlError(kind, _TEXTS.get(kind, message.partition(": ")[2].partition("\n")[0]))
    return SqlError("GENERIC_INTERNAL_ERROR", message.partition("\n")[0])
