"""Fingerprints of tables: what tells that somebody rewrote a table's rows, of which the stream says nothing.

ALTER TABLE may compute new values for all rows (a changed type, a USING clause, a volatile default). PostgreSQL sends
none of them, and may not even send a new definition. Then the table has another file on disk and other entries of its
columns in the catalog; VACUUM FULL changes only the former, SET STATISTICS only the latter, TRUNCATE only the former.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

FINGERPRINTS = """
select c.oid::bigint,
       coalesce((select pg_catalog.string_agg(leaf.relfilenode::text, ',' order by leaf.oid)
                 from (select t.relid::oid as oid from pg_catalog.pg_partition_tree(c.oid) t
                       where c.relkind = 'p' and t.isleaf
                       union all select c.oid where c.relkind = 'r') member
                 join pg_catalog.pg_class leaf on leaf.oid = member.oid), '') as files,
       (select pg_catalog.md5(pg_catalog.string_agg(a.attnum || ':' || a.xmin::text || ':' || a.atttypid, ','
                                                    order by a.attnum))
        from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0) as columns
from pg_catalog.pg_class c where c.oid = any(%s::oid[])
"""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`files` names the table's files on disk (its partitions' for a root), `columns` the catalog's entries."""

    files: str
    columns: str

    def rewritten_since(self, older: Fingerprint | None) -> bool:
        """Whether rows may have been rewritten between the two. Partitions that came or went are no rewriting."""
        if older is None or self.columns == older.columns:
            return False
        ours, theirs = set(self.files.split(",")), set(older.files.split(","))
        if "," in self.files or "," in older.files:
            return bool(theirs - ours)
        return ours != theirs


def read_fingerprints(connection: psycopg.Connection[tuple[Any, ...]], oids: Sequence[int]) -> dict[int, Fingerprint]:
    """Of the tables that exist, by OID."""
    found = connection.execute(FINGERPRINTS, [list(oids)]).fetchall()
    return {oid: Fingerprint(files, columns or "") for oid, files, columns in found}
