"""What a model is: one SQL file with a typed header, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["incremental_by_key", "incremental_by_time", "full", "view"]
OnFailure = Literal["warn", "quarantine", "fail"]


@dataclass(frozen=True, slots=True)
class ModelColumn:
    """One output column: its canonical type, what it means, and the kind of personal data it holds (or None)."""

    name: str
    type: str
    description: str = ""
    pii: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A rule every row must meet: `expect` is a Spark SQL boolean over the output columns; NULL counts as failed."""

    name: str
    expect: str
    on_failure: OnFailure = "quarantine"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One table or view: `sql` is a single Spark SQL SELECT, which begins on line `line` of `path`.

    `key` names the columns that identify an output row. `scope` names the columns whose groups are recomputed
    together (default: the key). `inputs` are the tables the SQL reads (`bronze.core_order`, `silver.order`), sorted.
    """

    name: str
    kind: Kind
    key: tuple[str, ...]
    scope: tuple[str, ...]
    time_column: str | None
    lookback_days: int
    partition_by: tuple[str, ...]
    schedule: str | None
    owner: str
    description: str
    columns: tuple[ModelColumn, ...]
    checks: tuple[Check, ...]
    tags: tuple[str, ...]
    sql: str = field(repr=False)
    path: Path
    line: int
    inputs: tuple[str, ...]
    content_hash: str = ""

    @property
    def layer(self) -> str:
        """`silver` of `silver.order`."""
        return self.name.partition(".")[0]

    @property
    def place(self) -> str:
        """Where the SQL begins, for error messages."""
        return f"{self.path}:{self.line}"

    @property
    def schema(self) -> Mapping[str, str]:
        """Column name → canonical type, in order."""
        return {column.name: column.type for column in self.columns}
