"""`lakewright access agree`: whether what was applied decides as the spec does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import IN_CLOUD, Invocation, Report, Screen, verb
from lakewright.errors import MissingError, SpecError

if TYPE_CHECKING:
    from lakewright.governance.agreement import Agreement, Answer, Applied, Difference
    from lakewright.rehearse.agree.account import Account
    from lakewright.rehearse.agree.lake import Clients
    from lakewright.rehearse.agree.wanted import Wanted

SYSTEMS = ("lake-formation", "unity-catalog")


@verb(
    "agree",
    example="lakewright rehearse dev --keep && lakewright access agree --env dev\n"
    "lakewright access agree --env dev --only unity-catalog --all\n"
    "lakewright access agree --env dev --json",
    env_help=IN_CLOUD,
)
@click.option("--only", "systems", type=click.Choice(SYSTEMS), multiple=True, help="Only this system; may be repeated.")
@click.option("--catalog", "catalogs", metavar="NAME", multiple=True, help="Only this catalog of Unity Catalog.")
@click.option("--all", "everything", is_flag=True, help="List what everybody may do with each table, too.")
def command(invocation: Invocation, systems: tuple[str, ...], catalogs: tuple[str, ...], everything: bool) -> Report:
    """Compare the spec with the Lake Formation and the Unity Catalog that were applied, each read from its own state.

    Everybody is asked about every table, column and kind of row, in what `rehearse ENV --keep`, `aws start` and
    `databricks start` left up. Differences come with the reason; exit code 1 when one does not follow from what the
    system is.
    """
    from lakewright.cli.infra.working import needs_account
    from lakewright.governance.agreement import agreement, answers

    project, at = invocation.project(), datetime.now(UTC)
    needs_account(project, invocation.env)
    found: list[Agreement] = []
    told: list[Answer] = []
    for applied in _applied(invocation, systems or SYSTEMS, catalogs):
        found.append(agreement(applied, at))
        told += answers(applied, at) if everything else ()
    data: dict[str, Any] = {
        "environment": invocation.env,
        "systems": [asdict(one) | {"ok": one.ok} for one in found],
        **({"answers": [asdict(one) for one in told]} if everything else {}),
    }

    def show(screen: Screen) -> None:
        if everything:
            show_answers(screen, told)
        show_agreements(screen, found)

    return Report(data, show, ok=all(one.ok for one in found))


def _applied(invocation: Invocation, systems: Sequence[str], only: Sequence[str]) -> Iterator[Applied]:
    """What was applied of what the spec declares. Raises SpecError LW1044 when it declares nothing of the kind, and
    ProblemError where nothing runs."""
    try:
        from lakewright.rehearse.agree.lake import lake_formation
        from lakewright.rehearse.agree.unity import unity_catalogs
        from lakewright.rehearse.agree.wanted import wanted
    except ModuleNotFoundError as error:
        hint = "pip install 'lakewright[serve]'"
        raise MissingError("LW1406", f"a package is missing: {error.name}", hint=hint) from None
    mine: Wanted = wanted(invocation.project(), invocation.env)
    lakes = mine.lakes if "lake-formation" in systems else ()
    catalogs = mine.catalogs if "unity-catalog" in systems else ()
    if not lakes and not catalogs:
        fact = f"{invocation.env} has no {' and no '.join(systems)} to which `access` is applied"
        raise SpecError("LW1044", fact, hint="a call of lake_grants or unity_catalog compiles what `access` says")
    for lake in lakes:
        yield lake_formation(mine, lake, _aws(invocation, lake.account))
    if catalogs:
        if unknown := set(only) - {one.name for one in catalogs}:
            fact = f"{invocation.env} declares no catalog {', '.join(sorted(unknown))}"
            raise SpecError("LW1044", fact, hint=f"there are {', '.join(one.name for one in catalogs)}")
        yield from unity_catalogs(mine, _databricks(invocation), only)


def _aws(invocation: Invocation, account: str) -> Clients:
    """The local AWS that runs here: the rehearsal's of this environment, or one by itself."""
    from lakewright.cli.aws.env import running_folder
    from lakewright.cli.aws.running import rehearsals_of
    from lakewright.rehearse.agree.lake import Clients
    from lakewright.rehearse.aws import runtime
    from lakewright.rehearse.aws.permissions import clients

    rehearsed = invocation.env if invocation.env in rehearsals_of(invocation) else None
    opened = clients(runtime.environment_of(running_folder(invocation, rehearsed), account))
    return Clients(lambda service: opened(service, account))


def _databricks(invocation: Invocation) -> Account:
    """The local Databricks that runs here, read as its administrator."""
    from lakewright.cli.aws.running import rehearsals_of
    from lakewright.cli.databricks.running import profiles_of, running_folder
    from lakewright.rehearse.agree.account import read_account
    from lakewright.rehearse.databricks.profiles import ACCOUNT

    rehearsed = invocation.env if invocation.env in rehearsals_of(invocation) else None
    own = profiles_of(running_folder(invocation, rehearsed))[ACCOUNT]
    return read_account(own["host"], own["account_id"], own["client_id"], own["client_secret"])


def show_agreements(screen: Screen, found: Sequence[Agreement]) -> None:
    """Each system in a line, then what differs."""
    rows = [
        [one.system, one.principals, one.tables, one.columns, one.kinds_of_rows, one.decisions, _said(one)]
        for one in found
    ]
    columns = ["applied", "principals", "tables", "columns", "kinds of rows", "decisions", "and the spec"]
    screen.table(columns, rows)
    for one in found:
        for difference in one.differences:
            _show(screen, difference)


def _said(one: Agreement) -> str:
    wrong = sum(not difference.explained for difference in one.differences)
    explained = len(one.differences) - wrong
    beside = f"{explained} differences that follow from what it is" if explained else ""
    return "; ".join(part for part in (f"{wrong} DIFFERENCES" if wrong else "equal", beside) if part)


def _show(screen: Screen, one: Difference) -> None:
    style = "dim" if one.explained else "red"
    rights = ", ".join(one.privileges)
    screen.line(f"{one.system}: {one.principal}, {rights} on {one.table}", style=style)
    for text in one.lacks:
        screen.line(f"    - {text}", style=style)
    for text in one.exceeds:
        screen.line(f"    + {text}", style=style)
    screen.line(f"    {one.reason}", style="dim")


def show_answers(screen: Screen, told: Sequence[Answer]) -> None:
    """Who may what, by the spec and in the system."""
    rows = [[one.system, one.principal, one.table, one.spec, "the same" if one.same else one.applied] for one in told]
    screen.table(["applied", "principal", "table", "the spec", "there"], rows)
