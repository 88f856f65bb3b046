"""A DMS task, as deployed: started, followed, stopped through DMS's API."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lakewright.errors import ProblemError
from lakewright.rehearse.platform.evidence import Replication, TableLoaded
from lakewright.rehearse.platform.source import StandIn
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

LOAD_SECONDS = 300.0


@dataclass(frozen=True)
class DmsTask:
    """A task of this environment, and the source that it reads. A `Replicator`."""

    stage: Stage
    arn: str
    name: str
    standin: StandIn
    endpoints: tuple[str, str]
    instance: str

    def start(self) -> None:
        self._start("start-replication")

    def resume(self) -> None:
        self._start("resume-processing")

    def _start(self, kind: str) -> None:
        """Tests both connections first, as DMS wants it. Raises ProblemError LW1381 for a failed test."""
        dms = self.stage.client("dms")
        for endpoint in self.endpoints:
            dms.test_connection(ReplicationInstanceArn=self.instance, EndpointArn=endpoint)
        for endpoint in self.endpoints:
            until(lambda endpoint=endpoint: self._tested(endpoint), f"{self.name}: connection test", 60)  # type: ignore[misc]
        dms.start_replication_task(ReplicationTaskArn=self.arn, StartReplicationTaskType=kind)

    def _tested(self, endpoint: str) -> bool | None:
        at = [{"Name": "endpoint-arn", "Values": [endpoint]}]
        found = self.stage.client("dms").describe_connections(Filters=at)["Connections"]
        if found and found[0]["Status"] == "failed":
            why = found[0].get("LastFailureMessage", "")
            raise ProblemError("LW1381", f"DMS cannot connect: {why}", place=endpoint)
        return True if found and found[0]["Status"] == "successful" else None

    def loaded(self) -> Replication:
        expected = self.standin.rows()

        def finished() -> bool | None:
            done = sum(one.get("TableState") in ("Table completed", "Table error") for one in self._statistics())
            return True if self._described()["Status"] == "failed" or done >= len(expected) else None

        until(finished, f"{self.name}: full load", LOAD_SECONDS)
        tables = tuple(TableLoaded(name, rows, 0) for name, rows in sorted(expected.items()))
        return self.seen(Replication(self.name, "dms", "", tables), None)

    def seen(self, before: Replication, lag: float | None) -> Replication:
        now = self._described()
        by_table = {f"{one['SchemaName']}.{one['TableName']}": one for one in self._statistics()}
        tables = tuple(
            replace(
                one,
                loaded_rows=int(by_table.get(one.table, {}).get("FullLoadRows", 0)),
                changes=_changes(by_table.get(one.table, {})),
            )
            for one in before.tables
        )
        return Replication(self.name, "dms", now["Status"], tables, lag, now.get("LastFailureMessage", ""))

    def follow(self, change: Callable[[], int]) -> float:
        target = [{"Name": "endpoint-arn", "Values": [self.endpoints[1]]}]
        described = self.stage.client("dms").describe_endpoints(Filters=target)["Endpoints"][0]
        bucket = described["S3Settings"]["BucketName"]
        before, objects = self.changes(), _keys(self.stage, bucket)
        started = time.monotonic()
        rows = change()

        def arrived() -> bool | None:
            self.flush()
            return True if self.changes() >= before + rows and _keys(self.stage, bucket) > objects else None

        until(arrived, f"{self.name}: a change in {bucket}", 60, pause=0.5)
        return round(time.monotonic() - started, 2)

    def changes(self) -> int:
        return sum(_changes(one) for one in self._statistics())

    def flush(self) -> None:
        self.stage.services.dms.flush()

    def is_running(self) -> bool:
        return bool(self._described()["Status"] == "running")

    def stop(self) -> None:
        self.stage.client("dms").stop_replication_task(ReplicationTaskArn=self.arn)
        until(lambda: None if self.is_running() else True, f"{self.name}: stop", 60)
        until(lambda: True if self._described()["Status"] in ("stopped", "failed") else None, f"{self.name}: stop", 60)

    @property
    def _dms(self) -> Any:
        return self.stage.client("dms")

    def _described(self) -> Mapping[str, Any]:
        at = [{"Name": "replication-task-arn", "Values": [self.arn]}]
        found: Mapping[str, Any] = self.stage.client("dms").describe_replication_tasks(Filters=at)["ReplicationTasks"][
            0
        ]
        return found

    def _statistics(self) -> Sequence[Mapping[str, Any]]:
        pages = (
            self.stage.client("dms").get_paginator("describe_table_statistics").paginate(ReplicationTaskArn=self.arn)
        )
        return [one for page in pages for one in page["TableStatistics"]]


def dms_tasks(stage: Stage) -> tuple[DmsTask, ...]:
    """DMS's tasks, as deployed."""
    found = stage.client("dms").describe_replication_tasks(WithoutSettings=True)["ReplicationTasks"]
    return tuple(
        DmsTask(
            stage,
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


def _changes(table: Mapping[str, Any]) -> int:
    return sum(int(table.get(kind, 0)) for kind in ("Inserts", "Updates", "Deletes"))


def _keys(stage: Stage, bucket: str) -> frozenset[str]:
    pages = stage.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return frozenset(one["Key"] for page in pages for one in page.get("Contents", ()))
