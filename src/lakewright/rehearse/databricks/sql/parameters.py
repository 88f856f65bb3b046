"""Named parameters of statements: checked against their types, and put into the query as constants.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-parameter-marker; a value that its type cannot be cast
from is refused, as the statement execution API documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from sqlglot import exp

from lakewright.errors import SpecError
from lakewright.models.types import parse_type
from lakewright.rehearse.databricks.sql.problems import SqlProblem, unsupported
from lakewright.rehearse.databricks.store import Body

Parameters = Mapping[str, tuple[str, str | None]]
"""Name → (type, value); None is NULL."""
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_TRUTH = {"true": True, "t": True, "yes": True, "y": True, "1": True}
_LIES = {"false": False, "f": False, "no": False, "n": False, "0": False}
_ALIASES = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint", "real": "float",
            "dec": "decimal", "numeric": "decimal"}  # fmt: skip


def parameters_of(body: Body) -> Parameters:
    """Those of a request."""
    return {
        str(one["name"]): (str(one.get("type") or "STRING"), None if one.get("value") is None else str(one["value"]))
        for one in body.get("parameters") or ()
    }


def value_of(node: exp.Expr, parameters: Parameters) -> exp.Expr:
    """The constant that a marker stands for. Raises SqlProblem."""
    name = node.name or str(node.this or "")
    if not name or name == "?":
        raise unsupported("positional parameters (nor has the statement execution API)")
    if name not in parameters:
        raise SqlProblem("UNBOUND_SQL_PARAMETER", f"Found the unbound parameter: {name}.", "42P02")
    type_, value = parameters[name]
    kind = _canonical(name, type_)
    if value is None:
        return exp.cast(exp.Null(), kind, dialect="databricks")
    word = kind.partition("(")[0]
    read = _READERS.get(word)
    if read is None:
        raise unsupported(f"a parameter of the type {type_}")
    try:
        return read(value.strip() if word != "string" else value, kind)
    except (ValueError, InvalidOperation):
        text = (
            f'The value \'{value}\' of the parameter {name} of the type "STRING" cannot be cast to "{type_.upper()}" '
            "because it is malformed."
        )
        raise SqlProblem("CAST_INVALID_INPUT", text, "22018") from None


def _canonical(name: str, type_: str) -> str:
    word, bracket, rest = type_.strip().lower().partition("(")
    word = _ALIASES.get(word.strip(), word.strip())
    if word == "decimal" and not bracket:
        bracket, rest = "(", "10,0)"
    try:
        return str(parse_type(f"{word}{bracket}{rest}"))
    except SpecError:
        raise SqlProblem("UNSUPPORTED_DATATYPE", f"Parameter {name}: unsupported data type {type_}.", "0A000") from None


def _string(value: str, _: str) -> exp.Expr:
    return exp.Literal.string(value)


def _whole(value: str, kind: str) -> exp.Expr:
    number = int(value)
    if not -(1 << (_BITS[kind] - 1)) <= number < 1 << (_BITS[kind] - 1):
        raise ValueError(value)
    if kind == "int":
        text = exp.Literal.number(str(abs(number)))
        return exp.Neg(this=text) if number < 0 else text
    return _cast(str(number), kind)


def _decimal(value: str, kind: str) -> exp.Expr:
    precision, scale = (int(one) for one in kind.partition("(")[2].rstrip(")").split(","))
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(value)
    fitted = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if len(fitted.as_tuple().digits) > precision:
        raise ValueError(value)
    return _cast(str(fitted), kind)


def _real(value: str, kind: str) -> exp.Expr:
    return _cast(repr(float(value)), kind)


def _truth(value: str, _: str) -> exp.Expr:
    found = (_TRUTH | _LIES).get(value.lower())
    if found is None:
        raise ValueError(value)
    return exp.true() if found else exp.false()


def _day(value: str, kind: str) -> exp.Expr:
    return _constant(date.fromisoformat(value).isoformat(), kind)


def _moment(value: str, kind: str) -> exp.Expr:
    if not re.match(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(value)
    found = datetime.fromisoformat(value)
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return _constant(found.isoformat(sep=" "), kind)


def _constant(text: str, kind: str) -> exp.Expr:
    """`DATE '2024-01-01'`."""
    return exp.cast(exp.Literal.string(text), kind, dialect="databricks")


def _cast(text: str, kind: str) -> exp.Expr:
    """A checked value in a type that constants do not have by themselves."""
    to = exp.DataType.build(kind, dialect="databricks")
    return exp.TryCast(this=exp.Literal.string(text), to=to, safe=True)


_READERS: Mapping[str, Callable[[str, str], exp.Expr]] = {
    "string": _string,
    "tinyint": _whole,
    "smallint": _whole,
    "int": _whole,
    "bigint": _whole,
    "decimal": _decimal,
    "double": _real,
    "boolean": _truth,
    "date": _day,
    "timestamp": _moment,
    "timestamp_ntz": _moment,
}
