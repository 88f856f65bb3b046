"""Statements that IAM takes and that do not do what they say: each is found, and what is right is left alone.

The first part are the mistakes of requirements.md's *Corrections*. Sources: Service Authorization Reference; IAM User
Guide, "Set operators for multivalued context keys", "AWS global condition context keys"; AWS Organizations quotas.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakewright.components import controls
from lakewright.components.statements import Statement, control
from lakewright.policy.reference import reference
from lakewright.policy.review.document import kind_of, review
from lakewright.policy.review.finding import Finding, Kind
from lakewright.policy.review.overlap import overlap

ROLE = ("arn:aws:iam::*:role/databricks-*",)
SCP, SET = Kind.SERVICE_CONTROL, Kind.PERMISSION_SET
INSTANCE = "arn:aws:ec2:*:*:instance/*"


def found(statement: dict[str, Any], kind: Kind = SCP) -> tuple[Finding, ...]:
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "One", "Effect": "Deny"} | statement]})
    return review(text, kind, "the policy", databricks=kind is SCP)


def asked(
    operator: str, key: str, *values: str, action: str = "ec2:RunInstances", on: str = INSTANCE
) -> dict[str, Any]:
    return {"Action": action, "Resource": on, "Condition": {operator: {key: list(values)}}}


MISTAKES: dict[str, tuple[dict[str, Any], Kind, str, str]] = {
    "vpc is no prefix": ({"Effect": "Allow", "Action": "vpc:*", "Resource": "*"}, SET, "LW1030", "ec2"),
    "databricks is no prefix": (
        {"Effect": "Allow", "Action": ["s3:GetObject", "databricks:*Query*"], "Resource": "*"},
        SET,
        "LW1030",
        "Unity Catalog",
    ),
    "no such action": ({"Action": "s3:GetObjects", "Resource": "*"}, SCP, "LW1031", "GetObject"),
    "a wildcard that matches none": ({"Action": "s3:*terraform*", "Resource": "*"}, SCP, "LW1031", "matches no action"),
    "tags demanded of the state": (
        {
            "Action": ["s3:CreateBucket", "s3:PutObject"],
            "Resource": "arn:aws:s3:::terraform-state-*",
            "Condition": {"StringNotEquals": {"aws:RequestTag/Terraform": "true"}},
        },
        SCP,
        "LW1033",
        "write its own state",
    ),
    "regions without global services": (
        {"Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}},
        SCP,
        "LW1038",
        "iam, organizations, sts, route53, support",
    ),
    "regions, some global services forgotten": (
        {
            "NotAction": ["iam:*", "sts:*", "organizations:*", "support:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
        },
        SCP,
        "LW1038",
        "denies route53 too",
    ),
    "a set operator on the instance type": (
        asked("ForAnyValue:StringNotLike", "ec2:InstanceType", "t3.*", "t2.micro"),
        SCP,
        "LW1037",
        "one value",
    ),
    "MFA of sessions that carry none": (
        asked("BoolIfExists", "aws:MultiFactorAuthPresent", "false", action="ec2:TerminateInstances"),
        SCP,
        "LW1038",
        "Databricks ending",
    ),
    "IMDSv2 for Databricks too": (
        asked("StringNotEquals", "ec2:MetadataHttpTokens", "required"),
        SCP,
        "LW1038",
        "stop its launches",
    ),
    "user names in Identity Center": (
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::sandbox/${aws:username}/*"},
        SET,
        "LW1040",
        "Identity Center",
    ),
    "objects as a bucket": (
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake"},
        SET,
        "LW1032",
        "${BucketName}/${ObjectName}",
    ),
    "an action without resources on one": (
        {"Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::lake"},
        SCP,
        "LW1032",
        "asked on * only",
    ),
    "a resource that no action is about": (
        {"Action": "s3:PutObject", "Resource": ["arn:aws:s3:::lake/*", "arn:aws:sqs:*:*:queue"]},
        SCP,
        "LW1032",
        "arn:aws:sqs",
    ),
    "tags demanded of images too": (
        asked("StringNotEquals", "aws:RequestTag/Environment", "development", on="*"),
        SCP,
        "LW1033",
        "always denies",
    ),
    "a key that nobody has": (asked("StringEquals", "ec2:InstanceTyp", "t3.micro"), SCP, "LW1033", "ec2:InstanceTyp"),
    "a key of another action": (
        asked("StringEquals", "s3:prefix", "home/", action="s3:GetObject", on="*"),
        SCP,
        "LW1033",
        "never denies",
    ),
    "a variable that nobody has": (
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/${aws:user}/*"},
        SET,
        "LW1033",
        "${aws:user}",
    ),
    "a number as text": (
        {"Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:signatureAge": "6*"}}},
        SCP,
        "LW1034",
        "Numeric",
    ),
    "text as truth": (asked("Bool", "ec2:InstanceType", "true"), SCP, "LW1034", "Bool"),
    "a network as text": (asked("StringEquals", "aws:SourceIp", "10.0.0.0/8"), SCP, "LW1034", "IPAddress"),
    "a wildcard as a character": (
        asked("StringNotEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/admin"),
        SCP,
        "LW1036",
        "always met",
    ),
    "a wildcard that never equals": (asked("StringEquals", "ec2:InstanceType", "p3.*"), SCP, "LW1035", "never met"),
    "a zone as a region": (
        asked("StringEquals", "aws:RequestedRegion", "eu-central-1a", action="s3:PutObject", on="*"),
        SCP,
        "LW1035",
        "never",
    ),
    "not as an account": (asked("StringNotEquals", "aws:PrincipalAccount", "prod"), SCP, "LW1036", "twelve digits"),
    "a value that the key never has": (
        asked("StringEquals", "aws:PrincipalType", "Robot"),
        SCP,
        "LW1035",
        "AssumedRole",
    ),
    "tests against each other": (
        {
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:PrincipalTag/team": "lake"},
                "StringNotLike": {"aws:PrincipalTag/team": "l*"},
            },
        },
        SCP,
        "LW1035",
        "excludes",
    ),
    "missing and there": (
        {
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": {
                "Null": {"aws:PrincipalTag/team": "true"},
                "StringEquals": {"aws:PrincipalTag/team": "lake"},
            },
        },
        SCP,
        "LW1035",
        "missing",
    ),
    "no number between": (
        {
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {
                "NumericGreaterThan": {"s3:signatureAge": "900"},
                "NumericLessThan": {"s3:signatureAge": "60"},
            },
        },
        SCP,
        "LW1035",
        "less than 60",
    ),
    "a control that is too long": (
        {"Action": "s3:PutObject", "Resource": [f"arn:aws:s3:::lake-{n:040}/*" for n in range(100)]},
        SCP,
        "LW1039",
        "takes 5,120",
    ),
    "a permission set that is too long": (
        {"Action": "s3:PutObject", "Resource": [f"arn:aws:s3:::lake-{n:040}/*" for n in range(200)]},
        SET,
        "LW1039",
        "takes 10,240",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name: str) -> None:
    statement, kind, code, says = MISTAKES[name]
    mistakes = [one for one in found(statement, kind) if one.sure]

    assert [one.code for one in mistakes] == [code] * len(mistakes)
    assert mistakes
    assert any(says in f"{one.fact} {one.hint}" for one in mistakes), mistakes


RIGHT: dict[str, dict[str, Any]] = {
    "everything": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "a bucket and its objects": {
        "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"],
    },
    "any resource of S3": {"Action": "s3:*", "Resource": "arn:aws:s3:::*"},
    "a role with a path": {"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/team/*"},
    "a log group": {"Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:*:*:log-group:/aws/x:*"},
    "names of actions have no case": {"Action": "S3:getobject", "Resource": "*"},
    "a global key anywhere": asked("ArnNotLike", "aws:PrincipalArn", *ROLE, action="s3:PutObject", on="*"),
    "tags of an instance": asked("StringNotEquals", "aws:RequestTag/Environment", "development"),
    "several tags": asked("ForAllValues:StringEquals", "aws:TagKeys", "team", action="ec2:CreateTags", on="*"),
    "regions by wildcard": {
        "NotAction": list(controls.GLOBAL_SERVICES),
        "Resource": "*",
        "Condition": {"StringNotLike": {"aws:RequestedRegion": ["eu-*", "us-east-1"]}},
    },
    "a text with a variable": asked(
        "StringEquals", "aws:ResourceTag/owner", "${aws:PrincipalTag/owner}", action="ec2:StopInstances"
    ),
    "dates": asked("DateGreaterThan", "aws:CurrentTime", "2030-01-01T00:00:00Z", action="s3:PutObject", on="*"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_left_alone(name: str) -> None:
    assert found(RIGHT[name]) == ()


READY = (
    controls.stay_in_organization(),
    controls.regions(("eu-central-1",), ROLE),
    controls.no_root_user(),
    controls.keep_audit(ROLE),
    controls.imdsv2(ROLE),
    controls.instance_types(("t3.*", "t2.micro")),
    controls.no_instance_types(("p3.*",)),
    controls.deletions_with_mfa(ROLE),
    controls.encrypted_volumes(),
    controls.encrypted_databases(),
    controls.no_public_buckets(),
    controls.required_tag("Environment", ("development",)),
    controls.no_services("rds", "elasticache", "es", "kafka"),
    controls.only_services(("cloudtrail:*", "guardduty:*", "iam:*", "sts:*")),
)


@pytest.mark.parametrize("statement", READY, ids=lambda one: one.sid)
def test_ready_statements_have_none_of_the_mistakes(statement: Statement) -> None:
    assert review(control(statement), SCP, "scp", databricks=True) == ()


def test_the_ready_ones_know_why_they_exempt() -> None:
    with pytest.raises(ValueError, match="MFA"):
        controls.deletions_with_mfa(())


def test_a_permission_that_reaches_less_than_it_names_is_a_doubt() -> None:
    statement = asked("StringLike", "s3:prefix", "home/*", on="*") | {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:GetObject"],
    }
    (doubt,) = found(statement, SET)

    assert not doubt.sure
    assert "s3:GetObject" in doubt.fact


def test_places_name_document_statement_and_sid() -> None:
    (finding,) = found({"Action": "vpc:*", "Resource": "*"})

    assert finding.place == "the policy: Statement[0] (One)"
    assert finding.error().code == "LW1030"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"Statement": {"Action": "*", "Resource": "*"}}, Kind.IDENTITY),
        ({"Statement": [{"Action": "sts:AssumeRole", "Principal": "*"}]}, Kind.TRUST),
        ({"Statement": [{"Action": "s3:*", "Principal": "*", "Resource": "*"}]}, Kind.RESOURCE),
    ],
)
def test_the_kind_of_a_document(document: dict[str, Any], kind: Kind) -> None:
    assert kind_of(document) is kind


@pytest.mark.parametrize(
    ("written", "form", "same"),
    [
        ("arn:aws:s3:::lake/*", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:s3:::lake/*", "arn:${Partition}:s3:::${BucketName}", False),
        ("arn:aws:s3:::*", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:s3:::l?ke", "arn:${Partition}:s3:::${BucketName}", True),
        ("arn:aws:s3:::${aws:userid}", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", True),
        ("arn:aws:iam::*:user/*", "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", False),
    ],
)
def test_resources_and_their_forms(written: str, form: str, same: bool) -> None:
    assert overlap(written, form) is same


def test_the_data_is_dated_and_says_its_licence() -> None:
    header = reference().header

    assert header["actions"] > 20_000
    assert len(reference().taken) == len("2026-11-21")
    assert "Permission is hereby granted" in header["licence"]
    assert reference().service("databricks") is None
