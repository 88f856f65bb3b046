"""`lakewright demo`: everything at once, on this machine, checked against the source."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Command, Invocation, Report, Screen, emit
from lakewright.observe import Event, Observer, ignore

if TYPE_CHECKING:
    from lakewright.rehearse.comparison import Comparison
    from lakewright.rehearse.demo import DemoReport

LAYERS = ("bronze", "silver", "gold")
SCENARIOS = ("cdc", "history", "isolation", "timetravel", "cost")


EXAMPLE = """lakewright demo
lakewright demo --orders 1000000 --keep shop-lake --json
lakewright demo isolation -C shop-lake"""


@click.command("demo", cls=Command, example=EXAMPLE)
@click.argument("scenario", required=False, type=click.Choice(SCENARIOS))
@click.option("-C", "--project", "folder", type=click.Path(path_type=Path), help="Folder of the lake, for a scenario.")
@click.option("--orders", type=click.IntRange(1_000), default=100_000, show_default=True, help="Orders in the shop.")
@click.option("--tenants", type=click.IntRange(1, 1000), default=20, show_default=True, help="Tenants of the shop.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Days of business.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same shop.")
@click.option(
    "--rate", type=click.IntRange(1, 5000), default=1000, show_default=True, help="Live row changes a second."
)
@click.option("--live", type=click.FloatRange(1, 3600), default=10, show_default=True, help="Seconds of live changes.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Folder that stays, lake included.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    scenario: str | None,
    folder: Path | None,
    orders: int,
    tenants: int,
    days: int,
    seed: int,
    rate: int,
    live: float,
    keep: Path | None,
    as_json: bool,
) -> int:
    """Run a whole lakehouse here: a shop in PostgreSQL, Bronze, Silver, Gold, live changes, SQL.

    Ends with Gold compared with queries that ran on the shop's own database at the same position: row by row, the fact
    tables as counts and sums.

    With SCENARIO it asks the lake that an earlier `--keep` left: cdc (the newest live order in each layer), history
    (six months from each layer), isolation (two tenants ask the same), timetravel (customers then and now), cost (bytes
    with and without partitions).
    """
    invocation: Invocation = ctx.obj
    invocation.json, invocation.command = as_json, "demo"
    if scenario is not None:
        from lakewright.cli.scenario import play

        invocation.folder = folder or invocation.folder
        return emit(invocation, play(invocation, scenario))
    from lakewright.rehearse.demo import DemoOptions, run_demo

    options = DemoOptions(orders, tenants, days, seed, rate, live, keep)
    if as_json or not sys.stderr.isatty():
        report = run_demo(options, ignore if as_json else _Steps())
    else:
        with _Live(orders) as live_view:
            report = run_demo(options, live_view)
    return emit(invocation, Report(report.as_dict(), lambda screen: show(report, screen), report.ok))


class _Steps:
    """Without a terminal: a line when a step is done."""

    def __call__(self, event: Event) -> None:
        if event.name == "demo.done":
            print(f"{event.fields['seconds']:>7.1f} s  {event.fields['step']}", file=sys.stderr, flush=True)


class _Live:
    """On a terminal: finished steps, and one moving line for the present one."""

    def __init__(self, orders: int) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._status = self._console.status("starting")
        self._step = ""
        self._rows = 0
        self._orders = orders

    def __enter__(self) -> Observer:
        self._status.start()
        return self._tell

    def __exit__(self, *_error: object) -> None:
        self._status.stop()

    def _tell(self, event: Event) -> None:
        if event.name == "demo.step":
            self._step, self._rows = event.fields["step"], 0
        elif event.name == "demo.done":
            self._console.print(f"[green]✓[/] {event.fields['step']} [dim]{event.fields['seconds']:.1f} s[/]")
            return
        detail = self._detail(event)
        if event.name == "demo.step" or detail:
            self._status.update(f"{self._step} [dim]{detail}[/]")

    def _detail(self, event: Event) -> str:
        fields: Mapping[str, Any] = event.fields
        match event.name:
            case "demo.seeded" if "table" in fields:
                self._rows += fields["rows"]
                return f"{self._rows:,} rows, {fields['table']}"
            case "demo.loaded":
                return f"{fields['rows']:,} rows"
            case "pipeline.model":
                return f"{fields['model']} {fields['action']}"
            case "demo.compared":
                return f"{fields['table']}: {'equal' if fields['equal'] else 'DIFFERENT'}"
            case _:
                return ""


def show(report: DemoReport, screen: Screen) -> None:
    """The report for people."""
    screen.line()
    screen.line(f"A shop with {report.orders:,} orders of {report.tenants} tenants in {report.days} days", style="bold")
    screen.line()
    for layer in LAYERS:
        _layer(report, layer, screen)
    _timings(report, screen)
    _comparisons(report, screen)
    _answers(report, screen)
    for problem in report.problems:
        screen.line(f"problem: {problem}", style="red")
    verdict = "every figure is equal" if report.ok else "THERE ARE DIFFERENCES OR PROBLEMS"
    screen.line(
        f"{report.figures:,} figures in {len(report.comparisons)} Gold tables compared with the shop's own database at "
        f"LSN {report.position}: {verdict}.",
        style="bold green" if report.ok else "bold red",
    )
    if report.kept:
        screen.line(f'The lake stays: lakewright -C {report.kept} sql "SHOW TABLES"')
        screen.line(f"What to show with it: lakewright demo {'|'.join(SCENARIOS)} -C {report.kept}")


def _layer(report: DemoReport, layer: str, screen: Screen) -> None:
    rows = [row for row in report.rows if row.layer == layer]
    match layer:
        case "bronze":
            screen.table(["Bronze", "current rows", "changes kept"], [(r.table, r.rows, r.changes) for r in rows])
        case "silver":
            screen.table(["Silver", "rows", "quarantined"], [(r.table, r.rows, r.quarantined) for r in rows])
        case _:
            screen.table(["Gold", "rows"], [(r.table, r.rows) for r in rows])
    screen.line()


def _timings(report: DemoReport, screen: Screen) -> None:
    steps = [(name, f"{seconds:.1f} s") for name, seconds in report.seconds.items()]
    screen.table(["Step", "time"], [*steps, ("all of it", f"{report.total_seconds:.1f} s")])
    screen.line()
    rate = report.changes / report.live_seconds if report.live_seconds else 0
    screen.line(f"{report.changes:,} live row changes were written meanwhile, {rate:,.0f} a second.")
    screen.table(
        ["Commit → visible in", "p50", "p99", "worst"],
        [(layer.capitalize(), *(f"{value:.2f} s" for value in (d.p50, d.p99, d.worst)))
         for layer, d in report.freshness.items()],
    )  # fmt: skip
    screen.line()
    screen.line(f"Quality: {report.quality:.2f} % of Silver's rows pass every rule; the others are in quarantine.")
    screen.line()


def _comparisons(report: DemoReport, screen: Screen) -> None:
    screen.table(
        ["Gold against PostgreSQL", "rows", "figures", "different", "compared"],
        [(c.table, c.rows, c.figures, c.different, _compared(c)) for c in report.comparisons],
    )
    _differences(report.comparisons, screen)


def _compared(comparison: Comparison) -> str:
    groups = comparison.grouped_by
    return f"counts and sums by {', '.join(groups)}" if groups else "row by row"


def _answers(report: DemoReport, screen: Screen) -> None:
    from lakewright.rehearse.demo.personas import STATEMENT

    screen.line(f"{STATEMENT}, asked by three people:")
    screen.table(
        ["Who", "persona", "rows", "columns", "first customer's e-mail", "figures", "different"],
        [(a.person, a.persona, a.rows, a.columns, a.sample.get("email", "(column hidden)"),
          a.comparison.figures, a.comparison.different) for a in report.answers],
    )  # fmt: skip
    _differences([answer.comparison for answer in report.answers], screen)


def _differences(comparisons: Iterable[Comparison], screen: Screen) -> None:
    for comparison in comparisons:
        for difference in comparison.differences:
            where = ", ".join(map(str, difference.key))
            screen.line(
                f"  {comparison.table} [{where}] {difference.column}: "
                f"source {difference.source}, lake {difference.lake}",
                style="red",
            )
    screen.line()
