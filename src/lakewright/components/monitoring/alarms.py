"""Alarms, metric filters and events, by what an environment has."""

from __future__ import annotations

import json

from lakewright.components.component import Context, Output
from lakewright.components.lake import bucket_name
from lakewright.components.monitoring.files import watched_files
from lakewright.components.monitoring.settings import Settings
from lakewright.components.monitoring.tasks import watched_tasks
from lakewright.components.monitoring.watched import DAY, HOUR, Entry, Watched, alarm, counted, namespace


def watched(context: Context, settings: Settings) -> tuple[Watched, ...]:
    """Everything of this environment that has something to watch."""
    found = [
        *(_dms(name, settings) for name in _calls(context, "dms")),
        *(_ingester(context, name, settings) for name in _calls(context, "ingester")),
        *(watched_files(context, name, settings) for name in _calls(context, "file_catalog")),
        *(watched_tasks(context, name) for name in _calls(context, "fargate")),
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


def _dms(call: str, settings: Settings) -> Watched:
    """DMS's own figures, each minute, and its events."""
    key = call.replace("_", "-")

    def late(description: str, metric: str) -> Entry:
        dimensions = Output(call, "metric_dimensions")
        return alarm(description, "AWS/DMS", metric, settings.latency, dimensions=dimensions, periods=5, of=3)

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
        lag: counted(
            context, log, '{ $.event = "ingest.status" && $.lag_seconds >= 0 }', lag, "$.lag_seconds", unit="Seconds"
        ),
        errors: counted(context, log, '{ $.level = "error" }', errors, "1", default=0),
    }
    alarms = {
        f"{key}-lag": alarm(
            "Bronze is behind the source",
            namespace(context),
            lag,
            settings.latency,
            periods=5,
            of=3,
            missing="breaching",
        ),
        f"{key}-errors": alarm(
            "The ingester ended with an error", namespace(context), errors, 0, statistic="Sum", periods=1
        ),
    }
    return Watched(alarms, filters)


def _jobs(context: Context, settings: Settings) -> Watched:
    log, space = context.output("glue", "log_group"), namespace(context)
    ended = '$.event = "job.end"'
    age = "$.freshness_seconds"
    filters = {
        "job-failures": counted(context, log, f"{{ {ended} && $.ok IS FALSE }}", "job-failures", "1", default=0),
        "job-seconds": counted(
            context, log, f"{{ {ended} && $.seconds >= 0 }}", "job-seconds", "$.seconds", unit="Seconds"
        ),
        "freshness": counted(
            context,
            log,
            f"{{ {ended} && {age} >= 0 }}",
            "freshness",
            age,
            unit="Seconds",
        ),
        "quality": counted(context, log, f"{{ {ended} && $.quality >= 0 }}", "quality", "$.quality", unit="Percent"),
    }
    hourly = {"period": HOUR, "periods": 1}
    alarms = {
        "job-failures": alarm("A job failed", space, "job-failures", 0, statistic="Sum", periods=1),
        "job-duration": alarm("A job takes long", space, "job-seconds", settings.job_duration, periods=1),
        "freshness": alarm("Jobs read old data", space, "freshness", settings.freshness, **hourly),
        "quality": alarm(
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
        alarms[f"queries-failed-{group}"] = alarm(
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
        alarms[f"queries-bytes-{group}"] = alarm(
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
            f"bucket-size-{layer}": alarm(
                f"The bucket of {layer.title()} is large",
                "AWS/S3",
                "BucketSizeBytes",
                settings.bucket_size,
                dimensions={"BucketName": bucket_name(context, layer), "StorageType": "StandardStorage"},
                statistic="Average",
                period=DAY,
                periods=1,
            )
            for layer in settings.buckets
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
    if context.has("secrets"):
        patterns["rotation-failed"] = (
            '{ $.eventSource = "secretsmanager.amazonaws.com" && $.eventName = "RotationFailed" }'
        )
    limits = {**dict.fromkeys(patterns, 0), "denied-calls": settings.denials}
    told = {
        "denied-calls": "Many calls are denied",
        "root-logins": "The account's root user is in use",
        "governance-changes": "Lake Formation's settings were changed",
        "rotation-failed": "A secret could not be rotated",
    }
    return Watched(
        {key: alarm(told[key], space, key, limits[key], statistic="Sum", period=300, periods=1) for key in patterns},
        {key: counted(context, log, pattern, key, "1", default=0) for key, pattern in patterns.items()},
    )
