"""One query in Athena's SQL for a principal, without the service: nothing is stored but the audit."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lakewright.errors import SpecError
from lakewright.query.athena.problems import failure_of
from lakewright.query.athena.selects import Asked, Selects
from lakewright.query.athena.sql import SqlError, parse
from lakewright.query.governed.problems import StatementError
from lakewright.query.governed.terms import Limits
from lakewright.query.session import Result

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.named import NamedQuery
    from lakewright.query.governed.governor import Governor


def named(queries: Sequence[NamedQuery], name: str) -> NamedQuery:
    """The query of that name; SpecError LW1124 when there is none."""
    known = {one.name: one for one in queries}
    if name not in known:
        close = get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known) or 'none: query.named_queries'}"
        raise SpecError("LW1124", f"no named query {name}", hint=hint)
    return known[name]


def not_athenas(fact: str, place: str) -> SpecError:
    """The mistake of a statement that Athena's SQL does not have."""
    return SpecError("LW1125", fact, place=place, hint="it is Athena's SQL: docs/athena-sql.md")


@dataclass(frozen=True)
class Answered(Result):
    """A result with what its scans delivered for the principal."""

    scanned_bytes: int = 0


def run_named(governor: Governor, principal: Principal, query: NamedQuery, limit: int | None = None) -> Answered:
    """The query's rows as the principal may see them, at most `limit`. Raises as `ask`."""
    return ask(governor, principal, query.sql, query.database, limit=limit, place=query.declared_at)


def ask(
    governor: Governor, principal: Principal, text: str, database: str, *, limit: int | None = None, place: str = ""
) -> Answered:
    """One SELECT; `place` is where it is written. Raises QueryFailed, and SpecError LW1125 when it is not Athena's."""
    began = time.perf_counter()
    try:
        statement = parse(text, database)
        asked = Asked(str(uuid.uuid4()), principal, text, statement, (), Limits(), limit=limit)
        selected = Selects(governor, time.time).run(asked)
    except SqlError as error:
        raise not_athenas(str(error), place) from None
    try:
        rows = selected.answer.table()
    except StatementError as error:
        raise SpecError("LW1125", failure_of(error, statement).reason, place=place) from None
    finally:
        selected.close()
    versions = {one.name: one.version for one in selected.answer.stats.tables}
    names = [column.name for column in selected.columns]
    seconds = time.perf_counter() - began
    return Answered(rows.rename_columns(names), versions, seconds, selected.scanned_bytes)
