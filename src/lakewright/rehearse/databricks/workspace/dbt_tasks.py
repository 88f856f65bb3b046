"""dbt tasks: the project runs with dbt-duckdb, over rows that the one whom the job runs as may read.

What its sources name is read as that principal, dbt runs on those rows, and the tables that it made are stored as that
principal again. dbt is a program of its own: LAKEWRIGHT_DBT_PYTHON names a Python that has dbt-duckdb. Views are there
while dbt runs, and kept nowhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.sql.warehouses import found_warehouse
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.dbt_limits import (
    CONFINED,
    DBT,
    SETTINGS,
    check_catalog,
    check_manifest,
    check_project,
    command_of,
    read_settings,
)
from lakewright.rehearse.databricks.workspace.ended import NotRun, TaskFailed
from lakewright.rehearse.databricks.workspace.fetched import MOUNT, fetched
from lakewright.rehearse.databricks.workspace.permissions import need_level
from lakewright.rehearse.databricks.world import Call

PYTHON = "LAKEWRIGHT_DBT_PYTHON"
NO_DBT = f"Nothing was run: {PYTHON} names no Python with dbt-duckdb"
KEPT = frozenset({"table", "incremental", "seed", "snapshot"})
MOST_SECONDS = 1800
_RESERVED, _SUFFIX = frozenset({"main", "memory", "system", "temp"}), "_catalog"
_MOVE = (
    CONFINED
    + """
import json, sys, duckdb
for one in json.load(sys.stdin):
    with duckdb.connect(one["database"]) as database:
        confined(database, sys.argv[1:])
        schema, table = (name.replace('"', '""') for name in one["name"])
        if one["load"]:
            database.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            database.execute(f'CREATE TABLE "{schema}"."{table}" AS SELECT * FROM read_parquet(?)', [one["file"]])
            continue
        kinds = database.execute(f'DESCRIBE "{schema}"."{table}"').fetchall()
        columns = [('"' + name.replace('"', '""') + '"', kind) for name, kind, *_ in kinds]
        wide = [f"CAST({name} AS BIGINT) AS {name}" if kind == "HUGEINT" else name for name, kind in columns]
        rows = database.sql(f'SELECT {", ".join(wide)} FROM "{schema}"."{table}"')
        rows.write_parquet(one["file"])
"""
)
"""Moves tables between files of dbt's DuckDB and Parquet, in the folder that its argument names. Sums of whole numbers
are BIGINT on Databricks."""


def _called(catalog: str) -> str:
    """A catalog's name in DuckDB, which keeps some names for itself."""
    return f"{catalog}{_SUFFIX}" if catalog in _RESERVED else catalog


@dataclass(frozen=True)
class Relation:
    """A table that dbt reads or makes."""

    catalog: str
    schema: str
    table: str

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Relation:
        """A source or a node of dbt's manifest."""
        database = str(node["database"])
        catalog = database.removesuffix(_SUFFIX)
        found = catalog if catalog in _RESERVED else database
        return cls(found, node["schema"], node.get("identifier") or node["alias"])

    @property
    def name(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.table}"


