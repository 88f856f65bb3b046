"""The rehearsal's story, step by step: what could not be done is told, and what depends on it is left unchecked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import ClientError

from lakewright.cost import estimate
from lakewright.errors import LakewrightError
from lakewright.infra.costs import drivers
from lakewright.infra.interface import read_interface
from lakewright.infra.terraform import Planned
from lakewright.models import Models, load_models
from lakewright.observe import Event, Observer
from lakewright.rehearse.demo.truth import read_truths
from lakewright.rehearse.platform import asking, behaviours, ordering, pausing, processing, replicating, watching
from lakewright.rehearse.platform.changes import customers_changed, order_placed
from lakewright.rehearse.platform.criteria import judged
from lakewright.rehearse.platform.databricks import schema_only
from lakewright.rehearse.platform.evidence import Evidence, Module, StackSeen
from lakewright.rehearse.platform.expectations import questions
from lakewright.rehearse.platform.report import RehearsalReport
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until
from lakewright.rehearse.shop import find_shop

LAKEHOUSE = "lakehouse-cdc@"


@dataclass
class Rehearsal:
    """One run on a stage. `tell` does everything and never raises a LakewrightError: problems are in the report."""

    stage: Stage
    observe: Observer
    evidence: Evidence = field(init=False)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.stage.options.environment)

    def tell(self, *, destroy: bool = False, again: bool = False) -> RehearsalReport:
        """Applies, looks again, runs the platform, and takes it down if asked to.

        `again`: on a stage that was rehearsed before; only stacks that changed are applied, and the workflow and the
        queries run on the data that is there.
        """
        started, begin = datetime.now(UTC), time.monotonic()
        self._infrastructure()
        if not any(stack.error for stack in self.evidence.stacks):
            self._behaviour(again=again)
        if destroy:
            if self.evidence.replications:
                with self._step("stop replication"):
                    self._stop()
            with self._step("destroy"):
                self._destroy()
        return RehearsalReport(
            platform=self.stage.project.platform.platform,
            blueprint=self.stage.project.platform.blueprint or "",
            environment=self.evidence.environment,
            started=started.isoformat(timespec="seconds"),
            terraform=self.stage.terraform.version(),
            evidence=self.evidence,
            criteria=judged(self.evidence),
            seconds=self.seconds,
            total_seconds=round(time.monotonic() - begin, 2),
            coverage=self.stage.aws.coverage.as_facts(),
            overrides=self.stage.overrides,
            problems=tuple(self.problems),
            databricks=self.stage.databricks.coverage.as_facts() if self.stage.databricks else {},
            unchecked=schema_only(self.stage.compiled),
        )

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """Times a step; what Lakewright or AWS refuses ends the step and is told."""
        self.observe(Event("rehearse.step", {"step": name}))
        start = time.monotonic()
        try:
            yield
        except (LakewrightError, ClientError) as error:
            self.problems.append(f"{name}: {error}")
            self.observe(Event("rehearse.problem", {"step": name, "error": str(error)}, "error"))
        self.seconds[name] = round(time.monotonic() - start, 2)
        self.observe(Event("rehearse.done", {"step": name, "seconds": self.seconds[name]}))

    # ── infrastructure ──

    def _infrastructure(self) -> None:
        stage, seen = self.stage, self.evidence
        with self._step("compile and copy"):
            stage.prepare()
            seen.modules = [_module(name, folder) for name, folder in stage.compiled.modules.items()]
            found = estimate(drivers(stage.project, seen.environment))
            seen.cost = found.as_dict()
        anew = not stage.applied
        if anew and not stage.stands:
            with self._step("out of order"):
                seen.order = (*ordering.too_early(stage), *ordering.unproven(stage))
        with self._step("apply every stack"):
            outcome = stage.changed.roll_out()
            stage.remember(outcome.done)
            seen.path = outcome.path
            seen.stacks = [
                StackSeen(one.stack, one.resources, dict(one.did), dict(one.seconds)) for one in outcome.done.values()
            ]
            seen.stacks += [StackSeen(name, 0, {}, {}, error=str(error)) for name, error in outcome.failed.items()]
            seen.stacks += [StackSeen(name, 0, {}, {}, error="not begun") for name in outcome.left]
            self.problems += [f"apply {name}: {error}" for name, error in outcome.failed.items()]
        if seen.stacks and not any(stack.error for stack in seen.stacks):
            with self._step("plan again"):
                self._second_plan()
            if anew:
                with self._step("destroy out of order"):
                    seen.order = (*seen.order, *ordering.pulled_away(stage))

    def _second_plan(self) -> None:
        names = [stack.name for stack in self.evidence.stacks]
        outcome = self.stage.only(names).differences()
        for error in outcome.failed.values():
            raise error
        changed = {name: differing(planned) for name, planned in outcome.done.items()}
        self.evidence.stacks = [
            StackSeen(one.name, one.resources, one.did, one.seconds, changed.get(one.name, ()))
            for one in self.evidence.stacks
        ]
        self.evidence.second_plan = True

    def _stop(self) -> None:
        """Stops what replicates, as one does before taking it down: when the provider stops a task itself, it waits a
        minute before it looks whether it has."""
        for one in replicating.replicators(self.stage):
            if one.is_running():
                one.stop()

    def _destroy(self) -> None:
        outcome = self.stage.stacks.take_down()
        self.evidence.destroyed = {name: int(one.did.get("remove", 0)) for name, one in outcome.done.items()}
        self.evidence.left = tuple(sorted({*outcome.failed, *outcome.left}))
        self.problems += [f"destroy {name}: {error}" for name, error in outcome.failed.items()]

    # ── behaviour ──

    def _behaviour(self, *, again: bool) -> None:
        if (self.stage.project.platform.blueprint or "").startswith(LAKEHOUSE) and not self.stage.options.only:
            self._lakehouse(again=again)
        behave = behaviours.of(self.stage.project.platform.blueprint)
        if behave and not self.stage.options.only:
            with self._step("the blueprint's own behaviour"):
                for tried in behave(self.stage):
                    self.evidence.tried = (*self.evidence.tried, tried)
                self.evidence.crawlers = processing.crawled(self.stage)
        used = {component for stack in self.stage.compiled.stacks for component in stack.calls.values()}
        if not again and used & {"budget", "monitoring"}:
            with self._step("alarms, dashboards, budget"):
                if "monitoring" in used:
                    self.evidence.alarms = watching.alarms(self.stage)
                self.evidence.budget = watching.budget(self.stage)

    def _lakehouse(self, *, again: bool) -> None:
        seen = self.evidence
        if not again:
            with self._step("fill the source"):
                self.stage.filling.finish()
            with self._step("replicate: full load and changes"):
                self._replicate()
        with self._step("crawl Bronze"):
            seen.crawlers = dict(processing.crawl(self.stage, processing.crawlers(self.stage, "bronze")))
            seen.catalog.append(processing.cataloged(self.stage, "bronze", self._source_tables()))
        with self._step("run the Glue workflow"):
            self._process()
        self._questions()
        if not again and self._is_shop:
            with self._step("a change comes through to Gold"):
                self._follow()
            with self._step("pause and resume"):
                seen.paused = pausing.tried(self.stage, customers_changed(self.stage.standins[0]))

    def _replicate(self) -> None:
        stage = self.stage
        replicating.fill_secrets(stage)
        for one in replicating.replicators(stage):
            one.start()
            loaded = one.loaded()
            self.evidence.replications.append(replace(loaded, followed=self._is_shop))
            if self._is_shop:
                lag = one.follow(customers_changed(stage.standins[0]))
                self.evidence.replications[-1] = one.seen(loaded, lag)

    @property
    def _is_shop(self) -> bool:
        """Whether the example shop stands in: what is asked, changed and expected is about it."""
        return all(one.shop is not None for one in self.stage.standins)

    def _source_tables(self) -> frozenset[str]:
        return frozenset(table.table for one in self.stage.standins for table in one.tables())

    def _process(self) -> None:
        run = processing.run_workflow(self.stage)
        self.evidence.workflow, self.evidence.jobs = run.status, [*self.evidence.jobs, *run.jobs]
        others = [name for name in processing.crawlers(self.stage) if name not in self.evidence.crawlers]
        self.evidence.crawlers = {**self.evidence.crawlers, **processing.crawl(self.stage, others)}
        for layer in ("silver", "gold"):
            stored = frozenset(
                model.name.partition(".")[2]
                for model in self._models.order()
                if model.kind != "view" and model.name.startswith(f"{layer}.")
            )
            self.evidence.catalog.append(processing.cataloged(self.stage, layer, stored))

    @property
    def _models(self) -> Models:
        project = self.stage.project
        folders = [folder for folder in project.model_folders if folder.is_dir()]
        return load_models(folders, cache=project.state_dir / "cache", partitions=project.platform.lake.partitions)

    def _questions(self) -> None:
        stage, seen = self.stage, self.evidence
        admin = asking.administrator(stage)
        with self._step("query: counts and figures"):
            seen.silver = asking.count(admin, self._models, "silver")
            seen.gold = asking.count(admin, self._models, "gold")
            if self._is_shop:
                with stage.standins[0].connect() as connection:
                    truths = read_truths(find_shop() / "core" / "truth")
                    seen.comparisons = asking.against_source(admin, truths, self._models, connection)
        with self._step("query: saved queries"):
            seen.named_queries = asking.named_queries(stage, admin)
        if not self._is_shop:
            return
        with self._step("query: as each persona"):
            with stage.standins[0].connect() as connection:
                rows = connection.execute("SELECT DISTINCT tenant_id FROM core_customer").fetchall()
            seen.answers = asking.interrogate(stage, questions([int(row[0]) for row in rows]))

    def _follow(self) -> None:
        """Places an order at the source, waits for replication, runs the workflow, and asks Gold for it."""
        start = time.monotonic()
        standin = self.stage.standins[0]
        placed: list[int] = []

        def change() -> int:
            placed.append(order_placed(standin)[1])
            return 1

        for one in replicating.replicators(self.stage):
            one.follow(change)
        processing.crawl(self.stage, processing.crawlers(self.stage, "bronze"))
        run = processing.run_workflow(self.stage)
        self.evidence.jobs = [*self.evidence.jobs, *run.jobs]
        admin = asking.administrator(self.stage)
        statement = f"SELECT count(*) AS n FROM fact_order WHERE order_id = {placed[-1]}"
        until(lambda: True if admin.ask(statement).rows[0][0] else None, "the new order in gold.fact_order", 30, 1.0)
        self.evidence.followed = round(time.monotonic() - start, 2)


def differing(planned: Planned) -> tuple[str, ...]:
    """What a plan would change: addresses, or the outputs alone."""
    if not planned.changed:
        return ()
    return tuple(one.address for one in planned.said.changes) or ("its outputs",)


def _module(name: str, folder: Path) -> Module:
    interface = read_interface(folder)
    lacking = [one.name for one in interface.variables.values() if not one.description]
    tests = len(list(folder.glob("tests/*.tftest.hcl")))
    return Module(name, tests, (folder / "README.md").is_file(), tuple(lacking))
