"""The principal's side of a query: a fresh engine that holds what the trusted reader sends, and nothing else.

It first makes empty tables of the visible columns and lets the engine plan the statement over them; the plan says which
columns each table must deliver and which simple conditions its rows must meet. That may only narrow what is read. Then
views over streams take the tables' place and the statement runs.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from lakewright.query.governed import confinement
from lakewright.query.governed.link import Link, pair
from lakewright.query.governed.transport import receive_batches

RESULT_ROWS = 65_536
STREAMS = "delivered"
PLANNING = "statistics_propagation,late_materialization"
"""Rules that are off while a statement is planned: the tables are empty then, and they would leave nothing of it."""
EARLY_ENDS = ("LIMIT", "STREAMING_LIMIT", "LIMIT_PERCENT", "STREAMING_SAMPLE", "RESERVOIR_SAMPLE")
_SCANS = "SEQ_SCAN"
NO_READING_AHEAD = """A module that cannot be imported is not used. With pyarrow.dataset the engine reads ahead of its
need, as far as time permits: scanned bytes of a LIMIT would be chance, and tell how fast hidden rows are skipped. It
It would also need pytz to compare times."""


class Delivery:
    """A table as the engine sees it: each scan asks the reader for a stream of its own."""

    def __init__(self, schema: pa.Schema, number: int, data: Link) -> None:
        self._schema = schema
        self._number = number
        self._data = data

    def __arrow_c_schema__(self) -> Any:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        mine, theirs = pair()
        self._data.send({"open": self._number}, files=(theirs.fileno(),))
        theirs.close()
        batches: Any = pa.RecordBatchReader.from_batches(self._schema, _batches(mine))
        return batches.__arrow_c_stream__()


def _batches(stream: socket.socket) -> Iterator[pa.RecordBatch]:
    with stream:
        yield from receive_batches(stream)


def serve(link: Link, connection: duckdb.DuckDBPyConnection) -> None:
    """One query: job, plan, run. Raises Closed when the service is gone."""
    job, _, files = link.receive()
    confinement.limit_resources(job["memory"], job["seconds"], job["threads"], descriptors=256)
    try:
        if job["memory"] != confinement.MEMORY:
            connection.execute(f"SET memory_limit = '{job['memory']}B'")
        if job["tables"]:
            views, data = _agree(link, connection, job, files[0])
            schemas = _schemas(data) if views else []
            for view, schema in zip(views, schemas, strict=True):
                _make_view(connection, view, Delivery(schema, view["number"], data))
        if job["threads"] > 1:
            connection.execute(f"SET threads = {job['threads']}")
        connection.execute("SET lock_configuration = true")
        _run(link, connection, job["sql"])
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError, RuntimeError) as error:
        link.send({"kind": "failed", "error": type(error).__name__, "text": str(error)})


def _agree(
    link: Link, connection: duckdb.DuckDBPyConnection, job: dict[str, Any], data_fd: int
) -> tuple[Sequence[Mapping[str, Any]], Link]:
    """Tells the service what the plan needs; it answers with the views to make, and the statement over them."""
    data = Link(socket.socket(fileno=data_fd))
    link.send({"kind": "plan", **_plan(connection, job["tables"], job["sql"])})
    answer, _, _ = link.receive()
    job.update(threads=answer["threads"], sql=answer["sql"])
    return answer["views"], data


def _plan(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Mapping[str, str]], sql: str) -> dict[str, Any]:
    """The scans of the statement's plan as the engine explains them: table, columns, conditions."""
    for name, columns in tables.items():
        schema, _, table = name.partition(".")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        spelled = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE {quoted(schema)}.{quoted(table)} ({spelled})")
    kind = _reads(connection, sql)
    connection.execute(f"SET disabled_optimizers = '{PLANNING}'; SET explain_output = 'physical_only'")
    if kind == duckdb.StatementType.EXPLAIN:
        return {"explain": True}
    plan = json.loads(connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[-1][1])
    connection.execute("RESET disabled_optimizers; RESET explain_output")
    for name in tables:
        schema, _, table = name.partition(".")
        connection.execute(f"DROP TABLE {quoted(schema)}.{quoted(table)}")
    scans: list[dict[str, Any]] = []
    early = False
    waiting = list(plan)
    while waiting:
        node = waiting.pop()
        waiting += node["children"]
        early = early or node["name"].strip() in EARLY_ENDS
        if node["name"].strip() == _SCANS:
            scans.append(node["extra_info"])
    return {"scans": scans, "early": early}


def _reads(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.StatementType:
    """SELECT or EXPLAIN; anything else, or several, is refused whatever the dialect let through."""
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if len(kinds) != 1 or kinds[0] not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise duckdb.BinderException("only one statement that reads is possible here")
    return kinds[0]


def _schemas(data: Link) -> list[pa.Schema]:
    """The streams' schemas, as the reader found them."""
    head, body, _ = data.receive()
    found, at = [], 0
    for length in head["lengths"]:
        found.append(pa.ipc.read_schema(pa.py_buffer(memoryview(body)[at : at + length])))
        at += length
    return found


def _make_view(connection: duckdb.DuckDBPyConnection, view: Mapping[str, Any], delivery: Delivery) -> None:
    """`view`: name, number, columns (name → type), delivered names. What the plan does not need is NULL."""
    schema, _, table = view["name"].partition(".")
    held = f"{STREAMS}_{view['number']}"
    connection.register(held, delivery)
    delivered = set(view["delivered"])
    values = ", ".join(
        f"CAST({quoted(name) if name in delivered else 'NULL'} AS {kind}) AS {quoted(name)}"
        for name, kind in view["columns"].items()
    )
    connection.execute(f"CREATE VIEW {quoted(schema)}.{quoted(table)} AS SELECT {values} FROM {held}")


def _run(link: Link, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    _reads(connection, sql)
    batches = connection.execute(sql).to_arrow_reader(RESULT_ROWS)
    link.hold({"kind": "schema"}, memoryview(batches.schema.serialize()))
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        send = link.send if batch.num_rows == RESULT_ROWS else link.hold  # a shorter one is the last
        send({"kind": "rows"}, memoryview(batch.serialize()))
    link.send({"kind": "done", "rows": rows})


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Runs statements that leave nothing behind in the engine, not even a number in its catalog. One that groups
    would zero two megabytes: three times the work, a tenth of which the query gets back."""
    connection.execute("SET lock_configuration = false")
    batches = connection.execute("SELECT 1").to_arrow_reader(RESULT_ROWS)
    batches.schema.serialize()
    for batch in batches:
        batch.serialize()


def rehearse(connection: duckdb.DuckDBPyConnection) -> None:
    """The same path on made-up data, in one process and one thread."""
    import pyarrow.ipc  # noqa: F401 - an attribute of pyarrow only once it is imported

    sys.modules["pyarrow.dataset"] = None  # type: ignore[assignment]  # see NO_READING_AHEAD

    tables = {"rehearsal.one": {"a": "BIGINT", "b": "VARCHAR"}}
    _plan(connection, tables, "SELECT b, count(*) FROM rehearsal.one WHERE a > 1 GROUP BY b")
    batch = pa.record_batch({"a": pa.array([1, 2]), "b": pa.array(["x", None])})
    schema = pa.ipc.read_schema(pa.py_buffer(batch.schema.serialize()))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(batch)
    again = pa.ipc.open_stream(sink.getvalue()).read_next_batch()
    connection.register("rehearsed", pa.RecordBatchReader.from_batches(schema, iter([again])))
    for found in connection.execute("SELECT * FROM rehearsed").to_arrow_reader(RESULT_ROWS):
        found.serialize()
