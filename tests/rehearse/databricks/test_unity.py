"""Unity Catalog's objects and their rules, asked for by the SDK."""

from __future__ import annotations

import io

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service import catalog
from databricks.sdk.service.catalog import PermissionsChange, Privilege, VolumeType

from .conftest import ROLE, Place

Here = tuple[Place, int, WorkspaceClient]


def test_a_catalog_needs_a_metastore_first(place: Place) -> None:
    client = place.client(place.workspace("analytics"))
    with pytest.raises(NotFound, match="No metastore assigned for the current workspace"):
        client.catalogs.create("shop")


def test_a_location_needs_a_credential_and_lies_apart_from_others(here: Here) -> None:
    _, _, client = here
    with pytest.raises(NotFound, match="Storage Credential 'nothing' does not exist"):
        client.external_locations.create("other", "s3://other", "nothing")
    for url in ("s3://lake/sub", "s3://lake", "s3://lake/"):
        with pytest.raises(InvalidParameterValue, match=r"overlaps with other external locations.*lake"):
            client.external_locations.create("inside", url, "lake")
    assert client.external_locations.create("beside", "s3://lake-2/x", "lake").url == "s3://lake-2/x"
    with pytest.raises(InvalidParameterValue, match="overlaps"):
        client.external_locations.create("around", "s3://lake-2", "lake")
    with pytest.raises(InvalidParameterValue, match="not a valid s3"):
        client.external_locations.create("wrong", "gs://lake-3", "lake")


def test_managed_storage_lies_in_a_location(here: Here) -> None:
    _, _, client = here
    with pytest.raises(DatabricksError, match="Metastore storage root URL does not exist"):
        client.catalogs.create("shop")
    with pytest.raises(NotFound, match="No parent external location was found"):
        client.catalogs.create("shop", storage_root="s3://elsewhere/shop")
    assert client.catalogs.create("shop", storage_root="s3://lake/shop").storage_root == "s3://lake/shop"


def test_names_differ_by_more_than_case(here: Here) -> None:
    _, _, client = here
    made = client.catalogs.create("Shop", storage_root="s3://lake/shop")
    assert made.name == "shop"
    with pytest.raises(DatabricksError, match="Catalog 'shop' already exists"):
        client.catalogs.create("SHOP", storage_root="s3://lake/other")
    for name in ("a b", "a.b", "a/b", "x" * 256):
        with pytest.raises(InvalidParameterValue, match="Catalog name"):
            client.catalogs.create(name, storage_root="s3://lake/other")


def test_what_holds_something_is_not_deleted_unless_forced(here: Here) -> None:
    _, _, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    client.schemas.create("silver", "shop")
    client.volumes.create("shop", "silver", "files", VolumeType.MANAGED)
    with pytest.raises(DatabricksError, match=r"Schema 'shop.silver' is not empty. .* 1 volumes\(s\)"):
        client.schemas.delete("shop.silver")
    with pytest.raises(DatabricksError, match="Catalog 'shop' is not empty"):
        client.catalogs.delete("shop")
    with pytest.raises(DatabricksError, match="1 directly dependent external location"):
        client.storage_credentials.delete("lake")
    with pytest.raises(DatabricksError, match=r"dependent object.*catalog shop"):
        client.external_locations.delete("lake")
    client.schemas.delete("shop.silver", force=True)
    assert "silver" not in [one.name for one in client.schemas.list("shop")]
    client.catalogs.delete("shop")
    client.external_locations.delete("lake")
    client.storage_credentials.delete("lake")


def test_volumes_lie_apart_and_in_locations(here: Here) -> None:
    _, _, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    client.schemas.create("landing", "shop")
    client.volumes.create("shop", "landing", "a", VolumeType.EXTERNAL, storage_location="s3://lake/landing/a")
    with pytest.raises(InvalidParameterValue, match=r"overlaps with other external tables or volumes.*landing.a"):
        client.volumes.create("shop", "landing", "b", VolumeType.EXTERNAL, storage_location="s3://lake/landing/a/b")
    with pytest.raises(InvalidParameterValue, match="overlaps with managed storage"):
        client.volumes.create("shop", "landing", "c", VolumeType.EXTERNAL, storage_location="s3://lake/shop/c")
    with pytest.raises(NotFound, match="No parent external location"):
        client.volumes.create("shop", "landing", "d", VolumeType.EXTERNAL, storage_location="s3://away/d")
    assert client.volumes.read("shop.landing.a").storage_location == "s3://lake/landing/a"


