"""What dbt may not do here: whose project runs is not who runs this program, and has nothing to look for in its files.

DuckDB is held to the folders that a run is given, before anything of the project reaches it; Python models do not run;
commands and settings lead nowhere else. dbt's own program is trusted, and so is what it makes of Jinja.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.ended import TaskFailed

SETTINGS = "dbt_project.yml"
VERBS = frozenset(
    {
        "build",
        "compile",
        "deps",
        "list",
        "ls",
        "parse",
        "run",
        "run-operation",
        "seed",
        "show",
        "snapshot",
        "test",
    }
)
_OURS = frozenset(
    {
        "--add-package",
        "--defer-state",
        "--deprecated-state",
        "--log-path",
        "--partial-parse-file-path",
        "--profiles-dir",
        "--project-dir",
        "--record-timing-info",
        "--source",
        "--state",
        "--target-path",
    }
)
"""Options with which a command would read or write elsewhere."""
_SHORT = re.compile(r"-r|-[^-].")
"""`-r` is `--record-timing-info`, and may hide among other letters or have its value at its end."""
_PACKAGES = ("packages.yml", "dependencies.yml", "package-lock.yml")
_OF_THE_HUB = frozenset({"package", "version", "install-prerelease", "install_prerelease", "name"})
_CATALOG = re.compile(r"[\w-]+")

CONFINED = """
def confined(connection, folders):
    listed = ", ".join("'" + one.replace("'", "''") + "'" for one in folders)
    for one in (f"allowed_directories = [{listed}]", "enable_external_access = false", "lock_configuration = true"):
        connection.execute("SET " + one)
"""
"""Source of `confined(connection, folders)`: files elsewhere are closed to a DuckDB, for good."""
DBT = f"""{CONFINED}
import json, sys
from dbt.adapters.duckdb.environments import Environment
from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.cli.main import cli
from dbt_common.exceptions import DbtRuntimeError

folders, opened = json.loads(sys.argv.pop(1)), Environment.initialize_db.__func__

def opened_confined(cls, creds, plugins=None):
    connection = opened(cls, creds, plugins)
    confined(connection, folders)
    return connection

def no_python(*_):
    raise DbtRuntimeError("Python models do not run here")

Environment.initialize_db = classmethod(opened_confined)
DuckDBAdapter.submit_python_job = no_python
sys.argv[0] = "dbt"
sys.exit(cli())
"""
"""dbt's program, held to the folders that its first argument names. Materializations of a project's own end as Python
too, whatever its manifest says of languages."""


def command_of(text: str) -> list[str]:
    """What follows `dbt`. Raises INVALID_PARAMETER_VALUE."""
    try:
        program, *arguments = shlex.split(text) or [""]
    except ValueError as error:
        raise invalid(f"A command of the dbt task cannot be read: {error}: {text}") from None
    if program != "dbt" or not arguments:
        raise invalid(f"Commands of dbt tasks must start with dbt: {text}")
    if arguments[0] not in VERBS:
        raise invalid(f"`dbt {arguments[0]}` does not run here, but {', '.join(sorted(VERBS))}: {text}")
    if ours := [one for one in arguments if one.partition("=")[0] in _OURS or _SHORT.match(one)]:
        raise invalid(f"Commands of dbt tasks do not say {ours[0].partition('=')[0]} here: {text}")
    return arguments


def check_catalog(name: str) -> None:
    """It becomes a file's name, and stands in SQL."""
    if not _CATALOG.fullmatch(name):
        raise invalid(f"'{name}' is no name of a catalog")


def check_manifest(manifest: Body) -> None:
    """Raises TaskFailed for Python models."""
    if found := [key for key, one in manifest["nodes"].items() if one.get("language") == "python"]:
        raise TaskFailed(f"Python models do not run here: {', '.join(sorted(found))}")


def check_project(project: Path) -> None:
    """A project's paths, and those of packages in it, stay within it; packages come from dbt's hub. A run may have
    changed them: it is asked before each. Raises TaskFailed."""
    for file in sorted(project.rglob(SETTINGS)):
        for key, path in _paths(read_settings(file)):
            if "{" in path or not (file.parent / path).resolve().is_relative_to(project.resolve()):
                raise TaskFailed(f"{key} of {file.relative_to(project)} leads out of the project: {path}")
    for name in _PACKAGES:
        if (file := project / name).is_file():
            for one in _read(file).get("packages") or ():
                if set(one) - _OF_THE_HUB:
                    raise TaskFailed(f"{name} names a package that is not of dbt's hub: {one}")


def read_settings(file: Path) -> Body:
    """Raises TaskFailed."""
    found = _read(file)
    if not found.get("name"):
        raise TaskFailed(f"{file.name} of the dbt project names no project")
    return found


def _read(file: Path) -> Body:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TaskFailed(f"{file.name} of the dbt project cannot be read: {error}") from None
    return found if isinstance(found, dict) else {}


def _paths(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if str(key).replace("_", "-").endswith(("-path", "-paths")):
            for path in value if isinstance(value, list) else [value]:
                yield str(key), str(path)
