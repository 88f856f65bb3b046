"""`lakewright aws start`: the local AWS in the foreground."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.aws.running import LOCK, folder_of
from lakewright.cli.output import Invocation, Screen, as_json, verb
from lakewright.errors import MissingError, SpecError

if TYPE_CHECKING:
    from lakewright.rehearse.aws.local import LocalAws

ACCOUNT = "000000000000"
EXAMPLE = """lakewright aws start
lakewright aws start --account 111111111111 --account 222222222222 --keep ./aws-state
lakewright aws start --standin shop-db.example.internal=postgresql://localhost/shop
eval "$(lakewright aws env)" && aws s3 mb s3://lake"""


@verb("start", example=EXAMPLE)
@click.option("--account", "accounts", multiple=True, metavar="ID", help=f"Account id; repeat it. [default: {ACCOUNT}]")
@click.option("--region", default="us-east-1", show_default=True, help="Region of the settings for shells.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1. [default: a free one]")
@click.option(
    "--keep", "state", type=click.Path(path_type=Path, file_okay=False), help="Folder in which everything survives."
)
@click.option("--reset", is_flag=True, help="Begin anew in the folder of --keep.")
@click.option("--standin", "standins", multiple=True, metavar="HOST=URL", help="The database behind a source's host.")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="End after so many seconds.")
def command(
    invocation: Invocation,
    accounts: tuple[str, ...],
    region: str,
    port: int,
    state: Path | None,
    reset: bool,
    standins: tuple[str, ...],
    seconds: float | None,
) -> int:
    """A local AWS for Terraform, boto3 and the AWS CLI, until Ctrl-C or `aws stop`.

    Each account has an administrator's key, in a file that only you can read and that goes when it stops. Requests
    are checked as AWS checks them: their shape, its rules, and what IAM allows.
    """
    named = accounts or (ACCOUNT,)
    _check(named, state, reset)
    stop = threading.Event()
    with _started(invocation, named, state, reset, stop, _hosts(standins), region=region, port=port) as aws:
        _announce(invocation, aws, folder_of(invocation))
        stop.wait(seconds)
    return 0


def _check(accounts: tuple[str, ...], state: Path | None, reset: bool) -> None:
    for account in accounts:
        if len(account) != 12 or not account.isascii() or not account.isdigit():
            raise SpecError("LW1420", f'"{account}" is no account id', hint="twelve digits: --account 111111111111")
    if reset and state is None:
        raise SpecError("LW1421", "--reset needs the folder that is to be emptied", hint="--keep FOLDER --reset")


def _hosts(standins: tuple[str, ...]) -> Mapping[str, str]:
    pairs = {host: url for one in standins for host, _, url in [one.partition("=")]}
    if "" in pairs.values() or "" in pairs:
        raise SpecError(
            "LW1422", "--standin is HOST=URL", hint="--standin shop-db.internal=postgresql://localhost/shop"
        )
    return pairs


@contextmanager
def _started(
    invocation: Invocation,
    accounts: tuple[str, ...],
    state: Path | None,
    reset: bool,
    stop: threading.Event,
    standins: Mapping[str, str],
    *,
    region: str,
    port: int,
) -> Iterator[LocalAws]:
    from lakewright.cli.ingest import interruptible
    from lakewright.ingest.lock import held
    from lakewright.rehearse.aws import runtime

    try:
        from lakewright.rehearse.aws.gates import EVERY_GATE
        from lakewright.rehearse.aws.live.services import living_aws
        from lakewright.rehearse.aws.local import root_of
    except ModuleNotFoundError as error:
        hint = "pip install 'lakewright[serve]'"
        raise MissingError("LW1406", f"a package is missing: {error.name}", hint=hint) from None
    runtime_folder = folder_of(invocation)
    with ExitStack() as stack:
        runtime_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(held(runtime_folder / LOCK, "a local AWS of this folder"))
        stack.enter_context(interruptible(stop))
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lakewright-aws-")))
        if reset:
            _empty(folder)
        aws, _ = stack.enter_context(
            living_aws(accounts, folder, standins, gates=EVERY_GATE, region=region, port=port, keep=state is not None)
        )
        keys = [replace(aws.keyring.permanent[root_of(one)], principal=one) for one in accounts]
        runtime.write_files(runtime_folder, aws.endpoint, region, keys)
        stack.callback(runtime.remove_files, runtime_folder)
        yield aws


def _empty(folder: Path) -> None:
    """Removes what a local AWS keeps, and nothing else that may lie there."""
    (folder / "moto.jsonl").unlink(missing_ok=True)
    for name in ("s3", "live"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _announce(invocation: Invocation, aws: LocalAws, folder: Path) -> None:
    """How to connect; as one JSON object with --json. No keys: those are in the file."""
    if invocation.json:
        facts = {
            "ok": True,
            "command": invocation.command,
            "endpoint": aws.endpoint,
            "accounts": list(aws.accounts),
            "region": aws.region,
            "credentials": str(folder / "credentials"),
            "config": str(folder / "config"),
        }
        print(as_json(facts), flush=True)  # the command goes on
        return
    screen = Screen()
    where = "" if invocation.folder == Path() else f" -C {invocation.folder}"
    screen.line(f"AWS answers at {aws.endpoint}; Ctrl-C ends it", style="bold")
    screen.line(f"accounts: {', '.join(aws.accounts)}; keys and settings, one profile each: {folder}/credentials")
    screen.line(f'in another shell: eval "$(lakewright aws env{where})"')
