"""Users, groups, service principals, who is in which group, what they may do in a workspace.

SCIM as https://docs.databricks.com/api/workspace/groups and …/api/account/accountgroups have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Plain, Rules, given, names
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import State, settled

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
FLAGS = {
    "allow_cluster_create": "allow-cluster-create",
    "allow_instance_pool_create": "allow-instance-pool-create",
    "databricks_sql_access": "databricks-sql-access",
    "workspace_access": "workspace-access",
    "workspace_consume": "workspace-consume",
}
_REMOVED_WITH = names("force force_delete_repos force_delete_home_dir disable_as_user_deletion")


def path_of(api: Api, collection: str, key: str = "") -> str:
    """The account's SCIM API or the workspace's own."""
    base = api.account("/scim/v2") if api.at_account else "/api/2.0/preview/scim/v2"
    return f"{base}/{collection}{'/' + quote(key, safe='') if key else ''}"


def entitlements(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """The switched-on flags as SCIM has them."""
    return [{"value": value} for name, value in FLAGS.items() if given(state, name)]


def flags(answer: Answer, block: Block) -> dict[str, bool]:
    """The other way; none that the type does not have."""
    have = {one["value"] for one in answer.get("entitlements", [])}
    return {name: value in have for name, value in FLAGS.items() if name in block.attributes}


@dataclass(frozen=True)
class Principal(Plain):
    """One kind of principal. `renamed`: argument → SCIM's attribute."""

    collection: str
    schema: str
    renamed: Mapping[str, str]
    rules: Rules
    acl: str
    """What a principal is called in access lists, with `{name}` of the state."""

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        body = self._body(planned)
        try:
            answer = api.call("POST", path_of(api, self.collection), body)
        except ApiError as error:
            if error.status != 409 or not given(planned, "force"):
                raise
            answer = self._taken_over(api, body)
        return settled(planned) | {"id": str(answer["id"])}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:
        found = api.find(path_of(api, self.collection, state["id"]))
        if found is None:
            return None
        answer = {name: found.get(theirs) for name, theirs in self.renamed.items()}
        answer["active"] = found.get("active", True)
        name = answer.get("user_name") or answer.get("application_id") or answer.get("display_name")
        answer |= {"acl_principal_id": f"{self.acl}/{name}", **flags(found, block)}
        if self.collection == "Groups":
            answer["url"] = f"{api.host}/#setting/accounts/groups/{state['id']}"
        else:
            answer |= {"home": f"/Users/{name}", "repos": f"/Repos/{name}"}
        return answer

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        if self.collection == "Groups":
            self._patch_group(api, prior, planned)
        else:
            body = self._body(planned) | {"id": prior["id"]}
            api.call("PUT", path_of(api, self.collection, prior["id"]), body)
        return settled(planned) | {"id": prior["id"]}

    def delete(self, api: Api, state: State) -> None:
        if state.get("disable_as_user_deletion"):
            change = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": "false"}]}
            api.call("PATCH", path_of(api, self.collection, state["id"]), change)
            return
        try:
            api.call("DELETE", path_of(api, self.collection, state["id"]))
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        return {"id": identity}

    def foreseen(self, planned: State) -> State:
        """The name in access lists, as far as it follows from what is given."""
        return planned

    def _body(self, planned: State) -> dict[str, Any]:
        body: dict[str, Any] = {"schemas": [CORE + self.schema]}
        for name, theirs in self.renamed.items():
            value = given(planned, name)
            if value is not None:
                body[theirs] = value
        if "active" in planned and planned["active"] is False:
            body["active"] = False
        if have := entitlements(planned):
            body["entitlements"] = have
        return body

    def _taken_over(self, api: Api, body: dict[str, Any]) -> Answer:
        key = next(name for name in ("userName", "applicationId", "displayName") if name in body)
        found = api.get(path_of(api, self.collection), {"filter": f'{key} eq "{body[key]}"'})
        one: Answer = found["Resources"][0]
        api.call("PUT", path_of(api, self.collection, str(one["id"])), body | {"id": one["id"]})
        return one

    def _patch_group(self, api: Api, prior: State, planned: State) -> None:
        changes: list[dict[str, Any]] = [
            {"op": "replace", "path": theirs, "value": planned.get(name) or ""}
            for name, theirs in self.renamed.items()
            if planned.get(name) != prior.get(name)
        ]
        for name, value in FLAGS.items():
            if bool(planned.get(name)) and not prior.get(name):
                changes.append({"op": "add", "path": "entitlements", "value": [{"value": value}]})
            if bool(prior.get(name)) and not planned.get(name):
                changes.append({"op": "remove", "path": f'entitlements[value eq "{value}"]'})
        if changes:
            body = {"schemas": [PATCH], "Operations": changes}
            api.call("PATCH", path_of(api, self.collection, prior["id"]), body)


class Member(Plain):
    """A principal or group in a group."""

    rules = Rules(replace=names("group_id member_id"))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        change = {"op": "add", "value": {"members": [{"value": planned["member_id"]}]}}
        self._patch(api, planned["group_id"], change)
        return settled(planned) | {"id": f"{planned['group_id']}|{planned['member_id']}"}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        group, member = state["id"].split("|")
        found = api.find(path_of(api, "Groups", group)) or {}
        have = {str(one["value"]) for one in found.get("members", [])}
        return {"group_id": group, "member_id": member} if member in have else None

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return prior

    def delete(self, api: Api, state: State) -> None:
        group, member = state["id"].split("|")
        try:
            self._patch(api, group, {"op": "remove", "path": f'members[value eq "{member}"]'})
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        group, _, member = identity.partition("|")
        if not member:
            raise ValueError("{group_id}|{member_id}")
        return {"group_id": group, "member_id": member, "id": identity}

    @staticmethod
    def _patch(api: Api, group: str, change: dict[str, Any]) -> None:
        api.call("PATCH", path_of(api, "Groups", group), {"schemas": [PATCH], "Operations": [change]})


