"""Types of the account console: what a workspace is made of, and the workspaces.

Paths and bodies: https://docs.databricks.com/api/account/introduction. What forces replacement and the form of ids: the
provider's documentation of each `databricks_mws_…` type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Mistake, Plain, Rules, given, names
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import State, settled

NO_CHANGE = ("", "")
TIERS = frozenset({"STANDARD", "PREMIUM", "ENTERPRISE", "COMMUNITY_EDITION", "DEDICATED", "UNKNOWN"})


def _credentials_out(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "credentials_name": body["credentials_name"],
        "aws_credentials": {"sts_role": {"role_arn": body["role_arn"]}},
    }


def _credentials_in(answer: Answer) -> Answer:
    role = answer.get("aws_credentials", {}).get("sts_role", {})
    return answer | {"role_arn": role.get("role_arn"), "external_id": role.get("external_id")}


def _storage_out(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "storage_configuration_name": body["storage_configuration_name"],
        "root_bucket_info": {"bucket_name": body["bucket_name"]},
    }


def _storage_in(answer: Answer) -> Answer:
    return answer | {"bucket_name": answer.get("root_bucket_info", {}).get("bucket_name")}


def _is_running(answer: Answer) -> bool:
    status = answer.get("workspace_status")
    if status in ("FAILED", "CANCELLED", "BANNED"):
        raise ApiError(400, str(status), f"the workspace is {status}: {answer.get('workspace_status_message')}")
    return status == "RUNNING"


def _workspace_mistakes(config: State) -> Iterable[Mistake]:
    for name in ("aws_region", "credentials_id", "storage_configuration_id"):
        if config.get(name) is None and not given(config, "location"):
            yield name, f"{name} is required"


_WORKSPACE = Rest(
    "/workspaces",
    "/workspaces/{workspace_id}",
    "{account_id}/{workspace_id}",
    Rules(
        replace=names(
            "account_id aws_region custom_tags deployment_name location workspace_name storage_configuration_id "
            "compute_mode is_no_public_ip_enabled customer_managed_key_id"
        ),
        loose=names("deployment_name is_no_public_ip_enabled network_id expected_workspace_status compute_mode"),
        defaults={"is_no_public_ip_enabled": True},
        folded=names("pricing_tier"),
        secret=names("account_id token.token_value"),
        conflicts=(
            ("customer_managed_key_id", "managed_services_customer_managed_key_id"),
            ("customer_managed_key_id", "storage_customer_managed_key_id"),
        ),
        kept=names("is_no_public_ip_enabled token account_id"),
        once=names("is_no_public_ip_enabled"),
    ),
    account=True,
    fixed=names(
        "workspace_name aws_region deployment_name custom_tags is_no_public_ip_enabled pricing_tier cloud location "
        "compute_mode workspace_id workspace_url workspace_status workspace_status_message creation_time token"
    ),
    local=names("token is_no_public_ip_enabled expected_workspace_status"),
    check=_workspace_mistakes,
    incoming=lambda answer: {"is_no_public_ip_enabled": True} | answer,
    ready=_is_running,
)


class MetastoreAssignment(Plain):
    """Which metastore a workspace uses; from the account or from the workspace itself."""

    rules = Rules(replace=names("workspace_id"))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        self._put(api, "POST", planned)
        return settled(planned) | {"id": f"{_whole(planned['workspace_id'])}|{planned['metastore_id']}"}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        workspace = _whole(state["workspace_id"])
        if api.at_account:
            found = api.find(api.account(f"/workspaces/{workspace}/metastore"))
            found = found and found.get("metastore_assignment", found)
        else:
            found = api.find("/api/2.1/unity-catalog/current-metastore-assignment")
        return found or None

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        self._put(api, "PUT", planned)
        return settled(planned) | {"id": f"{_whole(planned['workspace_id'])}|{planned['metastore_id']}"}

    def delete(self, api: Api, state: State) -> None:
        workspace, metastore = _whole(state["workspace_id"]), state["metastore_id"]
        if api.at_account:
            path, query = api.account(f"/workspaces/{workspace}/metastores/{metastore}"), None
        else:
            path, query = f"/api/2.1/unity-catalog/workspaces/{workspace}/metastore", {"metastore_id": metastore}
        _removed(api, path, query)

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        workspace, _, metastore = identity.partition("|")
        if not workspace.isdigit() or not metastore:
            raise ValueError("{workspace_id}|{metastore_id}")
        return {"workspace_id": int(workspace), "metastore_id": metastore, "id": identity}

    @staticmethod
    def _put(api: Api, method: str, planned: State) -> None:
        workspace, metastore = _whole(planned["workspace_id"]), planned["metastore_id"]
        body: dict[str, Any] = {"workspace_id": workspace, "metastore_id": metastore}
        if default := given(planned, "default_catalog_name"):
            body["default_catalog_name"] = default
        if api.at_account:
            path = api.account(f"/workspaces/{workspace}/metastores/{metastore}")
            api.call(method, path, {"metastore_assignment": body})
        else:
            api.call("PUT", f"/api/2.1/unity-catalog/workspaces/{workspace}/metastore", body)


class PermissionAssignment(Plain):
    """A principal of the account in a workspace."""

    rules = Rules(replace=names("workspace_id principal_id"))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        api.call("PUT", self._path(api, planned), {"permissions": planned["permissions"]})
        identity = f"{_whole(planned['workspace_id'])}|{_whole(planned['principal_id'])}"
        return settled(planned) | {"id": identity}

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return self.create(api, block, planned)

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        found = api.find(api.account(f"/workspaces/{_whole(state['workspace_id'])}/permissionassignments"))
        wanted = _whole(state["principal_id"])
        for one in (found or {}).get("permission_assignments", []):
            if one["principal"].get("principal_id") == wanted and one.get("permissions"):
                return {
                    "permissions": one["permissions"],
                    "principal_id": wanted,
                    "workspace_id": state["workspace_id"],
                }
        return None

    def delete(self, api: Api, state: State) -> None:
        _removed(api, self._path(api, state))

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        workspace, _, principal = identity.partition("|")
        if not workspace.isdigit() or not principal.isdigit():
            raise ValueError("{workspace_id}|{principal_id}")
        return {"workspace_id": int(workspace), "principal_id": int(principal), "id": identity}

    @staticmethod
    def _path(api: Api, state: State) -> str:
        workspace, principal = _whole(state["workspace_id"]), _whole(state["principal_id"])
        return api.account(f"/workspaces/{workspace}/permissionassignments/principals/{principal}")


def _whole(number: Any) -> int:
    return int(number)


def _removed(api: Api, path: str, query: dict[str, Any] | None = None) -> None:
    try:
        api.call("DELETE", path, query=query)
    except ApiError as error:
        if not error.missing:
            raise


KINDS: dict[str, Kind] = {
    "databricks_mws_credentials": Rest(
        "/credentials",
        "/credentials/{credentials_id}",
        "{account_id}/{credentials_id}",
        Rules(
            replace=names("account_id credentials_name role_arn"),
            loose=names("account_id"),
            kept=names("account_id"),
        ),
        account=True,
        changing=NO_CHANGE,
        outgoing=_credentials_out,
        incoming=_credentials_in,
    ),
    "databricks_mws_storage_configurations": Rest(
        "/storage-configurations",
        "/storage-configurations/{storage_configuration_id}",
        "{account_id}/{storage_configuration_id}",
        Rules(
            replace=names("account_id storage_configuration_name bucket_name"),
            secret=names("account_id"),
            kept=names("account_id"),
        ),
        account=True,
        changing=NO_CHANGE,
        outgoing=_storage_out,
        incoming=_storage_in,
    ),
    "databricks_mws_networks": Rest(
        "/networks",
        "/networks/{network_id}",
        "{account_id}/{network_id}",
        Rules(
            replace=names(
                "account_id network_name vpc_id subnet_ids security_group_ids vpc_endpoints gcp_network_info"
            ),
            loose=names("error_messages"),
            secret=names("account_id"),
            kept=names("account_id"),
        ),
        account=True,
        changing=NO_CHANGE,
        local=names("error_messages vpc_status workspace_id creation_time network_id"),
    ),
    "databricks_mws_vpc_endpoint": Rest(
        "/vpc-endpoints",
        "/vpc-endpoints/{vpc_endpoint_id}",
        "{account_id}/{vpc_endpoint_id}",
        Rules(
            replace=names("account_id vpc_endpoint_name aws_vpc_endpoint_id region gcp_vpc_endpoint_info"),
            loose=names("account_id"),
            kept=names("account_id"),
        ),
        account=True,
        changing=NO_CHANGE,
        local=names("state use_case aws_account_id aws_endpoint_service_id vpc_endpoint_id"),
    ),
    "databricks_mws_private_access_settings": Rest(
        "/private-access-settings",
        "/private-access-settings/{private_access_settings_id}",
        "{account_id}/{private_access_settings_id}",
        Rules(
            replace=names("account_id region"),
            defaults={"private_access_level": "ACCOUNT"},
            values={"private_access_level": frozenset({"ACCOUNT", "ENDPOINT"})},
            kept=names("account_id"),
        ),
        account=True,
        changing=("PUT", ""),
        local=names("private_access_settings_id"),
    ),
    "databricks_mws_customer_managed_keys": Rest(
        "/customer-managed-keys",
        "/customer-managed-keys/{customer_managed_key_id}",
        "{account_id}/{customer_managed_key_id}",
        Rules(
            replace=names("account_id use_cases aws_key_info gcp_key_info"),
            one_of=(("aws_key_info", "gcp_key_info"),),
            kept=names("account_id"),
        ),
        account=True,
        changing=NO_CHANGE,
        local=names("creation_time customer_managed_key_id"),
    ),
    "databricks_mws_workspaces": _WORKSPACE,
    "databricks_metastore_assignment": MetastoreAssignment(),
    "databricks_mws_permission_assignment": PermissionAssignment(),
    "databricks_budget": Rest(
        "/budgets",
        "/budgets/{budget_configuration_id}",
        "{account_id}|{budget_configuration_id}",
        Rules(volatile=names("update_time"), kept=names("account_id")),
        account=True,
        version="2.1",
        wrapped="budget",
        changing=("PUT", ""),
        local=names("create_time update_time"),
    ),
}
