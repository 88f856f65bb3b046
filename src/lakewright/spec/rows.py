"""The language of `rows:` and of named conditions: which rows, without knowing any table yet.

    tenant_id in user.tenants and not (status = 'draft' or deleted_at is not null)

Columns against constants and the caller's attributes; names of conditions; `and`, `or`, `not`, brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Constant = bool | int | Decimal | str
Operator = Literal["=", "<>", "<", "<=", ">", ">="]

MAX_LENGTH = 20_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Among:
    """`column in (…)`; `column = x` is a Comparison."""

    column: str
    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class AmongAttribute:
    """`column in user.attribute`, or `column = user.attribute`."""

    column: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`column < constant`."""

    column: str
    op: Operator
    constant: Constant


@dataclass(frozen=True, slots=True)
class Absent:
    """`column is null`."""

    column: str


@dataclass(frozen=True, slots=True)
class Both:
    """`and` between at least two."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`or` between at least two."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """`not`."""

    item: Condition


@dataclass(frozen=True, slots=True)
class Named:
    """A condition by its name in `access.conditions`."""

    name: str


@dataclass(frozen=True, slots=True)
class CallerIs:
    """The caller is one of these: `user:ana`, `group:analysts`, `persona:…`, `everyone`. Not part of what is written;
    other systems' filters are read as it."""

    subjects: frozenset[str]


Condition = Among | AmongAttribute | Comparison | Absent | Both | Either | Opposite | Named | CallerIs


class RowsError(ValueError):
    """What is wrong with a condition, and what to write instead."""

    def __init__(self, fact: str, hint: str = "") -> None:
        self.fact = fact
        self.hint = hint
        super().__init__(fact)


def parse_rows(text: str) -> Condition:
    """The condition that `text` says. Raises RowsError."""
    if len(text) > MAX_LENGTH:
        raise RowsError(f"the condition is longer than {MAX_LENGTH:,} characters", "compare with an attribute of users")
    return _whole(_Reader(list(_tokens(text, _TOKEN))))


def parse_unity_rows(text: str) -> Condition:
    """The same out of a Unity Catalog function, which also asks who calls: `is_account_group_member('analysts')`."""
    return _whole(_UnityReader(list(_tokens(text, _UNITY_TOKEN))))


def _whole(reader: _Reader) -> Condition:
    condition = reader.either(0)
    reader.end()
    return condition


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it."""
    yield condition
    match condition:
        case Both(items) | Either(items):
            for item in items:
                yield from parts_of(item)
        case Opposite(item):
            yield from parts_of(item)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<attribute>user\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<quoted>"(?:[^"]|"")+"|`(?:[^`]|``)+`)
    |(?P<text>'(?:[^']|'')*')
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?)
    |(?P<mark><>|!=|<=|>=|[=<>(),])""",
    re.VERBOSE | re.IGNORECASE,
)
_UNITY_TOKEN = re.compile(_TOKEN.pattern.replace("'(?:[^']|'')*'", r"'(?:[^'\\]|\\.)*'"), _TOKEN.flags)
_WORDS = frozenset({"and", "or", "not", "in", "is", "null", "true", "false", "between"})
_TYPED = frozenset({"date", "timestamp"})
_EXAMPLE = "for example `tenant_id in user.tenants`, or `status = 'paid' and amount >= 10`"


def _tokens(text: str, pattern: re.Pattern[str]) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise RowsError(f"`{text[at : at + 12]}` means nothing here", _EXAMPLE)
        kind, found = str(match.lastgroup), match[0]
        at = match.end()
        if kind == "name" and found.lower() in _WORDS:
            yield _Token("word", found.lower(), match.start())
        elif kind == "quoted":
            yield _Token("name", found[1:-1].replace(found[0] * 2, found[0]), match.start())
        elif kind != "space":
            yield _Token(kind, found, match.start())


_END = _Token("end", "the end", -1)


