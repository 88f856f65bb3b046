"""Ready statements of service control policies, each without the mistake that is usually made with it.

Documentation: AWS Organizations User Guide, "Service control policy examples"; each service's page in the Service
Authorization Reference. `exempt` are patterns of role ARNs that a denial leaves alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.components.statements import Conditions, Statement

GLOBAL_SERVICES = (
    "access-analyzer:*",
    "account:*",
    "aws-portal:*",
    "billing:*",
    "budgets:*",
    "ce:*",
    "cloudfront:*",
    "consolidatedbilling:*",
    "cur:*",
    "ec2:DescribeRegions",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "identitystore:*",
    "invoicing:*",
    "networkmanager:*",
    "organizations:*",
    "payments:*",
    "pricing:*",
    "route53:*",
    "route53domains:*",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:PutAccountPublicAccessBlock",
    "shield:*",
    "sso-directory:*",
    "sso:*",
    "sts:*",
    "support:*",
    "tag:GetResources",
    "tax:*",
    "trustedadvisor:*",
    "waf:*",
)
"""What is answered from one region whatever the account uses: a denial of regions without them locks the account."""

AUDIT_ENDS = (
    "access-analyzer:DeleteAnalyzer",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
    "config:StopConfigurationRecorder",
    "guardduty:DeleteDetector",
    "guardduty:DisassociateFromAdministratorAccount",
    "guardduty:StopMonitoringMembers",
    "guardduty:UpdateDetector",
    "securityhub:DisableSecurityHub",
)
"""What ends or blinds the audit."""

DELETIONS = ("ec2:TerminateInstances", "kms:ScheduleKeyDeletion", "rds:DeleteDBInstance", "s3:DeleteBucket")


def stay_in_organization() -> Statement:
    """No account leaves the organization or closes itself."""
    return _deny("StayInOrganization", "account:CloseAccount", "organizations:LeaveOrganization")


def regions(allowed: Sequence[str], exempt: Sequence[str] = ()) -> Statement:
    """Only these regions; what is answered globally stays possible."""
    return Statement(
        "OnlyTheseRegions",
        not_actions=GLOBAL_SERVICES,
        resources=("*",),
        effect="Deny",
        conditions=_but(exempt, {"StringNotEquals": {"aws:RequestedRegion": tuple(allowed)}}),
    )


def no_root_user() -> Statement:
    """Nothing by the root user of a member account."""
    root = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
    return Statement("NoRootUser", ("*",), ("*",), "Deny", conditions=root)


def keep_audit(exempt: Sequence[str] = ()) -> Statement:
    """CloudTrail, GuardDuty, Config, Security Hub and Access Analyzer stay on."""
    return Statement("KeepAudit", AUDIT_ENDS, ("*",), "Deny", conditions=_but(exempt))


def imdsv2(exempt: Sequence[str] = ()) -> Statement:
    """Instances ask for their metadata with session tokens. Databricks starts its own without: exempt its role."""
    asked = {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}}
    return _on_instances("RequireTokensForMetadata", _but(exempt, asked))


def instance_types(allowed: Sequence[str], exempt: Sequence[str] = ()) -> Statement:
    """Only instances of these types (`t3.*`)."""
    return _on_instances("OnlyTheseInstances", _but(exempt, {"StringNotLike": {"ec2:InstanceType": tuple(allowed)}}))


def no_instance_types(refused: Sequence[str]) -> Statement:
    """No instances of these types (`p3.*`)."""
    return _on_instances("NotTheseInstances", {"StringLike": {"ec2:InstanceType": tuple(refused)}})


def deletions_with_mfa(exempt: Sequence[str], actions: Sequence[str] = DELETIONS) -> Statement:
    """Deletions need a second factor. Roles that services assume carry no such key: they must be `exempt`.

    Raises ValueError when nobody is: Databricks could not end its own instances.
    """
    if not exempt:
        raise ValueError("sessions of roles carry no MFA key: exempt those that delete by themselves")
    lacking = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    return Statement("DeleteWithSecondFactor", tuple(actions), ("*",), "Deny", conditions=_but(exempt, lacking))


def encrypted_volumes(exempt: Sequence[str] = ()) -> Statement:
    """No EBS volume without encryption."""
    asked = {"Bool": {"ec2:Encrypted": "false"}}
    actions, resources = ("ec2:CreateVolume", "ec2:RunInstances"), ("arn:aws:ec2:*:*:volume/*",)
    return Statement("EncryptVolumes", actions, resources, "Deny", conditions=_but(exempt, asked))


def encrypted_databases() -> Statement:
    """No database without encryption."""
    return Statement(
        "EncryptDatabases",
        ("rds:CreateDBInstance",),
        ("*",),
        "Deny",
        conditions={"Bool": {"rds:StorageEncrypted": "false"}},
    )


def no_public_buckets(exempt: Sequence[str] = ()) -> Statement:
    """Blocks of public access stay."""
    actions = ("s3:PutAccountPublicAccessBlock", "s3:PutBucketPublicAccessBlock")
    return Statement("KeepPublicAccessBlocked", actions, ("*",), "Deny", conditions=_but(exempt))


def required_tag(tag: str, values: Sequence[str], exempt: Sequence[str] = ()) -> Statement:
    """Instances and databases are made with this tag. Not for objects: S3 has no such key for them."""
    asked = {"StringNotEquals": {f"aws:RequestTag/{tag}": tuple(values)}}
    sid = "RequireTag" + "".join(letter for letter in tag if letter.isalnum())
    resources = ("arn:aws:ec2:*:*:instance/*", "arn:aws:rds:*:*:db:*")
    return Statement(
        sid, ("ec2:RunInstances", "rds:CreateDBInstance"), resources, "Deny", conditions=_but(exempt, asked)
    )


def no_services(*prefixes: str) -> Statement:
    """None of these services (`rds`, `elasticache`)."""
    return _deny("NotTheseServices", *(f"{prefix}:*" for prefix in prefixes))


def only_services(actions: Sequence[str]) -> Statement:
    """Nothing but these actions."""
    return Statement("OnlyTheseServices", not_actions=tuple(actions), resources=("*",), effect="Deny")


def _deny(sid: str, *actions: str) -> Statement:
    return Statement(sid, actions, ("*",), "Deny")


def _on_instances(sid: str, conditions: Conditions) -> Statement:
    return Statement(sid, ("ec2:RunInstances",), ("arn:aws:ec2:*:*:instance/*",), "Deny", conditions=conditions)


def _but(exempt: Sequence[str], conditions: Conditions | None = None) -> Conditions:
    """The conditions, and that the principal is none of these."""
    leaving = {"ArnNotLike": {"aws:PrincipalArn": tuple(exempt)}} if exempt else {}
    return {**(conditions or {}), **leaving}
