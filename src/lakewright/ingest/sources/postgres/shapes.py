"""Tables as the mapping generator needs them, from the database's catalog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lakewright.ingest.mappings.generate import ColumnShape, TableShape
from lakewright.ingest.sources.postgres.catalog import Connection, SourceColumn, SourceTable
from lakewright.ingest.sources.postgres.types import CORE, JSON, JSONB, TEXT

REFERENCES = """
select distinct c.conrelid::bigint, n.nspname::text || '.' || r.relname::text
from pg_catalog.pg_constraint c
join pg_catalog.pg_class r on r.oid = c.confrelid join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where c.contype = 'f' and c.conrelid = any(%s::oid[]) order by 2
"""
COMMENTS = """
select d.objoid::bigint, a.attname::text, d.description
from pg_catalog.pg_description d
join pg_catalog.pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid
where d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid > 0 and d.objoid = any(%s::oid[])
"""
LARGE = frozenset({TEXT, JSON, JSONB})


def read_shapes(connection: Connection, tables: Sequence[SourceTable]) -> tuple[TableShape, ...]:
    """References come from foreign keys, comments from COMMENT ON COLUMN."""
    oids = [table.oid for table in tables]
    references: defaultdict[int, list[str]] = defaultdict(list)
    for oid, label in connection.execute(REFERENCES, [oids]).fetchall():
        references[oid].append(label)
    comments = {(oid, name): text for oid, name, text in connection.execute(COMMENTS, [oids]).fetchall()}

    def column(table: SourceTable, one: SourceColumn) -> ColumnShape:
        return ColumnShape(one.name, comments.get((table.oid, one.name), ""), _kind(one), one.name in table.key)

    return tuple(
        TableShape(
            table.schema,
            table.name,
            tuple(column(table, one) for one in table.columns),
            tuple(references[table.oid]),
        )
        for table in tables
    )


def _kind(column: SourceColumn) -> str:
    """DMS takes text, JSON and arrays for large objects."""
    if column.oid in LARGE or column.type_name.endswith("[]"):
        return "large"
    return "text" if CORE.get(column.oid, "string") == "string" else ""
