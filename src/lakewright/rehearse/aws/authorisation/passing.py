"""Roles that a request hands to a service: iam:PassRole is needed for each.

Documentation: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.rehearse.aws.authorisation.needs import Need, at
from lakewright.rehearse.aws.gate import Asked

PASSED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "cloudtrail:CreateTrail": ("cloudtrail.amazonaws.com", ("CloudWatchLogsRoleArn",)),
    "cloudtrail:UpdateTrail": ("cloudtrail.amazonaws.com", ("CloudWatchLogsRoleArn",)),
    "dms:CreateEndpoint": (
        "dms.amazonaws.com",
        ("S3Settings.ServiceAccessRoleArn", "PostgreSQLSettings.SecretsManagerAccessRoleArn", "ServiceAccessRoleArn"),
    ),
    "dms:ModifyEndpoint": (
        "dms.amazonaws.com",
        ("S3Settings.ServiceAccessRoleArn", "PostgreSQLSettings.SecretsManagerAccessRoleArn", "ServiceAccessRoleArn"),
    ),
    "ec2:CreateFlowLogs": ("vpc-flow-logs.amazonaws.com", ("DeliverLogsPermissionArn",)),
    "ecs:RegisterTaskDefinition": ("ecs-tasks.amazonaws.com", ("taskRoleArn", "executionRoleArn")),
    "events:PutRule": ("events.amazonaws.com", ("RoleArn",)),
    "events:PutTargets": ("events.amazonaws.com", ("Targets.RoleArn",)),
    "glue:CreateCrawler": ("glue.amazonaws.com", ("Role",)),
    "glue:UpdateCrawler": ("glue.amazonaws.com", ("Role",)),
    "glue:CreateJob": ("glue.amazonaws.com", ("Role",)),
    "glue:UpdateJob": ("glue.amazonaws.com", ("JobUpdate.Role",)),
    "iam:AddRoleToInstanceProfile": ("ec2.amazonaws.com", ("RoleName",)),
    "lakeformation:RegisterResource": ("lakeformation.amazonaws.com", ("RoleArn",)),
    "lambda:CreateFunction": ("lambda.amazonaws.com", ("Role",)),
    "lambda:UpdateFunctionConfiguration": ("lambda.amazonaws.com", ("Role",)),
    "logs:PutSubscriptionFilter": ("logs.amazonaws.com", ("roleArn",)),
    "rds:CreateDBInstance": ("monitoring.rds.amazonaws.com", ("MonitoringRoleArn",)),
    "rds:ModifyDBInstance": ("monitoring.rds.amazonaws.com", ("MonitoringRoleArn",)),
    "scheduler:CreateSchedule": ("scheduler.amazonaws.com", ("Target.RoleArn",)),
    "scheduler:UpdateSchedule": ("scheduler.amazonaws.com", ("Target.RoleArn",)),
    "stepfunctions:CreateStateMachine": ("states.amazonaws.com", ("roleArn",)),
}
"""Operation → the service that gets the roles, and where in the request they are."""


def passed_roles(asked: Asked) -> Iterator[tuple[str, str]]:
    """ARN of a role and the service that it is handed to."""
    service, paths = PASSED.get(asked.action, ("", ()))
    for path in paths:
        for role in at(asked.parameters, path):
            if role:
                yield role if role.startswith("arn:") else f"arn:aws:iam::{asked.account}:role/{role}", service


def passing(asked: Asked) -> Iterator[Need]:
    for role, service in passed_roles(asked):
        yield Need("iam:PassRole", role, {"iam:PassedToService": service}, ("iam:AssociatedResourceArn",))
