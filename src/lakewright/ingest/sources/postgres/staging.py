"""Arrow tables → Parquet files by tenant, in bounded memory, in a folder that nobody else sees."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lakewright.lazily import pc

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    from lakewright.lazily import np, pa, pq

BUFFER_BYTES = 24 << 20
OPEN_FILES = 64
COMPRESSION: Literal["snappy"] = "snappy"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A finished Parquet file. `tenant` is the partition's value as text; None: the rows have none. `lean`: without
    the system columns that are NULL in every row."""

    path: Path
    rows: int
    bytes: int
    tenant: str | None
    lean: bool = False


@dataclass
class _Open:
    path: Path
    writer: pq.ParquetWriter
    rows: int = 0


@dataclass
class PartitionedWriter:
    """Collects tables and writes them to `folder`, one file per value of the column `tenant` (which is left out).

    At most `buffer_bytes` of rows are held, twice that while they are sorted; a partition gets a second file when more
    than OPEN_FILES are in use.
    """

    folder: Path
    tenant: str | None
    buffer_bytes: int = BUFFER_BYTES
    _waiting: list[pa.Table] = field(default_factory=list)
    _size: int = 0
    _open: OrderedDict[str | None, _Open] = field(default_factory=OrderedDict)
    _done: list[StagedFile] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def write(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        self._size += rows.nbytes
        if self._size >= self.buffer_bytes:
            self._flush()

    def finish(self) -> tuple[StagedFile, ...]:
        """Closes all files and tells what they are. No rows, no files."""
        self._flush()
        while self._open:
            self._close_oldest()
        return tuple(self._done)

    def _flush(self) -> None:
        if not any(rows.num_rows for rows in self._waiting):
            return
        rows = pa.concat_tables(self._waiting)
        self._waiting, self._size = [], 0
        if self.tenant is None:
            self._append(None, rows)
            return
        for value, part in split_by(rows, self.tenant):
            self._append(value, part)
        pa.default_memory_pool().release_unused()

    def _append(self, tenant: str | None, rows: pa.Table) -> None:
        file = self._open.get(tenant)
        if file is None:
            while len(self._open) >= OPEN_FILES:
                self._close_oldest()
            path = self.folder / f"{next(self._number):06d}.parquet"
            file = self._open[tenant] = _Open(path, parquet_writer(path, rows.schema))
        self._open.move_to_end(tenant)
        file.writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        file.rows += rows.num_rows

    def _close_oldest(self) -> None:
        tenant, file = self._open.popitem(last=False)
        file.writer.close()
        self._done.append(StagedFile(file.path, file.rows, file.path.stat().st_size, tenant))


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression=COMPRESSION, store_schema=False, store_decimal_as_integer=True)


def split_by(rows: pa.Table, column: str) -> Iterator[tuple[str | None, pa.Table]]:
    """(value as text, its rows without the column), in the order in which the values first occur."""
    values: Any = rows[column].combine_chunks()
    rest = rows.drop_columns([column])
    encoded = pc.dictionary_encode(values, null_encoding="encode")
    codes = np.asarray(encoded.indices)
    texts = encoded.dictionary.cast(pa.string()).to_pylist()
    if len(texts) == 1:
        yield texts[0], rest
        return
    order = np.argsort(codes, kind="stable")
    bounds = np.cumsum(np.bincount(codes, minlength=len(texts)))
    ordered = rest.take(order)
    for text, end, size in zip(texts, bounds.tolist(), np.diff(bounds, prepend=0).tolist(), strict=True):
        yield text, ordered.slice(end - size, size)
