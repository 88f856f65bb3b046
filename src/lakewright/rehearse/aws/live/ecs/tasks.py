"""Tasks and services while they run."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.ecs.containers import Containers, Process, program
from lakewright.rehearse.aws.live.metric_store import Metric
from lakewright.rehearse.aws.live.world import Work, World

PATIENCE = (1.0, 2.0, 3.0, 5.0)
LOOK_SECONDS = 0.3


@dataclass
class Task:
    """One task. `status`: PENDING, RUNNING, STOPPED."""

    arn: str
    cluster: str
    definition: Mapping[str, Any]
    created: datetime
    group: str
    status: str = "PENDING"
    wanted: str = "RUNNING"
    reason: str = ""
    code: int | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def stop_code(self) -> str:
        """Why it ended, in ECS's word."""
        if self.ending.is_set():
            return "ServiceSchedulerInitiated" if self.group.startswith("service:") else "UserInitiated"
        return "EssentialContainerExited" if self.started else "TaskFailedToStart"

    def shape(self) -> dict[str, Any]:
        """As DescribeTasks has it."""
        container: dict[str, Any] = {
            "name": self.definition["containerDefinitions"][0]["name"],
            "image": self.definition["containerDefinitions"][0].get("image", ""),
            "taskArn": self.arn,
            "lastStatus": self.status,
        }
        found: dict[str, Any] = {
            "taskArn": self.arn,
            "clusterArn": self.cluster,
            "taskDefinitionArn": self.definition["taskDefinitionArn"],
            "lastStatus": self.status,
            "desiredStatus": self.wanted,
            "launchType": "FARGATE",
            "group": self.group,
            "createdAt": self.created,
            "containers": [container | ({"exitCode": self.code} if self.code is not None else {})],
        }
        optional = {"startedAt": self.started, "stoppedAt": self.stopped, "stoppedReason": self.reason}
        return found | {name: value for name, value in optional.items() if value}


@dataclass
class Tasks:
    """All tasks. Each runs in a thread of its own until its process ends, or it is told to stop."""

    world: World
    work: Work
    known: dict[str, Task] = field(default_factory=dict)
    ended: Callable[[Task], object] = lambda _task: None
    """Told of each task that has stopped."""

    def make(self, moto: Moto, cluster: str, definition: Mapping[str, Any], group: str) -> Task:
        name = cluster.rpartition("/")[2]
        arn = f"arn:aws:ecs:{moto.region}:{moto.account}:task/{name}/{secrets.token_hex(16)}"
        task = Task(arn, cluster, definition, self.world.clock.now(), group)
        self.known[arn] = task
        return task

    def run(self, task: Task, moto: Moto, overrides: Sequence[Mapping[str, Any]] = ()) -> None:
        """Until it ends; in the caller's thread."""
        try:
            process = Containers(self.world).start(moto, task.definition, overrides)
        except ProblemError as problem:
            self._over(task, problem.fact, None)
            return
        task.status, task.started = "RUNNING", self.world.clock.now()
        try:
            self._watch(task, process, moto)
        finally:
            shutil.rmtree(process.folder, ignore_errors=True)

    def _watch(self, task: Task, process: Process, moto: Moto) -> None:
        while process.code() is None and not task.ending.wait(LOOK_SECONDS):
            self._tell(task, process, moto)
        if process.code() is None:
            process.stop()
        process.wait(5)
        self._tell(task, process, moto)
        reason = "Essential container in task exited" if not task.ending.is_set() else task.reason or "Task was stopped"
        self._over(task, reason, process.code())

    def _over(self, task: Task, reason: str, code: int | None) -> None:
        task.reason, task.code, task.wanted = reason, code, "STOPPED"
        task.stopped = self.world.clock.now()
        task.status = "STOPPED"
        self.ended(task)

    def _tell(self, task: Task, process: Process, moto: Moto) -> None:
        lines = process.lines()
        container = task.definition["containerDefinitions"][0]
        options = (container.get("logConfiguration") or {}).get("options") or {}
        if lines and options.get("awslogs-group"):
            stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task.id}"
            self.world.log(moto, str(options["awslogs-group"]), stream, lines)


@dataclass
class Service:
    """A service that keeps its tasks running. Only such as run Lakewright are here."""

    name: str
    cluster: str
    moto: Moto
    tasks: Tasks
    definition: Mapping[str, Any]
    desired: int
    events: list[tuple[datetime, str]] = field(default_factory=list)
    failed: int = 0
    _current: dict[int, Task] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def running(self) -> int:
        return sum(task.status == "RUNNING" for task in self._current.values())

    @property
    def alive(self) -> list[Task]:
        return [task for task in self._current.values() if task.status != "STOPPED"]

    def start(self) -> None:
        """One thread for each wanted task; each starts its task again when it ends."""
        self._stop = threading.Event()
        for number in range(self.desired):
            keep = partial(self._keep, number, self._stop)
            self._threads.append(self.tasks.work.start(f"ecs-{self.name}", keep))

    def stop(self) -> None:
        """Ends all tasks, and waits for that."""
        self._stop.set()
        for task in self.alive:
            task.ending.set()
        for thread in self._threads:
            thread.join(60)
        self._threads = []

    def _keep(self, number: int, stop: threading.Event) -> None:
        tries = 0
        while not stop.is_set():
            task = self.tasks.make(self.moto, self.cluster, self.definition, f"service:{self.name}")
            self._current[number] = task
            if stop.is_set():
                task.ending.set()
            self.tasks.run(task, self.moto)
            if stop.is_set():
                return
            self.failed += 1
            lived = (task.stopped - task.started).total_seconds() if task.started and task.stopped else 0.0
            tries = 0 if lived > 60 else tries + 1
            words = f"(service {self.name}) (task {task.id}) failed to run: {task.reason}"
            self.events.append((self.tasks.world.clock.now(), words))
            stop.wait(PATIENCE[min(tries, len(PATIENCE)) - 1] if tries else 0.1)

    def measure(self, at: float) -> None:
        """Container Insights' count of running tasks."""
        dimensions = [
            {"Name": "ClusterName", "Value": self.cluster.rpartition("/")[2]},
            {"Name": "ServiceName", "Value": self.name},
        ]
        metric = Metric.of("ECS/ContainerInsights", "RunningTaskCount", dimensions)
        self.tasks.world.metrics.put(self.moto.account, metric, float(self.running), at, "Count")


def runs_lakewright(definition: Mapping[str, Any]) -> bool:
    containers = definition.get("containerDefinitions") or ()
    return any(one.get("essential", True) and program(one, {}) is not None for one in containers)


def definition_of(moto: Moto, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = moto.call("ecs", "DescribeTaskDefinition", taskDefinition=name)["taskDefinition"]
    except Fault:
        return None
    return found
