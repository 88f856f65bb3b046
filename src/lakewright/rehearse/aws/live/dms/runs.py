"""One task or serverless replication while it runs, and what is left of it afterwards."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from lakewright.errors import LakewrightError
from lakewright.ingest.dms.checkpoint import Checkpoints
from lakewright.ingest.dms.control import control_tables
from lakewright.ingest.dms.replicate import Kind, Replication, replicate
from lakewright.ingest.dms.settings import TaskSettings
from lakewright.ingest.dms.statistics import Progress, TableCounts
from lakewright.ingest.mappings import TableMapping
from lakewright.observe import Event
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.dms.endpoints import Endpoints
from lakewright.rehearse.aws.live.metric_store import Metric
from lakewright.rehearse.aws.live.world import Work, World
from lakewright.storage.objects import ObjectError

STOP_SECONDS = 30.0
NAMESPACE = "AWS/DMS"
PLAIN = ("status", "stop_reason", "failure", "fresh_start", "started", "stopped")
"""What is kept of a run as it is."""


@dataclass(frozen=True)
class Deployed:
    """What a run is made of. `id` is the last part of its ARN, `instance` that of its instance ("" when serverless)."""

    arn: str
    name: str
    kind: str
    source: str
    target: str
    mappings: str
    settings: str | None
    log_group: str
    instance: str = ""

    @property
    def id(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def dimensions(self) -> list[dict[str, str]]:
        """As DMS's metrics have them."""
        task = {"Name": "ReplicationTaskIdentifier", "Value": self.id}
        if not self.instance:
            return [{"Name": "ReplicationConfigIdentifier", "Value": self.id}]
        return [{"Name": "ReplicationInstanceIdentifier", "Value": self.instance}, task]


