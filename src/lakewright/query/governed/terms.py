"""What a query is made of, and where its tables come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lakewright.governance.decisions import TableFacts
from lakewright.governance.predicate import Predicate
from lakewright.governance.principals import Principal
from lakewright.query.governed.confinement import MEMORY
from lakewright.query.lake import NEWEST, Pin

Schemas = Mapping[str, Mapping[str, str]]
"""Table → column → canonical type."""


@dataclass(frozen=True)
class Limits:
    """What one query may use: bytes of memory (each of its two engines), seconds, threads, and bytes of values read
    (None: as many as it wants)."""

    memory: int = MEMORY
    seconds: float = 1800.0
    threads: int = 2
    scan_bytes: int | None = None


@dataclass(frozen=True)
class TableSource:
    """A table at one version for the trusted reader: a DuckDB SELECT of `columns`, and the files or folders it opens.

    The SELECT gives each column in its canonical type. `narrowed` gives a SELECT of at least the rows that fit a
    condition on stored values, from fewer files.
    """

    columns: Mapping[str, str]
    sql: str
    locations: tuple[str, ...]
    version: int | None
    narrowed: Callable[[Predicate], str] | None = None


@dataclass(frozen=True)
class ViewSource:
    """A view: what it reads and gives, and its SELECT for the trusted reader.

    `compile` takes the columns of its inputs (table → column → type) and what stands for each in SQL.
    """

    columns: Mapping[str, str]
    inputs: tuple[str, ...]
    compile: Callable[[Schemas, Mapping[str, str]], str]


class Sources(Protocol):
    """Tables and views by name. What is not there raises a LakewrightError."""

    def names(self) -> list[str]: ...

    def facts(self, name: str) -> TableFacts: ...

    def source(self, name: str, pin: Pin) -> TableSource: ...

    def view(self, name: str) -> ViewSource | None:
        """The view of that name; None for a table."""


@dataclass(frozen=True)
class Query:
    """One statement of one principal.

    `text`: as written, for the audit. `tables`: every table that it names, each with the state to read. `compile` gets
    the visible columns of those tables and gives one DuckDB SELECT or EXPLAIN whose tables are called by their names.
    `prelude`: macros that the dialect needs in a fresh engine.
    """

    id: str
    principal: Principal
    text: str
    tables: Mapping[str, Pin]
    compile: Callable[[Schemas], str]
    limits: Limits = field(default_factory=Limits)
    prelude: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Name in the SQL → table, where they differ (`as_of.order_0` → `silver.order`)."""

    def table(self, name: str) -> str:
        return self.names.get(name, name)


@dataclass(frozen=True)
class TableRead:
    """What a query read of one table: columns delivered, and the rules that had a part in it."""

    name: str
    version: int | None
    columns: tuple[str, ...]
    because: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What a stored result depends on: table → fingerprint of the decision that it was made under."""

    tables: Mapping[str, str]
    at: datetime


__all__ = [
    "NEWEST",
    "Limits",
    "Pin",
    "Query",
    "Reading",
    "Schemas",
    "Sources",
    "TableRead",
    "TableSource",
    "ViewSource",
]
