"""The IAM documents that the provider's data sources give, with the accounts and roles that Databricks publishes.

The documents: the provider's documentation of `databricks_aws_…_policy`, and
https://docs.databricks.com/aws/en/admin/account-settings-e2/credentials (cross-account role),
https://docs.databricks.com/aws/en/connect/unity-catalog/cloud-storage/storage-credentials (Unity Catalog).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, given


@dataclass(frozen=True)
class Partition:
    """Databricks' own AWS account and roles in one AWS partition."""

    name: str
    account: str
    log_delivery: str
    unity_catalog: str


PARTITIONS = {
    "aws": Partition(
        "aws",
        "414351767826",
        "SaasUsageDeliveryRole-prod-IAMRole-3PLHICCRR1TK",
        "unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL",
    ),
    "aws-us-gov": Partition(
        "aws-us-gov",
        "044793339203",
        "SaasUsageDeliveryRole-prod-aws-gov-IAMRole-L4QM0RCHYQ1G",
        "unity-catalog-prod-UCMasterRole-1QRFA8SGY15OJ",
    ),
    "aws-us-gov-dod": Partition(
        "aws-us-gov",
        "170661010020",
        "SaasUsageDeliveryRole-prod-aws-gov-dod-IAMRole-1DMEHBYR8VC5P",
        "unity-catalog-prod-UCMasterRole-1DI6DL6ZP26AS",
    ),
}

_ALWAYS = """
AssignPrivateIpAddresses CancelSpotInstanceRequests DescribeAvailabilityZones DescribeIamInstanceProfileAssociations
DescribeInstanceStatus DescribeInstances DescribeInternetGateways DescribeNatGateways DescribeNetworkAcls
DescribePrefixLists DescribeReservedInstancesOfferings DescribeRouteTables DescribeSecurityGroups
DescribeSpotInstanceRequests DescribeSpotPriceHistory DescribeSubnets DescribeVolumes DescribeVpcAttribute DescribeVpcs
CreateTags DeleteTags GetSpotPlacementScores RequestSpotInstances DescribeFleetHistory ModifyFleet DeleteFleets
DescribeFleetInstances DescribeFleets CreateFleet DeleteLaunchTemplate GetLaunchTemplateData CreateLaunchTemplate
DescribeLaunchTemplates DescribeLaunchTemplateVersions ModifyLaunchTemplate DeleteLaunchTemplateVersions
CreateLaunchTemplateVersion
"""
_UNRESTRICTED = """
AssociateIamInstanceProfile AttachVolume AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateVolume
DeleteVolume DetachVolume DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation
RevokeSecurityGroupEgress RevokeSecurityGroupIngress RunInstances TerminateInstances
"""
_OWN_NETWORK = """
AttachInternetGateway AllocateAddress AssociateDhcpOptions AssociateRouteTable CreateDhcpOptions CreateInternetGateway
CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpc CreateVpcEndpoint
DeleteDhcpOptions DeleteInternetGateway DeleteNatGateway DeleteRoute DeleteRouteTable DeleteSecurityGroup DeleteSubnet
DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisassociateRouteTable ModifyVpcAttribute ReleaseAddress
"""
_ORDER = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition")


def _actions(service: str, text: str) -> list[str]:
    return [f"{service}:{name}" for name in text.split()]


