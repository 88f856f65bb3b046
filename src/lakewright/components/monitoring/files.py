"""What is watched of a lake of files: rejected files, quality, how long jobs and how well crawlers run."""

from __future__ import annotations

import json

from lakewright.components.component import Context, Output
from lakewright.components.monitoring.settings import Settings
from lakewright.components.monitoring.watched import HOUR, Watched, alarm, counted, namespace


def watched_files(context: Context, call: str, settings: Settings) -> Watched:
    """Jobs say at their end what became of the files; Glue tells when one fails."""
    key, log, space = call.replace("_", "-"), Output(call, "log_group"), namespace(context)
    rejected, unpublished = f"{key}-rejected", f"{key}-unpublished"
    seconds, quality = f"{key}-job-seconds", f"{key}-quality"
    filters = {
        rejected: counted(context, log, '{ $.event = "processed" && $.rejected >= 0 }', rejected, "$.rejected"),
        unpublished: counted(
            context, log, '{ $.event = "checked" && $.unpublished >= 0 }', unpublished, "$.unpublished"
        ),
        seconds: counted(context, log, '{ $.job = "*" && $.seconds >= 0 }', seconds, "$.seconds", unit="Seconds"),
        quality: counted(
            context, log, '{ $.event = "checked" && $.quality >= 0 }', quality, "$.quality", unit="Percent"
        ),
    }
    alarms = {
        rejected: alarm("Files cannot be read", space, rejected, settings.rejected, statistic="Sum", periods=1),
        unpublished: alarm(
            "Files are not published: too few rows pass", space, unpublished, 0, statistic="Sum", periods=1
        ),
        seconds: alarm("A job takes long", space, seconds, settings.job_duration, periods=1),
        quality: alarm(
            "Too many rows of a file fail their checks",
            space,
            quality,
            settings.quality,
            period=HOUR,
            periods=1,
            statistic="Minimum",
            comparison="LessThanThreshold",
        ),
    }
    prefix = [{"prefix": f"{context.place.name()}-"}]
    job = {"state": ["FAILED", "TIMEOUT", "ERROR"], "jobName": prefix}
    patterns = {
        f"{key}-job-failed": ("A job failed or ran out of time", _glue("Glue Job State Change", job)),
        f"{key}-crawl-failed": (
            "A crawler failed",
            _glue("Glue Crawler State Change", {"state": ["Failed"], "crawlerName": prefix}),
        ),
    }
    return Watched(alarms, filters, patterns)


def _glue(kind: str, detail: object) -> str:
    return json.dumps({"source": ["aws.glue"], "detail-type": [kind], "detail": detail}, indent=2)
