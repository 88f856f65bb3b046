"""CloudWatch: composite alarms are stored as alarms with a rule."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse as Response

from lakewright.rehearse.aws.moto.additions import attach


def install() -> None:
    attach(Response, put_composite_alarm)


def put_composite_alarm(self: Any) -> Any:
    return self.put_metric_alarm()
