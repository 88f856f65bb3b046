"""Terraform's type constraints, and whether a literal fits one, by Terraform's own conversions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lakewright.components.component import Data, File, FilePath, Output, Template, Value

_TOKEN = re.compile(r'\s+|#[^\n]*|//[^\n]*|/\*.*?\*/|([A-Za-z_][\w-]*|"(?:[^"\\]|\\.)*"|[(){}\[\],=:])', re.DOTALL)


@dataclass(frozen=True)
class Simple:
    """`string`, `number`, `bool` or `any`."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Many:
    """`list(of)`, `set(of)` or `map(of)`."""

    kind: str
    of: Type

    def __str__(self) -> str:
        return f"{self.kind}({self.of})"


@dataclass(frozen=True)
class Record:
    """`object({…})`: attribute → its type, and which of them may be left out."""

    attributes: Mapping[str, Type]
    optional: frozenset[str]

    def __str__(self) -> str:
        return "object({" + ", ".join(self.attributes) + "})"


@dataclass(frozen=True)
class Row:
    """`tuple([…])`."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple of {len(self.items)}"


Type: TypeAlias = Simple | Many | Record | Row
ANY = Simple("any")


def parse_type(text: str) -> Type:
    """The type of an expression such as `map(object({cidr = string, zone = optional(string)}))`. Raises ValueError."""
    found = _TokensOfType(text)
    kind = found.type()
    found.end()
    return kind


class _TokensOfType:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [match[1] for match in _TOKEN.finditer(text) if match[1]]
        self.at = 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.next()
        if wanted and token not in wanted:
            raise ValueError(f"{' or '.join(wanted)} expected in type {self.text}")
        self.at += 1
        return token

    def end(self) -> None:
        if self.next():
            raise ValueError(f"{self.next()} is one too many in type {self.text}")

    def type(self) -> Type:
        word = self.take()
        match word:
            case "string" | "number" | "bool" | "any":
                return Simple(word)
            case "list" | "set" | "map":
                if self.next() != "(":
                    return Many(word, ANY)
                self.take("(")
                of = self.type()
                self.take(")")
                return Many(word, of)
            case "object":
                return self.record()
            case "tuple":
                return self.row()
            case _:
                raise ValueError(f"no type: {word}")

    def record(self) -> Record:
        attributes: dict[str, Type] = {}
        optional: set[str] = set()
        self.take("(")
        self.take("{")
        while self.next() != "}":
            name = self.take().strip('"')
            self.take("=", ":")
            if self.next() == "optional":
                optional.add(name)
                attributes[name] = self.optional()
            else:
                attributes[name] = self.type()
            if self.next() == ",":
                self.take()
        self.take("}")
        self.take(")")
        return Record(attributes, frozenset(optional))

    def optional(self) -> Type:
        """`optional(type)` or `optional(type, default)`; the default is skipped."""
        self.take("optional")
        self.take("(")
        kind = self.type()
        depth = 1
        while depth and self.next():
            mark = self.take()
            depth += (mark in "([{") - (mark in ")]}")
        return kind

    def row(self) -> Row:
        items: list[Type] = []
        self.take("(")
        self.take("[")
        while self.next() != "]":
            items.append(self.type())
            if self.next() == ",":
                self.take()
        self.take("]")
        self.take(")")
        return Row(tuple(items))


@dataclass(frozen=True)
class Misfit:
    """What does not fit, where within the value, and the value."""

    path: tuple[str | int, ...]
    fact: str
    value: Value


def misfit(value: Value, kind: Type, path: tuple[str | int, ...] = ()) -> Misfit | None:
    """The first part of a value that Terraform would refuse for this type; None if it fits.

    Outputs are known only after the apply and fit everything; a file's text fits `string`.
    """
    if isinstance(value, Data):
        return misfit(value.content, kind, path)
    if value is None or isinstance(value, Output) or kind == ANY:
        return None
    match kind:
        case Simple(name):
            return None if _fits(value, name) else Misfit(path, f"must be a {_WORDS[name]}", value)
        case Many("map", of):
            return _map(value, of, path)
        case Many(_, of):
            return _list(value, of, path)
        case Record():
            return _record(value, kind, path)
        case Row(items):
            return _row(value, items, path)


_WORDS = {"string": "text", "number": "number", "bool": "true or false"}


def _fits(value: Value, name: str) -> bool:
    if isinstance(value, File | FilePath | Template):
        return name == "string"
    if isinstance(value, bool):
        return name in ("bool", "string")
    if isinstance(value, int | float):
        return name in ("number", "string")
    if not isinstance(value, str):
        return False
    if name == "number":
        return re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", value) is not None
    return name == "string" or value in ("true", "false", "1", "0")


def _map(value: Value, of: Type, path: tuple[str | int, ...]) -> Misfit | None:
    if not isinstance(value, Mapping):
        return Misfit(path, "must be a mapping", value)
    return next(filter(None, (misfit(item, of, (*path, key)) for key, item in value.items())), None)


def _list(value: Value, of: Type, path: tuple[str | int, ...]) -> Misfit | None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return Misfit(path, "must be a list", value)
    return next(filter(None, (misfit(item, of, (*path, index)) for index, item in enumerate(value))), None)


def _row(value: Value, items: tuple[Type, ...], path: tuple[str | int, ...]) -> Misfit | None:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(items):
        return Misfit(path, f"must be a list of {len(items)}", value)
    pairs = enumerate(zip(value, items, strict=True))
    return next(filter(None, (misfit(item, kind, (*path, index)) for index, (item, kind) in pairs)), None)


def _record(value: Value, kind: Record, path: tuple[str | int, ...]) -> Misfit | None:
    if not isinstance(value, Mapping):
        return Misfit(path, "must be a mapping", value)
    lacking = [name for name in kind.attributes if name not in value and name not in kind.optional]
    if lacking:
        return Misfit(path, f"lacks {lacking[0]}", value)
    unknown = [name for name in value if name not in kind.attributes]
    if unknown:  # Terraform drops it in silence, which is never what somebody meant
        return Misfit((*path, unknown[0]), f"is not one of {', '.join(kind.attributes)}", value[unknown[0]])
    return next(filter(None, (misfit(value[name], kind.attributes[name], (*path, name)) for name in value)), None)
