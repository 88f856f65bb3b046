"""Writes files as AWS DMS writes them to S3 (findings, part B): names, types, row groups and compression of DMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 10_024
DATE_FOLDERS = {
    ("YYYYMMDD", "SLASH"): "%Y/%m/%d",
    ("YYYYMMDD", "DASH"): "%Y-%m-%d",
    ("YYYYMMDD", "UNDERSCORE"): "%Y_%m_%d",
    ("YYYYMMDD", "NONE"): "%Y%m%d",
    ("YYYYMMDDHH", "SLASH"): "%Y/%m/%d/%H",
    ("YYYYMM", "DASH"): "%Y-%m",
    ("MMYYYYDD", "SLASH"): "%m/%Y/%d",
    ("DDMMYYYY", "NONE"): "%d%m%Y",
}
DMS_TYPES: Mapping[str, pa.DataType] = {
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "numeric": pa.decimal128(28, 6),
    "numeric(12,2)": pa.decimal128(12, 2),
    "double": pa.float64(),
    "boolean": pa.string(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us"),
    "date": pa.date32(),
    "time": pa.time32("ms"),
    "text": pa.string(),
    "jsonb": pa.string(),
    "uuid": pa.string(),
    "bytea": pa.binary(),
}


def dms_value(value: Any, kind: str) -> Any:
    """A PostgreSQL value as DMS hands it on: booleans as text, instants in UTC without a zone, six decimals."""
    if value is None:
        return None
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamptz":
        return value.astimezone(UTC).replace(tzinfo=None)
    if kind == "numeric":
        return Decimal(value).quantize(Decimal("0.000001"))
    return str(value) if kind in ("jsonb", "uuid", "text") else value


@dataclass
class DmsTarget:
    """A target endpoint: where it writes and with which settings. `types` are the table's columns, in order."""

    root: Path
    types: Mapping[str, str]
    schema: str = "public"
    table: str = "orders"
    include_op: bool = False
    timestamp_column: str | None = "dms_ts"
    change_seq: str | None = None
    date_folder: str = ""

    @property
    def folder(self) -> Path:
        return self.root / self.schema / self.table

    def load(self, number: int, rows: Sequence[Mapping[str, Any]], at: datetime, segment: str = "") -> Path:
        changes = [("I", at, row) for row in rows]
        return self._write(self.folder / segment / f"LOAD{number:08X}.parquet", changes, self.include_op)

    def change(self, written: datetime, changes: Sequence[tuple[str, datetime, Mapping[str, Any]]]) -> Path:
        name = f"{written:%Y%m%d-%H%M%S}{written.microsecond // 1000:03}.parquet"
        folder = self.folder / written.strftime(self.date_folder) if self.date_folder else self.folder
        return self._write(folder / name, changes, True)

    def _write(self, path: Path, changes: Sequence[tuple[str, datetime, Mapping[str, Any]]], with_op: bool) -> Path:
        columns: dict[str, pa.Array] = {}
        if with_op:
            columns["Op"] = pa.array([op for op, _, _ in changes], pa.string())
        if self.timestamp_column:
            texts = [f"{at:%Y-%m-%d %H:%M:%S.%f}" for _, at, _ in changes]
            columns[self.timestamp_column] = pa.array(texts, pa.string())
        for name, kind in self.types.items():
            values = [dms_value(row.get(name), kind) for _, _, row in changes]
            columns[name] = pa.array(values, DMS_TYPES[kind])
        if self.change_seq:
            columns[self.change_seq] = pa.array([row.get(self.change_seq) for _, _, row in changes], pa.string())
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path, compression="gzip", version="1.0", row_group_size=ROW_GROUP)
        return path


__all__ = ["DATE_FOLDERS", "DMS_TYPES", "DmsTarget", "dms_value"]
