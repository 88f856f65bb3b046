"""Glue's operations that do something, and what shows how it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.live.glue.crawlers import Crawlers
from lakewright.rehearse.aws.live.glue.jobs import Jobs, Kept
from lakewright.rehearse.aws.live.glue.workflows import Workflows
from lakewright.rehearse.aws.live.world import Work, World
from lakewright.rehearse.aws.live.writes import Writes

Body = Mapping[str, Any]
PAGE = 100


class Glue:
    """The live handler of `glue`."""

    def __init__(self, world: World, work: Work, accounts: Sequence[Moto], writes: Writes) -> None:
        self._writes = writes
        self.jobs, self.crawlers = Jobs(world, work), Crawlers(world, work)
        self.workflows = Workflows(world, self.jobs, self.crawlers, accounts)

    def answer(self, asked: Asked, moto: Moto) -> Body | None:
        self._writes.answer(asked, moto)
        operation = OPERATIONS.get(asked.operation)
        return None if operation is None else operation(self, asked.parameters, moto)

    def look(self, now: datetime) -> None:
        self.workflows.look(now)

    def close(self) -> None:
        self.jobs.close()

    # ── jobs ──

    def start_job(self, body: Body, moto: Moto) -> Body:
        return {"JobRunId": self.jobs.start(moto, str(body["JobName"]), body).id}

    def job_run(self, body: Body, moto: Moto) -> Body:
        return {"JobRun": self.jobs.find(moto, str(body["JobName"]), str(body["RunId"])).shape()}

    def job_runs(self, body: Body, moto: Moto) -> Body:
        name = str(body["JobName"])
        moto.call("glue", "GetJob", JobName=name)
        shapes = [run.shape() for run in reversed(self.jobs.runs(moto, name))]
        return _page(shapes, "JobRuns", body)

    def stop_jobs(self, body: Body, moto: Moto) -> Body:
        done, errors = [], []
        name = str(body["JobName"])
        for run_id in body["JobRunIds"]:
            one = {"JobName": name, "JobRunId": run_id}
            try:
                self.jobs.stop(self.jobs.find(moto, name, str(run_id)))
                done.append(one)
            except Fault as fault:
                detail = {"ErrorCode": fault.code, "ErrorMessage": fault.message}
                errors.append({**one, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": done, "Errors": errors}

    def bookmark(self, body: Body, moto: Moto) -> Body:
        name = str(body["JobName"])
        found = self.jobs.bookmark(moto, name)
        if found is None:
            raise Fault("EntityNotFoundException", f"Continuation for job {name} not found")
        return {"JobBookmarkEntry": _bookmark(name, found)}

    def reset_bookmark(self, body: Body, moto: Moto) -> Body:
        name = str(body["JobName"])
        return {"JobBookmarkEntry": _bookmark(name, self.jobs.reset_bookmark(moto, name))}

    # ── crawlers ──

    def start_crawler(self, body: Body, moto: Moto) -> Body:
        self.crawlers.start(moto, str(body["Name"]))
        return {}

    def stop_crawler(self, body: Body, moto: Moto) -> Body:
        self.crawlers.stop(moto, str(body["Name"]))
        return {}

    def crawler(self, body: Body, moto: Moto) -> Body:
        return {"Crawler": self._shown(moto.call("glue", "GetCrawler", **body)["Crawler"], moto)}

    def all_crawlers(self, body: Body, moto: Moto) -> Body:
        found = moto.call("glue", "GetCrawlers", **body)
        return {**found, "Crawlers": [self._shown(one, moto) for one in found["Crawlers"]]}

    def some_crawlers(self, body: Body, moto: Moto) -> Body:
        found = moto.call("glue", "BatchGetCrawlers", **body)
        return {**found, "Crawlers": [self._shown(one, moto) for one in found["Crawlers"]]}

    def _shown(self, stored: Body, moto: Moto) -> dict[str, Any]:
        crawls = self.crawlers.crawls(moto, str(stored["Name"]))
        found = {key: value for key, value in stored.items() if key != "LastCrawl"} | {"State": "READY"}
        if crawls and crawls[-1].active:
            found["State"] = "STOPPING" if crawls[-1].stopping else "RUNNING"
        ended = [one for one in crawls if not one.active]
        return found | ({"LastCrawl": ended[-1].last()} if ended else {})

    def crawler_metrics(self, body: Body, moto: Moto) -> Body:
        names = body.get("CrawlerNameList") or [one["Name"] for one in moto.call("glue", "GetCrawlers")["Crawlers"]]
        found = []
        for name in names:
            crawls = self.crawlers.crawls(moto, str(name))
            last = crawls[-1] if crawls else None
            seconds = sorted(one.seconds for one in crawls if not one.active)
            found.append(
                {
                    "CrawlerName": name,
                    "StillEstimating": False,
                    "TimeLeftSeconds": 0.0,
                    "LastRuntimeSeconds": last.seconds if last else 0.0,
                    "MedianRuntimeSeconds": seconds[len(seconds) // 2] if seconds else 0.0,
                    "TablesCreated": len(last.created) if last else 0,
                    "TablesUpdated": len(last.updated) if last else 0,
                    "TablesDeleted": 0,
                }
            )
        return {"CrawlerMetricsList": found}

    # ── workflows and triggers ──

    def start_workflow(self, body: Body, moto: Moto) -> Body:
        run = self.workflows.start(moto, str(body["Name"]), body.get("RunProperties"))
        return {"RunId": run.id}

    def workflow_run(self, body: Body, moto: Moto) -> Body:
        run = self.workflows.find(moto, str(body["Name"]), str(body["RunId"]))
        graph = {"Graph": run.graph(_of_workflow(moto, run.name))} if body.get("IncludeGraph") else {}
        return {"Run": run.shape() | graph}

    def workflow_runs(self, body: Body, moto: Moto) -> Body:
        runs = reversed(self.workflows.runs(moto, str(body["Name"])))
        return _page([run.shape() for run in runs], "Runs", body)

    def stop_workflow(self, body: Body, moto: Moto) -> Body:
        self.workflows.stop(self.workflows.find(moto, str(body["Name"]), str(body["RunId"])))
        return {}

    def workflow(self, body: Body, moto: Moto) -> Body:
        found = moto.call("glue", "GetWorkflow", **body)
        runs = self.workflows.runs(moto, str(body["Name"]))
        last = {"LastRun": runs[-1].shape()} if runs else {}
        return {**found, "Workflow": {**found["Workflow"], **last}}

    def run_properties(self, body: Body, moto: Moto) -> Body:
        run = self.workflows.find(moto, str(body["Name"]), str(body["RunId"]))
        return {"RunProperties": dict(run.properties)}

    def put_run_properties(self, body: Body, moto: Moto) -> Body:
        run = self.workflows.find(moto, str(body["Name"]), str(body["RunId"]))
        run.properties |= {str(key): str(value) for key, value in body["RunProperties"].items()}
        return {}

    def start_trigger(self, body: Body, moto: Moto) -> Body:
        """One on demand fires; others are activated."""
        trigger = moto.call("glue", "GetTrigger", Name=body["Name"])["Trigger"]
        if trigger["Type"] == "ON_DEMAND":
            self.workflows.fire(moto, str(body["Name"]))
        else:
            moto.call("glue", "StartTrigger", Name=body["Name"])
        return {"Name": body["Name"]}


def _of_workflow(moto: Moto, name: str) -> list[Body]:
    return [one for one in moto.call("glue", "GetTriggers")["Triggers"] if one.get("WorkflowName") == name]


def _bookmark(name: str, kept: Kept) -> dict[str, Any]:
    found: dict[str, Any] = {"JobName": name, "Version": kept.version, "Run": kept.run, "Attempt": kept.attempt}
    if kept.run_id:
        found["RunId"] = kept.run_id
    if kept.previous:
        found["PreviousRunId"] = kept.previous
    return found


def _page(found: Sequence[Any], name: str, body: Body) -> dict[str, Any]:
    begin, most = int(body.get("NextToken") or 0), int(body.get("MaxResults") or PAGE)
    page: dict[str, Any] = {name: found[begin : begin + most]}
    return page | ({"NextToken": str(begin + most)} if len(found) > begin + most else {})


Operation = Callable[[Glue, Body, Moto], Body | None]
OPERATIONS: Mapping[str, Operation] = {
    "StartJobRun": Glue.start_job,
    "GetJobRun": Glue.job_run,
    "GetJobRuns": Glue.job_runs,
    "BatchStopJobRun": Glue.stop_jobs,
    "GetJobBookmark": Glue.bookmark,
    "ResetJobBookmark": Glue.reset_bookmark,
    "StartCrawler": Glue.start_crawler,
    "StopCrawler": Glue.stop_crawler,
    "GetCrawler": Glue.crawler,
    "GetCrawlers": Glue.all_crawlers,
    "BatchGetCrawlers": Glue.some_crawlers,
    "GetCrawlerMetrics": Glue.crawler_metrics,
    "StartWorkflowRun": Glue.start_workflow,
    "GetWorkflowRun": Glue.workflow_run,
    "GetWorkflowRuns": Glue.workflow_runs,
    "StopWorkflowRun": Glue.stop_workflow,
    "GetWorkflow": Glue.workflow,
    "GetWorkflowRunProperties": Glue.run_properties,
    "PutWorkflowRunProperties": Glue.put_run_properties,
    "StartTrigger": Glue.start_trigger,
}
