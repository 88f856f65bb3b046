"""Delimited text as LazySimpleSerDe reads it: no quotes, `\\N` for NULL, missing fields NULL, further ones ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lakewright.catalog.formats import Format
from lakewright.catalog.hive_types import HiveType
from lakewright.query.athena.ddl.values import parser
from lakewright.query.athena.sql import SqlError

Read = Callable[[str], Any]
DEEPER = "".join(map(chr, range(4, 9)))


def text_rows(lines: Iterator[bytes], types: Sequence[HiveType], form: Format) -> Iterator[list[Any]]:
    """Each line's values."""
    marks = form.field_delimiter + form.item_delimiter + form.key_delimiter + DEEPER
    reads = [_reader(kind, 1, marks, form) for kind in types]
    split, null, count = _splitter(marks[0], form.escape), form.null, len(types)
    for line in lines:
        fields = split(line.decode("utf-8", "replace"))
        row = [None if text == null else read(text) for text, read in zip(fields, reads, strict=False)]
        yield row + [None] * (count - len(row))


def _splitter(mark: str, escape: str) -> Callable[[str], list[str]]:
    if not escape:
        return lambda text: text.split(mark)

    def split(text: str) -> list[str]:
        if escape not in text:
            return text.split(mark)
        parts, start, position = [], 0, 0
        while position < len(text):
            if text[position] == mark:
                parts.append(text[start:position])
                start = position + 1
            elif text[position] == escape:
                position += 1
            position += 1
        return [*parts, text[start:]]

    return split


def _reader(kind: HiveType, depth: int, marks: str, form: Format) -> Read:
    if not kind.items:
        return _plain(kind, form.escape)
    if depth + (kind.name == "map") >= len(marks):
        raise SqlError("NOT_SUPPORTED", f"type {kind} is too deep for a text file")
    split, null = _splitter(marks[depth], form.escape), form.null
    if kind.name == "array":
        read = _nullable(_reader(kind.items[0], depth + 1, marks, form), null)
        return lambda text: [read(part) for part in split(text)] if text else []
    if kind.name == "struct":
        reads = [_nullable(_reader(item, depth + 1, marks, form), null) for item in kind.items]
        return lambda text: _struct(split(text), kind.names, reads)
    pair = _splitter(marks[depth + 1], form.escape)
    key = _nullable(_reader(kind.items[0], depth + 2, marks, form), null)
    value = _nullable(_reader(kind.items[1], depth + 2, marks, form), null)
    rejoin = marks[depth + 1]
    return lambda text: _map(split(text) if text else [], pair, key, value, rejoin)


def _nullable(read: Read, null: str) -> Read:
    return lambda text: None if text == null else read(text)


def _struct(parts: list[str], names: Sequence[str], reads: Sequence[Read]) -> dict[str, Any]:
    found = {name: read(text) for name, read, text in zip(names, reads, parts, strict=False)}
    return {name: found.get(name) for name in names}


def _map(
    entries: list[str], pair: Callable[[str], list[str]], key: Read, value: Read, mark: str
) -> list[tuple[Any, Any]]:
    """Entries without a key are left out; of equal keys the first stays."""
    found: dict[Any, Any] = {}
    for entry in entries:
        first, *rest = pair(entry)
        name = key(first)
        if name is not None and name not in found:
            found[name] = value(mark.join(rest)) if rest else None
    return list(found.items())


def _plain(kind: HiveType, escape: str) -> Read:
    parse = parser(kind)
    if not escape or kind.name not in ("string", "varchar", "char"):
        return parse
    return lambda text: parse(_unescaped(text, escape))


def _unescaped(text: str, escape: str) -> str:
    if escape not in text:
        return text
    found, position = [], 0
    while position < len(text):
        if text[position] == escape and position + 1 < len(text):
            position += 1
        found.append(text[position])
        position += 1
    return "".join(found)
