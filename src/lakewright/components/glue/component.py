"""Glue's inputs: databases, declared tables, crawlers by format, a job per group of models, triggers by their graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lakewright.catalog.hive_types import from_canonical
from lakewright.components.component import Call, Component, Context, Cost, Data, File, FilePath, Template, Value
from lakewright.components.databases import DATABASES
from lakewright.components.deployed import deployed, model_text
from lakewright.components.glue.crawlers import crawlers
from lakewright.components.glue.groups import Group, groups
from lakewright.components.glue.policies import crawler_policy, job_policy
from lakewright.components.glue.settings import Settings
from lakewright.components.lake import bucket_name, bucket_output, location, roots
from lakewright.components.schedules import runs_per_month
from lakewright.components.sources import DMS_COLUMNS, dms_folder
from lakewright.components.wheel import wheel, wheel_name
from lakewright.models import Model

FOLDER = "glue"
ENTRY = "lakewright_job.py"
LAKE_FILE = "lake.json"
S3_READER = "duckdb-extension-httpfs==1.5.5"

_DESCRIPTIONS = {
    "bronze": "Raw changes, as replication wrote them",
    "silver": "Clean, current rows",
    "gold": "Figures and facts for use",
    "quarantine": "Rows that failed a check",
}


def call(context: Context, _name: str, settings: Settings) -> Call:
    """The inputs of Glue."""
    context = deployed(context)
    made = groups(context.models)
    own = context.place.name(most=40)
    uploads = _uploads(context)
    encrypted = context.has("kms_key")
    key: Value = context.output("kms_key", "arn") if encrypted else None
    policies = {f"jobs/{group.name}.json": job_policy(context, group, own, private=settings.private) for group in made}
    policies["crawler-policy.json"] = crawler_policy(context)

    declared = Data("tables.json", {model.name: _table(context, model) for model in context.models.values()})
    rules = Data("rulesets.json", rulesets(context.models.values()))

    def policy(file: str) -> Value:
        return Template(file, {"kms_key_arn": key}) if encrypted else File(file)

    inputs: dict[str, Value] = {
        "name": own,
        "databases": {
            layer: {"name": layer, "location": f"{roots(context)[layer]}/", "description": _DESCRIPTIONS[layer]}
            for layer in DATABASES
        },
        "tables": declared,
        "crawlers": crawlers(context, settings),
        "crawler_policy": policy("crawler-policy.json"),
        "jobs": {
            group.name: {
                "name": context.place.name(group.name),
                "description": f"{', '.join(group.models)}"[:900],
                "arguments": {"--models": ",".join(group.models)},
                "policy": policy(f"jobs/{group.name}.json"),
            }
            for group in made
        },
        "job_settings": _job_settings(settings),
        "common_arguments": _arguments(context, settings),
        "scripts": {"bucket": bucket_output(context, "scripts"), "folder": FOLDER, "entry": ENTRY},
        "uploads": {key: FilePath(file) for key, file in sorted(uploads.items())},
        "triggers": triggers(made, settings, strict=context.place.strict),
        "schedules_enabled": not settings.paused,
        "rulesets": rules,
        "kms_key_arn": key,
    }
    if context.has("lake_formation"):
        inputs["lake_administrators"] = context.output("lake_formation", "administrators")
    if settings.private:
        inputs["connection"] = _connection(context)
    data = {one.name: one.text for one in (declared, rules)}
    return Call(inputs, {**_upload_files(context), **policies, **data})


def _table(context: Context, model: Model) -> Value:
    layer, _, name = model.name.partition(".")
    return {
        "database": layer,
        "name": name,
        "location": location(context, model.name),
        "description": model.description[:2048],
        "columns": [
            {"name": column.name, "type": from_canonical(column.type), "comment": column.description[:255]}
            for column in model.columns
        ],
    }


def _job_settings(settings: Settings) -> Value:
    return {
        "glue_version": settings.glue_version,
        "worker_type": settings.worker_type,
        "workers": settings.workers,
        "timeout": settings.timeout,
        "retries": settings.retries,
        "notify_after": settings.notify_after,
        "log_retention_days": settings.log_days,
    }


def _arguments(context: Context, settings: Settings) -> dict[str, Value]:
    folder = f"s3://{bucket_name(context, 'scripts')}/{FOLDER}"
    packages = [f"{folder}/{wheel_name()}", S3_READER, *settings.packages]
    return {
        "--TempDir": f"{folder}/temporary/",
        "--additional-python-modules": ",".join(packages),
        "--environment": context.place.environment,
        "--lake": f"{folder}/{LAKE_FILE}",
    }


def _model_file(model: Model) -> str:
    return f"models/{model.name.replace('.', '/', 1)}.sql"


def _uploads(context: Context) -> dict[str, str]:
    """Key below the scripts' folder → file of the call."""
    models = [_model_file(model) for model in context.models.values()]
    return {name: name for name in (ENTRY, LAKE_FILE, wheel_name(), *models)}


