"""What runs in a workspace: policies, warehouses, clusters, jobs, scripts, files, and who may use them.

Paths and bodies: https://docs.databricks.com/api/workspace/introduction. Defaults and what forces replacement: the
provider's documentation of each type.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.provider.kinds.kind import Answer, Kind, Mistake, Plain, Rules, given, names
from lakewright.rehearse.databricks.provider.kinds.rest import Rest
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import UNKNOWN, State, body_of, settled


class OldApi(Plain):
    """Types whose API has verbs in its paths; the id is in a query or a body, under the name `key`."""

    def __init__(
        self,
        key: str,
        base: str,
        rules: Rules,
        verbs: tuple[str, str, str, str],
        *,
        settings: str = "",
        plural: Mapping[str, str] | None = None,
        whole: bool = False,
        local: frozenset[str] = frozenset(),
    ) -> None:
        """`verbs`: of creating, reading, changing, deleting. `settings`: where a change and an answer have the
        object. `plural`: argument → the API's name. `whole`: the key is a number."""
        self.key, self.base, self.rules, self.verbs = key, base, rules, verbs
        self.settings, self.plural, self.whole, self.local = settings, dict(plural or {}), whole, local

    def create(self, api: Api, block: Block, planned: State) -> State:
        answer = api.call("POST", f"{self.base}/{self.verbs[0]}", self._body(block, planned))
        return settled(planned) | {"id": str(answer[self.key])}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        try:
            found = api.find(f"{self.base}/{self.verbs[1]}", {self.key: state["id"]})
        except ApiError as error:
            if error.status == 400 and "does not exist" in str(error):
                return None
            raise
        if found is None or (found.get("state") == "TERMINATED" and found.get("is_deleted")):
            return None
        inner = found.get(self.settings.removeprefix("new_"), {}) if self.settings else {}
        back = {theirs: ours for ours, theirs in self.plural.items()}
        return _renamed(found | inner, back, {theirs: ours for ours, theirs in _DEEP.items()})

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:
        body = self._body(block, planned)
        key = {self.key: self._key(prior["id"])}
        api.call("POST", f"{self.base}/{self.verbs[2]}", {**key, self.settings: body} if self.settings else key | body)
        return settled(planned) | {"id": prior["id"]}

    def delete(self, api: Api, state: State) -> None:
        try:
            api.call("POST", f"{self.base}/{self.verbs[3]}", {self.key: self._key(state["id"])})
        except ApiError as error:
            if not error.missing and "does not exist" not in str(error):
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        return {"id": identity}

    def _key(self, identity: str) -> str | int:
        return int(identity) if self.whole else identity

    def _body(self, block: Block, planned: State) -> dict[str, Any]:
        body = {name: value for name, value in body_of(block, planned).items() if name not in self.local | {"id"}}
        return _renamed(body, self.plural, _DEEP)


_DEEP = {"library": "libraries"}
"""Argument → the API's name, also inside tasks."""


def _renamed(body: Mapping[str, Any], top: Mapping[str, str], deep: Mapping[str, str]) -> dict[str, Any]:
    """The object with its own names by `top`, and those of all objects in it by `deep`."""
    return {top.get(name, deep.get(name, name)): _inside(value, deep) for name, value in body.items()}


