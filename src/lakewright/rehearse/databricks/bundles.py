"""A bundle deployed to a workspace of the local Databricks, as `databricks bundle deploy` does it, and its jobs run.

What is read are the bundle's own files and nothing of the spec. Done is what a bundle of jobs needs: `include`, target
overrides, variables and lookups, `${…}`, both modes with their presets, `run_as`, `permissions`, files and wheels. What
else stands in a bundle is refused by name. Sources: Databricks on AWS, "Declarative Automation Bundles configuration",
"… deployment modes", "… run identity", and github.com/databricks/cli (apply_presets.go, validate_target_mode.go).
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import yaml

from lakewright.errors import ProblemError, SpecError

Ask = Callable[[str, str, "dict[str, Any] | None"], "dict[str, Any]"]
"""Asks the workspace's API: method, path, body. Raises ProblemError with the service's words."""

ROOT = "databricks.yml"
_KNOWN = frozenset(
    {"bundle", "include", "variables", "targets", "resources", "workspace", "presets", "permissions", "run_as"}
)
_VARIABLE = re.compile(r"\$\{([a-zA-Z0-9_.-]+)\}")
MOST_SECONDS = 7200.0
"""How long a run is waited for; one command of dbt alone may take half an hour."""
_ENDED = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")
Body = dict[str, Any]


@dataclass(frozen=True)
class Deployed:
    """What a deployment made: key → id of each job; where its files are."""

    bundle: str
    target: str
    jobs: Mapping[str, int]
    file_path: str


@dataclass(frozen=True)
class Ran:
    """How a job's run ended. `tasks`: key → result (SUCCESS, FAILED, SKIPPED), `said`: key → its output."""

    ok: bool
    message: str
    tasks: Mapping[str, str]
    said: Mapping[str, str]


def deploy(folder: Path, target: str, ask: Ask) -> Deployed:
    """Raises SpecError LW1540 for a bundle that is not understood, ProblemError when the workspace refuses."""
    settings = _settings(folder, target)
    me = ask("GET", "/api/2.0/preview/scim/v2/Me", None)
    values = _values(settings, target, me, ask)
    settings = _filled(settings, values)
    _upload(folder, values, ask)
    jobs = {
        key: _deployed_job(folder, _job(job, settings, me), values, ask)
        for key, job in ((settings.get("resources") or {}).get("jobs") or {}).items()
    }
    return Deployed(values["bundle.name"], target, jobs, values["workspace.file_path"])


def run(job: int, ask: Ask, most_seconds: float = MOST_SECONDS) -> Ran:
    """Runs a job now, and waits for its end. Raises ProblemError LW1542 when there is none in that time."""
    key = ask("POST", "/api/2.1/jobs/run-now", {"job_id": job})["run_id"]
    path = f"/api/2.1/jobs/runs/get?run_id={key}"
    until = time.monotonic() + most_seconds
    while (life := (found := ask("GET", path, None))["state"]["life_cycle_state"]) not in _ENDED:
        if time.monotonic() > until:
            fact = f"the run {key} of the job {job} is {life} after {most_seconds:g} seconds"
            raise ProblemError("LW1542", fact, hint="a task may hang; errors.log of the local Databricks may say why")
        time.sleep(0.1)
    results: dict[str, str] = {}
    said: dict[str, str] = {}
    for task in found["tasks"]:
        state = task["state"]
        results[task["task_key"]] = state.get("result_state", state["life_cycle_state"])
        output = ask("GET", f"/api/2.1/jobs/runs/get-output?run_id={task['run_id']}", None)
        said[task["task_key"]] = output.get("error") or output.get("logs") or state["state_message"]
    return Ran(found["state"].get("result_state") == "SUCCESS", found["state"]["state_message"], results, said)


