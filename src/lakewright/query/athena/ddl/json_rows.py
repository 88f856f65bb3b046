"""JSON lines as Hive's JsonSerDe and the OpenX one read them.

Keys match in any letters.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from lakewright.catalog.formats import Format
from lakewright.catalog.hive_types import HiveType
from lakewright.query.athena.ddl.values import BITS, boolean, day, decimal, double, moment
from lakewright.query.athena.sql import SqlError

Read = Callable[[Any], Any]
DEEPEST = 500


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object's keys and values in their order."""


class BadJsonError(ValueError):
    """A line that cannot be read as it should; the text says why."""


def _constant(text: str) -> NoReturn:
    raise BadJsonError(f"Unrecognized token '{text}'")


_DECODER = json.JSONDecoder(
    object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=_constant, strict=True
)


def json_rows(
    lines: Iterator[bytes], names: Sequence[str], types: Sequence[HiveType], form: Format
) -> Iterator[list[Any]]:
    """Each line's values. SqlError HIVE_BAD_DATA for a line that is no JSON object, unless the table ignores those."""
    openx = form.kind == "openx_json"
    keys = _keys(names, form) if openx else list(names)
    reads = [(_openx if openx else _strict)(kind) for kind in types]
    ignore = openx and form.options.get("ignore.malformed.json", "false").lower() == "true"
    dots = openx and form.options.get("dots.in.keys", "false").lower() == "true"
    for line in lines:
        try:
            members = _members(line, openx, keys)
        except (ValueError, RecursionError) as error:
            if not ignore:
                raise _bad(f"Error parsing JSON: {str(error)[:300]}") from None
            yield [None] * len(types)
            continue
        if members is None:
            yield [None] * len(types)
            continue
        try:
            found = {_folded(key, dots): value for key, value in members} if openx else _distinct(members, keys)
            yield [_value(found.get(key), read) for key, read in zip(keys, reads, strict=True)]
        except BadJsonError as error:
            raise _bad(str(error)) from None


def _bad(fact: str) -> SqlError:
    return SqlError("HIVE_BAD_DATA", fact)


def _keys(names: Sequence[str], form: Format) -> list[str]:
    """The keys of columns: their names, or what `mapping.name` says."""
    mapped = {key.removeprefix("mapping.").lower(): value for key, value in form.options.items() if "mapping." in key}
    return [mapped.get(name, name).lower() for name in names]


def _folded(key: str, dots: bool) -> str:
    return key.lower().replace(".", "_") if dots else key.lower()


def _members(line: bytes, openx: bool, names: Sequence[str]) -> Members | None:
    """None for a line that the OpenX SerDe takes for no row at all."""
    text = line.decode("utf-8", "replace").strip()
    if openx and not text.startswith(("{", "[")):
        return None
    if len(text) > DEEPEST and text.count("{") + text.count("[") > DEEPEST:
        _check_depth(text)
    found, end = _DECODER.raw_decode(text)
    if text[end:].strip() and openx:
        raise BadJsonError("Extra data")
    if openx and type(found) is list:
        return Members(zip(names, found, strict=False))
    if not isinstance(found, Members):
        raise BadJsonError("start of object expected")
    return found


def _check_depth(text: str) -> None:
    depth = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        depth += (mark in "[{") - (mark in "]}")
        if depth > DEEPEST:
            raise BadJsonError("nested too deep")


def _value(value: Any, read: Read) -> Any:
    return None if value is None else read(value)


# Hive's own


def _strict(kind: HiveType) -> Read:
    match kind.name:
        case "array":
            item = _strict(kind.items[0])
            return lambda value: [_value(one, item) for one in _list(value)]
        case "map":
            key, item = _key(kind.items[0]), _strict(kind.items[1])
            return lambda value: list({key(name): _value(one, item) for name, one in _object(value)}.items())
        case "struct":
            reads = {name: _strict(one) for name, one in kind.fields}
            return lambda value: _fields(_object(value), reads)
    return _scalar(kind)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise BadJsonError("Invalid JSON: start of array expected")
    return value


