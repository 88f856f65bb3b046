"""`lakewright table diff`: two versions of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.cli.sql import text_of
from lakewright.errors import SpecError

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace
    from lakewright.query.diff import Difference
    from lakewright.query.lake import Pin

EXAMPLE = """lakewright table diff silver.order
lakewright table diff gold.revenue_metrics --from 3 --to 7
lakewright table diff silver.customer --from "2026-11-20 08:00\""""


@verb("diff", example=EXAMPLE)
@click.argument("table")
@click.option("--from", "before", metavar="VERSION|TIME", help="Older state. [default: the version before --to]")
@click.option("--to", "after", metavar="VERSION|TIME", help="Newer state. [default: the newest]")
@click.option("--key", multiple=True, metavar="COLUMN", help="Columns that name a row. [default: the model's key]")
def command(invocation: Invocation, table: str, before: str | None, after: str | None, key: tuple[str, ...]) -> Report:
    """Compare two versions of a table, row by row. Exit code 0 whether they differ or not."""
    from lakewright.cli.workspace import Workspace
    from lakewright.engines import open_engine
    from lakewright.query.diff import diff

    workspace = Workspace(invocation.local_project())
    lake = workspace.lake()
    newer = _pin(after)
    older = _pin(before) if before is not None else _previous(workspace, table, newer)
    found = diff(lake, open_engine, table, older, newer, key or _key(workspace, table))
    data = {
        "table": table,
        "equal": found.equal,
        "from": found.before,
        "to": found.after,
        "key": found.key,
        "rows": {"added": found.added, "removed": found.removed, "changed": found.changed, "same": found.same},
        "columns": {"added": found.columns_added, "dropped": found.columns_dropped, "retyped": found.columns_retyped},
        "changed_by_column": found.by_column,
        "examples": found.examples,
    }
    return Report(data, lambda screen: _show(screen, found))


def _pin(text: str | None) -> Pin:
    from lakewright.query.lake import Pin
    from lakewright.query.session import moment

    if text is None:
        return Pin()
    return Pin(version=int(text)) if text.isdigit() else Pin(moment=moment(text))


def _previous(workspace: Workspace, table: str, newer: Pin) -> Pin:
    from lakewright.query.lake import Pin

    if table.startswith(("bronze.", "changes.")):
        raise SpecError("LW900", "a Bronze table needs --from: a position or a time", hint="--from 2026-11-20")
    opened = workspace.lake().table(table)
    last = opened.version_at(newer.moment) if newer.moment else newer.version
    return Pin(version=max((opened.version() if last is None else last) - 1, 0))


def _key(workspace: Workspace, table: str) -> tuple[str, ...]:
    if table.startswith("bronze."):
        return workspace.bronze(table).key
    model = workspace.models.get(table)
    return model.key if model else ()


def _show(screen: Screen, found: Difference) -> None:
    screen.line(f"{found.name}: version {found.before} → {found.after}")
    for name, kind in found.columns_added.items():
        screen.line(f"  + column {name} {kind}")
    for name, kind in found.columns_dropped.items():
        screen.line(f"  - column {name} {kind}")
    for name, (was, now) in found.columns_retyped.items():
        screen.line(f"  ~ column {name} {was} → {now}")
    screen.line(
        f"  {found.added:,} added, {found.removed:,} removed, {found.changed:,} changed, {found.same:,} the same"
    )
    for name, count in found.by_column.items():
        screen.line(f"    {name}: {count:,}")
    for one in found.examples:
        row = ", ".join(f"{column}={text_of(value)}" for column, value in one.key.items())
        changes = ", ".join(f"{column}: {text_of(was)} → {text_of(now)}" for column, (was, now) in one.columns.items())
        sign = {"added": "+", "removed": "-", "changed": "~"}[one.kind]
        screen.line(f"  {sign} {row}" + (f"  ({changes})" if one.kind == "changed" else ""))
