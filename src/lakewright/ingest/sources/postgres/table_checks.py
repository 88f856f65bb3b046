"""The part of the source check that looks at single tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakewright.ingest.mappings import TableMapping, TableTransform, wildcards
from lakewright.ingest.sources.postgres.catalog import IDENTITIES, Connection, SourceTable
from lakewright.ingest.sources.postgres.findings import Finding
from lakewright.ingest.sources.postgres.identifiers import qualified, quote_identifier
from lakewright.ingest.sources.postgres.types import CORE, NUMERIC, canonical_type

FACTS = """
select c.oid::bigint, pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'),
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and not pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')),
       pg_catalog.row_security_active(c.oid),
       exists (select from pg_catalog.pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attstorage in ('x', 'e'))
from pg_catalog.pg_class c where c.oid = any(%s::oid[])
"""
NOT_STREAMED = """
select n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (c.relkind in ('v', 'm', 'f') or c.relkind in ('r', 'p') and c.relpersistence <> 'p')
  and not c.relispartition and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by 1, 2
"""
PARTITIONS = """
select n.nspname::text, c.relname::text, rn.nspname::text, r.relname::text, c.relreplident::text, r.relreplident::text,
       c.relkind = 'p', c.relpersistence::text, c.relkind::text
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class r on r.oid = pg_catalog.pg_partition_root(c.oid)
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
where c.relispartition and c.relkind in ('r', 'p', 'f') order by 1, 2
"""
KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}
PERSISTENCE = {"u": "an unlogged table", "t": "a temporary table"}
IDENTITY_SQL = {"d": "DEFAULT", "f": "FULL", "n": "NOTHING"}
BROKEN = "once it is published, its updates and deletes fail"
BY_INDEX = "or give it a unique index on plain NOT NULL columns, and REPLICA IDENTITY USING INDEX"
NAMES_SHOWN = 8


def check_tables(
    connection: Connection,
    tables: Sequence[SourceTable],
    transforms: Mapping[str, TableTransform],
    mapping: TableMapping,
    tenant: str | None,
    role: str,
    version: int,
) -> Iterator[Finding]:
    """Findings about the tables that `mapping` selects or seems to mean."""
    rows = connection.execute(FACTS, [[table.oid for table in tables]]).fetchall()
    facts = {oid: rest for oid, *rest in rows}
    for table in tables:
        if table.oid not in facts:
            continue  # dropped a moment ago
        transform = transforms.get(table.label)
        yield from _privileges(table, transform, facts[table.oid], role)
        yield from _identity(table, version)
        yield from _columns(table)
        if transform and transform.filters and facts[table.oid][3] and table.replica_identity != "full":
            fact = "its filter can let in a row by an update, and large unchanged values are not sent with updates"
            yield Finding("warn", "LW239", table.label, fact, _full(table, version))
    yield from _tenants(tables, tenant)
    yield from _not_streamed(connection, mapping)
    yield from _partitions(connection, tables, mapping)


def _privileges(table: SourceTable, transform: TableTransform | None, facts: list[Any], role: str) -> Iterator[Finding]:
    may_enter, hidden, secured, _ = facts
    name, to = qualified(table.schema, table.name), quote_identifier(role)
    if not may_enter:
        fix = f"GRANT USAGE ON SCHEMA {quote_identifier(table.schema)} TO {to};"
        yield Finding("error", "LW216", table.label, f"{role} may not use the schema {table.schema}", fix)
    needed = transform.snapshot_select().columns if transform else [column.name for column in table.columns]
    missing = [column for column in needed if column in set(hidden)]
    if missing:
        what = "it" if len(missing) == len(needed) else _some(missing)
        yield Finding("error", "LW215", table.label, f"{role} may not read {what}", f"GRANT SELECT ON {name} TO {to};")
    if secured:
        fact = f"row-level security hides rows from {role}: the full load would miss them without a word"
        yield Finding("error", "LW234", table.label, fact, f"ALTER ROLE {to} BYPASSRLS;")


def _full(table: SourceTable, version: int) -> str:
    """The statement for a full replica identity; "" where PostgreSQL would then refuse the table's updates.

    From 18 on it does so for a table with a stored generated column that is not published.
    """
    refused = version >= 18 and any(column.generated for column in table.columns)
    return "" if refused else f"ALTER TABLE {qualified(table.schema, table.name)} REPLICA IDENTITY FULL;"


def _identity(table: SourceTable, version: int) -> Iterator[Finding]:
    default = f"ALTER TABLE {qualified(table.schema, table.name)} REPLICA IDENTITY DEFAULT;"
    full = _full(table, version)
    if table.replica_identity == "nothing":
        fact = f"its replica identity is NOTHING: {BROKEN}"
        yield Finding(
            "error", "LW221", table.label, fact, default if table.primary_key else full, "" if full else BY_INDEX
        )
    elif not table.key and table.primary_key:
        fact = f"its primary key is deferrable and cannot identify rows: {BROKEN}"
        yield Finding("error", "LW222", table.label, fact, full, "" if full else BY_INDEX)
    elif not table.key and table.columns:
        fact = f"it has no primary key and no replica identity: {BROKEN}"
        yield Finding("error", "LW220", table.label, fact, full, "better: give it a primary key")
    elif table.replica_identity == "full" and not full:
        fact = f"a full replica identity with generated columns: {BROKEN} (from PostgreSQL 18 on)"
        yield Finding("error", "LW241", table.label, fact, default if table.primary_key else "", BY_INDEX)
    elif table.replica_identity == "full" and not table.primary_key:
        fact = "no primary key: rows are told apart by all their columns, and equal rows not at all"
        yield Finding("warn", "LW223", table.label, fact, then="give it a primary key")


def _columns(table: SourceTable) -> Iterator[Finding]:
    generated = [column.name for column in table.columns if column.generated]
    in_key = [name for name in generated if name in table.key]
    if in_key:
        fact = f"its key has the generated column {', '.join(in_key)}, which is not sent"
        yield Finding("error", "LW240", table.label, fact, then=BY_INDEX)
    elif generated:
        fact = f"generated columns are not sent: {_some(generated)}"
        yield Finding("info", "LW227", table.label, fact, then="compute them in a Silver model")
    numerics = [c.name for c in table.columns if c.oid == NUMERIC and canonical_type(c.oid, c.typmod) == "string"]
    if numerics:
        fact = f"numeric without a precision of at most 38 digits is kept as exact text: {_some(numerics)}"
        yield Finding("info", "LW228", table.label, fact, then="cast it in a Silver model, or declare numeric(p,s)")
    texts = [f"{c.name} ({c.type_name})" for c in table.columns if c.oid not in CORE and not c.enum]
    if texts:
        fact = f"kept as PostgreSQL's text: {_some(texts)}"
        yield Finding("info", "LW228", table.label, fact)


def _tenants(tables: Sequence[SourceTable], tenant: str | None) -> Iterator[Finding]:
    if tenant is None:
        return
    without = [table.label for table in tables if tenant not in {column.name for column in table.columns}]
    if without and len(without) == len(tables):
        yield Finding("error", "LW230", "", f'no table has the tenant column "{tenant}"', then="correct `tenant`")
        return
    for label in without:
        fact = f'no column "{tenant}": its rows go to the default partition'
        yield Finding("info", "LW230", label, fact)


def _not_streamed(connection: Connection, mapping: TableMapping) -> Iterator[Finding]:
    for schema, name, kind, persistence in connection.execute(NOT_STREAMED).fetchall():
        if not mapping.selects(schema, name):
            continue
        what = KINDS.get(kind) or PERSISTENCE[persistence]
        meant = any(_names(rule.schema, rule.action) == schema and _names(rule.table, rule.action) == name
                    for rule in mapping.selections if rule.action != "exclude")  # fmt: skip
        fix = f"ALTER TABLE {qualified(schema, name)} SET LOGGED;" if persistence == "u" else ""
        severity = "error" if meant else "info"
        fact = f"it is {what} and has no changes to follow"
        then = "" if fix else "select the tables behind it" if meant else ""
        yield Finding(severity, "LW226", f"{schema}.{name}", fact, fix, then)  # type: ignore[arg-type]


def _names(pattern: str, action: str) -> str | None:
    """The one name that a rule's pattern stands for, if it is one."""
    return pattern if action == "explicit" else wildcards.plain_name(pattern)


