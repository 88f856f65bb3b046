"""Replication through AWS's own APIs: DMS's tasks and the ingester's ECS services, started, followed and stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakewright.components.secrets.component import secret_name, source_secret
from lakewright.errors import ProblemError
from lakewright.rehearse.platform.evidence import Replication, TableLoaded
from lakewright.rehearse.platform.source import StandIn
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

LOAD_SECONDS = 300.0


def fill_secrets(stage: Stage) -> int:
    """Puts each source's login into the secret that Terraform made, as its owner would; gives how many there were."""
    secrets = stage.client("secretsmanager")
    names = {one["Name"] for page in secrets.get_paginator("list_secrets").paginate() for one in page["SecretList"]}
    filled = 0
    for one in stage.standins:
        name = secret_name(stage.compiled.place, source_secret(one.name))
        if name in names:
            secrets.put_secret_value(SecretId=name, SecretString=json.dumps(one.login))
            filled += 1
    return filled


@dataclass(frozen=True)
class Task:
    """A DMS task of this environment, and the source that it reads."""

    arn: str
    name: str
    standin: StandIn
    endpoints: tuple[str, str]
    instance: str


def tasks(stage: Stage) -> tuple[Task, ...]:
    """DMS's tasks, as deployed."""
    dms = stage.client("dms")
    found = dms.describe_replication_tasks(WithoutSettings=True)["ReplicationTasks"]
    return tuple(
        Task(
            one["ReplicationTaskArn"],
            one["ReplicationTaskIdentifier"],
            _standin(stage, one["ReplicationTaskIdentifier"]),
            (one["SourceEndpointArn"], one["TargetEndpointArn"]),
            one["ReplicationInstanceArn"],
        )
        for one in found
    )


def _standin(stage: Stage, task: str) -> StandIn:
    by_dms = [one for one in stage.standins if one.source.replication == "dms"]
    return next((one for one in by_dms if f"-{one.name}" in task), by_dms[0])


def start(stage: Stage, task: Task, kind: str = "start-replication") -> None:
    """Tests both connections, as DMS wants it, and starts the task. Raises ProblemError LW1381 for a failed test."""
    dms = stage.client("dms")
    for endpoint in task.endpoints:
        dms.test_connection(ReplicationInstanceArn=task.instance, EndpointArn=endpoint)

    def tested(endpoint: str) -> str | None:
        at = [{"Name": "endpoint-arn", "Values": [endpoint]}]
        found = dms.describe_connections(Filters=at)["Connections"]
        if found and found[0]["Status"] == "failed":
            raise ProblemError(
                "LW1381", f"DMS cannot connect: {found[0].get('LastFailureMessage', '')}", place=endpoint
            )
        return "ok" if found and found[0]["Status"] == "successful" else None

    for endpoint in task.endpoints:
        until(lambda endpoint=endpoint: tested(endpoint), f"{task.name}: connection test", 60)  # type: ignore[misc]
    dms.start_replication_task(ReplicationTaskArn=task.arn, StartReplicationTaskType=kind)


def loaded(stage: Stage, task: Task) -> Replication:
    """Waits until every table is loaded or one has failed; what DMS says then."""
    expected = task.standin.rows()

    def finished() -> bool | None:
        status = described(stage, task)
        done = sum(one.get("TableState") in ("Table completed", "Table error") for one in statistics(stage, task))
        return True if status["Status"] == "failed" or done >= len(expected) else None

    until(finished, f"{task.name}: full load", LOAD_SECONDS)
    return seen(stage, task, expected)


def seen(stage: Stage, task: Task, expected: Mapping[str, int], lag: float | None = None) -> Replication:
    """A task as DMS describes it now, beside the rows that the source had."""
    status = described(stage, task)
    by_table = {f"{one['SchemaName']}.{one['TableName']}": one for one in statistics(stage, task)}
    tables = tuple(
        TableLoaded(name, rows, int(by_table.get(name, {}).get("FullLoadRows", 0)), changes_of(by_table.get(name, {})))
        for name, rows in sorted(expected.items())
    )
    return Replication(task.name, "dms", status["Status"], tables, lag, status.get("LastFailureMessage", ""))


def described(stage: Stage, task: Task) -> Mapping[str, Any]:
    at = [{"Name": "replication-task-arn", "Values": [task.arn]}]
    found: Mapping[str, Any] = stage.client("dms").describe_replication_tasks(Filters=at)["ReplicationTasks"][0]
    return found


def statistics(stage: Stage, task: Task) -> Sequence[Mapping[str, Any]]:
    pages = stage.client("dms").get_paginator("describe_table_statistics").paginate(ReplicationTaskArn=task.arn)
    return [one for page in pages for one in page["TableStatistics"]]


def changes_of(table: Mapping[str, Any]) -> int:
    return sum(int(table.get(kind, 0)) for kind in ("Inserts", "Updates", "Deletes"))


def changes(stage: Stage, task: Task) -> int:
    """Changes that the task has captured so far, of all tables."""
    return sum(changes_of(one) for one in statistics(stage, task))


def follow(stage: Stage, task: Task, change: Callable[[], int]) -> float:
    """Makes a change at the source and waits until it lies in Bronze; seconds that took, without the flush interval.

    Raises ProblemError LW1380 when it does not come.
    """
    bucket = stage.client("dms").describe_endpoints(Filters=[{"Name": "endpoint-arn", "Values": [task.endpoints[1]]}])[
        "Endpoints"
    ][0]["S3Settings"]["BucketName"]
    before, objects = changes(stage, task), keys(stage, bucket)
    started = time.monotonic()
    rows = change()

    def arrived() -> bool | None:
        stage.services.dms.flush()
        return True if changes(stage, task) >= before + rows and keys(stage, bucket) > objects else None

    until(arrived, f"{task.name}: a change in {bucket}", 60, pause=0.5)
    return round(time.monotonic() - started, 2)


def keys(stage: Stage, bucket: str) -> frozenset[str]:
    """The keys of a bucket's objects."""
    pages = stage.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return frozenset(one["Key"] for page in pages for one in page.get("Contents", ()))


def stop(stage: Stage, task: Task) -> None:
    stage.client("dms").stop_replication_task(ReplicationTaskArn=task.arn)
    until(
        lambda: True if described(stage, task)["Status"] in ("stopped", "failed") else None,
        f"{task.name}: stop",
        60,
    )
