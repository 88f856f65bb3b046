"""The statement execution API: each statement in a thread of its own, as the principal who sends it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.sql.problems import SqlProblem, insufficient, not_found, unsupported
from lakewright.rehearse.databricks.sql.warehouses import found_warehouse, start
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.unity.functions import Unreadable, check_readable
from lakewright.rehearse.databricks.unity.kinds import TABLE
from lakewright.rehearse.databricks.unity.metastore import ASSIGNMENT, metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of
from lakewright.rehearse.databricks.workspace.permissions import need_level
from lakewright.rehearse.databricks.world import ACCOUNT, Call, new_id, required

if TYPE_CHECKING:
    import pyarrow as pa

    from lakewright.rehearse.databricks.sql.engine import Engines
    from lakewright.rehearse.databricks.sql.selects import Asker

MOST_STATEMENTS = 1000
MOST_BYTES = 16 << 20
ROWS_IN_CHUNK = 10_000
_WAIT = re.compile(r"(\d+)s")


@dataclass
class _Execution:
    """One statement. `rows` is there once it has ended well."""

    id: str
    principal: str
    done: Future[pa.Table]
    cancelled: bool = False


@dataclass
class Statements:
    """All statements of an account's workspaces. `engines` run the queries."""

    engines: Engines
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, "databricks-sql"))
    kept: dict[str, _Execution] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.engines.close()

    def execute(self, call: Call) -> Answered:
        statement, key = required(call.body, "statement", "warehouse_id")
        self._check(call, str(key))
        seconds = _seconds(call.body.get("wait_timeout", "10s"))
        execution = _Execution(new_id(), call.caller.id, self.pool.submit(self._run, call, str(statement)))
        with self.lock:
            self.kept[execution.id] = execution
            while len(self.kept) > MOST_STATEMENTS:
                del self.kept[next(iter(self.kept))]
        try:
            execution.done.exception(timeout=seconds or 0.0)
        except NotYet:
            if seconds and call.body.get("on_wait_timeout") == "CANCEL":
                execution.cancelled = True
        return _shown(execution)

    def run(self, call: Call, statement: str) -> pa.Table:
        """At once, in this thread. Raises SqlProblem."""
        return self._run(call, statement)

    def later(self, work: Callable[[], None]) -> None:
        """In a thread of its own."""
        self.pool.submit(work)

    def _check(self, call: Call, key: str) -> None:
        for name, known in (("format", "JSON_ARRAY"), ("disposition", "INLINE")):
            if call.body.get(name, known) != known:
                raise invalid(f"The local Databricks gives results as {known} only, not as {call.body[name]}")
        with call.objects.transaction():
            warehouse = found_warehouse(call, key)
            need_level(call, "warehouses", key, "CAN_USE")
            start(call, warehouse)

    def _run(self, call: Call, statement: str) -> pa.Table:
        """Raises SqlProblem."""
        from lakewright.rehearse.databricks.sql.commands import denial, done
        from lakewright.rehearse.databricks.sql.selects import is_query
        from lakewright.rehearse.databricks.sql.statement import Statement
        from lakewright.rehearse.databricks.sql.writing import DeltaFiles

        try:
            with call.objects.transaction():
                asker = _asker(call)
            limit = call.body.get("row_limit")
            asked = partial(self._query, call, asker, parameters=_parameters(call.body))
            if is_query(statement):
                rows = asked(statement)
                return rows if limit is None else rows.slice(0, int(limit))
            files = DeltaFiles(call.world.cloud.folder_of)
            with call.objects.transaction():
                return done(
                    Statement(call, asker, lambda text: self._query(call, asker, text, _parameters(call.body)), files),
                    statement,
                )
        except DatabricksFault as fault:
            raise denial(fault) from None

    def _query(
        self, call: Call, asker: Asker, statement: str, parameters: Mapping[str, tuple[str, str | None]]
    ) -> pa.Table:
        from lakewright.rehearse.databricks.sql.selects import prepared

        select = prepared(statement, asker, parameters)
        with call.objects.transaction():
            metastore = metastore_of(call)
            for name in select.tables.values():
                _explain(call, name)
        return self.engines.of(call.here, metastore.id).rows(select, asker, statement)

    def found(self, call: Call) -> _Execution:
        """A statement of the caller's own."""
        with self.lock:
            execution = self.kept.get(call["key"])
        if execution is None or execution.principal != call.caller.id:
            raise missing(f"The statement {call['key']} was not found.", "NOT_FOUND")
        return execution


def _explain(call: Call, name: str) -> None:
    """Says what is missing, as Unity Catalog would. What is decided in the end is the engine's."""
    metastore = metastore_of(call)
    rights = rights_of(call, metastore)
    if metastore.find(TABLE, name) is None:
        if (lacking := rights.uses(TABLE, name)) is not None and metastore.find("catalog", name.partition(".")[0]):
            raise insufficient(lacking)
        raise not_found(name)
    try:
        rights.need(("SELECT",), TABLE, name)
    except DatabricksFault as fault:
        raise insufficient(fault.message) from None
    try:
        check_readable(metastore, name)
    except Unreadable as why:
        raise unsupported(f"{why}; nobody reads {name}") from None


