"""The dashboard: what an operator looks at first, in CloudWatch's own JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lakewright.components.component import Context
from lakewright.components.databases import LAYERS
from lakewright.components.lake import bucket_name
from lakewright.components.monitoring.alarms import DAY, HOUR, namespace

WIDTH, HEIGHT = 12, 6


def dashboard(context: Context, dms: bool, ingesters: Sequence[str]) -> str:
    """The body. DMS's figures are searched for: what CloudWatch calls a task is known only once it is made."""
    space = namespace(context)
    widgets = [
        *([_widget(context, "Replication by DMS (seconds)", _latency(), "Maximum", 60)] if dms else []),
        *(
            _widget(context, f"Replication: {call}", [[space, f"{call.replace('_', '-')}-lag-seconds"]], "Maximum", 60)
            for call in ingesters
        ),
        _widget(context, "Freshness of what jobs read (seconds)", [[space, "freshness"]], "Maximum", HOUR),
        _widget(context, "Failed jobs", [[space, "job-failures"]], "Sum", 300),
        _widget(context, "Duration of jobs (seconds)", [[space, "job-seconds"]], "Maximum", 300),
        _widget(context, "Rows that pass their checks (%)", [[space, "quality"]], "Minimum", HOUR),
        _widget(context, "Bytes scanned by queries", _scanned(context), "Sum", HOUR),
        _widget(context, "Size of the layers (bytes)", _sizes(context), "Average", DAY),
    ]
    for number, widget in enumerate(widgets):
        widget |= {"x": WIDTH * (number % 2), "y": HEIGHT * (number // 2)}
    return json.dumps({"widgets": widgets}, indent=2, sort_keys=True) + "\n"


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


def _sizes(context: Context) -> list[list[str]]:
    kind = ["StorageType", "StandardStorage"]
    return [["AWS/S3", "BucketSizeBytes", "BucketName", bucket_name(context, layer), *kind] for layer in LAYERS]
