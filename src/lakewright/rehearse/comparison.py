"""Figures of the lake held against queries that somebody else wrote and that ran on the source itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 5


@dataclass(frozen=True)
class Difference:
    """One figure that is not the same. `column` is empty when the whole row is on one side only."""

    key: tuple[Any, ...]
    column: str
    source: Any
    lake: Any


@dataclass(frozen=True)
class Comparison:
    """`figures` is the number of single values compared; `differences` holds the first few, `different` counts all.

    `grouped_by`: what was compared were counts and sums by these columns; without any, the rows themselves.
    """

    table: str
    rows: int
    figures: int
    different: int
    differences: tuple[Difference, ...]
    grouped_by: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return self.different == 0


Row = tuple[Any, ...]


def compare(
    table: str, key: Sequence[str], columns: Sequence[str], source: Iterable[Row], lake: Iterable[Row]
) -> Comparison:
    """Compares row by row and value by value, exactly; both sides have `columns`, rows are matched by `key`."""
    places = [columns.index(name) for name in key]

    def identity(row: Row) -> Row:
        return tuple(row[place] for place in places)

    ours = {identity(row): row for row in lake}
    rows = different = 0
    shown: list[Difference] = []
    for theirs in source:
        rows += 1
        found = ours.pop(identity(theirs), None)
        if found != theirs:
            differences = _differences(identity(theirs), columns, theirs, found)
            different += len(differences)
            shown += differences[: SHOWN - len(shown)]
    different += len(ours)
    shown += [Difference(extra, "", None, "row") for extra in list(ours)[: SHOWN - len(shown)]]
    return Comparison(table, rows, rows * len(columns), different, tuple(shown))


def _differences(identity: Row, columns: Sequence[str], source: Row, lake: Row | None) -> list[Difference]:
    if lake is None:
        return [Difference(identity, "", "row", None)]
    pairs = zip(columns, source, lake, strict=True)
    return [Difference(identity, name, theirs, ours) for name, theirs, ours in pairs if theirs != ours]
