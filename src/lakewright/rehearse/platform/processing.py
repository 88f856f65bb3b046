"""Crawlers and the workflow, through Glue's own API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakewright.rehearse.platform.evidence import Cataloged, JobRun
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

CRAWL_SECONDS = 180.0
WORKFLOW_SECONDS = 900.0


def crawlers(stage: Stage, layer: str = "") -> tuple[str, ...]:
    """The environment's crawlers, or those of one layer's database."""
    glue = stage.client("glue")
    found = [one for page in glue.get_paginator("get_crawlers").paginate() for one in page["Crawlers"]]
    return tuple(one["Name"] for one in found if not layer or one["DatabaseName"].endswith(layer))


def crawl(stage: Stage, names: Sequence[str]) -> Mapping[str, str]:
    """Runs crawlers and waits for them; the outcome of each."""
    glue = stage.client("glue")
    for name in names:
        glue.start_crawler(Name=name)

    def finished(name: str) -> str | None:
        crawler = glue.get_crawler(Name=name)["Crawler"]
        return str(crawler["LastCrawl"]["Status"]) if crawler["State"] == "READY" and "LastCrawl" in crawler else None

    return {name: until(lambda name=name: finished(name), f"crawler {name}", CRAWL_SECONDS) for name in names}  # type: ignore[misc]


def crawled(stage: Stage) -> Mapping[str, str]:
    """The outcome of each crawler's last run; those that never ran are left out."""
    glue = stage.client("glue")
    found = {name: glue.get_crawler(Name=name)["Crawler"] for name in crawlers(stage)}
    return {name: str(one["LastCrawl"]["Status"]) for name, one in found.items() if "LastCrawl" in one}


def cataloged(stage: Stage, database: str, expected: frozenset[str]) -> Cataloged:
    """What the catalog has of a database, beside what it must have."""
    pages = stage.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
    return Cataloged(database, expected, frozenset(one["Name"] for page in pages for one in page["TableList"]))


@dataclass(frozen=True)
class WorkflowRun:
    """A workflow's run: `status` as Glue says it, `NONE` where there is no workflow."""

    status: str
    jobs: tuple[JobRun, ...]


def run_workflow(stage: Stage) -> WorkflowRun:
    """Starts the environment's workflow and waits for its end."""
    glue = stage.client("glue")
    names = glue.list_workflows()["Workflows"]
    if not names:
        return WorkflowRun("NONE", ())
    run = glue.start_workflow_run(Name=names[0])["RunId"]

    def finished() -> Mapping[str, Any] | None:
        found: Mapping[str, Any] = glue.get_workflow_run(Name=names[0], RunId=run, IncludeGraph=True)["Run"]
        return None if found["Status"] in ("RUNNING", "STOPPING") else found

    done = until(finished, f"workflow {names[0]}", WORKFLOW_SECONDS, pause=0.5)
    nodes = done.get("Graph", {}).get("Nodes", [])
    runs = [one for node in nodes for one in node.get("JobDetails", {}).get("JobRuns", [])]
    return WorkflowRun(str(done["Status"]), tuple(_job(one) for one in runs))


def _job(run: Mapping[str, Any]) -> JobRun:
    begun, ended = run.get("StartedOn"), run.get("CompletedOn")
    known = isinstance(begun, datetime) and isinstance(ended, datetime)
    seconds = (ended - begun).total_seconds() if known else float(run.get("ExecutionTime", 0))  # type: ignore[operator]
    return JobRun(run["JobName"], run["JobRunState"], round(seconds, 1), run.get("ErrorMessage", ""))
