"""`lakewright run`: bring models up to date with Bronze."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.pipeline import RunReport

EXAMPLE = """lakewright run
lakewright run gold.revenue_metrics+ --full-refresh
lakewright run silver.event --from 2026-11-01 --to 2026-11-08"""


@verb("run", example=EXAMPLE)
@click.argument("models", nargs=-1)
@click.option("--full-refresh", is_flag=True, help="Compute from scratch instead of what changed.")
@click.option("--from", "start", metavar="TIME", help="Compute rows again whose time column is not before this (UTC).")
@click.option("--to", "end", metavar="TIME", help="… and before this. [default: now]")
@click.option("--upto", metavar="LSN", help="Read Bronze no further than this position, `16/B374D848` or a number.")
@click.option("--replay", is_flag=True, help="Compute rows in quarantine again, after a fix.")
def command(
    invocation: Invocation,
    models: tuple[str, ...],
    full_refresh: bool,
    start: str | None,
    end: str | None,
    upto: str | None,
    replay: bool,
) -> Report:
    """Bring models up to date with Bronze: only what changed is computed.

    MODELS are names or patterns: `silver.order`, `gold.*`, `tag:finance`, `+gold.x` with what it reads, `silver.y+`
    with what reads it. Exit code 1 when a model failed; the others are done all the same.
    """
    from lakewright.cli.grants import keep_grants
    from lakewright.cli.progress import observed
    from lakewright.cli.selectors import select
    from lakewright.cli.workspace import Workspace
    from lakewright.pipeline import Request

    if full_refresh and start is not None:
        hint = "leave --full-refresh out; a model without a time_column can only be computed as a whole"
        raise SpecError("LW900", "--full-refresh computes all rows, so it takes no --from", hint=hint)
    workspace = Workspace(invocation.local_project())
    request = Request(
        models=select(workspace.models, models) if models else None,
        refresh=full_refresh,
        span=span(start, end),
        replay=replay,
        upto=None if upto is None else position(upto),
    )
    with observed(invocation, workspace.project, "pipeline") as observe, workspace.pipeline(observe) as pipeline:
        report = pipeline.cycle(request)
    keep_grants(workspace, workspace.states())
    return as_report(report)


def as_report(report: RunReport, *more: RunReport) -> Report:
    """What a run, or several in a row, did, for people and for scripts."""
    if more:
        models = tuple(model for one in (report, *more) for model in one.models)
        seconds = report.seconds + sum(one.seconds for one in more)
        report = replace(more[-1], models=models, seconds=seconds, started=report.started)
    return Report(report.as_dict(), lambda screen: show(screen, report), ok=report.ok, problems=problems(report))


def problems(report: RunReport) -> list[LakewrightError]:
    """One error per model that failed or was skipped."""
    found: list[LakewrightError] = []
    for model in report.models:
        if model.error:
            found.append(ProblemError("LW704", model.error, place=model.name, hint="the other models are not affected"))
        elif model.action == "skipped":
            found.append(ProblemError("LW705", f"not run: {model.reason}", place=model.name))
    return found


def show(screen: Screen, report: RunReport) -> None:
    """A line per model that did something, then the sums."""
    quiet = [model for model in report.models if model.action == "unchanged" and not model.error]
    rows = [
        (m.name, m.action, m.inserted, m.updated, m.deleted, m.quarantined, sum(m.warned.values()), m.seconds, m.reason)
        for m in report.models
        if m not in quiet
    ]
    if rows:
        columns = ["model", "", "inserted", "updated", "deleted", "quarantined", "warned", "seconds", "why"]
        screen.table(columns, rows)
    quality = "" if report.quality is None else f", quality {report.quality:.2f} %"
    text = f"{len(report.models)} models in {report.seconds:.2f} s, {len(quiet)} without change{quality}"
    screen.line(text, style="bold")


def span(start: str | None, end: str | None) -> tuple[datetime, datetime] | None:
    """The time range that --from and --to mean."""
    from lakewright.query.session import moment

    if start is None:
        if end is not None:
            raise SpecError("LW900", "--to needs --from", hint="--from 2026-11-01 --to 2026-11-08")
        return None
    first, last = moment(start), moment(end) if end else datetime.now(UTC)
    if first >= last:
        raise SpecError("LW900", "--from must be before --to")
    return first, last


def position(text: str) -> int:
    """A position from an LSN or a number."""
    from lakewright.ingest.sources.postgres.slot import lsn_number

    if text.isdigit():
        return int(text)
    try:
        return lsn_number(text)
    except ValueError:
        raise SpecError("LW900", f'"{text}" is no position', hint="16/B374D848, or a number") from None
