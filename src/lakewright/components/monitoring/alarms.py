"""Alarms, metric filters and events, by what an environment has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from lakewright.components.component import Context, Output, Value
from lakewright.components.databases import LAYERS
from lakewright.components.lake import bucket_name
from lakewright.components.monitoring.settings import Settings

NAMESPACE = "Lakewright"
HOUR, DAY = 3600, 86_400

Entry = dict[str, Value]


@dataclass(frozen=True)
class Watched:
    """What is watched of one part: entries of the module's maps, by key. `patterns` are events' patterns as JSON."""

    alarms: Mapping[str, Entry] = field(default_factory=dict)
    filters: Mapping[str, Entry] = field(default_factory=dict)
    patterns: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def watched(context: Context, settings: Settings) -> tuple[Watched, ...]:
    """Everything of this environment that has something to watch."""
    found = [
        *(_dms(name, settings) for name in _calls(context, "dms")),
        *(_ingester(context, name, settings) for name in _calls(context, "ingester")),
    ]
    if context.has("glue"):
        found.append(_jobs(context, settings))
    if context.has("athena"):
        found.append(_queries(context, settings))
    if context.has("lake_buckets"):
        found.append(_buckets(context, settings))
    if context.has("trail"):
        found.append(_trail(context, settings))
    return tuple(found)


def _calls(context: Context, component: str) -> list[str]:
    return sorted(name for name, used in context.calls.items() if used == component)


def _alarm(description: str, namespace: str, metric: str, threshold: float, **more: Value) -> Entry:
    return {"description": description, "namespace": namespace, "metric": metric, "threshold": threshold, **more}


def _filter(context: Context, log_group: Value, pattern: str, metric: str, value: str, **more: Value) -> Entry:
    return {
        "log_group": log_group,
        "pattern": pattern,
        "namespace": namespace(context),
        "metric": metric,
        "value": value,
        **more,
    }


def namespace(context: Context) -> str:
    """Of our own figures: `Lakewright/shop-lakehouse/dev`."""
    return f"{NAMESPACE}/{context.place.platform}/{context.place.environment}"


def _dms(call: str, settings: Settings) -> Watched:
    """DMS's own figures, each minute, and its events."""
    key = call.replace("_", "-")

    def late(description: str, metric: str) -> Entry:
        dimensions = Output(call, "metric_dimensions")
        return _alarm(description, "AWS/DMS", metric, settings.latency, dimensions=dimensions, periods=5, of=3)

    alarms = {
        f"{key}-latency-source": late("DMS reads the source late", "CDCLatencySource"),
        f"{key}-latency-target": late("Changes are in Bronze late", "CDCLatencyTarget"),
    }
    pattern = json.dumps(
        {
            "source": ["aws.dms"],
            "detail-type": ["DMS Replication Task State Change", "DMS Replication State Change"],
            "detail": {"eventType": ["REPLICATION_TASK_FAILED", "REPLICATION_FAILED"]},
        },
        indent=2,
    )
    return Watched(alarms, {}, {f"{key}-failed": ("A replication failed", pattern)})


def _ingester(context: Context, call: str, settings: Settings) -> Watched:
    """Its own log says once a minute how far it is behind; when it says nothing, it does not run."""
    key, log = call.replace("_", "-"), Output(call, "log_group")
    lag, errors = f"{key}-lag-seconds", f"{key}-errors"
    filters = {
        lag: _filter(
            context, log, '{ $.event = "ingest.status" && $.lag_seconds >= 0 }', lag, "$.lag_seconds", unit="Seconds"
        ),
        errors: _filter(context, log, '{ $.level = "error" }', errors, "1", default=0),
    }
    alarms = {
        f"{key}-lag": _alarm(
            "Bronze is behind the source",
            namespace(context),
            lag,
            settings.latency,
            periods=5,
            of=3,
            missing="breaching",
        ),
        f"{key}-errors": _alarm(
            "The ingester ended with an error", namespace(context), errors, 0, statistic="Sum", periods=1
        ),
    }
    return Watched(alarms, filters)


