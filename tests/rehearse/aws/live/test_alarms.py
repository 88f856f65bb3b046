"""When alarms change; expected states from the CloudWatch user guide's tables."""

from __future__ import annotations

from typing import Any

import pytest

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.live.cloudwatch.alarms import State, composite, evaluated
from lakewright.rehearse.aws.live.cloudwatch.log_filters import fits, measured
from lakewright.rehearse.aws.live.cloudwatch.math import evaluated as computed

NOW = 6000.0 + 30


def alarm(**settings: Any) -> dict[str, Any]:
    base = {
        "ComparisonOperator": "GreaterThanThreshold", "Threshold": 10.0, "Period": 60, "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
    }  # fmt: skip
    return {**base, **settings}


def series(*values: float | None) -> dict[float, float]:
    """The newest last; the newest period is the one that is not over."""
    begin = 6000 - 60 * (len(values) - 1)
    return {begin + 60.0 * n: value for n, value in enumerate(values) if value is not None}


@pytest.mark.parametrize(
    ("values", "settings", "state"),
    [
        ((1, 1, 1), {}, "OK"),
        ((11, 1, 11), {}, "ALARM"),
        ((11, 1, 1), {}, "OK"),
        ((11, 11, None), {}, "ALARM"),
        ((None, None, None), {}, "INSUFFICIENT_DATA"),
        ((None, None, None), {"TreatMissingData": "breaching"}, "ALARM"),
        ((None, None, None), {"TreatMissingData": "notBreaching"}, "OK"),
        ((None, None, None), {"TreatMissingData": "ignore"}, "ALARM"),
        ((1, None, None), {"TreatMissingData": "breaching"}, "ALARM"),
        ((11, None, None), {"TreatMissingData": "notBreaching"}, "OK"),
        ((10, 10, 10), {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}, "ALARM"),
        ((1, 1, 1), {"ComparisonOperator": "LessThanThreshold", "DatapointsToAlarm": None}, "ALARM"),
        ((10, 10, 10), {"ComparisonOperator": "LessThanThreshold"}, "OK"),
    ],
)
def test_states(values: tuple[float | None, ...], settings: dict[str, Any], state: str) -> None:
    assert evaluated(alarm(**settings), series(*values), NOW, State("ALARM", "")).value == state


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ('ALARM("a") AND OK(b)', True),
        ("ALARM(a) AND ALARM(b)", False),
        ("ALARM(b) OR (ALARM(a) AND NOT ALARM(b))", True),
        ("NOT (ALARM(a) OR ALARM(b))", False),
        ("INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:1:alarm:c)", True),
        ("TRUE", True),
        ("ALARM(nobody)", None),
        ("ALARM(a) AND", None),
        ("something", None),
    ],
)
def test_composite_rules(rule: str, holds: bool | None) -> None:
    assert composite(rule, {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA"}) is holds


def test_metric_math() -> None:
    known = {"e": {0.0: 1.0, 60.0: 4.0}, "t": {0.0: 10.0, 60.0: 0.0, 120.0: 5.0}}
    periods = [0.0, 60.0, 120.0]
    assert computed("100 * e / t", known, periods) == {0.0: 10.0}
    assert computed("FILL(e, 0) + t", known, periods) == {0.0: 11.0, 60.0: 4.0, 120.0: 5.0}
    assert computed("IF(t > 4, 1, 0)", known, periods) == {0.0: 1.0, 60.0: 0.0, 120.0: 1.0}
    assert computed("MAX([e, t])", known, periods) == {0.0: 10.0, 60.0: 4.0, 120.0: 5.0}
    with pytest.raises(Fault):
        computed("ANOMALY_DETECTION_BAND(e)", known, periods)


LINE = '{"level": "ERROR", "event": "job.end", "ok": false, "rows": 12, "nested": {"seconds": 2.5}}'


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", True),
        ("job.end", True),
        ('"job.end" nothing', False),
        ("?nothing ?ERROR", True),
        ("ERROR -rows", False),
        ('{ $.event = "job.end" }', True),
        ("{ $.ok IS FALSE && $.rows > 11 }", True),
        ("{ ($.rows >= 13) || ($.nested.seconds < 3) }", True),
        ("{ $.rows = 13 }", False),
        ('{ $.level != "INFO" }', True),
        ('{ $.event = "job.*" }', True),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.rows >>> 1 }", False),
    ],
)
def test_filter_patterns(pattern: str, found: bool) -> None:
    assert fits(pattern, LINE) is found


def test_filters_measure() -> None:
    change = {
        "metricNamespace": "Lake", "metricName": "Rows", "metricValue": "$.rows", "dimensions": {"Event": "$.event"},
    }  # fmt: skip
    one = {"filterPattern": '{ $.event = "job.end" }', "metricTransformations": [change]}
    assert measured([one], LINE) == [("Lake", "Rows", 12.0, [{"Name": "Event", "Value": "job.end"}])]
    assert measured([one], "no JSON") == []
    assert measured([{**one, "metricTransformations": [{**change, "defaultValue": 0.0}]}], "no JSON") == [
        ("Lake", "Rows", 0.0, [])
    ]
