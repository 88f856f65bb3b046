"""What a pipeline's roles may do, asked of the evaluator that follows AWS's documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Call
from lakewright.policy.iam import Answer
from lakewright.policy.principals import Caller
from lakewright.spec import Project

from .meaning import of_identity
from .roots import ACCOUNT, context, decide, project

USED = (
    "ci_role",
    "kms_key",
    "lake_buckets",
    "secrets",
    "networking",
    "artifact_store",
    "compute_node",
    "trail",
    "glue",
)
STATE = f"arn:aws:s3:::shop-dev-state-{ACCOUNT}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def made(shop: Project) -> Call:
    return decide(context(shop, *USED), "ci_role")


def asked(made: Call, work: str, action: str, resource: str, keys: dict[str, Any] | None = None) -> Answer:
    """What a session of the role for `work` is told, by all of its policies together."""
    role: Any = made.inputs["roles"][work]  # type: ignore[index, call-overload]
    statements = [
        statement
        for file in role["policies"].values()
        for statement in json.loads(str(made.files[file.name]))["Statement"]
    ]
    whole = json.dumps({"Version": "2012-10-17", "Statement": statements})
    caller = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/{role['name']}", "pipeline")
    return of_identity(whole, caller, action, resource, keys or {})


HERE = {"aws:RequestedRegion": "us-east-1"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


@pytest.mark.parametrize(
    ("action", "resource", "keys", "plan", "apply"),
    [
        ("s3:GetObject", f"{STATE}/dev/foundation.tfstate", {}, True, True),
        ("s3:PutObject", f"{STATE}/dev/foundation.tfstate", {}, False, True),
        ("s3:PutObject", f"{STATE}/dev/foundation.tfstate.tflock", {}, True, True),
        ("s3:PutObject", f"{STATE}/prod/foundation.tfstate", {}, False, False),
        ("s3:DeleteObject", f"{STATE}/dev/foundation.tfstate", {}, False, False),
        ("s3:GetBucketPolicy", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}", {}, True, True),
        ("s3:PutBucketPolicy", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}", {}, False, True),
        ("s3:PutLifecycleConfiguration", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}", {}, False, True),
        ("s3:PutBucketPolicy", "arn:aws:s3:::somebody-elses", {}, False, False),
        ("s3:GetObject", f"arn:aws:s3:::shop-dev-gold-{ACCOUNT}/a.parquet", {}, False, False),
        ("ec2:CreateVpc", f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/*", HERE, False, True),
        ("ec2:CreateVpc", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/*", {"aws:RequestedRegion": "eu-west-1"}, False, False),
        ("iam:CreateRole", f"{ROLE}/shop-dev-node", {}, False, True),
        ("iam:CreateRole", f"{ROLE}/administrator", {}, False, False),
        ("iam:PutRolePolicy", f"{ROLE}/shop-dev-ci-apply", {}, False, False),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/shop-dev-x", {}, False, False),
        ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/shop-dev-x", {}, False, False),
        ("iam:PassRole", f"{ROLE}/shop-dev-node", {"iam:PassedToService": "ec2.amazonaws.com"}, False, True),
        ("iam:PassRole", f"{ROLE}/shop-dev-node", {"iam:PassedToService": "sagemaker.amazonaws.com"}, False, False),
        ("iam:PassRole", f"{ROLE}/other", {"iam:PassedToService": "ec2.amazonaws.com"}, False, False),
        ("organizations:LeaveOrganization", "*", {}, False, False),
        (
            "lambda:CreateFunction",
            f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:shop-dev-artifact-intake",
            {},
            False,
            True,
        ),
        ("lambda:CreateFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:other", {}, False, False),
        ("rds:DeleteDBInstance", f"arn:aws:rds:us-east-1:{ACCOUNT}:db:shop-dev-app", {}, False, False),
        ("dms:CreateReplicationTask", "*", HERE, False, False),
    ],
)
def test_it_may_do_what_the_platform_is_made_of(
    made: Call, action: str, resource: str, keys: dict[str, Any], plan: bool, apply: bool
) -> None:
    allowed = {work: asked(made, work, action, resource, keys) is Answer.ALLOW for work in ("plan", "apply")}
    assert allowed == {"plan": plan, "apply": apply}


def test_nobody_becomes_administrator_through_it(made: Call) -> None:
    for name in ("AdministratorAccess", "IAMFullAccess"):
        keys = {"iam:PolicyARN": f"arn:aws:iam::aws:policy/{name}"}
        assert asked(made, "apply", "iam:AttachRolePolicy", f"{ROLE}/shop-dev-node", keys) is Answer.DENY
    session = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}
    assert asked(made, "apply", "iam:AttachRolePolicy", f"{ROLE}/shop-dev-node", session) is Answer.ALLOW


def test_where_protection_is_strict_nothing_is_lost(shop: Project, made: Call) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
    tagged = {"aws:ResourceTag/platform": "shop"}
    strict = decide(context(shop, *USED, strict=True), "ci_role")
    assert asked(made, "apply", "kms:ScheduleKeyDeletion", key, tagged) is Answer.ALLOW
    assert asked(strict, "apply", "kms:ScheduleKeyDeletion", key, tagged) is Answer.DENY
    assert asked(strict, "apply", "s3:DeleteBucket", f"arn:aws:s3:::shop-prod-bronze-{ACCOUNT}") is Answer.DENY


# Issuers, audiences and subjects as the vendors document them.
@pytest.mark.parametrize(
    ("trust", "issuer", "audience", "plan", "apply"),
    [
        (
            {"vendor": "github", "repository": "acme/platform"},
            "token.actions.githubusercontent.com",
            "sts.amazonaws.com",
            "repo:acme/platform:*",
            "repo:acme/platform:environment:dev",
        ),
        (
            {"vendor": "gitlab", "repository": "acme/data/platform", "branch": "release"},
            "gitlab.com",
            "https://gitlab.com",
            "project_path:acme/data/platform:ref_type:branch:ref:*",
            "project_path:acme/data/platform:ref_type:branch:ref:release",
        ),
        (
            {
                "vendor": "circleci",
                "organization": "aaaaaaaa-0000-0000-0000-000000000000",
                "project": "bbbbbbbb-0000-0000-0000-000000000000",
            },
            "oidc.circleci.com/org/aaaaaaaa-0000-0000-0000-000000000000",
            "aaaaaaaa-0000-0000-0000-000000000000",
            "org/aaaaaaaa-0000-0000-0000-000000000000/project/bbbbbbbb-0000-0000-0000-000000000000/user/*"
            "/vcs-origin/*/vcs-ref/*",
            "org/aaaaaaaa-0000-0000-0000-000000000000/project/bbbbbbbb-0000-0000-0000-000000000000/user/*"
            "/vcs-origin/*/vcs-ref/refs/heads/main",
        ),
    ],
)
def test_tokens_of_one_project_and_one_branch(
    shop: Project, trust: dict[str, str], issuer: str, audience: str, plan: str, apply: str
) -> None:
    made = decide(context(shop, *USED), "ci_role", trust=trust)
    assert made.inputs["oidc"] == {"url": f"https://{issuer}", "audiences": [audience], "create": True}
    for work, subject in (("plan", plan), ("apply", apply)):
        [statement] = json.loads(str(made.files[f"{work}-trust.json"]))["Statement"]
        assert statement["Principal"] == {"Federated": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"]}
        said = {key: value for operator in statement["Condition"].values() for key, value in operator.items()}
        assert said == {f"{issuer}:aud": audience, f"{issuer}:sub": subject}


def test_without_a_vendor_the_account_is_trusted(made: Call) -> None:
    assert "oidc" not in made.inputs
    [statement] = json.loads(str(made.files["apply-trust.json"]))["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}


@pytest.mark.parametrize("trust", [{"vendor": "github"}, {"vendor": "circleci"}, {"vendor": "gitlab", "branch": "a b"}])
def test_a_token_of_anybody_is_not_trusted(shop: Project, trust: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        decide(context(shop, *USED), "ci_role", trust=trust)
