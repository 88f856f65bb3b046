"""`lakewright ingest …`: from PostgreSQL into Bronze."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.cli.registry import Entry, LazyGroup
from lakewright.errors import LakewrightError, SpecError

if TYPE_CHECKING:
    from lakewright.bronze.state import BronzeState
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.mappings import TableMapping
    from lakewright.ingest.mappings.generate import TableShape
    from lakewright.observe import Observer

GROUP = {
    "once": Entry("lakewright.cli.ingest:once", "Load what is new, catch up with the changes, and end."),
    "follow": Entry("lakewright.cli.ingest:follow", "Replicate until Ctrl-C."),
    "resnapshot": Entry("lakewright.cli.ingest:resnapshot", "Load tables anew while the others go on."),
    "pause": Entry("lakewright.cli.ingest:pause", "Hold a table, or the whole source."),
    "resume": Entry("lakewright.cli.ingest:resume", "Go on, and accept the schema change that stopped a table."),
    "validate": Entry("lakewright.cli.validate:command", "Compare source and Bronze, and name the keys that differ."),
    "mappings": Entry("lakewright.cli.ingest:mappings", "Print DMS's table-mapping JSON for the source."),
}
command = LazyGroup("ingest", registry=GROUP, help="Replicate PostgreSQL into Bronze.")


def _workspace(invocation: Invocation) -> Workspace:
    from lakewright.cli.workspace import Workspace

    return Workspace(invocation.local_project())


@verb("once", example="lakewright ingest once\nlakewright ingest once --source shop --json")
@click.option("--source", help="Which source. [default: all]")
def once(invocation: Invocation, source: str | None) -> Report:
    """Load what is new, catch up with the changes, and end."""
    return _ingest(invocation, source, follow=False)


@verb("follow", example="lakewright ingest follow")
@click.option("--source", help="Which source. [default: all]")
@click.option("--until-eof", is_flag=True, hidden=True, help="End when stdin ends, as it does when the parent dies.")
def follow(invocation: Invocation, source: str | None, until_eof: bool) -> Report:
    """Replicate until Ctrl-C; the next start goes on where this one ended."""
    return _ingest(invocation, source, follow=True, until_eof=until_eof)


def _ingest(invocation: Invocation, source: str | None, *, follow: bool, until_eof: bool = False) -> Report:
    from lakewright.cli.progress import observed

    workspace = _workspace(invocation)
    names = [workspace.source(source)] if source else list(workspace.project.platform.sources)
    names = names or [workspace.source(None)]
    stop = threading.Event()
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=(stop,), daemon=True).start()
    started = time.monotonic()
    with interruptible(stop), observed(invocation, workspace.project, "ingest") as observe:
        states = run_ingesters(workspace, names, stop, follow=follow, observe=observe)
    seconds = time.monotonic() - started
    data = {"seconds": round(seconds, 3), "sources": [_summary(state) for state in states]}
    return Report(data, lambda out: _show(out, states, seconds))


def _stop_at_eof(stop: threading.Event) -> None:
    while os.read(0, 4096):  # a thread that waits in sys.stdin's buffer makes Python's own end a crash
        pass
    stop.set()


def run_ingesters(
    workspace: Workspace, names: list[str], stop: threading.Event, *, follow: bool, observe: Observer
) -> list[BronzeState]:
    """Runs one ingester for each source side by side; when one fails, all end and its error is raised."""
    from lakewright.ingest.ingester import Ingester

    found: dict[str, BronzeState] = {}
    failures: list[LakewrightError] = []

    def run(name: str) -> None:
        ingester = Ingester(workspace.ingest_settings(name), workspace.storage, observe)
        try:
            found[name] = ingester.follow(stop) if follow else ingester.once(stop)
        except LakewrightError as error:
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(name,)) for name in names[1:]]
    for thread in threads:
        thread.start()
    run(names[0])
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [found[name] for name in names]


@contextmanager
def interruptible(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask for a clean end; a second Ctrl-C ends at once (nothing is lost then either)."""

    def ask(number: int, _frame: Any) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@verb("resnapshot", example="lakewright ingest resnapshot core_order\nlakewright ingest resnapshot --all")
