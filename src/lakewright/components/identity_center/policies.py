"""What the ready permission sets permit on this platform."""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.components.component import Context
from lakewright.components.identity_center.settings import Settings
from lakewright.components.statements import Statement

USER_TAG = "user"
"""Principal tag that Identity Center sets to the person's user name: sessions of roles have no `aws:username`."""

_READ = ("s3:GetObject", "s3:GetObjectVersion")
_WRITE = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject")
_LIST = ("s3:GetBucketLocation", "s3:ListBucket")
_CATALOG = ("glue:GetDatabase", "glue:GetDatabases", "glue:GetPartitions", "glue:GetTable", "glue:GetTables")
_QUERIES = (
    "athena:BatchGetQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:ListWorkGroups",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
_LOOK = (
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "ec2:Describe*",
    "logs:DescribeLogGroups",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "rds:Describe*",
)


def engineer(context: Context, settings: Settings) -> tuple[Statement, ...]:
    """The lake's files, catalog and queries, a look at what runs; never the state, never the deletion of either."""
    buckets = _arns(context, settings.writes)
    return (
        Statement("ListLake", _LIST, buckets),
        Statement("UseLake", (*_READ, *_WRITE), _objects(buckets)),
        Statement("UseCatalogAndQueries", (*_CATALOG, *_QUERIES), ("*",)),
        Statement("Look", _LOOK, ("*",)),
        _no_state(context),
        Statement("NeverDelete", ("s3:DeleteBucket", "s3:DeleteBucketPolicy"), ("*",), effect="Deny"),
        Statement("NoKeys", ("iam:CreateAccessKey", "iam:CreateUser"), ("*",), effect="Deny"),
    )


def analyst(context: Context, settings: Settings) -> tuple[Statement, ...]:
    """What is ready, read only, and a folder of one's own."""
    buckets = _arns(context, settings.reads)
    found = [
        Statement("ListLake", _LIST, buckets),
        Statement("ReadLake", _READ, _objects(buckets)),
        Statement("UseCatalogAndQueries", (*_CATALOG, *_QUERIES), ("*",)),
        Statement("Look", ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"), ("*",)),
        _no_state(context),
    ]
    if settings.sandbox:
        (sandbox,) = _arns(context, (settings.sandbox,))
        own = "${aws:PrincipalTag/" + USER_TAG + "}"
        only = {"StringLike": {"s3:prefix": (f"{own}/*",)}}
        found.append(Statement("ListOwnFolder", ("s3:ListBucket",), (sandbox,), conditions=only))
        found.append(Statement("UseOwnFolder", (*_READ, *_WRITE), (f"{sandbox}/{own}/*",)))
    return tuple(found)


def deployer(context: Context) -> tuple[Statement, ...]:
    """Takes the roles that plan and apply, and nothing by itself: they say what a deployment may."""
    home = context.home
    roles = [f"arn:aws:iam::{home.account}:role/{home.name(part)}" for part in ("ci-plan", "ci-apply")]
    return (Statement("TakeDeploymentRoles", ("sts:AssumeRole", "sts:TagSession"), roles),)


def _no_state(context: Context) -> Statement:
    bucket = f"arn:aws:s3:::{context.home.bucket('state')}"
    return Statement("NoState", ("s3:*",), (bucket, f"{bucket}/*"), effect="Deny")


def _arns(context: Context, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"arn:aws:s3:::{context.home.bucket(key)}" for key in keys)


def _objects(buckets: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{bucket}/*" for bucket in buckets)
