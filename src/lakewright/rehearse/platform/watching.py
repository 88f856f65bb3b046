"""Alarms, dashboards and budgets through AWS's APIs; and one alarm provoked, to see that somebody is told."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lakewright.rehearse.platform.evidence import Alarms
from lakewright.rehearse.platform.stage import Stage

PROVOKED: Mapping[str, Mapping[str, Any]] = {
    "job-failures": {"event": "job.end", "ok": False, "level": "error", "seconds": 1, "job": "rehearsal"},
    "-rejected": {"event": "processed", "job": "rehearsal", "seconds": 1, "rows": {}, "rejected": 1},
}
"""End of the name of a filter's metric over the jobs' log → a line as a failing job writes it, which must raise its
alarm."""
WAIT_SECONDS = 30.0
STEP_SECONDS = 60.0


def alarms(stage: Stage) -> Alarms:
    """What is there, and what a failing job does to it."""
    cloudwatch = stage.client("cloudwatch")
    dashboards = tuple(one["DashboardName"] for one in cloudwatch.list_dashboards()["DashboardEntries"])
    found = _alarms(cloudwatch)
    if not found:
        return Alarms({}, dashboards)
    provoked, delivered = _provoke(stage, cloudwatch, found)
    states = {one["AlarmName"]: one["StateValue"] for one in _alarms(cloudwatch)}
    return Alarms(states, dashboards, provoked, delivered)


def _alarms(cloudwatch: Any) -> list[Mapping[str, Any]]:
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    return [one for page in pages for one in page.get("MetricAlarms", [])]


def _provoke(
    stage: Stage, cloudwatch: Any, found: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, tuple[str, ...]], int]:
    """Writes a failing job's last line into the log that the metric's filter reads, and looks what follows."""
    logs = stage.client("logs")
    filters = [
        one for page in logs.get_paginator("describe_metric_filters").paginate() for one in page["metricFilters"]
    ]
    read = {one["metricTransformations"][0]["metricName"]: one["logGroupName"] for one in filters}
    chosen = [
        (one, line)
        for one in found
        for end, line in PROVOKED.items()
        if one.get("MetricName") in read and one["MetricName"].endswith(end)
    ]
    if not chosen:
        return {}, 0
    alarm, said = chosen[0]
    name, group = alarm["AlarmName"], read[alarm["MetricName"]]
    before = len(stage.services.inbox.letters())
    states = [alarm["StateValue"]]
    logs.create_log_stream(logGroupName=group, logStreamName="rehearsal")
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and "ALARM" not in states:
        now = int(stage.services.clock.seconds() * 1000)
        line = {"timestamp": now, "message": json.dumps(said)}
        logs.put_log_events(logGroupName=group, logStreamName="rehearsal", logEvents=[line])
        stage.services.clock.move(STEP_SECONDS)
        time.sleep(0.3)
        state = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]
        states += [state] if state != states[-1] else []
    return {name: tuple(states)}, len(stage.services.inbox.letters()) - before


def budget(stage: Stage) -> float | None:
    """The monthly limit, in US dollars, of the budget that was deployed."""
    every = stage.client("budgets").describe_budgets(AccountId=stage.account).get("Budgets", [])
    found = [one for one in every if one["TimeUnit"] == "MONTHLY"]
    return float(found[0]["BudgetLimit"]["Amount"]) if found else None
