"""What tasks of jobs run: SQL files and SQL notebooks, the entry of this package's wheel, dbt projects."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from lakewright.errors import LakewrightError
from lakewright.rehearse.databricks.faults import DatabricksFault
from lakewright.rehearse.databricks.sql.problems import SqlProblem
from lakewright.rehearse.databricks.sql.words import split
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.workspace.dbt_tasks import run_dbt
from lakewright.rehearse.databricks.workspace.ended import FAILED, SKIPPED, SUCCESS, Ended, NotRun, TaskFailed
from lakewright.rehearse.databricks.workspace.files import content_of
from lakewright.rehearse.databricks.workspace.wheel_tasks import run_wheel
from lakewright.rehearse.databricks.world import Call

NOT_RUN = (
    "Nothing was run: the local Databricks runs SQL files and notebooks, Lakewright's own wheel and dbt, no others"
)
NOTEBOOK, CELL, MAGIC = "-- Databricks notebook source", "-- COMMAND ----------", "-- MAGIC"

Run = Callable[[Call, Body, Mapping[str, str]], str]
"""Runs a task as the caller, with the job's parameters; what it said."""


@dataclass(frozen=True)
class Work:
    """Statements, and their named parameters."""

    statements: tuple[str, ...]
    parameters: Mapping[str, str]


def run_task(call: Call, task: Body, parameters: Mapping[str, str]) -> Ended:
    """Runs a task to its end, as the caller. A mistake of the local Databricks ends it too, and is written down."""
    run = next((run for kind, run in KINDS.items() if task.get(kind)), _nothing)
    try:
        return Ended(SUCCESS, logs=run(call, task, parameters))
    except NotRun as why:
        return Ended(SKIPPED, str(why))
    except TaskFailed as failed:
        return Ended(FAILED, str(failed), failed.logs)
    except (SqlProblem, DatabricksFault, LakewrightError) as problem:
        return Ended(FAILED, str(problem))
    except Exception as error:  # whoever waits for the run would wait for ever
        return Ended(FAILED, call.world.statements.failed(error, f"task {task.get('task_key')}"))


def _nothing(_call: Call, _task: Body, _parameters: Mapping[str, str]) -> str:
    raise NotRun(NOT_RUN)


def _sql(call: Call, task: Body, parameters: Mapping[str, str]) -> str:
    with call.objects.transaction():
        work = _work(call, task)
    given = [{"name": name, "value": value} for name, value in {**parameters, **work.parameters}.items()]
    for statement in work.statements:
        call.world.statements.run(replace(call, body={"parameters": given}), statement)
    return ""


def _work(call: Call, task: Body) -> Work:
    """Raises NotRun for what nothing here runs."""
    if notebook := task.get("notebook_task"):
        body = content_of(call, notebook.get("notebook_path"))
        return Work(tuple(_cells(body)), _texts(notebook.get("base_parameters")))
    file = task["sql_task"].get("file")
    if not file:
        raise NotRun(NOT_RUN)
    text = base64.b64decode(content_of(call, file.get("path"))["content"]).decode(errors="replace")
    return Work(tuple(split(text)), _texts(task["sql_task"].get("parameters")))


def _cells(body: Body) -> Iterator[str]:
    text = base64.b64decode(body["content"]).decode(errors="replace")
    if body.get("language") != "SQL" and not text.startswith(NOTEBOOK):
        raise NotRun(NOT_RUN)
    cells = text.removeprefix(NOTEBOOK).split(CELL)
    if any(line.startswith(MAGIC) for cell in cells for line in cell.splitlines()):
        raise NotRun(NOT_RUN)
    for cell in cells:
        yield from split(cell)


def _texts(given: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


KINDS: Mapping[str, Run] = {
    "sql_task": _sql,
    "notebook_task": _sql,
    "python_wheel_task": run_wheel,
    "dbt_task": run_dbt,
}
