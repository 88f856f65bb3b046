"""What each service's operations need, one registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.rehearse.aws.authorisation.needs import Need, Needs, Table
from lakewright.rehearse.aws.authorisation.tables import compute, control, data
from lakewright.rehearse.aws.authorisation.tables.s3 import s3_needs
from lakewright.rehearse.aws.gate import Asked

PREFIXES: Mapping[str, str] = {
    "ce": "ce",
    "cloudwatch": "cloudwatch",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "sso-admin": "sso",
    "stepfunctions": "states",
}
"""IAM's prefix by boto3's name, where they differ."""

SERVICES: Mapping[str, Needs] = {
    "athena": data.athena_needs,
    "budgets": control.BUDGETS,
    "cloudtrail": control.CLOUDTRAIL,
    "cloudwatch": control.cloudwatch_needs,
    "dms": data.DMS,
    "ec2": compute.EC2,
    "ecr": compute.ECR,
    "ecs": compute.ECS,
    "events": control.EVENTS,
    "glue": data.glue_needs,
    "guardduty": control.GUARDDUTY,
    "iam": control.iam_needs,
    "kms": control.KMS,
    "lakeformation": data.LAKE_FORMATION,
    "lambda": compute.LAMBDA,
    "logs": control.LOGS,
    "rds": compute.RDS,
    "s3": s3_needs,
    "scheduler": control.SCHEDULER,
    "secretsmanager": control.SECRETS,
    "sns": control.SNS,
    "sqs": control.SQS,
    "ssm": control.SSM,
    "sts": control.sts_needs,
}


def needs(asked: Asked) -> Iterator[Need]:
    """The permissions that a request needs. What has no table asks for `prefix:Operation` on `*`."""
    table = SERVICES.get(asked.service)
    if table is None:
        table = Table(PREFIXES.get(asked.service, asked.service), {})
    yield from table(asked)
