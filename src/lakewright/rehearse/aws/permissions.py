"""Who may what in an AWS that runs: read through its own APIs, so it is what was applied and nothing else.

Works with the local AWS and with any other whose credentials are at hand; `client(service, account)` opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from botocore import xform_name
from botocore.exceptions import ClientError

from lakewright.policy.iam import ResourcePolicy
from lakewright.policy.organization import Organization
from lakewright.policy.statements import Layer, Policy
from lakewright.policy.world import ADMINISTRATOR, Gap, Holder, World, administrator, not_read, permission_set_role
from lakewright.rehearse.aws.authorisation.documents import read_document
from lakewright.rehearse.aws.authorisation.organization import read_organization

Client: TypeAlias = Callable[[str, str], Any]
"""Service and account → a boto3 client."""


def clients(settings: Mapping[str, str]) -> Client:
    """Clients of a running local AWS by the settings that `aws env` gives; the shell's own do not count.

    Each account's profile is its administrator.
    """
    import boto3
    import botocore.session
    from botocore.config import Config

    def client(service: str, account: str) -> Any:
        session = botocore.session.Session(profile=account)
        session.set_config_variable("credentials_file", settings["AWS_SHARED_CREDENTIALS_FILE"])
        session.set_config_variable("config_file", settings["AWS_CONFIG_FILE"])
        opened: Any = boto3.Session(botocore_session=session, region_name=settings["AWS_REGION"])
        return opened.client(service, endpoint_url=settings["AWS_ENDPOINT_URL"], config=Config(proxies={}))

    return client


def running_world(client: Client, accounts: Sequence[str], region: str) -> World:
    """Everything that the administrators of these accounts can see. The first account is the one asked about."""
    holders: dict[str, Holder] = {}
    carriers: dict[str, ResourcePolicy] = {}
    left: list[Gap] = []
    for account in accounts:
        holders |= {holder.arn: holder for holder in _holders(client("iam", account))}
        carriers |= dict(_carriers(client, account))
    organization: Organization | None = None
    tags: dict[str, Mapping[str, str]] = {}
    for account in accounts:
        organization = organization or _organization(client, account)
    manager = organization.management if organization is not None else accounts[0]
    if manager in accounts:
        try:
            where = dict.fromkeys((*accounts, *(organization.accounts if organization is not None else ())))
            holders |= {holder.arn: holder for holder in _permission_sets(client, manager, tuple(where), region, tags)}
        except ClientError as refused:
            left.append(Gap(f"Identity Center of {manager}: {refused.response['Error']['Code']}"))
    return World(accounts[0], region, holders, carriers, organization, tags, tuple(left))


def _holders(iam: Any) -> Iterator[Holder]:
    """Users and roles with all their policies, in few requests."""
    pages = list(iam.get_paginator("get_account_authorization_details").paginate())
    managed = {
        one["Arn"]: next(version for version in one["PolicyVersionList"] if version["IsDefaultVersion"])["Document"]
        for page in pages
        for one in page["Policies"]
    }
    groups = {one["GroupName"]: one for page in pages for one in page["GroupDetailList"]}
    for page in pages:
        for user in page["UserDetailList"]:
            inline = [*user.get("UserPolicyList", ())]
            attached = [*user.get("AttachedManagedPolicies", ())]
            for name in user.get("GroupList", ()):
                inline += groups[name].get("GroupPolicyList", ())
                attached += groups[name].get("AttachedManagedPolicies", ())
            yield _holder(user, "user", inline, attached, managed)
        for role in page["RoleDetailList"]:
            yield _holder(
                role, "role", role.get("RolePolicyList", ()), role.get("AttachedManagedPolicies", ()), managed
            )


def _holder(
    found: Mapping[str, Any], kind: Any, inline: Sequence[Any], attached: Sequence[Any], managed: Mapping[str, Any]
) -> Holder:
    name = found["UserName" if kind == "user" else "RoleName"]
    identity = [read_document(one["PolicyDocument"], Layer.IDENTITY, f"{name}/{one['PolicyName']}") for one in inline]
    identity += [_managed(one["PolicyArn"], managed, Layer.IDENTITY) for one in attached]
    limit = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    trusted = found.get("AssumeRolePolicyDocument")
    return Holder(
        found["Arn"],
        kind,
        name,
        tuple(identity),
        _managed(limit, managed, Layer.BOUNDARY) if limit else None,
        read_document(trusted, Layer.TRUST, f"trust of {name}") if trusted else None,
        {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
    )


def _managed(arn: str, managed: Mapping[str, Any], layer: Layer) -> Policy:
    if arn in managed:
        return read_document(managed[arn], layer, arn.rpartition("/")[2])
    return administrator() if arn == ADMINISTRATOR else not_read(layer, arn.rpartition("/")[2])


def _carriers(client: Client, account: str) -> Iterator[tuple[str, ResourcePolicy]]:
    s3, kms = client("s3", account), client("kms", account)
    for bucket in s3.list_buckets().get("Buckets", ()):
        name = bucket["Name"]
        text = _text(s3.get_bucket_policy, "Policy", Bucket=name)
        policy = read_document(text, Layer.RESOURCE, f"policy of {name}") if text else None
        yield f"arn:aws:s3:::{name}", ResourcePolicy(account, policy)
    for key in kms.list_keys().get("Keys", ()):
        arn = key["KeyArn"]
        text = _text(kms.get_key_policy, "Policy", KeyId=arn, PolicyName="default")
        policy = read_document(text, Layer.RESOURCE, f"policy of {arn}") if text else None
        yield arn, ResourcePolicy(account, policy, exclusive=policy is not None)
    secrets = client("secretsmanager", account)
    for one in secrets.list_secrets().get("SecretList", ()):
        text = _text(secrets.get_resource_policy, "ResourcePolicy", SecretId=one["ARN"])
        policy = read_document(text, Layer.RESOURCE, f"policy of {one['Name']}") if text else None
        yield one["ARN"], ResourcePolicy(account, policy)


def _text(read: Callable[..., Mapping[str, Any]], key: str, **which: str) -> str:
    """A policy's text; empty where there is none."""
    try:
        return str(read(**which).get(key) or "")
    except ClientError:
        return ""


