"""Writes Bronze files: small ones into the tail, partitioned ones into the visible tree.

Every file is made in staging and then published under its name; nobody takes it for part of Bronze before the manifest
says so.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakewright.bronze.layout import Names, partition_folder, tail_path
from lakewright.bronze.state import BronzeFile
from lakewright.lazily import pc
from lakewright.storage import Storage

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    from lakewright.lazily import np, pa, pq

NARROW = ["Op", "_commit_ts", "_lsn", "_schema_version"]
ROW_GROUP = 131_072
HANDS = 2
"""Files that are written at once: each is compressed without Python's lock, and waits for the disk."""


@dataclass(frozen=True)
class Target:
    """What rows are written for: a table in one generation and schema version."""

    table: str
    generation: int
    schema_version: int
    tenant: str | None


class BronzeWriter:
    """Writes files of one source. Safe to use from several threads."""

    def __init__(self, storage: Storage, source: str, names: Names, compression: str = "snappy") -> None:
        self._storage = storage
        self._source = source
        self._names = names
        self._compression = compression
        self._lock = threading.Lock()
        self._hands = ThreadPoolExecutor(HANDS, "lakewright-write")

    def tail(self, target: Target, rows: pa.Table) -> BronzeFile:
        """One unpartitioned file with all columns, the tenant's too."""
        low, high = _bounds(rows)
        path = tail_path(self._source, target.table, high)
        size = self._publish(_numbered(rows, target.schema_version), path)
        return BronzeFile(
            path, target.table, target.generation, "tail", rows.num_rows, size, low, high, target.schema_version
        )

    def partitioned(self, target: Target, kind: str, rows: pa.Table, load_date: str | None = None) -> list[BronzeFile]:
        """One file per partition: by `load_date`, or by the commit's date when it is None, and by tenant."""
        numbered = _numbered(rows, target.schema_version)
        parts = split(numbered, target.tenant, load_date)
        written = [self._hands.submit(self._part, target, kind, part, date, tenant) for date, tenant, part in parts]
        wait(written)  # all of them, also when one fails: nothing is written behind the caller's back
        return [one.result() for one in written]

    def staging(self) -> Path:
        """This source's own part of staging; whoever holds the source's lock may empty it."""
        folder = self._storage.staging() / f"bronze-{self._source}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def path(self, target: Target, kind: str, date: str, tenant: str | None) -> str:
        """A new name in a partition's folder."""
        with self._lock:
            name = self._names.load(target.table) if kind == "load" else self._names.change()
        return f"{partition_folder(target.table, date, target.tenant, tenant)}/{name}"

    def merged(self, target: Target, inputs: tuple[BronzeFile, ...]) -> BronzeFile:
        """One file with the rows of several of one kind and partition, all lean or none, piece by piece."""
        first = inputs[0]
        low, high = min(file.min_lsn for file in inputs), max(file.max_lsn for file in inputs)
        if first.kind == "tail":
            path = tail_path(self._source, target.table, high)
        else:
            path = self.path(target, first.kind, first.load_date or "", first.tenant)
        staged = self._staged()
        rows = 0
        writer: pq.ParquetWriter | None = None
        for file in inputs:
            for batch in self.batches(file):
                writer = writer or pq.ParquetWriter(staged, batch.schema, **self._options())
                writer.write_table(batch, row_group_size=ROW_GROUP)
                rows += batch.num_rows
        if writer is not None:
            writer.close()
        size = staged.stat().st_size
        self._storage.publish(staged, path)
        return replace(first, path=path, rows=rows, bytes=size, min_lsn=low, max_lsn=high)

    def batches(self, file: BronzeFile) -> Iterator[pa.Table]:
        """A file's rows, one row group after another."""
        location = self._storage.location(file.path)
        with _opened(self._storage, file.path, location) as parquet:
            for group in range(parquet.num_row_groups):
                yield parquet.read_row_group(group, use_threads=False)

    def adopt(
        self, staged: Path, rows: int, target: Target, kind: str, date: str, tenant: str | None, lsn: int, lean: bool
    ) -> BronzeFile:
        """Publishes a file that somebody else wrote in staging; all its rows are of one LSN."""
        path = self.path(target, kind, date, tenant)
        size = staged.stat().st_size
        self._storage.publish(staged, path)
        return BronzeFile(
            path, target.table, target.generation, kind, rows, size, lsn, lsn, target.schema_version, date, tenant, lean
        )

    def _part(self, target: Target, kind: str, part: pa.Table, date: str, tenant: str | None) -> BronzeFile:
        path = self.path(target, kind, date, tenant)
        size = self._publish(part, path)
        low, high = _bounds(part)
        return BronzeFile(
            path,
            target.table,
            target.generation,
            kind,
            part.num_rows,
            size,
            low,
            high,
            target.schema_version,
            date,
            tenant,
        )

    def _publish(self, rows: pa.Table, path: str) -> int:
        staged = self._staged()
        pq.write_table(rows, staged, row_group_size=ROW_GROUP, **self._options())
        size = staged.stat().st_size
        self._storage.publish(staged, path)
        return size

    def _staged(self) -> Path:
        return self.staging() / f"{uuid.uuid4().hex}.parquet"

    def _options(self) -> dict[str, Any]:
        return {"compression": self._compression, "use_dictionary": NARROW, "store_schema": False}


def _opened(storage: Storage, path: str, location: str) -> Any:
    if location.startswith("s3://"):
        return pq.ParquetFile(pa.BufferReader(storage.read(path)))
    return pq.ParquetFile(location, memory_map=False)


def _numbered(rows: pa.Table, version: int) -> pa.Table:
    """With `_schema_version`, after `_seq`, as the layout has it."""
    if "_schema_version" in rows.schema.names:
        return rows
    place = rows.schema.names.index("_seq") + 1
    return rows.add_column(place, "_schema_version", pa.repeat(pa.scalar(version, pa.int32()), rows.num_rows))


def _bounds(rows: pa.Table) -> tuple[int, int]:
    found = pc.min_max(rows.column("_lsn")).as_py()
    return int(found["min"]), int(found["max"])


def split(rows: pa.Table, tenant: str | None, load_date: str | None) -> Iterator[tuple[str, str | None, pa.Table]]:
    """(date, tenant, rows) of each partition; the tenant's column is left out, since the path says it."""
    dates = None if load_date is not None else pc.cast(rows.column("_commit_ts"), pa.date32())
    for date, dated in [(load_date, rows)] if dates is None else _groups(rows, dates):
        if tenant is None:
            yield str(date), None, dated
            continue
        for value, part in _groups(dated, dated.column(tenant)):
            yield str(date), _tenant_text(value), part.drop_columns([tenant])


def _tenant_text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if value is True or value is False else str(value)


def _groups(rows: pa.Table, by: Any) -> Iterator[tuple[Any, pa.Table]]:
    """The rows of each distinct value (NULL is one), in stable order."""
    whole: Any = by.chunk(0) if by.num_chunks == 1 else pa.concat_arrays(by.chunks)
    encoded = whole.dictionary_encode(null_encoding="encode")
    values = encoded.dictionary.to_pylist()
    if len(values) == 1:
        yield values[0], rows
        return
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(values) + 1))
    arranged = rows.take(order)
    for value, start, end in zip(values, bounds[:-1], bounds[1:], strict=True):
        yield value, arranged.slice(int(start), int(end - start))
