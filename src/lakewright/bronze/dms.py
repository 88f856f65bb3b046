"""Bronze that the real DMS wrote, as a state that readers take for one of our own.

There is no manifest and no LSN: a file's moment (from its name) stands for the LSN, the row's place in the file for the
sequence. What DMS loses stays lost: updates of a key leave the old row, large values may be cut, truncates are unseen.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.bronze.dms_files import DmsFile, DmsLayout, DmsReading, list_files
from lakewright.bronze.state import LOADING, STREAMING, BronzeColumn, BronzeFile, BronzeSchema, BronzeState, BronzeTable
from lakewright.errors import ProblemError
from lakewright.models.types import from_arrow
from lakewright.storage import Storage

READER_COLUMNS = frozenset({"filename", "file_row_number"})


@dataclass(frozen=True)
class DmsTable:
    """A table to read. `types` are canonical types by column, where DMS's own differ (booleans come as text, say).

    `name` is its name in the lake; `schema` and `table` are the folders' names, after the task's transformations.
    """

    name: str
    schema: str
    table: str
    key: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Footer:
    """What a Parquet file says of itself: its rows, and (name, Arrow type) of its columns."""

    rows: int
    columns: tuple[tuple[str, pa.DataType], ...]


Footers = MutableMapping[str, Footer]
"""Footers by path, kept between calls; DMS never changes a file once written."""


def read_dms(
    storage: Storage, layout: DmsLayout, source: str, tables: Iterable[DmsTable], footers: Footers | None = None
) -> BronzeState:
    """The state of all tables as their files are now; every listed file is included whole."""
    known: Footers = {} if footers is None else footers
    found = {table.name: list_files(storage, layout, table.schema, table.table) for table in tables}
    newest = max((file.moment for files in found.values() for file in files), default=0)
    at = max((file.at for files in found.values() for file in files), default=datetime.fromtimestamp(0, UTC))
    read = {table.name: _table(storage, layout, table, found[table.name], known) for table in tables}
    return BronzeState(version=newest, source=source, position=newest + 1, at=at, tables=read)


def _table(
    storage: Storage, layout: DmsLayout, table: DmsTable, files: Sequence[DmsFile], footers: Footers
) -> BronzeTable:
    for file in files:
        if file.path not in footers:
            footers[file.path] = _footer(storage, file.path)
    shapes = list(dict.fromkeys(footers[file.path].columns for file in files))
    schemas = [_schema(number, shape, table, layout) for number, shape in enumerate(shapes, start=1)]
    newest = _union(schemas)
    missing = [name for name in table.key if newest.column(name) is None]
    if files and missing:
        raise ProblemError("LW422", f"no file has the key column {', '.join(missing)}", place=f"bronze.{table.name}")
    generation = _generation(files)
    return BronzeTable(
        name=table.name,
        source=f"{table.schema}.{table.table}",
        generation=generation,
        status=STREAMING if files else LOADING,
        stop_reason="" if files else "DMS has written no file yet",
        key=table.key,
        tenant=table.tenant,
        schemas=(*schemas, newest),
        files=tuple(_bronze_file(table, file, footers, shapes, generation) for file in files),
        dms=DmsReading(
            layout,
            {number: layout.columns & {name for name, _ in shape} for number, shape in enumerate(shapes, start=1)},
            {file.path: file.tie for file in files if file.tie},
        ),
    )


def _bronze_file(
    table: DmsTable, file: DmsFile, footers: Footers, shapes: Sequence[Any], generation: int
) -> BronzeFile:
    footer = footers[file.path]
    version = shapes.index(footer.columns) + 1
    moment, day = file.moment, f"{file.at:%Y-%m-%d}"
    return BronzeFile(
        file.path, table.name, generation, file.kind, footer.rows, file.size, moment, moment, version, day
    )


def _generation(files: Sequence[DmsFile]) -> int:
    """Another number whenever the full load's files are others: consumers then rebuild the table."""
    loaded = "\n".join(f"{file.path} {file.size}" for file in files if file.kind == "load")
    return zlib.crc32(loaded.encode()) + 1


def _footer(storage: Storage, path: str) -> Footer:
    location = storage.location(path)
    opened: Any = pa.BufferReader(storage.read(path)) if location.startswith("s3://") else location
    with pq.ParquetFile(opened) as file:
        schema = file.schema_arrow
        return Footer(file.metadata.num_rows, tuple((field.name, field.type) for field in schema))


def _schema(version: int, shape: Sequence[tuple[str, pa.DataType]], table: DmsTable, layout: DmsLayout) -> BronzeSchema:
    taken = READER_COLUMNS & {name for name, _ in shape}
    if taken:
        fact = f"the column {', '.join(sorted(taken))} cannot be read from DMS's files"
        raise ProblemError("LW423", fact, place=f"bronze.{table.name}", hint="rename it with a transformation rule")
    columns = [
        BronzeColumn(name, table.types.get(name) or _canonical(kind), str(kind), name in table.key)
        for name, kind in shape
        if name not in layout.columns
    ]
    return BronzeSchema(version, tuple(columns))


def _union(schemas: Sequence[BronzeSchema]) -> BronzeSchema:
    """All columns that any file has, in order of appearance, with the newest file's type."""
    columns: dict[str, BronzeColumn] = {}
    for schema in schemas:
        columns |= {column.name: column for column in schema.columns}
    return BronzeSchema(len(schemas) + 1, tuple(columns.values()))


def _canonical(kind: pa.DataType) -> str:
    """The canonical type of a column as DMS wrote it: times become text, times of day and zones are not told apart."""
    if pa.types.is_timestamp(kind):
        return "timestamp_ntz"
    return "string" if pa.types.is_time(kind) else from_arrow(kind)
