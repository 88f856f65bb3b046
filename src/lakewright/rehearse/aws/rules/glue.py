"""Glue: jobs, crawlers, triggers, catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text
from lakewright.rehearse.aws.rules.schedules import fault as schedule_fault

_COMMANDS = frozenset({"glueetl", "gluestreaming", "pythonshell", "glueray"})
_VERSIONS = ("0.9", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1")
_WORKERS: Mapping[str, str] = {
    "Standard": "0.9",
    "G.1X": "0.9",
    "G.2X": "0.9",
    "G.025X": "3.0",
    "G.4X": "3.0",
    "G.8X": "3.0",
    "G.12X": "4.0",
    "G.16X": "4.0",
    "R.1X": "4.0",
    "R.2X": "4.0",
    "R.4X": "4.0",
    "R.8X": "4.0",
    "Z.2X": "4.0",
}
"""The first version that has a type of worker."""
_PREDICATES = frozenset({"SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED", "CANCELLED"})


def _job(asked: Asked) -> Mapping[str, Any]:
    return structure(asked.parameters.get("JobUpdate")) if asked.operation == "UpdateJob" else asked.parameters


def _command(asked: Asked, _: Moto) -> Iterator[str]:
    command = structure(_job(asked).get("Command"))
    if command and command.get("Name") not in _COMMANDS:
        yield f"The job command must be one of {', '.join(sorted(_COMMANDS))}: {command.get('Name')}"
    script = str(command.get("ScriptLocation") or "")
    if command and not re.fullmatch(r"s3://[^/]+/.+", script):
        yield f"The script location must be an S3 path: {script}"
    if command.get("PythonVersion") not in {None, "2", "3", "3.9", "3.11"}:
        yield f"Python version {command.get('PythonVersion')} is not supported"


def _version(asked: Asked, _: Moto) -> Iterator[str]:
    version = _job(asked).get("GlueVersion")
    if version is not None and version not in _VERSIONS:
        yield f"Glue version {version} is not supported"


def _workers(asked: Asked, _: Moto) -> Iterator[str]:
    job = _job(asked)
    kind, count, capacity = job.get("WorkerType"), job.get("NumberOfWorkers"), job.get("MaxCapacity")
    command = structure(job.get("Command")).get("Name")
    if capacity is not None and (kind is not None or count is not None):
        yield "Please do not set Max Capacity if using Worker Type and Number of Workers."
    if (kind is None) is not (count is None) and command != "glueray":
        yield "Please set both Worker Type and Number of Workers."
    least = 1 if command == "gluestreaming" else 2
    if count is not None and command in {"glueetl", "gluestreaming"} and not least <= count <= 299:
        yield f"Number of workers must be between {least} and 299: {count}"
    if kind == "G.025X" and command == "glueetl":
        yield "Worker type G.025X is only supported for streaming jobs"
    version = str(job.get("GlueVersion") or "0.9")
    if kind in _WORKERS and version in _VERSIONS and _VERSIONS.index(version) < _VERSIONS.index(_WORKERS[str(kind)]):
        yield f"Worker type {kind} is not supported for Glue version {version}"


def _shell(asked: Asked, _: Moto) -> Iterator[str]:
    job = _job(asked)
    if structure(job.get("Command")).get("Name") != "pythonshell":
        return
    if job.get("WorkerType") or job.get("NumberOfWorkers"):
        yield "Worker Type is not supported for Job Command pythonshell."
    if job.get("MaxCapacity") not in {None, 0.0625, 1}:
        yield f"Max Capacity of a Python shell job is 0.0625 or 1: {job.get('MaxCapacity')}"


def _limits(asked: Asked, _: Moto) -> Iterator[str]:
    job = _job(asked)
    minutes, retries = job.get("Timeout"), job.get("MaxRetries")
    if (
        minutes is not None
        and not 1 <= minutes <= 10080
        and structure(job.get("Command")).get("Name") != "gluestreaming"
    ):
        yield f"Timeout must be between 1 and 10080 minutes: {minutes}"
    if retries is not None and not 0 <= retries <= 10:
        yield f"Max retries must be between 0 and 10: {retries}"
    runs = structure(job.get("ExecutionProperty")).get("MaxConcurrentRuns")
    if runs is not None and not 1 <= runs <= 1000:
        yield f"Max concurrent runs must be between 1 and 1000: {runs}"


def _flexible(asked: Asked, _: Moto) -> Iterator[str]:
    job = _job(asked)
    if job.get("ExecutionClass") != "FLEX":
        return
    if structure(job.get("Command")).get("Name") != "glueetl" or str(job.get("GlueVersion") or "0.9") < "3.0":
        yield "Flex execution is only available for glueetl jobs of Glue version 3.0 or later"
    if job.get("WorkerType") not in {None, "G.1X", "G.2X"}:
        yield f"Flex execution is not available for worker type {job.get('WorkerType')}"


def _targets(asked: Asked, _: Moto) -> Iterator[str]:
    targets = asked.parameters.get("Targets")
    if targets is None and asked.operation == "UpdateCrawler":
        return
    if not any(structure(targets).values()):
        yield "Crawler must have at least one target"
    for one in items(structure(targets).get("S3Targets")):
        path = str(structure(one).get("Path") or "")
        if not re.fullmatch(r"(s3://|arn:aws:s3:::)?[a-z0-9][a-z0-9.-]{2,62}(/.*)?", path):
            yield f"Invalid S3 path: {path}"


def _crawl_schedule(asked: Asked, _: Moto) -> Iterator[str]:
    written = text(asked, "Schedule")
    if written and (not written.startswith("cron(") or schedule_fault(written)):
        yield f"Invalid schedule expression {written}: {schedule_fault(written) or 'crawlers take cron'}"


def _crawl_new(asked: Asked, _: Moto) -> Iterator[str]:
    behaviour = structure(asked.parameters.get("RecrawlPolicy")).get("RecrawlBehavior")
    change = structure(asked.parameters.get("SchemaChangePolicy"))
    if behaviour == "CRAWL_NEW_FOLDERS_ONLY" and {change.get("UpdateBehavior"), change.get("DeleteBehavior")} - {"LOG"}:
        yield (
            'The SchemaChangePolicy for "Crawl new folders only" can only have LOG DeleteBehavior value and LOG'
            " UpdateBehavior value."
        )


def _trigger(asked: Asked, _: Moto) -> Iterator[str]:
    kind, schedule = text(asked, "Type"), text(asked, "Schedule")
    predicate = structure(asked.parameters.get("Predicate"))
    if kind == "SCHEDULED" and (not schedule.startswith("cron(") or schedule_fault(schedule)):
        yield f"Invalid schedule expression {schedule}: {schedule_fault(schedule) or 'triggers take cron'}"
    if kind in {"ON_DEMAND", "CONDITIONAL"} and schedule:
        yield f"Schedule cannot be set for a trigger of type {kind}"
    if kind == "CONDITIONAL" and not items(predicate.get("Conditions")):
        yield "Predicate cannot be null or empty for a conditional trigger"
    if kind in {"ON_DEMAND", "SCHEDULED"} and predicate:
        yield f"Predicate cannot be set for a trigger of type {kind}"
    if kind == "ON_DEMAND" and asked.parameters.get("StartOnCreation"):
        yield "StartOnCreation is not supported for ON_DEMAND triggers"


def _trigger_parts(asked: Asked, _: Moto) -> Iterator[str]:
    actions = items(asked.parameters.get("Actions"))
    if not actions and asked.operation == "CreateTrigger":
        yield "Actions cannot be null or empty"
    for one in actions:
        if bool(structure(one).get("JobName")) is bool(structure(one).get("CrawlerName")):
            yield "Exactly one of JobName and CrawlerName must be set in an action"
    predicate = structure(asked.parameters.get("Predicate"))
    conditions = items(predicate.get("Conditions"))
    if len(conditions) > 1 and not predicate.get("Logical"):
        yield "Logical must be set for more than one condition"
    for one in conditions:
        state = structure(one).get("State") or structure(one).get("CrawlState")
        if bool(structure(one).get("JobName")) is bool(structure(one).get("CrawlerName")) or state not in _PREDICATES:
            yield "A condition names a job with its state or a crawler with its crawl state"


def _database(asked: Asked, _: Moto) -> Iterator[str]:
    name = str(structure(asked.parameters.get("DatabaseInput")).get("Name") or "")
    if not name.strip():
        yield "Database name must not be blank"


def _table(asked: Asked, _: Moto) -> Iterator[str]:
    table = structure(asked.parameters.get("TableInput"))
    columns = [
        str(structure(one).get("Name")) for one in items(structure(table.get("StorageDescriptor")).get("Columns"))
    ]
    keys = [str(structure(one).get("Name")) for one in items(table.get("PartitionKeys"))]
    twice = sorted({name for name in columns + keys if (columns + keys).count(name) > 1})
    if twice:
        yield f"Column {', '.join(twice)} is there more than once"


def _security(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("EncryptionConfiguration"))
    for one in items(wanted.get("S3Encryption")):
        if structure(one).get("S3EncryptionMode") == "SSE-KMS" and not structure(one).get("KmsKeyArn"):
            yield "KmsKeyArn is required for SSE-KMS"
    logs = structure(wanted.get("CloudWatchEncryption"))
    if logs.get("CloudWatchEncryptionMode") == "SSE-KMS" and not logs.get("KmsKeyArn"):
        yield "KmsKeyArn is required for SSE-KMS"
    marks = structure(wanted.get("JobBookmarksEncryption"))
    if marks.get("JobBookmarksEncryptionMode") == "CSE-KMS" and not marks.get("KmsKeyArn"):
        yield "KmsKeyArn is required for CSE-KMS"


def _quality(asked: Asked, _: Moto) -> Iterator[str]:
    rules = text(asked, "Ruleset")
    if not re.fullmatch(r"\s*(\w+\s*=\s*\[.*?\]\s*)*Rules\s*=\s*\[\s*\S.*\]\s*(\w+\s*=.*)?", rules, re.DOTALL):
        yield "Invalid DQDL: a ruleset is Rules = [ ... ]"


def _connection(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("ConnectionInput"))
    properties = structure(wanted.get("ConnectionProperties"))
    if wanted.get("ConnectionType") == "JDBC" and not properties.get("JDBC_CONNECTION_URL"):
        yield "JDBC_CONNECTION_URL is required for a JDBC connection"
    if wanted.get("ConnectionType") == "NETWORK" and not wanted.get("PhysicalConnectionRequirements"):
        yield "PhysicalConnectionRequirements are required for a network connection"


_JOBS = ("CreateJob", "UpdateJob")
_CRAWLERS = ("CreateCrawler", "UpdateCrawler")
_BAD = "InvalidInputException"
_DEFINING = "Configuring job properties for Spark jobs in AWS Glue"

RULES = (
    Rule("a job's command", "JobCommand (AWS Glue API)", _JOBS, _command, _BAD),
    Rule("Glue's versions", "AWS Glue versions", _JOBS, _version, _BAD),
    Rule("workers or capacity", _DEFINING, _JOBS, _workers, _BAD),
    Rule(
        "capacity of Python shell jobs",
        "Configuring job properties for Python shell jobs in AWS Glue",
        _JOBS,
        _shell,
        _BAD,
    ),
    Rule("limits of a job", _DEFINING, _JOBS, _limits, _BAD),
    Rule("flexible jobs", _DEFINING, _JOBS, _flexible, _BAD),
    Rule("a crawler's targets", "CreateCrawler (AWS Glue API)", _CRAWLERS, _targets, _BAD),
    Rule(
        "a crawler's schedule",
        "Time-based schedules for jobs and crawlers",
        (*_CRAWLERS, "UpdateCrawlerSchedule"),
        _crawl_schedule,
        _BAD,
    ),
    Rule("new folders only", "Scheduling incremental crawls for adding new partitions", _CRAWLERS, _crawl_new, _BAD),
    Rule("a trigger by its type", "AWS Glue triggers", ("CreateTrigger",), _trigger, _BAD),
    Rule("a trigger's actions and conditions", "AWS Glue triggers", ("CreateTrigger",), _trigger_parts, _BAD),
    Rule("a database has a name", "CreateDatabase (AWS Glue API)", ("CreateDatabase",), _database, _BAD),
    Rule("columns have different names", "CreateTable (AWS Glue API)", ("CreateTable", "UpdateTable"), _table, _BAD),
    Rule(
        "encryption with a key has one",
        "CreateSecurityConfiguration (AWS Glue API)",
        ("CreateSecurityConfiguration",),
        _security,
        _BAD,
    ),
    Rule(
        "a ruleset's language",
        "Data Quality Definition Language (DQDL) reference",
        ("CreateDataQualityRuleset", "UpdateDataQualityRuleset"),
        _quality,
        _BAD,
    ),
    Rule(
        "a connection's properties",
        "AWS Glue connection properties",
        ("CreateConnection", "UpdateConnection"),
        _connection,
        _BAD,
    ),
)
