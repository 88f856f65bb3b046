"""Triggers and workflows: what starts what, by schedule, on demand, or when others are done."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.cron import parse_schedule
from lakewright.rehearse.aws.live.glue.crawlers import Crawl, Crawlers
from lakewright.rehearse.aws.live.glue.jobs import Jobs
from lakewright.rehearse.aws.live.glue.records import ENDED, Cause, JobRun
from lakewright.rehearse.aws.live.world import World

Action = JobRun | Crawl
PLAIN = ("name", "id", "started", "total", "previous", "status", "completed", "errors", "error", "properties")
"""What is kept of a run as it is."""
JOB_ENDS = {"SUCCEEDED": "SucceededActions", "FAILED": "FailedActions", "TIMEOUT": "TimeoutActions"}
CRAWL_ENDS = {"SUCCEEDED": "SucceededActions", "FAILED": "FailedActions", "CANCELLED": "StoppedActions"}


@dataclass
class WorkflowRun:
    """One run of a workflow. `fired`: triggers that started their actions. `total`: actions of all its triggers."""

    name: str
    id: str
    moto: Moto
    started: datetime
    total: int
    previous: str = ""
    status: str = "RUNNING"
    completed: datetime | None = None
    fired: set[str] = field(default_factory=set)
    jobs: list[JobRun] = field(default_factory=list)
    crawls: list[Crawl] = field(default_factory=list)
    errors: int = 0
    error: str = ""
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def running(self) -> int:
        return sum(one.active for one in self.jobs) + sum(one.active for one in self.crawls)

    def statistics(self) -> dict[str, int]:
        names = ("TimeoutActions", "FailedActions", "StoppedActions", "SucceededActions")
        counts = dict.fromkeys(names, 0)
        for job in _last_attempts(self.jobs):
            if not job.active:
                counts[JOB_ENDS.get(job.state, "StoppedActions")] += 1
        for crawl in self.crawls:
            if not crawl.active:
                counts[CRAWL_ENDS[crawl.state]] += 1
        done = sum(counts.values()) + self.errors
        waiting = max(self.total - done - self.running, 0)
        return {
            "TotalActions": self.total,
            **counts,
            "RunningActions": self.running,
            "ErroredActions": self.errors,
            "WaitingActions": waiting if self.status == "RUNNING" else 0,
        }

    def shape(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "Name": self.name,
            "WorkflowRunId": self.id,
            "WorkflowRunProperties": dict(self.properties),
            "StartedOn": self.started,
            "Status": self.status,
            "Statistics": self.statistics(),
        }
        optional = {"CompletedOn": self.completed, "PreviousRunId": self.previous, "ErrorMessage": self.error}
        return found | {name: value for name, value in optional.items() if value}

    def graph(self, triggers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Nodes with their runs, without edges' ids beyond what names them."""
        nodes: list[dict[str, Any]] = [
            {
                "Type": "TRIGGER",
                "Name": one["Name"],
                "UniqueId": f"trigger-{one['Name']}",
                "TriggerDetails": {"Trigger": one},
            }
            for one in triggers
        ]
        by_job: dict[str, list[JobRun]] = {}
        for run in self.jobs:
            by_job.setdefault(run.name, []).append(run)
        for name, runs in by_job.items():
            details = {"JobRuns": [run.shape() for run in runs]}
            nodes.append({"Type": "JOB", "Name": name, "UniqueId": f"job-{name}", "JobDetails": details})
        for crawl in self.crawls:
            shape = {
                "State": crawl.state,
                "StartedOn": crawl.started,
                **({"ErrorMessage": crawl.error} if crawl.error else {}),
            }
            node = {"Type": "CRAWLER", "Name": crawl.crawler, "UniqueId": f"crawler-{crawl.crawler}"}
            nodes.append({**node, "CrawlerDetails": {"Crawls": [shape]}})
        return {"Nodes": nodes, "Edges": []}


def _last_attempts(runs: Sequence[JobRun]) -> list[JobRun]:
    """Without attempts that were tried again."""
    again = {run.previous for run in runs}
    return [run for run in runs if run.id not in again]


