"""A source replicated by DMS: its endpoints, table mapping and task settings, and what DMS may read and write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from lakewright.components.component import Call, Component, Context, Cost, File, Template, Value
from lakewright.components.dms.classes import INSTANCE_CLASSES
from lakewright.components.secrets.component import source_secret
from lakewright.components.sources import DMS_COLUMNS, dms_folder, replicated_source
from lakewright.components.statements import Statement, document
from lakewright.errors import SpecError
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

Capacity = Literal[1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384]


class Settings(Block):
    """One replication by DMS."""

    source: Name | None = Field(default=None, description="Which source; by default the only one with `dms`.")
    database: Text | None = Field(default=None, description="Name of its database; by default the source's name.")
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=5432, description="Port of the source.")
    source_cidr: Text = Field(default="10.0.0.0/8", description="Addresses at which the source is reached.")
    secret: Name | None = Field(
        default=None, description="Which of `secrets` has host, port, username and password; by default the source's."
    )
    tls: Literal["require", "verify-ca", "verify-full"] = Field(default="require", description="How TLS is checked.")
    ca_certificate: Text | None = Field(
        default=None, validate_default=True, description="PEM of the authority, for verify-ca and verify-full."
    )
    slot: Annotated[str, Field(pattern="^[a-z0-9_]{1,63}$")] | None = Field(
        default=None, description="Replication slot that was made beforehand; by default DMS makes one."
    )
    mode: Literal["instance", "serverless"] = Field(default="instance", description="Fixed size, or by need.")
    instance_class: Text = Field(default="dms.t3.medium", description="Size of the replication instance.")
    storage: Annotated[int, Field(ge=5, le=6144)] = Field(default=100, description="Its disk, in GB.")
    engine_version: Annotated[str, Field(pattern=r"^3\.[56]\.[0-9]+$")] = Field(
        default="3.5.4", description="Version of DMS, 3.5 or newer: older ones cannot mask."
    )
    least_capacity: Capacity = Field(default=1, description="DMS capacity units when idle (serverless).")
    most_capacity: Capacity = Field(
        default=4, validate_default=True, description="DMS capacity units under load (serverless)."
    )
    multi_az: bool | None = Field(default=None, description="A second zone; by default where protection is strict.")
    public: bool = Field(default=False, description="A public address, for a source on the internet.")
    compression: Literal["gzip", "none"] = Field(
        default="gzip", description="Of Parquet. DMS has no Snappy: `replication: lakewright` writes that."
    )
    flush_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=60, description="Longest time until changes are written (CdcMaxBatchInterval)."
    )
    flush_kilobytes: Annotated[int, Field(ge=1, le=1_048_576)] = Field(
        default=32_000, description="Size at which changes are written before that (CdcMinFileSize)."
    )
    lob_kilobytes: Annotated[int, Field(ge=1, le=102_400)] = Field(
        default=1024, description="Longer texts, JSON and bytes are cut there (LobMaxSize)."
    )
    load_tables: Annotated[int, Field(ge=1, le=49)] = Field(default=8, description="Tables loaded at the same time.")
    account_roles: bool = Field(
        default=True, description="Make dms-vpc-role and dms-cloudwatch-logs-role; false where the account has them."
    )
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        default=30, description="How long the log is kept."
    )

    @field_validator("instance_class")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in INSTANCE_CLASSES:
            raise problem("LW1320", f"DMS has no instance class {name}", "for example dms.t3.medium, dms.c6i.large")
        return name

    @field_validator("most_capacity")
    @classmethod
    def _not_below(cls, most: int, info: ValidationInfo) -> int:
        if info.data.get("least_capacity", 1) > most:
            raise problem("LW107", "`most_capacity` is below `least_capacity`", "swap them")
        return most

    @field_validator("ca_certificate")
    @classmethod
    def _to_verify(cls, pem: str | None, info: ValidationInfo) -> str | None:
        if pem is None and info.data.get("tls", "require") != "require":
            raise problem("LW106", f"{info.data['tls']} needs `ca_certificate`", "the authority's certificate, in PEM")
        return pem


def call(context: Context, name: str, settings: Settings) -> Call:
    """The inputs of one replication."""
    place = context.place
    source_name, source = replicated_source(context, name, settings.source, "dms")
    columns = DMS_COLUMNS.of(source)
    bucket, folder = place.bucket("bronze"), dms_folder(source_name, source)
    encrypted = context.has("kms_key")
    key: Value = context.output("kms_key", "arn") if encrypted else None
    secret = context.output("secrets", "arns", settings.secret or source_secret(source_name))
    known: dict[str, Value] = {"kms_key_arn": key} if encrypted else {}
    inputs: dict[str, Value] = {
        "name": place.name(source_name, most=55),
        "mode": settings.mode,
        "instance": {
            "class": settings.instance_class,
            "storage": settings.storage,
            "engine_version": settings.engine_version,
        },
        "capacity": {"least": settings.least_capacity, "most": settings.most_capacity},
        "multi_az": place.strict if settings.multi_az is None else settings.multi_az,
        "publicly_accessible": settings.public,
        "protected": place.strict,
        "vpc_id": context.output("networking", "vpc_id"),
        "subnet_ids": context.output("networking", "public_subnet_ids" if settings.public else "private_subnet_ids"),
        "source_cidr": settings.source_cidr,
        "source_endpoint": {
            "database": settings.database or source_name,
            "port": settings.port,
            "secret_arn": secret,
            "tls": settings.tls,
            "ca_certificate": settings.ca_certificate,
            "slot": settings.slot,
        },
        "target": {
            "bucket": bucket,
            "folder": folder,
            "timestamp_column": columns.timestamp,
            "compression": settings.compression.upper(),
            "flush_seconds": settings.flush_seconds,
            "flush_kilobytes": settings.flush_kilobytes,
        },
        "kms_key_arn": key,
        "table_mappings": File("table-mappings.json"),
        "task_settings": File("task-settings.json"),
        "secret_policy": Template("secret-policy.json", {"secret_arn": secret, **known}),
        "target_policy": Template("target-policy.json", known) if encrypted else File("target-policy.json"),
        "account_roles": settings.account_roles,
        "log_retention_days": settings.log_days,
    }
    files = {
        "table-mappings.json": table_mappings(_mapping(context, source_name), columns.sequence),
        "task-settings.json": task_settings(settings),
        "secret-policy.json": _secret_policy(place.region, encrypted=encrypted),
        "target-policy.json": _target_policy(place.region, bucket, folder, encrypted=encrypted),
    }
    return Call(inputs, files)


def _mapping(context: Context, source: str) -> str:
    if source not in context.sources:
        raise SpecError(
            "LW1321", f"there is no table mapping of the source {source}", hint="lakewright ingest mappings"
        )
    return context.sources[source].mapping


def table_mappings(mapping: str, sequence: str) -> str:
    """The source's mapping, with a column that orders the changes of one file: DMS's files tell no other order."""
    rules: list[dict[str, Any]] = list(json.loads(mapping)["rules"])
    if not any(rule.get("rule-action") == "add-column" and rule.get("value") == sequence for rule in rules):
        number = max((int(rule["rule-id"]) for rule in rules), default=0) + 1
        rules.append(
            {
                "rule-type": "transformation",
                "rule-id": str(number),
                "rule-name": f"change-sequence-{number}",
                "rule-target": "column",
                "object-locator": {"schema-name": "%", "table-name": "%"},
                "rule-action": "add-column",
                "value": sequence,
                "expression": "$AR_H_CHANGE_SEQ",
                "data-type": {"type": "string", "length": 35},
            }
        )
    return _json({"rules": rules})


def task_settings(settings: Settings) -> str:
    """The task's settings. A table that fails is suspended and the others go on; the log says why."""
    return _json(
        {
            "TargetMetadata": {
                "SupportLobs": True,
                "FullLobMode": False,
                "LimitedSizeLobMode": True,
                "LobMaxSize": settings.lob_kilobytes,
                "BatchApplyEnabled": False,
            },
            "FullLoadSettings": {
                "TargetTablePrepMode": "DROP_AND_CREATE",
                "MaxFullLoadSubTasks": settings.load_tables,
                "TransactionConsistencyTimeout": 600,
                "CommitRate": 50_000,
                "StopTaskCachedChangesApplied": False,
                "StopTaskCachedChangesNotApplied": False,
            },
            "ChangeProcessingDdlHandlingPolicy": {
                "HandleSourceTableDropped": True,
                "HandleSourceTableTruncated": True,
                "HandleSourceTableAltered": True,
            },
            "ErrorBehavior": {
                "DataErrorPolicy": "LOG_ERROR",
                "DataTruncationErrorPolicy": "LOG_ERROR",
                "TableErrorPolicy": "SUSPEND_TABLE",
                "RecoverableErrorCount": -1,
                "RecoverableErrorInterval": 5,
                "FailOnNoTablesCaptured": True,
            },
            "Logging": {"EnableLogging": True},
        }
    )


