"""A run as DMS's API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lakewright.ingest.dms.statistics import COMPLETED, FAILED, FULL_LOAD, RELOADING, TableCounts
from lakewright.rehearse.aws.live.dms.runs import Run

STATES = {COMPLETED: "TablesLoaded", FULL_LOAD: "TablesLoading", RELOADING: "TablesLoading", FAILED: "TablesErrored"}


def task_shape(stored: Mapping[str, Any], run: Run | None, now: datetime) -> dict[str, Any]:
    """A replication task: what moto keeps of it, and how it is."""
    found = {key: value for key, value in stored.items() if key not in ("ReplicationTaskStats", "StopReason")}
    if run is None:
        return found | {"Status": "ready" if stored.get("Status") != "creating" else stored["Status"]}
    found |= {"Status": run.status, "ReplicationTaskStats": statistics(run, now)}
    if run.started is not None:
        found["ReplicationTaskStartDate"] = run.started
    if run.stop_reason:
        found["StopReason"] = run.stop_reason
    if run.failure:
        found["LastFailureMessage"] = run.failure
    if run.progress.position:
        found["RecoveryCheckpoint"] = checkpoint(run)
    return found


def replication_shape(stored: Mapping[str, Any], run: Run | None, now: datetime) -> dict[str, Any]:
    """A serverless replication."""
    found = {
        "ReplicationConfigArn": stored["ReplicationConfigArn"],
        "ReplicationConfigIdentifier": stored["ReplicationConfigIdentifier"],
        "SourceEndpointArn": stored["SourceEndpointArn"],
        "TargetEndpointArn": stored["TargetEndpointArn"],
        "ReplicationType": stored["ReplicationType"],
        "Status": "created",
    }
    if run is None:
        return found
    found |= {"Status": run.status, "ReplicationStats": statistics(run, now)}
    if run.stop_reason:
        found["StopReason"] = run.stop_reason
    if run.failure:
        found["FailureMessages"] = [run.failure]
    if run.progress.position:
        found["RecoveryCheckpoint"] = checkpoint(run)
    return found


def checkpoint(run: Run) -> str:
    position = run.progress.position
    return f"checkpoint:V1#1#{position >> 32:08X}/{position & 0xFFFFFFFF:08X}"


def statistics(run: Run, now: datetime) -> dict[str, Any]:
    """ReplicationTaskStats (and ReplicationStats)."""
    tables = run.progress.tables
    counts = dict.fromkeys(("TablesLoaded", "TablesLoading", "TablesQueued", "TablesErrored"), 0)
    for one in tables.values():
        counts[STATES.get(one.state, "TablesQueued")] += 1
    percent = 100 * (counts["TablesLoaded"] + counts["TablesErrored"]) // len(tables) if tables else 0
    end = run.stopped or now
    elapsed = int((end - run.started).total_seconds() * 1000) if run.started else 0
    dates = {
        "FreshStartDate": run.fresh_start,
        "StartDate": run.started,
        "StopDate": run.stopped,
        "FullLoadStartDate": run.progress.load_start,
        "FullLoadFinishDate": run.progress.load_end,
    }
    known = {name: value for name, value in dates.items() if value is not None}
    return {"FullLoadProgressPercent": percent, "ElapsedTimeMillis": elapsed, **counts, **known}


def table_shape(one: TableCounts) -> dict[str, Any]:
    """A row of DescribeTableStatistics."""
    dates = {
        "FullLoadStartTime": one.load_start,
        "FullLoadEndTime": one.load_end,
        "LastUpdateTime": one.updated,
    }
    return {
        "SchemaName": one.schema,
        "TableName": one.name,
        "Inserts": one.inserts,
        "Deletes": one.deletes,
        "Updates": one.updates,
        "Ddls": one.ddls,
        "AppliedInserts": one.inserts,
        "AppliedDeletes": one.deletes,
        "AppliedUpdates": one.updates,
        "AppliedDdls": one.ddls,
        "FullLoadRows": one.full_load_rows,
        "FullLoadCondtnlChkFailedRows": 0,
        "FullLoadErrorRows": one.full_load_errors,
        "FullLoadReloaded": one.reloaded,
        "TableState": one.state,
        "ValidationPendingRecords": 0,
        "ValidationFailedRecords": 0,
        "ValidationSuspendedRecords": 0,
        "ValidationState": "Not enabled",
        **{name: value for name, value in dates.items() if value is not None},
    }
