"""What moto lacks or gets wrong, added when a service is first asked: one module per service, each with `install()`."""

from __future__ import annotations

import importlib

SERVICES = frozenset(
    {
        "acm",
        "athena",
        "awslambda",
        "budgets",
        "ce",
        "cloudwatch",
        "dms",
        "ec2",
        "ecs",
        "elbv2",
        "glue",
        "guardduty",
        "iam",
        "identitystore",
        "kms",
        "lakeformation",
        "networkfirewall",
        "organizations",
        "ram",
        "rds",
        "route53",
        "s3",
        "secretsmanager",
        "securityhub",
        "ssoadmin",
        "stepfunctions",
    }
)
"""Modules of this folder, by moto's name of the service. They touch moto's internals: moto's version is pinned."""


def install(service: str) -> None:
    """Adds everything for one service."""
    if service in SERVICES:
        importlib.import_module(f"lakewright.rehearse.aws.moto.{service}").install()
