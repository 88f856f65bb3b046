"""`lakewright databricks start`: the local Databricks in the foreground."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.databricks.running import LOCK, folder_of
from lakewright.cli.output import Invocation, Screen, as_json, verb
from lakewright.errors import MissingError, SpecError
from lakewright.rehearse.databricks import profiles

if TYPE_CHECKING:
    from lakewright.rehearse.databricks.local import LocalDatabricks

ACCOUNT = "00000000-0000-4000-8000-000000000000"
EXAMPLE = """lakewright databricks start
lakewright databricks start --keep ./databricks-state
eval "$(lakewright databricks env)" && python make_workspaces.py"""


@verb("start", example=EXAMPLE)
@click.option("--account", default=ACCOUNT, show_default=True, metavar="UUID", help="Account id.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1. [default: a free one]")
@click.option(
    "--keep", "state", type=click.Path(path_type=Path, file_okay=False), help="Folder in which everything survives."
)
@click.option("--reset", is_flag=True, help="Begin anew in the folder of --keep.")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="End after so many seconds.")
def command(
    invocation: Invocation, account: str, port: int, state: Path | None, reset: bool, seconds: float | None
) -> int:
    """A local Databricks for its SDK, its CLI and Terraform, until Ctrl-C or `databricks stop`.

    The account has an administrator, a service principal whose secret is in a file that only you can read and that
    goes when it stops. Each workspace that is made gets an address of its own.
    """
    _check(account, state, reset)
    stop = threading.Event()
    with _started(invocation, account, state, reset, stop, port) as databricks:
        _announce(invocation, databricks, folder_of(invocation))
        stop.wait(seconds)
    return 0


def _check(account: str, state: Path | None, reset: bool) -> None:
    try:
        uuid.UUID(account)
    except ValueError:
        raise SpecError("LW1505", f'"{account}" is no account id', hint=f"a UUID: --account {ACCOUNT}") from None
    if reset and state is None:
        raise SpecError("LW1506", "--reset needs the folder that is to be emptied", hint="--keep FOLDER --reset")


@contextmanager
def _started(
    invocation: Invocation, account: str, state: Path | None, reset: bool, stop: threading.Event, port: int
) -> Iterator[LocalDatabricks]:
    from lakewright.cli.ingest import interruptible
    from lakewright.ingest.lock import held

    try:
        from lakewright.rehearse.databricks.local import local_databricks
    except ModuleNotFoundError as error:
        hint = "pip install 'lakewright[serve]'"
        raise MissingError("LW1406", f"a package is missing: {error.name}", hint=hint) from None
    folder = folder_of(invocation)
    with ExitStack() as stack:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(held(folder / LOCK, "a local Databricks of this folder"))
        stack.enter_context(interruptible(stop))
        kept = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lakewright-databricks-")))
        if reset:
            _empty(kept)
        databricks = stack.enter_context(local_databricks(kept, account, keep=state is not None, port=port))
        profiles.write_profiles(folder, {profiles.ACCOUNT: profiles.administrator(databricks)})
        stack.callback(profiles.remove_profiles, folder)
        yield databricks


def _empty(folder: Path) -> None:
    """Removes what a local Databricks keeps, and nothing else that may lie there."""
    for one in folder.glob("databricks.sqlite*"):
        one.unlink()
    for name in ("s3", "sql"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _announce(invocation: Invocation, databricks: LocalDatabricks, folder: Path) -> None:
    """How to connect; as one JSON object with --json. No secret: that is in the file."""
    if invocation.json:
        facts = {
            "ok": True,
            "command": invocation.command,
            "host": databricks.host,
            "account_id": databricks.account_id,
            "workspaces": databricks.workspaces(),
            "profiles": str(folder / profiles.FILE),
        }
        print(as_json(facts), flush=True)  # the command goes on
        return
    screen = Screen()
    where = "" if invocation.folder == Path() else f" -C {invocation.folder}"
    screen.line(f"Databricks answers at {databricks.host}; Ctrl-C ends it", style="bold")
    screen.line(f"account {databricks.account_id}; its administrator's profile: {folder / profiles.FILE}")
    for name, address in databricks.workspaces().items():
        screen.line(f"workspace {name}: {address}")
    screen.line(f'in another shell: eval "$(lakewright databricks env{where})"')
