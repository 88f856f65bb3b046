"""Configurations that AWS refuses are refused; what they were made from is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked
from lakewright.rehearse.aws.rules.refuse import refusing
from lakewright.rehearse.aws.rules.registry import RULES
from tests.rehearse.aws.rules.conftest import ACCOUNT, REGION, Ground
from tests.rehearse.aws.rules.report import table
from tests.rehearse.aws.rules.table import Group, Row, filled, groups, rows

ROWS = tuple(rows())
GROUPS = tuple(groups())


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_refused(ground: Ground, row: Row) -> None:
    call = getattr(ground.client(row.group.service), xform_name(row.group.operation))

    with pytest.raises(ClientError) as caught:
        call(**row.parameters(ground.names))

    error = caught.value.response["Error"]
    assert error["Code"] == row.code, error
    assert row.says in error["Message"]


@pytest.mark.parametrize("group", GROUPS, ids=[group.name for group in GROUPS])
def test_accepted(ground: Ground, group: Group) -> None:
    fault = ground.refusal(group.service, group.operation, filled(dict(group.accepted), ground.names))

    assert fault is None, fault.code + ": " + fault.message


def test_there_are_many() -> None:
    assert len(ROWS) >= 300
    assert len({row.name + str(row.change) for row in ROWS}) == len(ROWS)


def test_a_bucket_elsewhere(ground: Ground) -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    gate = refusing(ground.aws.moto)

    with pytest.raises(Fault) as caught:
        gate(Asked("s3", "CreateBucket", {"Bucket": "lw-elsewhere"}, ACCOUNT, "eu-west-1", root))
    assert caught.value.code == "IllegalLocationConstraintException"
    there = {"LocationConstraint": "eu-west-1"}
    bucket = {"Bucket": "lw-elsewhere", "CreateBucketConfiguration": there}
    gate(Asked("s3", "CreateBucket", bucket, ACCOUNT, "eu-west-1", root))


def test_members_do_not_change_the_organization(ground: Ground) -> None:
    member = "222222222222"
    rule = next(one for one in RULES["organizations"] if one.what == "only the management account")
    here = ground.aws.moto  # of the management account, so that the organization is found
    asked = Asked("organizations", "CreateAccount", {}, member, REGION, f"arn:aws:iam::{member}:root")
    assert list(rule.look(asked, here)) == ["You don't have permissions to access this resource."]
    ours = Asked("organizations", "CreateAccount", {}, ACCOUNT, REGION, f"arn:aws:iam::{ACCOUNT}:root")
    assert list(rule.look(ours, here)) == []


def test_every_rule_refuses_something(ground: Ground) -> None:
    here = ground.aws.moto
    refused = {
        ("s3", "the region is the endpoint's"),  # see test_a_bucket_elsewhere
        ("organizations", "only the management account"),  # see test_members_do_not_change_the_organization
    }
    for row in ROWS:
        service, operation = row.group.service, row.group.operation
        asked = Asked(service, operation, row.parameters(ground.names), ACCOUNT, REGION, f"arn:aws:iam::{ACCOUNT}:root")
        for rule in RULES.get(service, ()):
            if operation in rule.operations and next(rule.look(asked, here), None) is not None:
                refused.add((service, rule.what))

    every = {(service, rule.what) for service, rules in RULES.items() for rule in rules}
    assert sorted(every - refused) == []


def test_the_page_is_of_these_configurations() -> None:
    page = Path(__file__).parents[4] / "docs" / "refused-configurations.md"

    assert page.read_text(encoding="utf-8") == table()
