"""One query execution: what was asked, how far it is, what came of it. A value; each step makes a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

ENGINE_VERSION: Mapping[str, str] = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}


class State(StrEnum):
    """Where an execution is; the last three are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        return self not in (State.QUEUED, State.RUNNING)


class Form(StrEnum):
    """How rows are kept: quoted CSV with a header, lines of text of one value each, no rows at all, or no longer."""

    CSV = "csv"
    LINES = "lines"
    NONE = "none"
    REMOVED = "removed"


@dataclass(frozen=True)
class Times:
    """Milliseconds of each part."""

    queue: int = 0
    pre: int = 0
    planning: int = 0
    engine: int = 0
    service: int = 0

    @property
    def total(self) -> int:
        return self.queue + self.pre + self.planning + self.engine + self.service


@dataclass(frozen=True)
class Work:
    """What was read and written; bytes and rows. `updated` is None where Athena reports no count."""

    scanned_bytes: int = 0
    input_rows: int = 0
    output_rows: int = 0
    output_bytes: int = 0
    updated: int | None = None
    manifest: str = ""


@dataclass(frozen=True)
class Result:
    """Where the rows are and what they look like. `columns` are ColumnInfo members; `etag` is of the stored object."""

    form: Form = Form.NONE
    header: bool = False
    columns: tuple[Mapping[str, Any], ...] = ()
    etag: str = ""
    rows: int = 0
    size: int = 0
    owner_execution: str = ""


@dataclass(frozen=True)
class Request:
    """What the client asked for, as far as it matters later. `location` is the whole s3:// path of the result."""

    query: str
    database: str
    catalog: str
    workgroup: str
    location: str
    configuration: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    reuse: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Execution:
    """One query execution of one principal. `reading` is what the governed part needs to check grants again."""

    id: str
    principal: str
    request: Request
    statement_type: str
    substatement: str
    state: State
    submitted: float
    completed: float | None = None
    reason: str = ""
    error: Mapping[str, Any] | None = None
    times: Times = Times()
    work: Work = Work()
    result: Result = Result()
    reused: bool = False
    reuse_key: str = ""
    reading: Mapping[str, Any] | None = None

    def as_text(self) -> str:
        return json.dumps(vars(self), default=vars, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Execution:
        values = json.loads(text)
        parts = {"request": Request, "times": Times, "work": Work, "result": Result}
        for name, part in parts.items():
            values[name] = part(**values[name])
        values["state"] = State(values["state"])
        values["result"] = replace(values["result"], form=Form(values["result"].form))
        return cls(**values)


def described(execution: Execution, now: float) -> dict[str, Any]:
    """The QueryExecution member of GetQueryExecution."""
    request = execution.request
    status: dict[str, Any] = {"State": execution.state.value, "SubmissionDateTime": execution.submitted}
    if execution.completed is not None:
        status["CompletionDateTime"] = execution.completed
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.error is not None:
        status["AthenaError"] = dict(execution.error)
    answer: dict[str, Any] = {
        "QueryExecutionId": execution.id,
        "Query": request.query,
        "StatementType": execution.statement_type,
        "ManagedQueryResultsConfiguration": {"Enabled": False},
        "ResultConfiguration": {"OutputLocation": request.location, **request.configuration},
        "ResultReuseConfiguration": dict(request.reuse) or {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": {"Catalog": request.catalog.lower(), "Database": request.database},
        "Status": status,
        "Statistics": statistics(execution, now),
        "WorkGroup": request.workgroup,
        "EngineVersion": dict(ENGINE_VERSION),
        "SubstatementType": execution.substatement,
    }
    if request.parameters:
        answer["ExecutionParameters"] = list(request.parameters)
    return answer


def timeline(execution: Execution, now: float) -> dict[str, int]:
    """Milliseconds of each part; while it runs, the total is the time until now."""
    times = execution.times
    if not execution.state.final:
        waited = max(1, round((now - execution.submitted) * 1000))
        if execution.state is State.QUEUED:
            return {"QueryQueueTimeInMillis": waited, "TotalExecutionTimeInMillis": waited}
        engine = max(1, waited - times.queue)
        return {
            "QueryQueueTimeInMillis": times.queue,
            "EngineExecutionTimeInMillis": engine,
            "TotalExecutionTimeInMillis": waited,
        }
    return {
        "QueryQueueTimeInMillis": times.queue,
        "ServicePreProcessingTimeInMillis": times.pre,
        "QueryPlanningTimeInMillis": times.planning,
        "EngineExecutionTimeInMillis": times.engine,
        "ServiceProcessingTimeInMillis": times.service,
        "TotalExecutionTimeInMillis": times.total,
    }


def statistics(execution: Execution, now: float) -> dict[str, Any]:
    answer: dict[str, Any] = dict(timeline(execution, now))
    if execution.state is not State.QUEUED:
        answer["DataScannedInBytes"] = execution.work.scanned_bytes
    if execution.work.manifest:
        answer["DataManifestLocation"] = execution.work.manifest
    answer["ResultReuseInformation"] = {"ReusedPreviousResult": execution.reused}
    return answer
