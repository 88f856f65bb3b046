"""The local Databricks of a rehearsal sees the local AWS: buckets, endpoints, and whom a role trusts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.platform.databricks import AwsBeside

ACCOUNT, OTHER = "111111111111", "222222222222"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT, OTHER], tmp_path_factory.mktemp("aws")) as running:
        yield running


def role(aws: LocalAws, name: str, principal: str, external_id: str) -> str:
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}, "Condition": condition}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = aws.client("iam", account=OTHER).create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


def test_roles_that_trust_databricks_with_the_external_id(aws: LocalAws) -> None:
    beside = AwsBeside(aws)
    account = role(aws, "cross-account", "arn:aws:iam::414351767826:root", "the-account")
    assert beside.refuses_role(account, "the-account") is None
    assert "external id another" in str(beside.refuses_role(account, "another"))
    catalog = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
    assert beside.refuses_role(role(aws, "lake", catalog, "x"), "x") is None
    stranger = role(aws, "stranger", f"arn:aws:iam::{ACCOUNT}:root", "x")
    assert "does not allow" in str(beside.refuses_role(stranger, "x"))
    assert "no role" in str(beside.refuses_role(f"arn:aws:iam::{OTHER}:role/none", "x"))
    assert "no account" in str(beside.refuses_role("arn:aws:iam::333333333333:role/none", "x"))


def test_endpoints_and_buckets(aws: LocalAws, tmp_path: Path) -> None:
    beside = AwsBeside(aws)
    ec2 = aws.client("ec2", account=OTHER)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    service = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Interface")
    assert beside.endpoint_service(endpoint["VpcEndpoint"]["VpcEndpointId"]) == service
    assert beside.endpoint_service("vpce-00000000000000000") is None
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="lake-bucket")
    s3.put_object(Bucket="lake-bucket", Key="data/one", Body=b"1")
    assert (beside.folder_of("lake-bucket") / "data/one").read_bytes() == b"1"


def test_logs_are_delivered_by_a_role_that_may_put_them_there(tmp_path: Path) -> None:
    deliverer = "arn:aws:iam::414351767826:role/SaasUsageDeliveryRole-prod-IAMRole-3PLHICCRR1TK"
    with local_aws([ACCOUNT, OTHER], tmp_path / "aws", gates=EVERY_GATE) as aws:
        beside = AwsBeside(aws)
        s3, iam = aws.client("s3", account=OTHER), aws.client("iam", account=OTHER)
        s3.create_bucket(Bucket="logs")
        made = role(aws, "log-delivery", deliverer, "the-account")
        assert "cannot put objects below logs/audit" in str(
            beside.refuses_delivery(made, "the-account", "logs", "audit")
        )
        may = {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": "arn:aws:s3:::logs/audit/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        iam.put_role_policy(RoleName="log-delivery", PolicyName="deliver", PolicyDocument=policy)
        assert beside.refuses_delivery(made, "the-account", "logs", "audit") is None
        assert s3.list_multipart_uploads(Bucket="logs").get("Uploads", []) == []
        assert "cannot put objects" in str(beside.refuses_delivery(made, "the-account", "logs", "usage"))
        assert "external id another" in str(beside.refuses_delivery(made, "another", "logs", "audit"))
        stranger = role(aws, "cross-account", f"arn:aws:iam::{ACCOUNT}:root", "the-account")
        assert "does not allow" in str(beside.refuses_delivery(stranger, "the-account", "logs", "audit"))
