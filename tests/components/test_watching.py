"""Athena's, monitoring's and the budget's inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Call, Context, Output
from lakewright.components.registry import component
from lakewright.errors import Mistakes, SpecError
from lakewright.rehearse.aws.live.cloudwatch.log_filters import fits, value_of
from lakewright.rehearse.aws.live.events.patterns import fits as matches

from .data_lake import USED, decided, environment


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return environment(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def monitoring(where: Context) -> Call:
    return decided(where, {}, "monitoring")["monitoring"]


def test_workgroups_are_those_of_the_spec_without_primary(where: Context) -> None:
    """Athena: "the primary workgroup cannot be deleted", and is there already."""
    athena = decided(where, {}, "athena")["athena"]
    groups: Any = athena.inputs["workgroups"]
    assert set(groups) == {"analytics-team", "data-engineering"}
    assert {group["scan_limit"] for group in groups.values()} == {10**12}
    assert {group["encryption_option"] for group in groups.values()} == {"SSE_KMS"}
    queries: Any = athena.inputs["queries"]
    assert len(queries) == 5
    assert str(athena.files["queries/event_funnel.sql"]).startswith("SELECT month")


def test_a_statement_of_no_workgroup_is_refused(where: Context) -> None:
    with pytest.raises(Mistakes, match="LW1324"):
        decided(where, {"athena": {"statements": {"x": {"workgroup": "nobody", "sql": "SELECT ?"}}}}, "athena")


def test_what_the_issue_asks_to_watch_is_watched(monitoring: Call) -> None:
    alarms: Any = monitoring.inputs["alarms"]
    kinds = {(one["namespace"].split("/")[0], one["metric"]) for one in alarms.values()}
    assert kinds >= {
        ("AWS", "CDCLatencySource"),
        ("AWS", "CDCLatencyTarget"),
        ("Lakewright", "ingester-lag-seconds"),
        ("Lakewright", "job-failures"),
        ("Lakewright", "job-seconds"),
        ("Lakewright", "freshness"),
        ("Lakewright", "quality"),
        ("AWS", "TotalExecutionTime"),
        ("AWS", "ProcessedBytes"),
        ("AWS", "BucketSizeBytes"),
    }
    assert alarms["dms-latency-target"]["dimensions"] == Output("dms", "metric_dimensions")


def test_every_figure_that_an_alarm_reads_is_made(monitoring: Call) -> None:
    """A metric of our own comes out of a log; an alarm on one that nobody writes never fires."""
    filters: Any = monitoring.inputs["metric_filters"]
    alarms: Any = monitoring.inputs["alarms"]
    made = {(one["namespace"], one["metric"]) for one in filters.values()}
    read = {(one["namespace"], one["metric"]) for one in alarms.values() if one["namespace"].startswith("Lakewright")}
    assert read <= made
    board = json.loads(str(monitoring.files["dashboard.json"]))
    metrics = [metric for one in board["widgets"] for metric in one["properties"]["metrics"]]
    shown = {(metric[0], metric[1]) for metric in metrics if len(metric) > 1}
    assert {pair for pair in shown if str(pair[0]).startswith("Lakewright")} <= made


def test_log_fields_are_those_that_jobs_and_the_ingester_write(monitoring: Call) -> None:
    from datetime import UTC, datetime

    from lakewright.ingest.status import IngestStatus
    from lakewright.pipeline.glue_job import _summary
    from lakewright.pipeline.report import RunReport

    filters: Any = monitoring.inputs["metric_filters"]
    told = set(_summary(RunReport("r", datetime.now(UTC), 1.0, {}, ())))
    for key in ("job-seconds", "freshness", "quality"):
        assert filters[key]["value"].removeprefix("$.") in told
    assert filters["ingester-lag-seconds"]["value"].removeprefix("$.") in IngestStatus.__dataclass_fields__


def _cells(one: dict[str, int]) -> list[tuple[int, int]]:
    across, down = range(one["x"], one["x"] + one["width"]), range(one["y"], one["y"] + one["height"])
    return [(x, y) for x in across for y in down]


def test_the_dashboard_lies_on_a_grid_without_overlaps(monitoring: Call) -> None:
    board = json.loads(str(monitoring.files["dashboard.json"]))["widgets"]
    cells = [cell for one in board for cell in _cells(one)]
    assert len(cells) == len(set(cells))
    assert all(one["x"] + one["width"] <= 24 for one in board), "CloudWatch's grid has 24 columns"


def test_parts_that_are_not_there_are_not_watched(tmp_path_factory: pytest.TempPathFactory) -> None:
    where = environment(tmp_path_factory.mktemp("few"), used=("kms_key", "lake_buckets", "monitoring"))
    inputs = decided(where, {}, "monitoring")["monitoring"].inputs
    alarms: Any = inputs["alarms"]
    assert {key.rpartition("-")[0] for key in alarms} == {"bucket-size"}
    assert inputs["composites"] == {}
    assert inputs["metric_filters"] == {}


FILES = ("kms_key", "lake_buckets", "secrets", "trail", "file_catalog", "fargate", "monitoring")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Of a lake of files with tasks: the blueprint data-services."""
    where = environment(tmp_path_factory.mktemp("files"), used=FILES)
    return decided(where, {"monitoring": {"buckets": ["lake"]}}, "monitoring")["monitoring"]


