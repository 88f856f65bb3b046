"""Pausing an environment to save cost, and resuming it without loss: replication, crawlers' schedules, triggers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.platform.evidence import Paused
from lakewright.rehearse.platform.replicating import Replicator, replicators
from lakewright.rehearse.platform.stage import Stage

QUIET_SECONDS = 1.5
CATCH_UP_SECONDS = 90.0


@dataclass(frozen=True)
class Held:
    """What was running and is stopped now, to be started again."""

    replicators: tuple[Replicator, ...]
    crawlers: tuple[str, ...]
    triggers: tuple[str, ...]


def pause(stage: Stage) -> Held:
    """Stops replication, crawlers' schedules and scheduled triggers."""
    glue = stage.client("glue")
    running = [one for one in replicators(stage) if one.is_running()]
    for one in running:
        one.stop()
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
    for one in held.replicators:
        one.resume()
    for name in held.crawlers:
        glue.start_crawler_schedule(CrawlerName=name)
    for name in held.triggers:
        glue.start_trigger(Name=name)


def tried(stage: Stage, change: Callable[[], int]) -> Paused:
    """Pauses, lets the source change, resumes, and counts what of that arrives."""
    started = time.monotonic()
    held = pause(stage)
    before = sum(one.changes() for one in held.replicators)
    rows = change()
    for one in held.replicators:
        one.flush()
    time.sleep(QUIET_SECONDS)
    quiet = bool(held.replicators) and sum(one.changes() for one in held.replicators) == before
    resume(stage, held)
    missing, deadline = rows, time.monotonic() + CATCH_UP_SECONDS
    while missing > 0 and time.monotonic() < deadline:
        for one in held.replicators:
            one.flush()
        time.sleep(0.5)
        missing = max(0, rows - sum(one.changes() for one in held.replicators) + before)
    names = tuple(one.name for one in held.replicators)
    seconds = round(time.monotonic() - started, 2)
    return Paused(names, (*held.crawlers, *held.triggers), quiet, rows, missing, seconds)


def _crawlers(glue: Any) -> list[Any]:
    return [one for page in glue.get_paginator("get_crawlers").paginate() for one in page["Crawlers"]]


def _triggers(glue: Any) -> list[Any]:
    return [one for page in glue.get_paginator("get_triggers").paginate() for one in page["Triggers"]]
