"""What a statement can be refused for, in Athena's words."""

from __future__ import annotations


class SqlError(Exception):
    """A refused statement: `kind` is Trino's error name, `message` begins with the place where there is one.

    `str()` is what Athena gives as the reason: `COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved`.
    """

    def __init__(self, kind: str, fact: str, line: int | None = None, column: int | None = None) -> None:
        self.kind = kind
        self.line = line
        self.column = column
        self.message = f"line {line}:{column}: {fact}" if line is not None else fact
        super().__init__(f"{kind}: {self.message}")


def at(place: tuple[int, int], kind: str, fact: str) -> SqlError:
    """An error at `place` (line and column, both from 1)."""
    return SqlError(kind, fact, *place)
