"""Hive's types: read from their text, and what they are canonically and in Trino."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lakewright.errors import SpecError

PLAIN = ("boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp")
MAX_DEPTH = 32
_SYNONYMS = {"integer": "int"}
_CANONICAL = {"timestamp": "timestamp_ntz", "char": "string", "varchar": "string"}
_TRINO = {
    "int": "integer",
    "float": "real",
    "string": "varchar",
    "binary": "varbinary",
    "timestamp": "timestamp(3)",
}
_LENGTHS = {"char": 255, "varchar": 65535}
_TOKEN = re.compile(r"\s*(?:(`(?:[^`]|``)*`)|([A-Za-z0-9_$.-]+)|([<>(),:]))")


@dataclass(frozen=True, slots=True)
class HiveType:
    """`numbers` are a decimal's precision and scale or a text's length; `items` the parts of array, map and struct,
    `names` a struct's fields in lower case."""

    name: str
    numbers: tuple[int, ...] = ()
    items: tuple[HiveType, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name == "struct":
            return f"struct<{','.join(f'{name}:{item}' for name, item in self.fields)}>"
        if self.items:
            return f"{self.name}<{','.join(map(str, self.items))}>"
        return f"{self.name}({','.join(map(str, self.numbers))})" if self.numbers else self.name

    @property
    def fields(self) -> tuple[tuple[str, HiveType], ...]:
        return tuple(zip(self.names, self.items, strict=True))

    @property
    def canonical(self) -> str:
        """The type that other rooms know; char and varchar are text of any length there."""
        if self.name == "struct":
            return f"struct<{','.join(f'{_spelled(name)}:{item.canonical}' for name, item in self.fields)}>"
        if self.items:
            return f"{self.name}<{','.join(item.canonical for item in self.items)}>"
        name = _CANONICAL.get(self.name, self.name)
        return f"{name}({','.join(map(str, self.numbers))})" if name == "decimal" else name

    @property
    def trino(self) -> str:
        """Trino's text: `struct<a:int>` → `row(a integer)`."""
        if self.name == "struct":
            return f"row({', '.join(f'{_quoted(name)} {item.trino}' for name, item in self.fields)})"
        if self.items:
            return f"{self.name}({', '.join(item.trino for item in self.items)})"
        if self.numbers:
            return str(self)
        return _TRINO.get(self.name, self.name)


def _spelled(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and name.isascii() else "`" + name.replace("`", "``") + "`"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=4096)
def parse_hive_type(text: str) -> HiveType:
    """Raises SpecError LW1201 for what is no type that Athena's tables have."""
    reader = _Reader(text)
    found = reader.type(0)
    if reader.tokens[reader.at :]:
        raise reader.wrong()
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        self.at = 0
        position = 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            if found is None:
                raise self.wrong()
            self.tokens.append(found[0].strip())
            position = found.end()

    def wrong(self) -> SpecError:
        hint = f"one of {', '.join(PLAIN)}, decimal(p,s), char(n), varchar(n), array<…>, map<…,…>, struct<name:…>"
        return SpecError("LW1201", f"{self.text[:200]!r} is not a Hive type", hint=hint)

    def next(self) -> str:
        if self.at >= len(self.tokens):
            raise self.wrong()
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, mark: str) -> bool:
        found = self.tokens[self.at : self.at + 1] == [mark]
        self.at += found
        return found

    def need(self, mark: str) -> None:
        if not self.take(mark):
            raise self.wrong()

    def type(self, depth: int) -> HiveType:
        if depth > MAX_DEPTH:
            raise self.wrong()
        name = self.next().lower()
        name = _SYNONYMS.get(name, name)
        if name in PLAIN:
            if name == "double":
                self.take("precision")
            return HiveType(name)
        if name in ("decimal", "numeric", "dec"):
            return self._decimal()
        if name in _LENGTHS:
            return self._length(name)
        self.need("<") if name in ("array", "map", "struct") else self._refuse()
        if name == "struct":
            return self._struct(depth)
        items = [self.type(depth + 1)]
        if name == "map":
            self.need(",")
            items.append(self.type(depth + 1))
        self.need(">")
        return HiveType(name, items=tuple(items))

    def _refuse(self) -> None:
        raise self.wrong()

    def _numbers(self) -> tuple[int, ...]:
        if not self.take("("):
            return ()
        numbers = [self.next()]
        while self.take(","):
            numbers.append(self.next())
        self.need(")")
        if not all(number.isdecimal() for number in numbers):
            raise self.wrong()
        return tuple(map(int, numbers))

    def _decimal(self) -> HiveType:
        precision, scale = (*(self._numbers() or (10,)), 0)[:2]
        if not (1 <= precision <= 38 and scale <= precision):
            raise self.wrong()
        return HiveType("decimal", (precision, scale))

    def _length(self, name: str) -> HiveType:
        numbers = self._numbers()
        if len(numbers) != 1 or not 1 <= numbers[0] <= _LENGTHS[name]:
            raise self.wrong()
        return HiveType(name, numbers)

    def _struct(self, depth: int) -> HiveType:
        names: list[str] = []
        items: list[HiveType] = []
        while True:
            name = self.next()
            names.append((name[1:-1].replace("``", "`") if name.startswith("`") else name).lower())
            self.take(":")
            items.append(self.type(depth + 1))
            if not self.take(","):
                break
        self.need(">")
        if len(set(names)) != len(names) or "" in names:
            raise self.wrong()
        return HiveType("struct", items=tuple(items), names=tuple(names))


def from_canonical(canonical: str) -> str:
    """Hive's text for a canonical type: local times are timestamps there, and so are instants."""
    return canonical.replace("timestamp_ntz", "timestamp")
