"""CloudWatch as far as Athena's query metrics go: GetMetricData, GetMetricStatistics, ListMetrics of AWS/Athena."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lakewright.query.athena.caller import Caller
from lakewright.query.athena.metrics import NAMESPACE, STATISTICS, Series
from lakewright.rehearse.aws import cbor
from lakewright.rehearse.aws.cbor import Malformed, Time, decoded
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.sigv4 import Request

Body = Mapping[str, Any]
SERVICE = "monitoring"
PREFIX = "GraniteServiceVersion20100801"
TWO_WEEKS = 14 * 86_400.0
MOST_POINTS = 1440
MOST_QUERIES = 500
CBOR, JSON = "application/cbor", "application/x-amz-json-1.0"


class Metrics(Protocol):
    """Where the figures come from; each caller gets what that caller may see."""

    def datapoints(self, series: Series, caller: Caller) -> list[dict[str, Any]]: ...

    def metrics(self, start: float, end: float, caller: Caller) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class CloudWatch:
    """Speaks AWS's RPC protocol with CBOR, as boto3 does, and the JSON protocol."""

    source: Metrics
    clock: Callable[[], float]

    def answer(self, request: Request, body: bytes, caller: Caller) -> Answer:
        """Errors are answers too: they come in the protocol that was asked in."""
        is_cbor = request.headers.get("smithy-protocol") == "rpc-v2-cbor"
        try:
            found = self.call(_operation(request, is_cbor=is_cbor), _read(body, is_cbor=is_cbor), caller)
            return _answer(found, 200, is_cbor=is_cbor)
        except Fault as fault:
            error = {"__type": f"com.amazonaws.cloudwatch#{fault.code}", "message": fault.message}
            return _answer(error, fault.status, is_cbor=is_cbor)

    def call(self, operation: str, body: Body, caller: Caller) -> dict[str, Any]:
        """One operation. Raises Fault."""
        match operation:
            case "GetMetricData":
                return self._data(body, caller)
            case "GetMetricStatistics":
                return self._statistics(body, caller)
            case "ListMetrics":
                return self._list(body, caller)
        raise Fault("UnknownOperationException", f"CloudWatch has no operation {operation} here")

    def _data(self, body: Body, caller: Caller) -> dict[str, Any]:
        queries = _needed(body, "MetricDataQueries", list)
        if len(queries) > MOST_QUERIES:
            raise _invalid(f"At most {MOST_QUERIES} metrics in a request")
        newest_first = body.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        found = []
        for one in queries:
            if "Expression" in one:
                raise _invalid("Metric math is not supported by this local CloudWatch")
            stat = _needed(one, "MetricStat", dict)
            statistic = _statistic(_needed(stat, "Stat", str))
            metric = _needed(stat, "Metric", dict)
            points = self._points(metric, body, _needed(stat, "Period", int), stat.get("Unit"), caller)
            points = points[::-1] if newest_first else points
            if one.get("ReturnData", True):
                found.append(
                    {
                        "Id": _needed(one, "Id", str),
                        "Label": one.get("Label", metric["MetricName"]),
                        "Timestamps": [Time(point["Timestamp"]) for point in points],
                        "Values": [float(point[statistic]) for point in points],
                        "StatusCode": "Complete",
                    }
                )
        return {"MetricDataResults": found, "Messages": []}

    def _statistics(self, body: Body, caller: Caller) -> dict[str, Any]:
        wanted = [_statistic(one) for one in _needed(body, "Statistics", list)]
        points = self._points(body, body, _needed(body, "Period", int), body.get("Unit"), caller)
        if len(points) > MOST_POINTS:
            raise _invalid(f"More than {MOST_POINTS} data points; use a longer period")
        shown = [
            {"Timestamp": Time(point["Timestamp"]), "Unit": point["Unit"]}
            | {statistic: float(point[statistic]) for statistic in wanted}
            for point in points
        ]
        return {"Label": body["MetricName"], "Datapoints": shown}

    def _list(self, body: Body, caller: Caller) -> dict[str, Any]:
        now = self.clock()
        filters = [(one["Name"], one.get("Value")) for one in body.get("Dimensions", ())]
        found = [
            metric
            for metric in self.source.metrics(now - TWO_WEEKS, now, caller)
            if body.get("Namespace") in (None, NAMESPACE) and body.get("MetricName") in (None, metric["MetricName"])
            and all(_fits(metric, name, value) for name, value in filters)
        ]  # fmt: skip
        begin = int(body["NextToken"]) if str(body.get("NextToken", "")).isdecimal() else 0
        answer: dict[str, Any] = {"Metrics": found[begin : begin + MOST_QUERIES]}
        return answer | ({"NextToken": str(begin + MOST_QUERIES)} if len(found) > begin + MOST_QUERIES else {})

    def _points(self, metric: Body, times: Body, period: int, unit: str | None, caller: Caller) -> list[dict[str, Any]]:
        if period < 1 or (period % 60 and period not in (1, 5, 10, 20, 30)):
            raise _invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60")
        start, end = float(_needed(times, "StartTime", int, float)), float(_needed(times, "EndTime", int, float))
        if start >= end:
            raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
        name = _needed(metric, "MetricName", str)
        if _needed(metric, "Namespace", str) != NAMESPACE:
            return []
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
        series = Series(name, dimensions, start // period * period, end, period)
        return [point for point in self.source.datapoints(series, caller) if unit in (None, point["Unit"])]


def _operation(request: Request, *, is_cbor: bool) -> str:
    if is_cbor:
        return request.path.rpartition("/")[2]
    prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
    if prefix != PREFIX:
        raise Fault("UnknownOperationException", "CloudWatch speaks CBOR and JSON here, not the query protocol")
    return operation


def _fits(metric: Body, name: str, value: str | None) -> bool:
    return any(one["Name"] == name and value in (None, one["Value"]) for one in metric["Dimensions"])


def _needed(body: Body, name: str, *kinds: type) -> Any:
    value = body.get(name)
    if type(value) not in kinds:
        code = "MissingParameter" if value is None else "InvalidParameterValue"
        raise Fault(code, f"The parameter {name} is required.")
    return value


def _statistic(name: str) -> str:
    if name not in STATISTICS:
        raise _invalid(f"The statistic {name} is not supported here: {', '.join(STATISTICS)}")
    return name


def _invalid(message: str) -> Fault:
    return Fault("InvalidParameterValue", message)


def _read(body: bytes, *, is_cbor: bool) -> Body:
    try:
        value = decoded(body) if is_cbor else json.loads(body or b"{}")
    except (Malformed, ValueError, RecursionError):
        raise Fault("SerializationException", "The request body cannot be read") from None
    if type(value) is not dict:
        raise Fault("SerializationException", "The request body must be an object")
    return value


def _answer(value: Body, status: int, *, is_cbor: bool) -> Answer:
    if is_cbor:
        return Answer(status, {"content-type": CBOR, "smithy-protocol": "rpc-v2-cbor"}, cbor.encoded(value))
    return Answer(status, {"content-type": JSON}, json.dumps(_plain(value)).encode())


def _plain(value: Any) -> Any:
    match value:
        case Time(seconds=seconds):
            return seconds
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case _:
            return value
