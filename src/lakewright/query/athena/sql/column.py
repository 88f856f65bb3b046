"""What a statement gives and needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from lakewright.query.athena.sql.types import UNKNOWN, Type


@dataclass(frozen=True, slots=True)
class Column:
    """An output column: its name and Trino type text (`decimal(12,2)`); `kind` is the type for `render`."""

    name: str
    type: str
    kind: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Translated:
    """`sql` is DuckDB's text, whose tables are named "database"."table". `prelude` runs before it: the settings and
    macros that it needs. Its columns come in the order of `columns`; names inside DuckDB may differ from theirs.
    """

    sql: str
    columns: tuple[Column, ...]
    tables: tuple[str, ...]
    prelude: str
