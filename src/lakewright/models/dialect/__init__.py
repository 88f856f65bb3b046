"""Spark SQL, the part of it that means the same everywhere, and its translation to DuckDB.

`MACROS` is run once in every DuckDB session before translated SQL runs there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import sqlglot
from sqlglot import exp

from lakewright.errors import LakewrightError

Schemas = Mapping[str, Mapping[str, str]]
MACROS = "SET TimeZone = 'UTC';"


def to_duckdb(sql: str, schemas: Schemas, *, now: datetime | None = None) -> str:
    """`sql` (canonical Spark SQL) as DuckDB SQL. `schemas`: table → column → canonical type, for every table read.

    `now` is what current_date and current_timestamp mean (an aware datetime: the run's time, so that a run repeats).
    Table names stay as they are: `silver.order` becomes "silver"."order".
    """
    tree = sqlglot.parse_one(sql, read="spark")
    if now is not None:
        stamp = now.isoformat()
        tree = tree.transform(
            lambda node: (
                exp.cast(exp.Literal.string(stamp), "timestamptz") if isinstance(node, exp.CurrentTimestamp) else node
            )
        )
    return tree.sql("duckdb", identify=True)


def refusals(sql: str, path: Path, line: int) -> list[LakewrightError]:
    """What in `sql` is not in the allowed dialect, by name, each with `path` and line (`sql` begins on `line`)."""
    return list(refused_in(sqlglot.parse_one(sql, read="spark"), sql, path, line))


def refused_in(tree: exp.Expr, sql: str, path: Path, line: int) -> Iterator[LakewrightError]:
    yield from ()