class Workflows:
    """Starts what is due. Its own lock is held only while it decides."""

    def __init__(self, world: World, jobs: Jobs, crawlers: Crawlers, accounts: Sequence[Moto]) -> None:
        self._world, self._jobs, self._crawlers = world, jobs, crawlers
        self._accounts = accounts
        self._runs: dict[tuple[str, str], list[WorkflowRun]] = {}
        self._by_id: dict[str, WorkflowRun] = {}
        self._met: dict[tuple[str, str], set[int]] = {}
        self._lock = threading.RLock()
        self._looked = world.clock.now()
        jobs.on_end(self._job_ended)
        jobs.on_retry(self._retried)
        crawlers.on_end(self._crawl_ended)

    def runs(self, moto: Moto, name: str) -> list[WorkflowRun]:
        """Oldest first."""
        with self._lock:
            return list(self._runs.get((moto.account, name), ()))

    def find(self, moto: Moto, name: str, run: str) -> WorkflowRun:
        """Raises Fault EntityNotFoundException."""
        found = next((one for one in self.runs(moto, name) if one.id == run), None)
        if found is None:
            raise Fault("EntityNotFoundException", f"Workflow run {run} of {name} is not found")
        return found

    def kept(self) -> list[dict[str, Any]]:
        """As `Remembering`; jobs by id, crawls by their beginning."""
        with self._lock:
            return [
                {
                    **{name: getattr(run, name) for name in PLAIN},
                    "account": run.moto.account,
                    "fired": sorted(run.fired),
                    "jobs": [[job.name, job.id] for job in run.jobs],
                    "crawls": [[crawl.crawler, crawl.started] for crawl in run.crawls],
                }
                for runs in self._runs.values()
                for run in runs
            ]

    def recall(self, found: Iterable[Mapping[str, Any]]) -> None:
        """After jobs and crawlers have recalled theirs."""
        motos = {moto.account: moto for moto in self._accounts}
        for one in found:
            moto = motos.get(one["account"])
            if moto is None:
                continue
            run = WorkflowRun(moto=moto, fired=set(one["fired"]), **{name: one[name] for name in PLAIN})
            run.jobs = [job for name, wanted in one["jobs"] for job in self._jobs.runs(moto, name) if job.id == wanted]
            run.crawls = [
                crawl
                for name, started in one["crawls"]
                for crawl in self._crawlers.crawls(moto, name)
                if crawl.started == started
            ]
            if run.status in ("RUNNING", "STOPPING"):
                run.status, run.error, run.completed = "ERROR", ENDED, self._world.clock.now()
            with self._lock:
                self._runs.setdefault((moto.account, run.name), []).append(run)
                self._by_id[run.id] = run

    def start(self, moto: Moto, name: str, properties: Mapping[str, str] | None = None) -> WorkflowRun:
        """Raises Fault: no such workflow, nothing that begins it, too many runs."""
        workflow = moto.call("glue", "GetWorkflow", Name=name)["Workflow"]
        triggers = [one for one in _triggers(moto) if one.get("WorkflowName") == name]
        first = [one for one in triggers if one["Type"] in ("ON_DEMAND", "SCHEDULED", "EVENT")]
        if not first:
            raise Fault("InvalidInputException", f"Workflow {name} has no trigger that starts it")
        with self._lock:
            runs = self._runs.setdefault((moto.account, name), [])
            most = int(workflow.get("MaxConcurrentRuns") or 0)
            if most and sum(one.status == "RUNNING" for one in runs) >= most:
                raise Fault("ConcurrentRunsExceededException", f"Concurrent runs exceeded for workflow {name}")
            total = sum(len(one.get("Actions") or ()) for one in triggers)
            run = WorkflowRun(
                name, f"wr_{secrets.token_hex(32)}", moto, self._world.clock.now(), total, runs[-1].id if runs else ""
            )
            run.properties = {**(workflow.get("DefaultRunProperties") or {}), **(properties or {})}
            runs.append(run)
            self._by_id[run.id] = run
            for trigger in first:
                self._fire(trigger, moto, run)
            self._settle(run)
        return run

    def stop(self, run: WorkflowRun) -> None:
        """Raises Fault when it is over."""
        if run.status != "RUNNING":
            raise Fault("InvalidInputException", f"{run.id} is {run.status}")
        run.status = "STOPPING"
        for job in [one for one in run.jobs if one.active]:
            self._jobs.stop(job)
        for crawl in [one for one in run.crawls if one.active]:
            crawl.stopping = True
        self._settle(run)

    def fire(self, moto: Moto, name: str) -> None:
        """StartTrigger of one that is started on demand: its workflow runs, or its actions alone."""
        trigger = moto.call("glue", "GetTrigger", Name=name)["Trigger"]
        self._begin(trigger, moto)

    def _begin(self, trigger: Mapping[str, Any], moto: Moto) -> None:
        if trigger.get("WorkflowName"):
            self.start(moto, str(trigger["WorkflowName"]))
        else:
            self._fire(trigger, moto, None)

    def skip(self) -> None:
        """What was due until now is not made up for."""
        self._looked = self._world.clock.now()

    def look(self, now: datetime) -> None:
        """Starts what became due since it looked last: scheduled triggers and crawlers. Schedules are to the minute."""
        since = self._looked
        if now <= since or now.replace(second=0, microsecond=0) == since.replace(second=0, microsecond=0):
            return
        self._looked = now
        for moto in self._accounts:
            for trigger in _triggers(moto):
                active = trigger["Type"] == "SCHEDULED" and trigger.get("State") == "ACTIVATED"
                if active and _due(str(trigger["Schedule"]), since, now):
                    _unless_running(partial(self._begin, trigger, moto))
            for crawler in moto.call("glue", "GetCrawlers")["Crawlers"]:
                schedule = crawler.get("Schedule") or {}
                expression = str(schedule.get("ScheduleExpression") or "")
                active = schedule.get("State", "SCHEDULED") == "SCHEDULED"
                if expression and active and _due(expression, since, now):
                    _unless_running(partial(self._crawlers.start, moto, str(crawler["Name"])))

    # ── what follows from what ──

    def _fire(self, trigger: Mapping[str, Any], moto: Moto, run: WorkflowRun | None) -> None:
        if run is not None:
            run.fired.add(str(trigger["Name"]))
        cause = Cause(str(trigger["Name"]), run.id if run is not None else "")
        for action in trigger.get("Actions") or ():
            try:
                if action.get("CrawlerName"):
                    crawl = self._crawlers.start(moto, str(action["CrawlerName"]), cause)
                    if run is not None:
                        run.crawls.append(crawl)
                else:
                    job = self._jobs.start(moto, str(action["JobName"]), action, cause)
                    if run is not None:
                        run.jobs.append(job)
            except Fault as fault:
                if run is None:
                    raise
                run.errors += 1
                run.error = fault.message

    def _retried(self, job: JobRun) -> None:
        run = self._by_id.get(job.cause.workflow_run)
        if run is not None:
            with self._lock:
                run.jobs.append(job)

    def _job_ended(self, job: JobRun) -> None:
        self._after(job.cause, "JobName", job.name, job.state)

    def _crawl_ended(self, crawl: Crawl) -> None:
        self._after(crawl.cause, "CrawlerName", crawl.crawler, crawl.state)

    def _after(self, cause: Cause, kind: str, name: str, state: str) -> None:
        """Fires the conditional triggers that waited for this. Only what a trigger started fires others."""
        if not cause.trigger:
            return
        run = self._by_id.get(cause.workflow_run)
        with self._lock:
            if run is None:
                self._alone(kind, name, state)
                return
            if run.status == "RUNNING":
                for trigger in _waiting(run.moto, run.name):
                    if trigger["Name"] not in run.fired and self._holds(trigger, run):
                        self._fire(trigger, run.moto, run)
            self._settle(run)

    def _alone(self, kind: str, name: str, state: str) -> None:
        """Conditional triggers of no workflow: each fires when all it waits for has come since it last did."""
        for moto in self._accounts:
            for trigger in _waiting(moto, ""):
                conditions = (trigger.get("Predicate") or {}).get("Conditions") or ()
                here = [n for n, one in enumerate(conditions) if _is(one, kind, name, state)]
                met = self._met.setdefault((moto.account, str(trigger["Name"])), set())
                met |= set(here)
                any_of = (trigger.get("Predicate") or {}).get("Logical") == "ANY"
                if here and (any_of or len(met) == len(conditions)):
                    met.clear()
                    self._fire(trigger, moto, None)

    def _holds(self, trigger: Mapping[str, Any], run: WorkflowRun) -> bool:
        predicate = trigger.get("Predicate") or {}
        found = [_met(condition, run) for condition in predicate.get("Conditions") or ()]
        return bool(found) and (any(found) if predicate.get("Logical") == "ANY" else all(found))

    def _settle(self, run: WorkflowRun) -> None:
        """The run is over when nothing of it runs."""
        if run.running or run.status not in ("RUNNING", "STOPPING"):
            return
        run.status = "STOPPED" if run.status == "STOPPING" else "COMPLETED"
        run.completed = self._world.clock.now()


