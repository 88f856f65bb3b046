"""Decides databases, crawlers, jobs and their workflow for a lake of files. It calls glue's module."""

from __future__ import annotations

import json
from pathlib import Path

from lakewright.components.component import Call, Component, Context, Cost, FilePath, Value
from lakewright.components.file_catalog.settings import SCRIPTS, Crawler, Folder, Job, Settings
from lakewright.components.glue.policies import crawler_statements
from lakewright.components.lake import (
    READ,
    WRITE,
    bucket_name,
    bucket_output,
    kms_statement,
    object_statements,
    policy_text,
)
from lakewright.components.statements import INLINE, Statement, document

FOLDER = "jobs"
SHARED = "lake_files.py"
_JOBS = Path(__file__).parent / "job"


def uri(context: Context, folder: Folder | str) -> str:
    """`s3://bucket/folder`, without a slash at the end."""
    where = Folder(bucket=folder) if isinstance(folder, str) else folder
    return f"s3://{bucket_name(context, where.bucket)}/{where.prefix}".rstrip("/")


def _crawler(context: Context, name: str, crawler: Crawler) -> dict[str, Value]:
    prefix: dict[str, Value] = {"table_prefix": crawler.tables} if crawler.tables else {}
    return {
        **prefix,
        "description": f"Files of {name}",
        "database": crawler.database,
        "schedule": crawler.schedule,
        "path": f"{uri(context, crawler)}/",
        "exclusions": ["_*/**", "**/_*"],
        "table_level": crawler.level,
    }


def _triggers(settings: Settings) -> dict[str, Value]:
    """One starts what waits for nothing, one for each set of jobs that others wait for, and then the crawlers."""
    first = [name for name, job in settings.jobs.items() if not job.after]
    unconditional = [] if settings.jobs else list(settings.crawlers)
    if not first and not unconditional:
        return {}
    found: dict[str, Value] = {
        "start": {"schedule": settings.schedule, "start_jobs": first, "start_crawlers": unconditional}
    }
    waiting: dict[tuple[str, ...], list[str]] = {}
    for name, job in settings.jobs.items():
        if job.after:
            waiting.setdefault(job.after, []).append(name)
    for after, then in waiting.items():
        found[f"then-{then[0]}"] = {"after": list(after), "start_jobs": then}
    if settings.jobs and settings.crawlers:
        found["catalog"] = {"after": list(settings.jobs), "start_crawlers": list(settings.crawlers)}
    return found


def _arguments(context: Context, name: str, job: Job, scripts: str) -> dict[str, str]:
    said = {"--source": f"{uri(context, job.reads)}/", "--target": f"{uri(context, job.writes)}/"}
    if job.reports:
        said["--reports"] = f"{uri(context, job.reports)}/"
    if job.rules:
        said["--rules"] = f"s3://{bucket_name(context, scripts)}/{FOLDER}/{name}-rules.json"
    return said | {f"--{key}": text for key, text in job.arguments.items()}


def _rules(job: Job) -> str:
    rules = {dataset: rule.model_dump(mode="json") for dataset, rule in job.rules.items()}
    return json.dumps(rules, indent=2, sort_keys=True) + "\n"


