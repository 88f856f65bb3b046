"""PyAthena: its cursors, with only the settings of the shell.

    python pyathena_cursors.py "SELECT …" BUCKET

UNLOAD writes to BUCKET, one where you may write.
"""

import functools
import json
import os
import sys

import pyarrow as pa
import pyarrow.fs
from pyathena import connect
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor
from pyathena.connection import Connection
from pyathena.cursor import DictCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.s3fs.cursor import S3FSCursor

# pyarrow's S3 has no setting for an endpoint but this argument, and PyAthena does not pass it on (see README.md).
pyarrow.fs.S3FileSystem = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=os.environ["AWS_ENDPOINT_URL"])


def main(statement: str, bucket: str, *ways: str) -> dict[str, object]:
    connection = connect(work_group="primary", s3_staging_dir=f"s3://{bucket}/pyathena/", poll_interval=0.1)
    return {way: WAYS[way](connection, statement) for way in ways or WAYS}


def through_async(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    _, future = connection.cursor(AsyncCursor).execute(statement)
    return future.result().fetchall()


def _rows(table: pa.Table) -> list[list[object]]:
    return [list(row.values()) for row in table.to_pylist()]


WAYS = {
    "cursor": lambda to, sql: to.cursor().execute(sql).fetchall(),
    "dict": lambda to, sql: [list(row.values()) for row in to.cursor(DictCursor).execute(sql).fetchall()],
    "pandas": lambda to, sql: to.cursor(PandasCursor).execute(sql).as_pandas().values.tolist(),
    "pandas_unload": lambda to, sql: to.cursor(PandasCursor, unload=True).execute(sql).as_pandas().values.tolist(),
    "arrow": lambda to, sql: _rows(to.cursor(ArrowCursor).execute(sql).as_arrow()),
    "arrow_unload": lambda to, sql: _rows(to.cursor(ArrowCursor, unload=True).execute(sql).as_arrow()),
    "s3fs": lambda to, sql: to.cursor(S3FSCursor).execute(sql).fetchall(),
    "async": through_async,
}

if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
