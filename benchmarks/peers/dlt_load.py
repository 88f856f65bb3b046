"""dlt: one PostgreSQL table to Parquet files with a chosen backend. Arguments: URL, backend, folder."""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import os
import sys
from pathlib import Path

url, backend, folder = sys.argv[1:]
os.environ.update(
    DLT_DATA_DIR=str(Path(folder) / "dlt"),
    RUNTIME__DLTHUB_TELEMETRY="false",
    NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID="false",
)

import dlt  # noqa: E402 - reads its settings from the environment when imported
from dlt.destinations import filesystem  # noqa: E402
from dlt.sources.sql_database import sql_table  # noqa: E402

options = {"backend_kwargs": {"return_type": "arrow"}} if backend == "connectorx" else {}
table = sql_table(url, table="orders", schema="public", backend=backend, chunk_size=50_000, **options)
pipeline = dlt.pipeline(
    "bench", destination=filesystem(bucket_url=(Path(folder) / "out").as_uri()), dataset_name="bench", progress=None
)
pipeline.run(table, loader_file_format="parquet")
print(pipeline.last_trace.last_normalize_info.row_counts["orders"])