def _document(*statements: Mapping[str, Any]) -> str:
    """The text as the provider writes it: its order of keys, two spaces."""
    ordered = [{name: one[name] for name in _ORDER if name in one} for one in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": ordered}, indent=2)


def _partition(config: Mapping[str, Any]) -> Partition:
    name = given(config, "aws_partition") or "aws"
    if name not in PARTITIONS:
        text = "aws_partition must be either 'aws' or 'aws-us-gov' or 'aws-us-gov-dod'"
        raise ApiError(400, "INVALID_PARAMETER_VALUE", text)
    return PARTITIONS[name]


def assume_role(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """Trust of the cross-account role, or of the role that delivers logs."""
    partition = _partition(config)
    account = given(config, "databricks_account_id") or partition.account
    who = f"arn:{partition.name}:iam::{account}:root"
    if config.get("for_log_delivery"):
        who = f"arn:{partition.name}:iam::{partition.account}:role/{partition.log_delivery}"
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": who},
        "Condition": {"StringEquals": {"sts:ExternalId": config["external_id"]}},
    }
    return {"json": _document(statement), "id": config["external_id"]}


def bucket(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """Policy of the workspace's root bucket."""
    partition, name = _partition(config), config["bucket"]
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": _actions("s3", "GetObject GetObjectVersion PutObject DeleteObject ListBucket GetBucketLocation"),
        "Resource": [f"arn:{partition.name}:s3:::{name}/*", f"arn:{partition.name}:s3:::{name}"],
        "Principal": {
            "AWS": given(config, "full_access_role") or f"arn:{partition.name}:iam::{partition.account}:root"
        },
    }
    if account := given(config, "databricks_e2_account_id"):
        statement["Condition"] = {"StringEquals": {"aws:PrincipalTag/DatabricksAccountId": account}}
    return {"json": _document(statement), "id": name}


def unity_catalog_trust(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """Trust of a storage credential's role: Unity Catalog's own role, and itself."""
    partition = _partition(config)
    default = f"arn:{partition.name}:iam::{partition.account}:role/{partition.unity_catalog}"
    who, external = given(config, "unity_catalog_iam_arn") or default, config["external_id"]
    account, role = config["aws_account_id"], config["role_name"]
    itself = f"arn:{partition.name}:iam::{account}:role/{role}"
    statements = (
        {
            "Sid": "UnityCatalogAssumeRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": who},
            "Condition": {"StringEquals": {"sts:ExternalId": external}},
        },
        {
            "Sid": "ExplicitSelfRoleAssumption",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:{partition.name}:iam::{account}:root"},
            "Condition": {
                "ArnLike": {"aws:PrincipalArn": itself},
                "StringEquals": {"sts:ExternalId": external},
            },
        },
    )
    text = _document(*statements)
    return {"json": text, "id": f"{account}-{role}-{external}", "unity_catalog_iam_arn": who}


def unity_catalog(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """What a storage credential's role may do: the bucket, itself, the key, file events."""
    name, account, role = config["bucket_name"], config["aws_account_id"], config["role_name"]
    arn = f"arn:{given(config, 'aws_partition') or 'aws'}"
    _partition(config)
    topics = [f"{arn}:sqs:*:{account}:csms-*", f"{arn}:sns:*:{account}:csms-*"]
    objects = (
        "GetObject PutObject DeleteObject ListBucket GetBucketLocation ListBucketMultipartUploads "
        "ListMultipartUploadParts AbortMultipartUpload"
    )
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": _actions("s3", objects),
            "Resource": [f"{arn}:s3:::{name}/*", f"{arn}:s3:::{name}"],
        },
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [f"{arn}:iam::{account}:role/{role}"]},
    ]
    if key := given(config, "kms_name"):
        statements.append(
            {
                "Effect": "Allow",
                "Action": _actions("kms", "Decrypt Encrypt GenerateDataKey*"),
                "Resource": [key if key.startswith(arn) else f"{arn}:kms:{key}"],
            }
        )
    setup = [
        *_actions("s3", "GetBucketNotification PutBucketNotification"),
        *_actions(
            "sns",
            "ListSubscriptionsByTopic GetTopicAttributes SetTopicAttributes CreateTopic TagResource Publish Subscribe",
        ),
        *_actions(
            "sqs",
            "CreateQueue DeleteMessage ReceiveMessage SendMessage GetQueueUrl GetQueueAttributes SetQueueAttributes "
            "TagQueue ChangeMessageVisibility PurgeQueue",
        ),
    ]
    listing = [*_actions("sqs", "ListQueues ListQueueTags"), *_actions("sns", "ListTopics")]
    teardown = [*_actions("sns", "Unsubscribe DeleteTopic"), *_actions("sqs", "DeleteQueue")]
    for sid, actions, resources in (
        ("ManagedFileEventsSetupStatement", setup, [f"{arn}:s3:::{name}", *topics]),
        ("ManagedFileEventsListStatement", listing, topics),
        ("ManagedFileEventsTeardownStatement", teardown, topics),
    ):
        statements.append({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources})
    return {"json": _document(*statements), "id": f"{name}-{account}-{role}"}