def _object(value: Any) -> Members:
    if not isinstance(value, Members):
        raise BadJsonError("Invalid JSON: start of object expected")
    return value


def _distinct(members: Members, names: Iterable[str]) -> dict[str, Any]:
    """Values by key in lower case; a wanted key that is there twice is an error, as Trino has it."""
    found = {key.lower(): value for key, value in members}
    if len(found) < len(members):
        keys = [key.lower() for key, _ in members]
        if twice := next((name for name in names if keys.count(name) > 1), None):
            raise BadJsonError(f"Duplicate key: {twice}")
    return found


def _fields(members: Members, reads: Mapping[str, Read]) -> dict[str, Any]:
    found = _distinct(members, reads)
    return {name: _value(found.get(name), read) for name, read in reads.items()}


def _scalar(kind: HiveType) -> Read:
    read = _SCALARS.get(kind.name)

    def scalar(value: Any) -> Any:
        if isinstance(value, list):
            raise BadJsonError(f"Invalid JSON: {kind.trino} value must be a scalar json value")
        if read is None:
            return _cut(_text(value), kind)
        return read(value, kind)

    return scalar


def _text(value: Any) -> str:
    """A scalar as it is written."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cut(text: str, kind: HiveType) -> str:
    text = text[: kind.numbers[0]] if kind.numbers else text
    return text.rstrip(" ") if kind.name == "char" else text


def _whole(value: Any, kind: HiveType) -> int:
    if not isinstance(value, Number):
        raise BadJsonError(f"Current token ({type(value).__name__}) not numeric, can not use numeric value accessors")
    found = int(Decimal(value))
    if not -(1 << BITS[kind.name]) <= found < 1 << BITS[kind.name]:
        raise BadJsonError(f"Numeric value ({value}) out of range of {kind.name}")
    return found


def _double(value: Any, _: HiveType) -> float:
    if not isinstance(value, Number):
        raise BadJsonError(f"Current token ({type(value).__name__}) not numeric, can not use numeric value accessors")
    return float(value)


def _needed(parse: Callable[[str], Any]) -> Callable[[Any, HiveType], Any]:
    def read(value: Any, kind: HiveType) -> Any:
        found = parse(_text(value))
        if found is None:
            raise BadJsonError(f"Text '{_text(value)[:100]}' could not be parsed as {kind.name}")
        return found

    return read


def _decimal(value: Any, kind: HiveType) -> Decimal | None:
    """NULL for what is no number; one that is too large is an error."""
    text = _text(value)
    if (found := decimal(text, *kind.numbers)) is None and decimal(text, 1000, 0) is not None:
        raise BadJsonError(f"Cannot convert '{text[:100]}' to {kind.trino}. Value too large.")
    return found


_SCALARS: Mapping[str, Callable[[Any, HiveType], Any]] = {
    "tinyint": _whole,
    "smallint": _whole,
    "int": _whole,
    "bigint": _whole,
    "float": _double,
    "double": _double,
    "decimal": _decimal,
    "boolean": lambda value, _: _text(value).lower() == "true",
    "date": _needed(day),
    "timestamp": _needed(moment),
    "binary": lambda value, _: _text(value).encode(),
}


def _key(kind: HiveType) -> Callable[[str], Any]:
    if kind.name in ("string", "varchar", "char"):
        return lambda text: _cut(text, kind)
    read = _SCALARS.get(kind.name, _SCALARS["boolean"])
    return lambda text: read(Number(text), kind)


# OpenX


def _openx(kind: HiveType) -> Read:
    match kind.name:
        case "array":
            item = _openx(kind.items[0])
            return lambda value: None if value == "" else [_value(one, item) for one in _as_list(value)]
        case "map":
            key, item = _openx(kind.items[0]), _openx(kind.items[1])
            return lambda value: _blank(value, lambda found: list({key(k): _value(v, item) for k, v in found}.items()))
        case "struct":
            reads = {name: _openx(one) for name, one in kind.fields}
            return lambda value: _row(value, reads)
    read = _OPENX.get(kind.name)
    if read is None:
        return lambda value: _cut(_written(value), kind)
    return lambda value: read(_no_parts(value, kind), kind)


def _as_list(value: Any) -> list[Any]:
    return value if type(value) is list else [value]


def _blank(value: Any, read: Callable[[Members], Any]) -> Any:
    """What has no text in it is NULL."""
    if isinstance(value, Members):
        return read(value)
    if isinstance(value, str) and not value.strip():
        return None
    raise BadJsonError("Primitive can not be coerced to a MAP")


def _row(value: Any, reads: Mapping[str, Read]) -> dict[str, Any]:
    if isinstance(value, Members):
        found = {key.lower(): one for key, one in value}
        return {name: _value(found.get(name), read) for name, read in reads.items()}
    if type(value) is list:
        given = [*value, *[None] * len(reads)]
        return {name: _value(one, read) for (name, read), one in zip(reads.items(), given, strict=False)}
    if isinstance(value, str) and not value.strip():
        return dict.fromkeys(reads)
    raise BadJsonError("Primitive can not be coerced to a ROW")


def _written(value: Any) -> str:
    """Objects and lists are their JSON text."""
    return _dumped(value) if isinstance(value, list) else _text(value)


def _dumped(value: Any) -> str:
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_dumped(one)}" for key, one in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dumped, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _no_parts(value: Any, kind: HiveType) -> str:
    if isinstance(value, list):
        raise BadJsonError(f"{'Object' if isinstance(value, Members) else 'Array'} can not be coerced to {kind.trino}")
    return _text(value)


def _lenient_whole(text: str, kind: HiveType) -> int | None:
    try:
        if re.fullmatch(r"0[xX][0-9A-Fa-f]+", text):
            found = int(text[2:], 16)
        elif re.fullmatch(r"0[0-7]+", text):
            found = int(text, 8)
        else:
            found = int(Decimal(text)) if re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]{1,3})?", text) else int("x")
    except (ValueError, InvalidOperation):
        return None
    return found if -(1 << BITS[kind.name]) <= found < 1 << BITS[kind.name] else None


_ZONED = re.compile(r".*(?:[zZ]|[+-][0-9]{2}:?[0-9]{2})")


def _lenient_moment(text: str) -> datetime | None:
    """With a zone: what it is in UTC; numbers: seconds, or milliseconds with 13 digits and more."""
    if ":" in text:
        if not _ZONED.fullmatch(text):
            return moment(text)
        try:
            found = datetime.fromisoformat(text.upper())
        except ValueError:
            return None
        return (found - (found.utcoffset() or timedelta())).replace(tzinfo=None)
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", text):
        return None
    value = Decimal(text)
    millis = int(value * 1000) if "." in text or len(text) < 13 else int(value)
    try:
        return datetime(1970, 1, 1) + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def _lenient_day(text: str) -> date | None:
    if (found := day(text)) is not None:
        return found
    days = _lenient_whole(text, HiveType("int")) if re.fullmatch(r"-?[0-9]+|0[xX][0-9A-Fa-f]+", text) else None
    try:
        return None if days is None else date(1970, 1, 1) + timedelta(days)
    except OverflowError:
        return None


def _binary(text: str, _: HiveType) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadJsonError("Illegal base64 character") from None


_OPENX: Mapping[str, Callable[[str, HiveType], Any]] = {
    "tinyint": _lenient_whole,
    "smallint": _lenient_whole,
    "int": _lenient_whole,
    "bigint": _lenient_whole,
    "float": lambda text, _: double(text),
    "double": lambda text, _: double(text),
    "decimal": lambda text, kind: decimal(text, *kind.numbers),
    "boolean": lambda text, _: bool(boolean(text)),
    "date": lambda text, _: _lenient_day(text),
    "timestamp": lambda text, _: _lenient_moment(text),
    "binary": _binary,
}
