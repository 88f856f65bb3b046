"""HCL as `terraform fmt` would write it: a value becomes lines, a body aligns its equals signs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from lakewright.components.component import Data, File, FilePath, Output, Template, Value

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset({"for", "if", "in", "null", "true", "false"})
_WIDE = 96


@dataclass(frozen=True)
class Expression:
    """HCL that stands as it is; further lines are indented by the one who wrote it."""

    text: str


Addressed: TypeAlias = Callable[[Output], str]
"""How an output is called from where the text is written."""


@dataclass(frozen=True)
class Attribute:
    """`name = value`, with a comment behind it, or above it where the value has several lines."""

    name: str
    value: Value | Expression
    comment: str = ""


@dataclass(frozen=True)
class Body:
    """`kind "label" { }` under a comment: attributes, further ones after a gap, then nested blocks."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    further: tuple[Attribute, ...] = ()
    blocks: tuple[Body, ...] = ()
    comment: tuple[str, ...] = ()


class HclText:
    """Writes values. `address` names outputs; `folder` is where a call's own files lie, below the root module."""

    def __init__(self, address: Addressed, folder: str = "") -> None:
        self.address = address
        self.folder = folder

    def block(self, body: Body) -> list[str]:
        """The lines of a block."""
        head = " ".join([body.kind, *(quoted(label) for label in body.labels)])
        comment = [f"# {line}".rstrip() for line in body.comment]
        parts = [self.attributes(body.attributes), self.attributes(body.further), *map(self.block, body.blocks)]
        inner = _parted([part for part in parts if part])
        return [*comment, f"{head} {{", *_indented(inner), "}"] if inner else [*comment, f"{head} {{}}"]

    def attributes(self, attributes: Iterable[Attribute]) -> list[str]:
        """Lines of attributes; those of one line that follow each other have equals signs and comments in columns."""
        lines: list[str] = []
        row: list[tuple[str, str, str]] = []
        for attribute in attributes:
            first, *rest = self.value(attribute.value)
            key = attribute.name if _plain(attribute.name) else quoted(attribute.name)
            if rest:
                comment = [f"# {attribute.comment}"] if attribute.comment else []
                lines += [*_aligned(row), *comment, f"{key} = {first}", *rest]
                row = []
            else:
                row.append((key, first, attribute.comment))
        return lines + _aligned(row)

    def value(self, value: Value | Expression) -> list[str]:
        """The lines of a value, the first to stand after the equals sign."""
        match value:
            case Expression(text):
                return text.split("\n")
            case Output():
                return [self.address(value)]
            case File(name):
                return [f"file({self._path(name)})"]
            case FilePath(name):
                return [self._path(name)]
            case Data(name, _):
                return [f"jsondecode(file({self._path(name)}))"]
            case Template(name, values):
                return self._wrapped(f"templatefile({self._path(name)}, ", values, ")")
            case str():
                return [quoted(value)]
            case Mapping():
                return self._wrapped("", value, "")
            case Sequence():
                return self._list(value)
            case _:
                return [json.dumps(value)]

    def _path(self, name: str) -> str:
        return f'"${{path.module}}/{self.folder}/{name}"' if self.folder else f'"${{path.module}}/{name}"'

    def _wrapped(self, before: str, values: Mapping[str, Value], after: str) -> list[str]:
        if not values:
            return [f"{before}{{}}{after}"]
        inner = self.attributes(Attribute(key, item) for key, item in values.items())
        return [f"{before}{{", *_indented(inner), f"}}{after}"]

    def _list(self, items: Sequence[Value]) -> list[str]:
        written = [self.value(item) for item in items]
        line = f"[{', '.join(first for first, *_ in written)}]"
        if all(len(lines) == 1 for lines in written) and len(line) <= _WIDE:
            return [line]
        inner = [text for lines in written for text in (*lines[:-1], f"{lines[-1]},")]
        return ["[", *_indented(inner), "]"]


def quoted(text: str) -> str:
    """A string literal that means this text."""
    return json.dumps(str(text), ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _plain(name: str) -> bool:
    return _IDENTIFIER.fullmatch(name) is not None and name not in _WORDS


def _aligned(row: list[tuple[str, str, str]]) -> list[str]:
    """Comments stand in one column as long as each line has one, as `terraform fmt` has it."""
    width = max((len(key) for key, _, _ in row), default=0)
    lines: list[str] = []
    for commented, run in groupby(row, key=lambda item: bool(item[2])):
        cells = [(f"{key:<{width}} = {text}", comment) for key, text, comment in run]
        column = max(len(cell) for cell, _ in cells)
        lines += [f"{cell:<{column}} # {comment}" if commented else cell for cell, comment in cells]
    return lines


def _parted(parts: list[list[str]]) -> list[str]:
    """Parts with an empty line between them."""
    return [line for index, part in enumerate(parts) for line in (["", *part] if index else part)]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]
