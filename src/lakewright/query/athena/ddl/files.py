"""Files on their way into the object store: Parquet, text or JSON, by partition, visible all at once or never."""

from __future__ import annotations

import gzip
import io
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.catalog.locations import Location
from lakewright.catalog.partitions import folder
from lakewright.query.athena.ddl.rows_text import Spell
from lakewright.query.athena.sql import SqlError
from lakewright.storage.objects import Blob, Facts, ObjectStore

MOST_PARTITIONS = 100
ROWS_AT_ONCE = 65_536
BYTES_AT_ONCE = 96 << 20
Codec = Literal["gzip", "snappy", "zstd", "lz4", "none"]
PARQUET_CODECS: Mapping[str, Codec] = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "none"}
TEXT_CODECS = ("GZIP", "NONE")


@dataclass(frozen=True)
class Plan:
    """What is written: `columns` are the files' (partition keys, `keys` of them, come last in each batch and not into
    the files). `spell` gives a batch as lines; None for Parquet. `homes`: where partitions lie that have a place."""

    location: Location
    owner: str
    schema: pa.Schema
    keys: Sequence[tuple[str, Callable[[Any], str]]]
    codec: str
    spell: Spell | None = None
    homes: Mapping[tuple[str, ...], Location] = field(default_factory=dict)

    @property
    def ending(self) -> str:
        return ".gz" if self.spell is not None and self.codec == "GZIP" else ""


class _Output(Protocol):
    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


class _Sink(io.RawIOBase):
    """A blob as a file that Arrow writes to."""

    def __init__(self, blob: Blob) -> None:
        super().__init__()
        self._blob = blob
        self.dropped = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._blob.size

    def write(self, data: Any) -> int:
        before = self._blob.size
        if self.dropped:
            return memoryview(data).nbytes
        self._blob.write(memoryview(data))
        return self._blob.size - before


class _ParquetOutput:
    def __init__(self, sink: _Sink, plan: Plan) -> None:
        self._writer = pq.ParquetWriter(pa.PythonFile(sink, "w"), plan.schema, compression=PARQUET_CODECS[plan.codec])

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def close(self) -> None:
        self._writer.close()


class _TextOutput:
    def __init__(self, sink: _Sink, plan: Plan, spell: Spell) -> None:
        self._spell = spell
        self._file: Any = gzip.GzipFile(fileobj=sink, mode="wb", mtime=0) if plan.codec == "GZIP" else sink
        self._own = plan.codec == "GZIP"

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write(self._spell(batch))

    def close(self) -> None:
        if self._own:
            self._file.close()


@dataclass
class _Open:
    """One partition's file, and rows that wait for it."""

    bucket: str
    key: str
    blob: Blob
    sink: _Sink
    output: _Output
    waiting: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0

    def flush(self) -> None:
        if self.waiting:
            for batch in pa.Table.from_batches(self.waiting).combine_chunks().to_batches():
                self.output.write(batch)
        self.waiting, self.rows, self.bytes = [], 0, 0


class Files:
    """Takes batches, then `publish` or `discard`. Nobody sees a file before `publish`, and then all of them at once."""

    def __init__(self, objects: ObjectStore, plan: Plan, execution_id: str) -> None:
        self._objects = objects
        self._plan = plan
        stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
        self._name = f"{stamp}_{int(execution_id[:4], 16):05d}_{execution_id[4:8]}a"
        self._open: dict[tuple[str, ...], _Open] = {}
        self.rows = 0

    @property
    def partitions(self) -> list[tuple[str, ...]]:
        """The values of each partition written, in the order of their first rows."""
        return list(self._open)

    def write(self, batch: pa.RecordBatch) -> None:
        """SqlError when it needs too many files."""
        self.rows += batch.num_rows
        for values, part in self._parted(batch):
            one = self._open.get(values) or self._start(values)
            one.waiting.append(part)
            one.rows += part.num_rows
            one.bytes += part.get_total_buffer_size()
            if one.rows >= ROWS_AT_ONCE or one.bytes >= BYTES_AT_ONCE:
                one.flush()
        if sum(one.bytes for one in self._open.values()) > BYTES_AT_ONCE:
            for one in self._open.values():
                one.flush()

    def write_nothing(self) -> None:
        """An unpartitioned table has a file even when it has no rows."""
        if not self._plan.keys and not self._open:
            self._start(())

    def publish(self, stopped: Callable[[], bool]) -> list[str]:
        """Makes the files objects, unless the statement was stopped; gives their s3:// paths."""
        for one in self._open.values():
            one.flush()
            one.output.close()
        if stopped():
            raise SqlError("USER_CANCELED", "Query was canceled")
        found = [(one.blob, one.bucket, one.key) for one in self._open.values()]
        self._objects.commit_all(found, owner=self._plan.owner, facts=Facts())
        return [f"s3://{bucket}/{key}" for _, bucket, key in found]

    def discard(self) -> None:
        """Forgets everything, when `publish` was not called or failed."""
        for one in self._open.values():
            one.sink.dropped = True  # what its writer still has is for nobody
            one.output.close()
            one.blob.discard()

    def _start(self, values: tuple[str, ...]) -> _Open:
        if len(self._open) >= MOST_PARTITIONS:
            fact = f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
            raise SqlError("HIVE_TOO_MANY_OPEN_PARTITIONS", fact)
        place = self._plan.homes.get(values) or self._plan.location
        if values and values not in self._plan.homes:
            place = place.below(folder([name for name, _ in self._plan.keys], values))
        key = f"{place.prefix}{self._name}_{uuid.uuid4()}{self._plan.ending}"
        blob = self._objects.blob(key)
        sink, spell = _Sink(blob), self._plan.spell
        output: _Output = _ParquetOutput(sink, self._plan) if spell is None else _TextOutput(sink, self._plan, spell)
        self._open[values] = _Open(place.bucket, key, blob, sink, output)
        return self._open[values]

    def _parted(self, batch: pa.RecordBatch) -> list[tuple[tuple[str, ...], pa.RecordBatch]]:
        """The batch by partition, without the partition keys."""
        width = len(self._plan.schema)
        data = pa.RecordBatch.from_arrays(batch.columns[:width], schema=self._plan.schema)
        if not self._plan.keys:
            return [((), data)]
        texts = [
            [spell(value) for value in column.to_pylist()]
            for (_, spell), column in zip(self._plan.keys, batch.columns[width:], strict=True)
        ]
        rows: dict[tuple[str, ...], list[int]] = {}
        for row, values in enumerate(zip(*texts, strict=True)):
            rows.setdefault(values, []).append(row)
        return [(values, data.take(pa.array(some))) for values, some in rows.items()]
