"""`lakewright access effects`: what the organization's policies and permission sets do, statement by statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.access.arguments import SOURCES
from lakewright.cli.output import IN_CLOUD, Invocation, Report, Screen, verb

if TYPE_CHECKING:
    from lakewright.policy.effects import Shown

STYLES = {"Allow": "green", "Deny": "red", "Unknown": "yellow"}
SAID = {"Allow": "allowed", "Deny": "denied", "Unknown": "not known"}


@verb(
    "effects",
    example="lakewright access effects --env dev\n"
    "lakewright access effects --env dev --of DataAnalyst\n"
    "lakewright access effects --env dev --from aws --json",
    env_help=IN_CLOUD,
)
@click.option(
    "--of", "who", metavar="NAME", help="Of this permission set or role. [default: the organization's policies]"
)
@click.option(
    "--from", "source", type=click.Choice(SOURCES), default="spec", show_default=True, help="As can-i has it."
)
def command(invocation: Invocation, who: str | None, source: str) -> Report:
    """Show each statement's effect: a request that it is about, and requests beside it that just are not.

    Of the organization's policies an administrator asks, in an account to which they apply. Statements that allow
    everything are left out.
    """
    from lakewright.cli.access.aws import Asked, world_of
    from lakewright.policy.effects import control_effects, holder_effects
    from lakewright.policy.reference import reference

    world = world_of(invocation, Asked((), source))
    if who is None:
        shown = list(control_effects(world, reference()))
    else:
        holders = {holder.arn: holder for holder, _ in world.find(who)}
        shown = [one for holder in holders.values() for one in holder_effects(world, holder, reference())]

    def show(screen: Screen) -> None:
        _show(screen, shown)
        for unbound in world.organization.unbound() if world.organization is not None and who is None else ():
            screen.line(f"binds no account: {unbound}", style="yellow")

    return Report({"effects": [_data(one) for one in shown]}, show)


def _show(screen: Screen, shown: list[Shown]) -> None:
    rows = []
    for one in shown:
        decision = one.decision
        by = decision.statement.sid if decision.statement is not None and decision.statement.sid else decision.level
        rows.append(
            [
                one.where,
                one.about,
                one.what,
                _asked(one),
                SAID[decision.answer.value],
                "" if one.by_itself else by or "",
            ]
        )
    if rows:
        screen.table(["where", "statement", "request", "asked", "answer", "by another"], rows)
    else:
        screen.line("no statements: no organization, or nobody of that name has any")


def _asked(one: Shown) -> str:
    request = one.request
    on = "" if request.resource == "*" else f" on {request.resource}"
    values = request.context.values
    tests = [test for test in one.tests if test.key.lower() in values]
    keys = " ".join(f"{test.key}={','.join(values[test.key.lower()])}" for test in tests)
    return f"{request.action}{on}{' ' + keys if keys else ''}"


def _data(one: Shown) -> dict[str, Any]:
    decision = one.decision
    return {
        "where": one.where,
        "statement": one.about,
        "request": one.what,
        "action": one.request.action,
        "resource": one.request.resource,
        "who": one.request.caller.name,
        "context": {test.key: one.request.context.values.get(test.key.lower(), ()) for test in one.tests},
        "answer": decision.answer.value,
        "by": decision.statement.written if decision.statement is not None else None,
    }
