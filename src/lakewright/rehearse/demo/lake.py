"""The demo's lakehouse: its project folder, the ingester as a process of its own, the pipeline in this one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import STOPPED, STREAMING, BronzeState
from lakewright.engines import EngineOptions, open_engine
from lakewright.errors import ProblemError
from lakewright.models import load_models
from lakewright.observe import Event, Observer
from lakewright.pipeline import Pipeline, Request, RunReport
from lakewright.query import Lake, Session
from lakewright.query.governed import LakeSources
from lakewright.rehearse.freshness import Timeline
from lakewright.spec import Project, load_project
from lakewright.storage import open_storage
from lakewright.tables import open_table

SOURCE = "shop"
URL_VARIABLE = "SHOP_DATABASE_URL"
PLATFORM = f"""\
lakewright: 1
platform: shop-lakehouse
blueprint: lakehouse-cdc@1
sources:
  {SOURCE}:
    postgres: {{url: "${{{URL_VARIABLE}}}", tables: [public.core_*], tenant: tenant_id}}
    tuning: {{flush_seconds: 0.25}}
access:
  users:
    erin: {{groups: [data-engineers]}}
    ana: {{groups: [data-analysts]}}
    tom: {{groups: [tenant-analysts], attributes: {{tenants: [1]}}}}
    tia: {{groups: [tenant-analysts], attributes: {{tenants: [2]}}}}
"""
LOAD_SECONDS = 1800.0
CATCH_UP_SECONDS = 120.0


class DemoLake:
    """Bronze, Silver and Gold in `folder`. `timelines` note when each layer showed which position."""

    def __init__(self, folder: Path, url: str, observe: Observer) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "platform.yaml").write_text(PLATFORM, encoding="utf-8")
        (folder / "models").mkdir(exist_ok=True)
        self._environment = {**os.environ, URL_VARIABLE: url}
        self._observe = observe
        self.project: Project = load_project(folder)
        self.storage = open_storage(self.project.lake_uri)
        partitions = self.project.platform.lake.partitions
        cache = self.project.state_dir / "cache"
        self.models = load_models(self.project.model_folders, cache=cache, partitions=partitions)
        self.manifest = Manifest(self.storage, SOURCE)
        self.timelines = {layer: Timeline() for layer in ("bronze", "silver", "gold")}
        self.problems: list[str] = []
        self._ingest: subprocess.Popen[bytes] | None = None
        self._watch: _BronzeWatch | None = None
        self._finished: dict[str, float] = {}
        self.pipeline = Pipeline(
            self.storage,
            self.models,
            open_engine(EngineOptions(spill=self.project.state_dir / "spill")),
            lambda: (self.manifest.load(),),
            self.project.state_dir,
            observe=self._hear,
            in_memory=True,
        )

    # ── Bronze ──

    def start_ingest(self) -> None:
        """Starts `lakewright ingest follow`, as a user would beside this."""
        log = (self.project.root / "ingest.log").open("wb")
        with log:
            self._ingest = subprocess.Popen(
                [sys.executable, "-m", "lakewright", "ingest", "follow", "--until-eof", "-C", str(self.project.root)],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        self._watch = _BronzeWatch(Manifest(self.storage, SOURCE), self.timelines["bronze"])
        self._watch.start()

    def wait_until_streaming(self, tables: int) -> BronzeState:
        """Until so many tables are loaded. Raises LW807 when the ingester ends or a table stops."""
        told = -1

        def loaded(state: BronzeState) -> bool:
            nonlocal told
            rows = sum(file.rows for table in state.tables.values() for file in table.files)
            if rows != told:
                told = rows
                self._observe(Event("demo.loaded", {"rows": rows}))
            stopped = [table for table in state.tables.values() if table.status == STOPPED]
            if stopped:
                raise ProblemError("LW807", f"{stopped[0].name} stopped: {stopped[0].stop_reason}")
            return sum(table.status == STREAMING for table in state.tables.values()) >= tables

        return self._wait(loaded, LOAD_SECONDS)

    def wait_until(self, position: int) -> BronzeState:
        return self._wait(lambda state: state.position >= position, CATCH_UP_SECONDS)

    def _wait(self, reached: Callable[[BronzeState], bool], seconds: float) -> BronzeState:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._ingest is not None and self._ingest.poll() is not None:
                break
            state = self.manifest.load()
            if reached(state):
                return state
            time.sleep(0.05)
        log = (self.project.root / "ingest.log").read_text(encoding="utf-8", errors="replace").strip()
        raise ProblemError("LW807", f"the ingester did not get there: {log.splitlines()[-1] if log else 'no message'}")

    def stop_ingest(self) -> None:
        """Ends the ingester in good order: it rolls its recent changes into the visible files."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if self._ingest is not None and self._ingest.stdin is not None:
            self._ingest.stdin.close()
            try:
                self._ingest.wait(60)
            except subprocess.TimeoutExpired:
                self._ingest.kill()
                self._ingest.wait()

    # ── Silver and Gold ──

    def cycle(self, upto: int | None = None) -> RunReport:
        """One pipeline run; notes when Silver and Gold were there, and what went wrong."""
        self._finished.clear()
        report = self.pipeline.cycle(Request(upto=upto))
        position = report.positions[SOURCE]
        for layer in ("silver", "gold"):
            self.timelines[layer].note(position, self._finished.get(layer))
        self.problems += [f"{model.name}: {model.error or model.reason}" for model in report.models
                          if model.error or model.action == "skipped"]  # fmt: skip
        return report

    # ── SQL ──

    def sql(self) -> Session:
        """What `lakewright sql` gives: it reads the lake's files and knows nothing of this pipeline."""
        return Session(self._reading, open_engine)

    def governed(self) -> LakeSources:
        """The same tables, as principals' queries find them."""
        return LakeSources(self._reading(), self.models, open_engine)

    def rows(self, name: str) -> int:
        """Rows of a stored table as its log counts them; 0 when there is no such table."""
        table = open_table(self.storage, name)
        return sum(file.rows for file in table.files()) if table.exists() else 0

    def _reading(self) -> Lake:
        return Lake(self.storage, lambda: [self.manifest.load()], self.models)

    def _hear(self, event: Event) -> None:
        if event.name == "pipeline.model":
            self._finished[str(event.fields["model"]).split(".")[0]] = event.at.timestamp()
        self._observe(event)

    def close(self) -> None:
        self.stop_ingest()
        self.pipeline.close()


class _BronzeWatch(threading.Thread):
    """Notes the manifest's position every 50 ms, as any reader would see it."""

    def __init__(self, manifest: Manifest, timeline: Timeline) -> None:
        super().__init__(name="bronze-watch", daemon=True)
        self._manifest = manifest
        self._timeline = timeline
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.05):
            self._timeline.note(self._manifest.load().position)

    def stop(self) -> None:
        self._done.set()
        self.join()
