"""Markers in every cell: whatever shows one that is hidden has leaked, wherever the marker turns up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

SALT, POLICY, PLACE, STATEMENT = 999_999, 999_998, 999_997, 999_996
"""Markers of no table: the masks' salt, a constant of the policy, the folder's name, another's statement."""

_FORMS = (
    re.compile(rb"k7q(\d{6})x"),
    re.compile(rb"6b3771((?:3\d){6})78"),  # in hexadecimal
)
_NUMBER = re.compile(rb"917(\d{6})(\d{3})")
_REVERSED = re.compile(rb"x(\d{6})q7k")


def text_of(number: int) -> str:
    return f"k7q{number:06d}x"


def number_of(number: int) -> int:
    """The same marker as a number; what lies between two of them is none."""
    return int(f"917{number:06d}{_check(number):03d}")


def _check(number: int) -> int:
    return (number * number * 7 + number * 13 + 5) % 997


def found_in(data: bytes) -> set[int]:
    """Every marker in some bytes, in whatever letters, backwards or in hexadecimal."""
    lower = data.lower()
    seen = {int(one) for one in _FORMS[0].findall(lower)}
    seen |= {int(one) for one, check in _NUMBER.findall(lower) if _check(int(one)) == int(check)}
    seen |= {int(bytes.fromhex(one.decode())) for one in _FORMS[1].findall(lower)}
    return seen | {int(one[::-1]) for one in _REVERSED.findall(lower)}


@dataclass(frozen=True)
class Cell:
    """Where a marker lies. `version` is the table's, 0 for states of the past."""

    table: str
    column: str
    row: Row
    version: int = 1


class Book:
    """Which marker is in which cell."""

    def __init__(self) -> None:
        self.cells: dict[int, Cell] = {}

    def mark(self, table: str, column: str, row: Row, version: int = 1) -> int:
        number = len(self.cells) + 1
        self.cells[number] = Cell(table, column, row, version)
        return number