def test_privileges_are_known_fit_the_securable_and_go_to_somebody(here: Here) -> None:
    place, _, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    place.account.groups_v2.create(display_name="analysts")
    use = [PermissionsChange(principal="Analysts", add=[Privilege.USE_CATALOG, Privilege.BROWSE])]
    found = client.grants.update("catalog", "shop", changes=use)
    assert [(one.principal, one.privileges) for one in found.privilege_assignments] == [
        ("analysts", [Privilege.USE_CATALOG, Privilege.BROWSE])
    ]
    with pytest.raises(NotFound, match="Could not find principal with name nobody"):
        client.grants.update("catalog", "shop", changes=[PermissionsChange(principal="nobody", add=[Privilege.SELECT])])
    for kind, name, privilege in (
        ("catalog", "shop", Privilege.READ_FILES),
        ("external_location", "lake", Privilege.SELECT),
        ("schema", "shop.default", Privilege.BROWSE),
    ):
        with pytest.raises(InvalidParameterValue, match="is not applicable to this entity"):
            client.grants.update(kind, name, changes=[PermissionsChange(principal="analysts", add=[privilege])])
    with pytest.raises(InvalidParameterValue, match="Unknown privilege"):
        client.api_client.do(
            "PATCH",
            "/api/2.1/unity-catalog/permissions/catalog/shop",
            body={"changes": [{"principal": "analysts", "add": ["READ_EVERYTHING"]}]},
        )
    with pytest.raises(NotFound, match=r"Table 'shop.default.nothing' does not exist"):
        client.grants.get("table", "shop.default.nothing")
    removed = [PermissionsChange(principal="analysts", remove=[Privilege.BROWSE])]
    left = client.grants.update("catalog", "shop", changes=removed)
    assert left.privilege_assignments[0].privileges == [Privilege.USE_CATALOG]


def test_grants_on_containers_are_told_of_below(here: Here) -> None:
    place, _, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    client.schemas.create("silver", "shop")
    place.account.groups_v2.create(display_name="analysts")
    client.grants.update("catalog", "shop", changes=[PermissionsChange(principal="analysts", add=[Privilege.SELECT])])
    (found,) = client.grants.get_effective("schema", "shop.silver").privilege_assignments
    (privilege,) = found.privileges
    assert (privilege.privilege, privilege.inherited_from_name) == (Privilege.SELECT, "shop")


def test_only_who_manages_an_object_grants_on_it(here: Here) -> None:
    place, workspace, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    user = place.account.users_v2.create(user_name="ana@example.com")
    place.account.workspace_assignment.update(workspace, int(user.id), permissions=_user())
    ana = place.client(workspace, "ana@example.com")
    change = [PermissionsChange(principal="ana@example.com", add=[Privilege.USE_CATALOG])]
    with pytest.raises(PermissionDenied, match="does not have MANAGE on Catalog 'shop'"):
        ana.grants.update("catalog", "shop", changes=change)
    with pytest.raises(PermissionDenied, match="CREATE CATALOG on Metastore"):
        ana.catalogs.create("hers", storage_root="s3://lake/hers")
    assert list(ana.catalogs.list()) == []
    client.grants.update("catalog", "shop", changes=change)
    assert [one.name for one in ana.catalogs.list()] == ["shop"]
    client.catalogs.update("shop", owner="ana@example.com")
    assert ana.schemas.create("own", "shop").owner == "ana@example.com"


def _user() -> list[object]:
    from databricks.sdk.service.iam import WorkspacePermission

    return [WorkspacePermission.USER]


def test_an_isolated_catalog_is_there_for_bound_workspaces_only(here: Here) -> None:
    place, first, client = here
    second = place.workspace("field")
    metastore = client.metastores.current().metastore_id
    place.account.metastore_assignments.create(second, metastore)
    other = place.client(second)
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    assert other.catalogs.get("shop").name == "shop"
    client.catalogs.update("shop", isolation_mode=catalog.CatalogIsolationMode.ISOLATED)
    assert [one.workspace_id for one in client.workspace_bindings.get_bindings("catalog", "shop")] == [first]
    with pytest.raises(PermissionDenied, match="Catalog 'shop' is not accessible in current workspace"):
        other.catalogs.get("shop")
    assert list(other.catalogs.list()) == []
    reading = catalog.WorkspaceBinding(second, catalog.WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY)
    client.workspace_bindings.update_bindings("catalog", "shop", add=[reading])
    assert other.catalogs.get("shop").name == "shop"
    with pytest.raises(PermissionDenied, match="for reading only"):
        other.schemas.create("new", "shop")


def test_bindings_hold_for_locations_and_credentials_too(here: Here) -> None:
    place, first, client = here
    second = place.workspace("field")
    place.account.metastore_assignments.create(second, client.metastores.current().metastore_id)
    other = place.client(second)
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    client.external_locations.update("lake", isolation_mode=catalog.IsolationMode.ISOLATION_MODE_ISOLATED)
    client.storage_credentials.update("lake", isolation_mode=catalog.IsolationMode.ISOLATION_MODE_ISOLATED)
    external = {"volume_type": catalog.VolumeType.EXTERNAL, "storage_location": "s3://lake/files"}
    for names in (other.external_locations.list, other.storage_credentials.list):
        assert list(names()) == []
    with pytest.raises(PermissionDenied, match="External Location 'lake' is not accessible in current workspace"):
        other.volumes.create("shop", "default", "files", **external)
    kinds = catalog.WorkspaceBindingBindingType
    reading = catalog.WorkspaceBinding(second, kinds.BINDING_TYPE_READ_ONLY)
    client.workspace_bindings.update_bindings("external_location", "lake", add=[reading])
    assert [one.name for one in other.external_locations.list()] == ["lake"]
    with pytest.raises(PermissionDenied, match=r"External Location .lake. is bound .* for reading only"):
        other.volumes.create("shop", "default", "files", **external)
    both = catalog.WorkspaceBinding(second, kinds.BINDING_TYPE_READ_WRITE)
    found = client.workspace_bindings.update_bindings("external_location", "lake", add=[both])
    assert {one.workspace_id for one in found.bindings} == {first, second}
    assert other.volumes.create("shop", "default", "files", **external).full_name == "shop.default.files"
    old = client.workspace_bindings.update("shop", assign_workspaces=[second])
    assert old.workspaces == [second]
    client.workspace_bindings.update_bindings("external_location", "lake", remove=[both])
    assert list(other.external_locations.list()) == []
    nowhere = catalog.WorkspaceBinding(77, kinds.BINDING_TYPE_READ_WRITE)
    with pytest.raises(NotFound, match="Workspace 77 does not exist"):
        client.workspace_bindings.update_bindings("catalog", "shop", add=[nowhere])


