"""Users, groups, service principals and their secrets, asked for by the SDK."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, ResourceConflict
from databricks.sdk.service import iam

from .conftest import Place


def test_users_are_e_mail_addresses_and_case_does_not_make_another(place: Place) -> None:
    account = place.account
    made = account.users_v2.create(user_name="Ana@example.com", display_name="Ana")
    assert account.users_v2.get(made.id).display_name == "Ana"
    with pytest.raises(DatabricksError, match="must be an email address"):
        account.users_v2.create(user_name="ana")
    with pytest.raises(ResourceConflict, match="already exists"):
        account.users_v2.create(user_name="ana@EXAMPLE.com")
    found = list(account.users_v2.list(filter='userName eq "ana@example.com"'))
    assert [one.id for one in found] == [made.id]


def test_groups_hold_members_and_no_circles(place: Place) -> None:
    account = place.account
    ana = account.users_v2.create(user_name="ana@example.com")
    inner = account.groups_v2.create(display_name="inner", members=[iam.ComplexValue(value=ana.id)])
    outer = account.groups_v2.create(display_name="outer", members=[iam.ComplexValue(value=inner.id)])
    assert [one.display for one in account.groups_v2.get(inner.id).members] == ["ana@example.com"]
    with pytest.raises(DatabricksError, match="member of itself"):
        account.groups_v2.patch(inner.id, operations=[_add(outer.id)])
    with pytest.raises(DatabricksError, match="does not exist"):
        account.groups_v2.patch(inner.id, operations=[_add("12345")])
    remove = iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{ana.id}"]')
    account.groups_v2.patch(inner.id, operations=[remove])
    assert not account.groups_v2.get(inner.id).members
    account.users_v2.delete(ana.id)
    with pytest.raises(NotFound):
        account.users_v2.get(ana.id)


def _add(key: str) -> iam.Patch:
    return iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": key}])


def test_a_service_principal_logs_in_with_its_secret_until_that_is_deleted(place: Place) -> None:
    account = place.account
    workspace = place.workspace("analytics")
    place.metastore(workspace)
    robot = account.service_principals_v2.create(display_name="robot")
    secret = account.service_principal_secrets.create(robot.id)
    assert secret.secret.startswith("dose")
    assert all(one.id == secret.id for one in account.service_principal_secrets.list(robot.id))

    def client() -> WorkspaceClient:
        return WorkspaceClient(
            host=place.databricks.world.address_of(workspace),
            client_id=robot.application_id,
            client_secret=secret.secret,
            auth_type="oauth-m2m",
        )

    with pytest.raises(DatabricksError, match="not assigned to workspace"):
        client().current_user.me()
    account.workspace_assignment.update(workspace, int(robot.id), permissions=[iam.WorkspacePermission.USER])
    assert client().current_user.me().user_name == robot.application_id
    account.service_principal_secrets.delete(robot.id, secret.id)
    with pytest.raises(ValueError, match="invalid_client"):
        client().current_user.me()


def test_assignments_need_a_workspace_with_a_metastore(place: Place) -> None:
    workspace = place.workspace("analytics")
    group = place.account.groups_v2.create(display_name="analysts")
    with pytest.raises(DatabricksError, match="not available for this workspace"):
        place.account.workspace_assignment.update(workspace, int(group.id), permissions=[iam.WorkspacePermission.USER])
    place.metastore(workspace)
    place.account.workspace_assignment.update(workspace, int(group.id), permissions=[iam.WorkspacePermission.USER])
    found = {one.principal.group_name or one.principal.service_principal_name: one.permissions for one in
             place.account.workspace_assignment.list(workspace)}  # fmt: skip
    assert found["analysts"] == [iam.WorkspacePermission.USER]
    assert found[place.databricks.client_id] == [iam.WorkspacePermission.ADMIN]


def test_entitlements_are_the_workspaces(place: Place) -> None:
    workspace = place.workspace("analytics")
    place.metastore(workspace)
    client = place.client(workspace)
    group = place.account.groups_v2.create(display_name="analysts")
    place.account.workspace_assignment.update(workspace, int(group.id), permissions=[iam.WorkspacePermission.USER])
    wanted = iam.Patch(op=iam.PatchOp.ADD, path="entitlements", value=[{"value": "databricks-sql-access"}])
    client.groups_v2.patch(group.id, operations=[wanted])
    assert [one.value for one in client.groups_v2.get(group.id).entitlements] == ["databricks-sql-access"]
    wrong = iam.Patch(op=iam.PatchOp.ADD, path="entitlements", value=[{"value": "everything"}])
    with pytest.raises(DatabricksError, match="Unknown entitlement"):
        client.groups_v2.patch(group.id, operations=[wrong])
    assert {"admins", "users", "analysts"} == {one.display_name for one in client.groups_v2.list()}
