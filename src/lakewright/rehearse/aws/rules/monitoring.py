"""CloudWatch metrics and alarms, logs, trails, budgets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lakewright.policy.context import Context
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request
from lakewright.policy.truth import Truth
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.iam import read
from lakewright.rehearse.aws.rules.rule import Rule, items, number, structure, text

_RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
_MISSING = frozenset({"breaching", "notBreaching", "ignore", "missing"})
_EXTENDED = re.compile(r"p(\d{1,2}(\.\d{1,2})?|100)|(tm|wm|tc|ts|pr|iqm)\(?[\d.:%]*\)?|(tm|wm|tc|ts)\d+(\.\d+)?|IQM")


def _metric(asked: Asked, _: Moto) -> Iterator[str]:
    name, queries = text(asked, "MetricName"), items(asked.parameters.get("Metrics"))
    if bool(name) is bool(queries):
        yield "Exactly one of MetricName and Metrics must be set"
    if name and not text(asked, "Namespace"):
        yield "The parameter Namespace is required."
    if name and bool(text(asked, "Statistic")) is bool(text(asked, "ExtendedStatistic")):
        yield "Exactly one element of Statistic and ExtendedStatistic must be set"
    written = text(asked, "ExtendedStatistic")
    if written and not _EXTENDED.fullmatch(written):
        yield f"The value {written} for parameter ExtendedStatistic is not supported."
    if queries and (text(asked, "Statistic") or number(asked, "Period") is not None):
        yield "Statistic and Period must not be set together with Metrics"


def _period(asked: Asked, _: Moto) -> Iterator[str]:
    period, times = number(asked, "Period"), number(asked, "EvaluationPeriods")
    if period is not None and period not in (10, 20, 30) and (period < 60 or period % 60):
        yield f"Period must be 10, 20, 30 or a multiple of 60: {int(period)}"
    elif period is not None and times is not None and period * times > (86_400 if period < 3600 else 7 * 86_400):
        yield "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."


def _points(asked: Asked, _: Moto) -> Iterator[str]:
    wanted, times = number(asked, "DatapointsToAlarm"), number(asked, "EvaluationPeriods")
    if wanted is not None and times is not None and wanted > times:
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods"


def _threshold(asked: Asked, _: Moto) -> Iterator[str]:
    by_band = text(asked, "ThresholdMetricId")
    if not by_band and number(asked, "Threshold") is None and asked.operation == "PutMetricAlarm":
        yield "The parameter Threshold is required."
    if by_band and number(asked, "Threshold") is not None:
        yield "Threshold and ThresholdMetricId must not be both set"
    band_comparison = text(asked, "ComparisonOperator") in {
        "LessThanLowerOrGreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "GreaterThanUpperThreshold",
    }
    if band_comparison and not by_band:
        yield "ThresholdMetricId is required for comparison with an anomaly band"


def _treatment(asked: Asked, _: Moto) -> Iterator[str]:
    value = text(asked, "TreatMissingData")
    if value and value not in _MISSING:
        yield f"The value {value} for parameter TreatMissingData is not supported."


def _actions(asked: Asked, _: Moto) -> Iterator[str]:
    for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        for one in items(asked.parameters.get(name)):
            if not re.fullmatch(r"arn:[\w-]+:[a-z0-9-]+:[\w-]*:[\w]*:.+", str(one)):
                yield f"Invalid arn syntax: {one}"


def _queries(asked: Asked, _: Moto) -> Iterator[str]:
    queries = [structure(one) for one in items(asked.parameters.get("Metrics"))]
    ids = [str(one.get("Id")) for one in queries]
    if len(set(ids)) < len(ids):
        yield "The values for parameter Id in MetricDataQueries are not unique."
    for one in queries:
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", str(one.get("Id"))):
            yield f"The value {one.get('Id')} for parameter Id must start with a lowercase letter."
        if bool(one.get("MetricStat")) is bool(one.get("Expression")):
            yield "Exactly one of MetricStat and Expression must be set in a metric query"
    shown = [one for one in queries if one.get("ReturnData", True)]
    if queries and len(shown) != 1 and not text(asked, "ThresholdMetricId"):
        yield (
            "Exactly two elements of the metrics list should return data."
            if not shown
            else ("Exactly one element of the metrics list should return data.")
        )


def _rule(asked: Asked, _: Moto) -> Iterator[str]:
    written = text(asked, "AlarmRule")
    calls = re.sub(r"(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(\"[^\"]+\"|'[^']+'|[^()\s\"']+)\s*\)", "X", written)
    plain = re.sub(r"\b(TRUE|FALSE)\b", "X", calls)
    while (shorter := re.sub(r"\(\s*X\s*\)|NOT\s+X|X\s+(AND|OR)\s+X", "X", plain)) != plain:
        plain = shorter
    if plain.strip() != "X":
        yield "AlarmRule must be a boolean expression of ALARM(...), OK(...), INSUFFICIENT_DATA(...)"


def _dashboard(asked: Asked, _: Moto) -> Iterator[str]:
    try:
        found: Any = json.loads(text(asked, "DashboardBody"))
    except ValueError:
        yield "The field DashboardBody must be a valid JSON object"
        return
    widgets = structure(found).get("widgets")
    if widgets is None or not all(structure(one).get("type") for one in items(widgets)):
        yield "The dashboard body is invalid: widgets with a type each are needed"
    for one in items(widgets):
        width, left = structure(one).get("width", 6), structure(one).get("x", 0)
        if not 1 <= width <= 24 or not 0 <= left <= 23:
            yield "The dashboard body is invalid: a widget is 1 to 24 wide, and its x is 0 to 23"


def _namespace(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "Namespace").startswith("AWS/"):
        yield "The value AWS/ for parameter Namespace is invalid."


def _retention(asked: Asked, _: Moto) -> Iterator[str]:
    days = number(asked, "retentionInDays")
    if days not in _RETENTIONS:
        yield (
            f"Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set:"
            f" {sorted(_RETENTIONS)}"
        )


def _log_group(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "logGroupName").lower().startswith("aws/"):
        yield "Log groups starting with AWS/ are reserved for AWS."


def _log_metric(asked: Asked, _: Moto) -> Iterator[str]:
    for one in items(asked.parameters.get("metricTransformations")):
        if str(structure(one).get("metricNamespace", "")).startswith("AWS/"):
            yield "metricNamespace must not begin with AWS/"
        if structure(one).get("dimensions") and structure(one).get("defaultValue") is not None:
            yield "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
    pattern = text(asked, "filterPattern")
    if pattern.startswith("{") is not pattern.endswith("}"):
        yield "Invalid metric filter pattern"


def _trail_name(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "Name")
    if not re.fullmatch(r"(?!.*[._-]{2})[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]", name) or re.fullmatch(
        r"[\d.]+", name
    ):
        yield f"Trail name '{name}' is not valid: 3 to 128 letters, digits, periods, underscores, dashes"


def _trail_bucket(asked: Asked, moto: Moto) -> Iterator[str]:
    bucket = text(asked, "S3BucketName")
    if bucket and not _has_bucket(bucket, moto):
        yield f"S3 bucket {bucket} does not exist!"


def _has_bucket(bucket: str, moto: Moto) -> bool:
    try:
        moto.call("s3", "HeadBucket", Bucket=bucket)
    except Fault:
        return False
    return True


def _trail_policy(asked: Asked, moto: Moto) -> Iterator[str]:
    bucket, prefix = text(asked, "S3BucketName"), text(asked, "S3KeyPrefix")
    if not bucket:
        return
    try:
        document = str(moto.call("s3", "GetBucketPolicy", Bucket=bucket).get("Policy") or "")
    except Fault:
        document = ""
    start = f"{prefix}/" if prefix else ""
    key = f"arn:aws:s3:::{bucket}/{start}AWSLogs/{asked.account}/CloudTrail/{asked.region}/x"
    for action, resource in (("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}"), ("s3:PutObject", key)):
        if not _trail_may(asked, document, action, resource):
            yield f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
            return


def _trail_may(asked: Asked, document: str, action: str, resource: str) -> bool:
    arn = f"arn:aws:cloudtrail:{asked.region}:{asked.account}:trail/{text(asked, 'Name')}"
    given = {
        "aws:SourceArn": arn,
        "aws:SourceAccount": asked.account,
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:SecureTransport": "true",
        "aws:PrincipalIsAWSService": "true",
    }
    request = Request(Caller.service("cloudtrail.amazonaws.com"), action, resource, Context.of(given, complete=True))
    match read(document, Layer.RESOURCE) if document else "":
        case Policy(statements=statements):
            allowed = any(one.allow and one.applies(request) is Truth.YES for one in statements)
            return allowed and not any(not one.allow and one.applies(request) is Truth.YES for one in statements)
        case _:
            return False


def _trail_logs(asked: Asked, _: Moto) -> Iterator[str]:
    group, role = text(asked, "CloudWatchLogsLogGroupArn"), text(asked, "CloudWatchLogsRoleArn")
    if bool(group) is not bool(role):
        yield "You must specify both CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn."
    elif group and not group.endswith(":*"):
        yield "CloudTrail cannot validate the specified log group ARN: it must end in :*"


def _trail_events(asked: Asked, _: Moto) -> Iterator[str]:
    basic, advanced = asked.parameters.get("EventSelectors"), asked.parameters.get("AdvancedEventSelectors")
    if bool(basic) is bool(advanced):
        yield "Either EventSelectors or AdvancedEventSelectors must be set"
    if len(items(basic)) > 5:
        yield "There are 5 event selectors at most"
    for one in items(basic):
        for resource in items(structure(one).get("DataResources")):
            for value in items(structure(resource).get("Values")):
                if not str(value).startswith("arn:"):
                    yield f"Value {value} for DataResources.Values is invalid"


def _budget(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("Budget") or asked.parameters.get("NewBudget"))
    limit = structure(wanted.get("BudgetLimit"))
    amount = str(limit.get("Amount") or "")
    if (limit and not re.fullmatch(r"\d+(\.\d+)?", amount)) or amount in {"0", "0.0"}:
        yield f"Budget limit must be a positive number: {amount}"
    name = str(wanted.get("BudgetName") or "")
    if not name.strip() or ":" in name or "\\" in name:
        yield "The budget name must not be blank and not contain the ':' and '\\' characters."
    if wanted.get("BudgetType") == "COST" and limit and limit.get("Unit") != "USD":
        yield f"Unit {limit.get('Unit')} is not valid for a cost budget"


def _notices(asked: Asked, _: Moto) -> Iterator[str]:
    notices = items(asked.parameters.get("NotificationsWithSubscribers"))
    if len(notices) > 10:
        yield "A budget has 10 notifications at most"
    for one in notices:
        subscribers = [structure(each) for each in items(structure(one).get("Subscribers"))]
        kinds = [each.get("SubscriptionType") for each in subscribers]
        if kinds.count("EMAIL") > 10 or kinds.count("SNS") > 1:
            yield "A notification has 10 e-mail subscribers and one topic at most"
        threshold = structure(structure(one).get("Notification")).get("Threshold", 0)
        if threshold <= 0:
            yield "Threshold must be greater than zero"
        for each in subscribers:
            address = str(each.get("Address", ""))
            if each.get("SubscriptionType") == "EMAIL" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
                yield f"Invalid e-mail address: {address}"
            if each.get("SubscriptionType") == "SNS" and not re.fullmatch(
                r"arn:aws[\w-]*:sns:[\w-]+:\d{12}:.+", address
            ):
                yield f"Invalid SNS topic ARN: {address}"


_ALARM = ("PutMetricAlarm",)
_ALARMS = ("PutMetricAlarm", "PutCompositeAlarm")
_ALARM_PAGE = "PutMetricAlarm (Amazon CloudWatch API Reference)"
_TRAILS = ("CreateTrail", "UpdateTrail")

CLOUDWATCH = (
    Rule("one metric, or queries", _ALARM_PAGE, _ALARM, _metric, "ValidationError"),
    Rule("periods, a day at most", _ALARM_PAGE, _ALARM, _period, "ValidationError"),
    Rule("datapoints among the periods", _ALARM_PAGE, _ALARM, _points, "ValidationError"),
    Rule("a threshold", _ALARM_PAGE, _ALARM, _threshold, "ValidationError"),
    Rule("what missing data means", _ALARM_PAGE, _ALARM, _treatment, "ValidationError"),
    Rule("actions are ARNs", _ALARM_PAGE, _ALARMS, _actions, "ValidationError"),
    Rule(
        "queries of metrics", "MetricDataQuery (Amazon CloudWatch API Reference)", _ALARM, _queries, "ValidationError"
    ),
    Rule(
        "a composite alarm's rule",
        "PutCompositeAlarm (Amazon CloudWatch API Reference)",
        ("PutCompositeAlarm",),
        _rule,
        "ValidationError",
    ),
    Rule(
        "a dashboard's body",
        "Dashboard body structure and syntax",
        ("PutDashboard",),
        _dashboard,
        "InvalidParameterInput",
    ),
    Rule(
        "AWS's namespaces",
        "PutMetricData (Amazon CloudWatch API Reference)",
        ("PutMetricData",),
        _namespace,
        "InvalidParameterValue",
    ),
)
LOGS = (
    Rule(
        "days that logs are kept",
        "PutRetentionPolicy (Amazon CloudWatch Logs API Reference)",
        ("PutRetentionPolicy",),
        _retention,
        "InvalidParameterException",
    ),
    Rule(
        "AWS's log groups",
        "CreateLogGroup (Amazon CloudWatch Logs API Reference)",
        ("CreateLogGroup",),
        _log_group,
        "InvalidParameterException",
    ),
    Rule(
        "metrics of logs",
        "MetricTransformation (Amazon CloudWatch Logs API Reference)",
        ("PutMetricFilter",),
        _log_metric,
        "InvalidParameterException",
    ),
)
CLOUDTRAIL = (
    Rule(
        "a trail's name",
        "Naming requirements for CloudTrail resources, Amazon S3 buckets, and KMS keys",
        ("CreateTrail",),
        _trail_name,
        "InvalidTrailNameException",
    ),
    Rule(
        "a trail's bucket",
        "CreateTrail (AWS CloudTrail API Reference)",
        _TRAILS,
        _trail_bucket,
        "S3BucketDoesNotExistException",
    ),
    Rule(
        "CloudTrail may write into it",
        "Amazon S3 bucket policy for CloudTrail",
        _TRAILS,
        _trail_policy,
        "InsufficientS3BucketPolicyException",
    ),
    Rule(
        "a log group with its role",
        "CreateTrail (AWS CloudTrail API Reference)",
        _TRAILS,
        _trail_logs,
        "InvalidCloudWatchLogsLogGroupArnException",
    ),
    Rule(
        "selectors of events",
        "PutEventSelectors (AWS CloudTrail API Reference)",
        ("PutEventSelectors",),
        _trail_events,
        "InvalidEventSelectorsException",
    ),
)
BUDGETS = (
    Rule(
        "a budget's limit and name",
        "Budget (AWS Billing and Cost Management API Reference)",
        ("CreateBudget", "UpdateBudget"),
        _budget,
        "InvalidParameterException",
    ),
    Rule(
        "notifications and who gets them",
        "CreateBudget (AWS Billing and Cost Management API Reference)",
        ("CreateBudget",),
        _notices,
        "InvalidParameterException",
    ),
)
