"""`lakewright table history`: a table's versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace


@verb("history", example="lakewright table history silver.order\nlakewright table history bronze.core_order --json")
@click.argument("table")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest versions."
)
def command(invocation: Invocation, table: str, limit: int) -> Report:
    """Show a table's versions: newest first, with what made each.

    A Bronze table's versions are those of its schema.
    """
    from lakewright.cli.workspace import Workspace

    workspace = Workspace(invocation.local_project())
    if table.startswith("bronze."):
        return _bronze(workspace, table)
    versions = [
        {
            "version": commit.version,
            "at": commit.at,
            "operation": commit.operation,
            "run": commit.metadata.get("lakewright.run"),
            "positions": {
                key.removeprefix("lakewright.position."): int(value)
                for key, value in commit.metadata.items()
                if key.startswith("lakewright.position.")
            },
        }
        for commit in workspace.lake().table(table).history(limit)
    ]

    def show(screen: Screen) -> None:
        columns = ["version", "at (UTC)", "operation", "run", "positions"]
        screen.table(columns, [_row(one) for one in versions], title=table)

    return Report({"table": table, "versions": versions}, show)


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    at = f"{one['at']:%Y-%m-%d %H:%M:%S}"
    return str(one["version"]), at, one["operation"], one["run"] or "-", _text(one["positions"])


def _text(positions: Any) -> str:
    return ", ".join(f"{source} {position}" for source, position in positions.items()) or "-"


def _bronze(workspace: Workspace, name: str) -> Report:
    found = workspace.bronze(name)
    versions: list[dict[str, Any]] = [
        {
            "schema_version": schema.version,
            "columns": {column.name: column.type for column in schema.columns if not column.dropped},
            "dropped": [column.name for column in schema.columns if column.dropped],
            "files": sum(file.schema_version == schema.version for file in found.current),
            "rows": sum(file.rows for file in found.current if file.schema_version == schema.version),
        }
        for schema in reversed(found.schemas)
    ]

    def show(screen: Screen) -> None:
        rows = [
            (str(v["schema_version"]), len(v["columns"]), ", ".join(v["dropped"]) or "-", v["files"], v["rows"])
            for v in versions
        ]
        title = f"{name}, generation {found.generation}"
        screen.table(["schema", "columns", "dropped", "files", "rows"], rows, title=title)

    data = {"table": name, "generation": found.generation, "snapshot_lsn": found.snapshot_lsn, "versions": versions}
    return Report(data, show)
