"""The port for statements that are no SELECT: what runs them, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lakewright.query.athena.errors import unsupported

if TYPE_CHECKING:
    from lakewright.query.athena.caller import Caller
    from lakewright.query.athena.selects import Selected
    from lakewright.query.athena.sql import Statement
    from lakewright.query.athena.workgroups import WorkGroup


@dataclass(frozen=True)
class Lines:
    """Text, each line a row of one value (Athena joins several columns with tabs). `columns`: name and Trino type."""

    columns: Sequence[tuple[str, str]]
    lines: Sequence[str]


@dataclass(frozen=True)
class Written:
    """Rows written by CTAS, INSERT, UNLOAD, MERGE, UPDATE, DELETE; `kind` as Trino names it (`INSERT`, `CREATE TABLE`).

    `files` are s3:// paths for the manifest; `location` replaces the execution's output location where Athena does so.
    """

    kind: str
    rows: int
    files: Sequence[str] = ()
    location: str = ""


@dataclass(frozen=True)
class Done:
    """A change that gives no rows (CREATE DATABASE, ALTER TABLE, …)."""


Answer = Lines | Written | Done


@dataclass(frozen=True)
class Context:
    """What a command works with. `select` runs a query for the caller under the execution's limits: its work is counted
    and a stop ends it. `stopped` tells whether the client stopped it: ask before anything becomes visible."""

    execution_id: str
    caller: Caller
    database: str
    workgroup: WorkGroup
    output: str
    select: Callable[[Statement], Selected]
    stopped: Callable[[], bool]


class Commands(Protocol):
    """Hive's DDL, SHOW and DESCRIBE, and statements that write."""

    def check(self, statement: Statement, caller: Caller, database: str) -> None:
        """Raises what StartQueryExecution answers when it cannot be run at all: SqlError or AwsError."""

    def run(self, statement: Statement, context: Context) -> Answer:
        """Raises SqlError, AwsError, or what `context.select` raises; then nothing was changed."""


class NoCommands:
    """SELECT only."""

    def check(self, statement: Statement, caller: Caller, database: str) -> None:  # noqa: ARG002
        raise unsupported(f"{statement.kind.upper()} (queries only)")

    def run(self, statement: Statement, context: Context) -> Answer:  # noqa: ARG002
        raise unsupported(f"{statement.kind.upper()} (queries only)")
