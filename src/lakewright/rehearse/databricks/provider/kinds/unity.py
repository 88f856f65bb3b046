"""Unity Catalog's types with one object each.

Paths and bodies: https://docs.databricks.com/api/workspace/unitycatalog. What forces replacement and the form of ids:
the provider's documentation of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Rules, names
from lakewright.rehearse.databricks.provider.kinds.levels import ByLevel
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import State

UC = "/api/2.1/unity-catalog"
BY_SERVICE = "created_at created_by updated_at updated_by"


class WithoutDefault(Rest):
    """A catalog: the schema `default`, which the service makes with it, is removed again, as the real provider does."""

    def create(self, api: Api, block: Block, planned: State) -> State:
        made = super().create(api, block, planned)
        if not planned.get("share_name") and not planned.get("connection_name"):
            try:
                api.call("DELETE", f"{UC}/schemas/{made['name']}.default")
            except ApiError as error:
                if not error.missing:
                    raise
        return made

    def delete(self, api: Api, state: State) -> None:
        """An isolated catalog is bound to the present workspace first, as by the real provider (its pull request 2451):
        a binding that is a resource too goes before the catalog."""
        if str(state.get("isolation_mode")) == "ISOLATED":
            here = api.get(f"{UC}/current-metastore-assignment")["workspace_id"]
            add = [{"workspace_id": here, "binding_type": "BINDING_TYPE_READ_WRITE"}]
            api.call("PATCH", f"{UC}/bindings/catalog/{state['name']}", {"add": add})
        super().delete(api, state)


class Connection(Rest):
    """A connection to another database. What is secret in its options is not given back: the state's stays."""

    SECRETS = names(
        "password personalAccessToken access_token client_secret OAuthPvtKey GoogleServiceAccountKeyJson "
        "pem_private_key"
    )

    def read(self, api: Api, block: Block, state: State) -> Answer | None:
        found = super().read(api, block, state)
        mine = state.get("options") or {}
        kept = {name: value for name, value in mine.items() if name in self.SECRETS}
        return found and found | {"options": kept | (found.get("options") or {})}


def _metastore(rules: Rules, path: str, change: str, **more: Any) -> Rest:
    return Rest(
        path,
        f"{path}/{{id}}",
        "{metastore_id}",
        rules,
        changing=(change, ""),
        local=names("force_destroy metastore_id cloud global_metastore_id " + BY_SERVICE),
        late=names(
            "owner delta_sharing_scope delta_sharing_recipient_token_lifetime_in_seconds "
            "delta_sharing_organization_name storage_root_credential_id default_data_access_config_id"
        ),
        fixed=names("storage_root region"),
        removal={"force_destroy": "force"},
        rename="name",
        **more,
    )


_METASTORE_RULES = Rules(
    replace=names("storage_root region"),
    prefixed=names("storage_root"),
    loose=names(
        "storage_root_credential_id default_data_access_config_id delta_sharing_scope "
        "delta_sharing_recipient_token_lifetime_in_seconds delta_sharing_organization_name"
    ),
    volatile=names("updated_at updated_by"),
    values={"delta_sharing_scope": names("INTERNAL INTERNAL_AND_EXTERNAL")},
    kept=names("force_destroy"),
)


