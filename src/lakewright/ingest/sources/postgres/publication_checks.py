"""The part of the source check that looks at the publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lakewright.ingest.sources.postgres.catalog import Connection, SourceTable
from lakewright.ingest.sources.postgres.findings import Finding
from lakewright.ingest.sources.postgres.identifiers import qualified, quote_identifier
from lakewright.ingest.sources.postgres.server_checks import Server

PUBLICATION = """
select p.oid::bigint, p.puballtables, coalesce((to_jsonb(p) ->> 'pubviaroot')::boolean, false),
       p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate,
       pg_catalog.pg_has_role(p.pubowner, 'member')
from pg_catalog.pg_publication p where p.pubname = %s
"""
MEMBERS = """
select n.nspname::text, c.relname::text, coalesce(to_jsonb(r) ->> 'prqual', to_jsonb(r) ->> 'prattrs')
from pg_catalog.pg_publication_rel r
join pg_catalog.pg_class c on c.oid = r.prrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.prpubid = %s
"""
SCHEMAS = """
select n.nspname::text from pg_catalog.pg_publication_namespace r
join pg_catalog.pg_namespace n on n.oid = r.pnnspid where r.pnpubid = %s
"""
CODES = frozenset({"LW217", "LW218"})
"""Codes of what is wrong with a publication."""
OWNED = "select pg_catalog.pg_has_role(relowner, 'usage') from pg_catalog.pg_class where oid = %s"


def check_publication(
    connection: Connection, server: Server, publication: str, tables: Sequence[SourceTable]
) -> Iterator[Finding]:
    """Whether the publication has, or can be given by this role, all of `tables` and every kind of change."""
    row = connection.execute(PUBLICATION, [publication]).fetchone()
    foreign = [table for table in tables if not _owned(connection, table)]
    if row is None:
        yield from _missing_publication(server, publication, tables, foreign)
        return
    oid, everything, via_root, all_actions, ours = row
    name = quote_identifier(publication)
    if not all_actions:
        fix = f"ALTER PUBLICATION {name} SET (publish = 'insert, update, delete, truncate');"
        yield Finding("error", "LW218", "", f'the publication "{publication}" lacks some kinds of changes', fix)
    if not via_root and any(table.partitioned for table in tables):
        fix = f"ALTER PUBLICATION {name} SET (publish_via_partition_root = true);"
        fact = f'the publication "{publication}" publishes partitions by their own names'
        yield Finding("error", "LW218", "", fact, fix)
    members = connection.execute(MEMBERS, [oid]).fetchall()
    schemas = set()
    if server.version_num >= 150_000:
        schemas = {schema for (schema,) in connection.execute(SCHEMAS, [oid]).fetchall()}
    listed = {(schema, table): narrowed for schema, table, narrowed in members}
    for table in tables:
        inside = everything or table.schema in schemas or (table.schema, table.name) in listed
        can_add = ours and table not in foreign
        if not inside and not can_add:
            fix = f"ALTER PUBLICATION {name} ADD TABLE {_member(table)};"
            fact = f'the publication "{publication}" lacks it, and {server.role} may not add it'
            yield Finding("error", "LW218", table.label, fact, fix)
        elif listed.get((table.schema, table.name)):
            fix = " ".join(f"ALTER PUBLICATION {name} {verb} TABLE {_member(table)};" for verb in ("DROP", "ADD"))
            fact = f'the publication "{publication}" has a row filter or column list for it: changes are missing'
            yield Finding("error", "LW218", table.label, fact, fix)


def _missing_publication(
    server: Server, publication: str, tables: Sequence[SourceTable], foreign: Iterable[SourceTable]
) -> Iterator[Finding]:
    """The ingester makes its publication itself where it may; otherwise somebody else must."""
    reasons = [] if server.may_create else [f"has no CREATE on the database {server.database}"]
    theirs = [table.label for table in foreign]
    reasons += [f"does not own {', '.join(theirs)}"] if theirs and not server.superuser else []
    reasons += ["works in read-only transactions"] if server.read_only else []
    if reasons and tables:
        members = ", ".join(_member(table) for table in tables)
        name = quote_identifier(publication)
        fix = f"CREATE PUBLICATION {name} FOR TABLE {members} WITH (publish_via_partition_root = true);"
        fact = f'there is no publication "{publication}", and {server.role} cannot make it: it '
        yield Finding("error", "LW217", "", fact + " and ".join(reasons), fix)


def _owned(connection: Connection, table: SourceTable) -> bool:
    return connection.execute(OWNED, [table.oid]).fetchone() == (True,)


def _member(table: SourceTable) -> str:
    """A table as ALTER PUBLICATION names it; `ONLY` leaves out tables that inherit the old way."""
    name = qualified(table.schema, table.name)
    return name if table.partitioned else f"ONLY {name}"
