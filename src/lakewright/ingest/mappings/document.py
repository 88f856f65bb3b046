"""JSON that knows on which line each value stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.errors import SpecError

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True)
class Document:
    """A parsed JSON text. `lines` maps JSON pointers (`/rules/0/rule-id`) to line numbers."""

    name: str
    value: Any
    lines: Mapping[str, int]

    def place(self, pointer: str) -> str:
        """`file:line /pointer`; a pointer that is not there stands where its nearest parent does."""
        known = pointer
        while known not in self.lines:
            known = known.rpartition("/")[0]
        return f"{self.name}:{self.lines[known]} {pointer}"


def read_json(text: str, name: str) -> Document:
    """Parses `text`; raises LW310 with line and column when it is no JSON, or when a key stands twice."""
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}"
        raise SpecError("LW310", f"no JSON at column {error.colno}: {error.msg}", place=place) from error
    except _DuplicateKeyError as error:
        raise SpecError("LW310", f'the key "{error}" stands twice in one object', place=name) from error
    return Document(name, value, dict(_lines(text)))


class _DuplicateKeyError(ValueError):
    """The same key twice in one object; which one counts would be anyone's guess."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(key)
        result[key] = value
    return result


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Pointer and line of every value of a valid JSON text."""
    path: list[str | int] = []
    expects_key: list[bool] = []
    line, scanned = 1, 0
    for token in TOKEN.finditer(text):
        line += text.count("\n", scanned, token.start())
        scanned = token.start()
        mark = token.group()
        if mark in "}]":
            path.pop()
            expects_key.pop()
        elif mark == ",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else ""
            expects_key[-1] = isinstance(last, str)
        elif mark == ":":
            expects_key[-1] = False
        elif expects_key and expects_key[-1]:
            path[-1] = json.loads(mark)
        else:
            yield "".join(f"/{part}" for part in path), line
            if mark in "{[":
                path.append(0 if mark == "[" else "")
                expects_key.append(mark == "{")
