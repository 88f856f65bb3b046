"""What a pipeline may do: for each component in use the services it is made of, limited to the platform's names.

Where a service's actions can be limited by ARN, they are, to `platform-environment-…`; where not (EC2, listing), to the
region. Denials come on top and win: people, keys, the organization, the audit trail, and the pipeline's own roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lakewright.components.component import Context, Place
from lakewright.components.statements import Conditions, Statement

_READS: Mapping[str, Sequence[str]] = {
    "athena": ("athena:Get*", "athena:List*"),
    "budgets": ("budgets:Describe*", "budgets:List*", "budgets:ViewBudget", "ce:Get*", "ce:List*"),
    "cloudtrail": ("cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*"),
    "cloudwatch": ("cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "sns:Get*", "sns:List*"),
    "dms": ("dms:Describe*", "dms:List*"),
    "ec2": ("ec2:Describe*", "ec2:Get*", "ssm:GetParameter", "ssm:GetParameters"),
    "ecr": ("ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:List*"),
    "ecs": ("ecs:Describe*", "ecs:List*"),
    "elb": ("elasticloadbalancing:Describe*",),
    "events": ("events:Describe*", "events:List*", "scheduler:Get*", "scheduler:List*"),
    "glue": ("glue:Get*", "glue:List*"),
    "guardduty": ("guardduty:Get*", "guardduty:List*"),
    "iam": ("iam:Get*", "iam:List*"),
    "kms": ("kms:Describe*", "kms:Get*", "kms:List*"),
    "lakeformation": ("lakeformation:Describe*", "lakeformation:Get*", "lakeformation:List*"),
    "lambda": ("lambda:Get*", "lambda:List*"),
    "logs": ("logs:Describe*", "logs:List*"),
    "rds": ("rds:Describe*", "rds:List*"),
    "s3": ("s3:GetBucket*", "s3:Get*Configuration", "s3:ListBucket"),
    "secrets": ("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets"),
}
"""Service → what a plan asks. No values of secrets and no objects but the state's."""

SERVICES: Mapping[str, Sequence[str]] = {
    "artifact_store": ("iam", "lambda", "logs", "s3"),
    "athena": ("athena", "s3"),
    "budget": ("budgets",),
    "ci_role": ("iam",),
    "compute_node": ("ec2", "iam"),
    "databricks_roles": ("iam",),
    "dms": ("dms", "ec2", "iam", "logs"),
    "ecr": ("ecr",),
    "fargate": ("ecs", "iam", "logs"),
    "glue": ("glue", "iam", "logs", "s3"),
    "guardduty": ("guardduty",),
    "iam_roles": ("iam",),
    "ingester": ("ecs", "iam", "logs"),
    "kms_key": ("kms",),
    "lake_buckets": ("s3",),
    "lake_formation": ("lakeformation",),
    "monitoring": ("cloudwatch", "events", "iam", "logs"),
    "networking": ("ec2", "iam", "logs"),
    "rds_metastore": ("rds", "secrets"),
    "secrets": ("secrets",),
    "source_app": ("ec2", "ecs", "elb", "iam", "logs", "rds"),
    "state": ("s3",),
    "trail": ("cloudtrail", "iam", "logs", "s3"),
    "unity_catalog": ("iam",),
}
"""Component → services that its module asks."""

_PASSED = (
    "dms.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "events.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "cloudtrail.amazonaws.com",
)

_TOO_MUCH = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


_GLUE = ("crawler", "dataQualityRuleset", "job", "trigger", "workflow")


def services(context: Context) -> tuple[str, ...]:
    """Services that the environment's components are made of."""
    return tuple(sorted({service for used in context.calls.values() for service in SERVICES.get(used, ())}))


def _secrets(place: Place) -> str:
    return place.arn("secretsmanager", f"secret:{place.platform}/{place.environment}/*")


def reading(place: Place, used: Sequence[str]) -> tuple[Statement, ...]:
    """What a plan needs to see."""
    actions = [action for service in used for action in _READS[service]]
    found = [Statement("Look", (*actions, "sts:GetCallerIdentity", "tag:GetResources"), ("*",))]
    if "secrets" in used:
        # The provider asks for a version's value to see whether it is there; the value is write-only and not kept.
        found.append(Statement("SecretVersions", ("secretsmanager:GetSecretValue",), (_secrets(place),)))
    if "glue" in used:
        scripts = (f"arn:aws:s3:::{place.bucket('scripts')}/*",)
        found.append(Statement("Scripts", ("s3:GetObject", "s3:GetObjectTagging"), scripts))
    return tuple(found)


def state(place: Place, bucket: str, *, write: bool) -> tuple[Statement, ...]:
    """The environment's state and its lock; a plan writes the lock only, and never prunes versions."""
    arn, key = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{place.environment}"
    lock = ("s3:DeleteObject", "s3:PutObject")
    found = [
        Statement("StateList", ("s3:ListBucket",), (arn,)),
        Statement("StateRead", ("s3:GetObject",), (f"{key}/*",)),
        Statement("StateLock", lock, (f"{key}/*.tflock",)),
        Statement(
            "StateKey",
            ("kms:Decrypt", "kms:GenerateDataKey"),
            (place.arn("kms", "key/*"),),
            conditions={
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{place.name('state')}"},
                "StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"},
            },
        ),
    ]
    if write:
        found.append(Statement("StateWrite", ("s3:PutObject",), (f"{key}/*",)))
    return tuple(found)


