"""What tables a PostgreSQL database has, as a replication client sees them. Works with PostgreSQL 12 to 18.

Two queries whatever the number of tables; both read system catalogs only, so they need no privilege on the tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lakewright.ingest.sources.postgres.identifiers import qualified

ReplicaIdentity = Literal["default", "nothing", "full", "index"]
if TYPE_CHECKING:
    import psycopg

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

IDENTITIES: Mapping[str, ReplicaIdentity] = {"d": "default", "n": "nothing", "f": "full", "i": "index"}
GUESSED_ROW_BYTES = 100


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A live column. `oid` and `typmod` are those of the base type: domains are resolved, however deep.

    `declared_oid` is what the column was declared with (a domain's own oid), which is what pgoutput's Relation
    messages carry. `generated` columns are not sent by pgoutput (before PostgreSQL 18 not even on request).
    `number` stays when a column is renamed and is never used again. `fill` is the value, as text, of rows that are
    older than the column (ALTER TABLE … ADD COLUMN with a constant default); such rows are never rewritten.
    """

    name: str
    oid: int
    typmod: int
    type_name: str
    nullable: bool
    generated: bool
    declared_oid: int
    enum: bool = False
    number: int = 0
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class SourceTable:
    """An ordinary table or the root of a partitioned one (its partitions are hidden behind it).

    `key` holds the replica identity's columns: what a delete carries. It is empty when there is none; a deferrable
    primary key is none. `rows_estimate` and `bytes` are the planner's view, summed over partitions.
    """

    schema: str
    name: str
    oid: int
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...]
    primary_key: tuple[str, ...]
    replica_identity: ReplicaIdentity
    partitioned: bool
    rows_estimate: int
    bytes: int

    @property
    def label(self) -> str:
        """`schema.name`, for people and for the manifest; not quoted, not SQL."""
        return f"{self.schema}.{self.name}"

    @property
    def relation(self) -> str:
        """What to put after FROM so that exactly the rows that this table streams are read.

        `ONLY`, because tables that inherit the old way stream by themselves.
        """
        name = qualified(self.schema, self.name)
        return name if self.partitioned else f"ONLY {name}"

    def column(self, name: str) -> SourceColumn:
        return next(column for column in self.columns if column.name == name)


TABLES = """
select c.oid::bigint, n.nspname::text, c.relname::text, c.relreplident::text, c.relkind = 'p',
       coalesce(size.bytes, 0)::bigint, coalesce(size.rows, 0)::bigint,
       primary_key.columns, identity_key.columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join lateral (
  select sum(pg_catalog.pg_table_size(leaf.oid)) as bytes,
         sum(case when leaf.relpages > 0 and leaf.reltuples >= 0
                  then leaf.reltuples / leaf.relpages * pg_catalog.pg_relation_size(leaf.oid) / block.size
                  else pg_catalog.pg_table_size(leaf.oid) / {guess} end) as rows
  from (select pg_catalog.current_setting('block_size')::bigint as size) block,
       (select t.relid::oid as oid from pg_catalog.pg_partition_tree(c.oid) t where c.relkind = 'p' and t.isleaf
        union all select c.oid where c.relkind = 'r') member
  join pg_catalog.pg_class leaf on leaf.oid = member.oid
) size on true
left join lateral (
  select {key_columns} from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary
) primary_key on true
left join lateral (
  select {key_columns} from pg_catalog.pg_index i
  where i.indrelid = c.oid and i.indimmediate and i.indisvalid
    and (c.relreplident = 'd' and i.indisprimary or c.relreplident = 'i' and i.indisreplident)
) identity_key on true
where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by n.nspname, c.relname
""".format(
    guess=GUESSED_ROW_BYTES,
    key_columns="""array(
      select a.attname::text from unnest(i.indkey::int2[]) with ordinality k(attnum, place)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where k.place <= i.indnkeyatts order by k.place) as columns""",
)

DOMAINS = """
with recursive resolved as (
  select t.oid as domain, t.typbasetype as base, t.typtypmod as typmod, t.typnotnull as required
  from pg_catalog.pg_type t where t.typtype = 'd'
  union all
  select r.domain, t.typbasetype, t.typtypmod, r.required or t.typnotnull
  from resolved r join pg_catalog.pg_type t on t.oid = r.base and t.typtype = 'd'
)
select r.domain, r.base, r.typmod, r.required
from resolved r join pg_catalog.pg_type t on t.oid = r.base and t.typtype <> 'd'
"""

COLUMNS = f"""
with domains as ({DOMAINS})
select a.attrelid::bigint, a.attname::text, coalesce(d.base, a.atttypid)::bigint, coalesce(d.typmod, a.atttypmod),
       pg_catalog.format_type(a.atttypid, a.atttypmod), not (a.attnotnull or coalesce(d.required, false)),
       a.attgenerated <> '', a.atttypid::bigint, t.typtype = 'e', a.attnum::int,
       case when a.atthasmissing then (a.attmissingval::text::text[])[1] end
from pg_catalog.pg_attribute a
left join domains d on d.domain = a.atttypid
join pg_catalog.pg_type t on t.oid = coalesce(d.base, a.atttypid)
where a.attrelid = any(%s::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
"""


def read_catalog(connection: Connection, include: Callable[[str, str], bool]) -> tuple[SourceTable, ...]:
    """The permanent tables for which `include(schema, name)` holds, ordered by schema and name.

    Views, foreign, temporary and unlogged tables are not there: they cannot be streamed.
    """
    found = [row for row in connection.execute(TABLES).fetchall() if include(row[1], row[2])]
    columns: defaultdict[int, list[SourceColumn]] = defaultdict(list)
    for relation, *facts in connection.execute(COLUMNS, [[row[0] for row in found]]).fetchall():
        columns[relation].append(SourceColumn(*facts))
    return tuple(_table(row, tuple(columns[row[0]])) for row in found)


def read_domains(connection: Connection) -> dict[int, tuple[int, int]]:
    """Every domain's oid → (base type's oid, typmod). pgoutput names domains only by their own oid."""
    return {domain: (base, typmod) for domain, base, typmod, _ in connection.execute(DOMAINS).fetchall()}


def _table(row: tuple[Any, ...], columns: tuple[SourceColumn, ...]) -> SourceTable:
    oid, schema, name, identity, partitioned, size, rows, primary_key, identity_key = row
    kind = IDENTITIES[identity]
    key = tuple(c.name for c in columns if not c.generated) if kind == "full" else tuple(identity_key or ())
    return SourceTable(
        schema=schema,
        name=name,
        oid=oid,
        columns=columns,
        key=key,
        primary_key=tuple(primary_key or ()),
        replica_identity=kind,
        partitioned=partitioned,
        rows_estimate=rows,
        bytes=size,
    )