@click.argument("tables", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All tables, with a new replication slot.")
@click.option("--source", help="Which source. [default: the only one]")
def resnapshot(invocation: Invocation, tables: tuple[str, ...], everything: bool, source: str | None) -> Report:
    """Load tables anew while the others go on; readers see the old rows until the new ones are complete."""
    if everything == bool(tables):
        raise SpecError("LW900", "name tables, or --all", hint="lakewright ingest resnapshot core_order")
    return _ask(invocation, "resnapshot", tables, source)


@verb("pause", example="lakewright ingest pause core_event")
@click.argument("tables", nargs=-1)
@click.option("--source", help="Which source. [default: the only one]")
def pause(invocation: Invocation, tables: tuple[str, ...], source: str | None) -> Report:
    """Hold a table, or the whole source. The server keeps a held source's changes."""
    return _ask(invocation, "pause", tables, source)


@verb("resume", example="lakewright ingest resume core_event")
@click.argument("tables", nargs=-1)
@click.option("--source", help="Which source. [default: the only one]")
def resume(invocation: Invocation, tables: tuple[str, ...], source: str | None) -> Report:
    """Go on, and accept the schema change that stopped a table. Without tables: the whole source."""
    return _ask(invocation, "resume", tables, source)


def _ask(invocation: Invocation, action: str, tables: tuple[str, ...], source: str | None) -> Report:
    from lakewright.bronze.manifest import Manifest
    from lakewright.ingest import requests
    from lakewright.ingest.lock import holder

    workspace = _workspace(invocation)
    settings = workspace.ingest_settings(workspace.source(source))
    known = Manifest(workspace.storage, settings.source).load().tables
    for table in tables:
        if table not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise SpecError("LW363", f'no Bronze table "{table}"', place=settings.source, hint=f"there are: {names}")
    if action != requests.RESNAPSHOT and not tables:
        requests.set_paused(settings.requests, action == requests.PAUSE)
    else:
        for name in tables or (None,):
            requests.leave(settings.requests, requests.Request(action, name))
    running = holder(settings.lock_file) is not None
    when = "the running ingester does it within seconds" if running else "done with the next `lakewright ingest`"
    data = {"action": action, "source": settings.source, "tables": list(tables), "running": running}
    return Report(data, lambda screen: screen.line(f"{action}: {when}"))


@verb("mappings", example="lakewright ingest mappings > mapping.json", has_json=False)
@click.option("--source", help="Which source. [default: the only one]")
@click.option(
    "--django", "settings", metavar="MODULE", help="Settings module of a Django project to take the tables from."
)
@click.option(
    "--django-folder",
    "django_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The Django project's folder. [default: .]",
)
@click.option("--python", help="The interpreter that has the Django project's packages. [default: this one]")
@click.option("--suggestions", is_flag=True, help="Print, instead, what to do about columns marked as personal data.")
def mappings(
    invocation: Invocation,
    source: str | None,
    settings: str | None,
    django_folder: Path,
    python: str | None,
    suggestions: bool,
) -> int:
    """Print DMS's table-mapping JSON for the source.

    One rule for each table that the spec selects, referenced tables first, with the filters and transformations that
    the spec's own mapping has. Tables come from the database, or with --django from a Django project's models.
    """
    from lakewright.ingest.mappings.generate import generate

    workspace = _workspace(invocation)
    name = workspace.source(source)
    declared = workspace.project.platform.sources[name]
    given = workspace.mapping(declared)
    shapes = _django_shapes(settings, django_folder, python) if settings else _database_shapes(workspace, name, given)
    found = generate(shapes, declared.postgres.tenant, given)
    click.echo(found.suggestions_json() if suggestions else found.mapping.to_json(), nl=False)
    return 0


def _django_shapes(settings: str, folder: Path, python: str | None) -> tuple[TableShape, ...]:
    from lakewright.ingest.django_models import read_models

    return read_models(settings, folder, python=python)


def _database_shapes(workspace: Workspace, name: str, given: TableMapping) -> tuple[TableShape, ...]:
    from lakewright.ingest.sources.postgres.catalog import read_catalog
    from lakewright.ingest.sources.postgres.shapes import read_shapes

    with workspace.connection(name) as connection:
        return read_shapes(connection, read_catalog(connection, given.selects))


def _summary(state: BronzeState) -> dict[str, Any]:
    tables = [
        {
            "table": table.name,
            "status": table.status,
            "reason": table.stop_reason,
            "rows": sum(file.rows for file in table.current),
            "files": len(table.current),
            "generation": table.generation,
        }
        for _, table in sorted(state.tables.items())
    ]
    return {"source": state.source, "position": state.position, "version": state.version, "tables": tables}


def _show(screen: Screen, states: list[BronzeState], seconds: float) -> None:
    for state in states:
        rows = [(t["table"], t["status"], t["rows"], t["files"], t["reason"]) for t in _summary(state)["tables"]]
        title = f"{state.source} in {seconds:.1f} s"
        screen.table(["Bronze table", "status", "rows", "files", "note"], rows, title=title)
