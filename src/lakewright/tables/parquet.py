"""Rows to Parquet files: one hive-style folder per partition, statistics taken from the files' own footers."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.storage import Storage
from lakewright.tables import DataFile

Compression = Literal["snappy", "zstd", "none"]

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
ROWS_PER_FILE = 500_000
_STATISTICS_COLUMNS = 32
_LONGEST_TEXT = 64
_EXACT_DIGITS = 15  # what a JSON number carries without loss


class PartitionedWriter:
    """Writes rows that arrive sorted by `partition_by` as files below a table's folder.

    The files are no part of the table until a commit names them; a file that no commit names is garbage for vacuum.
    """

    def __init__(
        self, storage: Storage, path: str, partition_by: Sequence[str], compression: Compression = "snappy"
    ) -> None:
        self._storage = storage
        self._path = path
        self._partition_by = tuple(partition_by)
        self._compression = compression
        self._made: set[str] = set()

    def write(self, rows: pa.RecordBatchReader, *, rows_per_file: int = ROWS_PER_FILE) -> tuple[DataFile, ...]:
        """Writes all rows; none gives no file."""
        return tuple(self._write(piece) for piece in _pieces(rows, self._partition_by, rows_per_file))

    def _write(self, piece: pa.Table) -> DataFile:
        partition = {name: partition_text(piece.column(name)[0].as_py()) for name in self._partition_by}
        folder = "/".join(f"{quote(name, safe='')}={_folder(value)}" for name, value in partition.items())
        path = f"{folder}/part-{uuid.uuid4()}.parquet" if folder else f"part-{uuid.uuid4()}.parquet"
        data = piece.drop_columns(list(self._partition_by))
        texts = [field.name for field in data.schema if pa.types.is_string(field.type)]  # others gain nothing
        footers: list[pq.FileMetaData] = []
        buffer = pa.BufferOutputStream()
        pq.write_table(
            data,
            buffer,
            compression=self._compression,
            use_dictionary=texts,  # type: ignore[arg-type] # names are fine
            store_schema=False,
            metadata_collector=footers,
        )
        content = buffer.getvalue()
        self._keep(folder, path, content)
        lows, highs, nulls = statistics(footers[0], data.schema)
        return DataFile(path, content.size, piece.num_rows, partition, lows, highs, nulls)

    def _keep(self, folder: str, path: str, content: pa.Buffer) -> None:
        """Local files go straight to their place: unlike `put`, without a sync each, since a commit must name them."""
        location = self._storage.location(f"{self._path}/{path}")
        if "://" in location:
            self._storage.put(f"{self._path}/{path}", content.to_pybytes())
            return
        if folder not in self._made:
            Path(location).parent.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        with Path(location).open("xb") as out:
            out.write(content)


def _pieces(rows: pa.RecordBatchReader, keys: Sequence[str], limit: int) -> Iterator[pa.Table]:
    """Cuts sorted rows where the partition changes, and within one at `limit` rows."""
    held: list[pa.RecordBatch] = []
    count = 0
    last: tuple[Any, ...] | None = None
    for batch in rows:
        for part in _runs(batch, keys):
            value = tuple(part.column(name)[0].as_py() for name in keys)
            if held and (value != last or count >= limit):
                yield pa.Table.from_batches(held)
                held, count = [], 0
            held.append(part)
            count += part.num_rows
            last = value
    if held:
        yield pa.Table.from_batches(held)


def _runs(batch: pa.RecordBatch, keys: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if not batch.num_rows:
        return
    differs = np.zeros(batch.num_rows, dtype=bool)
    for name in keys:
        codes = batch.column(name).dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False)
        differs[1:] |= codes[1:] != codes[:-1]
    starts = [0, *np.flatnonzero(differs).tolist(), batch.num_rows]
    for start, end in itertools.pairwise(starts):
        yield batch.slice(start, end - start)


def partition_text(value: Any) -> str | None:
    """A partition value as Delta and Hive keep it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _folder(value: str | None) -> str:
    return NULL_PARTITION if value is None else quote(value, safe="")


def statistics(footer: pq.FileMetaData, schema: pa.Schema) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """Lowest value, highest value and number of NULLs per column, as far as the footer tells them exactly."""
    lows: dict[str, Any] = {}
    highs: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    flat = {footer.schema.column(index).path: index for index in range(footer.num_columns)}
    for name in schema.names[:_STATISTICS_COLUMNS]:
        if name not in flat or not _comparable(schema.field(name).type):
            continue
        found = [footer.row_group(group).column(flat[name]).statistics for group in range(footer.num_row_groups)]
        groups = [group for group in found if group is not None]
        if len(groups) < len(found):
            continue
        if all(group.null_count is not None for group in groups):
            nulls[name] = sum(int(group.null_count or 0) for group in groups)
        bounds: list[tuple[Any, Any]] = [(group.min, group.max) for group in groups if group.has_min_max]
        if not bounds or any(not group.has_min_max and group.num_values for group in groups):
            continue
        low, high = min(bound[0] for bound in bounds), max(bound[1] for bound in bounds)
        if not isinstance(low, str) or max(len(low), len(high)) <= _LONGEST_TEXT:
            lows[name], highs[name] = low, high
    return lows, highs, nulls


def _comparable(kind: pa.DataType) -> bool:
    """Types whose bounds every reader of the format understands alike. Floats are left out for NaN and signed zero."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_string(kind)
        or (pa.types.is_decimal(kind) and kind.precision <= _EXACT_DIGITS)
    )


def json_value(value: Any) -> Any:
    """A bound as Delta's JSON statistics write it."""
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%dT%H:%M:%S.%f")
        return f"{text}Z" if value.tzinfo else text
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | str) else float(value)


def stats_of(file: DataFile) -> Mapping[str, Any]:
    """The statistics of a file as Delta keeps them."""
    return {
        "numRecords": file.rows,
        "minValues": {name: json_value(value) for name, value in file.lows.items()},
        "maxValues": {name: json_value(value) for name, value in file.highs.items()},
        "nullCount": dict(file.nulls),
    }
