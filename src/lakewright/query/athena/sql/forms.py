"""Reads expressions that begin with a word of their own: CAST, CASE, ARRAY[…], TRIM(… FROM …)."""

from __future__ import annotations

from collections.abc import Callable

from lakewright.query.athena.sql.errors import at
from lakewright.query.athena.sql.expressions import after_call, expression, listed, operand, sorts, subquery
from lakewright.query.athena.sql.reader import Reader
from lakewright.query.athena.sql.syntax import (
    ArrayOf,
    Call,
    Case,
    Cast,
    Exists,
    Expression,
    Extract,
    Grouping,
    Interval,
    Null,
    Number,
    RowOf,
    Text,
    Truth,
)

_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_CURRENT = {
    "CURRENT_DATE": "current_date",
    "CURRENT_TIME": "current_time",
    "CURRENT_TIMESTAMP": "current_timestamp",
    "LOCALTIME": "localtime",
    "LOCALTIMESTAMP": "localtimestamp",
    "CURRENT_USER": "current_user",
    "CURRENT_CATALOG": "current_catalog",
    "CURRENT_SCHEMA": "current_schema",
}


def _cast(reader: Reader) -> Expression:
    token = reader.next()
    reader.need("(")
    value = expression(reader)
    reader.need("AS")
    kind = reader.type()
    reader.need(")")
    return Cast(token.place, value, kind, token.upper == "TRY_CAST")


def _try_cast(reader: Reader) -> Expression | None:
    return _cast(reader) if reader.ahead().upper == "(" else None


def _case(reader: Reader) -> Expression:
    place = reader.next().place
    operand = None if reader.see("WHEN") else expression(reader)
    whens: list[tuple[Expression, Expression]] = []
    while reader.take("WHEN"):
        condition = expression(reader)
        reader.need("THEN")
        whens.append((condition, expression(reader)))
    if not whens:
        raise reader.wrong("'WHEN'")
    default = expression(reader) if reader.take("ELSE") else None
    reader.need("END")
    return Case(place, operand, tuple(whens), default)


def _exists(reader: Reader) -> Expression:
    place = reader.next().place
    return Exists(place, subquery(reader))


def _extract(reader: Reader) -> Expression:
    place = reader.next().place
    reader.need("(")
    field = reader.next().upper
    reader.need("FROM")
    value = expression(reader)
    reader.need(")")
    return Extract(place, field, value)


def _interval(reader: Reader) -> Expression | None:
    following = reader.ahead()
    if not (following.kind == "text" or following.upper in ("+", "-")):
        return None
    place = reader.next().place
    sign = -1 if reader.take("-") else 1
    reader.take("+")
    value = reader.string()
    start = reader.next().upper
    end = reader.next().upper if reader.take("TO") else ""
    for unit in (start, end or start):
        if unit not in _UNITS:
            raise at(place, "SYNTAX_ERROR", f"mismatched input '{unit.lower()}'. Expecting: <interval unit>")
    return Interval(place, sign, value, start, end)


def _array(reader: Reader) -> Expression | None:
    if reader.ahead().upper != "[":
        return None
    place = reader.next().place
    reader.need("[")
    return ArrayOf(place, () if reader.take("]") else listed(reader, "]"))


def _row(reader: Reader) -> Expression | None:
    if reader.ahead().upper != "(":
        return None
    place = reader.next().place
    reader.need("(")
    return RowOf(place, listed(reader, ")"))


def _trim(reader: Reader) -> Expression:
    place = reader.next().place
    reader.need("(")
    side = reader.next().upper if reader.now.upper in ("LEADING", "TRAILING", "BOTH") else "BOTH"
    name = {"LEADING": "ltrim", "TRAILING": "rtrim", "BOTH": "trim"}[side]
    if reader.take("FROM"):
        found = Call(place, name, (expression(reader),))
    else:
        first = expression(reader)
        if reader.take("FROM"):
            found = Call(place, name, (expression(reader), first))
        elif reader.take(","):
            found = Call(place, name, (first, expression(reader)))
        else:
            found = Call(place, name, (first,))
    reader.need(")")
    return found


def _substring(reader: Reader) -> Expression | None:
    if reader.ahead().upper != "(":
        return None
    saved, parameters = reader.position, reader.parameters
    place = reader.next().place
    reader.need("(")
    value = expression(reader)
    if not reader.take("FROM"):
        reader.position, reader.parameters = saved, parameters
        return None
    arguments = [value, expression(reader)]
    if reader.take("FOR"):
        arguments.append(expression(reader))
    reader.need(")")
    return Call(place, "substr", tuple(arguments))


def _position(reader: Reader) -> Expression | None:
    if reader.ahead().upper != "(":
        return None
    place = reader.next().place
    reader.need("(")
    part = operand(reader)
    reader.need("IN")
    whole = operand(reader)
    reader.need(")")
    return Call(place, "strpos", (whole, part))


def _grouping(reader: Reader) -> Expression:
    place = reader.next().place
    reader.need("(")
    return Grouping(place, listed(reader, ")"))


def _normalize(reader: Reader) -> Expression:
    place = reader.next().place
    reader.need("(")
    value = expression(reader)
    form = reader.next().upper if reader.take(",") else "NFC"
    reader.need(")")
    return Call(place, "normalize", (value, Text(place, form)))


def _listagg(reader: Reader) -> Expression:
    place = reader.next().place
    reader.need("(")
    distinct = reader.take("DISTINCT")
    value = expression(reader)
    separator: Expression = expression(reader) if reader.take(",") else Text(place, "")
    if reader.see("ON"):
        raise at(reader.place, "NOT_SUPPORTED", "ON OVERFLOW is not supported")
    reader.need(")", "WITHIN", "GROUP", "(", "ORDER", "BY")
    order = sorts(reader)
    reader.need(")")
    return after_call(reader, Call(place, "listagg", (value, separator), distinct, order))


def _current(reader: Reader) -> Expression:
    token = reader.next()
    arguments: tuple[Expression, ...] = ()
    if reader.see("(") and token.upper not in ("CURRENT_DATE", "CURRENT_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"):
        reader.need("(")
        arguments = (Number(reader.place, str(reader.whole())),)
        reader.need(")")
    return Call(token.place, _CURRENT[token.upper], arguments)


def _constant(reader: Reader) -> Expression:
    token = reader.next()
    if token.upper == "NULL":
        return Null(token.place)
    return Truth(token.place, token.upper == "TRUE")


def _json(reader: Reader) -> Expression:
    raise at(reader.place, "NOT_SUPPORTED", f"{reader.now.upper} is not supported; use json_extract_scalar")


FORMS: dict[str, Callable[[Reader], Expression | None]] = {
    "CAST": _cast,
    "TRY_CAST": _try_cast,
    "CASE": _case,
    "EXISTS": _exists,
    "EXTRACT": _extract,
    "INTERVAL": _interval,
    "ARRAY": _array,
    "ROW": _row,
    "TRIM": _trim,
    "SUBSTRING": _substring,
    "POSITION": _position,
    "GROUPING": _grouping,
    "NORMALIZE": _normalize,
    "LISTAGG": _listagg,
    "NULL": _constant,
    "TRUE": _constant,
    "FALSE": _constant,
    **dict.fromkeys(_CURRENT, _current),
    **dict.fromkeys(("JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY", "JSON_VALUE"), _json),
}