def _job(context: Context, name: str, job: Job, scripts: str) -> dict[str, Value]:
    return {
        "name": context.place.name(name),
        "description": f"{job.script.replace('_', ' ').capitalize()}: {job.reads.prefix} to {job.writes.prefix}",
        "arguments": _arguments(context, name, job, scripts),
        "policy": policy_text(context, f"{name}-policy.json"),
        "entry": f"{job.script}.py",
        "workers": job.workers,
        "timeout": job.timeout,
        "notify_after": max(1, job.timeout * 3 // 4),
        "retries": job.retries,
    }


def job_policy(context: Context, settings: Settings, job: Job) -> str:
    """Reads its script and its source; writes its target, its reports and where it left off."""
    scripts = f"s3://{bucket_name(context, settings.scripts)}/{FOLDER}"
    written = [uri(context, job.writes), *([uri(context, job.reports)] if job.reports else [])]
    return document(
        *object_statements("Read", [scripts, uri(context, job.reads)], READ),
        *object_statements("Write", [*written, f"{scripts}/temporary"], WRITE),
        *kms_statement(context, "UseKey", "s3", "glue", write=True),
        *_running(context),
        most=INLINE,
    )


def _running(context: Context) -> tuple[Statement, ...]:
    place = context.place
    groups = [place.arn("logs", f"log-group:/aws-glue/{what}") for what in (place.name(most=40), "jobs/*")]
    return (
        Statement(
            "Log",
            ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            [*groups, *(f"{group}:*" for group in groups)],
        ),
        Statement(
            "Metrics",
            ("cloudwatch:PutMetricData",),
            ("*",),
            conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
        ),
        Statement("Configuration", ("glue:GetSecurityConfiguration",), ("*",)),
    )


def crawler_policy(context: Context, settings: Settings) -> str:
    """Crawlers read their folders and keep tables and partitions of the declared databases."""
    folders = [uri(context, crawler) for crawler in settings.crawlers.values()]
    return document(*crawler_statements(context, folders, settings.databases), most=INLINE)


def _call(context: Context, _name: str, settings: Settings) -> Call:
    own = context.place.name(most=40)
    used = sorted({job.script for job in settings.jobs.values()})
    files: dict[str, str | bytes] = {f"{script}.py": (_JOBS / f"{script}.py").read_text("utf-8") for script in used}
    if used:
        files[SHARED] = (_JOBS / SHARED).read_text("utf-8")
    files |= {f"{name}-rules.json": _rules(job) for name, job in settings.jobs.items() if job.rules}
    uploads = sorted(files)
    files |= {f"{name}-policy.json": job_policy(context, settings, job) for name, job in settings.jobs.items()}
    inputs: dict[str, Value] = {
        "name": own,
        "databases": {
            name: {"name": name, "location": f"{uri(context, where)}/", "description": f"Files of {name}"}
            for name, where in settings.databases.items()
        },
        "crawlers": {name: _crawler(context, name, crawler) for name, crawler in settings.crawlers.items()},
        "crawler_policy": policy_text(context, "crawler-policy.json"),
        "jobs": {name: _job(context, name, job, settings.scripts) for name, job in settings.jobs.items()},
        "job_settings": {"log_retention_days": settings.log_days},
        "common_arguments": {
            "--TempDir": f"s3://{bucket_name(context, settings.scripts)}/{FOLDER}/temporary/",
            "--environment": context.place.environment,
            "--extra-py-files": f"s3://{bucket_name(context, settings.scripts)}/{FOLDER}/{SHARED}",
        },
        "scripts": {
            "bucket": bucket_output(context, settings.scripts),
            "folder": FOLDER,
            "entry": f"{(used or SCRIPTS)[0]}.py",
        },
        "uploads": {file: FilePath(file) for file in uploads},
        "triggers": _triggers(settings),
        "schedules_enabled": not settings.paused,
        "workflow_description": "Jobs one after the other, then the catalog" if used else "The catalog of all zones",
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs, files={**files, "crawler-policy.json": crawler_policy(context, settings)})


def _costs(_context: Context, settings: Settings) -> tuple[Cost, ...]:
    runs = 30.0
    workers = float(sum(job.workers for job in settings.jobs.values()))
    return (
        Cost("glue.dpu_hour", runs * workers * 5 / 60, "each job once a day, five minutes"),
        Cost("glue.dpu_hour", runs * len(settings.crawlers) * 2 / 6, "each crawler once a day, at least ten minutes"),
    )


COMPONENT = Component(
    name="file_catalog",
    version="1.0.0",
    folder=Path(__file__).parent.parent / "glue",
    settings=Settings,
    call=_call,
    provides=("databases", "jobs", "crawlers", "crawler_role_arn", "workflow", "log_group"),
    costs=_costs,
)
