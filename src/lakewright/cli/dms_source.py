"""A source that the real DMS replicates: Bronze is read as DMS left it; keys and types are the source's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakewright.bronze.dms import DmsTable, Footers, read_dms
from lakewright.bronze.dms_catalog import keep_tables, kept_tables
from lakewright.bronze.dms_files import DmsLayout
from lakewright.bronze.state import BronzeState
from lakewright.spec import Source
from lakewright.storage import Storage

if TYPE_CHECKING:
    import psycopg

    from lakewright.ingest.mappings import TableMapping

Connect = Callable[[], "AbstractContextManager[psycopg.Connection[Any]]"]


@dataclass(frozen=True)
class DmsSource:
    """`load` asks the database for keys and types only the first time; `look` asks again and keeps the answer."""

    name: str
    source: Source
    storage: Storage
    mapping: Callable[[], TableMapping]
    connect: Connect
    catalog: Path

    def load(self) -> BronzeState:
        """The state of all tables, as DMS's files are now."""
        tables = kept_tables(self.catalog)
        return read_dms(self.storage, self._layout, self.name, self.look() if tables is None else tables, self._footers)

    def look(self) -> tuple[DmsTable, ...]:
        """The selected tables that have a key, as the database describes them now. Others cannot be read: DMS's changes
        name no row in them."""
        tables = tuple(self._tables())
        keep_tables(self.catalog, tables)
        return tables

    def _tables(self) -> Iterator[DmsTable]:
        from lakewright.ingest.sources.postgres.catalog import read_catalog

        mapping, tenant = self.mapping(), self.source.postgres.tenant
        with self.connect() as connection:
            transforms = mapping.resolve(read_catalog(connection, mapping.selects))
        for one in transforms.values():
            types = {column.name: column.type for column in one.columns}
            if one.key:
                folders = one.schema, one.name
                yield DmsTable(one.name, *folders, one.key, types, tenant if tenant in types else None)

    @cached_property
    def _layout(self) -> DmsLayout:
        declared = self.source.dms
        if declared is None:
            return DmsLayout()
        return DmsLayout(declared.folder, declared.timestamp_column, declared.change_seq_column)

    @cached_property
    def _footers(self) -> Footers:
        return {}
