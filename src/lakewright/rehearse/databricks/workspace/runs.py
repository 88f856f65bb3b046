"""Runs of jobs: their tasks in order, as the one whom the job runs as. What nothing here runs ends as skipped, and
says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.ended import FAILED, SKIPPED, SUCCESS, Ended
from lakewright.rehearse.databricks.workspace.tasks import NOT_RUN, run_task
from lakewright.rehearse.databricks.world import Call, Caller

RUN, OUTPUT = "run", "run_output"
FIRST = 100_000_001


def started(call: Call, settings: Body, creator: str, job: int, type_: str) -> Body:
    """A new run; it goes on in a thread. `creator`: who made the job."""
    key, now = call.objects.next(RUN, FIRST), call.world.now()
    tasks = [
        {"run_id": call.objects.next(RUN, FIRST), "task_key": one["task_key"], "start_time": now, **_state("PENDING")}
        for one in settings.get("tasks") or ()
    ]
    body: Body = {
        "run_id": key,
        "job_id": job,
        "run_name": settings.get("name") or settings.get("run_name") or "Untitled",
        "run_type": type_,
        "creator_user_name": call.caller.name,
        "start_time": now,
        "tasks": tasks,
        **_state("RUNNING"),
    }
    call.objects.put(RUN, call.scope, str(key), body)
    who = runs_as(call, settings, creator)
    runner = replace(call, caller=Caller(who.name, who.id, is_account_admin=False))
    given = {one["name"]: str(one.get("default", "")) for one in settings.get("parameters") or ()}
    given |= {name: str(value) for name, value in (call.body.get("job_parameters") or {}).items()}
    call.world.statements.later(lambda: _run(runner, settings, body, given))
    return {"run_id": key, "number_in_job": key}


def named_in(settings: Body, creator: str) -> str:
    """Whom a job's tasks run as: who is named, or who made it."""
    named = settings.get("run_as") or {}
    return str(named.get("user_name") or named.get("service_principal_name") or creator)


def runs_as(call: Call, settings: Body, creator: str) -> principals.Found:
    """Raises INVALID_PARAMETER_VALUE when nobody is called so."""
    name = named_in(settings, creator)
    found = principals.find(call.objects, name)
    if found is None or found.kind == principals.GROUP:
        raise invalid(f"run_as: there is no user or service principal {name}")
    return found


def _state(life: str, result: str = "", message: str = "") -> Body:
    state: Body = {"life_cycle_state": life, "state_message": message}
    return {"state": state | ({"result_state": result} if result else {})}


def _run(call: Call, settings: Body, body: Body, parameters: Mapping[str, str]) -> None:
    results: dict[str, str] = {}
    for task in _in_order(list(settings.get("tasks") or ())):
        ended = _ended(call, task, results, parameters)
        results[str(task["task_key"])] = ended.result
        shown = next(one for one in body["tasks"] if one["task_key"] == task["task_key"])
        life = "SKIPPED" if ended.result == SKIPPED else "TERMINATED"
        shown |= _state(life, "" if ended.result == SKIPPED else ended.result, ended.message)
        shown |= {"end_time": call.world.now()}
        said = {"logs": ended.logs} | ({"error": ended.message} if ended.result == FAILED else {})
        metadata = {key: body[key] for key in ("job_id", "creator_user_name")} | shown
        with call.objects.transaction():
            call.objects.put(OUTPUT, call.scope, str(shown["run_id"]), said | {"metadata": metadata})
            call.objects.put(RUN, call.scope, str(body["run_id"]), body)
    body |= _overall(results) | {"end_time": call.world.now()}
    with call.objects.transaction():
        call.objects.put(RUN, call.scope, str(body["run_id"]), body)


def _overall(results: Mapping[str, str]) -> Body:
    if FAILED in results.values():
        failed = ", ".join(key for key, result in results.items() if result == FAILED)
        return _state("TERMINATED", FAILED, f"Task {failed} failed")
    if SKIPPED in results.values() or not results:
        skipped = ", ".join(key for key, result in results.items() if result == SKIPPED)
        return _state("SKIPPED", "", f"{NOT_RUN} ({skipped})" if skipped else NOT_RUN)
    return _state("TERMINATED", SUCCESS)


def _in_order(tasks: list[Body]) -> Iterator[Body]:
    """Each after those that it depends on; there are no circles."""
    done: set[str] = set()
    while tasks:
        ready = [one for one in tasks if done.issuperset(d["task_key"] for d in one.get("depends_on") or ())]
        yield from ready
        done.update(str(one["task_key"]) for one in ready)
        tasks = [one for one in tasks if str(one["task_key"]) not in done]


def _ended(call: Call, task: Body, results: Mapping[str, str], parameters: Mapping[str, str]) -> Ended:
    before = [results[str(one["task_key"])] for one in task.get("depends_on") or ()]
    if FAILED in before:
        return Ended(SKIPPED, "A task before it failed")
    if SKIPPED in before:
        return Ended(SKIPPED, "A task before it was not run")
    return run_task(call, task, parameters)
