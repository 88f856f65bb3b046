"""`lakewright demo SCENARIO`: one of the scenarios on a lake that is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from lakewright.cli.governed import audit_log, lake_sources, reach_of
from lakewright.cli.output import Invocation, Report, Screen
from lakewright.cli.workspace import Workspace
from lakewright.errors import ProblemError
from lakewright.governance import identities, policy_of
from lakewright.models import dialect
from lakewright.query.athena.sql import MACROS
from lakewright.query.governed import Governor
from lakewright.rehearse.scenarios import SCENARIOS, Stage, Step, Told

ROWS_SHOWN = 12
NEEDED = ("changes.core_order", "silver.customer", "silver.order", "gold.fact_order", "gold.revenue_metrics")


def play(invocation: Invocation, name: str) -> Report:
    """Raises ProblemError LW811 when the folder holds no such lake, and what the scenario raises."""
    if not (invocation.folder / "platform.yaml").exists():
        raise _no_lake(invocation.folder, name)
    with _stage(invocation, name) as stage:
        told = SCENARIOS[name].tell(stage)
    data = {"scenario": name, **asdict(told)}
    return Report(data, lambda screen: show(told, screen), told.ok)


@contextmanager
def _stage(invocation: Invocation, name: str) -> Iterator[Stage]:
    project = invocation.local_project()
    workspace = Workspace(project)
    lake = workspace.lake()
    if not set(NEEDED) <= set(lake.names()):
        raise _no_lake(invocation.folder, name)
    policy = policy_of(project)
    governor = Governor(
        lake_sources(workspace, workspace.models),
        lambda: policy,
        audit_log(workspace),
        reach=reach_of(project.lake_uri),
        preludes=(MACROS, dialect.MACROS),
        ahead=1,
    )
    try:
        yield Stage(governor, identities(project.platform.access, policy), lake)
    finally:
        governor.close()


def _no_lake(folder: Path, name: str) -> ProblemError:
    hint = f"lakewright demo --keep shop-lake && lakewright demo {name} -C shop-lake"
    return ProblemError("LW811", f"there is no lake of the demo's shop in {folder}", hint=hint)


def show(told: Told, screen: Screen) -> None:
    """A scenario for people."""
    screen.line()
    screen.line(told.title, style="bold")
    for step in told.steps:
        screen.line()
        _show(step, screen)
    screen.line()
    for finding in told.findings:
        screen.line(
            f"{'shown' if finding.holds else 'NOT SHOWN'}: {finding.text}", style="green" if finding.holds else "red"
        )
    for command in told.next:
        screen.line(f"next: {command}", style="dim")


def _show(step: Step, screen: Screen) -> None:
    screen.line(f"{step.title}:")
    if step.sql:
        screen.line(f"  {step.who}> {step.sql}", style="dim")
    if step.error:
        screen.line(f"  refused: {step.error}")
        return
    screen.table(list(step.columns), [list(row) for row in step.rows[:ROWS_SHOWN]])
    rest = len(step.rows) - ROWS_SHOWN
    counts = [f"{len(step.rows):,} rows, {rest:,} not shown"] if rest > 0 else []
    counts += [f"{step.seconds:.2f} s"] if step.seconds is not None else []
    counts += [f"{step.scanned_bytes:,} bytes scanned"] if step.scanned_bytes is not None else []
    if counts:
        screen.line(f"({'; '.join(counts)})", style="dim")
