"""Trino's tokens, each with its line and column."""

from __future__ import annotations

import re
from typing import NamedTuple

from lakewright.query.athena.sql.errors import at

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\r\n]*|/\*.*?\*/)
    |(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)[eE][+-]?\d+|\d[\d_]*\.[\d_]*|\.\d[\d_]*|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*)
    |(?P<binary>[xX]'[^']*')
    |(?P<unicode>[uU]&'(?:[^']|'')*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_@:]*)
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<text>'(?:[^']|'')*')
    |(?P<backquoted>`(?:[^`]|``)*`)
    |(?P<mark><>|!=|<=|>=|->|=>|\|\||\?|[-+*/%(),.=<>\[\];:|{}^$@])
    """,
    re.VERBOSE | re.DOTALL,
)
MAX_TOKENS = 200_000


class Token(NamedTuple):
    """`kind`: name, quoted, text, number, binary, unicode, mark, end. `value` is unquoted, `upper` for keywords."""

    kind: str
    value: str
    upper: str
    start: int
    place: tuple[int, int]


def tokens(text: str) -> list[Token]:
    """All tokens of `text` and an end; comments and blanks are left out. SqlError at what is no token."""
    found: list[Token] = []
    line, line_start, position = 1, 0, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        place = (line, position - line_start + 1)
        if match is None:
            char = text[position]
            spoken = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, char)
            raise at(
                place,
                "SYNTAX_ERROR",
                f"mismatched input '{spoken}'. Expecting: <statement>" if not found else f"mismatched input '{spoken}'",
            )
        kind, written = match.lastgroup or "", match.group()
        if kind == "backquoted":
            raise at(
                place,
                "SYNTAX_ERROR",
                "backquoted identifiers are not supported; use double quotes to quote identifiers",
            )
        if kind != "blank":
            found.append(_token(kind, written, position, place))
            if len(found) > MAX_TOKENS:
                raise at(place, "SYNTAX_ERROR", "statement is too large (stack overflow while parsing)")
        newlines = written.count("\n") if kind in ("blank", "text", "quoted", "unicode") else 0
        if newlines:
            line += newlines
            line_start = position + written.rindex("\n") + 1
        position = match.end()
    found.append(Token("end", "<EOF>", "<EOF>", len(text), (line, len(text) - line_start + 1)))
    return found


def _token(kind: str, written: str, position: int, place: tuple[int, int]) -> Token:
    if kind == "text":
        return Token(kind, written[1:-1].replace("''", "'"), "", position, place)
    if kind == "quoted":
        return Token(kind, written[1:-1].replace('""', '"'), "", position, place)
    if kind == "binary":
        return Token(kind, written[2:-1], "", position, place)
    if kind == "unicode":
        return Token(kind, written[3:-1].replace("''", "'"), "", position, place)
    return Token(kind, written, written.upper(), position, place)