def _partitions(connection: Connection, tables: Sequence[SourceTable], mapping: TableMapping) -> Iterator[Finding]:
    roots = {(table.schema, table.name) for table in tables if table.partitioned}
    for row in connection.execute(PARTITIONS).fetchall():
        schema, name, root_schema, root, identity, root_identity, inner, persistence, kind = row
        label = f"{schema}.{name}"
        if (root_schema, root) not in roots:
            if mapping.selects(schema, name):
                fact = f"it is a partition of {root_schema}.{root}; partitions are replicated through their root"
                yield Finding("error", "LW224", label, fact, then=f"select {root_schema}.{root}")
        elif kind == "f" or persistence != "p":
            fact = f"this partition of {root_schema}.{root} is {KINDS.get(kind) or PERSISTENCE[persistence]}"
            fix = f"ALTER TABLE {qualified(schema, name)} SET LOGGED;" if persistence == "u" else ""
            yield Finding("error", "LW226", label, fact, fix)
        elif identity != root_identity and not inner and root_identity in IDENTITY_SQL:
            fact = (
                f"this partition's replica identity is {IDENTITIES[identity]}, "
                f"its root's ({root_schema}.{root}) is {IDENTITIES[root_identity]}"
            )
            fix = f"ALTER TABLE {qualified(schema, name)} REPLICA IDENTITY {IDENTITY_SQL[root_identity]};"
            yield Finding("error", "LW225", label, fact, fix)


def _some(names: Sequence[str]) -> str:
    rest = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
