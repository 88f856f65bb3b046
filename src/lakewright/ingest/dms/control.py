"""DMS's control tables, as rows: what `ControlTablesSettings` asks for.

DMS makes them on the target; on S3 they would lie among the data, so whoever runs a task here keeps them elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lakewright.ingest.dms.settings import TaskSettings
from lakewright.ingest.dms.statistics import FAILED, Progress, TableCounts
from lakewright.ingest.sources.postgres.slot import lsn_text

Row = Mapping[str, Any]


def control_tables(task: str, settings: TaskSettings, progress: Progress, now: datetime) -> dict[str, list[Row]]:
    """Table → rows, for those that the settings ask for; `awsdms_apply_exceptions` is always there."""
    makers: Mapping[str, Callable[[str, Progress, datetime], list[Row]]] = {
        "awsdms_apply_exceptions": _exceptions,
        "awsdms_status": _status,
        "awsdms_suspended_tables": _suspended,
        "awsdms_history": _history,
    }
    return {name: make(task, progress, now) for name, make in makers.items() if name in settings.control_tables}


def _exceptions(task: str, progress: Progress, _now: datetime) -> list[Row]:
    return [
        {
            "TASK_NAME": task,
            "TABLE_OWNER": one.table_owner,
            "TABLE_NAME": one.table_name,
            "ERROR_TIME": one.error_time,
            "STATEMENT": one.statement,
            "ERROR": one.error,
        }
        for one in progress.exceptions
    ]


def _status(task: str, progress: Progress, now: datetime) -> list[Row]:
    loading = progress.load_end is None
    return [
        {
            "TASK_NAME": task,
            "TASK_STATUS": "FULL LOAD" if loading else "CHANGE PROCESSING",
            "STATUS_TIME": now,
            "PENDING_CHANGES": progress.latency.pending,
            "SOURCE_CURRENT_POSITION": lsn_text(progress.position),
            "SOURCE_CURRENT_TIMESTAMP": now,
        }
    ]


def _suspended(task: str, progress: Progress, _now: datetime) -> list[Row]:
    return [
        {
            "TASK_NAME": task,
            "TABLE_OWNER": one.schema,
            "TABLE_NAME": one.name,
            "SUSPEND_REASON": "TABLE ERROR",
            "SUSPEND_TIMESTAMP": one.updated,
        }
        for one in progress.tables.values()
        if one.state == FAILED
    ]


def _history(task: str, progress: Progress, now: datetime) -> list[Row]:
    """One slot: from the start until now."""
    tables = list(progress.tables.values())
    return [
        {
            "TASK_NAME": task,
            "TIMESLOT_TYPE": "CHANGE PROCESSING" if progress.load_end else "FULL LOAD",
            "TIMESLOT": now,
            "TIMESLOT_DURATION": _minutes(progress.load_start, now),
            "TIMESLOT_LATENCY": round(progress.latency.target),
            "RECORDS": sum(_changes(one) + one.full_load_rows for one in tables),
        }
    ]


def _changes(one: TableCounts) -> int:
    return one.inserts + one.updates + one.deletes


def _minutes(start: datetime | None, now: datetime) -> int:
    return int((now - start).total_seconds() // 60) if start else 0
