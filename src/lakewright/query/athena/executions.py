"""Query executions: started, watched, stopped, listed; their rows page by page."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lakewright.query.athena.catalogs import CATALOG
from lakewright.query.athena.commands import Commands
from lakewright.query.athena.errors import AwsError, denied, invalid, too_many, unknown_execution, unsupported
from lakewright.query.athena.execution import Execution, Form, Request, State, described, timeline
from lakewright.query.athena.history import History, TokenTaken
from lakewright.query.athena.problems import pointed
from lakewright.query.athena.queue import FairQueue, Job, QueueFull
from lakewright.query.athena.results import Results
from lakewright.query.athena.running import BY_USER, Live
from lakewright.query.athena.sql import SqlError, Statement, parse
from lakewright.query.athena.statements import Kind, kind_of
from lakewright.query.athena.tokens import decoded, encoded, malformed
from lakewright.query.athena.workgroups import PRIMARY, Destination, WorkGroup, WorkGroups, destination

if TYPE_CHECKING:
    from lakewright.governance import Principal
    from lakewright.query.athena.caller import Caller

Body = Mapping[str, Any]
WAIT_SECONDS = 0.1
"""How long a start waits for the end of its query."""
LOOK_SECONDS = 0.5
"""How long a look at an execution waits for its end. Clients that find it running look again after a second."""
LARGEST_PAGE = 1000
QUERY_KINDS = frozenset({"select", "explain", "execute", "prepare", "deallocate"})


@dataclass(frozen=True)
class Parts:
    """What executions need. `run` brings a running execution to its end; `permitted` asks the grants again."""

    history: History
    results: Results
    queue: FairQueue
    workgroups: WorkGroups
    commands: Commands
    administers: Callable[[Principal], bool]
    permitted: Callable[[Execution, Principal], bool]
    run: Callable[[Live], None]
    clock: Callable[[], float]
    account: str
    catalog: str = CATALOG
    """The one whose tables are read."""


class Executions:
    """The executions of all principals; each sees its own, administrators see all."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._live: dict[str, tuple[Live, Job]] = {}

    def start(self, body: Body, caller: Caller) -> dict[str, Any]:
        parts = self._parts
        workgroup = parts.workgroups.open(body.get("WorkGroup"), caller, "StartQueryExecution")
        token, fingerprint = body["ClientRequestToken"], fingerprint_of(body)
        if (known := parts.history.with_token(caller.principal.name, token)) is not None:
            return _repeated(known, fingerprint)
        target = destination(workgroup, body.get("ResultConfiguration", {}), parts.account)
        administrator = parts.administers(caller.principal)
        parts.results.check_bucket(target.bucket, caller.principal.name, administrator=administrator)
        context = body.get("QueryExecutionContext", {})
        database = context.get("Database", "default").lower()
        statement = self._parsed(body["QueryString"], context.get("Catalog", parts.catalog), database, caller)
        execution = _new(body, caller, workgroup, target, database, statement, parts.clock())
        live = Live(execution, statement, caller, workgroup, parts.history.save)
        try:
            parts.history.add(execution)
        except TokenTaken as taken:
            return _repeated(taken.execution, fingerprint)
        self._enqueue(live)
        live.done.wait(WAIT_SECONDS)
        return {"QueryExecutionId": execution.id}

    def stop(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._visible(body["QueryExecutionId"], caller)
        entry = self._live.get(found.id)
        if entry is not None:
            live, job = entry
            if live.cancel(BY_USER, self._parts.clock()):
                self._withdraw(live, job)
        return {}

    def get(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._visible(body["QueryExecutionId"], caller)
        if (entry := self._live.get(found.id)) is not None:
            live, _ = entry
            live.done.wait(LOOK_SECONDS)
            found = live.execution
            if found.state is State.RUNNING:
                found = replace(found, work=replace(found.work, scanned_bytes=live.scanned_bytes))
        return {"QueryExecution": described(found, self._parts.clock())}

    def batch_get(self, body: Body, caller: Caller) -> dict[str, Any]:
        found, missing = [], []
        for execution_id in body["QueryExecutionIds"]:
            try:
                found.append(described(self._visible(execution_id, caller), self._parts.clock()))
            except AwsError as error:
                code = error.fields["ErrorCode"]
                missing.append({"QueryExecutionId": execution_id, "ErrorCode": code, "ErrorMessage": error.message})
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list(self, body: Body, caller: Caller) -> dict[str, Any]:
        workgroup = self._parts.workgroups.usable(body.get("WorkGroup"), caller, "ListQueryExecutions")
        principal = None if self._parts.administers(caller.principal) else caller.principal.name
        limit = body.get("MaxResults") or 50
        found = self._parts.history.listing(workgroup.name, principal, _position(body), limit + 1)
        answer: dict[str, Any] = {"QueryExecutionIds": [one[1] for one in found[:limit]]}
        if len(found) > limit:
            answer["NextToken"] = encoded("ListQueryExecutions", list(found[limit - 1]))
        return answer

    def results(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._visible(body["QueryExecutionId"], caller)
        _check_readable(found)
        if body.get("QueryResultType") == "DATA_MANIFEST":
            raise unsupported("QueryResultType DATA_MANIFEST")
        if not self._parts.permitted(found, caller.principal):
            raise denied("GetQueryResults", f"queryexecution/{found.id}")
        first, count = _row(body, found.id), body.get("MaxResults", LARGEST_PAGE)
        rows = self._parts.results.page(found, first, count)
        answer: dict[str, Any] = {
            "ResultSet": {
                "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": [dict(column) for column in found.result.columns]},
            }
        }
        if found.work.updated is not None:
            answer["UpdateCount"] = found.work.updated
        if first + len(rows) < found.result.rows:
            answer["NextToken"] = encoded("GetQueryResults", [found.id, first + len(rows)])
        return answer

    def runtime_statistics(self, body: Body, caller: Caller) -> dict[str, Any]:
        found = self._visible(body["QueryExecutionId"], caller)
        work = found.work
        answer: dict[str, Any] = {"Timeline": timeline(found, self._parts.clock())}
        if found.state is State.SUCCEEDED:
            answer["Rows"] = {
                "InputRows": work.input_rows,
                "InputBytes": work.scanned_bytes,
                "OutputBytes": work.output_bytes,
                "OutputRows": work.output_rows,
            }
        return {"QueryRuntimeStatistics": answer}

    def stop_all(self, reason: str) -> None:
        """Ends everything that is queued or running, because the service ends."""
        for live, job in list(self._live.values()):
            if live.cancel(reason, self._parts.clock()):
                self._withdraw(live, job)

    def _enqueue(self, live: Live) -> None:
        def job() -> None:
            try:
                self._parts.run(live)
            finally:
                self._live.pop(live.execution.id, None)

        self._live[live.execution.id] = live, job
        workgroup, principal = live.workgroup, live.caller.principal.name
        try:
            self._parts.queue.submit(workgroup.name, principal, job, slots=workgroup.at_once, room=workgroup.queued)
        except QueueFull:
            del self._live[live.execution.id]
            self._parts.history.forget([live.execution.id])
            raise too_many() from None

    def _withdraw(self, live: Live, job: Job) -> None:
        if self._parts.queue.withdraw(live.workgroup.name, live.caller.principal.name, job):
            self._live.pop(live.execution.id, None)

    def _visible(self, execution_id: str, caller: Caller) -> Execution:
        """The execution, if it is the caller's or the caller is an administrator; else it was never heard of."""
        entry = self._live.get(execution_id)
        found = entry[0].execution if entry is not None else self._parts.history.find(execution_id)
        if found is None or not (found.principal == caller.principal.name or self._parts.administers(caller.principal)):
            raise unknown_execution(execution_id)
        return found

    def _parsed(self, text: str, catalog: str, database: str, caller: Caller) -> Statement:
        try:
            statement = parse(text, database, catalog.lower())
            if statement.kind not in QUERY_KINDS:
                self._parts.commands.check(statement, caller, database)
        except SqlError as error:
            raise invalid(pointed(error.kind, error.message), "MALFORMED_QUERY") from None
        if statement.tables and catalog.lower() != self._parts.catalog.lower():
            raise invalid(f"Catalog '{catalog}' does not exist")
        return statement


def fingerprint_of(body: Body) -> str:
    """The same for two requests that ask for the same."""
    asked = {name: value for name, value in body.items() if name != "ClientRequestToken"}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _repeated(known: Execution, fingerprint: str) -> dict[str, Any]:
    if known.request.fingerprint != fingerprint:
        raise invalid("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
    return {"QueryExecutionId": known.id}


def _new(
    body: Body,
    caller: Caller,
    workgroup: WorkGroup,
    target: Destination,
    database: str,
    statement: Statement,
    now: float,
) -> Execution:
    execution_id = str(uuid.uuid4())
    kind = kind_of(statement.kind, statement.body)
    request = Request(
        query=body["QueryString"],
        database=database,
        catalog=body.get("QueryExecutionContext", {}).get("Catalog", CATALOG),
        workgroup=workgroup.name,
        location=target.location(_file_name(kind, execution_id)),
        configuration=target.configuration,
        parameters=tuple(body.get("ExecutionParameters", ())),
        reuse=body.get("ResultReuseConfiguration", {}),
        token=body["ClientRequestToken"],
        fingerprint=fingerprint_of(body),
    )
    return Execution(
        id=execution_id,
        principal=caller.principal.name,
        request=request,
        statement_type=kind.statement_type,
        substatement=kind.substatement,
        state=State.QUEUED,
        submitted=now,
    )


CSV_KINDS = frozenset({"SELECT", "EXECUTE", "UPDATE", "DELETE", "MERGE"})
BARE_KINDS = frozenset({"INSERT", "UNLOAD"})


def _file_name(kind: Kind, execution_id: str) -> str:
    """What Athena calls the object of a statement's result."""
    if kind.substatement == "CREATE_TABLE_AS_SELECT":
        return f"tables/{execution_id}"
    if kind.substatement in BARE_KINDS:
        return execution_id
    return execution_id + (".csv" if kind.substatement in CSV_KINDS else ".txt")


def _check_readable(execution: Execution) -> None:
    state = execution.state
    if state is State.CANCELLED:
        raise invalid("Could not find results", "RESULT_NOT_FOUND")
    if state is State.FAILED:
        text = f"Query did not finish successfully. Final query state: {state.value}"
        raise invalid(text, "INVALID_QUERY_EXECUTION_STATE")
    if state is not State.SUCCEEDED:
        text = f"Query has not yet finished. Current state: {state.value}"
        raise invalid(text, "INVALID_QUERY_EXECUTION_STATE")


def _row(body: Body, execution_id: str) -> int:
    """The row that the page begins with."""
    token = body.get("NextToken")
    if token is None:
        return 0
    match decoded(token, "GetQueryResults"):
        case [made_for, int(row)] if made_for == execution_id and row >= 0:
            return row
    raise malformed(token)


def _position(body: Body) -> tuple[float, str] | None:
    token = body.get("NextToken")
    if token is None:
        return None
    match decoded(token, "ListQueryExecutions"):
        case [float(submitted), str(execution_id)]:
            return submitted, execution_id
    raise malformed(token)


__all__ = ["PRIMARY", "Executions", "Form", "Parts"]
