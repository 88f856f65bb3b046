"""Python wheel tasks: this package's own entry, whose SQL runs here as the one whom the job runs as.

On Databricks the wheel is installed on a cluster and its entry called with the task's parameters. Here the same
function is called with them, and paths below /Workspace lead to copies of those files.
"""

from __future__ import annotations

import base64
import configparser
import io
import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.ended import NotRun, TaskFailed
from lakewright.rehearse.databricks.workspace.fetched import MOUNT, fetched
from lakewright.rehearse.databricks.workspace.files import content_of
from lakewright.rehearse.databricks.world import Call

PACKAGE = "lakewright"


def run_wheel(call: Call, task: Body, _parameters: object) -> str:
    """What the entry said. Raises NotRun for other packages, TaskFailed, DatabricksFault, SqlProblem."""
    from lakewright.pipeline.product_job import ENTRY, main

    wanted = task["python_wheel_task"]
    if wanted.get("package_name") != PACKAGE or wanted.get("entry_point") != ENTRY:
        raise NotRun(f"Nothing was run: of wheels, {PACKAGE}'s entry {ENTRY} alone runs here")
    _check_entry(call, task, ENTRY)
    out = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="lakewright-task-") as folder:
        given = [_here(call, one, Path(folder)) for one in _arguments(wanted)]
        code = main(given, lambda statement: _rows(call, statement), out)
    if code:
        last = json.loads(out.getvalue().splitlines()[-1])
        raise TaskFailed(str(last["error"]), out.getvalue())
    return out.getvalue()


def _arguments(wanted: Body) -> list[str]:
    named = wanted.get("named_parameters") or {}
    return [*map(str, wanted.get("parameters") or ()), *(f"--{name}={value}" for name, value in named.items())]


def _here(call: Call, argument: str, folder: Path) -> str:
    return str(fetched(call, argument, folder)) if argument.startswith(MOUNT) else argument


def _rows(call: Call, statement: str) -> list[tuple[Any, ...]]:
    found = call.world.statements.run(replace(call, body={}), statement)
    return [*zip(*(column.to_pylist() for column in found.columns), strict=True)]


def _check_entry(call: Call, task: Body, entry: str) -> None:
    """The task's libraries must be there, and one of them must have the entry."""
    entries: set[str] = set()
    for library in task.get("libraries") or ():
        if path := library.get("whl"):
            with call.objects.transaction():
                content = base64.b64decode(content_of(call, path)["content"])
            entries |= _entries(content)
    if entry not in entries:
        raise invalid(f"No library of the task is a wheel of {PACKAGE} with the entry point {entry}")


def _entries(wheel: bytes) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
            texts = [archive.read(name).decode() for name in names]
    except zipfile.BadZipFile:
        raise invalid("A library of the task is no Python wheel") from None
    found = configparser.ConfigParser(delimiters=("=",))
    for text in texts:
        found.read_string(text)
    return {name for section in found.sections() for name in found[section]}