def crossaccount(api: Api, config: Mapping[str, Any]) -> Answer:  # noqa: ARG001
    """What Databricks' role may do with EC2: in its own network, in the customer's, or in one network only."""
    partition, kind = _partition(config), given(config, "policy_type") or "managed"
    if kind not in ("managed", "customer", "restricted"):
        text = "policy_type must be either 'managed', 'customer' or 'restricted'"
        raise ApiError(400, "INVALID_PARAMETER_VALUE", text)
    actions = _actions("ec2", _ALWAYS)
    actions += _actions("ec2", _UNRESTRICTED) if kind != "restricted" else []
    actions += _actions("ec2", _OWN_NETWORK) if kind == "managed" else []
    spot = "role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["iam:CreateServiceLinkedRole", "iam:PutRolePolicy"],
            "Resource": f"arn:{partition.name}:iam::*:{spot}",
            "Condition": {"StringLike": {"iam:AWSServiceName": "spot.amazonaws.com"}},
        },
    ]
    if passed := given(config, "pass_roles"):
        statements.append({"Effect": "Allow", "Action": "iam:PassRole", "Resource": passed})
    if kind == "restricted":
        statements += _restricted(partition, config)
    return {"json": _document(*statements), "id": "_"}


def _whereabouts(config: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Account, VPC, region and security group of a restricted policy; each has its form."""
    account, vpc, region, group = (
        given(config, name) or "" for name in ("aws_account_id", "vpc_id", "region", "security_group_id")
    )
    for right, what in (
        (re.fullmatch(r"\d{12}", account), "aws_account_id must be a 12 digit number"),
        (vpc.startswith("vpc-"), "vpc_id must begin with 'vpc-'"),
        (region, "region must be set"),
        (group.startswith("sg-"), "security_group_id must begin with 'sg-'"),
    ):
        if not right:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", what)
    return account, vpc, region, group


def _restricted(partition: Partition, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    account, vpc, region, group = _whereabouts(config)
    base = f"arn:{partition.name}:ec2:{region}:{account}"

    def on(*kinds: str) -> list[str]:
        return [f"{base}:{kind}/*" for kind in kinds]

    resource_tag = {"StringEquals": {"ec2:ResourceTag/Vendor": "Databricks"}}
    request_tag = {"StringEquals": {"aws:RequestTag/Vendor": "Databricks"}}
    in_vpc = {"StringEquals": {"ec2:vpc": f"{base}:vpc/{vpc}"}}
    profile = "AssociateIamInstanceProfile DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation"
    ingress = (
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress "
        "RevokeSecurityGroupIngress"
    )
    network = ("network-interface", "subnet", "security-group")
    run = "ec2:RunInstances"
    rows: tuple[tuple[str, Any, str, Any, Any], ...] = (
        ("InstancePoolsSupport", _actions("ec2", profile), "Resource", on("instance")[0], resource_tag),
        ("AllowEc2RunInstancePerTag", run, "Resource", on("volume", "instance"), request_tag),
        (
            "AllowEc2RunInstanceImagePerTag",
            run,
            "Resource",
            on("image")[0],
            {"StringEquals": {"aws:ResourceTag/Vendor": "Databricks"}},
        ),
        ("AllowEc2RunInstancePerVPCid", run, "Resource", on(*network), in_vpc),
        (
            "AllowEc2RunInstanceOtherResources",
            run,
            "NotResource",
            on("image", *network, "volume", "instance"),
            None,
        ),
        ("EC2TerminateInstancesTag", "ec2:TerminateInstances", "Resource", on("instance")[0], resource_tag),
        (
            "EC2AttachDetachVolumeTag",
            _actions("ec2", "AttachVolume DetachVolume"),
            "Resource",
            on("instance", "volume"),
            resource_tag,
        ),
        ("EC2CreateVolumeByTag", "ec2:CreateVolume", "Resource", on("volume")[0], request_tag),
        ("EC2DeleteVolumeByTag", "ec2:DeleteVolume", "Resource", on("volume"), resource_tag),
        (
            "VpcNonresourceSpecificActions",
            _actions("ec2", ingress),
            "Resource",
            f"{base}:security-group/{group}",
            in_vpc,
        ),
    )
    return [
        {"Sid": sid, "Effect": "Allow", "Action": actions, where: resources}
        | ({"Condition": condition} if condition else {})
        for sid, actions, where, resources, condition in rows
    ]
