"""`lakewright access audit`: the last queries and denials, and whether the audit is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import ProblemError

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = """lakewright access audit
lakewright access audit --verify --json"""


@verb("audit", example=EXAMPLE)
@click.option("--verify", is_flag=True, help="Check the whole hash chain; names the first broken entry.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many entries to show.")
def command(invocation: Invocation, verify: bool, limit: int) -> Report:
    """Show who asked for what, newest last, or verify that nobody changed it.

    `audit.queries` is the same as a table, for those to whom it is granted.
    """
    from lakewright.cli.governed import audit_folder, audit_log
    from lakewright.cli.workspace import Workspace

    workspace = Workspace(invocation.local_project())
    if verify:
        verdict = audit_log(workspace).verify()
        if not verdict.ok:
            hint = "compare with a copy; the entries before it are whole"
            raise ProblemError("LW1113", verdict.fact, place=f"audit {verdict.broken}", hint=hint)
        data = {"entries": verdict.entries, "torn_bytes": verdict.torn}
        return Report(data, lambda screen: screen.line(f"{verdict.entries} entries, all whole"))
    entries = _newest(audit_folder(workspace), limit)
    return Report({"entries": entries}, lambda screen: _show(screen, entries))


def _newest(folder: Path, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        lines = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        found = [json.loads(line) for line in lines[-(limit - len(found)) :]] + found
        if len(found) >= limit:
            break
    return found


def _show(screen: Screen, entries: list[dict[str, Any]]) -> None:
    columns = ("n", "at", "principal", "outcome", "tables", "rows", "bytes", "text")
    rows = [[_text(entry[column]) for column in columns] for entry in entries]
    screen.table(list(columns), rows)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else " ".join(str(value).split())