def _met(condition: Mapping[str, Any], run: WorkflowRun) -> bool:
    if condition.get("CrawlerName"):
        states = [one.state for one in run.crawls if one.crawler == condition["CrawlerName"]]
        return states[-1:] == [condition.get("CrawlState")]
    runs = [one for one in run.jobs if one.name == condition.get("JobName") and not one.active]
    return [one.state for one in runs[-1:]] == [condition.get("State")]


def _due(expression: str, since: datetime, now: datetime) -> bool:
    following = parse_schedule(expression, since).next(since)
    return following is not None and following <= now


def _is(condition: Mapping[str, Any], kind: str, name: str, state: str) -> bool:
    return condition.get(kind) == name and state in (condition.get("State"), condition.get("CrawlState"))


def _waiting(moto: Moto, workflow: str) -> list[Mapping[str, Any]]:
    """Activated conditional triggers of a workflow, or of none."""
    return [
        one
        for one in _triggers(moto)
        if one["Type"] == "CONDITIONAL"
        and one.get("State") == "ACTIVATED"
        and (one.get("WorkflowName") or "") == workflow
    ]


def _unless_running(start: Callable[[], object]) -> None:
    """What runs already is not started a second time."""
    try:
        start()
    except Fault as fault:
        if fault.code not in ("ConcurrentRunsExceededException", "CrawlerRunningException"):
            raise


def _triggers(moto: Moto) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = moto.call("glue", "GetTriggers")["Triggers"]
    return found