def _secret_policy(region: str, *, encrypted: bool) -> str:
    statements = [
        Statement(
            "ReadSourceSecret",
            ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
            ("${secret_arn}",),
        )
    ]
    if encrypted:
        via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
        statements.append(Statement("DecryptSecret", ("kms:Decrypt",), ("${kms_key_arn}",), conditions=via))
    return document(*statements)


def _target_policy(region: str, bucket: str, folder: str, *, encrypted: bool) -> str:
    below = f"arn:aws:s3:::{bucket}/{folder}/*" if folder else f"arn:aws:s3:::{bucket}/*"
    statements = [
        Statement("WriteBronze", ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging", "s3:GetObject"), (below,)),
        Statement("ListBronze", ("s3:ListBucket", "s3:GetBucketLocation"), (f"arn:aws:s3:::{bucket}",)),
    ]
    if encrypted:
        via = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
        uses = ("kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey")
        statements.append(Statement("EncryptBronze", uses, ("${kms_key_arn}",), conditions=via))
    return document(*statements)


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def costs(context: Context, settings: Settings) -> tuple[Cost, ...]:
    """An hour has one instance, or about the least capacity."""
    zones = 2 if (context.place.strict if settings.multi_az is None else settings.multi_az) else 1
    if settings.mode == "serverless":
        return (Cost("dms.serverless_dcu_hour", 730.0 * settings.least_capacity * zones, "least capacity, all day"),)
    return (
        Cost(f"dms.{settings.instance_class}_hour", 730.0 * zones, "running all day"),
        Cost("dms.storage_gb_month", float(settings.storage * zones)),
    )


COMPONENT = Component(
    name="dms",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=(
        "task_arn",
        "task_id",
        "metric_dimensions",
        "instance_id",
        "source_endpoint_arn",
        "target_endpoint_arn",
        "log_group",
        "security_group_id",
    ),
    costs=costs,
)
