"""Real Terraform applies, changes, imports and destroys what the contract names, over the local Databricks.

The API itself is asked for what is there, so that the state is not its own witness.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.asking import Asking
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.provider.client import Api

from .conftest import Root
from .roots import ACCOUNT, WORKSPACE, filled

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.xdist_group("databricks-provider")]


def account_text(databricks: LocalDatabricks, **values: object) -> str:
    base = {"host": databricks.host, "account": databricks.account_id, "public": "true", "display": "Ann"}
    return filled(ACCOUNT, **{**base, **values})


@pytest.fixture(scope="module")
def account(databricks: LocalDatabricks, root_in: Callable[[str], Root]) -> Iterator[Root]:
    root = root_in("account")
    root.write(account_text(databricks))
    root.init()
    root.apply()
    yield root
    root.write(account_text(databricks))
    root.destroy()
    assert root.values() == {}


@pytest.fixture(scope="module")
def api(databricks: LocalDatabricks) -> Iterator[Api]:
    found = Api(databricks.host, databricks.account_id, databricks.client_id, databricks.client_secret)
    yield found
    found.close()


@pytest.fixture(scope="module")
def workspace_values(account: Root) -> dict[str, object]:
    found = account.outputs()
    return {
        "host": found["workspace_url"],
        "other": found["other_workspace_id"],
        "use": "USE CATALOG",
        "comment": "one",
        "prefix": "data",
        "more": "",
        "minutes": 60,
        "size": "2X-Small",
    }


@pytest.fixture(scope="module")
def workspace(workspace_values: dict[str, object], root_in: Callable[[str], Root]) -> Iterator[Root]:
    root = root_in("workspace")
    root.write(filled(WORKSPACE, **workspace_values))
    root.init()
    root.apply()
    yield root
    root.write(filled(WORKSPACE, **workspace_values))
    root.apply()
    root.destroy()
    assert root.values() == {}


@pytest.fixture(scope="module")
def here(workspace_values: dict[str, object], databricks: LocalDatabricks) -> Iterator[Api]:
    found = Api(str(workspace_values["host"]), "", databricks.client_id, databricks.client_secret)
    yield found
    found.close()


class TestAccount:
    def test_second_plan_is_clean(self, account: Root) -> None:
        assert account.plan() == {}

    def test_what_was_applied_is_there(self, account: Root, api: Api) -> None:
        workspaces = {one["workspace_name"]: one for one in api.get(api.account("/workspaces"))["items"]}
        values = account.values()
        assert set(workspaces) == {"lab", "field"}
        made = workspaces["lab"]
        assert values["databricks_mws_workspaces.this"]["workspace_status"] == "RUNNING"
        assert values["databricks_mws_workspaces.this"]["id"] == f"{api.account_id}/{made['workspace_id']}"
        (store,) = api.get(api.account("/metastores"))["metastores"]
        assert account.outputs()["metastores"] == {"main": store["metastore_id"]}
        assert store["storage_root_credential_name"] == "metastore-root"
        group = values['databricks_group.this["analysts"]']["id"]
        members = api.get(api.account(f"/scim/v2/Groups/{group}"))["members"]
        assert {one["value"] for one in members} == {
            values["databricks_user.this"]["id"],
            values["databricks_service_principal.this"]["id"],
        }

    def test_secrets_are_kept_out_of_sight(self, account: Root) -> None:
        secret = account.values()["databricks_service_principal_secret.this"]["secret"]
        assert len(secret) > 20
        assert secret not in account.run("show")
        assert "(sensitive value)" in account.run("show")

    def test_change_in_place(self, account: Root, databricks: LocalDatabricks, api: Api) -> None:
        account.write(account_text(databricks, display="Ann Other", public="false"))
        assert account.actions() == {
            "databricks_user.this": ["update"],
            "databricks_mws_private_access_settings.this": ["update"],
        }
        account.apply()
        assert account.plan() == {}
        (settings,) = api.get(api.account("/private-access-settings"))["items"]
        assert settings["public_access_enabled"] is False

    def test_what_cannot_change_is_made_anew(self, account: Root, databricks: LocalDatabricks) -> None:
        text = (
            account_text(databricks).replace('"databricks-root"', '"other-root"').replace("role/databricks", "role/two")
        )
        account.write(text)
        changes = account.plan()
        assert changes["databricks_mws_storage_configurations.this"]["actions"] == ["delete", "create"]
        assert changes["databricks_mws_storage_configurations.this"]["replace_paths"] == [["bucket_name"]]
        assert changes["databricks_mws_credentials.this"]["replace_paths"] == [["role_arn"]]
        assert changes["databricks_mws_workspaces.this"]["replace_paths"] == [["storage_configuration_id"]]
        account.write(account_text(databricks))
        account.apply()

    def test_drift_is_shown_and_put_right(self, account: Root, api: Api) -> None:
        values = account.values()
        engineers = values['databricks_group.this["engineers"]']["id"]
        change = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "displayName", "value": "renamed"}],
        }
        api.call("PATCH", api.account(f"/scim/v2/Groups/{engineers}"), change)
        analysts, loader = (
            values['databricks_group.this["analysts"]']["id"],
            values["databricks_service_principal.this"]["id"],
        )
        removal = {"op": "remove", "path": f'members[value eq "{loader}"]'}
        api.call("PATCH", api.account(f"/scim/v2/Groups/{analysts}"), change | {"Operations": [removal]})
        assert account.actions() == {
            'databricks_group.this["engineers"]': ["update"],
            'databricks_group_member.this["loader"]': ["create"],
        }
        account.apply()
        assert account.plan() == {}
        assert api.get(api.account(f"/scim/v2/Groups/{engineers}"))["displayName"] == "engineers"

    def test_import(self, account: Root, databricks: LocalDatabricks, root_in: Callable[[str], Root]) -> None:
        values = account.values()
        kept = [
            address
            for address in values
            if not address.startswith(
                ("data.", "databricks_service_principal_secret", "databricks_metastore_data_access")
            )
        ]
        blocks = "".join(f'import {{\n  to = {address}\n  id = "{values[address]["id"]}"\n}}\n' for address in kept)
        root = root_in("imported")
        root.write(account_text(databricks) + blocks)
        root.init()
        differing = {address: _differing(change) for address, change in root.plan().items()}
        # two are made anew, as they cannot be imported here; what only Terraform knows cannot be compared
        assert differing.pop("databricks_service_principal_secret.this") >= {"service_principal_id"}
        assert differing.pop("databricks_metastore_data_access.this") >= {"name"}
        assert {address: names for address, names in differing.items() if names} == {
            "databricks_metastore.this": {"force_destroy"},
        }, root.run("show", "plan")


class TestWorkspace:
    def test_second_plan_is_clean(self, workspace: Root) -> None:
        assert workspace.plan() == {}

    def test_a_bound_workspace_reads_and_no_more(
        self, workspace: Root, workspace_values: dict[str, object], account: Root, databricks: LocalDatabricks
    ) -> None:
        """Asked with SQL from both: what Terraform applied of bindings is what holds."""
        outputs = account.outputs()
        lab, field = (
            Asking(databricks, int(outputs[name]), databricks.client_id)
            for name in ("workspace_id", "other_workspace_id")
        )
        count, insert = "SELECT count(*) FROM main.gold.numbers", "INSERT INTO main.gold.numbers VALUES (2)"
        lab.rows("CREATE TABLE main.gold.numbers AS SELECT 1 AS n")
        assert field.rows(count) == [["1"]]
        with pytest.raises(ProblemError, match="for reading only"):
            field.rows(insert)
        text = filled(WORKSPACE, **workspace_values)
        block = re.search(r'resource "databricks_workspace_binding" "lake" \{.*?\n\}\n', text, re.DOTALL)
        assert block is not None
        workspace.write(text.replace(block[0], ""))
        workspace.apply()
        with pytest.raises(ProblemError, match="not accessible in current workspace"):
            field.rows(count)
        older = block[0].replace('"databricks_workspace_binding"', '"databricks_catalog_workspace_binding"')
        workspace.write(text.replace(block[0], older.replace("READ_ONLY", "READ_WRITE")))
        workspace.apply()
        assert workspace.plan() == {}
        field.rows(insert)
        assert lab.rows(count) == [["2"]]
        for content in (text.replace(block[0], ""), text):  # two resources of one binding have no order in one apply
            workspace.write(content)
            workspace.apply()
        lab.rows("DROP TABLE main.gold.numbers")

    def test_what_was_applied_is_there(self, workspace: Root, here: Api) -> None:
        found = here.get("/api/2.1/unity-catalog/permissions/catalog/main")["privilege_assignments"]
        assert {one["principal"]: set(one["privileges"]) for one in found} == {
            "analysts": {"USE_CATALOG", "BROWSE"},
            "ann@example.com": {"USE_CATALOG"},
        }
        names = {one["name"] for one in here.get("/api/2.1/unity-catalog/schemas", {"catalog_name": "main"})["schemas"]}
        assert names == {"gold", "information_schema"}
        values = workspace.values()
        assert values["databricks_volume.files"]["volume_path"] == "/Volumes/main/gold/files"
        assert values["databricks_storage_credential.lake"]["aws_iam_role"][0]["external_id"]
        assert "not-shown-anywhere" not in workspace.run("show")
        (job,) = here.get("/api/2.1/jobs/list", {"expand_tasks": "true"})["jobs"]
        assert [one["task_key"] for one in job["settings"]["tasks"]] == ["load", "check"]
        found = workspace.outputs()["found"]
        assert "scala" in found["runtime"]
        assert found["machine"]

    def test_change_in_place(self, workspace: Root, workspace_values: dict[str, object], here: Api) -> None:
        changed = {"comment": "two", "more": ', "CREATE_SCHEMA"', "minutes": 90, "size": "Small"}
        workspace.write(filled(WORKSPACE, **{**workspace_values, **changed}))
        actions = workspace.actions()
        assert set(actions) == {
            "databricks_storage_credential.lake",
            "databricks_external_location.lake",
            "databricks_catalog.main",
            "databricks_schema.gold",
            "databricks_grants.catalog",
            "databricks_cluster_policy.small",
            "databricks_sql_endpoint.small",
            "databricks_workspace_file.script",
            "databricks_global_init_script.dns",
            "databricks_job.nightly",
        }
        assert set(map(tuple, actions.values())) == {("update",)}
        workspace.apply()
        assert workspace.plan() == {}
        assert here.get("/api/2.1/unity-catalog/schemas/main.gold")["comment"] == "two"
        found = here.get("/api/2.1/unity-catalog/permissions/catalog/main")["privilege_assignments"]
        assert {"USE_CATALOG", "CREATE_SCHEMA"} in [set(one["privileges"]) for one in found]

    def test_a_comment_can_be_taken_away(self, workspace: Root, workspace_values: dict[str, object], here: Api) -> None:
        text = filled(WORKSPACE, **workspace_values).replace('  comment      = "one"\n', "")
        workspace.write(text)
        workspace.apply()
        assert workspace.plan() == {}
        assert not here.get("/api/2.1/unity-catalog/schemas/main.gold").get("comment")

    def test_what_cannot_change_is_made_anew(self, workspace: Root, workspace_values: dict[str, object]) -> None:
        text = (
            filled(WORKSPACE, **workspace_values)
            .replace('         = "gold"', '         = "golden"')
            .replace('"MANAGED"', '"EXTERNAL"')
        )
        workspace.write(text)
        changes = workspace.plan()
        assert changes["databricks_schema.gold"]["replace_paths"] == [["name"]]
        assert ["volume_type"] in changes["databricks_volume.files"]["replace_paths"]
        assert changes["databricks_grant.gold"]["replace_paths"] == [["schema"]]

    def test_a_catalog_is_renamed_in_place_and_grants_follow(
        self, workspace: Root, workspace_values: dict[str, object]
    ) -> None:
        workspace.write(filled(WORKSPACE, **workspace_values).replace('"main"\n  storage', '"prime"\n  storage'))
        changes = workspace.plan()
        assert changes["databricks_catalog.main"]["actions"] == ["update"]
        assert changes["databricks_grants.catalog"]["actions"] == ["delete", "create"]

    def test_drift_is_shown_and_put_right(
        self, workspace: Root, workspace_values: dict[str, object], here: Api
    ) -> None:
        workspace.write(filled(WORKSPACE, **workspace_values))
        workspace.apply()
        grants = "/api/2.1/unity-catalog/permissions"
        more = [{"principal": "engineers", "add": ["USE_CATALOG"]}, {"principal": "analysts", "remove": ["BROWSE"]}]
        here.call("PATCH", f"{grants}/catalog/main", {"changes": more})
        others = [{"principal": "engineers", "add": ["SELECT"]}, {"principal": "analysts", "remove": ["SELECT"]}]
        here.call("PATCH", f"{grants}/schema/main.gold", {"changes": others})
        here.call("DELETE", "/api/2.1/unity-catalog/volumes/main.gold.files")
        assert workspace.actions() == {
            "databricks_grants.catalog": ["update"],
            "databricks_grant.gold": ["update"],
            "databricks_volume.files": ["create"],
        }
        workspace.apply()
        assert workspace.plan() == {}
        found = _assigned(here.get(f"{grants}/catalog/main"))
        assert "engineers" not in found, "databricks_grants is the whole list"
        assert _assigned(here.get(f"{grants}/schema/main.gold")) == {
            "analysts": {"SELECT", "USE_SCHEMA"},
            "engineers": {"SELECT"},
        }, "databricks_grant leaves other principals alone"

    def test_import(self, workspace: Root, workspace_values: dict[str, object], root_in: Callable[[str], Root]) -> None:
        values = workspace.values()
        blocks = "".join(
            f'import {{\n  to = {address}\n  id = "{found["id"]}"\n}}\n'
            for address, found in values.items()
            if not address.startswith("data.")
        )
        root = root_in("imported-workspace")
        root.write(filled(WORKSPACE, **{**workspace_values, "use": "USE_CATALOG"}) + blocks)
        root.init()
        differing = {address: _differing(change) for address, change in root.plan().items()}
        # what the service does not give back cannot be compared with what is imported
        assert {address: names for address, names in differing.items() if names} == {
            "databricks_catalog.main": {"force_destroy"},
            "databricks_connection.shop": {"options"},
            "databricks_instance_profile.data": {"skip_validation"},
            "databricks_workspace_file.script": {"content_base64", "md5"},
        }


def _differing(change: dict[str, Any]) -> set[str]:
    before, after = change["before"] or {}, change["after"]
    return {name for name in after if before.get(name) != after[name]}


def _assigned(answer: dict[str, Any]) -> dict[str, set[str]]:
    return {one["principal"]: set(one["privileges"]) for one in answer["privilege_assignments"]}


def test_both_kinds_of_grants_on_one_object_are_warned_of(
    workspace_values: dict[str, object], root_in: Callable[[str], Root]
) -> None:
    root = root_in("rivals")
    text = """
    provider "databricks" {
      host = "@HOST@"
    }
    resource "databricks_grants" "all" {
      catalog = "main"
      grant {
        principal  = "analysts"
        privileges = ["USE_CATALOG"]
      }
    }
    resource "databricks_grant" "one" {
      catalog    = "main"
      principal  = "engineers"
      privileges = ["USE_CATALOG"]
    }
    """
    root.write(filled(text, **workspace_values))
    root.init()
    assert "catalog main has a databricks_grants and a databricks_grant" in root.run("plan", "-input=false")


def test_what_is_not_played_is_checked_and_refused_by_name(
    workspace_values: dict[str, object], root_in: Callable[[str], Root]
) -> None:
    root = root_in("unplayed")
    text = """
    provider "databricks" {
      host = "@HOST@"
    }
    resource "databricks_query" "this" {
      display_name = "q"
      query_text   = "SELECT 1"
      @WRONG@warehouse_id = "1"
    }
    """
    root.write(filled(text, wrong="ware", **workspace_values))
    root.init()
    assert 'An argument named "warewarehouse_id" is not expected here' in root.run("validate", fails=True)
    root.write(filled(text, wrong="", **workspace_values))
    root.run("validate")
    assert root.actions() == {"databricks_query.this": ["create"]}
    assert "databricks_query is not played by the stand-in" in root.apply(fails=True)


def test_the_service_s_refusal_is_told(workspace_values: dict[str, object], root_in: Callable[[str], Root]) -> None:
    root = root_in("refused")
    text = """
    provider "databricks" {
      host = "@HOST@"
    }
    resource "databricks_schema" "lost" {
      catalog_name = "nowhere"
      name         = "lost"
    }
    """
    root.write(filled(text, **workspace_values))
    root.init()
    said = root.apply(fails=True)
    assert "nowhere" in said
    assert "does not exist" in said
    assert json.loads(root.run("show", "-json")).get("values") is None
