"""`lakewright table backfill`: a table computed again, for a time range or whole."""

from __future__ import annotations

import click

from lakewright.cli.output import Invocation, Report, verb


@verb("backfill", example="lakewright table backfill gold.revenue_metrics --from 2026-10-01 --to 2026-11-01")
@click.argument("table")
@click.option("--from", "start", metavar="TIME", help="Rows whose time column is not before this. [default: all rows]")
@click.option("--to", "end", metavar="TIME", help="… and before this. [default: now]")
@click.option("--downstream", is_flag=True, help="What reads it follows at once, not with the next run.")
def command(invocation: Invocation, table: str, start: str | None, end: str | None, downstream: bool) -> Report:
    """Compute a model's table again from its inputs, for a time range or whole.

    Needed after a fix outside of the model's own SQL, such as repaired rows in Bronze; `run` sees changed SQL itself.
    """
    from lakewright.cli.progress import observed
    from lakewright.cli.run import as_report, span
    from lakewright.cli.selectors import select
    from lakewright.cli.workspace import Workspace
    from lakewright.pipeline import Request

    workspace = Workspace(invocation.local_project())
    chosen = select(workspace.models, [table])
    times = span(start, end)
    with observed(invocation, workspace.project, "pipeline") as observe, workspace.pipeline(observe) as pipeline:
        report = pipeline.cycle(Request(models=chosen, refresh=times is None, span=times))
        if downstream and report.ok:
            behind = workspace.models.downstream(*chosen) - set(chosen)
            after = pipeline.cycle(Request(models=sorted(behind)))
            return as_report(report, after)
    return as_report(report)