def _jobs(context: Context, settings: Settings) -> Watched:
    log, space = context.output("glue", "log_group"), namespace(context)
    ended = '$.event = "job.end"'
    age = "$.freshness_seconds"
    filters = {
        "job-failures": _filter(context, log, f"{{ {ended} && $.ok IS FALSE }}", "job-failures", "1", default=0),
        "job-seconds": _filter(
            context, log, f"{{ {ended} && $.seconds >= 0 }}", "job-seconds", "$.seconds", unit="Seconds"
        ),
        "freshness": _filter(
            context,
            log,
            f"{{ {ended} && {age} >= 0 }}",
            "freshness",
            age,
            unit="Seconds",
        ),
        "quality": _filter(context, log, f"{{ {ended} && $.quality >= 0 }}", "quality", "$.quality", unit="Percent"),
    }
    hourly = {"period": HOUR, "periods": 1}
    alarms = {
        "job-failures": _alarm("A job failed", space, "job-failures", 0, statistic="Sum", periods=1),
        "job-duration": _alarm("A job takes long", space, "job-seconds", settings.job_duration, periods=1),
        "freshness": _alarm("Jobs read old data", space, "freshness", settings.freshness, **hourly),
        "quality": _alarm(
            "Too many rows fail their checks",
            space,
            "quality",
            settings.quality,
            **hourly,
            statistic="Minimum",
            comparison="LessThanThreshold",
        ),
    }
    pattern = json.dumps(
        {
            "source": ["aws.glue"],
            "detail-type": ["Glue Job State Change"],
            "detail": {"state": ["FAILED", "TIMEOUT", "ERROR"], "jobName": [{"prefix": f"{context.place.name()}-"}]},
        },
        indent=2,
    )
    return Watched(alarms, filters, {"job-failed": ("A job failed or ran out of time", pattern)})


def _queries(context: Context, settings: Settings) -> Watched:
    """Athena counts an execution's time with workgroup, state and type; so many times are so many queries."""
    alarms: dict[str, Entry] = {}
    for group in sorted(context.project.platform.query.workgroups):
        if group == "primary":
            continue
        alarms[f"queries-failed-{group}"] = _alarm(
            f"Queries of {group} fail",
            "AWS/Athena",
            "TotalExecutionTime",
            settings.failed_queries,
            dimensions={"WorkGroup": group, "QueryState": "FAILED", "QueryType": "DML"},
            statistic="SampleCount",
            period=HOUR,
            periods=1,
            comparison="GreaterThanOrEqualToThreshold",
        )
        alarms[f"queries-bytes-{group}"] = _alarm(
            f"Queries of {group} scan much",
            "AWS/Athena",
            "ProcessedBytes",
            settings.scanned,
            dimensions={"WorkGroup": group, "QueryState": "SUCCEEDED", "QueryType": "DML"},
            statistic="Sum",
            period=DAY,
            periods=1,
        )
    return Watched(alarms)


def _buckets(context: Context, settings: Settings) -> Watched:
    """S3 counts a bucket once a day."""
    return Watched(
        {
            f"bucket-size-{layer}": _alarm(
                f"The bucket of {layer.title()} is large",
                "AWS/S3",
                "BucketSizeBytes",
                settings.bucket_size,
                dimensions={"BucketName": bucket_name(context, layer), "StorageType": "StandardStorage"},
                statistic="Average",
                period=DAY,
                periods=1,
            )
            for layer in LAYERS
        }
    )


def _trail(context: Context, settings: Settings) -> Watched:
    log, space = context.output("trail", "log_group_name"), namespace(context)
    patterns = {
        "denied-calls": '{ ($.errorCode = "AccessDenied*") || ($.errorCode = "*UnauthorizedOperation") }',
        "root-logins": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
        '&& $.eventType != "AwsServiceEvent" }',
        "governance-changes": '{ $.eventSource = "lakeformation.amazonaws.com" '
        '&& $.eventName = "PutDataLakeSettings" }',
    }
    limits = {"denied-calls": settings.denials, "root-logins": 0, "governance-changes": 0}
    told = {
        "denied-calls": "Many calls are denied",
        "root-logins": "The account's root user is in use",
        "governance-changes": "Lake Formation's settings were changed",
    }
    return Watched(
        {key: _alarm(told[key], space, key, limits[key], statistic="Sum", period=300, periods=1) for key in patterns},
        {key: _filter(context, log, pattern, key, "1", default=0) for key, pattern in patterns.items()},
    )