class _Reader:
    """Reads tokens from left to right: or, and, not, comparison."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def take(self, kind: str, *texts: str) -> _Token | None:
        token = self.next
        if token.kind != kind or (texts and token.text not in texts):
            return None
        self.at += 1
        return token

    def need(self, kind: str, text: str) -> None:
        if self.take(kind, text) is None:
            raise RowsError(f"`{text}` is missing before {self._shown()}", _EXAMPLE)

    def end(self) -> None:
        if self.next is not _END:
            raise RowsError(f"{self._shown()} is one too many", "join conditions with `and` or `or`")

    def _shown(self) -> str:
        return self.next.text if self.next is _END else f"`{self.next.text}`"

    def either(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise RowsError(f"more than {MAX_DEPTH} levels of brackets", "name parts of it in `conditions`")
        items = [self.both(depth)]
        while self.take("word", "or"):
            items.append(self.both(depth))
        return Either(tuple(items)) if len(items) > 1 else items[0]

    def both(self, depth: int) -> Condition:
        items = [self.opposite(depth)]
        while self.take("word", "and"):
            items.append(self.opposite(depth))
        return Both(tuple(items)) if len(items) > 1 else items[0]

    def opposite(self, depth: int) -> Condition:
        if self.take("word", "not"):
            if depth > MAX_DEPTH:
                raise RowsError(f"more than {MAX_DEPTH} levels of `not`", "say it without")
            return Opposite(self.opposite(depth + 1))
        if self.take("mark", "("):
            inner = self.either(depth + 1)
            self.need("mark", ")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        name = self.take("name")
        if name is None:
            raise RowsError(f"a column is missing before {self._shown()}", _EXAMPLE)
        column = name.text
        if mark := self.take("mark", "=", "<>", "!=", "<", "<=", ">", ">="):
            return self._compared(column, "<>" if mark.text == "!=" else mark.text)
        if self.take("word", "is"):
            negative = self.take("word", "not")
            self.need("word", "null")
            return Opposite(Absent(column)) if negative else Absent(column)
        negative = self.take("word", "not")
        if self.take("word", "in"):
            found = self._among(column)
        elif self.take("word", "between"):
            low = self.constant()
            self.need("word", "and")
            found = Both((Comparison(column, ">=", low), Comparison(column, "<=", self.constant())))
        elif negative:
            raise RowsError(f"`in` is missing before {self._shown()}", _EXAMPLE)
        else:
            return Named(column)
        return Opposite(found) if negative else found

    def _compared(self, column: str, op: str) -> Condition:
        if attribute := self.take("attribute"):
            if op not in ("=", "<>"):
                raise RowsError(f"`{op}` does not go with {attribute.text}", "compare with =, <> or in")
            among = AmongAttribute(column, _attribute(attribute))
            return among if op == "=" else Opposite(among)
        return Comparison(column, op, self.constant())  # type: ignore[arg-type] # one of the operators

    def _among(self, column: str) -> Condition:
        if attribute := self.take("attribute"):
            return AmongAttribute(column, _attribute(attribute))
        self.need("mark", "(")
        values = [self.constant()]
        while self.take("mark", ","):
            values.append(self.constant())
        self.need("mark", ")")
        return Among(column, tuple(values))

    def unquoted(self, text: str) -> str:
        return text[1:-1].replace("''", "'")

    def constant(self) -> Constant:
        following = self.tokens[self.at + 1 : self.at + 2]
        if self.next.text.lower() in _TYPED and following and following[0].kind == "text":
            self.at += 1  # `date '2026-01-31'` is the text: the column says what it means
        if token := self.take("text"):
            return self.unquoted(token.text)
        if token := self.take("number"):
            return Decimal(token.text) if "." in token.text else int(token.text)
        if token := self.take("word", "true", "false"):
            return token.text == "true"
        if self.next.kind == "word" and self.next.text == "null":
            raise RowsError("nothing is equal to null", "write `is null`")
        if self.next.kind == "name":
            fact = f"{self._shown()} is a column or a function; a column is compared with constants only"
            raise RowsError(fact, f"'{self.next.text}' in single quotes is text")
        raise RowsError(f"a value is missing before {self._shown()}", _EXAMPLE)


class _UnityReader(_Reader):
    """Databricks' SQL: the caller's name and groups, constants as conditions, backslashes in text."""

    def unquoted(self, text: str) -> str:
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)

    def comparison(self) -> Condition:
        if self.take("word", "true"):
            return CallerIs(frozenset({"everyone"}))
        if self.take("word", "false"):
            return CallerIs(frozenset())
        if self.take("name", "is_account_group_member"):
            self.need("mark", "(")
            group = f"group:{self.constant()}"
            self.need("mark", ")")
            return CallerIs(frozenset({"everyone" if group == f"group:{EVERY_ACCOUNT}" else group}))
        if self.take("name", "current_user"):
            for mark in "()=":
                self.need("mark", mark)
            return CallerIs(frozenset({f"user:{self.constant()}"}))
        return super().comparison()


EVERY_ACCOUNT = "account users"
"""Databricks' group of everyone."""


def _attribute(token: _Token) -> str:
    return token.text.partition(".")[2].strip()
