"""Policy documents: what IAM takes, always the same bytes."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from lakewright.components.statements import TRUST, Statement, control, document, from_account, trust
from lakewright.components.written import StatementSettings
from lakewright.errors import SpecError


def test_a_document_is_the_same_whatever_the_order_of_its_lists() -> None:
    one = Statement("Read", ("s3:ListBucket", "s3:GetObject"), ("arn:aws:s3:::b", "arn:aws:s3:::a"))
    other = Statement("Read", ("s3:GetObject", "s3:ListBucket", "s3:GetObject"), ("arn:aws:s3:::a", "arn:aws:s3:::b"))
    assert document(one) == document(other)
    assert json.loads(document(one)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
            }
        ],
    }


def test_conditions_and_principals() -> None:
    statement = Statement(
        "Write",
        ("s3:PutObject",),
        ("*",),
        effect="Deny",
        principals="*",
        conditions={"StringNotEquals": {"aws:PrincipalAccount": ["2", "1"]}, **from_account("1")},
    )
    said = json.loads(document(statement))["Statement"][0]
    assert (said["Effect"], said["Principal"]) == ("Deny", "*")
    assert said["Condition"] == {
        "StringNotEquals": {"aws:PrincipalAccount": ["1", "2"]},
        "StringEquals": {"aws:SourceAccount": "1"},
    }


def test_trust_in_a_service_an_account_and_a_role() -> None:
    role = "arn:aws:iam::222222222222:role/ci"
    said = json.loads(trust("glue.amazonaws.com", accounts=("111111111111",), roles=(role,)))["Statement"][0]
    assert said["Principal"] == {
        "Service": ["glue.amazonaws.com"],
        "AWS": ["arn:aws:iam::111111111111:root", role],
    }
    assert said["Action"] == ["sts:AssumeRole"]
    assert "Resource" not in said


@pytest.mark.parametrize("action", ["s3:*terraform-state-*", "GetObject", "s3:Get Object", "S3:GetObject", ""])
def test_what_is_no_action(action: str) -> None:
    with pytest.raises(ValueError, match="no action"):
        Statement("Wrong", (action,))


@pytest.mark.parametrize("sid", ["", "two words", "with-hyphen"])
def test_what_is_no_sid(sid: str) -> None:
    with pytest.raises(ValueError, match="Sid"):
        Statement(sid, ("s3:GetObject",))


def test_too_long_a_policy_says_by_how_much() -> None:
    """IAM counts without white space; a trust policy takes 2048 characters."""
    resources = [f"arn:aws:s3:::bucket-{number:04}/*" for number in range(100)]
    with pytest.raises(SpecError) as caught:
        document(Statement("Read", ("s3:GetObject",), resources), most=TRUST)
    assert caught.value.code == "LW1336"
    assert "2,048" in caught.value.fact


def test_all_but_some_actions_and_resources() -> None:
    statement = Statement("Only", not_actions=("sts:*", "iam:*"), not_resources=("arn:aws:s3:::a",), effect="Deny")

    assert statement.as_json() == {
        "Sid": "Only",
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*"],
        "NotResource": ["arn:aws:s3:::a"],
    }
    with pytest.raises(ValueError, match="either"):
        Statement("Both", ("s3:*",), not_actions=("sts:*",))
    with pytest.raises(ValueError, match="either"):
        Statement("Neither")
    with pytest.raises(ValueError, match="not_resources"):
        Statement("Both", ("s3:*",), ("*",), not_resources=("arn:aws:s3:::a",))


def test_a_service_control_policy_is_written_small() -> None:
    text = control(Statement("Stay", ("organizations:LeaveOrganization",), ("*",), "Deny"))
    assert (
        text == '{"Statement":[{"Action":["organizations:LeaveOrganization"],"Effect":"Deny","Resource":["*"],'
        '"Sid":"Stay"}],"Version":"2012-10-17"}'
    )


def test_a_statement_as_a_person_writes_it() -> None:
    written = {
        "sid": "Mine",
        "effect": "deny",
        "not_actions": ["iam:*"],
        "conditions": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    }
    assert StatementSettings.model_validate(written).statement() == Statement(
        "Mine",
        not_actions=("iam:*",),
        resources=("*",),
        effect="Deny",
        conditions={"StringNotEquals": {"aws:RequestedRegion": ("eu-central-1", "eu-west-1")}},
    )
    for wrong in ({"actions": ["s3:*"]}, {"not_actions": []}, {"not_actions": ["databricks catalog"]}):
        with pytest.raises(ValidationError):
            StatementSettings.model_validate(written | wrong)