def test_containers_can_be_renamed_with_what_they_hold(here: Here) -> None:
    place, _, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    client.schemas.create("silver", "shop")
    place.account.groups_v2.create(display_name="analysts")
    client.grants.update(
        "schema", "shop.silver", changes=[PermissionsChange(principal="analysts", add=[Privilege.USE_SCHEMA])]
    )
    client.catalogs.update("shop", new_name="store")
    assert client.schemas.get("store.silver").full_name == "store.silver"
    assert client.grants.get("schema", "store.silver").privilege_assignments[0].principal == "analysts"
    with pytest.raises(NotFound):
        client.schemas.get("shop.silver")


def test_a_credential_can_be_changed_but_not_to_nonsense(here: Here) -> None:
    _, _, client = here
    role = catalog.AwsIamRoleRequest(role_arn=ROLE.format("unity-2"))
    found = client.storage_credentials.update("lake", aws_iam_role=role)
    assert found.aws_iam_role.role_arn == ROLE.format("unity-2")
    with pytest.raises(InvalidParameterValue, match="Invalid role ARN"):
        client.storage_credentials.update("lake", aws_iam_role=catalog.AwsIamRoleRequest(role_arn="role"))


def test_models_connections_and_allowlists_are_kept(here: Here) -> None:
    _, _, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    assert (
        client.registered_models.create(catalog_name="shop", schema_name="default", name="churn").full_name
        == "shop.default.churn"
    )
    options = {"host": "db.example.internal", "user": "reader", "password": "hidden"}
    made = client.connections.create("db", catalog.ConnectionType.POSTGRESQL, options)
    assert "password" not in made.options
    matchers = [catalog.ArtifactMatcher("/Volumes/shop/", catalog.MatchType.PREFIX_MATCH)]
    client.artifact_allowlists.update(catalog.ArtifactType.INIT_SCRIPT, matchers)
    found = client.artifact_allowlists.get(catalog.ArtifactType.INIT_SCRIPT)
    assert found.artifact_matchers == matchers


def test_files_lie_in_volumes_for_who_may_read_them(here: Here) -> None:
    place, workspace, client = here
    client.catalogs.create("shop", storage_root="s3://lake/shop")
    client.volumes.create("shop", "default", "scripts", VolumeType.EXTERNAL, storage_location="s3://lake/scripts")
    path = "/Volumes/shop/default/scripts/init/certificates.sh"
    client.files.upload(path, io.BytesIO(b"echo trust"))
    folder = place.databricks.world.cloud.folder_of("lake")
    assert (folder / "scripts" / "init" / "certificates.sh").read_bytes() == b"echo trust"
    with client.files.download(path).contents as file:
        assert file.read() == b"echo trust"
    assert client.files.get_metadata(path).content_length == 10
    with pytest.raises(ResourceConflict, match="already exists"):
        client.files.upload(path, io.BytesIO(b"echo other"), overwrite=False)
    listed = client.files.list_directory_contents("/Volumes/shop/default/scripts/init")
    assert [(one.name, one.file_size) for one in listed] == [("certificates.sh", 10)]
    user = place.account.users_v2.create(user_name="ana@example.com")
    place.account.workspace_assignment.update(workspace, int(user.id), permissions=_user())
    ana = place.client(workspace, "ana@example.com")
    with pytest.raises(PermissionDenied, match="USE CATALOG on Catalog 'shop'"):
        ana.files.download(path)
    reading = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.READ_VOLUME]
    client.grants.update("catalog", "shop", changes=[PermissionsChange(principal="ana@example.com", add=reading)])
    assert ana.files.get_metadata(path).content_length == 10
    with pytest.raises(PermissionDenied, match="WRITE VOLUME on Volume"):
        ana.files.delete(path)
    for wrong in ("/Volumes/shop/default/scripts/../../x", "/Shared/x"):
        with pytest.raises(DatabricksError):
            client.files.upload(wrong, io.BytesIO(b"x"))
    client.files.delete(path)
    with pytest.raises(NotFound):
        client.files.download(path)
