"""Figures, alarms, notifications, rules and schedules through boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rehearse.aws.live.support import ACCOUNT, Cloud, cloud


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Cloud]:
    with cloud("", tmp_path) as found:
        yield found


def state(here: Cloud, name: str) -> str:
    found = here.client("cloudwatch").describe_alarms(AlarmNames=[name])
    (one,) = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return str(one["StateValue"])


def test_an_alarm_goes_off_tells_and_comes_back(here: Cloud) -> None:
    sns, watch = here.client("sns"), here.client("cloudwatch")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ana@example.com")
    common: dict[str, Any] = {"EvaluationPeriods": 1, "Period": 60, "Threshold": 5.0, "Statistic": "Maximum"}
    watch.put_metric_alarm(
        AlarmName="lag",
        Namespace="Lake",
        MetricName="Lag",
        Dimensions=[{"Name": "Source", "Value": "shop"}],
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        OKActions=[topic],
        **common,
    )
    watch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(lag)")
    assert state(here, "lag") == "OK"
    figure = {"MetricName": "Lag", "Dimensions": [{"Name": "Source", "Value": "shop"}], "Value": 9.0}
    watch.put_metric_data(Namespace="Lake", MetricData=[figure])
    assert (state(here, "lag"), state(here, "any")) == ("ALARM", "ALARM")
    here.live.clock.move(180)
    assert (state(here, "lag"), state(here, "any")) == ("OK", "OK")
    letters = here.live.inbox.letters("alerts")
    assert [json.loads(one.message)["NewStateValue"] for one in letters] == ["OK", "ALARM", "OK"]
    assert {one.to for one in letters} == {"ana@example.com"}
    items = watch.describe_alarm_history(AlarmName="lag", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert items[0]["HistorySummary"] == "Alarm updated from ALARM to OK"


def test_figures_are_given_by_period(here: Cloud) -> None:
    watch = here.client("cloudwatch")
    now = datetime.now(UTC).replace(second=10, microsecond=0)
    watch.put_metric_data(
        Namespace="Lake",
        MetricData=[
            {"MetricName": "Rows", "Value": 1.0, "Timestamp": now - timedelta(minutes=1)},
            {"MetricName": "Rows", "Values": [2.0, 4.0], "Counts": [1.0, 2.0], "Timestamp": now},
        ],
    )
    span = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=1)}
    found = watch.get_metric_statistics(
        Namespace="Lake", MetricName="Rows", Period=60, Statistics=["Sum", "Maximum", "SampleCount"], **span
    )["Datapoints"]
    assert [(one["Sum"], one["Maximum"], one["SampleCount"]) for one in found] == [(1, 1, 1), (10, 4, 3)]
    stat = {"Metric": {"Namespace": "Lake", "MetricName": "Rows"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "m", "MetricStat": stat, "ReturnData": False}, {"Id": "x", "Expression": "m * 2"}]
    (result,) = watch.get_metric_data(MetricDataQueries=queries, ScanBy="TimestampAscending", **span)[
        "MetricDataResults"
    ]
    assert result["Values"] == [2.0, 20.0]
    assert [one["MetricName"] for one in watch.list_metrics(Namespace="Lake")["Metrics"]] == ["Rows"]


def test_log_lines_become_figures_and_alarms(here: Cloud) -> None:
    logs, watch = here.client("logs"), here.client("cloudwatch")
    logs.create_log_group(logGroupName="/jobs")
    logs.put_metric_filter(
        logGroupName="/jobs",
        filterName="failed",
        filterPattern='{ $.event = "job.end" && $.ok IS FALSE }',
        metricTransformations=[{"metricNamespace": "Lake", "metricName": "Failed", "metricValue": "1"}],
    )
    watch.put_metric_alarm(
        AlarmName="failed", Namespace="Lake", MetricName="Failed", ComparisonOperator="GreaterThanThreshold",
        Threshold=0, Period=60, EvaluationPeriods=1, Statistic="Sum",
    )  # fmt: skip
    world = here.live.world
    world.log(here.aws.moto, "/jobs", "run", ['{"event": "job.end", "ok": true}'])
    assert state(here, "failed") == "INSUFFICIENT_DATA"
    logs.create_log_stream(logGroupName="/jobs", logStreamName="mine")
    now = int(datetime.now(UTC).timestamp() * 1000)
    event = {"timestamp": now, "message": '{"event": "job.end", "ok": false}'}
    logs.put_log_events(logGroupName="/jobs", logStreamName="mine", logEvents=[event])
    assert state(here, "failed") == "ALARM"


def test_rules_meet_events_and_schedules_fire(here: Cloud) -> None:
    sns, events = here.client("sns"), here.client("events")
    topic = sns.create_topic(Name="told")["TopicArn"]
    pattern = {"source": ["my.app"], "detail": {"amount": [{"numeric": [">", 10]}]}}
    events.put_rule(Name="large", EventPattern=json.dumps(pattern))
    events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    transformer = {"InputPathsMap": {"who": "$.detail.who"}, "InputTemplate": '"from <who>"'}
    events.put_targets(Rule="large", Targets=[{"Id": "1", "Arn": topic, "InputTransformer": transformer}])
    events.put_targets(Rule="hourly", Targets=[{"Id": "1", "Arn": topic, "Input": "tick"}])
    for amount in (5, 50):
        detail = json.dumps({"amount": amount, "who": f"ana{amount}"})
        events.put_events(Entries=[{"Source": "my.app", "DetailType": "sale", "Detail": detail}])
    assert [one.message for one in here.live.inbox.letters("told")] == ['"from ana50"']
    here.live.clock.move(3600)
    here.until(lambda: len(here.live.inbox.letters("told")) == 2)
    assert here.live.inbox.letters("told")[1].message == "tick"


def test_schedulers_call_any_operation_as_their_role(here: Cloud) -> None:
    role = here.role("scheduler", "scheduler.amazonaws.com")
    here.client("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="cron(0 3 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:sns:createTopic",
            "RoleArn": role,
            "Input": json.dumps({"Name": "by-night"}),
        },
    )
    here.live.clock.move(24 * 3600)
    here.until(lambda: here.live.events.fired)
    (fired,) = here.live.events.fired
    assert fired.error == ""
    topics = [one["TopicArn"] for one in here.client("sns").list_topics()["Topics"]]
    assert topics == [f"arn:aws:sns:us-east-1:{ACCOUNT}:by-night"]