def _asker(call: Call) -> Asker:
    from lakewright.rehearse.databricks.sql.selects import Asker

    assignment = call.objects.get(ASSIGNMENT, ACCOUNT, str(call.here)) or {}
    catalog = call.body.get("catalog") or assignment.get("default_catalog_name") or "main"
    groups = frozenset(principals.groups_of(call.objects, call.caller.id).values()) | {principals.EVERYBODY}
    return Asker(call.caller.name, groups, str(catalog).lower(), str(call.body.get("schema") or "default").lower())


def _parameters(body: Body) -> dict[str, tuple[str, str | None]]:
    return {
        str(one["name"]): (str(one.get("type") or "STRING"), None if one.get("value") is None else str(one["value"]))
        for one in body.get("parameters") or ()
    }


def _seconds(text: object) -> int:
    found = _WAIT.fullmatch(str(text))
    seconds = int(found[1]) if found else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise invalid(f"wait_timeout '{text}' must be 0s, or between 5s and 50s")
    return seconds


def _shown(execution: _Execution) -> Answered:
    found: Body = {"statement_id": execution.id}
    if execution.cancelled:
        return found | {"status": {"state": "CANCELED"}}
    if not execution.done.done():
        return found | {"status": {"state": "RUNNING"}}
    error = execution.done.exception()
    if isinstance(error, SqlProblem):
        said = {"error_code": error.code, "message": str(error)}
        return found | {"status": {"state": "FAILED", "error": said, "sql_state": error.state}}
    if error is not None:
        said = {"error_code": "INTERNAL_ERROR", "message": f"{type(error).__name__}: {error}"}
        return found | {"status": {"state": "FAILED", "error": said}}
    return found | {"status": {"state": "SUCCEEDED"}, **_result(execution.id, execution.done.result(), 0)}


def _result(key: str, rows: pa.Table, chunk: int) -> Body:
    from lakewright.rehearse.databricks.sql.results import schema_of

    counts = [min(ROWS_IN_CHUNK, rows.num_rows - at) for at in range(0, rows.num_rows, ROWS_IN_CHUNK)]
    chunks = [
        {"chunk_index": number, "row_offset": number * ROWS_IN_CHUNK, "row_count": count}
        for number, count in enumerate(counts)
    ]
    manifest = {
        "format": "JSON_ARRAY",
        "schema": schema_of(rows),
        "total_chunk_count": len(chunks),
        "total_row_count": rows.num_rows,
        "chunks": chunks,
        "truncated": False,
    }
    return {"manifest": manifest, "result": _chunk(key, rows, chunk)}


def _chunk(key: str, rows: pa.Table, chunk: int) -> Body:
    from lakewright.rehearse.databricks.sql.results import arrays

    some = rows.slice(chunk * ROWS_IN_CHUNK, ROWS_IN_CHUNK)
    found: Body = {
        "chunk_index": chunk,
        "row_offset": chunk * ROWS_IN_CHUNK,
        "row_count": some.num_rows,
        "data_array": list(arrays(some)),
    }
    if (chunk + 1) * ROWS_IN_CHUNK < rows.num_rows:
        link = f"{PATH}/{key}/result/chunks/{chunk + 1}"
        found |= {"next_chunk_index": chunk + 1, "next_chunk_internal_link": link}
    return found


def _execute(call: Call) -> Answered:
    return call.world.statements.execute(call)


def _get(call: Call) -> Answered:
    return _shown(call.world.statements.found(call))


def _cancel(call: Call) -> Answered:
    """What runs in the engine ends by itself; nobody gets its rows."""
    execution = call.world.statements.found(call)
    if not execution.done.done():
        execution.cancelled = True
        execution.done.cancel()
    return {}


def _get_chunk(call: Call) -> Answered:
    execution = call.world.statements.found(call)
    if execution.cancelled or not execution.done.done() or execution.done.exception() is not None:
        raise invalid(f"The statement {execution.id} has no result")
    rows = execution.done.result()
    number = int(call["chunk"])
    if number * ROWS_IN_CHUNK >= max(rows.num_rows, 1):
        raise invalid(f"There is no chunk {number}")
    return _chunk(execution.id, rows, number)


PATH = "/api/2.0/sql/statements"
ROUTES: tuple[Route, ...] = (
    workspace("POST", PATH, _execute, alone=False, runs=True),
    workspace("GET", f"{PATH}/{{key}}", _get, alone=False),
    workspace("POST", f"{PATH}/{{key}}/cancel", _cancel, alone=False),
    workspace("GET", f"{PATH}/{{key}}/result/chunks/{{chunk}}", _get_chunk, alone=False),
)