def _settings(folder: Path, target: str) -> Body:
    """The bundle as its target sees it: included files joined, the target's settings over the others'."""
    whole = _read(folder / ROOT)
    for pattern in whole.get("include") or ():
        for path in sorted(folder.glob(str(pattern))):
            whole = _joined(whole, _placed(_read(path), path.parent.relative_to(folder)))
    targets = whole.pop("targets", None) or {}
    if target not in targets:
        raise SpecError(
            "LW1540", f"no target {target}", place=str(folder / ROOT), hint=f"there are {', '.join(targets)}"
        )
    own = dict(targets[target] or {})
    mode = own.pop("mode", "")
    own.pop("default", None)
    own["variables"] = {name: _assigned(value) for name, value in (own.get("variables") or {}).items()}
    whole = {**_joined(whole, own)}
    for key in whole.keys() - _KNOWN:
        raise SpecError("LW1540", f"`{key}` is not understood here", place=str(folder / ROOT))
    for kind in (whole.get("resources") or {}).keys() - {"jobs"}:
        raise SpecError("LW1540", f"resources.{kind} are not understood here", place=str(folder / ROOT))
    return whole | {"mode": mode}


def _read(path: Path) -> Body:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise SpecError("LW1540", "no mapping", place=str(path))
    return found


def _assigned(value: Any) -> Body:
    return dict(value) if isinstance(value, dict) else {"default": value}


def _joined(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: _joined(below[key], value) if key in below else value for key, value in above.items()}