def _inside(value: Any, deep: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return _renamed(value, {}, deep)
    return [_inside(one, deep) for one in value] if isinstance(value, list) else value


class InstanceProfile(Plain):
    """An AWS instance profile that clusters may use; its id is its ARN."""

    rules = Rules(replace=names("instance_profile_arn"), kept=names("skip_validation"), loose=names("iam_role_arn"))
    _PATH = "/api/2.0/instance-profiles"

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        api.call(
            "POST",
            f"{self._PATH}/add",
            self._body(planned) | {"skip_validation": bool(given(planned, "skip_validation"))},
        )
        return settled(planned) | {"id": planned["instance_profile_arn"]}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        found = api.get(f"{self._PATH}/list").get("instance_profiles", [])
        return next((one for one in found if one["instance_profile_arn"] == state["id"]), None)

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        api.call("POST", f"{self._PATH}/edit", self._body(planned))
        return settled(planned) | {"id": prior["id"]}

    def delete(self, api: Api, state: State) -> None:
        try:
            api.call("POST", f"{self._PATH}/remove", {"instance_profile_arn": state["id"]})
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        if ":instance-profile/" not in identity:
            raise ValueError("the ARN of an instance profile")
        return {"instance_profile_arn": identity, "id": identity}

    @staticmethod
    def _body(planned: State) -> dict[str, Any]:
        wanted = ("instance_profile_arn", "iam_role_arn", "is_meta_instance_profile")
        return {name: planned[name] for name in wanted if given(planned, name) is not None}


class Permissions(Plain):
    """Who may use an object of the workspace: the whole list, but for what the service itself puts there."""

    OBJECTS: Mapping[str, str] = {
        "cluster_policy_id": "cluster-policies",
        "cluster_id": "clusters",
        "instance_pool_id": "instance-pools",
        "job_id": "jobs",
        "pipeline_id": "pipelines",
        "sql_endpoint_id": "sql/warehouses",
        "directory_id": "directories",
        "notebook_id": "notebooks",
        "workspace_file_id": "files",
        "repo_id": "repos",
        "experiment_id": "experiments",
        "registered_model_id": "registered-models",
        "serving_endpoint_id": "serving-endpoints",
        "authorization": "authorization",
    }
    WHO = ("group_name", "user_name", "service_principal_name")
    rules = Rules(replace=frozenset(OBJECTS), one_of=(tuple(OBJECTS),))

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        argument = next(name for name in self.OBJECTS if given(planned, name))
        identity = f"/{self.OBJECTS[argument]}/{planned[argument]}"
        self._put(api, identity, planned["access_control"])
        return settled(planned) | {"id": identity}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        found = api.find(f"/api/2.0/permissions{state['id']}")
        if found is None:
            return None
        argument, key = self._parsed(state["id"])
        mine = {self._who(one) for one in state.get("access_control") or []}
        control = [
            {who: entry[who], "permission_level": one["permission_level"]}
            for entry in found.get("access_control_list", [])
            for who in self.WHO
            if entry.get(who) and (entry[who] != "admins" or (who, "admins") in mine)
            for one in entry.get("all_permissions", [])
            if not one.get("inherited") and ((who, entry[who]) in mine or one["permission_level"] != "IS_OWNER")
        ]
        if not control:
            return None
        return {argument: key, "object_type": found.get("object_type"), "access_control": control}

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:  # noqa: ARG002
        self._put(api, prior["id"], planned["access_control"])
        return settled(planned) | {"id": prior["id"], "object_type": prior.get("object_type")}

    def delete(self, api: Api, state: State) -> None:
        try:
            self._put(api, state["id"], [])
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        argument, key = self._parsed(identity)
        return {argument: key, "id": identity}

    def mistakes(self, config: State) -> Iterable[Mistake]:
        control = config.get("access_control")
        for one in control if isinstance(control, list) else []:
            if isinstance(one, dict) and sum(one.get(who) is not None for who in self.WHO) != 1:
                yield "access_control", f"each block needs exactly one of {', '.join(self.WHO)}"
            if (
                isinstance(one, dict)
                and one.get("group_name") == "admins"
                and config.get("authorization") != "passwords"
            ):
                yield "access_control", "it is not possible to restrict any permissions from `admins`"

    def _put(self, api: Api, identity: str, control: list[State]) -> None:
        listed = [{name: value for name, value in one.items() if value} for one in control]
        api.call("PUT", f"/api/2.0/permissions{identity}", {"access_control_list": listed})

    def _who(self, entry: State) -> tuple[str, str]:
        return next((who, entry[who]) for who in self.WHO if entry.get(who))

    def _parsed(self, identity: str) -> tuple[str, str]:
        for argument, kind in self.OBJECTS.items():
            if identity.startswith(f"/{kind}/") and len(identity) > len(kind) + 2:
                return argument, identity[len(kind) + 2 :]
        raise ValueError("/{kind of object}/{id}, for example /sql/warehouses/1234567890abcdef")


def _content(planned: State) -> bytes | None:
    """The file's content: given, or in a file beside the Terraform; None when it is not known yet."""
    encoded, source = planned.get("content_base64"), planned.get("source")
    if encoded is UNKNOWN or source is UNKNOWN:
        return None
    if isinstance(encoded, str) and encoded:
        return base64.b64decode(encoded)
    return Path(str(source)).read_bytes() if source else b""


def with_md5(planned: State) -> State:
    """The content's digest, by which a change of a source file is noticed."""
    content = _content(planned)
    return planned | {"md5": UNKNOWN if content is None else _digest(content)}


def _digest(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class WorkspaceFile(Plain):
    """A file in the workspace."""

    rules = Rules(
        replace=names("path"),
        one_of=(("content_base64", "source"),),
        kept=names("content_base64 source md5"),
    )

    def create(self, api: Api, block: Block, planned: State) -> State:  # noqa: ARG002
        folder = planned["path"].rsplit("/", 1)[0]
        if folder:
            api.call("POST", "/api/2.0/workspace/mkdirs", {"path": folder})
        content = base64.b64encode(_content(planned) or b"").decode()
        body = {"path": planned["path"], "content": content, "format": "AUTO", "overwrite": True}
        api.call("POST", "/api/2.0/workspace/import", body)
        return settled(planned) | {"id": planned["path"]}

    def read(self, api: Api, block: Block, state: State) -> Answer | None:  # noqa: ARG002
        found = api.find("/api/2.0/workspace/get-status", {"path": state["id"]})
        if found is None:
            return None
        where = f"/Workspace{state['id']}"
        return {
            "path": state["id"],
            "object_id": found["object_id"],
            "url": f"{api.host}/#workspace{state['id']}",
            "workspace_path": where,
        }

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:
        return self.create(api, block, planned) | {"id": prior["id"]}

    def delete(self, api: Api, state: State) -> None:
        try:
            api.call("POST", "/api/2.0/workspace/delete", {"path": state["id"]})
        except ApiError as error:
            if not error.missing:
                raise

    def imported(self, api: Api, identity: str) -> State:  # noqa: ARG002
        if not identity.startswith("/"):
            raise ValueError("the file's path, which begins with /")
        return {"path": identity, "id": identity}

    def foreseen(self, planned: State) -> State:
        return with_md5(planned)


class InitScript(Rest):
    """A script that every cluster of the workspace runs first."""

    def create(self, api: Api, block: Block, planned: State) -> State:
        return super().create(api, block, planned | self._script(planned))

    def update(self, api: Api, block: Block, prior: State, planned: State) -> State:
        return super().update(api, block, prior, planned | self._script(planned))

    def read(self, api: Api, block: Block, state: State) -> Answer | None:
        found = super().read(api, block, state)
        return found and found | {"md5": _digest(base64.b64decode(found.get("content_base64") or ""))}

    @staticmethod
    def _script(planned: State) -> State:
        return {"content_base64": base64.b64encode(_content(planned) or b"").decode()}


def _warehouse_in(answer: Answer) -> Answer:
    return answer | {"health": [answer["health"]] if answer.get("health") else []}


_SQL_SIZES = names("2X-Small X-Small Small Medium Large X-Large 2X-Large 3X-Large 4X-Large 5X-Large")

KINDS: Mapping[str, Kind] = {
    "databricks_cluster_policy": OldApi(
        "policy_id",
        "/api/2.0/policies/clusters",
        Rules(
            json=names("definition policy_family_definition_overrides"),
            conflicts=(("definition", "policy_family_definition_overrides"), ("definition", "policy_family_id")),
        ),
        ("create", "get", "edit", "delete"),
        local=names("policy_id"),
    ),
    "databricks_instance_profile": InstanceProfile(),
    "databricks_sql_endpoint": Rest(
        "/api/2.0/sql/warehouses",
        "/api/2.0/sql/warehouses/{id}",
        "{id}",
        Rules(
            defaults={
                "auto_stop_mins": 120,
                "enable_photon": True,
                "max_num_clusters": 1,
                "spot_instance_policy": "COST_OPTIMIZED",
            },
            loose=names("channel enable_serverless_compute warehouse_type min_num_clusters tags"),
            kept=names("no_wait"),
            values={
                "cluster_size": _SQL_SIZES,
                "warehouse_type": names("PRO CLASSIC"),
                "spot_instance_policy": names("COST_OPTIMIZED RELIABILITY_OPTIMIZED POLICY_UNSPECIFIED"),
            },
        ),
        changing=("POST", "/api/2.0/sql/warehouses/{id}/edit"),
        local=names("no_wait data_source_id"),
        incoming=_warehouse_in,
    ),
    "databricks_permissions": Permissions(),
    "databricks_workspace_file": WorkspaceFile(),
    "databricks_global_init_script": InitScript(
        "/api/2.0/global-init-scripts",
        "/api/2.0/global-init-scripts/{id}",
        "{script_id}",
        Rules(
            one_of=(("content_base64", "source"),),
            defaults={"enabled": False},
            kept=names("source"),
            loose=names("position content_base64"),
        ),
        local=names("source md5"),
        renamed={"content_base64": "script"},
        foresee=with_md5,
    ),
    "databricks_job": OldApi(
        "job_id",
        "/api/2.1/jobs",
        Rules(
            loose=names("format run_as queue edit_mode max_concurrent_runs email_notifications webhook_notifications"),
            kept=names("always_running control_run_state"),
        ),
        ("create", "get", "reset", "delete"),
        settings="new_settings",
        plural={
            "task": "tasks",
            "job_cluster": "job_clusters",
            "parameter": "parameters",
            "environment": "environments",
        },
        whole=True,
        local=names("always_running control_run_state url"),
    ),
    "databricks_cluster": OldApi(
        "cluster_id",
        "/api/2.0/clusters",
        Rules(
            loose=names(
                "aws_attributes driver_node_type_id enable_elastic_disk enable_local_disk_encryption runtime_engine "
                "data_security_mode single_user_name custom_tags kind is_single_node use_ml_runtime"
            ),
            defaults={"autotermination_minutes": 60},
            volatile=names("state"),
            kept=names("is_pinned no_wait apply_policy_default_values library idempotency_token num_workers"),
        ),
        ("create", "get", "edit", "permanent-delete"),
        local=names("library is_pinned no_wait default_tags state url cluster_id"),
    ),
}
