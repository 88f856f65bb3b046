"""The AWS half of databricks-single on the local AWS, by the real Terraform: applied, unchanged, destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.observe import ignore
from lakewright.rehearse.platform.stage import Options, Stage, staged

from .single import MANAGEMENT, OWN, single

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
    pytest.mark.full,
]

STACKS = ("organization", "security", "identity", "foundation", "monitoring")


def test_applied_unchanged_destroyed(tmp_path: Path) -> None:
    with staged(single(tmp_path / "lab"), Options("dev", only=STACKS), ignore) as stage:
        stage.prepare()
        outcome = stage.stacks.roll_out()
        assert outcome.failed == {}
        _organization(stage)
        _people(stage)
        _records(stage)
        again = stage.stacks.differences()
        assert {name: planned.said.changes for name, planned in again.done.items() if planned.changed} == {}
        assert stage.stacks.take_down().failed == {}
        organizations = stage.aws.client("organizations", account=MANAGEMENT)
        with pytest.raises(organizations.exceptions.AWSOrganizationsNotInUseException):
            organizations.describe_organization()


def _organization(stage: Stage) -> None:
    """The analytics account is in the production unit; its policies are the root's and the unit's."""
    client = stage.aws.client("organizations", account=MANAGEMENT)
    (parent,) = client.list_parents(ChildId=OWN)["Parents"]
    unit = client.describe_organizational_unit(OrganizationalUnitId=parent["Id"])["OrganizationalUnit"]
    assert unit["Name"] == "Production"
    attached = client.list_policies_for_target(TargetId=parent["Id"], Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert {one["Name"] for one in attached} == {"FullAWSAccess", "lab-production"}


def _people(stage: Stage) -> None:
    sso = stage.aws.client("sso-admin", account=MANAGEMENT)
    (instance,) = sso.list_instances()["Instances"]
    store = stage.aws.client("identitystore", account=MANAGEMENT)
    users = store.list_users(IdentityStoreId=instance["IdentityStoreId"])["Users"]
    assert {user["UserName"] for user in users} == {
        "ana.analyst@example.com", "eli.engineer@example.com", "pat.admin@example.com",
    }  # fmt: skip
    sets = sso.list_permission_sets(InstanceArn=instance["InstanceArn"])["PermissionSets"]
    assert len(sets) == 4


def _records(stage: Stage) -> None:
    (trail,) = stage.aws.client("cloudtrail", account=MANAGEMENT).describe_trails()["trailList"]
    assert trail["IsOrganizationTrail"]
    detector = stage.client("guardduty")
    (found,) = detector.list_detectors()["DetectorIds"]
    on = {one["Name"] for one in detector.get_detector(DetectorId=found)["Features"] if one["Status"] == "ENABLED"}
    assert {"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"} <= on
    nat = stage.client("ec2").describe_nat_gateways()["NatGateways"]
    assert len([one for one in nat if one["State"] == "available"]) == 1
