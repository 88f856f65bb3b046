"""Databricks SQL's words, for statements that are no queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lakewright.rehearse.databricks.sql.problems import syntax

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^'\\]|\\.|'')*')|(?P<name>`(?:[^`]|``)+`|[A-Za-z_][\w-]*)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<mark>[^\s])",
    re.DOTALL,
)
Named = tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """`at` and `end`: where it stands in the statement."""

    kind: str
    text: str
    at: int
    end: int

    @property
    def name(self) -> str:
        return self.text[1:-1].replace("``", "`") if self.text.startswith("`") else self.text


def split(text: str) -> Iterator[str]:
    """The statements of a text: between semicolons, without comments before and behind them."""
    begin: int | None = None
    end = 0
    for one in _TOKEN.finditer(text):
        if one.lastgroup == "space":
            continue
        if one[0] == ";":
            if begin is not None:
                yield text[begin:end]
            begin = None
            continue
        begin = one.start() if begin is None else begin
        end = one.end()
    if begin is not None:
        yield text[begin:end]


def read(text: str) -> Iterator[Word]:
    """The words of a text, without spaces and comments; as many as are asked for."""
    for one in _TOKEN.finditer(text):
        if one.lastgroup != "space":
            yield Word(str(one.lastgroup), one[0], one.start(), one.end())


class Words:
    """Reads a statement from left to right. Raises SqlProblem when it does not go on as it must."""

    def __init__(self, statement: str) -> None:
        self.statement = statement.strip().rstrip(";").strip()
        self._words = list(read(self.statement))
        self._at = 0

    @property
    def next(self) -> Word:
        if self._at < len(self._words):
            return self._words[self._at]
        end = len(self.statement)
        return Word("end", "", end, end)

    def look(self, *words: str) -> bool:
        """Whether these come next; bare words, whatever their case."""
        some = self._words[self._at : self._at + len(words)]
        return len(some) == len(words) and all(
            one.kind in ("name", "mark") and one.text.upper() == word for one, word in zip(some, words, strict=True)
        )

    def take(self, *words: str) -> bool:
        if self.look(*words):
            self._at += len(words)
            return True
        return False

    def need(self, *words: str) -> None:
        if not self.take(*words):
            raise self.wrong(" ".join(words))

    def wrong(self, wanted: str) -> Exception:
        shown = self.next.text or "the end of the statement"
        return syntax(f"Syntax error at or near {shown!r}: {wanted} was expected.")

    def word(self) -> str:
        """A bare word, in capitals."""
        if self.next.kind != "name":
            raise self.wrong("a word")
        self._at += 1
        return self._words[self._at - 1].text.upper()

    def name(self) -> str:
        if self.next.kind != "name":
            raise self.wrong("a name")
        self._at += 1
        return self._words[self._at - 1].name

    def path(self) -> Named:
        """`a.b.c`."""
        found = [self.name()]
        while self.take("."):
            found.append(self.name())
        return tuple(found)

    def text(self) -> str:
        if self.next.kind != "text":
            raise self.wrong("a text in quotes")
        self._at += 1
        raw = self._words[self._at - 1].text[1:-1]
        return re.sub(r"\\(.)", r"\1", raw.replace("''", "'"), flags=re.DOTALL)

    def rest(self) -> str:
        """Everything that is left, as written."""
        found = self.statement[self.next.at :]
        self._at = len(self._words)
        return found

    def until(self, *marks: str) -> str:
        """What stands before one of these marks or words, on this level of brackets."""
        begin = end = self.next.at
        depth = 0
        while self.next.kind != "end" and (depth or self.next.text.upper() not in marks):
            depth += self.next.text in ("(", "<")
            depth -= self.next.text in (")", ">")
            end = self.next.end
            self._at += 1
        return self.statement[begin:end]

    def end(self) -> None:
        if self.next.kind != "end":
            raise self.wrong("the end of the statement")
