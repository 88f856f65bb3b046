"""Organizations and Identity Center of the local AWS: its accounts, names that are one, units that go together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.authorisation.state import IamState
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws

OWN, MANAGEMENT = "111111111111", "999999999999"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws([OWN, MANAGEMENT], tmp_path_factory.mktemp("aws"), gates=EVERY_GATE) as found:
        yield found


@pytest.fixture
def organizations(aws: LocalAws) -> Iterator[Any]:
    client = aws.client("organizations", account=MANAGEMENT)
    client.create_organization(FeatureSet="ALL")
    yield client
    client.delete_organization()


def refused(code: str, ask: Any, **parameters: Any) -> None:
    with pytest.raises(ClientError) as told:
        ask(**parameters)
    assert told.value.response["Error"]["Code"] == code


def test_a_new_account_is_one_that_is_here(organizations: Any) -> None:
    status = organizations.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]
    assert status["AccountId"] == OWN
    organizations.remove_account_from_organization(AccountId=OWN)


def test_units_that_go_at_the_same_time_all_go(organizations: Any) -> None:
    """Who may do that is looked up in the tree of units, which changes meanwhile."""
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = [
        organizations.create_organizational_unit(ParentId=root, Name=f"unit-{number}")["OrganizationalUnit"]["Id"]
        for number in range(12)
    ]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: organizations.delete_organizational_unit(OrganizationalUnitId=one), made))
    assert organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"] == []


class Changing:
    """An organization of which a unit goes while it is read for the first time."""

    account, region = MANAGEMENT, "us-east-1"

    def __init__(self) -> None:
        self.asked = 0

    def within(self, *_: str | None) -> Changing:
        return self

    def call(self, _service: str, operation: str, /, **_asked: str) -> dict[str, Any]:
        root = {"Id": "r-aaaa", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}
        if operation == "ListPoliciesForTarget":
            self.asked += 1
            if self.asked == 1:
                raise Fault("OrganizationalUnitNotFoundException", "another unit than the one that somebody deletes")
        return {
            "DescribeOrganization": {"Organization": {"Id": "o-aaaaaaaaaa", "MasterAccountId": MANAGEMENT}},
            "ListRoots": {"Roots": [root]},
            "ListPoliciesForTarget": {"Policies": []},
            "ListOrganizationalUnitsForParent": {"OrganizationalUnits": []},
            "ListAccountsForParent": {"Accounts": []},
        }[operation]


def test_an_organization_that_changes_while_it_is_read_is_read_again() -> None:
    moto = Changing()
    found = IamState(moto).organization(OWN)
    assert found is not None
    assert found.id == "o-aaaaaaaaaa"
    assert moto.asked == 2


def test_policies_are_read_and_counted(organizations: Any) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    kind = "SERVICE_CONTROL_POLICY"
    organizations.enable_policy_type(RootId=root, PolicyType=kind)
    statement = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "%s", "Resource": "*"}}'
    refused(
        "MalformedPolicyDocumentException", organizations.create_policy,
        Content=statement % "databricks:*", Description="", Name="no-such-service", Type=kind,
    )  # fmt: skip
    made = [
        organizations.create_policy(Content=statement % "s3:DeleteBucket", Description="", Name=f"p{n}", Type=kind)
        for n in range(5)
    ]
    ids = [one["Policy"]["PolicySummary"]["Id"] for one in made]
    for one in ids[:4]:
        organizations.attach_policy(PolicyId=one, TargetId=root)
    refused("ConstraintViolationException", organizations.attach_policy, PolicyId=ids[4], TargetId=root)
    for one in ids[:4]:
        organizations.detach_policy(PolicyId=one, TargetId=root)


def test_units_of_one_name_and_units_with_accounts(organizations: Any) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Lab")["OrganizationalUnit"]["Id"]
    refused("DuplicateOrganizationalUnitException", organizations.create_organizational_unit, ParentId=root, Name="Lab")
    organizations.create_organizational_unit(ParentId=unit, Name="Inner")
    refused("OrganizationalUnitNotEmptyException", organizations.delete_organizational_unit, OrganizationalUnitId=unit)
    inner = organizations.list_organizational_units_for_parent(ParentId=unit)["OrganizationalUnits"][0]["Id"]
    organizations.delete_organizational_unit(OrganizationalUnitId=inner)
    organizations.delete_organizational_unit(OrganizationalUnitId=unit)


def test_people_have_names_that_differ_by_more_than_case(aws: LocalAws) -> None:
    (instance,) = aws.client("sso-admin", account=MANAGEMENT).list_instances()["Instances"]
    store = aws.client("identitystore", account=MANAGEMENT)
    person = {
        "IdentityStoreId": instance["IdentityStoreId"],
        "DisplayName": "Ana Lopes",
        "Name": {"GivenName": "Ana", "FamilyName": "Lopes"},
        "Emails": [{"Value": "ana@example.com", "Primary": True}],
    }
    store.create_user(UserName="ana", **person)
    refused("ConflictException", store.create_user, UserName="Ana", **person)
    refused("ValidationException", store.create_user, UserName="eli", **{**person, "Emails": [{"Value": "eli"}]})


def test_one_detector_in_an_account_and_region_with_features_by_name(aws: LocalAws) -> None:
    client = aws.client("guardduty")
    found = client.create_detector(Enable=True)["DetectorId"]
    for name, status in (("S3_DATA_EVENTS", "ENABLED"), ("RDS_LOGIN_EVENTS", "DISABLED")):
        client.update_detector(DetectorId=found, Features=[{"Name": name, "Status": status}])
    told = {one["Name"]: one["Status"] for one in client.get_detector(DetectorId=found)["Features"]}
    assert (told["S3_DATA_EVENTS"], told["RDS_LOGIN_EVENTS"], told["CLOUD_TRAIL"]) == ("ENABLED", "DISABLED", "ENABLED")
    refused("BadRequestException", client.create_detector, Enable=True)
