"""Lakewright's own ingester as an ECS service: how many tasks it has, and what lies in Bronze by S3's own listing.

ECS tells nothing of rows: they are counted in the footers of the Parquet files that the ingester has written.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow.parquet as pq

from lakewright.rehearse.platform.evidence import Replication, TableLoaded
from lakewright.rehearse.platform.source import StandIn
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

LOAD_SECONDS = 300.0
FAMILY = "ingest-"


@dataclass(frozen=True)
class IngesterService:
    """A service of this environment, and the source that it reads. A `Replicator`."""

    stage: Stage
    cluster: str
    name: str
    standin: StandIn
    bucket: str
    counted: dict[str, int] = field(default_factory=dict)
    """Key of a Parquet object → its rows; files never change."""

    def start(self) -> None:
        self._want(1)

    def resume(self) -> None:
        self._want(1)

    def stop(self) -> None:
        self._want(0)

    def _want(self, tasks: int) -> None:
        self.stage.client("ecs").update_service(
            cluster=self.cluster, service=self.name, desiredCount=tasks, forceNewDeployment=bool(tasks)
        )
        until(lambda: True if self._service()["runningCount"] == tasks else None, f"{self.name}: {tasks} tasks", 120)

    def loaded(self) -> Replication:
        expected = self.standin.rows()

        def finished() -> bool | None:
            rows = self._rows(loads=True)
            return True if all(rows.get(_table(name), 0) >= count for name, count in expected.items()) else None

        until(finished, f"{self.name}: full load", LOAD_SECONDS, pause=1.0)
        tables = tuple(TableLoaded(name, rows, 0) for name, rows in sorted(expected.items()))
        return self.seen(Replication(self.name, "lakewright", "", tables), None)

    def seen(self, before: Replication, lag: float | None) -> Replication:
        loads, changes = self._rows(loads=True), self._rows(loads=False)
        tables = tuple(
            replace(one, loaded_rows=loads.get(_table(one.table), 0), changes=changes.get(_table(one.table), 0))
            for one in before.tables
        )
        status = "running" if self.is_running() else "stopped"
        return Replication(self.name, "lakewright", status, tables, lag)

    def follow(self, change: Callable[[], int]) -> float:
        before, started = self.changes(), time.monotonic()
        rows = change()
        until(lambda: True if self.changes() >= before + rows else None, f"{self.name}: a change in Bronze", 120, 0.5)
        return round(time.monotonic() - started, 2)

    def changes(self) -> int:
        return sum(self._rows(loads=False).values())

    def flush(self) -> None:
        """It writes within its own flush_seconds."""

    def is_running(self) -> bool:
        return bool(self._service()["runningCount"])

    def _service(self) -> Mapping[str, Any]:
        ecs = self.stage.client("ecs")
        found: Mapping[str, Any] = ecs.describe_services(cluster=self.cluster, services=[self.name])["services"][0]
        return found

    def _rows(self, *, loads: bool) -> Mapping[str, int]:
        """Rows by table in the files of loads, or in those of changes (the visible ones and the newest, unrolled)."""
        s3 = self.stage.client("s3")
        found: dict[str, int] = {}
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        for key in [one["Key"] for page in pages for one in page.get("Contents", ())]:
            folders, name = key.split("/")[:-1], key.rpartition("/")[2]
            if name.endswith(".parquet") and name.startswith("LOAD") == loads:
                table = next((one for one in folders if one in self._tables), "")
                if key not in self.counted:
                    body = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                    self.counted[key] = pq.read_metadata(io.BytesIO(body)).num_rows
                found[table] = found.get(table, 0) + self.counted[key]
        return found

    @property
    def _tables(self) -> frozenset[str]:
        return frozenset(_table(name) for name in self.standin.rows())


def _table(name: str) -> str:
    return name.rpartition(".")[2]


def ingester_services(stage: Stage) -> tuple[IngesterService, ...]:
    """The ingester's services, as deployed."""
    ecs = stage.client("ecs")
    found = []
    for cluster in ecs.list_clusters()["clusterArns"]:
        for arn in ecs.list_services(cluster=cluster)["serviceArns"]:
            name = arn.rpartition("/")[2]
            for one in stage.standins:
                if one.source.replication == "lakewright" and f"{FAMILY}{one.name}" in name:
                    found.append(IngesterService(stage, cluster, name, one, stage.compiled.place.bucket("bronze")))
    return tuple(found)