@dataclass(frozen=True)
class Place:
    """Where one run of dbt happens: the project, the program, the folder for everything else."""

    folder: Path
    project: Path
    python: Path

    @property
    def data(self) -> Path:
        """The folder of databases."""
        return self.folder / "data"

    @property
    def target(self) -> Path:
        """Where dbt writes what it found and did."""
        return self.folder / "target"

    def database(self, catalog: str) -> Path:
        """DuckDB calls a database as its file is called. Raises INVALID_PARAMETER_VALUE."""
        check_catalog(catalog)
        return self.data / f"{_called(catalog)}.duckdb"

    def dbt(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Its SQL reads and writes databases, and in the project, for seeds lie there."""
        check_project(self.project)
        self.data.mkdir(exist_ok=True)
        open_to = json.dumps([str(self.data), str(self.project)])
        more = ["--project-dir", str(self.project), "--profiles-dir", str(self.folder)]
        return self._run([str(self.python), "-I", "-c", DBT, open_to, "--no-use-colors", *arguments, *more])

    def move(self, tables: Sequence[Mapping[str, Any]]) -> None:
        done = self._run([str(self.python), "-I", "-c", _MOVE, str(self.folder)], json.dumps(list(tables)))
        if done.returncode:
            raise TaskFailed(done.stderr.strip().splitlines()[-1], done.stderr)

    def _run(self, command: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }
        options: dict[str, Any] = {"input": text, "env": environment, "cwd": self.folder, "timeout": MOST_SECONDS}
        try:
            return subprocess.run(list(command), capture_output=True, text=True, check=False, **options)
        except subprocess.TimeoutExpired:
            raise TaskFailed(f"{command[0]} did not end within {MOST_SECONDS} seconds") from None


def run_dbt(call: Call, task: Body, _parameters: object) -> str:
    """What dbt printed. Raises NotRun without dbt, TaskFailed, DatabricksFault, SqlProblem."""
    python = Path(os.environ.get(PYTHON) or "")
    if not (python.name and (python.parent / "dbt").is_file()):
        raise NotRun(NO_DBT)
    wanted = task["dbt_task"]
    if not str(wanted.get("project_directory") or "").startswith(MOUNT):
        raise invalid("dbt_task.project_directory must be a folder below /Workspace")
    with call.objects.transaction():
        key = str(found_warehouse(call, str(wanted.get("warehouse_id")))["id"])
        need_level(call, "warehouses", key, "CAN_USE")
    with tempfile.TemporaryDirectory(prefix="lakewright-dbt-") as folder:
        project = fetched(call, str(wanted["project_directory"]), Path(folder) / "workspace")
        place = Place(Path(folder), project, python)
        return _run(call, wanted, place)


def _run(call: Call, wanted: Body, place: Place) -> str:
    catalog, schema = str(wanted.get("catalog") or "main"), str(wanted.get("schema") or "default")
    commands = [command_of(str(one)) for one in wanted.get("commands") or ()]
    _write_profile(place, (), catalog, schema)
    manifest = _parsed(place, commands)
    check_manifest(manifest)
    reads = {*_sources(manifest), *_incremental(manifest)}
    if others := {one.catalog for one in reads} - {catalog}:  # a profile that changes has dbt read all again
        _write_profile(place, sorted(others), catalog, schema)
    _load(call, place, reads, _made(manifest))
    said: list[str] = []
    failed = ""
    for arguments in commands:
        done = place.dbt(arguments)
        said.append(done.stdout)
        _store(call, place)
        if done.returncode:
            failed = f"dbt {' '.join(arguments)} ended with exit code {done.returncode}"
            break
    logs = "\n".join(said)
    if failed:
        raise TaskFailed(failed, logs)
    return logs


def _write_profile(place: Place, others: Sequence[str], catalog: str, schema: str) -> None:
    """One of the name that the project asks for, as Databricks makes one from the task's warehouse."""
    said = read_settings(place.project / SETTINGS)
    attached = [{"path": str(place.database(one)), "alias": _called(one)} for one in others]
    output = {
        "type": "duckdb",
        "path": str(place.database(catalog)),
        "schema": schema,
        "threads": 1,
        "attach": attached,
    }
    profile = {str(said.get("profile") or said["name"]): {"target": "here", "outputs": {"here": output}}}
    (place.folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")


def _parsed(place: Place, commands: Sequence[Sequence[str]]) -> Body:
    variables = next((["--vars", one[one.index("--vars") + 1]] for one in commands if "--vars" in one[:-1]), [])
    done = place.dbt(["parse", *variables])
    if done.returncode:
        raise TaskFailed("dbt cannot read the project", done.stdout)
    found: Body = json.loads((place.target / "manifest.json").read_text(encoding="utf-8"))
    return found


def _sources(manifest: Body) -> Iterator[Relation]:
    for one in manifest["sources"].values():
        yield Relation.of(one)


def _incremental(manifest: Body) -> Iterator[Relation]:
    """What goes on from what is there."""
    for one in manifest["nodes"].values():
        if (one["config"] or {}).get("materialized") in ("incremental", "snapshot"):
            yield Relation.of(one)


def _made(manifest: Body) -> set[Relation]:
    nodes = manifest["nodes"].values()
    return {Relation.of(one) for one in nodes if one.get("alias")}


def _load(call: Call, place: Place, reads: set[Relation], made: set[Relation]) -> None:
    """The rows that the principal may read. What dbt makes itself need not be there yet."""
    import pyarrow.parquet as pq

    tables = []
    for number, one in enumerate(sorted(reads, key=lambda relation: relation.name)):
        try:
            rows = call.world.statements.run(replace(call, body={}), f"SELECT * FROM {_quoted(one)}")
        except SqlProblem as problem:
            if one in made and problem.name == "TABLE_OR_VIEW_NOT_FOUND":
                continue
            raise
        file = place.folder / f"in-{number}.parquet"
        pq.write_table(rows, file)
        tables.append(_moved(place, one, file, load=True))
    place.move(tables)


def _moved(place: Place, one: Relation, file: Path, *, load: bool) -> dict[str, Any]:
    names = [one.schema, one.table]
    return {"database": str(place.database(one.catalog)), "name": names, "file": str(file), "load": load}


def _store(call: Call, place: Place) -> None:
    """The tables that a command made, as the principal."""
    import pyarrow.parquet as pq

    results = place.target / "run_results.json"
    if not results.is_file():
        return
    nodes = json.loads((place.target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ran = json.loads(results.read_text(encoding="utf-8"))["results"]
    results.unlink()
    made = [nodes[one["unique_id"]] for one in ran if one["status"] == "success" and one["unique_id"] in nodes]
    kept = [Relation.of(one) for one in made if (one["config"] or {}).get("materialized") in KEPT]
    files = [place.folder / f"out-{number}.parquet" for number in range(len(kept))]
    place.move([_moved(place, one, file, load=False) for one, file in zip(kept, files, strict=True)])
    for one, file in zip(kept, files, strict=True):
        call.world.statements.store(replace(call, body={}), one.name, pq.read_table(file))


def _quoted(one: Relation) -> str:
    return ".".join(f"`{part.replace('`', '``')}`" for part in (one.catalog, one.schema, one.table))
