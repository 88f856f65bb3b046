"""Figures of the lake held against queries that somebody else wrote and that ran on the source itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    """`figures` is the number of single values compared; `differences` holds the first few, `different` counts all."""

    table: str
    rows: int
    figures: int
    different: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        return self.different == 0


def compare(
    table: str, key: Sequence[str], source: Iterable[Mapping[str, Any]], lake: Iterable[Mapping[str, Any]]
) -> Comparison:
    """Compares row by row and value by value, exactly; rows are matched by `key`. Columns are those of the source."""
    ours = {_key(row, key): row for row in lake}
    rows = figures = different = 0
    shown: list[Difference] = []
    for theirs in source:
        rows += 1
        identity = _key(theirs, key)
        row = ours.pop(identity, None)
        if row is None:
            found = [Difference(identity, "", "row", None)]
        else:
            found = [Difference(identity, c, v, row[c]) for c, v in theirs.items() if v != row[c]]
        figures += len(theirs)
        different += len(found)
        shown += found[: SHOWN - len(shown)]
    different += len(ours)
    shown += [Difference(identity, "", None, "row") for identity in list(ours)[: SHOWN - len(shown)]]
    return Comparison(table, rows, figures, different, tuple(shown))


def _key(row: Mapping[str, Any], key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[column] for column in key)
