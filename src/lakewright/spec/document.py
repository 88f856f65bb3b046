"""A YAML file as a tree in which every value knows its file and line.

Scalars follow YAML 1.2's core schema, so `on`, `yes` and `0123` stay text. Keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from lakewright.errors import SpecError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_VALUES = 50_000

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file as shown to the user, and the line (from 1)."""

    file: str
    line: int
    layer: str = "file"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Text(str):
    """A string that remembers its place, so that a value can name it when it is used much later."""

    __slots__ = ("place",)
    place: Place

    def __new__(cls, value: str, place: Place) -> Text:
        text = super().__new__(cls, value)
        text.place = place
        return text


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping; `place` is the key's."""

    place: Place
    value: Value


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar, a list or a mapping with its place."""

    content: Any
    place: Place

    def plain(self) -> Any:
        """The value as bare Python objects; strings are `Text`."""
        match self.content:
            case dict() as entries:
                return {key: entry.value.plain() for key, entry in entries.items()}
            case list() as items:
                return [item.plain() for item in items]
            case str() as text:
                return Text(text, self.place)
            case scalar:
                return scalar

    def entries(self) -> Mapping[str, Entry]:
        """The entries of a mapping; nothing for anything else."""
        return self.content if isinstance(self.content, dict) else {}

    def find(self, path: Sequence[str | int]) -> Value | None:
        """The value at `path`, or None."""
        value: Value = self
        for step in path:
            match value.content:
                case dict() as entries if step in entries:
                    value = entries[step].value
                case list() as items if isinstance(step, int) and step < len(items):
                    value = items[step]
                case _:
                    return None
        return value

    def nearest(self, path: Sequence[str | int]) -> Place:
        """The place of the key (or list item) at `path`, else of its nearest ancestor."""
        place, value = self.place, self
        for step in path:
            match value.content:
                case dict() as entries if step in entries:
                    place, value = entries[step].place, entries[step].value
                case list() as items if isinstance(step, int) and step < len(items):
                    value = items[step]
                    place = value.place
                case _:
                    break
        return place


class _Loader(yaml.SafeLoader):
    """Marks only: no scalar is resolved by YAML 1.1's rules."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


class _Quick(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same by libyaml, where PyYAML was built with it: ten times as fast. Its messages say less."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


_READ_OTHERWISE = frozenset("\t?\ufeff")
"""Libyaml takes tabs, question marks within flow collections and late byte-order marks where PyYAML takes none."""
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


def read_document(text: str, file: str, layer: str = "file") -> tuple[Value, list[SpecError]]:
    """The tree of one YAML file and the mistakes found while reading it (duplicate keys, tags, anchors).

    A file that is no YAML at all gives an empty mapping and one mistake.
    """
    reader = _Reader(file, layer)
    empty = Value({}, Place(file, 1, layer))
    if len(text) > MAX_BYTES:
        return empty, [SpecError("LW101", f"the file is larger than {MAX_BYTES:,} bytes", place=f"{file}:1")]
    try:
        node = _composed(text)
    except yaml.YAMLError as error:
        return empty, [_syntax_error(error, text, file)]
    except _TooDeepError as error:
        return empty, [SpecError("LW103", f"more than {MAX_DEPTH} levels of nesting", place=f"{file}:{error.line}")]
    if node is None:
        return empty, [SpecError("LW101", "the file is empty", place=f"{file}:1", hint="`lakewright init` makes one")]
    if not isinstance(node, yaml.MappingNode):
        place = f"{file}:{node.start_mark.line + 1}"
        return empty, [
            SpecError("LW101", "the file must be a mapping of keys", place=place, hint="write `key: value` lines")
        ]
    return reader.value(node, ()), reader.mistakes


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(line)


def _composed(text: str) -> yaml.Node | None:
    if _READ_OTHERWISE.isdisjoint(text):
        with suppress(yaml.YAMLError):
            found = _composed_by(_Quick, text)
            if isinstance(found, yaml.MappingNode):
                return found
    return _composed_by(_Loader, text)


def _composed_by(loader: type[_Loader | _Quick], text: str) -> yaml.Node | None:
    _check_depth(text, loader)
    found: yaml.Node | None = yaml.compose(text, Loader=loader)
    return found


def _check_depth(text: str, loader: type[_Loader | _Quick]) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _TooDeepError(event.start_mark.line + 1 if event.start_mark else 1)


class _Reader:
    """Turns composed nodes into values and keeps the mistakes it meets."""

    def __init__(self, file: str, layer: str) -> None:
        self.file = file
        self.layer = layer
        self.mistakes: list[SpecError] = []
        self.count = 0

    def place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, self.layer)

    def wrong(self, code: str, fact: str, node: yaml.Node, hint: str = "") -> None:
        self.mistakes.append(SpecError(code, fact, place=str(self.place(node)), hint=hint))

    def value(self, node: yaml.Node, above: tuple[int, ...]) -> Value:
        self.count += 1
        place = self.place(node)
        if self.count > MAX_VALUES or id(node) in above:
            if self.count <= MAX_VALUES + 1:
                self.count = MAX_VALUES + 2
                self.wrong(
                    "LW103",
                    f"anchors expand to more than {MAX_VALUES:,} values",
                    node,
                    hint="write the values out, or use `include`",
                )
            return Value(None, place)
        if node.tag not in _PLAIN_TAGS:
            self.wrong("LW101", "a tag (`!…`) has no meaning here", node, hint="remove it, or quote the text")
        if isinstance(node, yaml.MappingNode):
            return Value(dict(self.pairs(node, (*above, id(node)))), place)
        if isinstance(node, yaml.ScalarNode):
            return Value(_scalar(node), place)
        return Value([self.value(item, (*above, id(node))) for item in node.value], place)

    def pairs(self, node: yaml.MappingNode, above: tuple[int, ...]) -> Iterator[tuple[str, Entry]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.wrong("LW101", "a key must be plain text", key)
                continue
            line = key.start_mark.line + 1
            if key.value == "<<":
                self.wrong("LW103", "merge keys (`<<`) are not part of this language", key, hint="write the keys out")
            elif key.value in seen:
                fact = f"the key `{key.value}` stands twice; the first is on line {seen[key.value]}"
                self.wrong("LW102", fact, key, hint="keep one of them")
            else:
                seen[key.value] = line
                yield key.value, Entry(self.place(key), self.value(value, above))


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    if node.style:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else text if _leading_zero(text) else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _leading_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits.startswith("0")


def _syntax_error(error: yaml.YAMLError, text: str, file: str) -> SpecError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    hint = ""
    if "alias" in problem:  # the message would repeat the text, which may be a password
        hint = "quote text that begins with * or &"
        return SpecError("LW101", "an alias without its anchor", place=f"{file}:{line}", hint=hint)
    if "\t" in source[: len(source) - len(source.lstrip())] or "'\\t'" in problem:
        return SpecError(
            "LW101", "a tab stands where YAML wants spaces", place=f"{file}:{line}", hint="indent with spaces"
        )
    if "could not find expected ':'" in problem:
        hint = "a key needs a colon and a space after it"
    elif "mapping values are not allowed" in problem:
        hint = "check the indentation, and quote a value that holds a colon"
    return SpecError("LW101", f"not readable as YAML: {problem}", place=f"{file}:{line}", hint=hint)
