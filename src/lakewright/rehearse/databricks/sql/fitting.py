"""Values for a table's columns: what an INSERT, UPDATE or MERGE gives, in the column's own type.

Numbers are checked, never cut; texts are read as what the column holds. Sources: store assignment at
https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-ansi-compliance, error classes at
https://docs.databricks.com/aws/en/error-messages/error-classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lakewright.models.types import arrow_type
from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.store import Body

MOST_DIGITS = 38
Values = Any
"""A column of values: an Arrow ChunkedArray of whatever type."""


def arity(table: str, given: int, wanted: int) -> SqlProblem:
    """A row of another number of values than the table has columns."""
    which = "NOT_ENOUGH_DATA_COLUMNS" if given < wanted else "TOO_MANY_DATA_COLUMNS"
    fact = f"The table has {wanted} columns, the data {given}"
    return SqlProblem(f"INSERT_COLUMN_ARITY_MISMATCH.{which}", f"Cannot write to {table}: {fact}.", "21S01")


def fitted(values: Values, column: Body, table: str) -> Values:
    """The values as a column of a table holds them. Raises SqlProblem."""
    name, kind = str(column["name"]), arrow_type(str(column["type_text"]))
    found = values if values.type == kind else _cast(values, kind, name, table)
    if found.null_count and not column.get("nullable", True):
        text = f"NOT NULL constraint violated for column: {name}."
        raise SqlProblem("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", text, "23502")
    return found


def _cast(values: Values, kind: pa.DataType, name: str, table: str) -> Values:
    of = values.type
    if not _assignable(of, kind):
        text = f"Cannot write incompatible data for the table `{table}`: Cannot safely cast `{name}` {of} to {kind}."
        raise SqlProblem("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST", text, "KD000")
    try:
        return _converted(values, kind)
    except pa.ArrowInvalid as error:
        if _is_text(of):
            text = f"The value of the type STRING cannot be cast to {kind} because it is malformed: {error}."
            raise SqlProblem("CAST_INVALID_INPUT", text, "22018") from None
        text = f"Fail to assign a value of {of} type to the {kind} type column or variable `{name}` due to an overflow."
        raise SqlProblem("CAST_OVERFLOW_IN_TABLE_INSERT", text, "22003") from None


def _converted(values: Values, kind: pa.DataType) -> Values:
    """Raises ArrowInvalid."""
    of = values.type
    if pa.types.is_decimal(kind) and pa.types.is_integer(of):
        wide = pa.decimal128(MOST_DIGITS, kind.scale)
        return values.cast(pa.decimal128(19, 0)).cast(wide).cast(kind)
    if pa.types.is_decimal(of) and pa.types.is_decimal(kind):
        whole = values.cast(pa.decimal128(MOST_DIGITS, of.scale))
        return pc.round(whole, kind.scale, "half_towards_infinity").cast(kind)
    if pa.types.is_boolean(of) and _is_text(kind):
        return pc.if_else(values, "true", "false")
    if pa.types.is_timestamp(kind) and _is_text(of):
        return values.cast(pa.timestamp("us")).cast(kind)  # the session's time is UTC
    if pa.types.is_decimal(kind) and pa.types.is_floating(of):
        return pc.round(values, kind.scale, "half_towards_infinity").cast(kind)
    return values.cast(kind)


def _assignable(of: pa.DataType, to: pa.DataType) -> bool:
    """Whether Databricks assigns such values without being asked."""
    if pa.types.is_null(of) or of == to or _is_text(of):
        return True
    if _is_number(of):
        return _is_number(to) or _is_text(to)
    if pa.types.is_boolean(of) or pa.types.is_date(of):
        return _is_text(to) or (pa.types.is_date(of) and pa.types.is_timestamp(to))
    if pa.types.is_timestamp(of):
        return pa.types.is_timestamp(to) or pa.types.is_date(to)
    return pa.types.is_nested(of) and pa.types.is_nested(to)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def fitted_rows(rows: pa.Table, columns: Sequence[Body], table: str) -> pa.Table:
    """Rows whose columns stand in the table's order, in its types and under its names. Raises SqlProblem."""
    if rows.num_columns != len(columns):
        raise arity(table, rows.num_columns, len(columns))
    found = [fitted(rows.column(number), one, table) for number, one in enumerate(columns)]
    return pa.table(found, names=[str(one["name"]) for one in columns])