def _placed(value: Any, folder: PurePosixPath | Path, key: str = "") -> Any:
    """Paths of local files as seen from the bundle's folder: they are written as seen from the file they stand in."""
    if isinstance(value, dict):
        return {name: _placed(item, folder, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_placed(item, folder, key) for item in value]
    if key in ("whl", "project_directory") and isinstance(value, str) and not value.startswith(("/", "$")):
        return _normal(PurePosixPath(folder.as_posix(), value))
    return value


def _normal(path: PurePosixPath) -> str:
    steps: list[str] = []
    for step in path.parts:
        if step == ".." and steps:
            steps.pop()
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def _values(settings: Body, target: str, me: Body, ask: Ask) -> dict[str, str]:
    """What `${…}` stands for."""
    name, user = str(settings["bundle"]["name"]), str(me["userName"])
    workspace = settings.get("workspace") or {}
    root = str(workspace.get("root_path") or f"/Workspace/Users/{user}/.bundle/{name}/{target}")
    found = {
        "bundle.name": name,
        "bundle.target": target,
        "workspace.current_user.userName": user,
        "workspace.current_user.short_name": _short(user),
        "workspace.root_path": root,
        "workspace.file_path": str(workspace.get("file_path") or f"{root}/files"),
        "workspace.artifact_path": str(workspace.get("artifact_path") or f"{root}/artifacts"),
    }
    for key, said in (settings.get("variables") or {}).items():
        if said.get("lookup"):
            ((kind, wanted),) = said["lookup"].items()
            found[f"var.{key}"] = _looked_up(kind, str(wanted), ask)
        elif "default" in said:
            found[f"var.{key}"] = str(said["default"])
        else:
            raise SpecError("LW1540", f"no value assigned to the variable {key}", hint=f"targets.{target}.variables")
    return found


def _short(user: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "_", user.partition("@")[0])


def _looked_up(kind: str, name: str, ask: Ask) -> str:
    """The id of a named object; of a service principal its application id."""
    if kind == "service_principal":
        query = quote(f'displayName eq "{name}"')
        found = ask("GET", f"/api/2.0/preview/scim/v2/ServicePrincipals?filter={query}", None).get("Resources") or []
        ids = [str(one["applicationId"]) for one in found]
    elif kind == "cluster_policy":
        found = ask("GET", "/api/2.0/policies/clusters/list", None).get("policies") or []
        ids = [str(one["policy_id"]) for one in found if one["name"] == name]
    elif kind == "warehouse":
        found = ask("GET", "/api/2.0/sql/warehouses", None).get("warehouses") or []
        ids = [str(one["id"]) for one in found if one["name"] == name]
    else:
        raise SpecError("LW1540", f"lookups of a {kind} are not understood here")
    if len(ids) != 1:
        fact = f"there are {len(ids)} objects {kind} with the name {name}" if ids else f"there is no {kind} {name}"
        raise ProblemError("LW1541", fact, hint="apply what makes it, and give who deploys the right to see it")
    return ids[0]


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if not isinstance(value, str):
        return value

    def stands_for(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise SpecError("LW1540", f"${{{match[1]}}} is not understood here")
        return values[match[1]]

    return _VARIABLE.sub(stands_for, value)


def _upload(folder: Path, values: Mapping[str, str], ask: Ask) -> None:
    """All files; those of an earlier deployment go."""
    root = values["workspace.file_path"]
    ask("POST", "/api/2.0/workspace/mkdirs", {"path": root})
    ask("POST", "/api/2.0/workspace/delete", {"path": root, "recursive": True})
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (path.name == ".dbtignore" or not path.name.startswith(".")):
            inside = path.relative_to(folder).as_posix()
            _put(f"{root}/{inside}", path.read_bytes(), ask)


def _put(path: str, content: bytes, ask: Ask) -> None:
    ask("POST", "/api/2.0/workspace/mkdirs", {"path": path.rpartition("/")[0]})
    body = {"path": path, "content": base64.b64encode(content).decode(), "format": "AUTO", "overwrite": True}
    ask("POST", "/api/2.0/workspace/import", body)


def _job(job: Body, settings: Body, me: Body) -> Body:
    """A job as its target's mode, presets and identity make it."""
    found = dict(job)
    presets = dict(settings.get("presets") or {})
    if settings["mode"] == "development":
        short = _short(str(me["userName"]))
        presets = {"name_prefix": f"[dev {short}] ", "trigger_pause_status": "PAUSED", "tags": {"dev": short}} | presets
    found["name"] = f"{presets.get('name_prefix', '')}{job.get('name', '')}"
    if tags := {**(presets.get("tags") or {}), **(job.get("tags") or {})}:
        found["tags"] = tags
    for kind in ("schedule", "trigger", "continuous"):
        if job.get(kind) and presets.get("trigger_pause_status"):
            found[kind] = {"pause_status": presets["trigger_pause_status"], **job[kind]}
    if settings.get("run_as"):
        found.setdefault("run_as", settings["run_as"])
    if settings.get("permissions"):
        given = [_permission(one) for one in settings["permissions"]]
        found["access_control_list"] = [*(job.get("permissions") or ()), *given]
    return found


_LEVELS = {"CAN_RUN": "CAN_MANAGE_RUN"}


def _permission(given: Body) -> Body:
    """A bundle's levels are called otherwise for jobs."""
    level = str(given["level"])
    return {key: value for key, value in given.items() if key != "level"} | {
        "permission_level": _LEVELS.get(level, level)
    }


def _deployed_job(folder: Path, job: Body, values: Mapping[str, str], ask: Ask) -> int:
    tasks = [_task(folder, task, values, ask) for task in job.get("tasks") or ()]
    place = f"{values['workspace.root_path']}/state/metadata.json"
    made = {"tasks": tasks, "edit_mode": "UI_LOCKED", "deployment": {"kind": "BUNDLE", "metadata_file_path": place}}
    body = job | made
    access = body.pop("access_control_list", None)
    found = ask("GET", f"/api/2.1/jobs/list?name={quote(str(job['name']))}", None).get("jobs") or []
    known = [one for one in found if (one["settings"].get("deployment") or {}).get("metadata_file_path") == place]
    if known:
        key = int(known[0]["job_id"])
        ask("POST", "/api/2.1/jobs/reset", {"job_id": key, "new_settings": body})
    else:
        key = int(ask("POST", "/api/2.1/jobs/create", body)["job_id"])
    if access:
        ask("PATCH", f"/api/2.0/permissions/jobs/{key}", {"access_control_list": access})
    return key


def _task(folder: Path, task: Body, values: Mapping[str, str], ask: Ask) -> Body:
    """Local files where they are in the workspace: wheels among the artifacts, folders among the files."""
    found = dict(task)
    if libraries := task.get("libraries"):
        found["libraries"] = [_library(folder, one, values, ask) for one in libraries]
    if (dbt := task.get("dbt_task")) and not str(dbt.get("project_directory", "")).startswith("/"):
        path = f"{values['workspace.file_path']}/{dbt['project_directory']}"
        found["dbt_task"] = dbt | {"project_directory": path}
    return found


def _library(folder: Path, library: Body, values: Mapping[str, str], ask: Ask) -> Body:
    local = str(library.get("whl") or "")
    if not local or local.startswith("/"):
        return library
    if not (folder / local).is_file():
        raise SpecError("LW1540", f"no file {local}", place=str(folder), hint="compile again")
    path = f"{values['workspace.artifact_path']}/.internal/{PurePosixPath(local).name}"
    _put(path, (folder / local).read_bytes(), ask)
    return {"whl": path}