def _upload_files(context: Context) -> dict[str, str | bytes]:
    script = Path(__file__).parent / "job" / ENTRY
    found: dict[str, str | bytes] = {
        ENTRY: script.read_text(encoding="utf-8"),
        LAKE_FILE: lake_file(context),
        wheel_name(): wheel(),
    }
    return found | {_model_file(model): model_text(model) for model in context.models.values()}


def lake_file(context: Context) -> str:
    """What a job has to know of the lake: `pipeline.glue_job.LakeFile` reads it."""
    said = {
        "roots": dict(roots(context)),
        "partitions": {layer: list(names) for layer, names in context.project.platform.lake.partitions.items()},
        "models": sorted(_model_file(model) for model in context.models.values()),
        "sources": {name: _source(context, name) for name in sorted(context.project.platform.sources)},
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def _source(context: Context, name: str) -> dict[str, Any]:
    source = context.project.platform.sources[name]
    if source.replication != "dms":
        return {"replication": "lakewright"}
    columns, facts = DMS_COLUMNS.of(source), context.sources.get(name)
    return {
        "replication": "dms",
        "folder": f"bronze/{dms_folder(name, source)}",
        "timestamp_column": columns.timestamp,
        "change_seq_column": columns.sequence,
        "tables": [dict(table) for table in facts.tables] if facts else [],
        "tables_path": f"_lakewright/dms/{name}.json",
    }


def triggers(made: Sequence[Group], settings: Settings, *, strict: bool) -> dict[str, Value]:
    """One starts the jobs which wait for none, one for each set of jobs that others wait for, and then the crawlers."""
    first = [group.name for group in made if not group.after]
    found: dict[str, Value] = {"start": {"schedule": settings.workflow_at(strict=strict), "start_jobs": first}}
    waiting: dict[tuple[str, ...], list[str]] = {}
    for group in made:
        if group.after:
            waiting.setdefault(group.after, []).append(group.name)
    for after, then in waiting.items():
        title = then[0].removeprefix("silver_to_gold_")
        found[f"then_{title}"] = {"after": list(after), "start_jobs": then}
    for layer in ("silver", "gold"):
        done = [group.name for group in made if group.layer == layer]
        if done and settings.crawl_after:
            found[f"catalog_{layer}"] = {"after": done, "start_crawlers": [layer]}
    return found


def rulesets(models: Iterable[Model]) -> dict[str, Value]:
    """Data quality rules of each table that has a key, in DQDL: the key is there and names one row."""
    found: dict[str, Value] = {}
    for model in models:
        if not model.key:
            continue
        key = " ".join(f'"{column}"' for column in model.key)
        whole = ", ".join(f'IsComplete "{column}"' for column in model.key)
        found[model.name.replace(".", "-").replace("_", "-")] = {
            "table": model.name,
            "description": f"The key of {model.name}",
            "rules": f"Rules = [{whole}, IsPrimaryKey {key}]",
        }
    return found


def _connection(context: Context) -> Value:
    return {
        "vpc_id": context.output("networking", "vpc_id"),
        "subnet_id": context.output("networking", "private_subnet_ids", 0),
        "availability_zone": context.output("networking", "private_zones", 0),
    }


def costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    """Each run of a job is billed for a minute at least, on two workers; each crawl for ten, on two units."""
    strict, going = context.place.strict, 0.0 if settings.paused else 1.0
    runs = going * runs_per_month(settings.workflow_at(strict=strict))
    crawls = going * runs_per_month(settings.bronze_at(strict=strict))
    crawls += 2 * runs * settings.crawl_after + 2 * going * runs_per_month(settings.tables_schedule)
    units = {"G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0}[settings.worker_type]
    jobs = float(len(groups(context.models)))
    return (
        Cost("glue.dpu_hour", round(runs * jobs * 2 * units / 60, 1), f"{jobs:.0f} jobs, {runs:.0f} times a month"),
        Cost("glue.dpu_hour", round(crawls * 2 / 6, 1), f"{crawls:.0f} crawls a month"),
    )


COMPONENT = Component(
    name="glue",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("databases", "tables", "jobs", "crawlers", "crawler_role_arn", "workflow", "log_group"),
    costs=costs,
)
