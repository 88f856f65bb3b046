"""The files that AWS DMS writes to S3: which of them belong to a table, and in what order they come.

[folder/]schema/table/LOAD00000001.parquet                     full load (hexadecimal counter)
[folder/]schema/table/<segment>/LOAD00000001.parquet           parallel full load
[folder/]schema/table/[date folders/]20221023-013830913.parquet  changes
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from lakewright.errors import ProblemError
from lakewright.storage import Entry, Storage

LOAD = re.compile(r"(?:SEGMENT\d+_)?LOAD[0-9A-F]{8}\.parquet")
CHANGES = re.compile(r"(\d{8})-(\d{9,10})\.parquet")
DATE_FOLDERS = re.compile(r"(?:\d{2,10}[/_-]?)*")
TIES = 1 << 30
"""How far apart two files of one moment lie in `_seq`; a file has fewer rows."""


@dataclass(frozen=True, slots=True)
class DmsLayout:
    """The settings of a DMS target endpoint (and task) that shape its files.

    `folder` is BucketFolder below the lake's root, `timestamp_column` TimestampColumnName. `change_seq_column` is the
    column that a rule adds with `$AR_H_CHANGE_SEQ`, if there is one; it then decides the order within a file.
    """

    folder: str = ""
    timestamp_column: str | None = None
    change_seq_column: str | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The columns that are DMS's own, not the source's."""
        return frozenset(name for name in ("Op", self.timestamp_column, self.change_seq_column) if name)

    def table_folder(self, schema: str, table: str) -> str:
        return "/".join(part for part in (self.folder.strip("/"), schema, table) if part)


@dataclass(frozen=True)
class DmsReading:
    """How a table's files are to be read: by schema version the DMS columns that they have, by path the ties."""

    layout: DmsLayout
    own_columns: Mapping[int, frozenset[str]] = field(default_factory=dict)
    ties: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DmsFile:
    """One file. `moment` is 0 for the full load, else the name's 18 digits; `tie` tells files of one moment apart."""

    path: str
    kind: Literal["load", "cdc"]
    moment: int
    size: int
    modified: datetime
    tie: int = 0

    @property
    def at(self) -> datetime:
        """When DMS wrote it."""
        return self.modified if self.kind == "load" else moment_time(self.moment)


def list_files(storage: Storage, layout: DmsLayout, schema: str, table: str) -> tuple[DmsFile, ...]:
    """The table's files, full load first, then changes in order. Raises LW421 for files that are not Parquet."""
    folder = layout.table_folder(schema, table)
    found = [file for entry in storage.list(folder) if (file := _file(entry, folder))]
    ordered = sorted(found, key=lambda file: (file.moment, file.path))
    return tuple(_told_apart(ordered))


def moment_time(moment: int) -> datetime:
    """The UTC time in the 18 digits of a file name (date, time, tenths of milliseconds)."""
    digits = f"{moment:018}"
    return datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(microsecond=int(digits[14:]) * 100, tzinfo=UTC)


def _file(entry: Entry, folder: str) -> DmsFile | None:
    inside = entry.path.removeprefix(f"{folder}/")
    parent, _, name = inside.rpartition("/")
    if LOAD.fullmatch(name) and "/" not in parent:
        return DmsFile(entry.path, "load", 0, entry.size, entry.modified)
    changes = CHANGES.fullmatch(name)
    if changes and DATE_FOLDERS.fullmatch(parent):
        moment = int(changes[1] + changes[2].ljust(10, "0"))
        return DmsFile(entry.path, "cdc", moment, entry.size, entry.modified)
    if re.search(r"\.csv(\.gz)?$|\.parquet$", name):
        raise ProblemError(
            "LW421",
            f"{entry.path} is not named as a Parquet file of DMS",
            place=folder,
            hint="the endpoint needs DataFormat parquet; PreserveTransactions and CdcPath write CSV and are not read",
        )
    return None


def _told_apart(files: Iterable[DmsFile]) -> Iterable[DmsFile]:
    seen: Counter[int] = Counter()
    for file in files:
        tie = seen[file.moment] if file.kind == "cdc" else 0
        seen[file.moment] += 1
        yield DmsFile(file.path, file.kind, file.moment, file.size, file.modified, tie) if tie else file
