"""Actions and resources: services and actions that are not there, resources that no action takes."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.policy.reference import Action, Service
from lakewright.policy.review.finding import Finding
from lakewright.policy.review.overlap import overlap
from lakewright.policy.review.scope import Scope
from lakewright.spec.layers import did_you_mean

_NOT_IN_IAM = {
    "databricks": "Databricks is no AWS service: its rights are given in Databricks (Unity Catalog, workspace)",
    "vpc": "VPCs are ec2's: ec2:CreateVpc, ec2:DescribeSubnets",
    "cloudwatchlogs": "logs:CreateLogGroup",
    "stepfunctions": "states:StartExecution",
    "eventbridge": "events:PutEvents",
    "alb": "elasticloadbalancing:CreateLoadBalancer",
    "elb": "elasticloadbalancing:CreateLoadBalancer",
    "identitycenter": "sso:CreatePermissionSet",
    "unitycatalog": "Unity Catalog is Databricks': its rights are given there",
}


def action_findings(scope: Scope) -> Iterator[Finding]:
    for pattern, meant in scope.meant.items():
        if pattern == "*" or meant:
            continue
        prefix, _, name = pattern.partition(":")
        service = scope.reference.service(prefix)
        if service is None:
            hint = _NOT_IN_IAM.get(prefix.lower()) or did_you_mean(prefix, scope.reference.prefixes, "service:Action")
            yield Finding("LW1030", scope.place, f"IAM knows no service `{prefix}` ({pattern})", hint)
        else:
            named = "matches no action" if "*" in name or "?" in name else "is no action"
            known = [action.name for action in service.actions.values()]
            hint = did_you_mean(name.strip("*?"), known, f"{service.name} as of {scope.reference.taken}")
            yield Finding("LW1031", scope.place, f"{pattern} {named} of {service.name}", hint)


def resource_findings(scope: Scope) -> Iterator[Finding]:
    """Actions that take none of the statement's resources, and resources that none of its actions takes."""
    statement = scope.statement
    if statement.all_but_actions or statement.all_but_resources or not statement.resources:
        return
    resources = statement.resources
    if any(one == "*" or (one.endswith(":*") and one.count(":") < 5) for one in resources):
        return
    useless = [pattern for pattern, meant in scope.meant.items() if meant and not _any_taken(meant, resources)]
    for pattern in useless:
        yield Finding("LW1032", scope.place, f"{pattern} {_takes(scope.meant[pattern])}", _hint(scope.meant[pattern]))
    if useless or "*" in statement.actions or any(not meant for meant in scope.meant.values()):
        return
    every = tuple(one for meant in scope.meant.values() for one in meant)
    for resource in resources:
        if not _any_taken(every, (resource,)):
            yield Finding("LW1032", scope.place, f"none of its actions is about {resource}", _hint(every[:1]))


def _any_taken(meant: tuple[tuple[Service, Action], ...], resources: tuple[str, ...]) -> bool:
    return any(
        overlap(resource, service.resources[taken.type])
        for service, action in meant
        for taken in action.resources
        for resource in resources
        if taken.type in service.resources
    )


def _takes(meant: tuple[tuple[Service, Action], ...]) -> str:
    kinds = sorted({taken.type for _, action in meant for taken in action.resources})
    if not kinds:
        return "is about no resource: it is asked on * only"
    return f"is about another sort of resource: {', '.join(kinds)}"


def _hint(meant: tuple[tuple[Service, Action], ...]) -> str:
    arns = [service.resources.get(taken.type, "*") for service, action in meant for taken in action.resources]
    forms = dict.fromkeys(arn.replace("${Partition}", "aws") for arn in arns)
    return " or ".join(list(forms)[-2:]) or 'a statement of its own with Resource "*"'
