"""The dashboard: what an operator looks at first, in CloudWatch's own JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakewright.components.component import Context
from lakewright.components.lake import bucket_name
from lakewright.components.monitoring.settings import Settings
from lakewright.components.monitoring.watched import DAY, HOUR, namespace

WIDTH, HEIGHT = 12, 6


def dashboard(context: Context, settings: Settings, *, dms: bool, ingesters: Sequence[str]) -> str:
    """The body. DMS's figures are searched for: what CloudWatch calls a task is known only once it is made."""
    space = namespace(context)
    widgets = [
        *([_widget(context, "Replication by DMS (seconds)", _latency(), "Maximum", 60)] if dms else []),
        *(
            _widget(context, f"Replication: {call}", [[space, f"{call.replace('_', '-')}-lag-seconds"]], "Maximum", 60)
            for call in ingesters
        ),
        *(_jobs(context, space) if context.has("glue") else []),
        *(
            widget
            for call, used in sorted(context.calls.items())
            if used == "file_catalog"
            for widget in _files(context, space, call)
        ),
    ]
    if context.has("athena"):
        widgets.append(_widget(context, "Bytes scanned by queries", _scanned(context), "Sum", HOUR))
    if context.has("lake_buckets"):
        widgets.append(_widget(context, "Size of the lake (bytes)", _sizes(context, settings.buckets), "Average", DAY))
    if context.has("trail"):
        widgets.append(_widget(context, "Denied calls", [[space, "denied-calls"]], "Sum", 300))
    for number, widget in enumerate(widgets):
        widget |= {"x": WIDTH * (number % 2), "y": HEIGHT * (number // 2)}
    return json.dumps({"widgets": widgets}, indent=2, sort_keys=True) + "\n"


def _jobs(context: Context, space: str) -> Iterator[dict[str, Any]]:
    yield _widget(context, "Freshness of what jobs read (seconds)", [[space, "freshness"]], "Maximum", HOUR)
    yield _widget(context, "Failed jobs", [[space, "job-failures"]], "Sum", 300)
    yield _widget(context, "Duration of jobs (seconds)", [[space, "job-seconds"]], "Maximum", 300)
    yield _widget(context, "Rows that pass their checks (%)", [[space, "quality"]], "Minimum", HOUR)


def _files(context: Context, space: str, call: str) -> Iterator[dict[str, Any]]:
    key = call.replace("_", "-")
    refused = [[space, f"{key}-rejected"], [space, f"{key}-unpublished"]]
    yield _widget(context, f"{call}: files rejected, and not published", refused, "Sum", HOUR)
    yield _widget(context, f"{call}: rows that pass their checks (%)", [[space, f"{key}-quality"]], "Minimum", HOUR)
    yield _widget(context, f"{call}: duration of jobs (seconds)", [[space, f"{key}-job-seconds"]], "Maximum", 300)


def _widget(
    context: Context, title: str, metrics: Sequence[Sequence[Any]], statistic: str, period: int
) -> dict[str, Any]:
    properties: Mapping[str, Any] = {
        "metrics": metrics,
        "period": period,
        "region": context.place.region,
        "stat": statistic,
        "title": title,
        "view": "timeSeries",
    }
    return {"type": "metric", "width": WIDTH, "height": HEIGHT, "properties": properties}


def _latency() -> list[list[Any]]:
    kinds = ("ReplicationInstanceIdentifier,ReplicationTaskIdentifier", "ReplicationConfigIdentifier")
    names = ("CDCLatencySource", "CDCLatencyTarget")
    return [
        [{"expression": f"SEARCH('{{AWS/DMS,{kind}}} MetricName=\"{name}\"', 'Maximum', 60)"}]
        for kind in kinds
        for name in names
    ]


def _scanned(context: Context) -> list[list[str]]:
    groups = sorted({*context.project.platform.query.workgroups, "primary"})
    rest = ["QueryState", "SUCCEEDED", "QueryType", "DML"]
    return [["AWS/Athena", "ProcessedBytes", "WorkGroup", group, *rest] for group in groups]


def _sizes(context: Context, buckets: Sequence[str]) -> list[list[str]]:
    kind = ["StorageType", "StandardStorage"]
    return [["AWS/S3", "BucketSizeBytes", "BucketName", bucket_name(context, layer), *kind] for layer in buckets]
