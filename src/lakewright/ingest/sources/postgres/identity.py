"""Fingerprints of tables: what tells that somebody rewrote a table's rows, of which the stream says nothing.

ALTER TABLE may compute new values for all rows (a changed type, a USING clause, a volatile default). PostgreSQL sends
none of them, and may not even send a new definition. Then the table has another file on disk and other entries of its
columns in the catalog; VACUUM FULL changes only the former, SET STATISTICS only the latter, TRUNCATE only the former.

Nor does it say, of a table that is published through its root, that a partition was truncated, attached, detached or
dropped. A partition that was created as one began empty, and the stream has all its rows: its columns' entries are then
as old as those of its system columns, which ATTACH leaves alone while it writes the others again.
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
        from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0) as columns,
       coalesce((select pg_catalog.string_agg(part.oid || ':' || part.relfilenode, ',' order by part.oid)
                 from pg_catalog.pg_partition_tree(c.oid) t join pg_catalog.pg_class part on part.oid = t.relid
                 where c.relkind = 'p' and part.oid <> c.oid), '') as partitions,
       coalesce((select pg_catalog.string_agg(part.oid::text, ',')
                 from pg_catalog.pg_partition_tree(c.oid) t join pg_catalog.pg_class part on part.oid = t.relid
                 where c.relkind = 'p' and part.oid <> c.oid
                   and not exists (select from pg_catalog.pg_attribute a
                                   join pg_catalog.pg_attribute s on s.attrelid = a.attrelid and s.attnum = -6
                                   where a.attrelid = part.oid and a.attnum > 0 and not a.attisdropped
                                     and a.xmin = s.xmin and a.cmin = s.cmin)
                   and exists (select from pg_catalog.pg_partition_tree(part.oid) leaf
                               where pg_catalog.pg_relation_size(leaf.relid) > 0)), '') as filled
from pg_catalog.pg_class c where c.oid = any(%s::oid[])
"""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`files` names the table's files on disk (its partitions' for a root), `columns` the catalog's entries.

    `partitions` names each partition and its file (None: not known), `filled` those that were attached and hold rows.
    """

    files: str
    columns: str
    partitions: str | None = ""
    filled: str = ""

    def rewritten_since(self, older: Fingerprint | None) -> bool:
        """Whether rows may have been rewritten between the two. Partitions that came or went are no rewriting."""
        if older is None or self.columns == older.columns:
            return False
        ours, theirs = set(self.files.split(",")), set(older.files.split(","))
        if "," in self.files or "," in older.files:
            return bool(theirs - ours)
        return ours != theirs

    def lost_partition(self, older: Fingerprint | None) -> bool:
        """Whether a partition was detached or dropped since."""
        if older is None or older.partitions is None:
            return False
        return bool(_files(older.partitions).keys() - _files(self.partitions or "").keys())

    def partitions_since(self, older: Fingerprint | None) -> str:
        """What befell the partitions that are there, of which the stream does not tell; "" when nothing did."""
        if older is None or older.partitions is None or self.partitions == older.partitions:
            return ""
        ours, theirs = _files(self.partitions or ""), _files(older.partitions)
        if any(ours.get(oid, file) != file for oid, file in theirs.items()):
            return "a partition was truncated or rewritten"
        filled = set(self.filled.split(","))
        new = {oid: file for oid, file in ours.items() if oid not in theirs}
        if any(oid in filled or file not in (oid, NO_FILE) for oid, file in new.items()):
            return "a partition with rows was attached"
        return ""


NO_FILE = "0"


def _files(partitions: str) -> dict[str, str]:
    """Each partition's file. One that was never truncated or rewritten has its own OID for a name."""
    return dict(one.split(":") for one in partitions.split(",") if one)


def read_fingerprints(connection: psycopg.Connection[tuple[Any, ...]], oids: Sequence[int]) -> dict[int, Fingerprint]:
    """Of the tables that exist, by OID."""
    found = connection.execute(FINGERPRINTS, [list(oids)]).fetchall()
    return {oid: Fingerprint(files, columns or "", *parts) for oid, files, columns, *parts in found}
