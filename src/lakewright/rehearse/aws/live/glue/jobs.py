"""StartJobRun and what follows: the script that was uploaded runs with the rights of the job's role."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.glue.packages import Packages
from lakewright.rehearse.aws.live.glue.process import Limits, environment, glue_arguments, run_script
from lakewright.rehearse.aws.live.glue.records import (
    ENDED,
    FAILED,
    STOPPED,
    SUCCEEDED,
    TIMEOUT,
    Cause,
    JobRun,
    attempt_id,
    run_id,
)
from lakewright.rehearse.aws.live.metric_store import Metric
from lakewright.rehearse.aws.live.roles import buckets_of
from lakewright.rehearse.aws.live.world import Work, World

DEFAULT_MINUTES = 480
GIGABYTE = 2**30
KINDS = ("glueetl", "pythonshell")
Ended = Callable[[JobRun], object]


@dataclass(frozen=True)
class Kept:
    """A job's bookmark: what Glue keeps of its runs. Ours keep their positions in the tables' own commits."""

    version: int = 0
    run: int = 0
    attempt: int = 0
    run_id: str = ""
    previous: str = ""


class Jobs:
    """All runs of all jobs. `on_end` is told of every run that is over for good: retries are its own affair."""

    def __init__(self, world: World, work: Work) -> None:
        self._world, self._work = world, work
        self._packages = Packages(world.folder / "packages")
        self._runs: dict[tuple[str, str], list[JobRun]] = {}
        self._stops: dict[str, threading.Event] = {}
        self._bookmarks: dict[tuple[str, str], Kept] = {}
        self._lock = threading.Lock()
        self._listeners: list[Ended] = []
        self._retried: list[Ended] = []

    def on_end(self, listener: Ended) -> None:
        self._listeners.append(listener)

    def on_retry(self, listener: Ended) -> None:
        """`listener` is told of every further attempt, before it starts."""
        self._retried.append(listener)

    def close(self) -> None:
        for stop in list(self._stops.values()):
            stop.set()

    def runs(self, moto: Moto, job: str) -> list[JobRun]:
        """Oldest first."""
        with self._lock:
            return list(self._runs.get((moto.account, job), ()))

    def find(self, moto: Moto, job: str, run: str) -> JobRun:
        """Raises Fault EntityNotFoundException."""
        found = next((one for one in self.runs(moto, job) if one.id == run), None)
        if found is None:
            raise Fault("EntityNotFoundException", f"Job run {run} of {job} is not found")
        return found

    def kept(self) -> dict[str, Any]:
        """As `Remembering`: runs and bookmarks."""
        with self._lock:
            runs = [asdict(run) for runs in self._runs.values() for run in runs]
        return {"runs": runs, "bookmarks": [[*key, asdict(kept)] for key, kept in self._bookmarks.items()]}

    def recall(self, found: Mapping[str, Any]) -> None:
        with self._lock:
            for one in found["runs"]:
                run = JobRun(**{**one, "cause": Cause(**one["cause"])})
                if run.active:
                    run.state, run.error = STOPPED, ENDED
                self._runs.setdefault((run.account, run.name), []).append(run)
            for account, job, kept in found["bookmarks"]:
                self._bookmarks[account, job] = Kept(**kept)

    def bookmark(self, moto: Moto, job: str) -> Kept | None:
        return self._bookmarks.get((moto.account, job))

    def reset_bookmark(self, moto: Moto, job: str) -> Kept:
        """Raises Fault EntityNotFoundException when there is none."""
        found = self.bookmark(moto, job)
        if found is None:
            raise Fault("EntityNotFoundException", f"Continuation for job {job} not found")
        fresh = Kept(version=found.version + 1)
        self._bookmarks[moto.account, job] = fresh
        return fresh

    def start(
        self,
        moto: Moto,
        name: str,
        given: Mapping[str, Any] = {},
        cause: Cause = Cause(),  # noqa: B008
    ) -> JobRun:
        """`given`: StartJobRun's Arguments, Timeout. Raises Fault: no such job, too many of its runs."""
        job = moto.call("glue", "GetJob", JobName=name)["Job"]
        timeout = int(given.get("Timeout") or job.get("Timeout") or DEFAULT_MINUTES)
        arguments = {str(key): str(value) for key, value in (given.get("Arguments") or {}).items()}
        run = JobRun(run_id(), job, arguments, self._world.clock.now(), timeout, moto.account, cause=cause)
        most = int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
        with self._lock:
            runs = self._runs.setdefault((moto.account, name), [])
            if sum(one.active for one in runs) >= most:
                raise Fault("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
            runs.append(run)
        self._go(run, moto)
        return run

    def stop(self, run: JobRun) -> None:
        """Raises Fault when it is over already."""
        if not run.active:
            raise Fault("InvalidInputException", f"{run.id} is {run.state}")
        run.state = "STOPPING"
        self._stops[run.id].set()

    def _go(self, run: JobRun, moto: Moto) -> None:
        self._stops[run.id] = threading.Event()
        self._work.start(f"glue-{run.name}", lambda: self._run(run, moto))

    def _run(self, run: JobRun, moto: Moto) -> None:
        try:
            state, error = self._attempt(run, moto)
        except Exception as broken:  # the end of the thread: a run that breaks says so
            state, error = FAILED, f"{type(broken).__name__}: {broken}"
        now = self._world.clock.now()
        run.seconds = int((now - run.started).total_seconds())
        run.completed, run.error = now, error
        self._stops.pop(run.id, None)
        self._measure(run, moto)
        if state == FAILED and run.attempt < int(run.job.get("MaxRetries") or 0):
            again = JobRun(
                attempt_id(run.id, run.attempt + 1),
                run.job,
                run.arguments,
                now,
                run.timeout,
                run.account,
                run.attempt + 1,
                run.id,
                run.cause,
            )
            with self._lock:
                self._runs[moto.account, run.name].append(again)
            for listener in self._retried:
                listener(again)
            run.state = state
            self._go(again, moto)
            return
        run.state = state
        for listener in self._listeners:
            listener(run)

    def _attempt(self, run: JobRun, moto: Moto) -> tuple[str, str]:
        """One attempt's state at its end, and why."""
        role = str(run.job["Role"])
        command = run.job.get("Command") or {}
        if command.get("Name") not in KINDS:
            return FAILED, f"the command {command.get('Name')} is not played: {', '.join(KINDS)} are"
        with tempfile.TemporaryDirectory(prefix="lakewright-glue-") as made:
            folder = Path(made)
            try:
                script = self._fetch(str(command["ScriptLocation"]), role, folder)
                paths = self._modules(self._all_arguments(run), role, folder)
                env = self._environment(run, role, moto, folder, paths)
            except ClientError as error:
                return FAILED, f"LAUNCH ERROR | as {role}: {error.response['Error']['Message']}"
            except Fault as fault:
                return FAILED, f"LAUNCH ERROR | {fault.message}"
            if run.state == "STARTING":
                run.state = "RUNNING"
            return self._process(run, moto, script, env)

    def _process(self, run: JobRun, moto: Moto, script: Path, env: Mapping[str, str]) -> tuple[str, str]:
        limit = run.started + timedelta(minutes=run.timeout)
        stop = self._stops[run.id]
        limits = Limits(run.gigabytes * GIGABYTE, lambda: self._world.clock.now() >= limit, stop.is_set)
        arguments = self._all_arguments(run)
        group = arguments.get("--continuous-log-logGroup", "")

        def tell(stream: str, lines: list[str]) -> None:
            self._world.log(moto, f"/aws-glue/jobs/{stream}", run.id, lines, make=True)
            if group:
                self._world.log(moto, group, run.id, lines)

        ended = run_script(script, glue_arguments(arguments), env, limits, tell)
        if ended.over_time:
            return TIMEOUT, f"Job run exceeded its timeout of {run.timeout} minutes"
        if ended.stopped:
            return STOPPED, ""
        if ended.code:
            return FAILED, f"exit code {ended.code}: " + " | ".join(ended.last[-3:])
        self._remember(run, moto)
        return SUCCEEDED, ""

    def _all_arguments(self, run: JobRun) -> dict[str, str]:
        defaults = {str(key): str(value) for key, value in (run.job.get("DefaultArguments") or {}).items()}
        fixed = {str(key): str(value) for key, value in (run.job.get("NonOverridableArguments") or {}).items()}
        named = {"--JOB_NAME": run.name, "--JOB_ID": f"j_{run.name}", "--JOB_RUN_ID": run.id}
        return {**named, **defaults, **run.arguments, **fixed}

    def _modules(self, arguments: Mapping[str, str], role: str, folder: Path) -> list[Path]:
        """What the interpreter is to find modules in; packages by name are this environment's own."""
        files = [self._fetch(one, role, folder) for one in _on_s3(arguments.get("--extra-py-files", ""))]
        packages = [self._fetch(one, role, folder) for one in _on_s3(arguments.get("--additional-python-modules", ""))]
        return files + [self._packages.installed(one) for one in packages]

    def _fetch(self, uri: str, role: str, folder: Path) -> Path:
        """An object as a file, read with the job's own role."""
        parts = urlsplit(uri)
        target = folder / Path(parts.path).name
        answer = self._world.aws.client("s3", role=role).get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
        target.write_bytes(answer["Body"].read())
        return target

    def _environment(self, run: JobRun, role: str, moto: Moto, folder: Path, paths: list[Path]) -> dict[str, str]:
        aws = self._world.aws
        visible = buckets_of(role, moto, [bucket.name for bucket in aws.store.buckets()])
        more = {
            **aws.environment(credentials=aws.credentials_of(role, run.name[:60])),
            "LAKEWRIGHT_BUCKETS": json.dumps({name: str(aws.store.folder(name)) for name in visible}),
            "GLUE_PYTHON_VERSION": "3",
        }
        if paths:
            more["PYTHONPATH"] = ":".join(str(path) for path in paths)
        return environment(folder, more)

    def _remember(self, run: JobRun, moto: Moto) -> None:
        if self._all_arguments(run).get("--job-bookmark-option") != "job-bookmark-enable":
            return
        before = self.bookmark(moto, run.name) or Kept()
        after = Kept(before.version + 1, before.run + 1, run.attempt, run.id, before.run_id)
        self._bookmarks[moto.account, run.name] = after

    def _measure(self, run: JobRun, moto: Moto) -> None:
        """Glue's own metrics of a run that ended."""
        at = self._world.clock.seconds()
        dimensions = [{"Name": "JobName", "Value": run.name}, {"Name": "JobRunId", "Value": "ALL"}]
        dimensions.append({"Name": "Type", "Value": "count"})
        ok = run.state == SUCCEEDED
        figures = {
            "glue.driver.aggregate.numCompletedTasks": float(ok),
            "glue.driver.aggregate.numFailedTasks": float(not ok),
            "glue.driver.aggregate.elapsedTime": run.seconds * 1000.0,
        }
        for name, value in figures.items():
            self._world.metrics.put(moto.account, Metric.of("Glue", name, dimensions), value, at)


def _on_s3(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip().startswith("s3://")]
