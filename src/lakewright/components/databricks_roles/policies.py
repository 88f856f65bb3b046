"""What the roles that Databricks takes may do.

Source: Databricks on AWS, "Create a cross-account IAM role" (customer-managed VPC with default restrictions),
"Configure S3 access with an instance profile", "Configure audit log delivery".
"""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.components.databricks import ACCOUNT, LOG_DELIVERY, LOGS
from lakewright.components.statements import TRUST, Statement, document

KEY = "${kms_key_arn}"
"""Where the key's ARN is filled in by Terraform."""

_MACHINES = (
    "AssignPrivateIpAddresses AssociateIamInstanceProfile AttachVolume AuthorizeSecurityGroupEgress "
    "AuthorizeSecurityGroupIngress CancelSpotInstanceRequests CreateFleet CreateLaunchTemplate "
    "CreateLaunchTemplateVersion CreateTags CreateVolume DeleteFleets DeleteLaunchTemplate "
    "DeleteLaunchTemplateVersions DeleteTags DeleteVolume DescribeAvailabilityZones DescribeFleetHistory "
    "DescribeFleetInstances DescribeFleets DescribeIamInstanceProfileAssociations DescribeInstanceStatus "
    "DescribeInstances DescribeInternetGateways DescribeLaunchTemplateVersions DescribeLaunchTemplates "
    "DescribeNatGateways DescribeNetworkAcls DescribePrefixLists DescribeReservedInstancesOfferings "
    "DescribeRouteTables DescribeSecurityGroups DescribeSpotInstanceRequests DescribeSpotPriceHistory "
    "DescribeSubnets DescribeVolumes DescribeVpcAttribute DescribeVpcs DetachVolume DisassociateIamInstanceProfile "
    "GetLaunchTemplateData GetSpotPlacementScores ModifyFleet ModifyLaunchTemplate "
    "ReplaceIamInstanceProfileAssociation RequestSpotInstances RevokeSecurityGroupEgress RevokeSecurityGroupIngress "
    "RunInstances TerminateInstances"
)
_SPOT = "arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"


def taken_by(principal: str, external_id: str) -> str:
    """A trust policy for Databricks' own principal, which must say the Databricks account's id."""
    statement = Statement(
        "Databricks",
        ("sts:AssumeRole",),
        principals={"AWS": (principal,)},
        conditions={"StringEquals": {"sts:ExternalId": external_id}},
    )
    return document(statement, most=TRUST)


def cross_account_trust(external_id: str) -> str:
    return taken_by(f"arn:aws:iam::{ACCOUNT}:root", external_id)


def log_delivery_trust(external_id: str) -> str:
    return taken_by(LOG_DELIVERY, external_id)


def cross_account(passed: str, *, keyed: bool = False) -> str:
    """Starts and ends machines, and gives them the role `passed` (an ARN); with a key, their disks are encrypted.

    For disks: Databricks on AWS, "Configure customer-managed keys for encryption".
    """
    disks = Statement(
        "Disks",
        ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"),
        (KEY,),
        conditions={"StringLike": {"kms:ViaService": "ec2.*.amazonaws.com"}},
    )
    spot = {"StringLike": {"iam:AWSServiceName": "spot.amazonaws.com"}}
    return document(
        Statement("Machines", tuple(f"ec2:{name}" for name in _MACHINES.split()), ("*",)),
        Statement("SpotRole", ("iam:CreateServiceLinkedRole", "iam:PutRolePolicy"), (_SPOT,), conditions=spot),
        Statement(
            "GiveMachinesTheirRole",
            ("iam:PassRole",),
            (passed,),
            conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ),
        *((disks,) if keyed else ()),
    )


def machines(reads: Sequence[str], writes: Sequence[str], *, keyed: bool) -> str:
    """Reads and writes buckets (ARNs)."""
    both = sorted({*reads, *writes})
    found = [Statement("List", ("s3:GetBucketLocation", "s3:ListBucket"), both)]
    found.append(Statement("Read", ("s3:GetObject", "s3:GetObjectVersion"), _objects(both)))
    if writes:
        actions = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject")
        found.append(Statement("Write", actions, _objects(writes)))
    if keyed:
        found.append(Statement("UseKey", ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), (KEY,)))
    return document(*found)


def secret() -> str:
    """Reads one secret, whose ARN Terraform fills in; its key is the one that machines may use already."""
    return document(Statement("ReadSecret", ("secretsmanager:GetSecretValue",), ("${secret_arn}",)))


def log_delivery(bucket: str) -> str:
    """Puts logs below `audit/` of a bucket (an ARN)."""
    return document(
        Statement("Place", ("s3:GetBucketLocation", "s3:ListBucket"), (bucket,)),
        Statement(
            "Deliver",
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
            (f"{bucket}/{LOGS}/*",),
        ),
    )


def _objects(buckets: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{bucket}/*" for bucket in buckets)
