"""Every statement that is no query: Hive's DDL, SHOW and DESCRIBE, views, and what writes rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakewright.catalog import LocalCatalog
from lakewright.query.athena.commands import Answer, Context
from lakewright.query.athena.ddl.authority import Authority, Decide
from lakewright.query.athena.ddl.modifying import refuse_change
from lakewright.query.athena.ddl.places import Places
from lakewright.query.athena.ddl.writing import Writing
from lakewright.query.athena.sql import SqlError, Statement

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller


@dataclass(frozen=True)
class DdlCommands:
    """What `Athena` runs statements with that are no queries."""

    catalog: LocalCatalog
    places: Places
    decide: Decide
    administers: Callable[[Principal], bool]
    clock: Callable[[], float] = time.time

    def check(self, statement: Statement, caller: Caller, database: str) -> None:
        """As `Commands.check`."""

    def run(self, statement: Statement, context: Context) -> Answer:
        """As `Commands.run`."""
        principal = context.caller.principal
        authority = Authority(self.catalog, self.decide, principal, self.administers(principal))
        write = _WRITES.get(statement.kind)
        if write is not None:
            return write(Writing(authority, self.places, context, self.clock), statement)
        if statement.kind in ("update", "delete", "merge"):
            refuse_change(statement, context.database, authority)
        raise SqlError("NOT_SUPPORTED", f"{statement.kind} is not supported")


_WRITES: Mapping[str, Callable[[Writing, Statement], Answer]] = {
    "ctas": Writing.create,
    "insert": Writing.insert,
    "unload": Writing.unload,
}
