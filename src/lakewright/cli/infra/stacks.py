"""`lakewright infra stacks`: the order of an environment's stacks."""

from __future__ import annotations

from typing import Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb


@verb("stacks", example="lakewright infra stacks dev\nlakewright infra stacks prod --json")
@click.argument("environment", metavar="ENV")
def command(invocation: Invocation, environment: str) -> Report:
    """Show the stacks of an environment in the order in which they are applied.

    Stacks of one round need only earlier ones and are applied side by side.
    """
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.references import levels

    compiled = compile_environment(invocation.project(), environment)
    rounds = levels(compiled.behind)
    number = {stack: index for index, stacks in enumerate(rounds, 1) for stack in stacks}
    stacks = sorted(compiled.stacks, key=lambda stack: number[stack.name])
    rows: list[dict[str, Any]] = [
        {
            "round": number[stack.name],
            "stack": stack.name,
            "layer": stack.layer,
            "after": [other for other in stack.after if number[other] == number[stack.name] - 1],
            "needs": sorted(stack.after),
            "account": compiled.accounts[stack.account].account if stack.account else compiled.place.account,
            "owner": stack.owner,
            "follows": dict(stack.follows),
            "calls": dict(stack.calls),
        }
        for stack in stacks
    ]

    def show(screen: Screen) -> None:
        screen.table(
            ["round", "layer", "stack", "owner", "after", "calls"],
            [
                (str(row["round"]), row["layer"], row["stack"], row["owner"], _after(row), _calls(row["calls"]))
                for row in rows
            ],
        )

    return Report({"environment": environment, "stacks": rows}, show)


def _after(row: dict[str, Any]) -> str:
    return ", ".join([*row["after"], *(f"{name} (proof)" for name in row["follows"])]) or "-"


def _calls(calls: dict[str, str]) -> str:
    return ", ".join(name if name == used else f"{name} ({used})" for name, used in calls.items())
