"""What jobs and crawlers may do: generated from what each reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lakewright.components.component import Context
from lakewright.components.databases import DATABASES
from lakewright.components.glue.groups import Group
from lakewright.components.lake import (
    READ,
    WRITE,
    bucket_name,
    catalog_arns,
    kms_statement,
    location,
    object_statements,
    roots,
)
from lakewright.components.sources import dms_folder
from lakewright.components.statements import INLINE, Statement, document

GLUE_FOLDER = "glue"


def job_policy(context: Context, group: Group, name: str, *, private: bool = False) -> str:
    """A job reads its package and models, the tables that its models read, and writes their own and their bad rows'.

    A `private` one has network interfaces in the VPC (AWS Glue Developer Guide, "Step 2: Create an IAM role").
    """
    reads = {place for model in group.models for place in _inputs(context, model)}
    writes = {location(context, model) for model in group.models}
    writes |= {f"{roots(context)['quarantine']}/{model.replace('.', '_', 1)}" for model in group.models}
    scripts = f"s3://{bucket_name(context, 'scripts')}/{GLUE_FOLDER}"
    return document(
        *object_statements("Read", {scripts, *reads} - writes, READ),
        *object_statements("Write", writes, WRITE),
        *object_statements("Temporary", {f"{scripts}/temporary"}, WRITE),
        *kms_statement(context, "UseKey", "s3", "glue", write=True),
        *_running(context, name),
        *(_network(context, name) if private else ()),
        most=INLINE,
    )


def _inputs(context: Context, model: str) -> Iterable[str]:
    """Where a model's inputs lie."""
    for table in context.models[model].inputs:
        yield from (location(context, table),) if table in context.models else _bronze(context, table)


def _bronze(context: Context, table: str) -> Iterable[str]:
    """A table of Bronze or its change log: its folder and the manifest; of DMS's, whose folders have the schema
    before the table, everything below the source's folder."""
    sources = context.project.platform.sources
    bronze = roots(context)["bronze"]
    yield roots(context)["_lakewright"]
    if not sources or any(source.replication == "lakewright" for source in sources.values()):
        yield f"{bronze}/{table.partition('.')[2]}"
    for name, source in sources.items():
        if source.replication == "dms":
            yield f"{bronze}/{dms_folder(name, source)}"


def _running(context: Context, name: str) -> tuple[Statement, ...]:
    """What every job does for Glue: logs, metrics, its own definition."""
    place = context.place
    logs = [place.arn("logs", f"log-group:/aws-glue/{suffix}:*") for suffix in (name, "jobs/*")]
    return (
        Statement(
            "Log",
            ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            [*logs, *(arn.removesuffix(":*") for arn in logs)],
        ),
        Statement(
            "Metrics",
            ("cloudwatch:PutMetricData",),
            ("*",),
            conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
        ),
        Statement(
            "Configuration",
            ("glue:GetSecurityConfiguration",),
            ("*",),
        ),
    )


def _network(context: Context, name: str) -> tuple[Statement, ...]:
    place = context.place
    looks = ("RouteTables", "SecurityGroups", "Subnets", "VpcAttribute", "VpcEndpoints", "NetworkInterfaces")
    interfaces = place.arn("ec2", "network-interface/*")
    used = [interfaces, *(place.arn("ec2", f"{kind}/*") for kind in ("subnet", "security-group"))]
    connection = [place.arn("glue", "catalog"), place.arn("glue", f"connection/{name}")]
    return (
        Statement("Connection", ("glue:GetConnection",), connection),
        Statement("Look", [f"ec2:Describe{what}" for what in looks], ("*",)),
        Statement("MakeInterface", ("ec2:CreateNetworkInterface",), used),
        Statement("RemoveInterface", ("ec2:DeleteNetworkInterface",), (interfaces,)),
        Statement(
            "TagInterface",
            ("ec2:CreateTags", "ec2:DeleteTags"),
            (interfaces,),
            conditions={"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}},
        ),
    )


def crawler_policy(context: Context) -> str:
    """Crawlers read the layers and keep tables and partitions; Lake Formation decides on the data itself."""
    layers: Mapping[str, str] = roots(context)
    folders = [layers[name] for name in ("bronze", "silver", "gold")]
    access = Statement("DataAccess", ("lakeformation:GetDataAccess",), ("*",))
    return document(*crawler_statements(context, folders, DATABASES), access, most=INLINE)


def crawler_statements(context: Context, folders: Iterable[str], databases: Iterable[str]) -> Iterator[Statement]:
    """What crawlers of these folders need to keep tables and partitions of these databases."""
    yield from object_statements("Read", folders, READ)
    yield from kms_statement(context, "UseKey", "s3", "glue", write=True)
    kept = (
        "glue:BatchCreatePartition",
        "glue:BatchGetPartition",
        "glue:BatchUpdatePartition",
        "glue:CreateTable",
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
        "glue:UpdatePartition",
        "glue:UpdateTable",
    )
    yield Statement("Catalog", kept, catalog_arns(context, databases))
    yield Statement("Configuration", ("glue:GetSecurityConfiguration",), ("*",))
    group = context.place.arn("logs", "log-group:/aws-glue/crawlers*")
    written = ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    yield Statement("Log", written, (group, f"{group}:*"))
