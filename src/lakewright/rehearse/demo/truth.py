"""The shop's own queries, and the statement that asks the lake for the same figures.

A truth file begins with `-- gold.<table>` and `-- key: a, b`. One that says `grouped by` gives, per group, the number
of rows (`rows`), sums (`sum_<column>`) and counts of true (`true_<column>`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from lakewright.query import Session
from lakewright.rehearse.comparison import Comparison, compare


@dataclass(frozen=True)
class Truth:
    """One hand-written query: the Gold table it answers for and the columns that identify a row of its result."""

    table: str
    key: tuple[str, ...]
    grouped: bool
    sql: str

    def compare(self, connection: psycopg.Connection[Any], lake: Session) -> Comparison:
        """Runs both sides and holds them against each other."""
        with connection.cursor() as cursor:
            source = cursor.execute(self.sql.encode()).fetchall()
            names = [column.name for column in cursor.description or ()]
        ours = lake.run(self.statement(names)).rows
        rows = zip(*(column.to_pylist() for column in ours.columns), strict=True)
        found = compare(self.table, self.key, names, source, rows)
        return replace(found, grouped_by=self.key if self.grouped else ())

    def statement(self, columns: Sequence[str]) -> str:
        """The question to the lake, in Spark SQL."""
        if not self.grouped:
            return f"SELECT {', '.join(columns)} FROM {self.table}"
        return f"SELECT {', '.join(map(_figure, columns))} FROM {self.table} GROUP BY {', '.join(self.key)}"


def _figure(column: str) -> str:
    kind, _, name = column.partition("_")
    match kind:
        case "rows":
            return "COUNT(*) AS rows"
        case "sum":
            return f"COALESCE(SUM({name}), 0) AS {column}"
        case "true":
            return f"COUNT_IF({name}) AS {column}"
        case _:
            return column


def read_truths(folder: Path) -> tuple[Truth, ...]:
    """All truth files of a folder, in order of their names."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql")))


def _read(path: Path) -> Truth:
    text = path.read_text(encoding="utf-8")
    title, key = text.splitlines()[:2]
    return Truth(
        table=re.split(r"[ ,]", title.removeprefix("-- "))[0],
        key=tuple(name.strip() for name in key.removeprefix("-- key:").split(",")),
        grouped="grouped by" in title,
        sql=text,
    )
