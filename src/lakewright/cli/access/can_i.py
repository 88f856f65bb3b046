"""`lakewright access can-i`: what somebody may do."""

from __future__ import annotations

from typing import Any

import click

from lakewright.cli.access.arguments import Right, asking_aws, on_a_table, why_command
from lakewright.cli.output import Invocation, Report, Screen, verb


@verb(
    "can-i",
    example="lakewright access can-i ana select gold.dim_customer\n"
    "lakewright access can-i DataAnalyst select silver.customer.email --json\n"
    "lakewright access can-i DataAnalyst s3:GetObject arn:aws:s3:::lake/gold/x --env dev\n"
    "lakewright access can-i DataEngineer ec2:RunInstances 'arn:aws:ec2:us-east-1:111111111111:instance/*' --env dev "
    "--from plan --context ec2:InstanceType=p3.16xlarge",
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
    """Say what WHO (a user, or a persona) may do with a table or column. Exit code 1 when nothing is permitted.

    Of an action of AWS (`s3:GetObject`) on an ARN: whether WHO (a role, a permission set, a person) may, by the
    organization's policies, permission sets, roles and resource policies of an environment, with what decided.
    """
    if ":" in privilege:
        from lakewright.cli.access.aws import Asked, can_i

        return can_i(invocation, who, privilege, object_, Asked(pairs, source, account))
    from lakewright.cli.access.subject import Governed, allowed_data, moment
    from lakewright.governance import Allowed, Privilege
    from lakewright.governance.questions import about, rows_in_words

    on_a_table(pairs, source, account)
    governed = Governed.of(invocation)
    principal = governed.principal(who)
    table, column = governed.object(object_)
    decision = governed.policy.decide(principal, table, Privilege(privilege), moment(at))
    data: dict[str, Any] = {"who": principal.name, "privilege": privilege, "table": table.name, "column": column}
    if not isinstance(decision, Allowed) or (column is not None and column not in decision.columns):
        reason = f"{principal.name} does not see {object_}" if isinstance(decision, Allowed) else decision.reason

        def refused(screen: Screen) -> None:
            screen.line(f"no: {reason}", style="red")
            for place in decision.because:
                screen.line(f"  {place}", style="dim")
            again = why_command((who, privilege, object_), {"--env": invocation.env, "--at": at or ""})
            screen.line(f"`{again}` goes through the rules")

        return Report(data | {"allowed": False, "reason": reason, "because": decision.because}, refused, ok=False)

    given = about(governed.policy, table, column, decision)

    def permitted(screen: Screen) -> None:
        shown = [column] if column else list(decision.columns)
        screen.line(f"yes: {rows_in_words(decision.rows)}", style="green")
        rows = [[name, _how(decision, name)] for name in shown]
        screen.table(["column", "shown"], rows)
        for place in given.because:
            screen.line(f"  {place}", style="dim")

    return Report(data | {"allowed": True} | allowed_data(given), permitted)


def _how(decision: Any, column: str) -> str:
    from lakewright.governance.questions import rows_in_words

    parts = []
    if column in decision.cells:
        parts.append(f"in {rows_in_words(decision.cells[column])}")
    if column in decision.masks:
        parts.append(f"masked with {decision.masks[column].kind}")
    return ", ".join(parts) or "as it is"
