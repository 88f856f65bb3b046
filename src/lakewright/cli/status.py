"""`lakewright status`: how far everything is, and what stands still."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import ProblemError

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.status import IngestStatus
    from lakewright.tables import Table

RUNS_SHOWN = 5
STOPPED_HINTS = {
    "": "lakewright ingest resume {0} accepts it, ingest resnapshot {0} loads it anew",
    "gone": "lakewright ingest resume {0} accepts it; what Bronze has of it stays",
    "refused": "it joins by itself when that is done; or leave it out of the selection",
}


@dataclass(frozen=True)
class ModelStatus:
    """A model's table. `unread` are the inputs, direct or further up, whose newest rows are not in it yet.

    `lag_seconds` is how old the source's state is that the table shows, None when that cannot be known.
    """

    name: str
    version: int | None
    at: datetime | None
    run: str
    unread: tuple[str, ...]
    lag_seconds: float | None
    quarantined: int
    last: str
    error: str


@verb("status", example="lakewright status\nlakewright status --json")
@click.argument("environment", metavar="[ENV]", required=False)
def command(invocation: Invocation, environment: str | None) -> Report:
    """Show how far replication and models are: lag, freshness, last runs, quality, retained WAL.

    Exit code 1 when something needs a person: a stopped table, a failed model, an unreachable source.
    """
    from lakewright.bronze.manifest import Manifest
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.status import foreign_status, read_status

    invocation.env = environment or invocation.env
    workspace = Workspace(invocation.local_project())
    sources = [
        read_status(workspace.ingest_settings(name), workspace.storage, manifest)
        if isinstance(manifest, Manifest)
        else foreign_status(manifest.load(), "replicated by DMS")
        for name, manifest in workspace.manifests.items()
    ]
    runs = list(last_runs(workspace.project.state_dir / "runs"))
    models = model_statuses(workspace, sources, runs)
    problems = [*_source_problems(sources), *_model_problems(models)]
    data = {
        "sources": [_source(status) for status in sources],
        "models": [asdict(model) for model in models],
        "runs": [_run(run) for run in runs[:RUNS_SHOWN]],
    }
    return Report(data, lambda screen: show(screen, sources, models, runs), ok=not problems, problems=problems)


def last_runs(folder: Path) -> Iterator[dict[str, Any]]:
    """Runs that changed or broke something, newest first, from the pipeline's history."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        for line in reversed(path.read_text(encoding="utf-8").splitlines()):
            try:
                yield json.loads(line)
            except ValueError:
                continue  # cut off by a crash


def model_statuses(
    workspace: Workspace, sources: Sequence[IngestStatus], runs: Sequence[Mapping[str, Any]]
) -> list[ModelStatus]:
    """One per model that has a table of its own, in the order of the graph."""
    from lakewright.tables import open_table

    latest = _latest(runs)
    newest = _newest_changes(workspace)
    lag = max((status.lag_seconds for status in sources if status.lag_seconds is not None), default=None)
    found: dict[str, ModelStatus] = {}
    for model in workspace.models.order():
        if model.kind == "view":
            continue
        table = open_table(workspace.storage, model.name)
        last = latest.get(model.name, {})
        if not table.exists():
            error = str(last.get("error", ""))
            found[model.name] = ModelStatus(model.name, None, None, "", model.inputs, None, 0, "", error)
            continue
        commit = table.history(1)[0]
        unread = tuple(dict.fromkeys(_unread(model.inputs, table, newest, found)))
        newest[model.name] = table.version()
        found[model.name] = ModelStatus(
            name=model.name,
            version=table.version(),
            at=commit.at,
            run=commit.metadata.get("lakewright.run", ""),
            unread=unread,
            lag_seconds=lag if not unread else round((datetime.now(UTC) - commit.at).total_seconds(), 1),
            quarantined=int(last.get("quarantined", 0)),
            last=str(last.get("action", "")),
            error=str(last.get("error", "")),
        )
    return list(found.values())


def _newest_changes(workspace: Workspace) -> dict[str, int]:
    """Bronze table, and its change log → the LSN of its newest change."""
    return {
        name: max((file.max_lsn for file in table.current if file.kind != "load"), default=-1)
        for state in workspace.states()
        for table in state.tables.values()
        for name in (table.sql_name, table.log_name)
    }


