"""Jobs: checked when they are made, and run."""

from __future__ import annotations

import re

from lakewright.rehearse.databricks.compute import clusters
from lakewright.rehearse.databricks.compute.clusters import CLUSTER
from lakewright.rehearse.databricks.faults import DatabricksFault, denied, invalid
from lakewright.rehearse.databricks.members import is_admin
from lakewright.rehearse.databricks.routes import Answered, Route, versions
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.permissions import level_of, need_level
from lakewright.rehearse.databricks.workspace.runs import FIRST, OUTPUT, RUN, named_in, runs_as, started
from lakewright.rehearse.databricks.world import Call, required

JOB = "job"
MOST_TASKS = 1000
_KEY = re.compile(r"[\w-]{1,100}")
_CRON_FIELDS = (6, 7)


def _checked(call: Call, settings: Body) -> Body:
    tasks = settings.get("tasks") or []
    keys = [str(one.get("task_key") or "") for one in tasks]
    if len(tasks) > MOST_TASKS or len(set(keys)) < len(keys) or not all(_KEY.fullmatch(key) for key in keys):
        raise invalid("Task keys must be unique, of letters, digits, - and _, and there can be at most 1000 tasks")
    shared = {str(one["job_cluster_key"]): one for one in settings.get("job_clusters") or ()}
    for one in shared.values():
        clusters.checked(call, one.get("new_cluster") or {}, is_job=True)
    for task in tasks:
        for needed in task.get("depends_on") or ():
            if needed.get("task_key") not in keys:
                raise invalid(f"Task {task['task_key']} depends on {needed.get('task_key')}, which does not exist")
        _check_compute(call, task, shared)
    _check_circles({str(one["task_key"]): [str(d["task_key"]) for d in one.get("depends_on") or ()] for one in tasks})
    if schedule := settings.get("schedule"):
        fields = str(schedule.get("quartz_cron_expression") or "").split()
        if len(fields) not in _CRON_FIELDS or not schedule.get("timezone_id"):
            raise invalid(f"Invalid quartz cron expression: '{' '.join(fields)}', or no timezone_id")
    return {"format": "MULTI_TASK", "max_concurrent_runs": 1, "timeout_seconds": 0, "name": "Untitled", **settings}


def _check_compute(call: Call, task: Body, shared: Body) -> None:
    if new := task.get("new_cluster"):
        clusters.checked(call, new, is_job=True)
    if (key := task.get("job_cluster_key")) and key not in shared:
        raise invalid(f"Job cluster '{key}' is not defined in field 'job_clusters'.")
    if (key := task.get("existing_cluster_id")) and call.objects.get(CLUSTER, call.scope, key) is None:
        raise invalid(f"Cluster {key} does not exist")


def _check_circles(needs: dict[str, list[str]]) -> None:
    done: set[str] = set()
    while ready := [key for key, needed in needs.items() if key not in done and done.issuperset(needed)]:
        done.update(ready)
    if len(done) < len(needs):
        raise invalid(f"Tasks depend on each other in a circle: {', '.join(sorted(needs.keys() - done))}")


def _found(call: Call, key: object) -> Body:
    body = call.objects.get(JOB, call.scope, str(key))
    if body is None:
        raise DatabricksFault("INVALID_PARAMETER_VALUE", f"Job {key} does not exist.", 400)
    return body


def _check_runs_as(call: Call, settings: Body, creator: str) -> None:
    """Who is no administrator of the workspace names nobody else. There are no roles on service principals here."""
    who = runs_as(call, settings, creator)
    if who.name != call.caller.name and not is_admin(call.objects, call.here, call.caller):
        raise denied(f"run_as: {call.caller.name} may not run jobs as {who.name}")


def _create(call: Call) -> Answered:
    settings = _checked(call, dict(call.body))
    _check_runs_as(call, settings, call.caller.name)
    access = settings.pop("access_control_list", None)
    key = call.objects.next(JOB, FIRST)
    creator = call.caller.name
    body: Body = {"job_id": key, "creator_user_name": creator, "run_as_user_name": creator, "settings": settings}
    call.objects.put(JOB, call.scope, str(key), body | {"created_time": call.world.now()})
    if access:
        owner = [{"user_name": creator, "permission_level": "IS_OWNER"}]
        call.objects.put("access_control_list", call.scope, f"jobs/{key}", {"access_control_list": owner + access})
    return {"job_id": key}


def _reset(call: Call) -> Answered:
    key, settings = required(call.body, "job_id", "new_settings")
    body = _found(call, key)
    need_level(call, "jobs", str(key), "CAN_MANAGE")
    return _changed(call, body, settings)


def _changed(call: Call, body: Body, settings: Body) -> Answered:
    creator = str(body["creator_user_name"])
    if named_in(settings, creator) != named_in(body["settings"], creator):
        _check_runs_as(call, settings, creator)
    call.objects.put(JOB, call.scope, str(body["job_id"]), body | {"settings": _checked(call, settings)})
    return {}


