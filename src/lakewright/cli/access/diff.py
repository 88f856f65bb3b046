"""`lakewright access diff`: what an edit changes, for whom."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import MissingError, SpecError

if TYPE_CHECKING:
    from lakewright.cli.access.subject import Governed
    from lakewright.governance.questions import Change, Side


@verb(
    "diff",
    example="lakewright access diff\nlakewright access diff --git main\nlakewright access diff edited.yaml --json",
)
@click.argument("other", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--git", "revision", metavar="REVISION", help="Compare with this commit. [default: HEAD]")
@click.option("--at", metavar="TIME", help="At this moment, for grants with a time limit. [default: now]")
def command(invocation: Invocation, other: Path | None, revision: str | None, at: str | None) -> Report:
    """Show what an edit changes: from the last commit to the files here; or, with OTHER, if it became platform.yaml.

    For each user and persona, table and right: what is gained (+) and lost (-). Nothing is changed.
    """
    from lakewright.cli.access.subject import Governed, moment
    from lakewright.governance.questions import differences
    from lakewright.spec import load_project

    if other and revision:
        raise SpecError("LW900", "OTHER and --git exclude each other", hint="`lakewright access diff --help` shows how")
    here = Governed.of(invocation)
    root = here.project.root
    with _replaced(root, other) if other else _committed(root, revision or "HEAD") as folder:
        there = Governed(load_project(folder, invocation.env))
        before, after = (here, there) if other else (there, here)
        changes = differences(_side(before, here), _side(after, here), moment(at))

    def show(screen: Screen) -> None:
        show_changes(screen, changes)

    return Report({"changes": [asdict(change) for change in changes]}, show)


def _side(governed: Governed, here: Governed) -> Side:
    """Tables as they are here, and as the models there say."""
    from lakewright.governance.questions import Side

    bronze = {name: facts for name, facts in here.tables.items() if facts.database in ("bronze", "changes")}
    return Side(governed.policy, governed.principals, bronze | dict(governed.tables))


@contextmanager
def _replaced(root: Path, other: Path) -> Iterator[Path]:
    """The project with another platform.yaml: everything else is linked."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for entry in root.iterdir():
            if entry.name not in ("platform.yaml", ".lakewright"):
                (folder / entry.name).symlink_to(entry)
        (folder / "platform.yaml").write_bytes(other.read_bytes())
        yield folder


@contextmanager
def _committed(root: Path, revision: str) -> Iterator[Path]:
    """The project's files as they were in a commit. Raises SpecError when git knows no such."""
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "archive", "--format=tar", "--end-of-options", f"{revision}:./"],  # noqa: S607
            capture_output=True,
            check=True,
        )
    except FileNotFoundError as missing:
        hint = "install git, or name the other file: `lakewright access diff edited.yaml`"
        raise MissingError("LW1008", "git is not installed", hint=hint) from missing
    except subprocess.CalledProcessError as wrong:
        said = wrong.stderr.decode(errors="replace").strip().splitlines()
        hint = "commit platform.yaml first, or name the other file: `lakewright access diff edited.yaml`"
        raise SpecError(
            "LW1008", f"git has no {revision} of this folder: {said[-1] if said else ''}", hint=hint
        ) from wrong
    with tempfile.TemporaryDirectory() as name, tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4
        archive.extractall(name, **safely)  # noqa: S202 - what git wrote itself
        yield Path(name)


def show_changes(screen: Screen, changes: Sequence[Change]) -> None:
    """Each principal, below it each table and right with what is gained and lost."""
    if not changes:
        screen.line("Nothing changes for anybody.")
    who = ""
    for change in changes:
        if change.principal != who:
            who = change.principal
            screen.line(who, style="bold")
        screen.line(f"  {change.table} {change.privilege}")
        for gain in change.gains:
            screen.line(f"    + {gain}", style="green")
        for loss in change.losses:
            screen.line(f"    - {loss}", style="red")
