"""A Glue job's run: Glue's arguments in, models brought up to date, one JSON line per event and an exit code out.

What there is to run lies beside the script: `lake.json` (see `LakeFile`) and the models it names. The job's bookmark is
the position that each table's own last commit holds, written with its rows in one step; so the option only says whether
to go on from there (`job-bookmark-enable`) or to compute everything again (`job-bookmark-disable`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, TextIO

from lakewright.bronze.dms import DmsTable, read_dms
from lakewright.bronze.dms_files import DmsLayout
from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeState
from lakewright.engines import EngineOptions, open_engine
from lakewright.errors import LakewrightError, MissingError, ProblemError, SpecError
from lakewright.models import Models, load_models
from lakewright.observe import Event, Observer
from lakewright.pipeline import Pipeline, Request, RunReport
from lakewright.storage import Storage, open_storage
from lakewright.storage.layered import local_uri, open_layers

BOOKMARKS = ("job-bookmark-enable", "job-bookmark-disable")


@dataclass(frozen=True)
class Arguments:
    """What Glue passes: the job's name and run, models (none: all), the URI of lake.json, whether to begin anew."""

    job: str
    run: str
    models: tuple[str, ...]
    lake: str
    environment: str
    anew: bool


@dataclass(frozen=True)
class DmsSourceFile:
    """A source that DMS replicates: its layout, and its tables' keys and types, here or in a file of Bronze."""

    layout: DmsLayout
    tables: tuple[DmsTable, ...]
    tables_path: str


