"""Storage credentials, of a workspace's metastore or, from the account, of a named one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.rehearse.databricks.provider.client import Api
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Rules, names
from lakewright.rehearse.databricks.provider.kinds.levels import ByLevel
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import State

UC = "/api/2.1/unity-catalog"

CREDENTIALS = (
    "aws_iam_role",
    "azure_service_principal",
    "azure_managed_identity",
    "gcp_service_account_key",
    "databricks_gcp_service_account",
    "cloudflare_api_token",
)
CREDENTIAL_SECRETS = names(
    "azure_service_principal.client_secret cloudflare_api_token.secret_access_key gcp_service_account_key.private_key"
)
ISOLATION = {"isolation_mode": names("ISOLATION_MODE_OPEN ISOLATION_MODE_ISOLATED")}


class MetastoreCredential(ByLevel):
    """`databricks_metastore_data_access`: a storage credential of a metastore, perhaps its default one."""

    def create(self, api: Api, block: Block, planned: State) -> State:
        metastore = planned.get("metastore_id")
        if not isinstance(metastore, str):
            planned = planned | {"metastore_id": api.get(f"{UC}/current-metastore-assignment")["metastore_id"]}
        made = super().create(api, block, planned)
        made["id"] = f"{made['metastore_id']}|{made['name']}"
        if planned.get("is_default"):
            change = {"storage_root_credential_id": self._id_of(api, made)}
            if api.at_account:
                api.call("PUT", api.account(f"/metastores/{made['metastore_id']}"), {"metastore_info": change})
            else:
                api.call("PATCH", f"{UC}/metastores/{made['metastore_id']}", change)
        return made

    def read(self, api: Api, block: Block, state: State) -> Answer | None:
        found = super().read(api, block, state)
        if found is None:
            return None
        return found | {"is_default": state.get("is_default")}

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        metastore, _, name = identity.partition("|")
        if not name:
            raise ValueError("{metastore_id}|{name}")
        return {"metastore_id": metastore, "name": name, "id": identity}

    def _id_of(self, api: Api, made: State) -> Any:
        found = self._at(api).read(api, Block({}, {}), made)
        return (found or {}).get("storage_credential_id")


def _credential(*, wrapped: str = "", path: str = "", account: bool = False, identity: str = "{name}") -> Rest:
    item = "{name}" if "|" in identity else "{id}"
    return Rest(
        path or f"{UC}/storage-credentials",
        f"{path or f'{UC}/storage-credentials'}/{item}",
        identity,
        Rules(
            replace=names("name"),
            folded=names("name"),
            one_of=(CREDENTIALS,),
            values=ISOLATION,
            secret=CREDENTIAL_SECRETS,
            kept=names("force_destroy force_update skip_validation metastore_id is_default"),
        ),
        account=account,
        wrapped=wrapped,
        changing=("PUT" if account else "PATCH", ""),
        local=names("force_destroy force_update metastore_id is_default storage_credential_id"),
        late=names("owner isolation_mode"),
        fixed=names("name"),
        removal={"force_destroy": "force"},
        outgoing=_without_issued,
        incoming=_credential_in,
    )


def _without_issued(body: dict[str, Any]) -> dict[str, Any]:
    """The role alone: its external id and the principal that takes it are the service's."""
    if role := body.get("aws_iam_role"):
        body["aws_iam_role"] = {"role_arn": role["role_arn"]}
    return body


def _credential_in(answer: Answer) -> Answer:
    return {name: value for name, value in answer.items() if name != "id"} | {"storage_credential_id": answer.get("id")}


_CREDENTIAL_OF_ACCOUNT = _credential(
    wrapped="credential_info", path="/metastores/{metastore_id}/storage-credentials", account=True
)
_DATA_ACCESS = _credential(identity="{metastore_id}|{name}")
_DATA_ACCESS_OF_ACCOUNT = _credential(
    wrapped="credential_info",
    path="/metastores/{metastore_id}/storage-credentials",
    account=True,
    identity="{metastore_id}|{name}",
)

KINDS: Mapping[str, Kind] = {
    "databricks_metastore_data_access": MetastoreCredential(_DATA_ACCESS, _DATA_ACCESS_OF_ACCOUNT, "metastore_id"),
    "databricks_storage_credential": ByLevel(_credential(), _CREDENTIAL_OF_ACCOUNT, "metastore_id"),
}
