"""EventBridge's rules and Scheduler's schedules, as deployed; what is due by the rehearsal's clock fires."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakewright.errors import ProblemError
from lakewright.observe import Event
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.cron import parse_schedule
from lakewright.rehearse.aws.live.events.patterns import fits
from lakewright.rehearse.aws.live.events.targets import Targets
from lakewright.rehearse.aws.live.world import World

MOST_FIRED = 1000
DEFAULT_BUS = "default"


@dataclass(frozen=True)
class Fired:
    """A target that was started, or could not be (`error`)."""

    at: datetime
    rule: str
    target: str
    error: str = ""


class EventBus:
    """`emit` what happened; `look` fires what is due. The live handler of `events` takes PutEvents."""

    def __init__(self, world: World, targets: Targets, accounts: Sequence[Moto]) -> None:
        self._world, self._targets, self._accounts = world, targets, accounts
        self._looked = world.clock.now()
        self._lock = threading.Lock()
        self.fired: deque[Fired] = deque(maxlen=MOST_FIRED)

    def answer(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        if asked.operation != "PutEvents":
            return None
        entries = []
        for one in asked.parameters.get("Entries", ()):
            try:
                detail = json.loads(one.get("Detail") or "{}")
            except ValueError:
                entries.append({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
                continue
            bus = str(one.get("EventBusName") or DEFAULT_BUS).rpartition("/")[2]
            entries.append({"EventId": self.emit(moto, str(one["Source"]), str(one["DetailType"]), detail, bus)})
        return {"FailedEntryCount": sum("ErrorCode" in one for one in entries), "Entries": entries}

    def emit(self, moto: Moto, source: str, kind: str, detail: Mapping[str, Any], bus: str = DEFAULT_BUS) -> str:
        """Meets the rules of the account; gives the event's id."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": source,
            "account": moto.account,
            "time": f"{self._world.clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "region": moto.region,
            "resources": [],
            "detail": dict(detail),
        }
        for rule in self._rules(moto, bus):
            pattern = rule.get("EventPattern")
            if rule.get("State") == "ENABLED" and pattern and fits(json.loads(pattern), event):
                self._fire(moto, rule, event)
        return str(event["id"])

    def skip(self) -> None:
        """What was due until now is not made up for."""
        with self._lock:
            self._looked = self._world.clock.now()

    def look(self, now: datetime) -> None:
        """Schedules are to the minute."""
        with self._lock:
            since = self._looked
            if now <= since or now.replace(second=0, microsecond=0) == since.replace(second=0, microsecond=0):
                return
            self._looked = now
        for moto in self._accounts:
            for rule in self._rules(moto, DEFAULT_BUS):
                expression = rule.get("ScheduleExpression")
                if rule.get("State") == "ENABLED" and expression and _due(str(expression), since, now):
                    self._fire(moto, rule, self._scheduled(moto, rule))
            self._schedules(moto, since, now)

    def _scheduled(self, moto: Moto, rule: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": moto.account,
            "time": f"{self._world.clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "region": moto.region,
            "resources": [rule["Arn"]],
            "detail": {},
        }

    def _schedules(self, moto: Moto, since: datetime, now: datetime) -> None:
        """EventBridge Scheduler's."""
        for listed in moto.call("scheduler", "ListSchedules").get("Schedules", ()):
            where = {"Name": listed["Name"], "GroupName": listed.get("GroupName") or "default"}
            one = moto.call("scheduler", "GetSchedule", **where)
            zone = str(one.get("ScheduleExpressionTimezone") or "UTC")
            if one.get("State", "ENABLED") == "ENABLED" and _due(str(one["ScheduleExpression"]), since, now, zone):
                self._start(moto, str(one["Name"]), {"Input": "{}", **one["Target"]}, {})

    def _rules(self, moto: Moto, bus: str) -> list[Mapping[str, Any]]:
        try:
            found: list[Mapping[str, Any]] = moto.call("events", "ListRules", EventBusName=bus).get("Rules", [])
        except Fault:  # no such bus
            return []
        return found

    def _fire(self, moto: Moto, rule: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        where = {"Rule": rule["Name"], "EventBusName": rule.get("EventBusName") or DEFAULT_BUS}
        for target in moto.call("events", "ListTargetsByRule", **where).get("Targets", ()):
            self._start(moto, str(rule["Name"]), target, event)

    def _start(self, moto: Moto, rule: str, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        error = ""
        try:
            self._targets.start(moto, target, event)
        except ProblemError as problem:
            error = problem.fact
            facts = {"rule": rule, "target": target["Arn"], "error": error}
            self._world.observe(Event("events.failed", facts, "warning"))
        self.fired.append(Fired(self._world.clock.now(), rule, str(target["Arn"]), error))


def _due(expression: str, since: datetime, now: datetime, zone: str = "UTC") -> bool:
    epoch = datetime.fromtimestamp(0, UTC)
    following = parse_schedule(expression, epoch, zone).next(since)
    return following is not None and following <= now
