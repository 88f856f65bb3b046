"""All rows of Bronze tables whose past is asked for in every cycle, kept in the engine's memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lakewright.bronze.reader import rows_sql
from lakewright.bronze.state import BronzeSchema, BronzeTable
from lakewright.engines import Session
from lakewright.pipeline.contents import ROWS_IN_MEMORY
from lakewright.pipeline.sql import identifier
from lakewright.storage import Storage

_HISTORIES = "memory.histories"


@dataclass
class _History:
    """What a copy holds: the rows of a generation before a position, in the columns of the newest schema."""

    relation: str
    generation: int
    schemas: tuple[BronzeSchema, ...]
    position: int


class Histories:
    """Copies that grow with their tables; made when first asked for. `rows` is the largest table that is copied.

    Bronze only ever adds rows to a generation, whichever files hold them, so what was read once stays true.
    """

    def __init__(self, storage: Storage, rows: int = ROWS_IN_MEMORY) -> None:
        self._storage = storage
        self._limit = rows
        self._known: dict[str, _History] = {}
        self._lock = threading.Lock()

    def relation(self, session: Session, table: BronzeTable, before: int) -> str | None:
        """A relation with the rows that `rows_sql` gives before a position, and perhaps later ones; None when the
        table is to be read from its files."""
        if table.dms is not None or not table.key:
            return None
        with self._lock:
            name = table.sql_name
            known = self._known.get(name)
            if sum(file.rows for file in table.current) > self._limit:
                if known is not None:
                    session.run(f"DROP TABLE {self._known.pop(name).relation}")
                return None
            if known is None or (known.generation, known.schemas) != (table.generation, table.schemas):
                known = self._known[name] = self._copied(session, name, table, before)
            elif known.position < before:
                rows = rows_sql(self._storage, table, since=known.position, before=before)
                session.run(f"INSERT INTO {known.relation} {rows}")
                known.position = before
            return known.relation

    def _copied(self, session: Session, name: str, table: BronzeTable, before: int) -> _History:
        relation = f"{_HISTORIES}.{identifier(name)}"
        session.run(f"CREATE SCHEMA IF NOT EXISTS {_HISTORIES}")
        rows = rows_sql(self._storage, table, since=None, before=before)
        session.run(f"CREATE OR REPLACE TABLE {relation} AS {rows}")
        return _History(relation, table.generation, table.schemas, before)
