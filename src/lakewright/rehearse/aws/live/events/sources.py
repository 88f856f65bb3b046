"""What services tell EventBridge: source, detail-type, detail, as their user guides have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.rehearse.aws.live.cloudwatch.alarms import State
from lakewright.rehearse.aws.live.dms.runs import Run
from lakewright.rehearse.aws.live.ecs.tasks import Task
from lakewright.rehearse.aws.live.glue.crawlers import Crawl
from lakewright.rehearse.aws.live.glue.records import JobRun

Told = tuple[str, str, Mapping[str, Any]]
CRAWLS = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "CANCELLED": "Cancelled"}


def job_event(run: JobRun) -> Told:
    severity = "INFO" if run.state == "SUCCEEDED" else "ERROR"
    detail = {"jobName": run.name, "severity": severity, "state": run.state, "jobRunId": run.id}
    return "aws.glue", "Glue Job State Change", {**detail, "message": run.error or "Job run succeeded"}


def crawl_event(crawl: Crawl) -> Told:
    detail = {
        "crawlerName": crawl.crawler,
        "state": CRAWLS[crawl.state],
        "tablesCreated": str(len(crawl.created)),
        "tablesUpdated": str(len(crawl.updated)),
        "errorMessage": crawl.error,
    }
    return "aws.glue", "Glue Crawler State Change", detail


def task_event(task: Task) -> Told:
    detail = {name: value for name, value in task.shape().items() if isinstance(value, str | list)}
    return "aws.ecs", "ECS Task State Change", {**detail, "stopCode": task.stop_code}


def replication_event(run: Run) -> Told:
    """DMS tells of tasks and of serverless replications under names of their own."""
    kind = "REPLICATION_TASK" if run.deployed.instance else "REPLICATION"
    end = "FAILED" if run.status == "failed" else "STOPPED"
    words = "DMS Replication Task State Change" if run.deployed.instance else "DMS Replication State Change"
    detail = {
        "eventType": f"{kind}_{end}",
        "type": kind,
        "category": "Failure" if end == "FAILED" else "StateChange",
        "detailMessage": run.failure or run.stop_reason,
        "resourceLink": run.deployed.arn,
    }
    return "aws.dms", words, detail


def alarm_event(alarm: Mapping[str, Any], before: State, now: State) -> Told:
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {"value": now.value, "reason": now.reason},
        "previousState": {"value": before.value, "reason": before.reason},
    }
    return "aws.cloudwatch", "CloudWatch Alarm State Change", detail
