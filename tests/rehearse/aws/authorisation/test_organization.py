"""Service control policies of the local AWS's organization bind its member accounts, level by level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.policy.question import ask, checked
from lakewright.policy.reference import reference
from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.local import local_aws
from lakewright.rehearse.aws.permissions import running_world
from tests.rehearse.aws.authorisation.conftest import Account, allow, policy

MANAGER, MEMBER, OTHER = "999999999999", "111111111111", "222222222222"


@dataclass(frozen=True)
class Organized:
    """A local AWS of three accounts: one manages, one is in a unit, one in no organization."""

    account: Account
    unit: str

    def attach(self, name: str, target: str, *statements: dict[str, Any]) -> str:
        organizations = self.account.admin("organizations", MANAGER)
        made = organizations.create_policy(
            Name=name, Description=name, Type="SERVICE_CONTROL_POLICY", Content=policy(*statements)
        )
        ident: str = made["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=ident, TargetId=target)
        return ident

    def detach(self, ident: str, target: str) -> None:
        self.account.admin("organizations", MANAGER).detach_policy(PolicyId=ident, TargetId=target)


@pytest.fixture(scope="module")
def organized(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organized]:
    with local_aws([MANAGER, MEMBER, OTHER], tmp_path_factory.mktemp("aws"), gates=[authorised]) as aws:
        organizations = aws.client("organizations", account=MANAGER)
        organizations.create_organization(FeatureSet="ALL")
        root = organizations.list_roots()["Roots"][0]
        if not any(one["Type"] == "SERVICE_CONTROL_POLICY" for one in root["PolicyTypes"]):
            organizations.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
        unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="Production")["OrganizationalUnit"][
            "Id"
        ]
        made = organizations.create_account(AccountName="data", Email="data@example.com")["CreateAccountStatus"]
        assert made["AccountId"] == MEMBER
        organizations.move_account(AccountId=MEMBER, SourceParentId=root["Id"], DestinationParentId=unit)
        yield Organized(Account(aws), unit)


def worker(organized: Organized, name: str, account: str) -> Any:
    """A client of SNS that became a role which may do everything."""
    account_ = organized.account
    return account_.client("sns", account_.role(name, allow("*"), account=account))


def code_of(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_a_denial_at_the_unit_binds_its_account_and_no_other(organized: Organized) -> None:
    topics = {"Effect": "Deny", "Action": "sns:CreateTopic", "Resource": "*"}
    ident = organized.attach("no-topics", organized.unit, topics)
    try:
        text = code_of(worker(organized, "worker", MEMBER).create_topic, Name="a")
        assert text.endswith("with an explicit deny in a service control policy")
        worker(organized, "worker", OTHER).create_topic(Name="a")
        worker(organized, "worker", MANAGER).create_topic(Name="a")
    finally:
        organized.detach(ident, organized.unit)
    worker(organized, "later", MEMBER).create_topic(Name="a")


def test_the_management_account_is_not_bound_by_the_root_either(organized: Organized) -> None:
    root = organized.account.admin("organizations", MANAGER).list_roots()["Roots"][0]["Id"]
    ident = organized.attach("no-queues", root, {"Effect": "Deny", "Action": "sns:ListTopics", "Resource": "*"})
    try:
        worker(organized, "reader", MANAGER).list_topics()
        assert "service control policy" in code_of(worker(organized, "reader", MEMBER).list_topics)
    finally:
        organized.detach(ident, root)


def test_every_level_must_allow(organized: Organized) -> None:
    full = "p-FullAWSAccess"
    ident = organized.attach("only-sns", organized.unit, allow("sns:*", "sts:*"))
    organized.detach(full, organized.unit)
    try:
        worker(organized, "listed", MEMBER).list_topics()
        sqs = organized.account.client("sqs", f"arn:aws:iam::{MEMBER}:role/listed")
        text = code_of(sqs.create_queue, QueueName="q")
        assert text.endswith("because no service control policy allows the sqs:CreateQueue action")
    finally:
        organized.account.admin("organizations", MANAGER).attach_policy(PolicyId=full, TargetId=organized.unit)
        organized.detach(ident, organized.unit)


def test_what_is_read_from_it_decides_as_it_does(organized: Organized) -> None:
    statement = {
        "Effect": "Deny",
        "Action": "sns:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}},
    }
    ident = organized.attach("region", organized.unit, statement)
    try:
        arn = organized.account.role("asked", allow("sns:*"), account=MEMBER)
        world = running_world(
            lambda service, account: organized.account.admin(service, account), [MANAGER, MEMBER], "us-east-1"
        )
        holder = world.holders[arn]

        def answer(region: str) -> str:
            topic = f"arn:aws:sns:{region}:{MEMBER}:t"
            return ask(world, holder, checked("sns:CreateTopic", topic, {}, reference())).decision.answer.value

        assert world.organization is not None
        assert [node.name for node in world.organization.way(MEMBER)] == ["root", "Production", "data"]
        assert (answer("us-east-1"), answer("eu-central-1")) == ("Deny", "Allow")
        client = organized.account.client("sns", arn)
        assert "service control policy" in code_of(client.create_topic, Name="t")
        assert world.organization.service_controls(MANAGER) == ()
    finally:
        organized.detach(ident, organized.unit)


def test_permission_sets_are_read_with_their_people(organized: Organized) -> None:
    sso = organized.account.admin("sso-admin", MANAGER)
    instance = sso.list_instances()["Instances"][0]
    store, arn = instance["IdentityStoreId"], instance["InstanceArn"]
    people = organized.account.admin("identitystore", MANAGER)
    group = people.create_group(IdentityStoreId=store, DisplayName="Analysts")["GroupId"]
    user = people.create_user(
        IdentityStoreId=store,
        UserName="ana",
        DisplayName="Ana",
        Name={"GivenName": "Ana", "FamilyName": "A"},
        Emails=[{"Value": "ana@example.com", "Primary": True}],
    )["UserId"]
    people.create_group_membership(IdentityStoreId=store, GroupId=group, MemberId={"UserId": user})
    made = sso.create_permission_set(InstanceArn=arn, Name="Analyst")["PermissionSet"]["PermissionSetArn"]
    named = {"InstanceArn": arn, "PermissionSetArn": made}
    sso.put_inline_policy_to_permission_set(
        **named, InlinePolicy=policy(allow("s3:GetObject", on="arn:aws:s3:::lake/*"))
    )
    whom = {"TargetId": MEMBER, "TargetType": "AWS_ACCOUNT", "PrincipalType": "GROUP", "PrincipalId": group}
    sso.create_account_assignment(**named, **whom)

    def client(service: str, account: str) -> Any:
        return organized.account.admin(service, account)

    world = running_world(client, [MANAGER, MEMBER], "us-east-1")
    ((holder, person),) = world.find("ana")

    assert (holder.name, holder.account, holder.kind, person) == ("Analyst", MEMBER, "permission set", "ana")
    for resource, answer in (("arn:aws:s3:::lake/x", "Allow"), ("arn:aws:s3:::other/x", "Deny")):
        asked = ask(world, holder, checked("s3:GetObject", resource, {}, reference()), person)
        assert asked.decision.answer.value == answer
