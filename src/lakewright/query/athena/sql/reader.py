"""A cursor over a statement's tokens, with Trino's words for what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lakewright.query.athena.sql.errors import SqlError, at
from lakewright.query.athena.sql.lexer import Token, tokens
from lakewright.query.athena.sql.syntax import Expression, Place, Query
from lakewright.query.athena.sql.types import MAX_LENGTH, Type

MAX_DEPTH = 75
RESERVED = frozenset(
    [
        "ALTER",
        "AND",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "CONSTRAINT",
        "CREATE",
        "CROSS",
        "CUBE",
        "CURRENT_CATALOG",
        "CURRENT_DATE",
        "CURRENT_PATH",
        "CURRENT_ROLE",
        "CURRENT_SCHEMA",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "CURRENT_USER",
        "DEALLOCATE",
        "DELETE",
        "DESCRIBE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "END",
        "ESCAPE",
        "EXCEPT",
        "EXECUTE",
        "EXISTS",
        "EXTRACT",
        "FALSE",
        "FOR",
        "FROM",
        "FULL",
        "GROUP",
        "GROUPING",
        "HAVING",
        "IN",
        "INNER",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "JOIN",
        "JSON_ARRAY",
        "JSON_EXISTS",
        "JSON_OBJECT",
        "JSON_QUERY",
        "JSON_TABLE",
        "JSON_VALUE",
        "LEFT",
        "LIKE",
        "LISTAGG",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "NATURAL",
        "NORMALIZE",
        "NOT",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "OUTER",
        "PREPARE",
        "RECURSIVE",
        "RIGHT",
        "ROLLUP",
        "SELECT",
        "SKIP",
        "TABLE",
        "THEN",
        "TRIM",
        "TRUE",
        "UESCAPE",
        "UNION",
        "UNNEST",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WITH",
    ]
)


Forms = Mapping[str, Callable[["Reader"], Expression | None]]
"""How an expression is read that begins with some word; None when the word is a plain name there."""


class Reader:
    """`query` and `forms` read what the room's grammar has above and below an expression. `database` stands before table names that name none; `tables` collects the names that are read."""  # noqa: E501

    def __init__(self, text: str, database: str, query: Callable[[Reader], Query], forms: Forms) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.position = 0
        self.depth = 0
        self.parameters = 0
        self.database = database
        self.catalog = ""
        self.named = False
        self.query = query
        self.forms = forms
        self.ctes: list[frozenset[str]] = []

    @property
    def now(self) -> Token:
        return self.tokens[self.position]

    @property
    def place(self) -> Place:
        return self.tokens[self.position].place

    def ahead(self, count: int = 1) -> Token:
        return self.tokens[min(self.position + count, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.tokens[self.position]
        self.position += token.kind != "end"
        return token

    def see(self, *words: str) -> bool:
        """Whether the next tokens are these keywords or marks."""
        for offset, word in enumerate(words):
            token = self.ahead(offset) if offset else self.tokens[self.position]
            if token.upper != word:
                return False
        return True

    def take(self, *words: str) -> bool:
        if not self.see(*words):
            return False
        self.position += len(words)
        return True

    def need(self, *words: str) -> None:
        for word in words:
            if not self.take(word):
                raise self.wrong(word if word.isalpha() else f"'{word}'")

    def wrong(self, *expected: str) -> SqlError:
        token = self.now
        shown = self.text[token.start :].split(None, 1)[0] if token.kind in ("text", "quoted") else token.value
        expecting = f". Expecting: {', '.join(expected)}" if expected else ""
        if token.kind in ("text", "quoted"):
            mark = "'" if token.kind == "text" else '"'
            shown = mark + token.value.replace(mark, mark * 2) + mark
        return at(token.place, "SYNTAX_ERROR", f"mismatched input '{shown}'{expecting}")

    def deeper(self, levels: int = 1) -> None:
        """One level of nesting more; the caller takes it back. A failed read is not read on."""
        self.depth += levels
        if self.depth > MAX_DEPTH:
            raise at(self.place, "STATEMENT_TOO_COMPLEX", "statement is too large (stack overflow while parsing)")

    def is_name(self) -> bool:
        token = self.now
        return token.kind == "quoted" or (token.kind == "name" and token.upper not in RESERVED)

    def name(self) -> Token:
        if not self.is_name():
            raise self.wrong("<identifier>")
        if self.now.kind == "quoted" and not self.now.value:
            raise at(self.place, "SYNTAX_ERROR", "Zero-length delimited identifier not allowed")
        return self.next()

    def names(self) -> tuple[str, ...]:
        """Names in parentheses, lower case."""
        self.need("(")
        found = [self.name().value.lower()]
        while self.take(","):
            found.append(self.name().value.lower())
        self.need(")")
        return tuple(found)

    def string(self) -> str:
        if self.now.kind != "text":
            raise self.wrong("<string>")
        return self.next().value

    def whole(self) -> int:
        if self.now.kind != "number" or not self.now.value.isdecimal():
            raise self.wrong("<integer>")
        return int(self.next().value)

    def qualified(self) -> tuple[str, ...]:
        """A dotted name, lower case."""
        found = [self.name().value.lower()]
        while self.take("."):
            found.append(self.name().value.lower())
        return tuple(found)

    def type(self) -> Type:
        self.deeper()
        place = self.place
        kind = self._type()
        while self.take("ARRAY"):
            kind = Type("array", items=(kind,))
        self.depth -= 1
        return check_type(kind, place)

    def _type(self) -> Type:
        if self.now.kind not in ("name", "quoted"):
            raise self.wrong("<type>")
        token = self.next()
        name = token.value.lower()
        if name == "row":
            return self._row()
        if name in ("array", "map"):
            close = ")" if self.take("(") else ">"
            if close == ">":
                self.need("<")
            items = [self.type()]
            while self.take(","):
                items.append(self.type())
            self.need(close)
            return Type(name, items=tuple(items))
        if name == "interval":
            return self._interval(token)
        if name == "double" and self.take("PRECISION"):
            return Type("double")
        numbers = self._numbers()
        if name in ("timestamp", "time"):
            digits = numbers[0] if numbers else 3
            if self.take("WITH", "TIME", "ZONE"):
                return Type(f"{name} with time zone", digits)
            if self.see("WITHOUT"):
                self.need("WITHOUT", "TIME", "ZONE")
            return Type(name, digits)
        return _simple(name, numbers, token)

    def _interval(self, token: Token) -> Type:
        first = self.next().upper
        self.need("TO")
        last = self.next().upper
        if (first, last) not in (("DAY", "SECOND"), ("YEAR", "MONTH")):
            raise at(token.place, "SYNTAX_ERROR", f"Unknown type: interval {first.lower()} to {last.lower()}")
        return Type(f"interval {first.lower()} to {last.lower()}")

    def _numbers(self) -> list[int]:
        numbers: list[int] = []
        if self.take("("):
            numbers.append(self.whole())
            while self.take(","):
                numbers.append(self.whole())
            self.need(")")
        return numbers

    def _row(self) -> Type:
        items: list[Type] = []
        names: list[str] = []
        self.need("(")
        while True:
            named = self.ahead().kind in ("name", "quoted") and self.ahead().upper not in (
                "ARRAY",
                "PRECISION",
                "TO",
                "DAY",
                "YEAR",
                "WITH",
            )
            names.append(self.name().value if named else "")
            items.append(self.type())
            if not self.take(","):
                break
        self.need(")")
        return Type("row", items=tuple(items), names=tuple(names))


_SIMPLE = {
    "boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "varbinary", "date", "json", "unknown",
    "uuid", "ipaddress",
}  # fmt: skip


def _simple(name: str, numbers: list[int], token: Token) -> Type:
    name = {"int": "integer"}.get(name, name)
    if name in _SIMPLE and not numbers:
        return Type(name)
    if name in ("decimal", "dec", "numeric") and len(numbers) <= 2:
        precision, scale = (*numbers, 0)[:2] if numbers else (38, 0)
        return Type("decimal", precision, scale)
    if name == "varchar" and len(numbers) <= 1:
        return Type(name, numbers[0] if numbers else MAX_LENGTH)
    if name == "char" and len(numbers) <= 1:
        return Type(name, numbers[0] if numbers else 1)
    shown = f"{name}({', '.join(map(str, numbers))})" if numbers else name
    raise at(token.place, "TYPE_NOT_FOUND", f"Unknown type: {shown}")


def check_type(kind: Type, place: Place) -> Type:
    """`kind` when its numbers are in Trino's bounds and it is a type that this service has."""
    if kind.name == "decimal" and not (1 <= kind.precision <= 38 and kind.scale <= kind.precision):
        low = f"DECIMAL precision must be in range [1, 38]: {kind.precision}"
        high = f"DECIMAL scale must be in range [0, precision ({kind.precision})]: {kind.scale}"
        raise at(place, "INVALID_FUNCTION_ARGUMENT", high if 1 <= kind.precision <= 38 else low)
    if kind.name in ("uuid", "ipaddress", "time with time zone"):
        raise at(place, "NOT_SUPPORTED", f"Type not supported: {kind.name}")
    if kind.name.startswith("time") and kind.precision > 6:
        raise at(place, "NOT_SUPPORTED", f"Type not supported: {kind}; at most 6 digits of a second")
    return kind
