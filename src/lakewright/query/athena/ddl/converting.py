"""Text, CSV and JSON files as Parquet: read once by Hive's rules, kept as long as the file is there.

Objects never change under their blob's name, so that a converted file is right for ever. The trusted reader opens
nothing but Parquet.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.catalog.formats import Format
from lakewright.catalog.hive_types import HiveType
from lakewright.models.types import arrow_type
from lakewright.query.athena.ddl.csv_rows import csv_rows
from lakewright.query.athena.ddl.json_rows import json_rows
from lakewright.query.athena.ddl.lines import lines
from lakewright.query.athena.ddl.text_rows import text_rows
from lakewright.storage.objects import Stored

ROWS_AT_ONCE = 50_000
RULES = 1
"""Counts up whenever values are read otherwise than before."""


class Converted:
    """Parquet copies below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def file(self, stored: Stored, form: Format, columns: Mapping[str, HiveType]) -> Path:
        """The object's rows as Parquet. SqlError where Athena fails to read it as well."""
        what = repr((RULES, form.kind, sorted(form.options.items()), form.skip_lines, list(columns.items())))
        name = f"{stored.path.name}.{hashlib.sha256(what.encode()).hexdigest()[:24]}.parquet"
        path = self._folder / stored.path.name[:2] / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}.new")
            try:
                _write(fresh, rows(stored.path, f"s3://{stored.bucket}/{stored.key}", form, columns), columns)
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
        os.utime(path)
        return path

    def sweep(self, kept: set[str]) -> int:
        """Removes copies of blobs that are no longer there; gives their number."""
        gone = [path for path in self._folder.glob("*/*") if path.name.rsplit(".", 2)[0] not in kept]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)


def rows(path: Path, shown: str, form: Format, columns: Mapping[str, HiveType]) -> Iterator[list[Any]]:
    """A file's rows, as its format reads them."""
    types = list(columns.values())
    found = islice(lines(path, shown), form.skip_lines, None)
    if form.kind == "text":
        return text_rows(found, types, form)
    if form.kind == "csv":
        return csv_rows(found, types, form)
    return json_rows(found, list(columns), types, form)


def _write(path: Path, found: Iterator[list[Any]], columns: Mapping[str, HiveType]) -> None:
    schema = pa.schema([(name, arrow_type(kind.canonical)) for name, kind in columns.items()])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(found, ROWS_AT_ONCE)):
            columns_of = zip(zip(*some, strict=True), schema, strict=True)
            arrays = [pa.array(values, field.type) for values, field in columns_of]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


__all__ = ["Converted", "rows"]