def test_a_lake_of_files_is_watched_too(files: Call) -> None:
    alarms: Any = files.inputs["alarms"]
    assert set(alarms) == {
        "file-catalog-rejected",
        "file-catalog-unpublished",
        "file-catalog-job-seconds",
        "file-catalog-quality",
        "bucket-size-lake",
        "denied-calls",
        "root-logins",
        "governance-changes",
        "rotation-failed",
    }
    assert alarms["bucket-size-lake"]["dimensions"]["BucketName"] == "shop-dev-lake-111111111111"
    events: Any = files.inputs["events"]
    assert set(events) == {"file-catalog-job-failed", "file-catalog-crawl-failed", "fargate-task-failed"}
    test_every_figure_that_an_alarm_reads_is_made(files)
    test_the_dashboard_lies_on_a_grid_without_overlaps(files)


def _task(code: str, *codes: int | None) -> dict[str, Any]:
    containers = [{"name": "main"} | ({} if one is None else {"exitCode": one}) for one in codes]
    cluster = "arn:aws:ecs:us-east-1:111111111111:cluster/shop-dev-tasks"
    detail = {"clusterArn": cluster, "lastStatus": "STOPPED", "stopCode": code, "containers": containers}
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (_task("EssentialContainerExited", 1), True),
        (_task("EssentialContainerExited", 0, 137), True),
        (_task("EssentialContainerExited", 0), False),
        (_task("TaskFailedToStart", None), True),
        (_task("ServiceSchedulerInitiated", 143), False),
        (_task("UserInitiated", 143), False),
    ],
)
def test_tasks_that_fail_or_do_not_start_are_told_of(files: Call, event: dict[str, Any], told: bool) -> None:
    """Amazon ECS developer guide, "Amazon ECS task state change events": stopCode and containers' exitCode."""
    pattern = json.loads(str(files.files["events/fargate-task-failed.json"]))
    assert matches(pattern, event) is told


def test_crawlers_that_fail_are_told_of(files: Call) -> None:
    pattern = json.loads(str(files.files["events/file-catalog-crawl-failed.json"]))
    event = {"source": "aws.glue", "detail-type": "Glue Crawler State Change"}
    assert matches(pattern, {**event, "detail": {"crawlerName": "shop-dev-raw-data", "state": "Failed"}})
    assert not matches(pattern, {**event, "detail": {"crawlerName": "shop-dev-raw-data", "state": "Succeeded"}})
    assert not matches(pattern, {**event, "detail": {"crawlerName": "other-raw-data", "state": "Failed"}})


def test_job_failures_are_told_at_once(monitoring: Call) -> None:
    pattern = json.loads(str(monitoring.files["events/job-failed.json"]))
    assert pattern["detail"] == {"state": ["FAILED", "TIMEOUT", "ERROR"], "jobName": [{"prefix": "shop-dev-"}]}


def test_the_budget_is_of_the_platform_and_told_to_a_topic(where: Context) -> None:
    inputs = decided(where, {"budget": {"monthly": "200USD"}}, "budget")["budget"].inputs
    assert inputs["monthly"] == 200.0
    assert inputs["tag_filter"] == {"key": "platform", "value": "shop"}
    assert inputs["topic_arns"] == [Output("monitoring", "topic_arns", ("costs",))]


