"""`lakewright up`: the development loop."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lakewright.cli.logs import new_lines
from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import ProblemError

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace
    from lakewright.pipeline import Pipeline, RunReport

POLL_SECONDS = 0.1
END_SECONDS = 60.0


@dataclass
class Tally:
    """What `up` did, for its last line."""

    cycles: int = 0
    changed: int = 0
    failed: set[str] = field(default_factory=set)
    positions: dict[str, int] = field(default_factory=dict)

    def add(self, report: RunReport) -> None:
        self.cycles += 1
        self.changed += report.changed
        self.failed = {model.name for model in report.models if model.error}
        self.positions = dict(report.positions)


@verb("up", example="lakewright up\nlakewright up --for 60 --json")
@click.option("--every", default=1.0, show_default=True, type=click.FloatRange(0), help="Seconds between two runs.")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="End after so many seconds.")
def command(invocation: Invocation, every: float, seconds: float | None) -> Report:
    """Replicate, run the models, and show what happens, until Ctrl-C: the development loop.

    Changed model files are taken up as they are saved. Everything ends cleanly, the ingester too.
    """
    from lakewright.cli.ingest import interruptible
    from lakewright.cli.progress import observed
    from lakewright.cli.workspace import Workspace

    workspace = Workspace(invocation.local_project())
    for name in list(workspace.project.platform.sources) or [workspace.source(None)]:
        workspace.ingest_settings(name)
        with workspace.connection(name):
            pass  # what is wrong with it is told before anything starts; later the ingester waits for its return
    screen = Screen(to_stderr=invocation.json)
    stop, tally = threading.Event(), Tally()
    deadline = time.monotonic() + seconds if seconds else None
    with ExitStack() as stack:
        stack.enter_context(interruptible(stop))
        observe = stack.enter_context(observed(invocation, workspace.project, "pipeline"))
        ingesters = stack.enter_context(replicating(workspace))
        threading.Thread(target=_warnings, args=(workspace, screen), daemon=True).start()
        name = workspace.project.platform.platform
        screen.line(f"{name}: replicating and running models; Ctrl-C ends it", style="bold")
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            with workspace.pipeline(observe, in_memory=True) as pipeline:
                _cycles(pipeline, workspace, ingesters, _Until(stop, deadline, every), tally, screen)
            workspace = Workspace(invocation.local_project())
    failed = sorted(tally.failed)
    data = {"cycles": tally.cycles, "changed": tally.changed, "positions": tally.positions, "failed": failed}
    return Report(data, lambda out: out.line(f"{tally.cycles} runs, {tally.changed} with changes"), ok=not failed)


@dataclass(frozen=True)
class _Until:
    stop: threading.Event
    deadline: float | None
    every: float

    def over(self) -> bool:
        return self.stop.is_set() or (self.deadline is not None and time.monotonic() >= self.deadline)


def _cycles(
    pipeline: Pipeline, workspace: Workspace, ingesters: Ingesters, until: _Until, tally: Tally, screen: Screen
) -> None:
    """Runs as long as the project's files stay as they are."""
    from lakewright.cli.grants import keep_grants

    written = _written(workspace)
    seen: tuple[int, ...] | None = None
    due = 0.0
    while not until.over():
        ingesters.check()
        versions = tuple(state.version for state in workspace.states())
        if any(versions) and versions != seen and time.monotonic() >= due:
            due = time.monotonic() + until.every
            report = pipeline.cycle()
            tally.add(report)
            _tell(screen, report)
            if seen is None:
                keep_grants(workspace, workspace.states())
            seen = versions
        else:
            until.stop.wait(POLL_SECONDS)
        if _written(workspace) != written:
            screen.line("files changed: read again", style="bold")
            return


def _written(workspace: Workspace) -> dict[str, int]:
    """When the spec's and the models' files were last written."""
    folders = workspace.project.model_folders
    paths = [path for folder in folders for path in folder.rglob("*.sql")]
    paths += workspace.project.root.glob("*.yaml")
    return {str(path): path.stat().st_mtime_ns for path in paths}


def _tell(screen: Screen, report: RunReport) -> None:
    at = f"{datetime.now(UTC):%H:%M:%S}"
    for model in report.models:
        if model.error:
            screen.line(f"{at}  {model.name}  {model.error}", style="red")
        elif model.changed or model.action in ("created", "rebuilt"):
            counts = f"+{model.inserted:,} ~{model.updated:,} -{model.deleted:,}"
            bad = f", {model.quarantined:,} in quarantine" if model.quarantined else ""
            screen.line(f"{at}  {model.name}  {model.action}  {counts}{bad}  {model.seconds:.2f} s")


def _warnings(workspace: Workspace, screen: Screen) -> None:
    """Shows what worries the ingester, from its log."""
    for line in new_lines(workspace.project.state_dir / "logs", time.sleep):
        if line.get("level") in ("warning", "error") and str(line.get("event", "")).startswith("ingest."):
            facts = ", ".join(f"{key} {line[key]}" for key in line if key not in ("at", "level", "event"))
            screen.line(f"{line['at'][11:19]}  {line['event']}  {facts}", style="yellow")


class Ingesters:
    """The ingesters, in a process of their own: their speed does not depend on the models'."""

    def __init__(self, process: subprocess.Popen[bytes], said: Callable[[], str]) -> None:
        self._process = process
        self._said = said

    def check(self) -> None:
        """Raises ProblemError LW904 with the ingester's own words when it has ended."""
        code = self._process.poll()
        if code is not None:
            words = self._said() or f"the ingester ended with code {code}"
            raise ProblemError("LW904", words, hint="`lakewright check` looks for the cause")


@contextmanager
def replicating(workspace: Workspace) -> Iterator[Ingesters]:
    """Runs `ingest follow` beside this process; it ends when this one does, however that happens."""
    folder = workspace.project.state_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ingest.err"
    command = [sys.executable, "-m", "lakewright", "ingest", "follow", "--until-eof", "-C", str(workspace.project.root)]
    with path.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        )
    try:
        yield Ingesters(process, lambda: path.read_text(encoding="utf-8", errors="replace").strip().replace("\n", "; "))
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
