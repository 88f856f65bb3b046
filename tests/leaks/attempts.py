"""What is tried in SQL, as data. `{…}` are places of the lake: see `places` in `spelling`.

`sql` is sent in all three ways: raw to the governor as DuckDB's, to `sql --as` as Spark's, to Athena as Trino's. Where
a dialect spells it otherwise, the attempt says how. A dialect that refuses early has refused; the raw way counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .attempts_engine import ENGINE
from .attempts_queries import QUERIES
from .attempts_reach import REACH


@dataclass(frozen=True)
class Attempt:
    """One thing that is tried. `group` says what for."""

    group: str
    name: str
    sql: str
    spark: str = ""
    athena: str = ""

    def written(self, way: str) -> str:
        return {"spark": self.spark, "athena": self.athena}.get(way) or self.sql


def _all() -> Iterator[Attempt]:
    for table in (REACH, ENGINE, QUERIES):
        for group, attempts in table.items():
            for name, written in attempts.items():
                sql, *others = (written,) if isinstance(written, str) else written
                yield Attempt(group, name, sql, *others)


ATTEMPTS: tuple[Attempt, ...] = tuple(_all())
