"""Lists of a metastore and its securables: in which workspaces, and which artifacts."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Plain, Rules, names
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import State, settled

UC = "/api/2.1/unity-catalog"


class Bindings(Plain):
    """One workspace of a securable's list."""

    rules = Rules(
        replace=names("workspace_id catalog_name securable_name securable_type binding_type"),
        defaults={"securable_type": "catalog", "binding_type": "BINDING_TYPE_READ_WRITE"},
        values={
            "securable_type": names(
                "catalog external_location external-location storage_credential storage-credential credential"
            ),
            "binding_type": names("BINDING_TYPE_READ_WRITE BINDING_TYPE_READ_ONLY"),
        },
        one_of=(("securable_name", "catalog_name"),),
    )

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        name = planned["catalog_name"] if planned.get("catalog_name") else planned["securable_name"]
        kind, workspace = planned["securable_type"], int(planned["workspace_id"])
        change = [{"workspace_id": workspace, "binding_type": planned["binding_type"]}]
        api.call("PATCH", self._path(kind, name), {"add": change})
        return settled(planned) | {"securable_name": name, "id": f"{workspace}|{kind}|{name}"}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        workspace, kind, name = state["id"].split("|", 2)
        found = api.find(self._path(kind, name)) or {}
        for one in found.get("bindings", []):
            if str(one["workspace_id"]) == workspace:
                return {
                    "workspace_id": one["workspace_id"],
                    "binding_type": one.get("binding_type", "BINDING_TYPE_READ_WRITE"),
                    "securable_type": kind,
                    "securable_name": name,
                }
        return None

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return prior

    def delete(self, api: Api, state: State) -> None:
        workspace, kind, name = state["id"].split("|", 2)
        change = [{"workspace_id": int(workspace), "binding_type": state["binding_type"]}]
        try:
            api.call("PATCH", self._path(kind, name), {"remove": change})
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        parts = identity.split("|")
        if len(parts) != 3 or not parts[0].isdigit():
            raise ValueError("{workspace_id}|{securable_type}|{securable_name}")
        return {"workspace_id": int(parts[0]), "securable_type": parts[1], "securable_name": parts[2], "id": identity}

    @staticmethod
    def _path(kind: str, name: str) -> str:
        return f"{UC}/bindings/{kind.replace('-', '_')}/{name}"


class Allowlist(Plain):
    """The libraries and scripts that a metastore's shared clusters may use: one list for each kind of artifact."""

    rules = Rules(
        replace=names("artifact_type metastore_id"),
        volatile=names("created_at created_by"),
        values={"artifact_type": names("INIT_SCRIPT LIBRARY_JAR LIBRARY_MAVEN")},
    )

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        answer = self._put(api, planned["artifact_type"], planned["artifact_matcher"])
        metastore = answer.get("metastore_id", "")
        identity = f"{metastore}|{planned['artifact_type']}"
        return settled(planned) | {"metastore_id": metastore, "id": identity}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        found = api.find(self._path(state["artifact_type"]))
        if found is None or not found.get("artifact_matchers"):
            return None
        return found | {"artifact_matcher": found["artifact_matchers"], "artifact_type": state["artifact_type"]}

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        self._put(api, planned["artifact_type"], planned["artifact_matcher"])
        return settled(planned) | {"id": prior["id"], "metastore_id": prior["metastore_id"]}

    def delete(self, api: Api, state: State) -> None:
        self._put(api, state["artifact_type"], [])

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        metastore, _, kind = identity.partition("|")
        if not kind:
            raise ValueError("{metastore_id}|{artifact_type}")
        return {"metastore_id": metastore, "artifact_type": kind, "id": identity}

    @staticmethod
    def _path(kind: str) -> str:
        return f"{UC}/artifact-allowlists/{kind}"

    def _put(self, api: Api, kind: str, matchers: list[State]) -> Answer:
        return api.call("PUT", self._path(kind), {"artifact_matchers": matchers})


KINDS: Mapping[str, Kind] = {
    "databricks_workspace_binding": Bindings(),
    "databricks_catalog_workspace_binding": Bindings(),
    "databricks_artifact_allowlist": Allowlist(),
}
