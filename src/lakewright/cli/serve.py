"""`lakewright serve`: a local Athena, with the S3, Glue and STS that its clients need."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Screen, as_json, verb
from lakewright.errors import MissingError

if TYPE_CHECKING:
    from lakewright.cli.serve_parts import Running
    from lakewright.spec import Project

EXAMPLE = """lakewright serve
lakewright serve --port 4510 --json
eval "$(lakewright serve --shell ana)" && aws athena list-work-groups"""


@verb("serve", example=EXAMPLE)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1. [default: a free one]")
@click.option("--shell", metavar="PRINCIPAL", help="Print the settings with which a shell uses the running service.")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="End after so many seconds.")
def command(invocation: Invocation, port: int, shell: str | None, seconds: float | None) -> int:
    """A local Athena, with the S3, Glue and STS that its clients need, until Ctrl-C.

    Each user of `access.users` has an access key, in a file that only you can read and that goes when the service
    stops. What the grants say is enforced on every answer.
    """
    from lakewright.rehearse.aws import runtime

    project = invocation.local_project()
    folder = runtime.runtime_folder(project.root, project.state_dir, os.environ)
    if shell is not None:
        variables = runtime.environment_of(folder, shell)
        text = as_json({"ok": True, "command": "serve", "environment": variables})
        click.echo(text if invocation.json else runtime.as_shell(variables))
        return 0
    with _started(project, port, folder) as (service, stop):
        _announce(invocation, service, folder)
        stop.wait(seconds)
    return 0


@contextmanager
def _started(project: Project, port: int, folder: Path) -> Iterator[tuple[Running, threading.Event]]:
    """The running service and the event that ends it. One per project: the lock names who has it."""
    from lakewright.cli.ingest import interruptible
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.lock import held
    from lakewright.observe import JsonLog
    from lakewright.rehearse.aws import runtime

    try:
        from lakewright.cli.serve_parts import REGION, running
    except ModuleNotFoundError as error:
        hint = "pip install 'lakewright[serve]'"
        raise MissingError("LW1406", f"a package is missing: {error.name}", hint=hint) from None
    stop = threading.Event()
    with (
        held(project.state_dir / "serve.lock", "the service of this project"),
        interruptible(stop),
        closing(JsonLog(project.state_dir / "logs" / f"serve-{datetime.now(UTC):%Y-%m-%d}.jsonl")) as log,
        running(Workspace(project), port, log) as service,
    ):
        stderr = Screen(to_stderr=True)

        def tell(text: str) -> None:
            """A change of the project's files: who may connect may be others now."""
            runtime.write_files(folder, service.endpoint, REGION, service.keys)
            stderr.line(text)

        runtime.write_files(folder, service.endpoint, REGION, service.keys)
        try:
            with service.standing.watched(tell):
                yield service, stop
        finally:
            runtime.remove_files(folder)


def _announce(invocation: Invocation, service: Running, folder: Path) -> None:
    """How to connect; as one JSON object with --json. No keys: those are in the file."""
    names = sorted(service.identities)
    if invocation.json:
        facts = {
            "ok": True,
            "command": "serve",
            "endpoint": service.endpoint,
            "port": service.port,
            "credentials": str(folder / "credentials"),
            "config": str(folder / "config"),
            "principals": names,
            "buckets": service.buckets,
        }
        print(as_json(facts), flush=True)  # the command goes on
        return
    screen = Screen()
    screen.line(f"Athena, S3, Glue and STS answer at {service.endpoint}; Ctrl-C ends it", style="bold")
    screen.line(f"principals: {', '.join(names)}")
    screen.line(f"keys and settings, one profile each: {folder}/credentials, {folder}/config")
    where = "" if invocation.folder == Path() else f" -C {invocation.folder}"
    screen.line(f'in another shell: eval "$(lakewright serve{where} --shell {names[0]})"')
