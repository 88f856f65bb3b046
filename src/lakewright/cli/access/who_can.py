"""`lakewright access who-can`: who may."""

from __future__ import annotations

import click

from lakewright.cli.access.arguments import PRIVILEGES
from lakewright.cli.output import Invocation, Report, Screen, verb


@verb(
    "who-can",
    example="lakewright access who-can select silver.customer.email\n"
    "lakewright access who-can delete silver.order --json",
)
@click.argument("privilege", type=click.Choice(PRIVILEGES))
@click.argument("object_", metavar="TABLE[.COLUMN]")
@click.option("--at", metavar="TIME", help="At this moment, for grants with a time limit. [default: now]")
def command(invocation: Invocation, privilege: str, object_: str, at: str | None) -> Report:
    """List who may do something with a table, or sees a column: users, then personas."""
    from lakewright.cli.access.subject import Governed, allowed_data, moment
    from lakewright.governance import Privilege
    from lakewright.governance.questions import rows_in_words, who_can

    governed = Governed.of(invocation)
    table, column = governed.object(object_)
    found = who_can(governed.policy, governed.principals.values(), table, Privilege(privilege), moment(at), column)

    def show(screen: Screen) -> None:
        rows = []
        for principal, decision in found:
            mask = decision.masks.get(column) if column else None
            cells = decision.cells.get(column, decision.rows) if column else decision.rows
            shown = mask.kind if mask else "-" if column else f"{len(decision.columns)} of {len(table.columns)}"
            rows.append([principal.name, rows_in_words(cells), shown, ", ".join(decision.because)])
        if rows:
            screen.table(["who", "rows", "mask" if column else "columns", "because"], rows)
        else:
            screen.line("nobody")

    people = [{"who": principal.name} | allowed_data(decision) for principal, decision in found]
    return Report({"privilege": privilege, "table": table.name, "column": column, "who": people}, show)
