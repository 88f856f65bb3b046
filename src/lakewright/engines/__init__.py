"""Where SQL runs, behind one port. Statements are in the engine's dialect; `translate` brings canonical SQL there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa


class Session(Protocol):
    """One thread's connection. Temporary tables and views belong to it; everything else is shared by the engine."""

    def run(self, sql: str) -> None: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The whole result as Python values."""

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """The result in batches; nothing else may run in this session until it is read."""

    def table(self, sql: str) -> pa.Table: ...

    def register(self, name: str, data: pa.Table) -> None:
        """Makes Arrow data readable under a name, without copying it."""

    def unregister(self, name: str) -> None: ...

    def need_schema(self, name: str) -> None:
        """Makes a schema in the session's own catalog, once."""

    def interrupt(self) -> None:
        """Ends the statement that runs now, from any thread; it raises there."""

    def close(self) -> None: ...


class Engine(Protocol):
    """Computes; keeps nothing that matters between two runs."""

    name: str

    def session(self) -> Session: ...

    def translate(self, sql: str, schemas: Mapping[str, Mapping[str, str]], *, now: datetime | None = None) -> str:
        """Canonical (Spark) SQL in this engine's dialect. `schemas`: table → column → canonical type."""

    def reach(self, location: str) -> None:
        """Makes files under a storage's location readable to statements that name them."""

    def scan(self, files: Sequence[str], columns: Mapping[str, str], partition_by: Sequence[str]) -> str:
        """A SELECT of a table's files: `columns` (name → canonical type; NULL where a file lacks one), then `#file`
        (the file's location) and `#row` (its row number there)."""

    def share(self, sessions: int) -> None:
        """So many sessions work side by side from now on, each on its part of the processors: many small statements
        are faster so than when each is spread over all of them."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine may use: bytes of memory (None: a share of the machine), threads (None: all), a spill folder."""

    memory: int | None = None
    threads: int | None = None
    spill: Path | None = None


def _duckdb(options: EngineOptions) -> Engine:
    from lakewright.engines.duckdb import DuckDB

    return DuckDB(options)


ENGINES: Mapping[str, Callable[[EngineOptions], Engine]] = {"duckdb": _duckdb}


def open_engine(options: EngineOptions | None = None, kind: str = "duckdb") -> Engine:
    return ENGINES[kind](options or EngineOptions())
