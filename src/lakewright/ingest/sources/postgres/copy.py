"""COPY (query) TO STDOUT (FORMAT binary) → Arrow tables.

The server sends one CopyData message per row, so that rows are found without reading them one after the other. After
a header of 19 bytes: 16-bit number of fields, then per field a 32-bit length (-1: NULL) and the value; a row with
number -1 ends it.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import pq

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres.buffer import Buffer, Ints, Values
from lakewright.ingest.sources.postgres.columns import ColumnType, decode_column
from lakewright.ingest.sources.postgres.rows import special_values
from lakewright.ingest.sources.postgres.types import CORE

BATCH_BYTES = 4 << 20
BATCH_ROWS = 20_000
SIGNATURE = b"PGCOPY\n\xff\r\n\0"
END = b"\xff\xff"
WAIT_SECONDS = 0.5

Connection = psycopg.Connection[tuple[Any, ...]]
Message: TypeAlias = bytes | memoryview


def copied_tables(
    connection: Connection, query: str, columns: Sequence[tuple[str, ColumnType]], place: str
) -> Iterator[pa.Table]:
    """The query's rows in tables of bounded size: `_special`, then `columns` (name, type), which the query gives in
    this order, core types in binary form, all others as text. Ending the iteration early closes the connection.

    Raises psycopg.Error as the server reports it, LW306 when what arrives is not COPY's binary format.
    """
    for rows in _row_batches(connection, f"COPY ({query}) TO STDOUT (FORMAT binary)"):
        yield _decode(rows, columns, place)


def _row_batches(connection: Connection, statement: str) -> Iterator[list[Message]]:
    pgconn = connection.pgconn
    pgconn.send_query(statement.encode())
    while pgconn.is_busy():
        _wait(pgconn)
    _expect(pgconn, pq.ExecStatus.COPY_OUT)
    rows: list[Message] = []
    size, header, complete = 0, True, False
    try:
        while not complete:
            count, data = pgconn.get_copy_data(1)
            if count > 0:
                rows.append(data)
                size += count
                if size >= BATCH_BYTES or len(rows) >= BATCH_ROWS:
                    yield _rows_only(rows, header)
                    rows, size, header = [], 0, False
            elif count == 0:
                _wait(pgconn)
            else:
                complete = True
    finally:
        if not complete:
            connection.close()
    _expect(pgconn, pq.ExecStatus.COMMAND_OK)
    while pgconn.get_result() is not None:
        pass
    yield _rows_only(rows, header)


def _wait(pgconn: Any) -> None:
    select.select([pgconn.socket], [], [], WAIT_SECONDS)
    pgconn.consume_input()


def _expect(pgconn: Any, status: pq.ExecStatus) -> None:
    """Takes the next result; when it is another one, nothing is left waiting on the connection and it is raised."""
    result = pgconn.get_result()
    if result is not None and result.status == status:
        return
    while pgconn.get_result() is not None:
        pass
    raise (
        psycopg.OperationalError("the connection ended") if result is None else psycopg.errors.error_from_result(result)
    )


def _rows_only(messages: list[Message], header: bool) -> list[Message]:
    """Messages without the header, which comes alone or with the first row, and without the end mark."""
    if header:
        first = bytes(messages[0])
        if not first.startswith(SIGNATURE):
            raise ProblemError("LW306", "what arrives is not PostgreSQL's binary COPY format")
        rest = first[19 + int.from_bytes(first[15:19]) :]
        messages = [rest, *messages[1:]] if rest else messages[1:]
    return messages[:-1] if messages and bytes(messages[-1][:2]) == END else messages


def _decode(rows: list[Message], columns: Sequence[tuple[str, ColumnType]], place: str) -> pa.Table:
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    buffer, ends = Buffer.joined(rows), np.cumsum(lengths)
    starts = ends - lengths
    fields = buffer.u16(starts)
    if (fields != len(columns)).any():
        raise ProblemError(
            "LW306", f"a row has {fields[fields != len(columns)][0]} fields of {len(columns)}", place=place
        )
    at = starts + 2
    decoded = []
    for _, kind in columns:
        values, at = _field(buffer, at, text=kind.oid not in CORE)
        decoded.append(decode_column(kind, values))
    if (at != ends).any():
        raise ProblemError("LW306", "a row's length and its fields do not agree", place=place)
    names = [name for name, _ in columns]
    special = special_values(names, [column.specials for column in decoded], len(rows))
    return pa.Table.from_arrays([special, *(column.array for column in decoded)], names=["_special", *names])


def _field(buffer: Buffer, at: Ints, text: bool) -> tuple[Values, Ints]:
    """One field of every row, and where the next one starts."""
    lengths = buffer.i32(at).astype(np.int64)
    null = lengths < 0
    if not null.any():
        return Values(buffer, at + 4, lengths, None, text), at + 4 + lengths
    lengths = np.maximum(lengths, 0)
    return Values(buffer, np.where(null, 0, at + 4), lengths, null, text), at + 4 + lengths
