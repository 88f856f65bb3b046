"""IAM, STS, KMS, secrets, logs, metrics, events, topics, queues, trails, budgets.

Documentation: Service Authorization Reference, the pages of these services.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lakewright.rehearse.aws.authorisation.needs import Need, Table
from lakewright.rehearse.aws.gate import Asked

_ROLE = (
    "GetRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy"
    " DeleteRolePolicy ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies TagRole UntagRole"
    " ListRoleTags PutRolePermissionsBoundary DeleteRolePermissionsBoundary ListInstanceProfilesForRole PassRole"
)
_USER = (
    "GetUser DeleteUser UpdateUser PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies AttachUserPolicy"
    " DetachUserPolicy ListAttachedUserPolicies TagUser UntagUser ListUserTags PutUserPermissionsBoundary"
    " DeleteUserPermissionsBoundary CreateAccessKey DeleteAccessKey UpdateAccessKey ListAccessKeys ListGroupsForUser"
    " CreateLoginProfile DeleteLoginProfile CreateUser"
)
_IAM = Table(
    "iam",
    {
        "role{Path}{RoleName}": "CreateRole",
        "role/{RoleName}": _ROLE,
        "user/{UserName}": _USER,
        "group/{GroupName}": "CreateGroup GetGroup DeleteGroup PutGroupPolicy GetGroupPolicy DeleteGroupPolicy"
        " AttachGroupPolicy DetachGroupPolicy AddUserToGroup RemoveUserFromGroup ListGroupPolicies"
        " ListAttachedGroupPolicies",
        "policy{Path}{PolicyName}": "CreatePolicy",
        "{PolicyArn}": "GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion DeletePolicyVersion"
        " ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy ListPolicyTags ListEntitiesForPolicy",
        "instance-profile/{InstanceProfileName}": "CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile"
        " AddRoleToInstanceProfile RemoveRoleFromInstanceProfile TagInstanceProfile",
        "{OpenIDConnectProviderArn}": "GetOpenIDConnectProvider DeleteOpenIDConnectProvider"
        " UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider",
    },
    global_arns=True,
)


def iam_needs(asked: Asked) -> Iterator[Need]:
    """With the policy that is attached and the boundary that is given as condition keys."""
    given = {"Path": "/", **asked.parameters}
    widened = Asked(
        asked.service, asked.operation, given, asked.account, asked.region, asked.principal, asked.session, asked.source
    )
    extra: dict[str, str | Sequence[str]] = {}
    if asked.operation.startswith(("Attach", "Detach")) and "PolicyArn" in given:
        extra["iam:PolicyARN"] = str(given["PolicyArn"])
    if given.get("PermissionsBoundary"):
        extra["iam:PermissionsBoundary"] = str(given["PermissionsBoundary"])
    for need in _IAM(widened):
        yield Need(
            need.action, need.resource, {**need.values, **extra}, (*need.absent, "iam:PolicyARN", "iam:Permissions*")
        )


_UNCHECKED = frozenset({"GetCallerIdentity", "GetSessionToken"})
"""Nobody needs a permission for these (IAM User Guide, "Permissions for temporary security credentials")."""


def sts_needs(asked: Asked) -> Iterator[Need]:
    """AssumeRole asks the role's trust policy too; session tags ask for sts:TagSession as well."""
    if asked.operation in _UNCHECKED:
        return
    role = str(asked.parameters.get("RoleArn", ""))
    if asked.operation != "AssumeRole" or not role:
        yield Need(f"sts:{asked.operation}")
        return
    values: dict[str, str | Sequence[str]] = {"sts:RoleSessionName": str(asked.parameters.get("RoleSessionName", ""))}
    tags = {str(one["Key"]): str(one["Value"]) for one in asked.parameters.get("Tags", ())}
    values |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if tags:
        values["aws:TagKeys"] = tuple(tags)
    for name, key in (("ExternalId", "sts:ExternalId"), ("SourceIdentity", "sts:SourceIdentity")):
        if asked.parameters.get(name):
            values[key] = str(asked.parameters[name])
    absent = ("sts:ExternalId", "sts:SourceIdentity", "sts:TransitiveTagKeys", "aws:RequestTag/*", "aws:TagKeys")
    for action in ("sts:AssumeRole", *(["sts:TagSession"] if tags else []), *_identity(asked)):
        yield Need(action, role, values, absent, ("role", role))


def _identity(asked: Asked) -> list[str]:
    return ["sts:SetSourceIdentity"] if asked.parameters.get("SourceIdentity") else []


KMS = Table(
    "kms",
    {
        "{KeyId}": "Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncrypt DescribeKey GetKeyPolicy"
        " PutKeyPolicy EnableKeyRotation DisableKeyRotation GetKeyRotationStatus ScheduleKeyDeletion CancelKeyDeletion"
        " EnableKey DisableKey CreateGrant ListGrants RevokeGrant TagResource UntagResource ListResourceTags"
        " UpdateKeyDescription ListKeyPolicies Sign Verify GetPublicKey",
        "{TargetKeyId}": "CreateAlias UpdateAlias",
        "{AliasName}": "CreateAlias UpdateAlias DeleteAlias",
    },
    policed="key",
)

