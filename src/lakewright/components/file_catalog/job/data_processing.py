"""Glue job: new files of `raw/` (JSON lines, CSV; plain or .gz) become Parquet in `processed/`, by dataset and day.

`raw/DATASET/…/file` becomes `processed/DATASET/load_date=DAY/DIGEST.parquet`; the same file is made the same again, so
a run that was killed is simply run again. A dataset's column types are those of its first file (`_schemas/`); later
files may add columns. A file that cannot be read, or does not fit, is told in `_rejected/` and changes nothing else.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import time
from collections.abc import Mapping
from json import dumps
from typing import Any

import pyarrow as pa
from lake_files import Bookmark, Folder, Found, arguments, say  # type: ignore[import-not-found] # beside it in Glue
from pyarrow import csv, json, parquet


def main(argv: list[str], client: Any) -> int:
    """Exit code: 0 also when files were rejected; they are counted, and kept where they are."""
    began = time.monotonic()
    said = arguments(argv)
    source, target = Folder(client, said.source), Folder(client, said.target)
    bookmark = Bookmark(target, said.JOB_NAME, said.job_bookmark_option)
    done: dict[str, int] = {}
    rejected = 0
    for found in sorted(source.files(), key=lambda one: one.key):
        if not bookmark.is_new(found):
            continue
        try:
            rows = process(source, target, found)
        except (pa.ArrowException, UnicodeDecodeError, OSError, EOFError) as wrong:
            rejected += 1
            target.write_json(f"_rejected/{found.key}.json", {"reason": str(wrong), "etag": found.etag})
            say("rejected", file=found.key, reason=str(wrong))
        else:
            done[found.dataset] = done.get(found.dataset, 0) + rows
        bookmark.passed(found)
    bookmark.keep()
    say("processed", job=said.JOB_NAME, seconds=round(time.monotonic() - began, 1), rows=done, rejected=rejected)
    return 0


def process(source: Folder, target: Folder, found: Found) -> int:
    """Makes one file's Parquet; gives its rows. Raises ArrowException for what does not fit."""
    table = read_table(found.key, source.read(found.key))
    known = target.read_json(f"_schemas/{found.dataset}.json")
    fitted = fit(table, known)
    schema = {**known, **{field.name: str(field.type) for field in fitted.schema}}
    if schema != known:
        target.write_json(f"_schemas/{found.dataset}.json", schema)
    made = io.BytesIO()
    parquet.write_table(fitted, made, compression="snappy")
    target.write(f"{found.dataset}/load_date={found.day}/{found.digest}.parquet", made.getvalue())
    return fitted.num_rows


def read_table(key: str, data: bytes) -> pa.Table:
    """Rows of a file by the end of its name; column names become lower case with underscores."""
    name = key.lower()
    if name.endswith(".gz"):
        name, data = name.removesuffix(".gz"), gzip.decompress(data)
    if name.endswith(".csv"):
        table = csv.read_csv(io.BytesIO(data))
    elif name.endswith((".json", ".jsonl", ".ndjson")):
        table = json.read_json(io.BytesIO(data))
    else:
        raise pa.ArrowInvalid(f"no .jsonl or .csv: {key}")
    names = [re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") for column in table.column_names]
    return pa.table([flat(column) for column in table.columns], names=names)


def flat(column: Any) -> Any:
    """Lists and objects as JSON text, so that one file's members do not decide what the next may have."""
    if not pa.types.is_nested(column.type):
        return column
    return pa.chunked_array([[None if value is None else dumps(value, default=str) for value in column.to_pylist()]])


def fit(table: pa.Table, known: Mapping[str, str]) -> pa.Table:
    """The table with the types that the dataset has already. Raises ArrowException where a value does not fit."""
    columns = {}
    for field in table.schema:
        column = table.column(field.name)
        if field.name in known:
            column = column.cast(pa.type_for_alias(known[field.name]))  # type: ignore[call-overload] # a name it gave
        elif pa.types.is_null(field.type):
            column = column.cast(pa.string())
        columns[field.name] = column
    return pa.table(columns)


if __name__ == "__main__":
    import boto3

    code = main(sys.argv[1:], boto3.client("s3"))
    if code:
        sys.exit(code)  # Glue takes any SystemExit, even of 0, for a failure
