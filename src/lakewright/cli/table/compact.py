"""`lakewright table compact`: few large files instead of many small ones."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import SpecError

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace
    from lakewright.pipeline.compact import Compacted

KEPT_DAYS = 7


@verb("compact", example="lakewright table compact silver.order\nlakewright table compact --all --keep 30d")
@click.argument("tables", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All tables of models.")
@click.option("--keep", metavar="DAYS", help=f"How long versions stay readable. [default: spec, else {KEPT_DAYS}d]")
def command(invocation: Invocation, tables: tuple[str, ...], everything: bool, keep: str | None) -> Report:
    """Fold small files together, remove unneeded ones, in tables of models. No row changes.

    TABLES are those of silver, gold and quarantine; Bronze is compacted by ingest itself.
    """
    from lakewright.cli.workspace import Workspace
    from lakewright.engines import open_engine
    from lakewright.pipeline.compact import compact
    from lakewright.pipeline.locks import TableLocks
    from lakewright.query.lake import TABLE_LAYERS

    if everything == bool(tables):
        raise SpecError("LW900", "name tables, or --all", hint="lakewright table compact silver.order")
    workspace = Workspace(invocation.local_project())
    lake = workspace.lake()
    names = list(tables)
    if everything:
        names = [name for name in lake.names() if name.partition(".")[0] in TABLE_LAYERS and lake.view(name) is None]
    locks = TableLocks(workspace.project.state_dir / "locks")
    engine = open_engine()
    try:
        done = [compact(engine, lake.table(name), locks, _keep(workspace, name, keep)) for name in names]
    finally:
        engine.close()
    return Report({"tables": [asdict(one) for one in done]}, lambda screen: _show(screen, done))


def _keep(workspace: Workspace, name: str, keep: str | None) -> timedelta:
    if keep is not None:
        if re.fullmatch(r"[0-9]+d", keep) is None:
            raise SpecError("LW900", f'--keep takes days, not "{keep}"', hint="--keep 30d")
        return timedelta(days=int(keep[:-1]))
    lake = workspace.project.platform.lake
    layer = {"silver": lake.silver, "gold": lake.gold}.get(name.partition(".")[0], lake.silver)
    return timedelta(days=layer.keep.history or KEPT_DAYS)


def _show(screen: Screen, done: list[Compacted]) -> None:
    rows = [(one.name, f"v{one.version}", one.files_before, one.files_after, one.vacuumed) for one in done]
    screen.table(["table", "version", "files before", "after", "removed for good"], rows)