def _unread(
    inputs: Sequence[str], table: Table, newest: Mapping[str, int], above: Mapping[str, ModelStatus]
) -> Iterator[str]:
    """A Bronze mark is the position read up to, a table's mark the version that was read."""
    for name in inputs:
        read = table.transaction(f"lakewright/{name}")
        last = newest.get(name, -1)
        if read is None or (read <= last if name.startswith(("bronze.", "changes.")) else read < last):
            yield name
        if name in above:
            yield from above[name].unread


def _latest(runs: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Each model's part of the newest run that did something with it."""
    latest: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        for model in run["models"]:
            if model["action"] != "unchanged" or model["error"]:
                latest.setdefault(model["name"], model)
    return latest


def _source(status: IngestStatus) -> dict[str, Any]:
    from lakewright.ingest.sources.postgres.slot import lsn_text

    plain = asdict(replace(status, slot_problem=None))
    trouble = status.slot_problem.as_dict() if status.slot_problem else None
    return plain | {"position_lsn": lsn_text(status.position), "slot_problem": trouble}


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    models = run["models"]
    return {
        "run": run["run"],
        "started": run["started"],
        "seconds": run["seconds"],
        "ok": run["ok"],
        "quality": run["quality"],
        "changed": sum(bool(m["inserted"] or m["updated"] or m["deleted"]) for m in models),
        "quarantined": sum(m["quarantined"] for m in models),
        "failed": [m["name"] for m in models if m["error"]],
    }


def _source_problems(sources: Sequence[IngestStatus]) -> Iterator[ProblemError]:
    for status in sources:
        if status.problem:
            yield ProblemError("LW351", status.problem, place=status.source)
        for table in status.tables:
            if table.status == "stopped" and table.left != "accepted":
                hint = STOPPED_HINTS[table.left].format(table.name)
                yield ProblemError("LW334", table.reason or "stopped", place=f"bronze.{table.name}", hint=hint)
        if (lost := status.slot_problem) is not None:
            yield ProblemError(lost.code, lost.fact, place=status.source, hint=lost.hint)


def _model_problems(models: Sequence[ModelStatus]) -> Iterator[ProblemError]:
    for model in models:
        if model.error:
            yield ProblemError("LW704", model.error, place=model.name, hint=f"lakewright run {model.name}")


def show(
    screen: Screen, sources: Sequence[IngestStatus], models: Sequence[ModelStatus], runs: Sequence[Mapping[str, Any]]
) -> None:
    """Sources, Bronze tables, models, runs."""
    for status in sources:
        _show_source(screen, status)
    rows = [
        (m.name, "-" if m.version is None else f"v{m.version}", ago(m.at), _freshness(m), m.quarantined, m.last or "-")
        for m in models
    ]
    if rows:
        screen.table(["model", "version", "changed", "behind", "quarantined", "last"], rows)
    if runs:
        names = ("run", "started", "seconds", "changed", "quarantined", "quality", "ok")
        short = [_run(run) for run in runs[:RUNS_SHOWN]]
        short = [run | {"started": ago(datetime.fromisoformat(run["started"]))} for run in short]
        screen.table(names, [[run[name] for name in names] for run in short])


def _show_source(screen: Screen, status: IngestStatus) -> None:
    from lakewright.ingest.sources.postgres.slot import lsn_text

    ingester = "paused" if status.paused else status.running or "no ingester runs"
    lag = "unknown" if status.lag_bytes is None else f"{size(status.lag_bytes)}, {status.lag_seconds:g} s"
    wal = size(status.slot.retained) if status.slot else ("unknown" if status.problem else "no slot of ours")
    reached = f"position {lsn_text(status.position)}, lag {lag}" if status.position else "nothing ingested yet"
    screen.line(f"source {status.source}: {reached}, retained WAL {wal}, {ingester}", style="bold")
    rows = [
        (
            table.name,
            table.status + (f" {table.loaded}/{table.chunks}" if table.chunks else ""),
            table.rows,
            table.files,
            size(table.bytes),
            table.schema_version,
            table.reason or "-",
        )
        for table in status.tables
    ]
    if rows:
        screen.table(["bronze", "status", "rows", "files", "size", "schema", "note"], rows)


def _freshness(model: ModelStatus) -> str:
    if model.version is None:
        return "not made yet"
    lag = "" if model.lag_seconds is None else f"{model.lag_seconds:g} s"
    return f"{lag}, waits for {', '.join(model.unread)}" if model.unread else lag or "-"


def size(number: int) -> str:
    """Bytes as people read them."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def ago(moment: datetime | None) -> str:
    """How long ago."""
    if moment is None:
        return "-"
    seconds = max((datetime.now(UTC) - moment).total_seconds(), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
