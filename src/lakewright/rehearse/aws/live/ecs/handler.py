"""ECS's operations on services and tasks that run Lakewright; everything else is moto's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.ecs.tasks import Service, Task, Tasks, definition_of, runs_lakewright
from lakewright.rehearse.aws.live.world import Work, World

Body = Mapping[str, Any]
MEASURE_SECONDS = 15.0
EVENTS = 20


class Ecs:
    """The live handler of `ecs`."""

    def __init__(self, world: World, work: Work, accounts: Sequence[Moto]) -> None:
        self._work = work
        self._accounts = accounts
        self._tasks = Tasks(world, work)
        self._services: dict[tuple[str, str, str], Service] = {}
        self._lock = threading.Lock()
        self._measured = float("-inf")

    def on_end(self, told: Callable[[Task], object]) -> None:
        """Called with each task that has stopped."""
        self._tasks.ended = told

    def answer(self, asked: Asked, moto: Moto) -> Body | None:
        operation = OPERATIONS.get(asked.operation)
        return None if operation is None else operation(self, asked.parameters, moto)

    def look(self, now: datetime) -> None:
        if abs(now.timestamp() - self._measured) < MEASURE_SECONDS:
            return
        self._measured = now.timestamp()
        for service in list(self._services.values()):
            service.measure(now.timestamp())

    def resume(self) -> None:
        """Starts services that an earlier run left deployed."""
        for moto in self._accounts:
            for cluster in moto.call("ecs", "ListClusters").get("clusterArns", ()):
                arns = moto.call("ecs", "ListServices", cluster=cluster).get("serviceArns", ())
                described = moto.call("ecs", "DescribeServices", cluster=cluster, services=arns) if arns else {}
                for one in described.get("services", ()):
                    self._follow(one, moto)

    def close(self) -> None:
        for service in list(self._services.values()):
            service.stop()
        for task in list(self._tasks.known.values()):
            task.ending.set()

    # ── services ──

    def create(self, body: Body, moto: Moto) -> Body:
        found = moto.call("ecs", "CreateService", **body)
        self._follow(found["service"], moto)
        return {**found, "service": self._shown(found["service"], moto)}

    def update(self, body: Body, moto: Moto) -> Body:
        found = moto.call("ecs", "UpdateService", **body)
        self._follow(found["service"], moto, again=bool(body.get("forceNewDeployment")))
        return {**found, "service": self._shown(found["service"], moto)}

    def delete(self, body: Body, moto: Moto) -> Body | None:
        key = (moto.account, _short(body.get("cluster")), _short(body["service"]))
        service = self._services.get(key)
        if service is not None and service.desired and not body.get("force"):
            text = "The service cannot be stopped while it is scaled above 0."
            raise Fault("InvalidParameterException", text)
        if service is not None:
            service.stop()
            del self._services[key]
        return None

    def _follow(self, stored: Body, moto: Moto, *, again: bool = False) -> None:
        """Makes what runs fit what is deployed."""
        key = (moto.account, _short(stored["clusterArn"]), str(stored["serviceName"]))
        definition = definition_of(moto, str(stored["taskDefinition"])) if stored.get("taskDefinition") else None
        with self._lock:
            service = self._services.get(key)
            if definition is None or not runs_lakewright(definition):
                return
            desired = int(stored["desiredCount"])
            changed = service is None or again or desired != service.desired
            changed = changed or (service is not None and service.definition != definition)
            if not changed:
                return
            if service is not None:
                service.stop()
            events = service.events if service is not None else []
            cluster = str(stored["clusterArn"])
            fresh = Service(key[2], cluster, moto, self._tasks, definition, desired, events)
            self._services[key] = fresh
            fresh.start()

    def describe(self, body: Body, moto: Moto) -> Body:
        found = moto.call("ecs", "DescribeServices", **body)
        return {**found, "services": [self._shown(one, moto) for one in found.get("services", ())]}

    def _shown(self, stored: Body, moto: Moto) -> dict[str, Any]:
        key = (moto.account, _short(stored["clusterArn"]), str(stored["serviceName"]))
        service = self._services.get(key)
        if service is None:
            return dict(stored)
        running = service.running
        counts = {"runningCount": running, "pendingCount": max(service.desired - running, 0)}
        rollout = "COMPLETED" if running >= service.desired else "IN_PROGRESS"
        deployments = [
            {**one, **counts, "failedTasks": service.failed, "rolloutState": rollout}
            for one in stored.get("deployments", ())
        ]
        events = [
            {"id": f"{number}", "createdAt": at, "message": text}
            for number, (at, text) in reversed(list(enumerate(service.events[-EVENTS:])))
        ]
        return {**stored, **counts, "deployments": deployments, "events": events}

    # ── tasks ──

    def run_task(self, body: Body, moto: Moto) -> Body | None:
        definition = definition_of(moto, str(body["taskDefinition"]))
        if definition is None or not runs_lakewright(definition):
            return None
        clusters = moto.call("ecs", "DescribeClusters", clusters=[body.get("cluster") or "default"])["clusters"]
        if not clusters:
            raise Fault("ClusterNotFoundException", "Cluster not found.")
        overrides = (body.get("overrides") or {}).get("containerOverrides") or ()
        made = []
        for _ in range(int(body.get("count") or 1)):
            group = str(body.get("group") or f"family:{definition['family']}")
            task = self._tasks.make(moto, str(clusters[0]["clusterArn"]), definition, group)
            self._work.start(f"ecs-{task.id}", partial(self._tasks.run, task, moto, overrides))
            made.append(task.shape())
        return {"tasks": made, "failures": []}

    def list_tasks(self, body: Body, moto: Moto) -> Body:
        cluster = _short(body.get("cluster"))
        wanted = str(body.get("desiredStatus") or "RUNNING")
        group = f"service:{_short(body['serviceName'])}" if body.get("serviceName") else None
        mine = [
            task.arn
            for task in self._tasks.known.values()
            if _short(task.cluster) == cluster
            and f":{moto.account}:" in task.arn
            and (task.wanted == wanted)
            and group in (None, task.group)
        ]
        found = moto.call("ecs", "ListTasks", **body)
        return {**found, "taskArns": [*mine, *found.get("taskArns", ())]}

    def describe_tasks(self, body: Body, moto: Moto) -> Body | None:
        asked = [str(one) for one in body.get("tasks", ())]
        ids = {task.id: task for task in self._tasks.known.values() if f":{moto.account}:" in task.arn}
        mine = [ids[_short(one)] for one in asked if _short(one) in ids]
        rest = [one for one in asked if _short(one) not in ids]
        if not mine:
            return None
        found = moto.call("ecs", "DescribeTasks", **{**body, "tasks": rest}) if rest else {"tasks": [], "failures": []}
        return {**found, "tasks": [*(task.shape() for task in mine), *found.get("tasks", ())]}

    def stop_task(self, body: Body, moto: Moto) -> Body | None:
        task = next((one for one in self._tasks.known.values() if one.id == _short(body["task"])), None)
        if task is None or f":{moto.account}:" not in task.arn:
            return None
        task.reason, task.wanted = str(body.get("reason") or "Task stopped by user"), "STOPPED"
        task.ending.set()
        return {"task": task.shape()}


def _short(name: Any) -> str:
    """The last part of an ARN, or the name itself."""
    return str(name or "default").rpartition("/")[2]


Operation = Callable[[Ecs, Body, Moto], Body | None]
OPERATIONS: Mapping[str, Operation] = {
    "CreateService": Ecs.create,
    "UpdateService": Ecs.update,
    "DeleteService": Ecs.delete,
    "DescribeServices": Ecs.describe,
    "RunTask": Ecs.run_task,
    "ListTasks": Ecs.list_tasks,
    "DescribeTasks": Ecs.describe_tasks,
    "StopTask": Ecs.stop_task,
}
