"""Whose tokens a pipeline's roles trust: each vendor's issuer, audience and subjects, as they document them.

GitHub: "Configuring OpenID Connect in Amazon Web Services"; GitLab: "Configure OpenID Connect in AWS";
CircleCI: "Using OpenID Connect tokens in jobs" (version 2 of the token, whose subject has the branch).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from lakewright.components.component import Place
from lakewright.components.statements import TRUST, Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import problem

Vendor = Literal["account", "github", "gitlab", "circleci"]
_NEEDS = {"github": "repository", "gitlab": "repository", "circleci": "organization"}
_EXAMPLES = {
    "github": "repository: acme/platform",
    "gitlab": "repository: acme/platform",
    "circleci": "organization: 00000000-0000-0000-0000-000000000000",
}


class Trust(Block):
    """Who assumes the roles."""

    vendor: Vendor = Field(default="account", description="A CI vendor's tokens, or an AWS account.")
    account: Annotated[str, Field(pattern="^[0-9]{12}$")] | None = Field(
        default=None, description="The trusted account; by default the environment's own, whose IAM then decides."
    )
    external_id: Annotated[str, Field(pattern=r"^[\w+=,.@:/-]+$", min_length=2, max_length=1224)] | None = Field(
        default=None, description="What the trusted account must say (`sts:ExternalId`)."
    )
    issuer: Annotated[str, Field(pattern="^https://[^/?#]+$")] | None = Field(
        default=None, description="Address of an own GitLab; by default https://gitlab.com."
    )
    repository: Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)+$")] | None = Field(
        default=None, description="`owner/name` on GitHub, the project's path on GitLab."
    )
    organization: Annotated[str, Field(pattern="^[0-9a-f-]{36}$")] | None = Field(
        default=None, description="Id of the organization at CircleCI."
    )
    project: Annotated[str, Field(pattern="^[0-9a-f-]{36}$")] | None = Field(
        default=None, description="Id of the project at CircleCI; by default any of the organization."
    )
    branch: Annotated[str, Field(pattern=r"^[\w./-]+$")] = Field(
        default="main", validate_default=True, description="The only branch that applies; all may plan."
    )
    provider_exists: bool = Field(
        default=False, description="Whether the account has this issuer's provider already: there can be one only."
    )

    @field_validator("branch")
    @classmethod
    def _told_who(cls, branch: str, info: ValidationInfo) -> str:
        vendor = info.data.get("vendor", "account")
        needed = _NEEDS.get(vendor)
        if needed and info.data.get(needed) is None:
            raise problem(
                "LW106", f"tokens of {vendor} are trusted, and `{needed}` does not say whose", _EXAMPLES[vendor]
            )
        return branch


@dataclass(frozen=True)
class Issuer:
    """What makes the tokens: address, audience, and the subjects of a plan (any branch) and of an apply."""

    url: str
    audience: str
    plan: str
    apply: str

    @property
    def host(self) -> str:
        return self.url.removeprefix("https://")


def issuer(trust: Trust, environment: str) -> Issuer | None:
    """The issuer of a vendor's tokens; None where an account is trusted."""
    match trust.vendor:
        case "github":
            repository = f"repo:{trust.repository}"
            return Issuer(
                "https://token.actions.githubusercontent.com",
                "sts.amazonaws.com",
                f"{repository}:*",
                f"{repository}:environment:{environment}",
            )
        case "gitlab":
            url = trust.issuer or "https://gitlab.com"
            project = f"project_path:{trust.repository}"
            return Issuer(url, url, f"{project}:ref_type:branch:ref:*", f"{project}:ref_type:branch:ref:{trust.branch}")
        case "circleci":
            org = trust.organization or ""
            subject = f"org/{org}/project/{trust.project or '*'}/user/*"
            return Issuer(
                f"https://oidc.circleci.com/org/{org}",
                org,
                f"{subject}/vcs-origin/*/vcs-ref/*",
                f"{subject}/vcs-origin/*/vcs-ref/refs/heads/{trust.branch}",
            )
        case "account":
            return None


def trust_policy(trust: Trust, place: Place, work: Literal["plan", "apply"]) -> str:
    """Who may assume the role for planning, or for applying."""
    found = issuer(trust, place.environment)
    if found is None:
        account = trust.account or place.account
        conditions = {"StringEquals": {"sts:ExternalId": trust.external_id}} if trust.external_id else {}
        principals = {"AWS": (f"arn:aws:iam::{account}:root",)}
        return document(Statement("Pipeline", ("sts:AssumeRole",), principals=principals, conditions=conditions))
    subject = found.plan if work == "plan" else found.apply
    operator = "StringLike" if "*" in subject else "StringEquals"
    conditions = {"StringEquals": {f"{found.host}:aud": found.audience}}
    conditions.setdefault(operator, {})[f"{found.host}:sub"] = subject
    principals = {"Federated": (place.arn("iam", f"oidc-provider/{found.host}", regional=False),)}
    statement = Statement("Pipeline", ("sts:AssumeRoleWithWebIdentity",), principals=principals, conditions=conditions)
    return document(statement, most=TRUST)