@dataclass(frozen=True)
class LakeFile:
    """`lake.json`: layer → URI, layer → default partitions, files of models (relative), sources (None: our own)."""

    roots: Mapping[str, str]
    partitions: Mapping[str, tuple[str, ...]]
    models: tuple[str, ...]
    sources: Mapping[str, DmsSourceFile | None]

    @classmethod
    def parse(cls, text: str) -> LakeFile:
        """Raises SpecError LW720 for what is no such file."""
        try:
            said = json.loads(text)
            return cls(
                said["roots"],
                {layer: tuple(columns) for layer, columns in said["partitions"].items()},
                tuple(said["models"]),
                {name: _source(one) for name, one in said["sources"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "compile again: `lakewright infra compile` writes it"
            raise SpecError("LW720", f"lake.json is not readable: {error}", hint=hint) from None


def _source(said: Mapping[str, Any]) -> DmsSourceFile | None:
    if said["replication"] != "dms":
        return None
    layout = DmsLayout(said["folder"], said["timestamp_column"], said["change_seq_column"])
    return DmsSourceFile(layout, tuple(dms_table(one) for one in said["tables"]), said["tables_path"])


def dms_table(said: Mapping[str, Any]) -> DmsTable:
    """A table as JSON holds it (`bronze.dms_catalog`)."""
    return DmsTable(**{**said, "key": tuple(said["key"])})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SpecError("LW721", f"the job's arguments: {message}", hint="look at the job's default arguments")


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Glue's conventions: `--KEY value` pairs, reserved ones among them, which are passed over. Raises SpecError."""
    parser = _Parser(prog="lakewright_job", add_help=False, allow_abbrev=False)
    parser.add_argument("--JOB_NAME", default="local")
    parser.add_argument("--JOB_RUN_ID", default="")
    parser.add_argument("--models", default="")
    parser.add_argument("--lake", required=True)
    parser.add_argument("--environment", default="")
    parser.add_argument("--job-bookmark-option", default=BOOKMARKS[0])
    found, _ = parser.parse_known_args(list(argv))
    if found.job_bookmark_option not in BOOKMARKS:
        raise SpecError(
            "LW722",
            f"no bookmark option {found.job_bookmark_option}: rows and position are committed together",
            hint=" or ".join(BOOKMARKS),
        )
    models = tuple(name for part in found.models.split(",") if (name := part.strip()))
    anew = found.job_bookmark_option == BOOKMARKS[1]
    return Arguments(found.JOB_NAME, found.JOB_RUN_ID, models, found.lake, found.environment, anew)


def run_job(arguments: Arguments, environ: Mapping[str, str], observe: Observer) -> RunReport:
    """Brings the job's models up to date. Problems of one model are in the report. Raises LakewrightError."""
    folder, _, name = arguments.lake.rpartition("/")
    beside = open_storage(local_uri(folder, environ))
    try:
        lake = LakeFile.parse(beside.read(name).decode())
    except FileNotFoundError:
        raise MissingError("LW723", f"there is no {arguments.lake}", hint="apply the stack that uploads it") from None
    with tempfile.TemporaryDirectory(prefix="lakewright-job-") as scratch:
        work = Path(scratch)
        models = _models(beside, lake, work / "models")
        unknown = sorted(set(arguments.models) - set(models))
        if unknown:
            raise SpecError("LW724", f"no model {', '.join(unknown)}", hint="compile and apply again")
        storage = open_layers(lake.roots, work / "staging", environ)
        states = _states(storage, lake, _sources_read(models, arguments.models or tuple(models)))
        engine = open_engine(EngineOptions(spill=work / "spill"))
        pipeline = Pipeline(storage, models, engine, states, work / "state", observe=observe)
        try:
            return pipeline.cycle(Request(models=arguments.models or None, refresh=arguments.anew))
        finally:
            pipeline.close()


def _models(beside: Storage, lake: LakeFile, folder: Path) -> Models:
    for name in lake.models:
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise SpecError("LW720", f"lake.json names a model outside of its folder: {name}")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(beside.read(name))
    return load_models([folder], partitions=lake.partitions)


def _sources_read(models: Models, names: Iterable[str]) -> frozenset[str]:
    """Tables of sources, in lower case and without `bronze.`, that these models read, themselves or through views."""
    found: set[str] = set()
    for name in names:
        for table in models[name].inputs:
            if table not in models:
                found.add(table.partition(".")[2])
            elif models[table].kind == "view":
                found |= _sources_read(models, [table])
    return frozenset(found)


def _states(storage: Storage, lake: LakeFile, tables: Collection[str]) -> Callable[[], tuple[BronzeState, ...]]:
    """How to read the state of these tables' sources, and of no others: a job's role lets it see no more."""
    footers: dict[str, Any] = {}

    def one(name: str, dms: DmsSourceFile | None) -> BronzeState:
        if dms is None:
            return Manifest(storage, name).load()
        known = dms.tables or _kept(storage, name, dms.tables_path)
        wanted = [table for table in known if table.name.lower() in tables]
        return read_dms(storage, dms.layout, name, wanted, footers)

    return lambda: tuple(one(name, dms) for name, dms in lake.sources.items()) if tables else ()


def _kept(storage: Storage, source: str, path: str) -> tuple[DmsTable, ...]:
    try:
        return tuple(dms_table(one) for one in json.loads(storage.read(path)))
    except FileNotFoundError:
        raise MissingError(
            "LW725",
            f"keys and types of the tables of {source} are not known: DMS's files do not tell them",
            place=storage.location(path),
            hint="write them once from the source, then compile and apply",
        ) from None


def main(argv: Sequence[str], environ: Mapping[str, str], out: TextIO = sys.stdout) -> int:
    """One run: JSON lines on `out`; 0 when every model is up to date, 1 when one is not, 2 wrong usage, 3 missing."""

    def tell(event: Event) -> None:
        line = {"at": event.at.isoformat(timespec="milliseconds"), "level": event.level, "event": event.name, **named}
        print(json.dumps(line | event.fields, default=str, ensure_ascii=False), file=out, flush=True)

    named: dict[str, str] = {}
    try:
        arguments = parse_arguments(argv)
        named |= {"job": arguments.job, "job_run": arguments.run, "environment": arguments.environment}
        tell(Event("job.start", {"models": list(arguments.models), "anew": arguments.anew}))
        report = run_job(arguments, environ, tell)
    except LakewrightError as error:
        tell(Event("job.end", {"ok": False, "error": str(error)}, "error"))
        return error.exit_code
    tell(Event("job.end", _summary(report), "info" if report.ok else "error"))
    return 0 if report.ok else ProblemError.exit_code


def _summary(report: RunReport) -> dict[str, Any]:
    """What metric filters read: rows, quality, and how old the newest change is that was read."""
    newest = max(report.bronze_at.values(), default=None)
    failed = {model.name: model.error or model.reason for model in report.models if model.error or _skipped(model)}
    return {
        "ok": report.ok,
        "models": len(report.models),
        "seconds": round(report.seconds, 3),
        "rows": sum(model.rows_out for model in report.models),
        "quarantined": sum(model.quarantined for model in report.models),
        "quality": report.quality,
        "freshness_seconds": None if newest is None else round((datetime.now(UTC) - newest).total_seconds(), 3),
        "failed": failed,
    }


def _skipped(model: Any) -> bool:
    return bool(model.action == "skipped")