def test_a_budget_that_nobody_hears_of_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    where = environment(tmp_path_factory.mktemp("deaf"), used=("budget",))
    with pytest.raises(SpecError, match="LW1327"):
        decided(where, {}, "budget")
    assert decided(where, {"budget": {"emails": ["costs@example.com"]}}, "budget")


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("budget", {"monthly": 0}, "greater than 0"),
        ("budget", {"monthly": "200EUR"}, "number"),
        ("budget", {"emails": ["nobody"]}, "match pattern"),
        ("monitoring", {"alerts": ["ops at example.com"]}, "match pattern"),
        ("monitoring", {"latency": 0}, "greater than 0"),
        ("monitoring", {"quality": 101}, "less than or equal to 100"),
        ("monitoring", {"failed_queries": 0}, "greater than or equal to 1"),
        ("athena", {"statements": {"1x": {"workgroup": "primary", "sql": "SELECT ?"}}}, "match pattern"),
    ],
)
def test_what_cannot_be_is_refused(name: str, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        component(name).settings.model_validate(settings)


def _line(**fields: Any) -> str:
    return json.dumps({"at": "2026-01-01T00:00:00.000+00:00", "level": "info", **fields})


ENDED = {"event": "job.end", "ok": True, "seconds": 12.5, "quality": 99.5, "freshness_seconds": 61.0}
BEHIND = {"event": "ingest.status", "lag_seconds": 0.0, "lag_bytes": 0}
PROCESSED = {"event": "processed", "job": "shop-dev-data-processing", "seconds": 4.2, "rows": {"a": 3}, "rejected": 2}
CHECKED = {"event": "checked", "job": "shop-dev-data-quality", "seconds": 3.1, "unpublished": 1, "quality": 62.5}
ROOT = {"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall", "eventName": "ListBuckets"}


@pytest.mark.parametrize(
    ("key", "fields", "value"),
    [
        ("job-failures", {**ENDED, "ok": False}, 1.0),
        ("job-failures", ENDED, None),
        ("job-seconds", ENDED, 12.5),
        ("quality", ENDED, 99.5),
        ("freshness", ENDED, 61.0),
        ("freshness", {**ENDED, "freshness_seconds": None}, None),
        ("job-seconds", {"event": "job.end", "ok": False, "error": "LW404 …"}, None),
        ("job-failures", {"event": "job.end", "ok": False, "error": "LW404 …"}, 1.0),
        ("job-seconds", {"event": "pipeline.model", "seconds": 3.0}, None),
        ("ingester-lag-seconds", BEHIND, 0.0),
        ("ingester-lag-seconds", {**BEHIND, "lag_seconds": None}, None),
        ("ingester-errors", {"event": "ingest.end", "level": "error"}, 1.0),
        ("ingester-errors", BEHIND, None),
        ("denied-calls", {"errorCode": "AccessDeniedException"}, 1.0),
        ("denied-calls", {"errorCode": "Client.UnauthorizedOperation"}, 1.0),
        ("denied-calls", {"eventName": "ListBuckets"}, None),
        ("root-logins", ROOT, 1.0),
        ("root-logins", {**ROOT, "userIdentity": {"type": "Root", "invokedBy": "support.amazonaws.com"}}, None),
        ("root-logins", {**ROOT, "userIdentity": {"type": "AssumedRole"}}, None),
        ("governance-changes", {"eventSource": "lakeformation.amazonaws.com", "eventName": "PutDataLakeSettings"}, 1.0),
        ("rotation-failed", {"eventSource": "secretsmanager.amazonaws.com", "eventName": "RotationFailed"}, 1.0),
        ("rotation-failed", {"eventSource": "secretsmanager.amazonaws.com", "eventName": "RotationSucceeded"}, None),
        ("file-catalog-rejected", PROCESSED, 2.0),
        ("file-catalog-rejected", CHECKED, None),
        ("file-catalog-unpublished", CHECKED, 1.0),
        ("file-catalog-quality", CHECKED, 62.5),
        ("file-catalog-quality", {**CHECKED, "quality": None}, None),
        ("file-catalog-job-seconds", PROCESSED, 4.2),
        ("file-catalog-job-seconds", CHECKED, 3.1),
    ],
)
def test_what_a_line_of_a_log_counts_as(
    tmp_path_factory: pytest.TempPathFactory, key: str, fields: dict[str, Any], value: float | None
) -> None:
    """CloudWatch Logs User Guide, "Filter pattern syntax": a comparison with null is none."""
    where = environment(tmp_path_factory.getbasetemp() / "lines", used=(*USED, "trail", "file_catalog"))
    filters: Any = decided(where, {}, "monitoring")["monitoring"].inputs["metric_filters"]
    line, found = _line(**fields), filters[key]
    counted = value_of(found["value"], line) if fits(found["pattern"], line) else None
    assert counted == value
