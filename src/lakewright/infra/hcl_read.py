"""Reads what `variables.tf` and `outputs.tf` declare: top-level blocks with the text of their attributes.

A small reader of HCL's outer shape, since python-hcl2 takes 1.5 s to start; tests hold it against that one.
Expressions are kept as text and not understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SKIP = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_HEREDOC = re.compile(r"<<-?([A-Za-z_]\w*)\n.*?\n[ \t]*\1(?=\n|\Z)", re.DOTALL)
_OPEN, _CLOSE = "([{", ")]}"
_PLAIN = re.compile(r'[^"#/<\n()\[\]{}]+')
_PLAIN_IN_STRING = re.compile(r'[^"\\$%]+')


@dataclass(frozen=True)
class Block:
    """`kind "label" … { }`: attributes by name, as text; nested blocks in their order."""

    kind: str
    labels: tuple[str, ...]
    attributes: Mapping[str, str]
    blocks: tuple[Block, ...]
    line: int


class HclError(ValueError):
    """The text is not HCL as this reader knows it; `line` counts from 1."""

    def __init__(self, line: int, fact: str) -> None:
        self.line = line
        self.fact = fact
        super().__init__(f"line {line}: {fact}")


def read_blocks(text: str) -> tuple[Block, ...]:
    """The top-level blocks of a file. Raises HclError."""
    reader = _Reader(text)
    _, blocks = reader.body(top=True)
    return tuple(blocks)


def text_of(expression: str) -> str:
    """The value of a quoted string without templates."""
    value: str = json.loads(expression)
    return value.replace("$${", "${").replace("%%{", "%{")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def skip(self) -> None:
        if match := _SKIP.match(self.text, self.at):
            self.at = match.end()

    def take(self, pattern: re.Pattern[str], what: str) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise HclError(self.line, f"{what} expected")
        self.at = match.end()
        return match[0]

    def body(self, *, top: bool) -> tuple[dict[str, str], list[Block]]:
        """Attributes and blocks up to the closing brace (or the end of the file)."""
        attributes: dict[str, str] = {}
        blocks: list[Block] = []
        while True:
            self.skip()
            if self.at == len(self.text) or self.text[self.at] == "}":
                if top != (self.at == len(self.text)):
                    raise HclError(self.line, "a brace too many" if top else "a brace is missing")
                self.at += 1
                return attributes, blocks
            line = self.line
            name = self.take(_NAME, "a name")
            self.skip()
            if self.text.startswith("=", self.at):
                self.at += 1
                attributes[name] = self.expression()
            else:
                blocks.append(self.block(name, line))

    def block(self, kind: str, line: int) -> Block:
        labels = list(self.labels())
        if not self.text.startswith("{", self.at):
            raise HclError(self.line, f"`=` or `{{` expected after {kind}")
        self.at += 1
        attributes, blocks = self.body(top=False)
        return Block(kind, tuple(labels), attributes, tuple(blocks), line)

    def labels(self) -> Iterator[str]:
        while match := _LABEL.match(self.text, self.at):
            self.at = match.end()
            self.skip()
            yield text_of(match[0])

    def expression(self) -> str:
        """The text up to the end of the line that closes all brackets, without the trailing comment."""
        start = self.at
        depth = 0
        while self.at < len(self.text):
            if plain := _PLAIN.match(self.text, self.at):
                self.at = plain.end()
                continue
            char = self.text[self.at]
            if char == '"':
                self.string()
                continue
            if heredoc := _HEREDOC.match(self.text, self.at):
                self.at = heredoc.end()
                continue
            if depth == 0 and (char in "\n}" or self.text.startswith(("#", "//"), self.at)):
                break
            if char == "#" or self.text.startswith(("//", "/*"), self.at):
                self.skip()
                continue
            depth += (char in _OPEN) - (char in _CLOSE)
            self.at += 1
        return self.text[start : self.at].strip()

    def string(self) -> None:
        """Over a quoted string; `${…}` in it may hold strings and braces of its own."""
        self.at += 1
        while self.at < len(self.text):
            if plain := _PLAIN_IN_STRING.match(self.text, self.at):
                self.at = plain.end()
            elif self.text[self.at] == '"':
                self.at += 1
                return
            elif self.text.startswith(("$${", "%%{"), self.at):
                self.at += 3
            elif self.text.startswith(("${", "%{"), self.at):
                self.at += 2
                self.template()
            else:
                self.at += 2 if self.text[self.at] == "\\" else 1
        raise HclError(self.line, "a quote is missing")

    def template(self) -> None:
        depth = 1
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.string()
                continue
            self.at += 1
            depth += (char == "{") - (char == "}")
            if depth == 0:
                return
        raise HclError(self.line, "a brace is missing")
