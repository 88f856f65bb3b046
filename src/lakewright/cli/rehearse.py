"""`lakewright rehearse`: the platform's Terraform on a local AWS that really runs it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import MissingError, ProblemError, SpecError
from lakewright.observe import Event, Observer

if TYPE_CHECKING:
    from lakewright.rehearse.platform.report import RehearsalReport
    from lakewright.rehearse.platform.stage import Options
    from lakewright.spec import Project

STOP_SECONDS = 60.0
EXAMPLE = """lakewright rehearse dev
lakewright rehearse dev --keep   # again after each change; --stop ends it
lakewright rehearse dev --stack foundation --stack query --json
lakewright rehearse dev --blueprint lakehouse-cdc   # without a project of one's own"""


@verb("rehearse", example=EXAMPLE)
@click.argument("environment", metavar="ENV")
@click.option("--stack", "only", multiple=True, metavar="NAME", help="Only this stack and what it needs; repeat it.")
@click.option(
    "--blueprint", metavar="NAME", help="Rehearse this blueprint by itself, in a project that goes afterwards."
)
@click.option("--replication", type=click.Choice(["dms", "lakewright"]), default="dms", show_default=True,
              help="Who replicates, with --blueprint.")  # fmt: skip
@click.option("--stand-in", "standins", multiple=True, metavar="SOURCE=VARIABLE",
              help="A database of this machine in a source's place; the variable holds its address.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Leave it up afterwards; the next time only what changed is applied.")
@click.option("--stop", is_flag=True, help="End what --keep left up.")
@click.option("--host", is_flag=True, hidden=True)
@click.option("--orders", type=click.IntRange(1_000), default=2_000, show_default=True, help="Orders in the shop.")
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="Folder for report.html and .json.")
@click.option("--plugin-dir", type=click.Path(path_type=Path), help="Folder of Terraform's providers.")
def command(
    invocation: Invocation,
    environment: str,
    only: tuple[str, ...],
    blueprint: str | None,
    replication: str,
    standins: tuple[str, ...],
    keep: bool,
    stop: bool,
    host: bool,
    orders: int,
    report: Path | None,
    plugin_dir: Path | None,
) -> Report | int:
    """Apply the compiled Terraform to a local AWS, and run the platform there through AWS's own APIs.

    The files are copied; one override file per stack, shown in the report, leads them to this machine. The report says
    what was executed, what was only accepted, what was not looked at and what cannot be proven here, and what it would
    cost. Nothing leaves loopback. Exit code 1 when one of the success criteria fails.
    """
    if blueprint and (keep or stop):
        raise SpecError("LW900", "--keep needs a project that stays", hint="lakewright init --blueprint NAME")
    with ExitStack() as stack:
        if stop:
            return _stopped(invocation.project(), environment)
        project = stack.enter_context(_project(invocation, blueprint, replication))
        options = _options(environment, only, _given(standins), orders, plugin_dir, destroy=not keep and not host)
        folder = (report or (Path("rehearsal") if blueprint else project.state_dir / "rehearsal-report")).resolve()
        if host:
            return _host(project, options, folder / environment)
        observe = stack.enter_context(_watched(invocation))
        if keep:
            found = _kept(project, environment, _without_keep(), observe)
        else:
            found = _run(project, options, observe, folder / (blueprint or environment))
    return Report(found, lambda screen: show(found, screen), bool(found["ok"]))


def _run(project: Project, options: Options, observe: Observer, folder: Path) -> dict[str, Any]:
    from lakewright.rehearse.platform.run import Rehearsal
    from lakewright.rehearse.platform.stage import staged

    with staged(project, options, observe) as stage, _ending(stage.terraform.stop):
        return _written(Rehearsal(stage, observe).tell(destroy=options.destroy), folder)