def _update(call: Call) -> Answered:
    (key,) = required(call.body, "job_id")
    body = _found(call, key)
    need_level(call, "jobs", str(key), "CAN_MANAGE")
    settings = body["settings"] | (call.body.get("new_settings") or {})
    for name in call.body.get("fields_to_remove") or ():
        settings.pop(name, None)
    return _changed(call, body, settings)


def _delete(call: Call) -> Answered:
    (key,) = required(call.body, "job_id")
    _found(call, key)
    need_level(call, "jobs", str(key), "CAN_MANAGE")
    call.objects.delete(JOB, call.scope, str(key))
    return {}


def _get(call: Call) -> Answered:
    (key,) = required(call.query, "job_id")
    body = _found(call, key)
    need_level(call, "jobs", str(key), "CAN_VIEW")
    return body


def _list(call: Call) -> Answered:
    found = [one for one in call.objects.all(JOB, call.scope) if level_of(call, "jobs", str(one["job_id"]))]
    if name := call.query.get("name"):
        found = [one for one in found if one["settings"]["name"].lower() == name.lower()]
    return {"jobs": found, "has_more": False}


def _run_now(call: Call) -> Answered:
    (key,) = required(call.body, "job_id")
    body = _found(call, key)
    need_level(call, "jobs", str(key), "CAN_MANAGE_RUN")
    return started(call, body["settings"], str(body["creator_user_name"]), int(key), "JOB_RUN")


def _submit(call: Call) -> Answered:
    settings = _checked(call, dict(call.body))
    _check_runs_as(call, settings, call.caller.name)
    return started(call, settings, call.caller.name, 0, "SUBMIT_RUN")


def _found_run(call: Call, key: object, level: str) -> Body:
    body = call.objects.get(RUN, call.scope, str(key))
    if body is None:
        raise DatabricksFault("INVALID_PARAMETER_VALUE", f"Run {key} does not exist.", 400)
    _need_run(call, body, level)
    return body


def _need_run(call: Call, run: Body, level: str) -> None:
    """By the job's permissions; without a job, its run is that of who sent it, and administrators'."""
    job = str(run.get("job_id", 0))
    if call.objects.get(JOB, call.scope, job) is not None:
        need_level(call, "jobs", job, level)
    elif call.caller.name != run.get("creator_user_name") and not is_admin(call.objects, call.here, call.caller):
        raise denied(f"{call.caller.name} does not have {level.replace('_', ' ').title()} permissions on this run")


def _sees_run(call: Call, run: Body) -> bool:
    try:
        _need_run(call, run, "CAN_VIEW")
    except DatabricksFault:
        return False
    return True


def _get_run(call: Call) -> Answered:
    return _found_run(call, required(call.query, "run_id")[0], "CAN_VIEW")


def _get_output(call: Call) -> Answered:
    """Of a task's run; the run of a job has none of its own."""
    (key,) = required(call.query, "run_id")
    found = call.objects.get(OUTPUT, call.scope, str(key))
    if found is None:
        raise invalid(f"There is no output of run {key}: ask for that of a task's run, when it has ended")
    _need_run(call, found["metadata"], "CAN_VIEW")
    return found


def _list_runs(call: Call) -> Answered:
    found = [one for one in call.objects.all(RUN, call.scope)[::-1] if _sees_run(call, one)]
    if job := call.query.get("job_id"):
        found = [one for one in found if str(one["job_id"]) == job]
    return {"runs": found, "has_more": False}


def _cancel(call: Call) -> Answered:
    _found_run(call, required(call.body, "run_id")[0], "CAN_MANAGE_RUN")
    return {}


def _forget_run(call: Call) -> Answered:
    (key,) = required(call.body, "run_id")
    _found_run(call, key, "CAN_MANAGE")
    call.objects.delete(RUN, call.scope, str(key))
    return {}


def _each(method: str, path: str, handler: object) -> tuple[Route, ...]:
    return versions(0, 2, method, f"/jobs/{path}", handler)  # type: ignore[arg-type]


ROUTES: tuple[Route, ...] = (
    *_each("POST", "create", _create),
    *_each("POST", "reset", _reset),
    *_each("POST", "update", _update),
    *_each("POST", "delete", _delete),
    *_each("GET", "get", _get),
    *_each("GET", "list", _list),
    *_each("POST", "run-now", _run_now),
    *_each("POST", "runs/submit", _submit),
    *_each("POST", "runs/cancel", _cancel),
    *_each("POST", "runs/delete", _forget_run),
    *_each("GET", "runs/get", _get_run),
    *_each("GET", "runs/get-output", _get_output),
    *_each("GET", "runs/list", _list_runs),
)
