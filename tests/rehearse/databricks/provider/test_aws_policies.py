"""The IAM documents are the published ones.

Expected: the examples of the provider's documentation and tests
(https://github.com/databricks/terraform-provider-databricks, aws/), pull request 4440 for multipart uploads.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.data import SOURCES

NOWHERE = Api("")


def document(name: str, **given: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SOURCES[f"databricks_{name}"](NOWHERE, given)["json"])
    return found


def test_trust_of_the_cross_account_role() -> None:
    assert document("aws_assume_role_policy", external_id="abc") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": "arn:aws:iam::414351767826:root"},
                "Condition": {"StringEquals": {"sts:ExternalId": "abc"}},
            }
        ],
    }
    (statement,) = document("aws_assume_role_policy", external_id="abc", for_log_delivery=True)["Statement"]
    role = "arn:aws:iam::414351767826:role/SaasUsageDeliveryRole-prod-IAMRole-3PLHICCRR1TK"
    assert statement["Principal"] == {"AWS": role}


def test_policy_of_the_root_bucket() -> None:
    found = document("aws_bucket_policy", bucket="abc", databricks_e2_account_id="xyz")
    assert found["Statement"] == [
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:ListBucket",
                "s3:GetBucketLocation",
            ],
            "Resource": ["arn:aws:s3:::abc/*", "arn:aws:s3:::abc"],
            "Principal": {"AWS": "arn:aws:iam::414351767826:root"},
            "Condition": {"StringEquals": {"aws:PrincipalTag/DatabricksAccountId": "xyz"}},
        }
    ]


def test_trust_of_a_storage_credential() -> None:
    found = document(
        "aws_unity_catalog_assume_role_policy", aws_account_id="123456789098", role_name="reader", external_id="12345"
    )
    assert found["Statement"] == [
        {
            "Sid": "UnityCatalogAssumeRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"},
            "Condition": {"StringEquals": {"sts:ExternalId": "12345"}},
        },
        {
            "Sid": "ExplicitSelfRoleAssumption",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::123456789098:root"},
            "Condition": {
                "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789098:role/reader"},
                "StringEquals": {"sts:ExternalId": "12345"},
            },
        },
    ]


@pytest.mark.parametrize("key", ["databricks-kms", "arn:aws:kms:us-west-2:111122223333:key/databricks-kms"])
def test_policy_of_a_storage_credential(key: str) -> None:
    found = document(
        "aws_unity_catalog_policy",
        aws_account_id="123456789098",
        bucket_name="databricks-bucket",
        role_name="databricks-role",
        kms_name=key,
    )
    objects, itself, kms, setup, listing, teardown = found["Statement"]
    assert objects["Action"] == [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
    ]
    assert objects["Resource"] == ["arn:aws:s3:::databricks-bucket/*", "arn:aws:s3:::databricks-bucket"]
    assert itself["Resource"] == ["arn:aws:iam::123456789098:role/databricks-role"]
    assert kms["Action"] == ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"]
    assert kms["Resource"] == [key if key.startswith("arn") else f"arn:aws:kms:{key}"]
    queues = ["arn:aws:sqs:*:123456789098:csms-*", "arn:aws:sns:*:123456789098:csms-*"]
    assert setup["Resource"] == ["arn:aws:s3:::databricks-bucket", *queues]
    assert listing == {
        "Sid": "ManagedFileEventsListStatement",
        "Effect": "Allow",
        "Action": ["sqs:ListQueues", "sqs:ListQueueTags", "sns:ListTopics"],
        "Resource": queues,
    }
    assert teardown["Action"] == ["sns:Unsubscribe", "sns:DeleteTopic", "sqs:DeleteQueue"]
    assert (len(setup["Action"]), setup["Action"][0], setup["Action"][-1]) == (
        19,
        "s3:GetBucketNotification",
        "sqs:PurgeQueue",
    )


def test_cross_account_role() -> None:
    def actions(**given: object) -> set[str]:
        found: list[str] = document("aws_crossaccount_policy", **given)["Statement"][0]["Action"]
        assert len(found) == len(set(found))
        return set(found)

    managed, customer = actions(), actions(policy_type="customer")
    limits = {"aws_account_id": "123456789012", "vpc_id": "vpc-1", "region": "us-west-2", "security_group_id": "sg-1"}
    restricted = actions(policy_type="restricted", **limits)
    assert (len(managed), len(customer), len(restricted)) == (76, 50, 37)
    assert restricted < customer < managed
    assert {"ec2:CreateVpc", "ec2:CreateNatGateway", "ec2:DeleteSubnet"} <= managed - customer
    assert {"ec2:RunInstances", "ec2:TerminateInstances", "ec2:CreateVolume"} <= customer - restricted


def test_cross_account_role_in_one_network() -> None:
    found = document(
        "aws_crossaccount_policy",
        policy_type="restricted",
        aws_account_id="123456789012",
        vpc_id="vpc-12345678",
        region="us-west-2",
        security_group_id="sg-12345678",
        pass_roles=["arn:aws:iam::123456789012:role/data"],
    )
    statements = {one.get("Sid", one["Effect"]): one for one in found["Statement"]}
    assert found["Statement"][2] == {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": ["arn:aws:iam::123456789012:role/data"],
    }
    in_vpc = {"StringEquals": {"ec2:vpc": "arn:aws:ec2:us-west-2:123456789012:vpc/vpc-12345678"}}
    assert statements["AllowEc2RunInstancePerVPCid"]["Condition"] == in_vpc
    assert statements["VpcNonresourceSpecificActions"]["Resource"] == (
        "arn:aws:ec2:us-west-2:123456789012:security-group/sg-12345678"
    )
    assert "Condition" not in statements["AllowEc2RunInstanceOtherResources"]
    assert len(statements["AllowEc2RunInstanceOtherResources"]["NotResource"]) == 6


@pytest.mark.parametrize(
    ("given", "fact"),
    [
        ({"policy_type": "all"}, "policy_type must be either"),
        ({"aws_partition": "aws-cn"}, "aws_partition must be either"),
        ({"policy_type": "restricted", "aws_account_id": "1"}, "12 digit"),
    ],
)
def test_wrong_arguments_are_refused(given: dict[str, object], fact: str) -> None:
    with pytest.raises(ApiError, match=fact):
        document("aws_crossaccount_policy", **given)
