"""The statement execution API: each statement in a thread of its own, as the principal who sends it."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from lakewright.errors import LakewrightError
from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, workspace
from lakewright.rehearse.databricks.sql.executions import (
    ARROW,
    CSV,
    RESULT_SECONDS,
    RESULTS,
    STATEMENTS,
    Execution,
    Links,
    Result,
    Stopped,
    Wanted,
    result_of,
)
from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.sql.warehouses import found_warehouse, start
from lakewright.rehearse.databricks.unity.metastore import ASSIGNMENT, metastore_of
from lakewright.rehearse.databricks.workspace.permissions import need_level
from lakewright.rehearse.databricks.world import ACCOUNT, Call, World, new_id, required

if TYPE_CHECKING:
    import pyarrow as pa

    from lakewright.rehearse.databricks.sql.engine import Engines
    from lakewright.rehearse.databricks.sql.selects import Asker
    from lakewright.rehearse.databricks.sql.statement import Statement, TableLocks

MOST_STATEMENTS = 1000
MOST_TEXT = 16 << 20
_WAIT = re.compile(r"(\d+)s")
_MEDIA = {ARROW: "application/vnd.apache.arrow.stream", CSV: "text/csv"}


def _locks() -> TableLocks:
    from lakewright.rehearse.databricks.sql.statement import TableLocks

    return TableLocks()


@dataclass
class Statements:
    """All statements of an account's workspaces. `engines` run the queries; `failed` is told what went wrong here."""

    engines: Engines
    world: World
    failed: Callable[[Exception, str], str]
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, "databricks-sql"))
    kept: dict[str, Execution] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    links: Links = field(init=False)
    tables: TableLocks = field(default_factory=_locks)

    def __post_init__(self) -> None:
        self.links = Links(secrets.token_bytes(32), self.world.address_of, lambda: self.world.clock())

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.engines.close()

    def execute(self, call: Call) -> Answered:
        statement, key = required(call.body, "statement", "warehouse_id")
        if len(str(statement).encode()) > MOST_TEXT:
            raise invalid("The maximum query text size is 16 MiB")
        wanted, seconds = Wanted.of(call.body), _seconds(call.body.get("wait_timeout", "10s"))
        after = str(call.body.get("on_wait_timeout") or "CONTINUE")
        if after not in ("CONTINUE", "CANCEL"):
            raise invalid(f"Unknown on_wait_timeout '{after}': it is CONTINUE or CANCEL")
        self._check(call, str(key))
        execution = Execution(new_id(), call.caller.id, call.here, wanted, self.engines.cancel)
        execution.done = self.pool.submit(self._ended, execution, call, str(statement))
        with self.lock:
            self.kept[execution.id] = execution
            while len(self.kept) > MOST_STATEMENTS:
                del self.kept[next(iter(self.kept))]
        if seconds == 0:
            return {"statement_id": execution.id, "status": {"state": "PENDING"}}
        try:
            execution.done.exception(timeout=seconds)
        except NotYet:
            if after == "CANCEL":
                execution.cancel()
        return execution.shown(self.links)

    def run(self, call: Call, statement: str) -> pa.Table:
        """At once, in this thread. Raises SqlProblem."""
        return self._run(call, statement, lambda _: None, lambda: None)

    def store(self, call: Call, name: str, rows: pa.Table) -> None:
        """What `CREATE OR REPLACE TABLE name AS` these rows does, as the caller. Raises SqlProblem."""
        from lakewright.rehearse.databricks.sql.making import stored

        with self._statement(call, "", lambda _: None, lambda: None) as on:
            stored(on, name, rows)

    def later(self, work: Callable[[], None]) -> None:
        """In a thread of its own. What goes wrong there is written down."""
        self.pool.submit(self._written_down, work)

    def _written_down(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.failed(error, "work in the background")
            raise

    def _check(self, call: Call, key: str) -> None:
        with call.objects.transaction():
            warehouse = found_warehouse(call, key)
            need_level(call, "warehouses", key, "CAN_USE")
            start(call, warehouse)

    def _ended(self, execution: Execution, call: Call, statement: str) -> Result:
        """Raises SqlProblem; anything else is a mistake of the local Databricks, and is written down."""
        try:
            rows = self._run(call, statement, execution.begins, execution.alive)
            execution.until = self.world.clock() + RESULT_SECONDS
            return result_of(rows, execution.wanted)
        except (SqlProblem, Stopped):
            raise
        except Exception as error:
            self.failed(error, f"statement {execution.id}")
            raise

    def _run(self, call: Call, statement: str, begins: Callable[[str], None], alive: Callable[[], None]) -> pa.Table:
        """Raises SqlProblem, Stopped."""
        from lakewright.rehearse.databricks.sql.commands import done

        with self._statement(call, statement, begins, alive) as on:
            return done(on, statement)

    @contextmanager
    def _statement(
        self, call: Call, text: str, begins: Callable[[str], None], alive: Callable[[], None]
    ) -> Iterator[Statement]:
        """A statement of a caller; what is refused within is a SqlProblem."""
        from lakewright.rehearse.databricks.sql.commands import denial
        from lakewright.rehearse.databricks.sql.parameters import parameters_of
        from lakewright.rehearse.databricks.sql.reading import Reading
        from lakewright.rehearse.databricks.sql.statement import Statement
        from lakewright.rehearse.databricks.sql.writing import DeltaFiles

        try:
            with call.objects.transaction():
                asker, metastore = _asker(call), metastore_of(call).id
            engine = partial(self.engines.of, call.here, metastore)
            reading = Reading(call, engine, asker, parameters_of(call.body), begins)
            files = DeltaFiles(call.world.cloud.folder_of)
            yield Statement(call, asker, lambda query: reading.rows(query, text), files, self.tables, alive)
        except DatabricksFault as fault:
            raise denial(fault) from None
        except LakewrightError as error:
            raise SqlProblem("UNSUPPORTED_OR_WRONG", str(error), "42000") from None

    def found(self, call: Call) -> Execution:
        """A statement of the caller's own."""
        execution = self._kept(call["key"])
        if execution is None or execution.principal != call.caller.id:
            raise missing(f"The statement {call['key']} was not found.", "NOT_FOUND")
        return execution

    def _kept(self, key: str) -> Execution | None:
        with self.lock:
            return self.kept.get(key)

    def download(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Raw:
        """What lies behind a link. It needs no token, and takes none."""
        if "authorization" in headers:
            return _refused("InvalidArgument", "Only one auth mechanism allowed: the address has its own", 400)
        if why := self.links.refuses(path, query.get("expires", ""), query.get("signature", "")):
            return _refused(why.partition(":")[0], why, 403)
        _, _, rest = path.partition(f"{RESULTS}/")
        key, _, number = rest.partition("/")
        execution = self._kept(key)
        if execution is None or execution.is_closed(self.world.clock()):
            return _refused("NoSuchKey", "The result is not kept any more", 404)
        result = execution.done.result()
        media = _MEDIA.get(result.wanted.format, "application/json")
        return Raw(result.chunks[int(number)].content, {"content-type": media})


def _refused(code: str, text: str, status: int) -> Raw:
    """As storage answers."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{text}</Message></Error>'
    return Raw(body.encode(), {"content-type": "application/xml"}, status)


def _asker(call: Call) -> Asker:
    from lakewright.rehearse.databricks.sql.selects import Asker

    assignment = call.objects.get(ASSIGNMENT, ACCOUNT, str(call.here)) or {}
    catalog = call.body.get("catalog") or assignment.get("default_catalog_name") or "main"
    groups = frozenset(principals.groups_of(call.objects, call.caller.id).values()) | {principals.EVERYBODY}
    return Asker(call.caller.name, groups, str(catalog).lower(), str(call.body.get("schema") or "default").lower())


def _seconds(text: object) -> int:
    found = _WAIT.fullmatch(str(text))
    seconds = int(found[1]) if found else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise invalid(f"wait_timeout '{text}' must be 0s, or between 5s and 50s")
    return seconds


def _execute(call: Call) -> Answered:
    return call.world.statements.execute(call)


def _get(call: Call) -> Answered:
    execution: Execution = call.world.statements.found(call)
    return execution.shown(call.world.statements.links)


def _cancel(call: Call) -> Answered:
    execution: Execution = call.world.statements.found(call)
    execution.cancel()
    return {}


def _get_chunk(call: Call) -> Answered:
    execution: Execution = call.world.statements.found(call)
    return execution.chunk(int(call["chunk"]), call.world.statements.links)


ROUTES: tuple[Route, ...] = (
    workspace("POST", STATEMENTS, _execute, alone=False, runs=True),
    workspace("GET", f"{STATEMENTS}/{{key}}", _get, alone=False),
    workspace("POST", f"{STATEMENTS}/{{key}}/cancel", _cancel, alone=False),
    workspace("GET", f"{STATEMENTS}/{{key}}/result/chunks/{{chunk}}", _get_chunk, alone=False),
)
