"""Lakewright's own ingest as a Fargate service: one task for a source, its checkpoint in Bronze's bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Value
from lakewright.components.lake import (
    READ,
    WRITE,
    bucket_name,
    bucket_output,
    kms_statement,
    object_statements,
    policy_text,
    roots,
)
from lakewright.components.secrets.component import secret_pattern, source_secret
from lakewright.components.sources import replicated_source
from lakewright.components.statements import INLINE, Statement, document
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text

TASK = "ingester"
FOLDER = "ingester"


class Settings(Block):
    """One source's ingester."""

    source: Name | None = Field(default=None, description="Which source; by default the only one that is not DMS's.")
    database: Text = Field(default="", description="Name of its database; by default `dbname` of the secret.")
    secret: Name | None = Field(
        default=None, description="Which of `secrets` has host, port, username and password; by default the source's."
    )
    tls: Literal["require", "verify-ca", "verify-full"] = Field(default="require", description="libpq's sslmode.")
    image: Text = Field(
        default="", description="Address of the image without a tag; by default the repository `jobs` of `ecr`."
    )
    tag: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$")] = Field(
        default="0.1.0", description="The image's tag or digest."
    )
    cpu: Literal[256, 512, 1024, 2048, 4096] = Field(default=1024, description="CPU units; 1024 are one vCPU.")
    memory: Annotated[int, Field(ge=512, le=30_720)] = Field(default=4096, description="Memory, in MiB.")
    count: Literal[0, 1] = Field(
        default=1, description="1: it runs; 0: it is paused, and the source keeps its changes. A slot has one reader."
    )
    spot: bool = Field(default=False, description="Spare capacity: cheaper, and replaced now and then.")
    flush_seconds: Annotated[float, Field(ge=0.25, le=300)] = Field(
        default=2.0, description="Longest time until a change is in Bronze; shorter costs more requests to S3."
    )
    source_cidr: Text = Field(default="10.0.0.0/8", description="Addresses at which the source is reached.")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=5432, description="Port of the source.")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        default=30, description="How long the log is kept."
    )


def call(context: Context, name: str, settings: Settings) -> Call:
    """The inputs of one ingester."""
    place = context.place
    source_name, _ = replicated_source(context, name, settings.source, "lakewright")
    if source_name not in context.sources:
        fact = f"there is no table mapping of the source {source_name}"
        raise SpecError("LW1321", fact, hint="lakewright ingest mappings writes one")
    secret = settings.secret or source_secret(source_name)
    own = place.name("ingest", source_name, most=48)
    key = f"{FOLDER}/{source_name}.json"
    inputs: dict[str, Value] = {
        "name": own,
        "region": place.region,
        "account": place.account,
        "image": settings.image or context.output("ecr", "repository_urls", "jobs"),
        "tag": settings.tag,
        "cpu": settings.cpu,
        "memory": settings.memory,
        "desired_count": settings.count,
        "spot": settings.spot,
        "command": ["--settings", f"s3://{bucket_name(context, 'scripts')}/{key}"],
        "settings": {"bucket": bucket_output(context, "scripts"), "key": key, "text": File("settings.json")},
        "secret_arn": context.output("secrets", "arns", secret),
        "vpc_id": context.output("networking", "vpc_id"),
        "subnet_ids": context.output("networking", "private_subnet_ids"),
        "postgres": {"cidr": settings.source_cidr, "port": settings.port},
        "task_policy": policy_text(context, "task-policy.json"),
        "start_policy": policy_text(context, "start-policy.json"),
        "log_retention_days": settings.log_days,
    }
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    files = {
        "settings.json": _settings(context, source_name, settings),
        "task-policy.json": _task_policy(context, key),
        "start-policy.json": _start_policy(context, own, secret),
    }
    return Call(inputs, files)


def _settings(context: Context, name: str, settings: Settings) -> str:
    """What `ingest.task` reads."""
    source = context.project.platform.sources[name]
    said = {
        "source": name,
        "database": settings.database,
        "tls": settings.tls,
        "tenant": source.postgres.tenant,
        "roots": dict(roots(context)),
        "mapping": json.loads(context.sources[name].mapping),
        "on_change": source.on_change.model_dump(),
        "tuning": {**source.tuning.model_dump(), "flush_seconds": settings.flush_seconds},
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def _task_policy(context: Context, key: str) -> str:
    """Bronze, its manifest and nothing else is written; one file of settings is read."""
    scripts = bucket_name(context, "scripts")
    return document(
        *object_statements("Bronze", [f"s3://{bucket_name(context, 'bronze')}"], WRITE),
        Statement("Settings", READ, (f"arn:aws:s3:::{scripts}/{key}",)),
        *kms_statement(context, "UseKey", "s3", write=True),
        most=INLINE,
    )


def _start_policy(context: Context, name: str, secret: str) -> str:
    """What ECS needs to start the task: the image, the log, the source's secret."""
    place = context.place
    pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    return document(
        Statement("Login", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("Pull", pull, (place.arn("ecr", "repository/*"),)),
        Statement(
            "Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (place.arn("logs", f"log-group:/ecs/{name}:*"),)
        ),
        Statement("Secret", ("secretsmanager:GetSecretValue",), (secret_pattern(place, secret),)),
        *kms_statement(context, "UseKey", "secretsmanager", write=False),
        most=INLINE,
    )


def costs(_context: Context, settings: Settings) -> tuple[Cost, ...]:
    """One task that always runs."""
    kind, hours = ("spot_" if settings.spot else ""), 730.0 * settings.count
    return (
        Cost(f"fargate.{kind}vcpu_hour", hours * settings.cpu / 1024, "the ingester, all day"),
        Cost(f"fargate.{kind}gb_hour", hours * settings.memory / 1024),
    )


COMPONENT = Component(
    name="ingester",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("cluster_name", "service_name", "log_group", "security_group_id"),
    costs=costs,
)
