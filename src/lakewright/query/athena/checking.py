"""What is wrong with a named query before anybody runs it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from lakewright.errors import SpecError
from lakewright.query.athena.asked import not_athenas
from lakewright.query.athena.named import NamedQuery
from lakewright.query.athena.sql import SqlError, Statement, parse, translate
from lakewright.spec.layers import did_you_mean

Tables = Mapping[str, Mapping[str, str]]


def query_mistakes(query: NamedQuery, tables: Tables, databases: Collection[str]) -> Iterator[SpecError]:
    """LW1125 for what is not Athena's SQL, LW1101 for a table that is not there.

    `tables`: table → column → type, of the declared ones; `databases`: those that have no table besides.
    """
    try:
        statement = parse(query.sql, query.database)
        missing = [name for name in statement.tables if _is_missing(name, tables, databases)]
        for name in missing:
            hint = did_you_mean(name, tables, "`lakewright status` lists the tables")
            yield SpecError("LW1101", f"{query.name}: there is no table {name}", place=query.declared_at, hint=hint)
        if not missing:
            _translate(statement, tables)
    except SqlError as error:
        yield not_athenas(f"{query.name}: {error}", query.declared_at)


def _is_missing(name: str, tables: Tables, databases: Collection[str]) -> bool:
    return name not in tables and name.partition(".")[0] in databases


def _translate(statement: Statement, tables: Tables) -> None:
    """Raises SqlError. Only where all types are known: of every table, and of no parameter."""
    if statement.query is not None and not statement.parameters and all(name in tables for name in statement.tables):
        translate(statement, tables, now=datetime.now(UTC))
