"""`lakewright access why`: every rule, and what it does."""

from __future__ import annotations

from dataclasses import asdict

import click

from lakewright.cli.access.arguments import Right, asking_aws
from lakewright.cli.output import Invocation, Report, Screen, verb

STYLES = {"gives": "green", "denies": "red", "nothing": "dim"}


@verb(
    "why",
    example="lakewright access why ana select silver.order\nlakewright access why ana select gold.dim_customer.email\n"
    "lakewright access why DataAnalyst s3:DeleteBucket arn:aws:s3:::lake --env dev",
)
@click.argument("who")
@click.argument("privilege", type=Right(), metavar="PRIVILEGE|ACTION")
@click.argument("object_", metavar="TABLE[.COLUMN]|ARN")
@click.option("--at", metavar="TIME", help="At this moment, for grants with a time limit. [default: now]")
@asking_aws
def command(
    invocation: Invocation,
    who: str,
    privilege: str,
    object_: str,
    at: str | None,
    pairs: tuple[str, ...],
    source: str,
    account: str | None,
) -> Report:
    """Go through every rule on a table: what it gives WHO, limits or masks, or why it does nothing.

    Of an action of AWS on an ARN: every level of the organization, boundary, resource policy and identity policy, with
    the statement of each that allows or denies.
    """
    if ":" in privilege:
        from lakewright.cli.access import aws

        return aws.why(invocation, who, privilege, object_, aws.Asked(pairs, source, account))
    from lakewright.cli.access.subject import Governed, moment
    from lakewright.governance import Allowed, Privilege
    from lakewright.governance.questions import explain

    governed = Governed.of(invocation)
    principal, when = governed.principal(who), moment(at)
    table, column = governed.object(object_)
    decision = governed.policy.decide(principal, table, Privilege(privilege), when)
    allowed = isinstance(decision, Allowed) and (column is None or column in decision.columns)
    steps = explain(governed.policy, principal, table, Privilege(privilege), when, column)

    def show(screen: Screen) -> None:
        personas = ", ".join(sorted(principal.personas)) or "no persona"
        screen.line(f"{principal.name} ({personas}) {'may' if allowed else 'may not'} {privilege} {object_}")
        for step in steps:
            screen.line(f"  {step.effect:<8} {step.text}  [{step.place}]", style=STYLES.get(step.effect, ""))
        if not steps:
            screen.line(f"  no rule is on {table.name}, and nothing is permitted that no grant names")

    data = {"who": principal.name, "privilege": privilege, "table": table.name, "column": column, "allowed": allowed}
    return Report(data | {"steps": [asdict(step) for step in steps]}, show)
