"""The publication: made where there is none, and kept in step with the tables as far as this role may do that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import psycopg

from lakewright.errors import MissingError, ProblemError
from lakewright.ingest.sources.postgres.catalog import SourceTable
from lakewright.ingest.sources.postgres.identifiers import quote_identifier

Connection = psycopg.Connection[tuple[Any, ...]]

PUBLICATION = """
select oid::bigint, pubviaroot, puballtables, pubinsert and pubupdate and pubdelete and pubtruncate
from pg_catalog.pg_publication where pubname = %s
"""
PUBLISHED = """
select c.oid::bigint, to_jsonb(p) ->> 'rowfilter' is not null or to_jsonb(r) ->> 'prattrs' is not null
from pg_catalog.pg_publication_tables p
join pg_catalog.pg_namespace n on n.nspname = p.schemaname
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
left join pg_catalog.pg_publication_rel r on r.prrelid = c.oid and r.prpubid = %s
where p.pubname = %s
"""
NAMED = """
select r.prrelid::bigint, r.prrelid::regclass::text from pg_catalog.pg_publication_rel r
join pg_catalog.pg_publication p on p.oid = r.prpubid
where p.oid = %s and pg_catalog.pg_has_role(p.pubowner, 'usage')
"""


def ensure_publication(
    connection: Connection, publication: str, tables: Iterable[SourceTable], barred: Collection[int] = ()
) -> dict[int, str]:
    """Makes the publication publish all of `tables`, through the roots of partitioned ones.

    One that somebody else made (FOR ALL TABLES, or a schema's) may publish more, and is changed only if it lacks
    something. One that leaves out rows, columns or kinds of changes is refused with LW359. Gives the OIDs of tables
    that this role may not publish, each with what to run; those in `barred` are known for that and not tried again.
    """
    wanted = {table.oid: table for table in tables}
    name = quote_identifier(publication)
    row = connection.execute(PUBLICATION, [publication]).fetchone()
    if row is None:
        _create(connection, name, list(wanted.values()))
        return {}
    oid, via_root, everything, every_kind = row
    if not every_kind:
        raise _lacking(publication, "kinds of changes", "SET (publish = 'insert, update, delete, truncate')")
    refused: dict[int, str] = {}
    roots = [table.oid for table in wanted.values() if table.partitioned]
    through_roots = f"ALTER PUBLICATION {name} SET (publish_via_partition_root = true)"
    if roots and not via_root and (set(roots) <= set(barred) or not _done(connection, through_roots)):
        refused = dict.fromkeys(roots, through_roots)
    there: dict[int, bool] = dict(connection.execute(PUBLISHED, [oid, publication]).fetchall())
    narrowed = [table.label for table in wanted.values() if there.get(table.oid)]
    if narrowed:
        fact = f"rows or columns of {', '.join(narrowed)}"
        raise _lacking(publication, fact, "SET TABLE …, without a row filter or a column list")
    new = [wanted[oid] for oid in sorted(wanted.keys() - there.keys() - refused.keys())]
    if new and not everything:
        refused |= _add(connection, name, new, barred)
    for member, relation in connection.execute(NAMED, [oid]).fetchall():
        if member not in wanted:
            connection.execute(f"ALTER PUBLICATION {name} DROP TABLE {relation}")
    return refused


def _create(connection: Connection, name: str, tables: Sequence[SourceTable]) -> None:
    listed = ", ".join(table.relation for table in tables)
    target = f" FOR TABLE {listed}" if listed else ""
    command = f"CREATE PUBLICATION {name}{target} WITH (publish_via_partition_root = true)"
    try:
        connection.execute(command)
    except psycopg.errors.InsufficientPrivilege as error:
        fact = f"may not publish the tables: {str(error).splitlines()[0]}"
        hint = f"let their owner or a superuser run: {command};"
        raise MissingError("LW358", fact, hint=hint) from error


def _add(connection: Connection, name: str, tables: Sequence[SourceTable], barred: Collection[int]) -> dict[int, str]:
    """All at once; where that is not allowed, those that may be added. Gives the others."""

    def command(some: Sequence[SourceTable]) -> str:
        return f"ALTER PUBLICATION {name} ADD TABLE {', '.join(table.relation for table in some)}"

    untried = [table for table in tables if table.oid not in barred]
    refused = {table.oid: command([table]) for table in tables if table.oid in barred}
    if not untried or _done(connection, command(untried)):
        return refused
    if len(untried) > 1:
        untried = [table for table in untried if not _done(connection, command([table]))]
    return refused | {table.oid: command([table]) for table in untried}


def _done(connection: Connection, command: str) -> bool:
    try:
        connection.execute(command)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):  # or dropped just now
        return False
    return True


def _lacking(publication: str, what: str, change: str) -> ProblemError:
    fact = f'the publication "{publication}" leaves out {what}: changes would be missed'
    return ProblemError("LW359", fact, hint=f"ALTER PUBLICATION {quote_identifier(publication)} {change}")
