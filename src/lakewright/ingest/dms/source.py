"""The source as a task uses it: which tables take part, its publications, its slot, and the stream.

DMS reads the whole WAL through a plugin of its own; here publications choose the tables. Tables without a key are
published for their inserts only: their updates and deletes are lost, as with DMS, and stay possible at the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

from lakewright.errors import MissingError, ProblemError
from lakewright.ingest.dms.rows import Shape, shape_of
from lakewright.ingest.dms.settings import SourceSettings
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.sources.postgres.catalog import Connection, SourceTable, read_catalog
from lakewright.ingest.sources.postgres.identifiers import quote_identifier
from lakewright.ingest.sources.postgres.publication import ensure_publication
from lakewright.ingest.sources.postgres.relation import Relation
from lakewright.ingest.sources.postgres.slot import (
    connect,
    created_slot,
    drop_slot,
    read_slot,
)

INSERTS = "_inserts"


@dataclass(frozen=True)
class Member:
    """A table that takes part, as the catalog has it now."""

    table: SourceTable
    shape: Shape

    @property
    def place(self) -> tuple[str, str]:
        """Schema and name at the source."""
        return self.table.schema, self.table.name


def slot_name(task: str) -> str:
    """The slot of a task, and the start of its publications' names."""
    return "dms_" + re.sub(r"[^a-z0-9_]", "_", task.lower())[:50]


@dataclass(frozen=True)
class Source:
    """One database as one task sees it. `conninfo` is asked whenever a connection is made."""

    conninfo: Callable[[], str]
    mapping: TableMapping
    settings: SourceSettings
    slot: str

    def members(self, connection: Connection) -> tuple[Member, ...]:
        """The selected tables, in loading order. Raises Mistakes when the mapping does not fit them."""
        tables = {table.label: table for table in read_catalog(connection, self.mapping.selects)}
        transforms = self.mapping.resolve(tables.values())
        return tuple(
            Member(tables[label], shape_of(transform, {c.name: c for c in tables[label].columns}, self.settings))
            for label, transform in transforms.items()
        )

    def shape(self, relation: Relation) -> Shape | None:
        """A table as the stream describes it; None when no rule selects it."""
        if not self.mapping.selects(relation.schema, relation.name):
            return None
        transform = self.mapping.transform(relation.schema, relation.name, relation.columns, relation.key)
        return shape_of(transform, {column.name: column for column in relation.columns}, self.settings)

    def publish(self, connection: Connection, members: Iterable[Member]) -> tuple[str, ...]:
        """Brings the publications in step; gives their names."""
        keyed = [member.table for member in members if _has_key(member.table)]
        keyless = [member.table for member in members if not _has_key(member.table)]
        if barred := ensure_publication(connection, self.slot, keyed):
            commands = " ".join(f"{command};" for command in dict.fromkeys(barred.values()))
            raise MissingError("LW358", "may not publish all tables", hint=f"let their owner run: {commands}")
        if not keyless:
            return (self.slot,)
        name = quote_identifier(self.slot + INSERTS)
        listed = ", ".join(table.relation for table in keyless)
        there = connection.execute("select 1 from pg_publication where pubname = %s", [self.slot + INSERTS]).fetchone()
        if there is None:
            options = "publish = 'insert', publish_via_partition_root = true"
            connection.execute(f"CREATE PUBLICATION {name} FOR TABLE {listed} WITH ({options})")
        else:
            connection.execute(f"ALTER PUBLICATION {name} SET TABLE {listed}")
        return self.slot, self.slot + INSERTS

    def begin(self, stop: Callable[[], bool]) -> int:
        """Makes the slot anew; gives the position from which the stream brings every change."""
        with closing(connect(self.conninfo(), name="dms")) as connection:
            drop_slot(connection, self.slot)
        with created_slot(self.conninfo(), self.slot, stop) as snapshot:
            return snapshot.lsn

    def check(self, connection: Connection) -> None:
        """Raises LW372 when the slot cannot go on."""
        slot = read_slot(connection, self.slot)
        if slot is None or slot.lost:
            what = "is gone" if slot is None else "lost WAL that it needed"
            hint = "start the task with reload-target"
            raise ProblemError("LW372", f"the replication slot {self.slot} {what}: changes were missed", hint=hint)

    def forget(self) -> None:
        """What DMS leaves to its user: the slot and the publications go."""
        with closing(connect(self.conninfo(), name="dms")) as connection:
            drop_slot(connection, self.slot)
            for name in (self.slot, self.slot + INSERTS):
                connection.execute(f"DROP PUBLICATION IF EXISTS {quote_identifier(name)}")


def _has_key(table: SourceTable) -> bool:
    return bool(table.key) or table.replica_identity == "full"


Members = Mapping[tuple[str, str], Member]
