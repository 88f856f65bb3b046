"""All rules, by boto3's name of the service."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.rehearse.aws.moto.state import service_model
from lakewright.rehearse.aws.rules import (
    athena,
    balancers,
    containers,
    dms,
    events,
    firewalls,
    functions,
    glue,
    iam,
    kms,
    lakeformation,
    messaging,
    monitoring,
    organizations,
    rds,
    secrets,
)
from lakewright.rehearse.aws.rules.ec2_access import ACCESS
from lakewright.rehearse.aws.rules.ec2_network import NETWORK
from lakewright.rehearse.aws.rules.rule import Rule
from lakewright.rehearse.aws.rules.s3_buckets import BUCKETS
from lakewright.rehearse.aws.rules.s3_lifecycle import LIFECYCLE
from lakewright.rehearse.aws.rules.service_roles import SERVICE_ROLES
from lakewright.rehearse.aws.rules.tags import CODES, tag_rules

_OWN: Mapping[str, tuple[Rule, ...]] = {
    "athena": athena.RULES,
    "budgets": monitoring.BUDGETS,
    "cloudtrail": monitoring.CLOUDTRAIL,
    "cloudwatch": monitoring.CLOUDWATCH,
    "dms": dms.RULES,
    "ec2": (*NETWORK, *ACCESS, *firewalls.ATTACHMENTS),
    "ecr": containers.ECR,
    "ecs": containers.ECS,
    "elbv2": balancers.RULES,
    "events": events.EVENTS,
    "glue": glue.RULES,
    "iam": iam.RULES,
    "identitystore": organizations.IDENTITY_STORE,
    "kms": kms.RULES,
    "lakeformation": lakeformation.RULES,
    "lambda": functions.RULES,
    "logs": monitoring.LOGS,
    "organizations": organizations.ORGANIZATIONS,
    "network-firewall": firewalls.FIREWALL,
    "ram": firewalls.SHARES,
    "rds": rds.RULES,
    "s3": (*BUCKETS, *LIFECYCLE),
    "scheduler": events.SCHEDULER,
    "secretsmanager": secrets.SECRETS,
    "sns": messaging.SNS,
    "sqs": messaging.SQS,
    "ssm": secrets.SSM,
    "sso-admin": organizations.SSO,
    "sts": iam.STS,
}


def _tagging(service: str) -> tuple[Rule, ...]:
    if service not in CODES:
        return ()
    names = service_model(service).operation_names
    making = tuple(name for name in names if name.startswith(("Create", "Register", "Tag", "AddTags", "PutBucketTag")))
    return tag_rules(making, CODES[service])


def _of(service: str) -> tuple[Rule, ...]:
    roles = tuple(rule for name, rule in SERVICE_ROLES if name == service)
    return (*_OWN[service], *roles, *_tagging(service))


RULES: Mapping[str, tuple[Rule, ...]] = {service: _of(service) for service in sorted(_OWN)}
