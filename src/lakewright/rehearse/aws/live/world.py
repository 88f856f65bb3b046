"""What live services have in common: the local AWS they belong to, time, the source's stand-ins, logs, metrics."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakewright.observe import Observer
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Gate, Moto, Session
from lakewright.rehearse.aws.live.clock import Clock
from lakewright.rehearse.aws.live.cloudwatch.log_filters import measured
from lakewright.rehearse.aws.live.metric_store import Metric, MetricStore
from lakewright.rehearse.aws.live.standins import StandIns
from lakewright.rehearse.aws.local import LocalAws
from lakewright.storage import Storage, open_storage

MOST_EVENT = 250_000


@dataclass(frozen=True)
class World:
    """`folder` keeps what live services must not forget. Threads of theirs end before the world does."""

    aws: LocalAws
    folder: Path
    clock: Clock
    standins: StandIns
    metrics: MetricStore
    observe: Observer
    gates: tuple[Gate, ...] = ()

    def may(self, role: str, service: str, operation: str, **parameters: Any) -> Fault | None:
        """Why a role may not do something; None when no gate objects. For what is not asked through the endpoint."""
        account = role.split(":")[4]
        return self.refused(Asked(service, operation, parameters, account, self.aws.region, role, Session("service")))

    def refused(self, asked: Asked) -> Fault | None:
        """Why a request would not pass; None when no gate objects."""
        try:
            for gate in self.gates:
                gate(asked)
        except Fault as fault:
            return fault
        return None

    def bucket(self, name: str) -> Storage:
        """A bucket's objects as files. Raises ObjectError NoSuchBucket."""
        return open_storage(str(self.aws.store.folder(name)))

    def log(self, moto: Moto, group: str, stream: str, lines: list[str], *, make: bool = False) -> None:
        """Lines into a log stream that is made when it is not there; a group that is not there gets nothing, unless it
        is one that AWS makes itself (`make`)."""
        if make:
            with contextlib.suppress(Fault):
                moto.call("logs", "CreateLogGroup", logGroupName=group)
        with contextlib.suppress(Fault):
            moto.call("logs", "CreateLogStream", logGroupName=group, logStreamName=stream)
        now = int(self.clock.seconds() * 1000)
        events = [{"timestamp": now, "message": line[:MOST_EVENT]} for line in lines if line]
        if not events:
            return
        try:
            moto.call("logs", "PutLogEvents", logGroupName=group, logStreamName=stream, logEvents=events)
        except Fault:
            return
        self.measure(moto, group, lines)

    def logs(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        """The live handler of `logs`: what clients put meets the metric filters too."""
        if asked.operation != "PutLogEvents":
            return None
        found = moto.call("logs", "PutLogEvents", **asked.parameters)
        lines = [str(one["message"]) for one in asked.parameters.get("logEvents", ())]
        self.measure(moto, str(asked.parameters["logGroupName"]), lines)
        return found

    def measure(self, moto: Moto, group: str, lines: Sequence[str]) -> None:
        """What a log group's metric filters make of lines."""
        try:
            filters = moto.call("logs", "DescribeMetricFilters", logGroupName=group).get("metricFilters", ())
        except Fault:
            return
        now = self.clock.seconds()
        for line in lines:
            for namespace, name, value, dimensions in measured(filters, line):
                self.metrics.put(moto.account, Metric.of(namespace, name, dimensions), value, now)


class Work:
    """Threads that live services started. `close` waits for them."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self, name: str, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        with self._lock:
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
        thread.start()
        return thread

    def close(self, seconds: float = 30.0) -> None:
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(seconds)