@contextmanager
def _ending(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM reach terraform too, which ends in good order; then everything that was started goes."""

    def end(_number: int, _frame: Any) -> None:
        stop.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _kept(project: Project, environment: str, arguments: list[str], observe: Observer) -> dict[str, Any]:
    """Rehearses in a process that stays: a new one, or again in the one that is up. Raises its error."""
    from lakewright.rehearse.platform import kept

    folder = kept.folder_of(project.root, environment)
    if not kept.is_up(folder):
        kept.start(folder, [*arguments, "--host"])
    found = kept.ask(folder, {"do": "rehearse"}, observe)
    if "error" in found:
        error = found["error"]
        kind = {2: SpecError, 3: MissingError}.get(found["exit"], ProblemError)
        raise kind(error["code"], error["fact"], place=error["place"], hint=error["hint"])
    return found


def _without_keep() -> list[str]:
    """How this process was called, for the one that stays."""
    return [one for one in sys.argv[1:] if one not in ("--keep", "--json")]


def _host(project: Project, options: Options, folder: Path) -> int:
    """The process that stays: rehearses whenever it is asked, until it is told to stop."""
    from lakewright.cli.ingest import interruptible
    from lakewright.rehearse.platform import kept
    from lakewright.rehearse.platform.run import Rehearsal
    from lakewright.rehearse.platform.stage import Stage, staged

    stop = threading.Event()
    stages: list[Stage] = []
    with ExitStack() as stack, interruptible(stop):

        def answer(_asked: Mapping[str, Any], observe: Observer) -> Mapping[str, Any]:
            again = bool(stages)
            if again:
                stages[0].reload()
            else:
                stages.append(stack.enter_context(staged(project, options, _nothing)))
            stages[0].watch(observe)
            report = Rehearsal(stages[0], observe).tell(again=again)
            return _written(replace(report, kept=str(stages[0].folder / "infra" / options.environment)), folder)

        kept.serve(kept.folder_of(project.root, options.environment), answer, stop)
    return 0


def _stopped(project: Project, environment: str) -> Report:
    """Tells the process that stays to end, and waits for it."""
    from lakewright.ingest.lock import holder
    from lakewright.rehearse.platform import kept

    folder = kept.folder_of(project.root, environment)
    was = kept.is_up(folder)
    if was:
        kept.ask(folder, {"do": "stop"}, _nothing)
        deadline = time.monotonic() + STOP_SECONDS
        while holder(project.state_dir / "rehearsal" / f"{environment}.lock") and time.monotonic() < deadline:
            time.sleep(0.1)
    return Report({"stopped": was}, lambda screen: screen.line("stopped" if was else "no rehearsal is kept here"))


def _options(
    environment: str,
    only: tuple[str, ...],
    given: Mapping[str, str],
    orders: int,
    plugins: Path | None,
    *,
    destroy: bool,
) -> Options:
    try:
        from lakewright.rehearse.platform.source import ShopSize
        from lakewright.rehearse.platform.stage import Options
    except ModuleNotFoundError as error:
        hint = "pip install 'lakewright[demo,serve]'"
        raise MissingError("LW1383", f"a package is missing: {error.name}", hint=hint) from None
    return Options(environment, only, ShopSize(orders=orders), given, plugins, destroy)


def _given(standins: tuple[str, ...]) -> dict[str, str]:
    """Source → address, from the named variables: addresses hold passwords, arguments are seen by everybody."""
    found = {}
    for one in standins:
        source, _, variable = one.partition("=")
        if not source or not variable:
            raise SpecError("LW900", "--stand-in is SOURCE=VARIABLE", hint="--stand-in shop=SHOP_DATABASE_URL")
        if not os.environ.get(variable):
            raise SpecError("LW900", f"the variable {variable} of --stand-in is not set", hint=f"export {variable}=…")
        found[source] = os.environ[variable]
    return found


@contextmanager
def _project(invocation: Invocation, blueprint: str | None, replication: str) -> Iterator[Project]:
    """The project, or one of a blueprint in a folder that goes afterwards."""
    if blueprint is None:
        yield invocation.project()
        return
    from lakewright.cli.init import needed_by
    from lakewright.spec import load_project

    needed = needed_by(blueprint)
    folder = Path(tempfile.mkdtemp(prefix="lakewright-rehearsal-"))
    try:
        (folder / "platform.yaml").write_text(_platform(needed, replication), encoding="utf-8")
        yield load_project(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _platform(needed: Any, replication: str) -> str:
    names = needed.environments or ("dev",)
    region = "" if needed.environments else ", region: us-east-1"
    accounts = [f'  {name}: {{account: "{str(number) * 12}"{region}}}' for number, name in enumerate(names, start=1)]
    said = needed.example.splitlines() if needed.example else ["environments:", *accounts]
    lines = ["lakewright: 1", "platform: rehearsal", f"blueprint: {needed.blueprint}", *said]
    if needed.tables:
        lines += ["sources:", "  shop:", f"    replication: {replication}", "    postgres:"]
        lines += ['      url: "${SHOP_DATABASE_URL}"', "      tables: [public.core_*]", "      tenant: tenant_id"]
    return "\n".join(lines) + "\n"


def _written(report: RehearsalReport, folder: Path) -> dict[str, Any]:
    """Writes the report's two files; gives it as plain values."""
    from lakewright.cli.output import as_json
    from lakewright.rehearse.platform.page import page

    folder.mkdir(parents=True, exist_ok=True)
    html, plain = folder / "report.html", folder / "report.json"
    facts = {"ok": report.ok} | report.as_dict() | {"files": {"html": str(html), "json": str(plain)}}
    html.write_text(page(report), encoding="utf-8")
    plain.write_text(as_json(facts) + "\n", encoding="utf-8")
    return facts


@contextmanager
def _watched(invocation: Invocation) -> Iterator[Observer]:
    """What a person sees meanwhile: finished steps, problems, and on a terminal one moving line."""
    if invocation.json and not sys.stderr.isatty():
        yield _nothing
    elif sys.stderr.isatty():
        with _Live() as live:
            yield live
    else:
        yield _steps


def _nothing(event: Event) -> None:
    """Nobody looks."""


def _steps(event: Event) -> None:
    """Without a terminal: a line when a step is done, and one for each problem."""
    match event.name:
        case "rehearse.done":
            print(f"{event.fields['seconds']:>7.1f} s  {event.fields['step']}", file=sys.stderr, flush=True)
        case "rehearse.problem":
            print(f"  problem: {event.fields['error']}", file=sys.stderr, flush=True)


class _Live:
    """On a terminal: finished steps, and a moving line that says what terraform does."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._status = self._console.status("starting")
        self._step = "starting"
        self._done = 0

    def __enter__(self) -> Observer:
        self._status.start()
        return self._tell

    def __exit__(self, *_error: object) -> None:
        self._status.stop()

    def _tell(self, event: Event) -> None:
        from rich.markup import escape

        fields = event.fields
        match event.name:
            case "rehearse.step":
                self._step, self._done = fields["step"], 0
                self._status.update(escape(self._step))
            case "rehearse.done":
                self._console.print(f"[green]✓[/] {escape(fields['step'])} [dim]{fields['seconds']:.1f} s[/]")
            case "rehearse.problem":
                self._console.print(f"[red]✗ {escape(fields['error'])}[/]", soft_wrap=True)
            case "infra.resource" if fields["state"] == "done":
                self._done += 1
                address = escape(f"{fields['stack']} {fields['address']}")
                self._status.update(f"{escape(self._step)} [dim]{self._done} resources, {address}[/]")


_SIGNS = {True: "met", False: "FAILED", None: "open"}


def show(report: Mapping[str, Any], screen: Screen) -> None:
    """The report for people."""
    screen.line()
    title = f"{report['platform']}, environment {report['environment']}: {report['resources']} resources applied"
    screen.line(f"{title} with {report['terraform']}", style="bold")
    screen.line()
    declared = [one for one in report["criteria"] if one["declared"]]
    rows = [(one["number"], one["title"], _SIGNS[one["ok"]], one["grade"]) for one in declared]
    screen.table(["", "success criterion", "", "weakest evidence"], rows)
    if others := [str(one["number"]) for one in report["criteria"] if not one["declared"]]:
        screen.line(f"Criteria {', '.join(others)} of the twelve are about parts that this platform does not have.")
    screen.line()
    for criterion in report["criteria"]:
        for check in criterion["checks"]:
            if check["ok"] is False:
                screen.line(f"failed: {criterion['number']}. {check['name']}: {check['fact']}", style="red")
    for problem in report["problems"]:
        screen.line(f"problem: {problem}", style="red")
    steps = [(name, f"{seconds:.1f} s") for name, seconds in report["seconds"].items()]
    screen.table(["Step", "time"], [*steps, ("all of it", f"{report['total_seconds']:.1f} s")])
    screen.line()
    if path := report["evidence"]["path"]:
        legs = [
            (leg["name"], f"{leg['seconds']:.1f} s", f"{leg['waited']:.1f} s" if leg["waited"] >= 1 else "")
            for leg in path
        ]
        screen.table(["critical path of the apply", "time", "waited for a place"], legs)
        screen.line()
    if cost := report["evidence"]["cost"]:
        screen.line(f"It would cost about {cost['usd']:.2f} USD a month (list prices of {cost['noted']}).")
    if report["kept"]:
        screen.line(f"It stays up; its Terraform is in {report['kept']}; `lakewright rehearse ENV --stop` ends it.")
        screen.line('The AWS CLI and boto3 use it after: eval "$(lakewright aws env)"')
    screen.line(f"Report: {report['files']['html']}")
    good = "everything that could be tried works" if report["ok"] else "NOT EVERYTHING WORKS"
    screen.line(good, style="bold green" if report["ok"] else "bold red")