class PrincipalSecret(Plain):
    """An OAuth secret of a service principal. The service shows it once; it is kept in the state, and marked."""

    rules = Rules(
        replace=names("service_principal_id lifetime time_rotating"),
        secret=names("secret"),
        kept=names("secret lifetime time_rotating"),
        loose=names("lifetime"),
    )

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        lifetime = given(planned, "lifetime")
        body = {"lifetime": lifetime} if lifetime else {}
        answer = api.call("POST", self._path(api, planned["service_principal_id"]), body)
        return settled(planned) | answer | {"id": answer["id"]}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        found = api.find(self._path(api, state["service_principal_id"])) or {}
        for one in found.get("secrets", []):
            if one["id"] == state["id"]:
                return {name: value for name, value in one.items() if name != "secret"}
        return None

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return prior

    def delete(self, api: Api, state: State) -> None:
        try:
            api.call("DELETE", f"{self._path(api, state['service_principal_id'])}/{quote(state['id'], safe='')}")
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        raise ValueError("none: a secret is shown once, when it is made, and cannot be imported")

    @staticmethod
    def _path(api: Api, principal: str) -> str:
        if api.at_account:
            return api.account(f"/servicePrincipals/{principal}/credentials/secrets")
        return f"/api/2.0/accounts/servicePrincipals/{principal}/credentials/secrets"


class Entitlements(Plain):
    """What one principal may do in a workspace: all of it, for a principal that is made elsewhere."""

    _WHO: Mapping[str, tuple[str, str]] = {
        "group_id": ("group", "Groups"),
        "user_id": ("user", "Users"),
        "service_principal_id": ("spn", "ServicePrincipals"),
    }
    rules = Rules(replace=frozenset(_WHO), one_of=(tuple(_WHO),))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        argument = next(name for name in self._WHO if given(planned, name))
        change = {"op": "replace", "path": "entitlements", "value": entitlements(planned)}
        word, collection = self._WHO[argument]
        self._patch(api, collection, planned[argument], change)
        return settled(planned) | {"id": f"{word}/{planned[argument]}"}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:
        argument, collection, key = self._parsed(state["id"])
        found = api.find(path_of(api, collection, key))
        return None if found is None else {argument: key, **flags(found, block)}

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        return self.create(api, block, planned)

    def delete(self, api: Api, state: State) -> None:
        _, collection, key = self._parsed(state["id"])
        have = [
            {"op": "remove", "path": f'entitlements[value eq "{FLAGS[name]}"]'} for name in FLAGS if state.get(name)
        ]
        for change in have:
            self._patch(api, collection, key, change)

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        argument, _, key = self._parsed(identity)
        return {argument: key, "id": identity}

    def _parsed(self, identity: str) -> tuple[str, str, str]:
        word, _, key = identity.partition("/")
        for argument, (name, collection) in self._WHO.items():
            if name == word and key:
                return argument, collection, key
        raise ValueError("group/{id}, user/{id} or spn/{id}")

    @staticmethod
    def _patch(api: Api, collection: str, key: str, change: dict[str, Any]) -> None:
        try:
            api.call("PATCH", path_of(api, collection, key), {"schemas": [PATCH], "Operations": [change]})
        except ApiError as error:
            if not error.missing or change["op"] != "remove":
                raise


KINDS: Mapping[str, Kind] = {
    "databricks_group": Principal(
        "Groups",
        "Group",
        {"display_name": "displayName", "external_id": "externalId"},
        Rules(volatile=names("acl_principal_id"), kept=names("force"), loose=names("external_id")),
        "groups",
    ),
    "databricks_user": Principal(
        "Users",
        "User",
        {"user_name": "userName", "display_name": "displayName", "external_id": "externalId"},
        Rules(
            replace=names("user_name"),
            folded=names("user_name"),
            defaults={"active": True},
            loose=names("external_id"),
            kept=_REMOVED_WITH,
        ),
        "users",
    ),
    "databricks_service_principal": Principal(
        "ServicePrincipals",
        "ServicePrincipal",
        {"application_id": "applicationId", "display_name": "displayName", "external_id": "externalId"},
        Rules(
            replace=names("application_id"),
            defaults={"active": True},
            loose=names("external_id"),
            kept=_REMOVED_WITH,
        ),
        "servicePrincipals",
    ),
    "databricks_group_member": Member(),
    "databricks_service_principal_secret": PrincipalSecret(),
    "databricks_service_principal_federation_policy": Rest(
        "/servicePrincipals/{service_principal_id}/federationPolicies?policy_id={policy_id}",
        "/servicePrincipals/{service_principal_id}/federationPolicies/{policy_id}",
        "{service_principal_id},{policy_id}",
        Rules(replace=names("service_principal_id policy_id"), volatile=names("update_time")),
        account=True,
        local=names("policy_id service_principal_id"),
    ),
    "databricks_entitlements": Entitlements(),
}
