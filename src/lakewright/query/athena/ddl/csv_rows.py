"""CSV as OpenCSVSerde reads it, with its own ways of quotes and escapes. One line is one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from lakewright.catalog.formats import Format
from lakewright.catalog.hive_types import HiveType
from lakewright.query.athena.ddl.values import BITS, double
from lakewright.query.athena.sql import SqlError

EPOCH = date(1970, 1, 1)


def csv_rows(lines: Iterator[bytes], types: Sequence[HiveType], form: Format) -> Iterator[list[Any]]:
    """Each line's values. SqlError HIVE_BAD_DATA where Athena finds no number, day or moment."""
    reads = [_reader(kind, number) for number, kind in enumerate(types)]
    marks = tuple((form.options.get(name) or default)[0] for name, default in MARKS)
    count = len(types)
    for line in lines:
        fields = fields_of(line.decode("utf-8", "replace"), *marks) if line else []
        row: list[Any] = [read(text) for text, read in zip(fields, reads, strict=False)]
        yield row + [None] * (count - len(row))


MARKS = (("separatorChar", ","), ("quoteChar", '"'), ("escapeChar", "\\"))


def fields_of(line: str, separator: str, quote: str, escape: str) -> list[str]:
    """A line's fields. An escape counts only before a quote or an escape, inside a field; elsewhere it is dropped.

    A quote in the middle of a field stays, but for the first three characters of a line and next to separators. A last
    field whose quote is not closed is no field.
    """
    if quote not in line and escape not in line:
        return line.split(separator)
    fields: list[str] = []
    text: list[str] = []
    quoted = inside = False
    at, size = 0, len(line)
    while at < size:
        char = line[at]
        following = line[at + 1 : at + 2]
        if char == escape:
            if (quoted or inside) and following in (quote, escape) and following:
                text.append(following)
                at += 1
        elif char == quote and (quoted or inside) and following == quote:
            text.append(quote)
            at += 1
            inside = not inside
        elif char == quote:
            if at > 2 and line[at - 1] != separator and following and following != separator:
                if text and "".join(text).isspace():
                    text.clear()
                else:
                    text.append(quote)
            quoted = not quoted
            inside = not inside
        elif char == separator and not quoted:
            fields.append("".join(text))
            text.clear()
            inside = False
        else:
            text.append(char)
            inside = True
        at += 1
    return fields if quoted else [*fields, "".join(text)]


def _reader(kind: HiveType, number: int) -> Callable[[str], Any]:
    if kind.name == "string":
        return str
    if kind.name in ("varchar", "char"):
        return lambda text: text[: kind.numbers[0]]
    convert = _CONVERT.get(kind.name)
    if convert is None:
        raise SqlError("HIVE_BAD_DATA", f"Unsupported column type for OpenCSVSerde: {kind}")

    def read(text: str) -> Any:
        try:
            return convert(text, kind)
        except (ValueError, InvalidOperation, OverflowError):
            fact = f"Error parsing field value '{text[:200]}' for field {number}: For input string: \"{text[:200]}\""
            raise SqlError("HIVE_BAD_DATA", fact) from None

    return read


def _whole(text: str, kind: HiveType) -> int:
    value = int(text) if text.isascii() and "_" not in text and text == text.strip() else int("x")
    if not -(1 << BITS[kind.name]) <= value < 1 << BITS[kind.name]:
        raise ValueError(text)
    return value


def _double(text: str, _: HiveType) -> float:
    if (found := double(text)) is None:
        raise ValueError(text)
    return found


def _decimal(text: str, kind: HiveType) -> Decimal:
    precision, scale = kind.numbers
    found = Decimal(text)
    if not found.is_finite() or found.adjusted() >= precision - scale or -int(found.as_tuple().exponent) > scale:
        raise ValueError(text)
    return found.quantize(Decimal(1).scaleb(-scale))


def _boolean(text: str, _: HiveType) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else bool(int("x"))


def _day(text: str, _: HiveType) -> date:
    """A number of days since 1970, as Athena's documentation has it."""
    return EPOCH + timedelta(_whole(text, HiveType("int")))


def _moment(text: str, _: HiveType) -> datetime:
    """Milliseconds since 1970."""
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=_whole(text, HiveType("bigint")))
    return found.replace(tzinfo=None)


_CONVERT: dict[str, Callable[[str, HiveType], Any]] = {
    "tinyint": _whole,
    "smallint": _whole,
    "int": _whole,
    "bigint": _whole,
    "float": _double,
    "double": _double,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _day,
    "timestamp": _moment,
}