SECRETS = Table(
    "secretsmanager",
    {
        "secret:{Name}-??????": "CreateSecret",
        "secret:{SecretId}": "GetSecretValue DescribeSecret PutSecretValue UpdateSecret DeleteSecret RestoreSecret"
        " RotateSecret CancelRotateSecret TagResource UntagResource GetResourcePolicy PutResourcePolicy"
        " DeleteResourcePolicy ListSecretVersionIds UpdateSecretVersionStage",
    },
    policed="secret",
)

LOGS = Table(
    "logs",
    {
        "log-group:*": "DescribeLogGroups",
        "log-group:{logGroupName}:*": "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy"
        " DescribeLogStreams FilterLogEvents PutMetricFilter DeleteMetricFilter PutSubscriptionFilter"
        " DeleteSubscriptionFilter AssociateKmsKey ListTagsLogGroup TagLogGroup StartQuery CreateLogStream",
        "log-group:{logGroupName}:log-stream:{logStreamName}": "PutLogEvents GetLogEvents DeleteLogStream",
        "{resourceArn}": "TagResource UntagResource ListTagsForResource",
    },
)

_CLOUDWATCH = Table(
    "cloudwatch",
    {
        "dashboard/{DashboardName}": "PutDashboard GetDashboard",
        "dashboard/{DashboardNames}": "DeleteDashboards",
        "alarm:{AlarmName}": "PutMetricAlarm PutCompositeAlarm SetAlarmState DescribeAlarmHistory",
        "alarm:{AlarmNames}": "DeleteAlarms DescribeAlarms EnableAlarmActions DisableAlarmActions",
        "{ResourceARN}": "TagResource UntagResource ListTagsForResource",
    },
)


def cloudwatch_needs(asked: Asked) -> Iterator[Need]:
    """Dashboards belong to no region; the namespace of figures is a condition key."""
    namespace = asked.parameters.get("Namespace")
    for need in _CLOUDWATCH(asked):
        place = need.resource.replace(f":{asked.region}:", "::") if ":dashboard/" in need.resource else need.resource
        values = {"cloudwatch:namespace": str(namespace)} if namespace else {}
        yield replace(need, resource=place, values={**need.values, **values}, absent=(*need.absent, "cloudwatch:*"))


SNS = Table(
    "sns",
    {
        "{Name}": "CreateTopic",
        "{TopicArn}": "Publish PublishBatch Subscribe GetTopicAttributes SetTopicAttributes DeleteTopic AddPermission"
        " RemovePermission ListSubscriptionsByTopic ConfirmSubscription",
        "{ResourceArn}": "TagResource UntagResource ListTagsForResource",
    },
    renamed={"PublishBatch": "Publish"},
    policed="topic",
)

SQS = Table("sqs", {"{QueueName}": "CreateQueue GetQueueUrl"})

EVENTS = Table(
    "events",
    {
        "rule/{Name}": "PutRule DeleteRule DescribeRule EnableRule DisableRule",
        "rule/{Rule}": "PutTargets RemoveTargets ListTargetsByRule",
        "event-bus/default": "PutEvents",
        "event-bus/{Name}": "CreateEventBus DeleteEventBus DescribeEventBus",
        "{ResourceARN}": "TagResource UntagResource ListTagsForResource",
    },
)

SCHEDULER = Table(
    "scheduler",
    {
        "schedule/{GroupName}/{Name}": "CreateSchedule GetSchedule UpdateSchedule DeleteSchedule",
        "schedule-group/{Name}": "CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup",
        "{ResourceArn}": "TagResource UntagResource ListTagsForResource",
    },
)

SSM = Table(
    "ssm",
    {
        "parameter/{Name}": "PutParameter GetParameter DeleteParameter GetParameterHistory",
        "parameter/{Names}": "GetParameters DeleteParameters",
        "parameter/{Path}": "GetParametersByPath",
    },
)

CLOUDTRAIL = Table(
    "cloudtrail",
    {
        "trail/{Name}": "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging GetTrail GetTrailStatus",
        "trail/{TrailName}": "PutEventSelectors GetEventSelectors PutInsightSelectors GetInsightSelectors",
        "{ResourceId}": "AddTags RemoveTags",
    },
)

GUARDDUTY = Table(
    "guardduty",
    {
        "detector/{DetectorId}": "DeleteDetector GetDetector UpdateDetector",
        "{ResourceArn}": "ListTagsForResource TagResource UntagResource",
    },
)

BUDGETS = Table(
    "budgets",
    {
        "budget/{Budget.BudgetName}": "CreateBudget",
        "budget/{NewBudget.BudgetName}": "UpdateBudget",
        "budget/{BudgetName}": "DeleteBudget DescribeBudget CreateNotification DescribeNotificationsForBudget"
        " CreateSubscriber DescribeSubscribersForNotification",
        "{ResourceARN}": "TagResource UntagResource ListTagsForResource",
    },
    renamed=dict.fromkeys(("CreateBudget", "UpdateBudget", "DeleteBudget", "CreateNotification"), "ModifyBudget")
    | dict.fromkeys(("DescribeBudget", "DescribeBudgets", "DescribeNotificationsForBudget"), "ViewBudget"),
    global_arns=True,
)
