"""VALUES of constants alone: read as they are, since thousands of them would take an engine long to plan."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlglot import exp

MOST_DIGITS = 38


class _NoConstant(Exception):  # noqa: N818 - a finding
    """Something that has to be worked out."""


def constant_rows(values: exp.Values) -> pa.Table | None:
    """The rows; None when not all of it is constant, or of one kind in each column."""
    try:
        rows = [[_constant(one) for one in _row(row)] for row in values.expressions]
        if len({len(row) for row in rows}) != 1:
            return None
        columns = [_column(column) for column in zip(*rows, strict=True)]
    except _NoConstant:
        return None
    return pa.table(columns, names=[f"col{number + 1}" for number in range(len(columns))])


def _row(row: exp.Expr) -> Sequence[exp.Expr]:
    return row.expressions if isinstance(row, exp.Tuple) else [row]


def _constant(node: exp.Expr) -> Any:
    match node:
        case exp.Null():
            return None
        case exp.Boolean():
            return bool(node.this)
        case exp.Literal() if node.is_string:
            return str(node.this)
        case exp.Literal():
            return _number(str(node.this))
        case exp.Neg() if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return -_number(str(node.this.this))
    raise _NoConstant


def _number(text: str) -> int | Decimal:
    if text.isdecimal() and int(text) < 1 << 63:
        return int(text)
    whole, _, rest = text.partition(".")
    if not (whole + rest).isdecimal() or len(whole + rest) > MOST_DIGITS:
        raise _NoConstant  # 1e3 is a DOUBLE
    return Decimal(text)


def _column(values: tuple[Any, ...]) -> pa.Array[Any]:
    kinds = {type(one) for one in values} - {type(None)}
    if not kinds:
        return pa.nulls(len(values))
    if kinds == {int}:
        narrow = all(one is None or -(1 << 31) <= one < 1 << 31 for one in values)
        return pa.array(values, pa.int32() if narrow else pa.int64())
    if kinds <= {int, Decimal}:
        scale = max(-int(Decimal(one).as_tuple().exponent) for one in values if one is not None)
        try:
            return pa.array(
                [None if one is None else Decimal(one) for one in values], pa.decimal128(MOST_DIGITS, scale)
            )
        except pa.ArrowInvalid:
            raise _NoConstant from None
    if kinds not in ({str}, {bool}):
        raise _NoConstant
    return pa.array(values, pa.string() if kinds == {str} else pa.bool_())
