"""`lakewright table lineage`: where a table's columns come from, and where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import SpecError

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace

Edges = list[tuple[str, list[str], list[str]]]


EXAMPLE = "lakewright table lineage gold.revenue_metrics\nlakewright table lineage bronze.core_order.total"


@verb("lineage", example=EXAMPLE)
@click.argument("table", metavar="TABLE[.COLUMN]")
def command(invocation: Invocation, table: str) -> Report:
    """Show where each column of a table comes from, down to the source, and which columns it feeds."""
    from lakewright.cli.workspace import Workspace
    from lakewright.models.lineage import column_lineage

    workspace = Workspace(invocation.local_project())
    schemas = workspace.bronze_schemas()
    lineage = column_lineage(workspace.models, schemas)
    name, columns = _columns(workspace, schemas, table)
    found: Edges = []
    for column in columns:
        up = sorted(f"{t}.{c}" for t, c in lineage.sources((name, column)))
        down = sorted(f"{t}.{c}" for t, c in lineage.downstream((name, column)))
        found.append((column, up, down))
    model = workspace.models.get(name)
    reads = list(model.inputs) if model else []
    feeds = sorted(workspace.models.downstream(name))
    data = {
        "table": name,
        "reads": reads,
        "feeds": feeds,
        "columns": {column: {"from": up, "feeds": down} for column, up, down in found},
    }
    return Report(data, lambda screen: _show(screen, name, reads, feeds, found))


def _columns(workspace: Workspace, schemas: dict[str, dict[str, str]], name: str) -> tuple[str, list[str]]:
    """The table and the columns meant by `layer.table` or `layer.table.column`."""
    from lakewright.spec.layers import did_you_mean

    known = schemas | {model.name: dict(model.schema) for model in workspace.models.values()}
    table, _, column = name.rpartition(".")
    if name in known:
        return name, list(known[name])
    if table in known:
        if column in known[table]:
            return table, [column]
        raise SpecError("LW911", f"{table} has no column {column}", hint=did_you_mean(column, known[table]))
    hint = did_you_mean(name, known, "`lakewright status` lists the tables")
    raise SpecError("LW911", f"there is no table {name}", hint=hint)


def _show(screen: Screen, name: str, reads: list[str], feeds: list[str], found: Edges) -> None:
    screen.line(f"{name} reads {', '.join(reads) or 'the source'}; feeds {', '.join(feeds) or 'nothing'}")
    rows = [(column, ", ".join(up) or "-", ", ".join(down) or "-") for column, up, down in found]
    screen.table(["column", "comes from", "feeds"], rows)
