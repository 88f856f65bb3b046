"""Parquet files as DMS writes them: the full load in counted files, changes in files named by their time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.ingest.dms.names import ChangeNames, date_folder, load_name
from lakewright.ingest.dms.rows import Written
from lakewright.ingest.dms.settings import VERSIONS, S3Settings
from lakewright.ingest.mappings.arrow import pc
from lakewright.storage import Storage

Now = Callable[[], datetime]


def parquet_options(target: S3Settings) -> dict[str, Any]:
    """What pyarrow's writer is told so that the file is as the endpoint's settings say."""
    return {
        "version": VERSIONS[target.version],
        "compression": "gzip" if target.gzip else "none",
        "use_dictionary": target.encoding != "plain",
        "dictionary_pagesize_limit": target.dictionary_page_bytes,
        "data_page_size": target.page_bytes,
        "write_statistics": target.statistics,
    }


class LoadFiles:
    """One table's full load: LOAD00000001.parquet, LOAD00000002.parquet, … No rows, no files."""

    def __init__(self, storage: Storage, target: S3Settings, place: tuple[str, str]) -> None:
        self._storage, self._target = storage, target
        self._folder = target.table_folder(*place)
        self._number = _highest_load(storage, self._folder)
        self._path: Path | None = None
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []

    def write(self, rows: pa.Table) -> None:
        """Rows become row groups of the length that the settings name, files of about the size they allow."""
        size = self._target.row_group_rows
        self._waiting.append(rows)
        count = sum(part.num_rows for part in self._waiting)
        if count < size:
            return
        joined = pa.concat_tables(self._waiting)
        for start in range(0, count - size + 1, size):
            self._put(joined.slice(start, size))
        self._waiting = [joined.slice(count - count % size)]

    def finish(self) -> None:
        rest = [part for part in self._waiting if part.num_rows]
        if rest:
            self._put(pa.concat_tables(rest))
        self._waiting = []
        self._publish()

    def discard(self) -> None:
        """The file in the making is forgotten."""
        if self._writer is not None and self._path is not None:
            self._writer.close()
            self._path.unlink(missing_ok=True)
        self._writer = None

    def _put(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._path = self._storage.staging() / f"dms-{uuid.uuid4().hex}.parquet"
            self._writer = pq.ParquetWriter(self._path, rows.schema, **parquet_options(self._target))
        self._writer.write_table(rows, row_group_size=self._target.row_group_rows)
        if self._path is not None and self._path.stat().st_size >= self._target.max_file_bytes:
            self._publish()

    def _publish(self) -> None:
        if self._writer is None or self._path is None:
            return
        self._writer.close()
        self._writer = None
        self._number += 1
        self._storage.publish(self._path, f"{self._folder}/{load_name(self._number)}")


def _highest_load(storage: Storage, folder: str) -> int:
    names = [entry.path.rpartition("/")[2] for entry in storage.list(folder)]
    return max((int(name[4:12], 16) for name in names if name.startswith("LOAD")), default=0)


@dataclass(frozen=True)
class ChangeFiles:
    """Files of changes, for all tables."""

    storage: Storage
    target: S3Settings
    names: ChangeNames
    now: Now

    def write(self, place: tuple[str, str], written: list[Written]) -> int:
        """One file for each folder of dates and each schema, in the order of the changes. Gives how many files."""
        files = 0
        for group in _alike(written):
            rows = pa.concat_tables([one.rows for one in group])
            committed = pa.concat_arrays([one.committed for one in group])
            for folder, part in self._by_date(rows, committed):
                self._file(f"{self.target.table_folder(*place)}/{folder}{self.names.next(self.now())}", part)
                files += 1
        return files

    def _by_date(self, rows: pa.Table, committed: Any) -> list[tuple[str, pa.Table]]:
        if not self.target.date_partition:
            return [("", rows)]
        hours = pc.floor_temporal(committed, unit="hour")
        folders = {hour: date_folder(self.target, hour) for hour in pc.unique(hours).to_pylist()}
        found = []
        for folder in dict.fromkeys(folders.values()):
            mine = [hour for hour, one in folders.items() if one == folder]
            found.append((folder, rows.filter(pc.is_in(hours, pa.array(mine, hours.type)))))
        return found

    def _file(self, path: str, rows: pa.Table) -> None:
        draft = self.storage.staging() / f"dms-{uuid.uuid4().hex}.parquet"
        try:
            pq.write_table(rows, draft, row_group_size=self.target.row_group_rows, **parquet_options(self.target))
            self.storage.publish(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def _alike(written: list[Written]) -> list[list[Written]]:
    """Runs of one schema."""
    groups: list[list[Written]] = []
    for one in written:
        if not one.rows.num_rows:
            continue
        if groups and groups[-1][0].rows.schema.equals(one.rows.schema):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups
