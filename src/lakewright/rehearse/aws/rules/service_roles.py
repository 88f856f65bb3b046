"""Roles that are handed to a service: they are there and the service may assume them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.policy.context import Context
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request
from lakewright.policy.truth import Truth
from lakewright.rehearse.aws.authorisation.documents import read_document
from lakewright.rehearse.aws.authorisation.passing import passed_roles
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule


def trusted_by(role: str, service: str, asked: Asked, moto: Moto) -> bool:
    """Whether a service may assume a role; not when there is no such role."""
    if role.count(":") < 5:
        return False
    try:
        found = moto.within(role.split(":")[4]).call("iam", "GetRole", RoleName=role.rpartition("/")[2])["Role"]
    except Fault:
        return False
    trust: Policy = read_document(found["AssumeRolePolicyDocument"], Layer.TRUST, role)
    services = {service}
    if service == "dms.amazonaws.com":
        services.add(f"dms.{asked.region}.amazonaws.com")
    given = {"aws:SourceAccount": asked.account, "aws:PrincipalIsAWSService": "true"}
    context = Context.of(given, absent=("sts:ExternalId",))
    requests = [Request(Caller.service(name), "sts:AssumeRole", role, context) for name in services]
    applying = [(one.allow, one.applies(request)) for one in trust.statements for request in requests]
    return found["Arn"] == role and any(allow and truth is not Truth.NO for allow, truth in applying)


def _untrusted(asked: Asked, moto: Moto) -> Iterator[str]:
    for role, service in passed_roles(asked):
        if not trusted_by(role, service, asked, moto):
            yield MESSAGES[asked.service].format(role=role)


MESSAGES: Mapping[str, str] = {
    "cloudtrail": "CloudTrail cannot assume the role {role}. Check its trust policy.",
    "dms": "The IAM Role {role} is not configured properly.",
    "glue": "Service is unable to assume provided role. Please verify role's TrustPolicy: {role}",
    "lambda": "The role defined for the function cannot be assumed by Lambda.",
    "scheduler": "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
}


def _rule(service: str, operations: tuple[str, ...], code: str, source: str) -> tuple[str, Rule]:
    return service, Rule("a service may assume its role", source, operations, _untrusted, code)


SERVICE_ROLES: tuple[tuple[str, Rule], ...] = (
    _rule("glue", ("CreateCrawler", "UpdateCrawler"), "InvalidInputException", "Create an IAM role for AWS Glue"),
    _rule(
        "dms",
        ("CreateEndpoint", "ModifyEndpoint"),
        "AccessDeniedFault",
        "Prerequisites for using Amazon S3 as a target (AWS DMS User Guide)",
    ),
    _rule(
        "lambda",
        ("CreateFunction", "UpdateFunctionConfiguration"),
        "InvalidParameterValueException",
        "Defining Lambda function permissions with an execution role",
    ),
    _rule(
        "scheduler",
        ("CreateSchedule", "UpdateSchedule"),
        "ValidationException",
        "Setting up Amazon EventBridge Scheduler",
    ),
    _rule(
        "cloudtrail",
        ("CreateTrail", "UpdateTrail"),
        "InvalidCloudWatchLogsRoleArnException",
        "Sending events to CloudWatch Logs",
    ),
)
