"""`lakewright access who-can`: who may."""

from __future__ import annotations

import click

from lakewright.cli.access.arguments import Right, asking_aws, on_a_table
from lakewright.cli.output import Invocation, Report, Screen, verb


@verb(
    "who-can",
    example="lakewright access who-can select silver.customer.email\n"
    "lakewright access who-can delete silver.order --json\n"
    "lakewright access who-can s3:DeleteObject arn:aws:s3:::lake/gold/x --env dev --from aws",
)
@click.argument("privilege", type=Right(), metavar="PRIVILEGE|ACTION")
@click.argument("object_", metavar="TABLE[.COLUMN]|ARN")
@click.option("--at", metavar="TIME", help="At this moment, for grants with a time limit. [default: now]")
@asking_aws
def command(
    invocation: Invocation,
    privilege: str,
    object_: str,
    at: str | None,
    pairs: tuple[str, ...],
    source: str,
    account: str | None,
) -> Report:
    """List who may do something with a table, or sees a column: users, then personas.

    Of an action of AWS on an ARN: roles, permission sets and people of an environment; last those of whom it depends
    on what the request says (`--context`).
    """
    if ":" in privilege:
        from lakewright.cli.access.aws import Asked, who_can

        return who_can(invocation, privilege, object_, Asked(pairs, source, account))
    from lakewright.cli.access.subject import Governed, allowed_data, moment
    from lakewright.governance import Privilege, questions
    from lakewright.governance.questions import rows_in_words

    on_a_table(pairs, source, account)
    governed = Governed.of(invocation)
    table, column = governed.object(object_)
    found = questions.who_can(
        governed.policy, governed.principals.values(), table, Privilege(privilege), moment(at), column
    )

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
