"""CloudWatch's operations on figures and alarms; what alarms are is kept by moto, how they are is known here."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.cloudwatch.alarms import (
    ALARM,
    INSUFFICIENT,
    OK,
    State,
    composite,
    evaluated,
    period_of,
)
from lakewright.rehearse.aws.live.cloudwatch.figures import Figures, check_statistic, metric_of, stamp
from lakewright.rehearse.aws.live.cloudwatch.notices import Notices
from lakewright.rehearse.aws.live.metric_store import Metric, Sample
from lakewright.rehearse.aws.live.world import World

Body = Mapping[str, Any]
LOOK_SECONDS = 5.0
PAGE = 500
ACTIONS = {ALARM: "AlarmActions", OK: "OKActions", INSUFFICIENT: "InsufficientDataActions"}
Changed = Callable[[Moto, Mapping[str, Any], State, State], object]


class CloudWatchLive:
    """The live handler of `cloudwatch`."""

    def __init__(self, world: World, figures: Figures, notices: Notices, accounts: Sequence[Moto]) -> None:
        self._world, self._figures, self._notices = world, figures, notices
        self._accounts = accounts
        self._states: dict[tuple[str, str], State] = {}
        self._since: dict[tuple[str, str], datetime] = {}
        self._history: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._looked = float("-inf")
        self._lock = threading.RLock()
        self._listeners: list[Changed] = []

    def on_change(self, listener: Changed) -> None:
        """Is told (moto, alarm, before, now) of every change of state."""
        self._listeners.append(listener)

    def answer(self, asked: Asked, moto: Moto) -> Body | None:
        operation = OPERATIONS.get(asked.operation)
        return None if operation is None else operation(self, asked.parameters, moto)

    def kept(self) -> dict[str, Any]:
        """As `Remembering`: alarms' states and histories; figures are kept by their store."""
        with self._lock:
            states = [[*key, state.value, state.reason, self._since.get(key)] for key, state in self._states.items()]
            return {"states": states, "history": {account: list(items) for account, items in self._history.items()}}

    def recall(self, found: Mapping[str, Any]) -> None:
        with self._lock:
            for account, name, value, reason, since in found["states"]:
                self._states[account, name] = State(value, reason)
                if since is not None:
                    self._since[account, name] = since
            for account, items in found["history"].items():
                self._history[account] = list(items)

    # ── figures ──

    def put(self, body: Body, moto: Moto) -> Body:
        now = self._world.clock.seconds()
        for one in body.get("MetricData", ()):
            metric = Metric.of(str(body["Namespace"]), one["MetricName"], one.get("Dimensions") or ())
            at, unit = stamp(one.get("Timestamp"), now), str(one.get("Unit") or "None")
            for sample in _samples(one, at, unit):
                self._world.metrics.add(moto.account, metric, sample)
        return {}

    def data(self, body: Body, moto: Moto) -> Body:
        start, end = stamp(body.get("StartTime"), 0), stamp(body.get("EndTime"), 0)
        queries = list(body["MetricDataQueries"])
        known = self._figures.queried(moto.account, queries, start, end, 60)
        oldest_first = body.get("ScanBy") == "TimestampAscending"
        found = []
        for one in queries:
            if one.get("ReturnData") is False:
                continue
            series = sorted(known[one["Id"]].items(), reverse=not oldest_first)
            found.append(
                {
                    "Id": one["Id"],
                    "Label": _label(one),
                    "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in series],
                    "Values": [value for _, value in series],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": found, "Messages": []}

    def statistics(self, body: Body, moto: Moto) -> Body:
        metric, period = metric_of(body), int(body["Period"])
        start, end = stamp(body["StartTime"], 0), stamp(body["EndTime"], 0)
        wanted = [check_statistic(str(one)) for one in body.get("Statistics") or ()]
        extended = [check_statistic(str(one)) for one in body.get("ExtendedStatistics") or ()]
        points: defaultdict[float, dict[str, Any]] = defaultdict(dict)
        for name in (*wanted, *extended):
            for at, value in self._figures.series(moto.account, metric, name, start, end, period).items():
                if name in wanted:
                    points[at][name] = value
                else:
                    points[at].setdefault("ExtendedStatistics", {})[name] = value
        unit = str(body.get("Unit") or "None")
        times = [(datetime.fromtimestamp(at, UTC), one) for at, one in sorted(points.items())]
        shown = [{"Timestamp": at, "Unit": unit, **one} for at, one in times]
        return {"Label": body["MetricName"], "Datapoints": shown}

    def listed(self, body: Body, moto: Moto) -> Body:
        filters = [(one["Name"], one.get("Value")) for one in body.get("Dimensions") or ()]
        found = [
            metric.as_shape()
            for metric in self._world.metrics.metrics(moto.account)
            if body.get("Namespace") in (None, metric.namespace)
            and body.get("MetricName") in (None, metric.name)
            and all(_has(metric, name, value) for name, value in filters)
        ]
        begin = int(body.get("NextToken") or 0)
        page: dict[str, Any] = {"Metrics": found[begin : begin + PAGE]}
        return page | ({"NextToken": str(begin + PAGE)} if len(found) > begin + PAGE else {})

    # ── alarms ──

    def alarms(self, body: Body, moto: Moto) -> Body:
        self.evaluate(moto)
        wanted = body.get("StateValue")
        found = moto.call("cloudwatch", "DescribeAlarms", **{k: v for k, v in body.items() if k != "StateValue"})
        for kind in ("MetricAlarms", "CompositeAlarms"):
            shown = [self._shown(one, moto) for one in found.get(kind, ())]
            found[kind] = [one for one in shown if wanted in (None, one["StateValue"])]
        return found

    def alarms_of_metric(self, body: Body, moto: Moto) -> Body:
        self.evaluate(moto)
        metric = metric_of(body)
        every = moto.call("cloudwatch", "DescribeAlarms").get("MetricAlarms", ())
        mine = [one for one in every if one.get("MetricName") and metric_of(one) == metric]
        return {"MetricAlarms": [self._shown(one, moto) for one in mine]}

    def _shown(self, alarm: Mapping[str, Any], moto: Moto) -> dict[str, Any]:
        key = (moto.account, str(alarm["AlarmName"]))
        state = self._states.get(key, State())
        found = {**alarm, "StateValue": state.value, "StateReason": state.reason}
        since = self._since.get(key)
        return found | ({"StateUpdatedTimestamp": since, "StateTransitionedTimestamp": since} if since else {})

    def set_state(self, body: Body, moto: Moto) -> Body:
        """Holds until the next look at the figures, as with AWS."""
        name = str(body["AlarmName"])
        found = moto.call("cloudwatch", "DescribeAlarms", AlarmNames=[name])
        alarm = next(iter([*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]), None)
        if alarm is None:
            raise Fault("ResourceNotFound", f"There is no alarm {name}", 404)
        with self._lock:
            self._looked = self._world.clock.seconds()
            self._change(moto, alarm, State(str(body["StateValue"]), str(body["StateReason"])))
        return {}

    def history(self, body: Body, moto: Moto) -> Body:
        name, kind = body.get("AlarmName"), body.get("HistoryItemType")
        items = [
            one
            for one in self._history[moto.account]
            if name in (None, one["AlarmName"]) and kind in (None, one["HistoryItemType"])
        ]
        newest = body.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        items = items[::-1] if newest else items
        return {"AlarmHistoryItems": items[: int(body.get("MaxRecords") or 100)]}

    def look(self, now: datetime) -> None:
        """From time to time all alarms of all accounts; at once when the clock was moved."""
        if abs(now.timestamp() - self._looked) < LOOK_SECONDS:
            return
        self._looked = now.timestamp()
        for moto in self._accounts:
            self.evaluate(moto)

    def evaluate(self, moto: Moto) -> None:
        found = moto.call("cloudwatch", "DescribeAlarms")
        now = self._world.clock.seconds()
        with self._lock:
            for alarm in found.get("MetricAlarms", ()):
                before = self._states.get((moto.account, str(alarm["AlarmName"])), State())
                self._change(moto, alarm, evaluated(alarm, self._series(moto, alarm, now), now, before))
            states = {name: state.value for (account, name), state in self._states.items() if account == moto.account}
            for alarm in found.get("CompositeAlarms", ()):
                holds = composite(str(alarm.get("AlarmRule") or ""), states)
                if holds is None:
                    continue
                rule = f"{alarm['AlarmRule']} is {'true' if holds else 'false'}"
                self._change(moto, alarm, State(ALARM if holds else OK, rule))

    def _series(self, moto: Moto, alarm: Mapping[str, Any], now: float) -> Mapping[float, float]:
        period = period_of(alarm)
        start = now - period * (int(alarm["EvaluationPeriods"]) + 2)
        if alarm.get("Metrics"):
            queries = alarm["Metrics"]
            known = self._figures.queried(moto.account, queries, start, now + 1, period)
            shown = next((one for one in queries if one.get("ReturnData", True)), queries[0])
            return known[shown["Id"]]
        statistic = str(alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "Average")
        return self._figures.series(moto.account, metric_of(alarm), statistic, start, now + 1, period)

    def _change(self, moto: Moto, alarm: Mapping[str, Any], state: State) -> None:
        key = (moto.account, str(alarm["AlarmName"]))
        before = self._states.get(key, State())
        if state.value == before.value:
            return
        now = self._world.clock.now()
        self._states[key], self._since[key] = state, now
        self._note(moto, alarm, "StateUpdate", f"Alarm updated from {before.value} to {state.value}", now)
        for listener in self._listeners:
            listener(moto, alarm, before, state)
        if alarm.get("ActionsEnabled", True):
            for action in alarm.get(ACTIONS[state.value]) or ():
                self._act(moto, alarm, str(action), before, state, now)

    def _act(
        self, moto: Moto, alarm: Mapping[str, Any], action: str, before: State, state: State, now: datetime
    ) -> None:
        name = str(alarm["AlarmName"])
        if not action.startswith("arn:aws:sns:"):
            self._note(moto, alarm, "Action", f"{action} is not played by this local CloudWatch", now)
            return
        message = {
            "AlarmName": name,
            "AlarmDescription": alarm.get("AlarmDescription"),
            "AWSAccountId": moto.account,
            "NewStateValue": state.value,
            "NewStateReason": state.reason,
            "StateChangeTime": now.isoformat(),
            "OldStateValue": before.value,
            "AlarmArn": alarm.get("AlarmArn"),
        }
        subject = f'{state.value}: "{name}" in {moto.region}'
        try:
            self._notices.publish(moto.within(action.split(":")[4]), action, subject, json.dumps(message))
        except Fault as fault:
            self._note(moto, alarm, "Action", f"Failed to execute action {action}: {fault.message}", now)
            return
        self._note(moto, alarm, "Action", f"Successfully executed action {action}", now)

    def _note(self, moto: Moto, alarm: Mapping[str, Any], kind: str, text: str, now: datetime) -> None:
        self._history[moto.account].append(
            {
                "AlarmName": alarm["AlarmName"],
                "AlarmType": "CompositeAlarm" if alarm.get("AlarmRule") else "MetricAlarm",
                "Timestamp": now,
                "HistoryItemType": kind,
                "HistorySummary": text,
            }
        )


def _samples(one: Mapping[str, Any], at: float, unit: str) -> list[Sample]:
    if one.get("StatisticValues"):
        all_of = one["StatisticValues"]
        count, total = float(all_of["SampleCount"]), float(all_of["Sum"])
        return [Sample(at, count, total, float(all_of["Minimum"]), float(all_of["Maximum"]), unit)]
    if one.get("Values"):
        counts = one.get("Counts") or [1.0] * len(one["Values"])
        pairs = [(float(value), float(count)) for value, count in zip(one["Values"], counts, strict=True)]
        return [Sample(at, count, value * count, value, value, unit) for value, count in pairs]
    value = float(one.get("Value", 0.0))
    return [Sample(at, 1, value, value, value, unit)]


def _label(query: Mapping[str, Any]) -> str:
    named = query.get("MetricStat", {}).get("Metric", {}).get("MetricName", query["Id"])
    return str(query.get("Label") or named)


def _has(metric: Metric, name: str, value: str | None) -> bool:
    return any(one == name and value in (None, other) for one, other in metric.dimensions)


Operation = Callable[[CloudWatchLive, Body, Moto], Body | None]
OPERATIONS: Mapping[str, Operation] = {
    "PutMetricData": CloudWatchLive.put,
    "GetMetricData": CloudWatchLive.data,
    "GetMetricStatistics": CloudWatchLive.statistics,
    "ListMetrics": CloudWatchLive.listed,
    "DescribeAlarms": CloudWatchLive.alarms,
    "DescribeAlarmsForMetric": CloudWatchLive.alarms_of_metric,
    "DescribeAlarmHistory": CloudWatchLive.history,
    "SetAlarmState": CloudWatchLive.set_state,
}
