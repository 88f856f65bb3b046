"""Pausing an environment to save cost, and resuming it without loss: replication, crawlers' schedules, triggers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.platform import replicating
from lakewright.rehearse.platform.evidence import Paused
from lakewright.rehearse.platform.replicating import Task
from lakewright.rehearse.platform.stage import Stage


@dataclass(frozen=True)
class Held:
    """What was running and is stopped now, to be started again."""

    tasks: tuple[Task, ...]
    crawlers: tuple[str, ...]
    triggers: tuple[str, ...]


def pause(stage: Stage) -> Held:
    """Stops replication tasks, crawlers' schedules and scheduled triggers."""
    glue = stage.client("glue")
    running = [one for one in replicating.tasks(stage) if replicating.described(stage, one)["Status"] == "running"]
    for task in running:
        replicating.stop(stage, task)
    crawlers = tuple(one["Name"] for one in _crawlers(glue) if one.get("Schedule", {}).get("State") == "SCHEDULED")
    for name in crawlers:
        glue.stop_crawler_schedule(CrawlerName=name)
    triggers = tuple(
        one["Name"] for one in _triggers(glue) if one["Type"] == "SCHEDULED" and one["State"] == "ACTIVATED"
    )
    for name in triggers:
        glue.stop_trigger(Name=name)
    return Held(tuple(running), crawlers, triggers)


def resume(stage: Stage, held: Held) -> None:
    """Starts what `pause` stopped, from where it was."""
    glue = stage.client("glue")
    for task in held.tasks:
        replicating.start(stage, task, "resume-processing")
    for name in held.crawlers:
        glue.start_crawler_schedule(CrawlerName=name)
    for name in held.triggers:
        glue.start_trigger(Name=name)


def tried(stage: Stage, change: Callable[[], int]) -> Paused:
    """Pauses, lets the source change, resumes, and counts what of that arrives."""
    started = time.monotonic()
    counts = {task.arn: replicating.changes(stage, task) for task in replicating.tasks(stage)}
    held = pause(stage)
    rows = change()
    stage.services.dms.flush()
    time.sleep(1)
    quiet = all(replicating.changes(stage, task) == counts[task.arn] for task in held.tasks)
    resume(stage, held)
    missing = rows if held.tasks else 0
    deadline = time.monotonic() + 60
    while missing > 0 and time.monotonic() < deadline:
        stage.services.dms.flush()
        time.sleep(0.5)
        arrived = sum(replicating.changes(stage, task) for task in held.tasks) - sum(counts.values())
        missing = max(0, rows - arrived)
    names = tuple(task.name for task in held.tasks)
    seconds = round(time.monotonic() - started, 2)
    return Paused(names, (*held.crawlers, *held.triggers), quiet, rows, missing, seconds)


def _crawlers(glue: Any) -> list[Any]:
    return [one for page in glue.get_paginator("get_crawlers").paginate() for one in page["Crawlers"]]


def _triggers(glue: Any) -> list[Any]:
    return [one for page in glue.get_paginator("get_triggers").paginate() for one in page["Triggers"]]
