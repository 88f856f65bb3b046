"""The trusted side of a query: reads tables as the decision says and streams what is permitted. It never sees the
principal's SQL, only SELECTs that the service wrote; what goes wrong here is told to the service and nobody else.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from lakewright.query.governed import confinement
from lakewright.query.governed.link import Closed, Link
from lakewright.query.governed.transport import Sender, delivered_bytes, weighed_bytes

BATCH_ROWS = 65_536
AHEAD_BYTES = 16 << 20


class Reading:
    """One query's reading: its tables, what was delivered so far, and whether anything failed."""

    def __init__(
        self,
        link: Link,
        connection: duckdb.DuckDBPyConnection,
        tables: list[str],
        most: int | None,
        weight: Mapping[str, Any] | None,
    ) -> None:
        self._link = link
        self._connection = connection
        self._tables = tables
        self._most = most
        self._weight = weight
        self._lock = threading.Lock()
        self._ahead: dict[int, pa.RecordBatchReader] = {}
        self.bytes = 0
        self.rows = 0
        self.failed = False

    def schemas(self) -> list[pa.Schema]:
        """Starts a stream of each table; the first scan takes it."""
        self._ahead = {number: self._start(number) for number in range(len(self._tables))}
        return [stream.schema for stream in self._ahead.values()]

    def deliver(self, number: int, out: socket.socket) -> None:
        """One scan of one table, to its end or until nobody asks for more."""
        with out:
            try:
                with self._lock:
                    batches = self._ahead.pop(number, None)
                batches = batches if batches is not None else self._start(number)
                sender = Sender(out, batches.schema)
            except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
                self.fail(str(error))
                return
            try:
                self._send(batches, sender)
            except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
                self.fail(str(error))
                sender.fail()

    def _start(self, number: int) -> pa.RecordBatchReader:
        """The engine's own threads work ahead by so many bytes; with less they mostly wait for their turn."""
        cursor = self._connection.cursor()
        cursor.execute(f"SET streaming_buffer_size = '{AHEAD_BYTES}B'")  # of this cursor only
        return cursor.execute(self._tables[number]).to_arrow_reader(BATCH_ROWS)

    def _send(self, batches: Iterator[pa.RecordBatch], sender: Sender) -> None:
        for batch in batches:
            if not batch.num_rows:
                continue
            prepared = sender.prepare(batch)
            if not sender.wait():
                return
            if not self._count(batch):
                sender.fail()
                return
            if not sender.send(prepared):  # the statement needs no more rows
                return
        sender.end()

    def _count(self, batch: pa.RecordBatch) -> bool:
        """Adds what is delivered; False once it is more than permitted."""
        if self._weight is None:
            count, rows = delivered_bytes(batch), batch.num_rows
        else:
            count, rows = weighed_bytes(batch, self._weight)
        with self._lock:
            self.bytes += count
            self.rows += rows
            over = self._most is not None and self.bytes > self._most
        if over:
            self._link.send({"kind": "cut", "bytes": self.bytes})
        return not over

    def fail(self, detail: str) -> None:
        """Before the stream breaks, so that the service knows when the principal's side reports the break."""
        with self._lock:
            self.failed = True
            self._link.send({"kind": "failed", "detail": detail})


def serve(link: Link, connection: duckdb.DuckDBPyConnection) -> None:
    """One query: first where it may read, then, once the statement is planned, what. Raises Closed when the service, or
    the principal's process, is gone."""
    bounds, _, _ = link.receive()
    try:
        _prepare(connection, bounds)
    except (duckdb.Error, OSError, MemoryError) as error:
        link.send({"kind": "failed", "detail": str(error)})
        return
    job, _, files = link.receive()
    data = Link(socket.socket(fileno=files[0]))
    try:
        reading = Reading(link, connection, job["tables"], job["scan_bytes"], job["weight"])
        schemas = [bytes(schema.serialize()) for schema in reading.schemas()]
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
        link.send({"kind": "failed", "detail": str(error)})
        return
    data.send({"lengths": [len(schema) for schema in schemas]}, b"".join(schemas))
    threading.Thread(target=_deliver_all, args=(data, reading), daemon=True).start()
    _answer(link, reading)


def _prepare(connection: duckdb.DuckDBPyConnection, bounds: Mapping[str, Any]) -> None:
    """Before the engine starts threads: what the kernel takes away, it takes from threads that start later."""
    for statement in bounds["setup"]:
        connection.execute(statement)
    confinement.only_read(bounds["locations"], network=bounds["network"])
    confinement.limit_resources(bounds["memory"], bounds["seconds"], bounds["threads"], descriptors=4096)
    if bounds["memory"] != confinement.MEMORY:
        connection.execute(f"SET memory_limit = '{bounds['memory']}B'")
    connection.execute(f"SET threads = {bounds['threads']}")


def _deliver_all(data: Link, reading: Reading) -> None:
    while True:
        try:
            head, _, files = data.receive()
        except Closed:
            return
        out = socket.socket(fileno=files[0])
        threading.Thread(target=reading.deliver, args=(head["open"], out), daemon=True).start()


def _answer(link: Link, reading: Reading) -> None:
    """Tells the service how much was delivered whenever it asks. Raises Closed at the end."""
    while True:
        link.receive()
        link.send(summary(reading))


def summary(reading: Reading) -> dict[str, Any]:
    return {"kind": "delivered", "bytes": reading.bytes, "rows": reading.rows, "failed": reading.failed}


def rehearse(connection: duckdb.DuckDBPyConnection) -> None:
    """The same path on made-up data."""
    import pyarrow.ipc  # noqa: F401 - an attribute of pyarrow only once it is imported

    touch(connection)


def touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Reads and sends a few rows, in one thread: none may start before the kernel confines this one."""
    sql = "SELECT i AS a, 'x' AS b, [1] AS c, {'d': 1} AS e, MAP {1: 2} AS f FROM range(3) AS t(i)"
    batches = connection.execute(sql).to_arrow_reader(BATCH_ROWS)
    mine, theirs = socket.socketpair()
    with mine, theirs:
        sender = Sender(theirs, batches.schema)
        for batch in batches:
            delivered_bytes(batch)
            sender.send(sender.prepare(batch))
