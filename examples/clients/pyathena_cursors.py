"""PyAthena: its cursors, with only the settings of the shell.

    python pyathena_cursors.py "SELECT …"
"""

import asyncio
import functools
import json
import os
import sys

import pyarrow.fs
from pyathena import connect
from pyathena.aio.cursor import AioCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor
from pyathena.cursor import DictCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.s3fs.cursor import S3FSCursor

# pyarrow's S3 has no setting for an endpoint but this argument, and PyAthena does not pass it on (see README.md).
pyarrow.fs.S3FileSystem = functools.partial(
    pyarrow.fs.S3FileSystem, endpoint_override=os.environ["AWS_ENDPOINT_URL"]
)


def main(statement: str) -> dict[str, object]:
    connection = connect(work_group="primary", poll_interval=0.1)
    found: dict[str, object] = {}
    found["cursor"] = connection.cursor().execute(statement).fetchall()
    found["dict"] = [list(row.values()) for row in connection.cursor(DictCursor).execute(statement).fetchall()]
    found["pandas"] = connection.cursor(PandasCursor).execute(statement).as_pandas().values.tolist()
    found["pandas_unload"] = (
        connection.cursor(PandasCursor, unload=True).execute(statement).as_pandas().values.tolist()
    )
    found["arrow"] = _rows(connection.cursor(ArrowCursor).execute(statement).as_arrow())
    found["arrow_unload"] = _rows(connection.cursor(ArrowCursor, unload=True).execute(statement).as_arrow())
    found["s3fs"] = connection.cursor(S3FSCursor).execute(statement).fetchall()
    _, future = connection.cursor(AsyncCursor).execute(statement)
    found["async"] = future.result().fetchall()
    return found


def _rows(table: object) -> list[list[object]]:
    return [list(row.values()) for row in table.to_pylist()]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1]), default=str))