KINDS: Mapping[str, Kind] = {
    "databricks_metastore": ByLevel(
        _metastore(_METASTORE_RULES, f"{UC}/metastores", "PATCH"),
        _metastore(_METASTORE_RULES, "/metastores", "PUT", account=True, wrapped="metastore_info"),
    ),
    "databricks_external_location": Rest(
        f"{UC}/external-locations",
        f"{UC}/external-locations/{{id}}",
        "{name}",
        Rules(
            replace=names("name"),
            folded=names("name"),
            prefixed=names("url"),
            loose=names("enable_file_events file_event_queue"),
            volatile=names("updated_at updated_by credential_id"),
            values={"isolation_mode": names("ISOLATION_MODE_OPEN ISOLATION_MODE_ISOLATED")},
            kept=names("force_destroy force_update skip_validation"),
        ),
        local=names("force_destroy force_update metastore_id"),
        late=names("owner isolation_mode"),
        fixed=names("name"),
        removal={"force_destroy": "force"},
    ),
    "databricks_catalog": WithoutDefault(
        f"{UC}/catalogs",
        f"{UC}/catalogs/{{id}}",
        "{name}",
        Rules(
            replace=names("storage_root provider_name share_name connection_name options"),
            folded=names("name"),
            prefixed=names("storage_root"),
            loose=names("effective_predictive_optimization_flag provisioning_info browse_only"),
            volatile=names("updated_at updated_by full_name"),
            defaults={"force_destroy": False},
            conflicts=(
                ("storage_root", "provider_name"),
                ("storage_root", "share_name"),
                ("storage_root", "connection_name"),
            ),
            together=(("provider_name", "share_name"),),
            values={
                "isolation_mode": names("OPEN ISOLATED"),
                "enable_predictive_optimization": names("DISABLE ENABLE INHERIT"),
            },
            kept=names("force_destroy"),
        ),
        local=names("force_destroy metastore_id browse_only effective_predictive_optimization_flag provisioning_info"),
        late=names("owner isolation_mode enable_predictive_optimization"),
        fixed=names("name storage_root provider_name share_name connection_name"),
        removal={"force_destroy": "force"},
        rename="name",
    ),
    "databricks_schema": Rest(
        f"{UC}/schemas",
        f"{UC}/schemas/{{id}}",
        "{catalog_name}.{name}",
        Rules(
            replace=names("catalog_name name storage_root"),
            folded=names("catalog_name name"),
            prefixed=names("storage_root"),
            defaults={"force_destroy": False},
            values={"enable_predictive_optimization": names("DISABLE ENABLE INHERIT")},
            kept=names("force_destroy"),
        ),
        local=names("force_destroy metastore_id"),
        late=names("owner enable_predictive_optimization"),
        fixed=names("name catalog_name storage_root"),
        removal={"force_destroy": "force"},
    ),
    "databricks_volume": Rest(
        f"{UC}/volumes",
        f"{UC}/volumes/{{id}}",
        "{catalog_name}.{schema_name}.{name}",
        Rules(
            replace=names("catalog_name schema_name volume_type storage_location"),
            folded=names("catalog_name schema_name name"),
            prefixed=names("storage_location"),
            loose=names("storage_location"),
            volatile=names("volume_path"),
            values={"volume_type": names("MANAGED EXTERNAL")},
        ),
        late=names("owner"),
        fixed=names("name catalog_name schema_name volume_type storage_location"),
        rename="name",
        incoming=lambda answer: answer | {"volume_path": _volume_path(answer)},
    ),
    "databricks_registered_model": Rest(
        f"{UC}/models",
        f"{UC}/models/{{id}}",
        "{catalog_name}.{schema_name}.{name}",
        Rules(
            replace=names("catalog_name schema_name name storage_location"),
            prefixed=names("storage_location"),
            volatile=names("updated_at updated_by"),
            loose=names("aliases browse_only"),
        ),
        local=names("aliases browse_only full_name metastore_id " + BY_SERVICE),
        late=names("owner"),
        fixed=names("name catalog_name schema_name storage_location"),
    ),
    "databricks_connection": Connection(
        f"{UC}/connections",
        f"{UC}/connections/{{name}}",
        "{metastore_id}|{name}",
        Rules(
            replace=names("connection_type properties read_only comment"),
            volatile=names("updated_at updated_by"),
            secret=names("options"),
        ),
        late=names("owner"),
        fixed=names("name connection_type properties read_only comment"),
    ),
}


def _volume_path(answer: Answer) -> str:
    return "/Volumes/" + "/".join(str(answer.get(name)) for name in ("catalog_name", "schema_name", "name"))