def _organization(client: Client, account: str) -> Organization | None:
    """The account's organization, if the account may look at it."""
    organizations = client("organizations", account)
    try:
        return read_organization(lambda operation, **asked: getattr(organizations, xform_name(operation))(**asked))
    except ClientError:
        return None


def _permission_sets(
    client: Client, account: str, accounts: Sequence[str], region: str, tags: dict[str, Mapping[str, str]]
) -> Iterator[Holder]:
    """Permission sets as the roles that they make in each account. Raises ClientError where Identity Center is off."""
    sso, store = client("sso-admin", account), client("identitystore", account)
    for instance in sso.list_instances()["Instances"]:
        arn, people = instance["InstanceArn"], instance["IdentityStoreId"]
        users = {one["UserId"]: one["UserName"] for one in store.list_users(IdentityStoreId=people)["Users"]}
        carried = _attributes(sso, arn)
        for name in users.values():
            tags[name] = dict.fromkeys(carried, name)
        for made in sso.list_permission_sets(InstanceArn=arn)["PermissionSets"]:
            named = {"InstanceArn": arn, "PermissionSetArn": made}
            name = sso.describe_permission_set(**named)["PermissionSet"]["Name"]
            inline = sso.get_inline_policy_for_permission_set(**named).get("InlinePolicy")
            managed = sso.list_managed_policies_in_permission_set(**named)["AttachedManagedPolicies"]
            identity = (*([read_document(inline, Layer.IDENTITY, f"{name}/inline")] if inline else ()),)
            identity += tuple(_managed(one["Arn"], {}, Layer.IDENTITY) for one in managed)
            for where in accounts:
                assigned = sso.list_account_assignments(AccountId=where, **named)["AccountAssignments"]
                if not assigned:
                    continue
                whom = tuple(sorted(_people(store, people, assigned, users)))
                yield Holder(permission_set_role(name, where, region), "permission set", name, identity, people=whom)


def _attributes(sso: Any, instance: str) -> list[str]:
    """Tags that sessions carry with the person's user name."""
    try:
        found = sso.describe_instance_access_control_attribute_configuration(InstanceArn=instance)
    except ClientError:
        return []
    attributes = found.get("InstanceAccessControlAttributeConfiguration", {}).get("AccessControlAttributes", ())
    return [one["Key"] for one in attributes if "${path:userName}" in one["Value"]["Source"]]


def _people(store: Any, ident: str, assigned: Sequence[Mapping[str, Any]], users: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for one in assigned:
        if one["PrincipalType"] == "USER":
            found.add(users.get(one["PrincipalId"], one["PrincipalId"]))
            continue
        members = store.list_group_memberships(IdentityStoreId=ident, GroupId=one["PrincipalId"])["GroupMemberships"]
        found |= {users.get(each["MemberId"]["UserId"], "") for each in members} - {""}
    return found