@dataclass
class Run:
    """`status`: ready, starting, running, stopping, stopped, failed. One thread works, others look and stop it."""

    deployed: Deployed
    moto: Moto
    world: World
    endpoints: Endpoints
    work: Work
    ended: Callable[[Run], object]
    status: str = "ready"
    stop_reason: str = ""
    failure: str = ""
    progress: Progress = field(default_factory=Progress)
    fresh_start: datetime | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    _leaving: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _told: int = 0
    _settings: TaskSettings = field(default_factory=TaskSettings)
    """As the task was started with; its defaults where they cannot be read."""

    @property
    def folder(self) -> Path:
        safe = re.sub(r"[^A-Za-z0-9_.-]", "_", self.deployed.id)
        return self.world.folder / "dms" / self.moto.account / safe

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.folder / "checkpoint.json")

    @property
    def _marker(self) -> Path:
        """There while it is meant to run, also while the local AWS is down."""
        return self.folder / "running"

    @property
    def meant_to_run(self) -> bool:
        return self._marker.exists()

    @property
    def active(self) -> bool:
        return self.status in ("starting", "running", "stopping")

    def start(self, *, resume: bool) -> None:
        """Begins in a thread of its own."""
        if not resume:
            self.progress, self.fresh_start = Progress(), self.world.clock.now()
        self.status, self.stop_reason, self.failure = "starting", "", ""
        self.started, self.stopped = self.world.clock.now(), None
        self.folder.mkdir(parents=True, exist_ok=True)
        self._marker.touch()
        self._stop = threading.Event()
        self._thread = self.work.start(f"dms-{self.deployed.id}", lambda: self._run(resume=resume))

    def stop(self) -> None:
        """Tells it to stop; it does so when what came is written."""
        self.status = "stopping"
        self._stop.set()

    def end(self) -> None:
        """Stops and waits. A task that runs is still meant to."""
        self._leaving = True
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def forget(self) -> None:
        """The task is deleted: its slot and publications go from the stand-in."""
        self.end()
        if self.checkpoints.load() is not None:
            self._replication().database.forget()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kept(self) -> dict[str, Any]:
        """As `Remembering`: its times, how it ended, what it has counted."""
        progress = self.progress
        return {
            **{name: getattr(self, name) for name in PLAIN},
            "progress": {name: getattr(progress, name) for name in ("position", "load_start", "load_end", "flushes")},
            "tables": [asdict(one) for one in progress.tables.values()],
        }

    def recall(self, found: Mapping[str, Any]) -> None:
        for name in PLAIN:
            setattr(self, name, found[name])
        if self.active:
            self.status = "stopped"
        self.progress = Progress(**found["progress"])
        self.progress.restore({(one["schema"], one["name"]): TableCounts(**one) for one in found["tables"]})

    def reload(self, tables: list[tuple[str, str]]) -> None:
        for schema, name in tables:
            self.progress.reload(schema, name)

    def _run(self, *, resume: bool) -> None:
        self.say("Task is starting" if not resume else "Task is resuming")
        try:
            replication = self._replication()
            storage = self.world.bucket(replication.target.bucket)
            self.status = "running" if self.status == "starting" else self.status
            self.stop_reason = replicate(
                replication,
                storage,
                self.checkpoints,
                self._stop,
                self.progress,
                resume=resume,
                now=self.world.clock.now,
                observe=self._observe,
            )
            self.status = "stopped"
        except (LakewrightError, Fault, ObjectError) as error:
            self.failure, self.status = str(error), "failed"
            self.stop_reason = "Stop Reason FATAL_ERROR"
        except Exception as error:  # the end of the thread: a task that breaks says so
            self.failure, self.status = f"{type(error).__name__}: {error}", "failed"
            self.stop_reason = "Stop Reason FATAL_ERROR"
        self.stopped = self.world.clock.now()
        if not self._leaving:
            self._marker.unlink(missing_ok=True)
        self.write_control(self.stopped)
        self.ended(self)
        self.say(f"Task {self.status}: {self.failure or self.stop_reason}")

    def _replication(self) -> Replication:
        deployed = self.deployed
        url, source = self.endpoints.source(self.endpoints.find(deployed.source, self.moto))
        target = self.endpoints.target(self.endpoints.find(deployed.target, self.moto))
        mapping = TableMapping.parse(deployed.mappings, "TableMappings")
        self._settings = TaskSettings.read(deployed.settings)
        kind = cast(Kind, deployed.kind)
        return Replication(deployed.name, lambda: url, mapping, target, source, self._settings, kind)

    def _observe(self, event: Event) -> None:
        self.say(f"{event.name} {json.dumps(dict(event.fields), default=str)}")
        self.world.observe(event)

    def say(self, line: str) -> None:
        """Into the task's log, as DMS does."""
        stamp = f"{self.world.clock.now():%Y-%m-%dT%H:%M:%S}"
        self.world.log(self.moto, self.deployed.log_group, f"dms-task-{self.deployed.id}", [f"{stamp} {line}"])

    def write_control(self, now: datetime) -> None:
        """DMS's control tables, as files beside the checkpoint."""
        folder = self.folder / "control"
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in control_tables(self.deployed.name, self._settings, self.progress, now).items():
            (folder / f"{name}.json").write_text(json.dumps(rows, default=str, indent=1), encoding="utf-8")

    def measure(self, now: datetime) -> None:
        """Puts its metrics and newly met exceptions where people look."""
        exceptions = self.progress.exceptions
        for one in exceptions[self._told :]:
            self.say(f"[{one.statement}] {one.table_owner}.{one.table_name}: {one.error}")
        if len(exceptions) != self._told:
            self.write_control(now)
        self._told = len(exceptions)
        if self.status != "running":
            return
        latency = self.progress.latency
        figures = {
            "CDCLatencySource": (latency.source, "Seconds"),
            "CDCLatencyTarget": (latency.target, "Seconds"),
            "CDCIncomingChanges": (latency.pending, "Count"),
        }
        for name, (value, unit) in figures.items():
            metric = Metric.of(NAMESPACE, name, self.deployed.dimensions)
            self.world.metrics.put(self.moto.account, metric, value, now.timestamp(), unit)


def tables_asked(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """From ReloadTables."""
    return [(str(one["SchemaName"]), str(one["TableName"])) for one in parameters.get("TablesToReload", ())]
