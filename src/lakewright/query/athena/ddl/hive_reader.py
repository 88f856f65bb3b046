"""Hive's tokens: backquoted names, strings in both quotes with backslashes, words, numbers, marks."""

from __future__ import annotations

import re
from typing import NamedTuple

from lakewright.query.athena.sql import SqlError

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<name>[A-Za-z0-9_$@-]+)
    |(?P<mark>==|<>|!=|<=|>=|[(),.=<>:;*%|])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}
_ESCAPE = re.compile(r"\\([0-3][0-7]{2})|\\u([0-9A-Fa-f]{4})|\\(.)", re.DOTALL)
MOST_TOKENS = 100_000


class Token(NamedTuple):
    """`kind`: name, quoted, text, mark, end. `value` is unquoted, `upper` for keywords, `start` its place."""

    kind: str
    value: str
    upper: str
    start: int
    double: bool = False


class HiveReader:
    """Reads one statement from left to right; `database` stands before names that name none."""

    def __init__(self, text: str, database: str) -> None:
        self.text = text
        self.database = database
        self.at = 0
        self.tokens: list[Token] = []
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None or len(self.tokens) > MOST_TOKENS:
                raise self._error(position, f"token recognition error at: '{text[position : position + 10]}'")
            if found.lastgroup != "blank":
                self.tokens.append(_token(found.lastgroup or "", found[0], position))
            position = found.end()
        self.tokens.append(Token("end", "<EOF>", "<EOF>", len(text)))

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, count: int = 1) -> Token:
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.now
        self.at += token.kind != "end"
        return token

    def take(self, *words: str) -> bool:
        """Goes over the words when all of them come next."""
        if any(self.ahead(number).upper != word for number, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def need(self, *words: str) -> None:
        for word in words:
            if not self.take(word):
                raise self.wrong(f"'{word}'")

    def end(self) -> None:
        if self.now.kind != "end":
            shown = self.now.value
            raise self._error(self.now.start, f"extraneous input '{shown}' expecting <EOF>")

    def wrong(self, expected: str) -> SqlError:
        return self._error(self.now.start, f"mismatched input '{self.now.value}'. Expecting: {expected}")

    def _error(self, position: int, fact: str) -> SqlError:
        before = self.text[:position]
        line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
        return SqlError("SYNTAX_ERROR", fact, line, column)

    def name(self) -> str:
        """In lower case, as Glue keeps names."""
        token = self.now
        if token.kind not in ("name", "quoted") and not token.double:
            raise self.wrong("<identifier>")
        if not token.value:
            raise self.wrong("<identifier>")
        return self.next().value.lower()

    def qualified(self) -> str:
        """`[catalog.]database.table`, with the database where none is written; `db.t` in one pair of quotes too."""
        parts = self._parts()
        return ".".join(parts[-2:]) if len(parts) > 1 else f"{self.database}.{parts[0]}"

    def _parts(self) -> list[str]:
        parts = self.name().split(".")
        while self.take("."):
            parts += self.name().split(".")
        if len(parts) > 3 or (len(parts) == 3 and parts[0] != "awsdatacatalog") or not all(parts):
            raise self.wrong("a table's name")
        return parts

    def database_name(self) -> str:
        parts = self._parts()
        if len(parts) > 2 or (len(parts) == 2 and parts[0] != "awsdatacatalog"):
            raise self.wrong("a database's name")
        return parts[-1]

    def string(self) -> str:
        if self.now.kind != "text":
            raise self.wrong("<string>")
        return self.next().value

    def properties(self) -> dict[str, str]:
        """`('a'='b', …)`."""
        self.need("(")
        found: dict[str, str] = {}
        while not self.take(")"):
            key = self.string()
            self.need("=")
            found[key] = self.string() if self.now.kind == "text" else self.next().value
            if not self.take(","):
                self.need(")")
                break
        return found

    def type_text(self) -> str:
        """A type as written, up to the comma, parenthesis or keyword behind it."""
        start, depth = self.now.start, 0
        if self.now.kind != "name":
            raise self.wrong("<type>")
        self.next()
        while self.now.kind != "end":
            if self.now.value in ("<", "("):
                depth += 1
            elif self.now.value in (">", ")") and depth:
                depth -= 1
                if not depth and self.ahead().value not in ("<", "("):
                    self.next()
                    break
            elif not depth:
                break
            self.next()
        return self.text[start : self.now.start].strip()


def _token(kind: str, written: str, start: int) -> Token:
    if kind == "text":
        mark = written[0]
        inner = written[1:-1].replace(mark * 2, mark)
        return Token("text", _ESCAPE.sub(_unescape, inner), "", start, double=mark == '"')
    if kind == "quoted":
        return Token(kind, written[1:-1].replace("``", "`"), "", start)
    return Token(kind, written, written.upper(), start)


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 8))
    if found[2]:
        return chr(int(found[2], 16))
    return _ESCAPES.get(found[3], found[3])
