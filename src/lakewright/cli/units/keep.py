"""`lakewright units keep`."""

from __future__ import annotations

import click

from lakewright.cli.output import Invocation, Report, verb
from lakewright.cli.units.kept import book_of, workspaces_of, write_book


@verb("keep", example="lakewright units keep sparky\nlakewright units keep sparky --json")
@click.argument("unit", metavar="UNIT")
def command(invocation: Invocation, unit: str) -> Report:
    """Keep a unit that `units remove` has begun to remove. It may be applied again, empty, in its old subnets."""
    project = invocation.project()
    book = book_of(project)
    kept = [name for name in workspaces_of(project, book, unit) if name in book.leaving]
    if kept:
        write_book(project, book.marked(kept, ""))
    said = f"{', '.join(kept)}: stays; declare it, then plan and apply" if kept else f"{unit} is not leaving"
    return Report({"unit": unit, "kept": kept}, lambda screen: screen.line(said))
