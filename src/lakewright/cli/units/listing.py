"""`lakewright units list`."""

from __future__ import annotations

from typing import Any

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.cli.units.kept import book_of, declared_workspaces


@verb("list", example="lakewright units list\nlakewright units list --json")
def command(invocation: Invocation) -> Report:
    """Show every unit with its workspaces, its owner, and how many subnets are reserved for each workspace.

    A workspace that is leaving is destroyed; `units remove` gives its subnets back.
    """
    project = invocation.project()
    book = book_of(project)
    units = {*project.platform.units, *(binding["unit"] for binding in book.workspaces.values())}
    rows: list[dict[str, Any]] = []
    for name in sorted(units):
        unit = project.platform.units.get(name)
        for workspace in sorted({*declared_workspaces(project, name), *book.of_unit(name)}):
            kept = workspace in book.workspaces
            rows.append({
                "unit": name,
                "workspace": workspace,
                "owner": unit.owner if unit else "",
                "reads": list(unit.reads) if unit else [],
                "declared": workspace in declared_workspaces(project, name),
                "leaving": book.workspaces[workspace].get("leaving", "") if kept else "",
                "subnets": book.places_of(workspace) if kept else {},
            })  # fmt: skip

    def show(screen: Screen) -> None:
        columns = ["unit", "workspace", "owner", "reads", "subnets", "state"]
        screen.table(columns, [_cells(row) for row in rows])

    return Report({"workspaces": rows}, show)


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    state = f"leaving since {row['leaving']}" if row["leaving"] else "declared" if row["declared"] else "not declared"
    reads = ", ".join(row["reads"]) or "-"
    return row["unit"], row["workspace"], row["owner"] or "-", reads, len(row["subnets"]), state
