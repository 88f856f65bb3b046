"""Denials that deny more than is meant: whole accounts, Terraform's state, services that carry no second factor."""

from __future__ import annotations

from collections.abc import Iterator

from lakewright.policy.review.finding import Finding, Kind
from lakewright.policy.review.scope import Scope

_ANSWERED_GLOBALLY = (
    "iam:GetRole",
    "organizations:DescribeOrganization",
    "sts:AssumeRole",
    "route53:ListHostedZones",
    "support:DescribeCases",
)
"""One action of each service that a denial of regions must leave alone."""

_EXEMPTING = ("aws:principalarn", "aws:principaltag/", "aws:principaltype", "aws:principalorgpaths")


def lockout_findings(scope: Scope, *, databricks: bool) -> Iterator[Finding]:
    """`databricks`: its role starts and ends instances in these accounts."""
    if scope.statement.allow:
        return
    yield from _regions(scope)
    yield from _second_factor(scope)
    if databricks:
        yield from _metadata_tokens(scope)
    yield from _everything(scope)


def _regions(scope: Scope) -> Iterator[Finding]:
    for test in scope.statement.tests:
        if test.key.lower() != "aws:requestedregion" or not test.operator.negated:
            continue
        denied = [action.partition(":")[0] for action in _ANSWERED_GLOBALLY if scope.covers(action)]
        if denied:
            only = ", ".join(test.values)
            fact = f"outside {only} it denies {', '.join(denied)} too, which answer for all regions from one"
            if "us-east-1" in test.values:
                fact += " (they are locked as soon as us-east-1 is not listed; STS answers in each region)"
            hint = "not_actions: [iam:*, organizations:*, sts:*, route53:*, support:*, …] instead of actions"
            yield Finding("LW1038", scope.place, fact, hint)


def _second_factor(scope: Scope) -> Iterator[Finding]:
    for test in scope.statement.tests:
        if (
            test.key.lower() != "aws:multifactorauthpresent"
            or test.operator.name != "Bool"
            or "false" not in test.values
        ):
            continue
        if test.if_exists and not exempts(scope):
            fact = "sessions without an MFA key are denied: roles of services, and Databricks ending its own instances"
            hint = "ArnNotLike: {aws:PrincipalArn: [arn:aws:iam::*:role/…]} for the roles that do this by themselves"
            yield Finding("LW1038", scope.place, fact, hint)
        elif not test.if_exists:
            fact = "access keys of users carry no MFA key: this does not deny them"
            yield Finding("LW1038", scope.place, fact, "BoolIfExists, and exempt the roles of services", sure=False)


def _metadata_tokens(scope: Scope) -> Iterator[Finding]:
    asked = any(test.key.lower() == "ec2:metadatahttptokens" for test in scope.statement.tests)
    if asked and scope.covers("ec2:RunInstances") and not exempts(scope):
        fact = "Databricks starts its instances itself: this can stop its launches"
        hint = "ArnNotLike: {aws:PrincipalArn: [arn:aws:iam::*:role/…]} for its cross-account role"
        yield Finding("LW1038", scope.place, fact, hint)


def _everything(scope: Scope) -> Iterator[Finding]:
    statement = scope.statement
    if scope.kind is Kind.SERVICE_CONTROL and "*" in statement.actions and not statement.all_but_actions:
        whole = not statement.tests and "*" in statement.resources and not statement.all_but_resources
        if whole:
            fact = "it denies everything to every account below its target, its administrators included"
            yield Finding("LW1038", scope.place, fact, "move accounts to be closed to a unit of their own", sure=False)


def exempts(scope: Scope) -> bool:
    """Whether the statement leaves some principals alone."""
    return any(test.key.lower().startswith(_EXEMPTING) for test in scope.statement.tests)