def _by_name(place: Place, used: frozenset[str]) -> Iterable[Statement]:
    """Actions that IAM can limit to the platform's own names."""
    mine = f"{place.name()}-*"
    named: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
        "athena": (("athena:*",), (place.arn("athena", f"workgroup/{mine}"),)),
        "cloudtrail": (("cloudtrail:*",), (place.arn("cloudtrail", f"trail/{mine}"),)),
        "ecr": (
            (
                "ecr:CreateRepository",
                "ecr:DeleteRepository",
                "ecr:DeleteLifecyclePolicy",
                "ecr:Put*",
                "ecr:TagResource",
            ),
            (place.arn("ecr", f"repository/{mine}"),),
        ),
        "glue": (
            ("glue:*",),
            [
                *(place.arn("glue", f"{kind}/{mine}") for kind in _GLUE),
                *(place.arn("glue", kind) for kind in ("catalog", "database/*", "table/*")),
            ],
        ),
        "lambda": (("lambda:*",), (place.arn("lambda", f"function:{mine}"),)),
        "rds": (
            ("rds:*",),
            [place.arn("rds", f"{kind}:{mine}") for kind in ("db", "pg", "subgrp", "snapshot")],
        ),
        "s3": (
            ("s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucket*", "s3:Put*Configuration"),
            (f"arn:aws:s3:::{mine}",),
        ),
        "glue_scripts": (
            ("s3:DeleteObject", "s3:PutObject", "s3:PutObjectTagging"),
            (f"arn:aws:s3:::{place.bucket('scripts')}/*",),
        ),
        "secrets": (("secretsmanager:*",), (_secrets(place),)),
    }
    for name, (actions, resources) in named.items():
        if name.partition("_")[0] in used:
            yield Statement(name.replace("_", " ").title().replace(" ", ""), actions, resources)


def _by_region(place: Place, used: frozenset[str]) -> Iterable[Statement]:
    """Actions that name nothing when they create, or that IAM cannot limit: in this region only."""
    here: Conditions = {"StringEquals": {"aws:RequestedRegion": place.region}}
    wide: Mapping[str, Sequence[str]] = {
        "cloudwatch": ("cloudwatch:*", "sns:*"),
        "dms": ("dms:*",),
        "ec2": ("ec2:*",),
        "ecs": ("ecs:*",),
        "elb": ("elasticloadbalancing:*",),
        "events": ("events:*", "scheduler:*"),
        "guardduty": ("guardduty:*",),
        "glue": ("glue:CreateSecurityConfiguration", "glue:DeleteSecurityConfiguration"),
        "kms": ("kms:CreateKey", "kms:TagResource"),
        "lakeformation": ("lakeformation:*",),
        "logs": ("logs:*",),
        "secrets": ("secretsmanager:GetRandomPassword",),
    }
    for service, actions in wide.items():
        if service in used:
            yield Statement(f"{service.capitalize()}Here", actions, ("*",), conditions=here)
    if "budgets" in used:
        yield Statement("Budgets", ("budgets:*", "ce:*Anomaly*", "ce:TagResource", "ce:UntagResource"), ("*",))
    if "kms" in used:
        platform: Conditions = {"StringEquals": {"aws:ResourceTag/platform": place.platform}}
        key = (place.arn("kms", "key/*"),)
        yield Statement("KeyOfPlatform", ("kms:*",), key, conditions=platform)
        yield Statement("KeyAlias", ("kms:*Alias",), (place.arn("kms", f"alias/{place.name()}-*"), *key))


def writing(place: Place, used: Iterable[str]) -> tuple[Statement, ...]:
    """What an apply changes."""
    chosen = frozenset(used)
    return (*_by_name(place, chosen), *_by_region(place, chosen))


_ROLE_CHANGES = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
"""All that changes a role; not PassRole, which has its own condition."""


def identities(place: Place) -> tuple[Statement, ...]:
    """The platform's own roles and policies: made, changed and passed to the services that use them."""
    roles = (place.arn("iam", f"role/{place.name()}-*", regional=False),)
    policies = (
        place.arn("iam", f"policy/{place.name()}-*", regional=False),
        place.arn("iam", f"instance-profile/{place.name()}-*", regional=False),
    )
    return (
        Statement("Roles", _ROLE_CHANGES, roles),
        Statement("Policies", ("iam:*InstanceProfile*", "iam:*Policy", "iam:*PolicyVersion*"), policies),
        Statement("Pass", ("iam:PassRole",), roles, conditions={"StringEquals": {"iam:PassedToService": _PASSED}}),
        Statement(
            "ServiceRoles",
            ("iam:CreateServiceLinkedRole",),
            (place.arn("iam", "role/aws-service-role/*", regional=False),),
        ),
    )


def denials(place: Place, own: Sequence[str]) -> tuple[Statement, ...]:
    """What no pipeline does, whatever else is allowed. `own` are the ARNs of the pipeline's roles."""
    people = (
        "iam:*AccessKey*",
        "iam:*Group",
        "iam:*LoginProfile",
        "iam:*MFADevice",
        "iam:*SAMLProvider",
        "iam:*User",
        "iam:*UserPolicy",
    )
    found = [
        Statement("NoPeople", (*people, "account:*", "organizations:*"), ("*",), effect="Deny"),
        Statement(
            "NotItself",
            _ROLE_CHANGES,
            own,
            effect="Deny",
        ),
        Statement(
            "NoAdministrators",
            ("iam:AttachRolePolicy",),
            ("*",),
            effect="Deny",
            conditions={"ArnLike": {"iam:PolicyARN": [f"arn:aws:iam::aws:policy/{name}" for name in _TOO_MUCH]}},
        ),
    ]
    if place.strict:
        found.append(
            Statement(
                "NothingLost",
                (
                    "cloudtrail:DeleteTrail",
                    "cloudtrail:StopLogging",
                    "kms:DisableKey",
                    "kms:ScheduleKeyDeletion",
                    "s3:DeleteBucket",
                    "s3:DeleteObjectVersion",
                ),
                ("*",),
                effect="Deny",
            )
        )
    return tuple(found)
