"""`lakewright ingest validate`: is Bronze what the source is?"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.bronze.state import BronzeTable
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.validate import Validation

KEYS_IN_A_LINE = 5


@verb("validate", example="lakewright ingest validate\nlakewright ingest validate core_order core_invoice --json")
@click.argument("tables", nargs=-1)
@click.option("--source", help="Which source. [default: the only one]")
@click.option("--patience", type=float, default=60.0, metavar="SECONDS", help="Wait for Bronze so long. [default: 60]")
def command(invocation: Invocation, tables: tuple[str, ...], source: str | None, patience: float) -> Report:
    """Compare source and Bronze row by row at one position, and name the keys that differ.

    The source is read once, in one snapshot, without locks. A running ingester goes on; without one, Bronze is brought
    up to date first. Exit code 1 when a row differs or a named table cannot be compared.
    """
    from lakewright.bronze.manifest import Manifest
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.validate import validate

    workspace = Workspace(invocation.local_project())
    name = workspace.source(source)
    settings = workspace.ingest_settings(name)
    manifest = Manifest(workspace.storage, settings.source)
    _known(tables, manifest.load().tables, settings.source)
    found = validate(
        settings, workspace.storage, tables, patience=patience, catch_up=lambda: _catch_up(invocation, workspace, name)
    )
    compared = {one.table for one in found}
    wanted = [table for table in manifest.load().tables.values() if not tables or table.name in tables]
    skipped = {table.name: _why(table) for table in wanted if table.name not in compared}
    problems = [*_different(found), *(_skipped(table, skipped[table]) for table in tables if table in skipped)]
    data = {"source": settings.source, "tables": [_as_dict(one) for one in found], "skipped": skipped}
    return Report(data, lambda screen: _show(screen, found, skipped), ok=not problems, problems=problems)


def _known(tables: Sequence[str], known: Sequence[str] | Any, source: str) -> None:
    for table in tables:
        if table not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise SpecError("LW363", f'no Bronze table "{table}"', place=source, hint=f"there are: {names}")


def _catch_up(invocation: Invocation, workspace: Workspace, name: str) -> None:
    """One `ingest once`, unless an ingester is at work already."""
    from lakewright.cli.ingest import run_ingesters
    from lakewright.cli.progress import observed
    from lakewright.ingest.lock import holder

    if holder(workspace.ingest_settings(name).lock_file) is None:
        with observed(invocation, workspace.project, "ingest") as observe:
            run_ingesters(workspace, [name], threading.Event(), follow=False, observe=observe)


def _why(table: BronzeTable) -> str:
    from lakewright.bronze.state import STREAMING

    if table.status != STREAMING:
        return f"it is {table.status}" + (f": {table.stop_reason}" if table.stop_reason else "")
    return "it has no key to name its rows by" if not table.key else "the source does not have it any more"


def _different(found: Sequence[Validation]) -> list[LakewrightError]:
    problems: list[LakewrightError] = []
    for one in found:
        if not one.equal:
            keys = ", ".join("/".join(d.key) for d in one.differences[:KEYS_IN_A_LINE])
            more = ", …" if one.different > KEYS_IN_A_LINE else ""
            fact = f"{one.different} rows differ from the source: {keys}{more}"
            hint = f"look at them, then lakewright ingest resnapshot {one.table}"
            problems.append(ProblemError("LW343", fact, place=f"bronze.{one.table}", hint=hint))
    return problems


def _skipped(table: str, why: str) -> LakewrightError:
    return ProblemError("LW342", f"cannot be compared: {why}", place=f"bronze.{table}", hint="`lakewright status`")


def _as_dict(one: Validation) -> dict[str, Any]:
    return {
        "table": one.table,
        "position": one.position,
        "rows": one.rows,
        "different": one.different,
        "differences": [{"key": list(d.key), "kind": d.kind} for d in one.differences],
        "seconds": one.seconds,
    }


def _show(screen: Screen, found: Sequence[Validation], skipped: dict[str, str]) -> None:
    rows = [(one.table, one.rows, one.different, one.seconds) for one in found]
    title = f"source and Bronze at position {found[0].position}" if found else "nothing to compare"
    screen.table(["table", "rows", "different", "seconds"], rows, title=title)
    named = [(one.table, "/".join(d.key), d.kind) for one in found for d in one.differences]
    if named:
        screen.table(["table", "key", "how"], named)
    for table, why in skipped.items():
        screen.line(f"{table} was not compared: {why}", style="yellow")
