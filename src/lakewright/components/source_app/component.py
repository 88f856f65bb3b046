"""Decides names, sizes and rights of the source application; the lake's network reads its database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, Place, Value
from lakewright.components.ecr.component import repository_arn
from lakewright.components.lake import kms_statement, policy_text
from lakewright.components.statements import INLINE, Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text


class Database(Block):
    """Its PostgreSQL database."""

    version: Annotated[str, Field(pattern=r"^1[3-7](\.[0-9]+)?$")] = Field(default="16.4", description="13 to 17.")
    size: Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")] = Field(
        default="db.t4g.small", description="Instance class."
    )
    storage: Annotated[int, Field(ge=20, le=16_384)] = Field(default=20, description="GB at first; grows fourfold.")
    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,62}$")] = Field(default="shop", description="Its name.")
    multi_az: bool | None = Field(default=None, description="A second zone; by default where protection is strict.")
    backup: Annotated[int, Field(ge=1, le=35)] = Field(default=7, description="Days that backups are kept.")


class Settings(Block):
    """The source application."""

    image: Name = Field(default="shop", description="Key of the repository of `ecr` that has its image.")
    tag: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$")] = Field(
        default="1.0.0", description="Tag, or digest, of the image."
    )
    count: Annotated[int, Field(ge=0, le=100)] = Field(default=1, description="How many tasks run.")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=8000, description="Port it listens on.")
    health: Annotated[str, Field(pattern=r"^/\S{0,1023}$")] = Field(
        default="/", description="Path that answers when it is well."
    )
    environment: Mapping[str, Text] = Field(default_factory=dict, description="Environment variables; no secrets.")
    certificate: Annotated[str, Field(pattern="^arn:aws[a-z-]*:acm:")] | None = Field(
        default=None, description="Certificate for HTTPS; without it, HTTP within the network."
    )
    database: Database = Field(default_factory=Database, description="Its database.")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        default=30, description="How long its log is kept."
    )


def app_name(place: Place, call: str) -> str:
    """Name of cluster, service and database."""
    return place.name(call, most=50)


def execution_policy(context: Context, call: str, settings: Settings) -> str:
    """Pull the one image, write the one log, read the secret that RDS made (RDS names it `rds!db-…`)."""
    place = context.place
    log = place.arn("logs", f"log-group:/ecs/{app_name(place, call)}")
    statements = [
        Statement("Login", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement(
            "Pull",
            ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            (repository_arn(place, settings.image),),
        ),
        Statement("Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (f"{log}:*",)),
        Statement(
            "OwnerLogin",
            ("secretsmanager:GetSecretValue",),
            (place.arn("secretsmanager", "secret:rds!db-*"),),
            conditions={
                "StringEquals": {
                    "secretsmanager:ResourceTag/aws:rds:primaryDBInstanceArn": place.arn(
                        "rds", f"db:{app_name(place, call)}"
                    )
                }
            },
        ),
    ]
    statements += kms_statement(context, "Key", "secretsmanager", write=False)
    return document(*statements, most=INLINE)


def _call(context: Context, name: str, settings: Settings) -> Call:
    place = context.place
    database = settings.database
    task: dict[str, Value] = {
        "repository_url": context.output("ecr", "repository_urls", settings.image),
        "tag": settings.tag,
        "port": settings.port,
        "health_path": settings.health,
    }
    if settings.environment:
        task["environment"] = dict(settings.environment)
    inputs: dict[str, Value] = {
        "name": app_name(place, name),
        "load_balancer_name": place.name(name, most=32),
        "account": place.account,
        "region": place.region,
        "vpc_id": context.output("networking", "vpc_id"),
        "subnet_ids": context.output("networking", "private_subnet_ids"),
        "client_cidr": context.output("networking", "cidr"),
        "replication_cidr": context.output("networking", "cidr"),
        "task": task,
        "desired_count": settings.count,
        "database": {
            "engine_version": database.version,
            "instance_class": database.size,
            "storage_gb": database.storage,
            "name": database.name,
            "multi_az": place.strict if database.multi_az is None else database.multi_az,
            "backup_days": database.backup,
        },
        "protected": place.strict,
        "execution_role_name": place.name(name, "start"),
        "execution_policy": policy_text(context, "start-policy.json"),
        "task_role_name": place.name(name, "task"),
        "log_retention_days": settings.log_days,
    }
    if settings.certificate:
        inputs["certificate_arn"] = settings.certificate
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs, files={"start-policy.json": execution_policy(context, name, settings)})


def _costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    database = settings.database
    multi = context.place.strict if database.multi_az is None else database.multi_az
    copies = 2.0 if multi else 1.0
    return (
        Cost(f"rds.{database.size}_hour", 730.0 * copies),
        Cost("rds.gp3_gb_month", database.storage * copies),
        Cost("elb.alb_hour", 730.0),
        Cost("fargate.vcpu_hour", 0.5 * 730.0 * settings.count),
        Cost("fargate.gb_hour", 1.0 * 730.0 * settings.count),
    )


COMPONENT = Component(
    name="source_app",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=(
        "database_address",
        "database_port",
        "database_name",
        "database_security_group_id",
        "secret_arn",
        "url",
        "cluster_name",
    ),
    costs=_costs,
)
