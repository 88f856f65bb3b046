"""A local AWS that is kept: what a person finds again after it was stopped, or after it crashed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.live.memory import Memory
from lakewright.rehearse.aws.live.metric_store import Metric, MetricStore
from tests.rehearse.aws.live.support import ACCOUNT, Cloud, cloud

ROLE = f"arn:aws:iam::{ACCOUNT}:role/job"
STATE = ("AlarmName", "StateValue", "StateReason", "StateUpdatedTimestamp")
SLOW = "import time\ntime.sleep(600)"


def deploy(here: Cloud, script: str) -> None:
    """A workflow of a crawler and a job, and an alarm."""
    glue = here.client("glue")
    here.bucket("lake")
    here.role("job", "glue.amazonaws.com")
    here.client("s3").put_object(Bucket="lake", Key="job.py", Body=script.encode())
    here.client("s3").put_object(Bucket="lake", Key="data/item/a.csv", Body=b"id,name\n1,a\n")
    glue.create_database(DatabaseInput={"Name": "bronze"})
    target = {"S3Targets": [{"Path": "s3://lake/data/item"}]}
    glue.create_crawler(Name="files", Role=ROLE, DatabaseName="bronze", Targets=target)
    glue.create_job(
        Name="load", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://lake/job.py"}, GlueVersion="5.0",
        DefaultArguments={"--job-bookmark-option": "job-bookmark-enable"},
    )  # fmt: skip
    glue.create_workflow(Name="daily")
    actions = [{"CrawlerName": "files"}, {"JobName": "load"}]
    glue.create_trigger(Name="begin", WorkflowName="daily", Type="ON_DEMAND", Actions=actions)
    here.client("cloudwatch").put_metric_alarm(
        AlarmName="too-many", Namespace="Shop", MetricName="errors", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=3, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip


def asked(here: Cloud, run: str) -> dict[str, Any]:
    """All that is shown of the past. When a thing was made is asked again at a restart, so those times are new."""
    glue, watch = here.client("glue"), here.client("cloudwatch")
    day = timedelta(days=1)
    found = {
        "job runs": glue.get_job_runs(JobName="load"),
        "workflow run": glue.get_workflow_run(Name="daily", RunId=run, IncludeGraph=True),
        "crawler": glue.get_crawler(Name="files"),
        "crawls": glue.get_crawler_metrics(CrawlerNameList=["files"]),
        "metrics": watch.list_metrics(Namespace="Shop"),
        "figures": watch.get_metric_statistics(
            Namespace="Shop", MetricName="errors", Period=86_400, Statistics=["Sum", "SampleCount", "Maximum"],
            StartTime=datetime.now(UTC) - day, EndTime=datetime.now(UTC) + day,
        ),
        "alarms": watch.describe_alarms(),
        "history": watch.describe_alarm_history(AlarmName="too-many"),
    }  # fmt: skip
    for one in found.values():
        del one["ResponseMetadata"]
    plain: dict[str, Any] = dict(found)
    plain["crawler"] = plain["crawler"]["Crawler"]["LastCrawl"]
    plain["alarms"] = [{name: one[name] for name in STATE} for one in plain["alarms"]["MetricAlarms"]]
    return plain


def question(here: Cloud) -> str:
    athena = here.client("athena")
    result = {"OutputLocation": "s3://lake/results/"}
    query = str(
        athena.start_query_execution(QueryString="SELECT 3 AS n", ResultConfiguration=result)["QueryExecutionId"]
    )
    here.until(
        lambda: athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    )
    return query


def answer(here: Cloud, query: str) -> list[str]:
    rows = here.client("athena").get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [row["Data"][0]["VarCharValue"] for row in rows]


def begin(here: Cloud) -> str:
    return str(here.client("glue").start_workflow_run(Name="daily")["RunId"])


def status(here: Cloud, run: str) -> str:
    return str(here.client("glue").get_workflow_run(Name="daily", RunId=run)["Run"]["Status"])


def test_runs_figures_and_alarms_are_there_after_a_restart(tmp_path: Path) -> None:
    with cloud("", tmp_path, keep=True) as here:
        deploy(here, "print('done')")
        run = begin(here)
        here.until(lambda: status(here, run) == "COMPLETED")
        figures = [{"MetricName": "errors", "Value": value} for value in (1.0, 5.0)]
        here.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=figures)
        here.until(lambda: here.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"])
        before = asked(here, run)
        bookmark = here.client("glue").get_job_bookmark(JobName="load")["JobBookmarkEntry"]
        query = question(here)
    assert [one["JobRunState"] for one in before["job runs"]["JobRuns"]] == ["SUCCEEDED"]
    assert before["crawler"]["Status"] == "SUCCEEDED"
    assert (tmp_path / "live" / "memory.json").stat().st_mode & 0o777 == 0o600
    with cloud("", tmp_path, keep=True) as here:
        assert asked(here, run) == before
        assert answer(here, query) == ["n", "3"]
        assert here.client("glue").get_job_bookmark(JobName="load")["JobBookmarkEntry"] == bookmark
        again = begin(here)
        here.until(lambda: status(here, again) == "COMPLETED")
        found = here.client("glue").get_workflow_run(Name="daily", RunId=again)["Run"]
        assert found["PreviousRunId"] == run
        assert here.client("glue").get_job_bookmark(JobName="load")["JobBookmarkEntry"]["Run"] == bookmark["Run"] + 1


def test_what_ran_when_it_crashed_has_ended(tmp_path: Path) -> None:
    with cloud("", tmp_path, keep=True) as here:
        deploy(here, SLOW)
        run = begin(here)
        here.until(lambda: here.client("glue").get_job_runs(JobName="load")["JobRuns"][0]["JobRunState"] == "RUNNING")
        here.live.remembering(tmp_path / "then.json").save()
    shutil.move(tmp_path / "then.json", tmp_path / "live" / "memory.json")
    with cloud("", tmp_path, keep=True) as here:
        (job,) = here.client("glue").get_job_runs(JobName="load")["JobRuns"]
        assert (job["JobRunState"], job["ErrorMessage"]) == ("STOPPED", "the local AWS ended while it ran")
        assert status(here, run) == "ERROR"
        begin(here)  # it does not count as running


def test_the_moved_clock_stays_and_schedules_are_not_made_up_for(tmp_path: Path) -> None:
    with cloud("", tmp_path, keep=True) as here:
        deploy(here, "print('done')")
        actions, soon = [{"JobName": "load"}], datetime.now(UTC) + timedelta(minutes=30)
        once = f"cron({soon.minute} {soon.hour} {soon.day} {soon.month} ? {soon.year})"
        here.client("glue").create_trigger(
            Name="once", Type="SCHEDULED", Schedule=once, Actions=actions, StartOnCreation=True
        )
        here.live.clock.move(3600)
        here.until(lambda: here.client("glue").get_job_runs(JobName="load")["JobRuns"])
        ahead = here.live.clock.ahead
    with cloud("", tmp_path, keep=True) as here:
        assert here.live.clock.ahead == ahead
        here.live.ticker.look()
        assert len(here.client("glue").get_job_runs(JobName="load")["JobRuns"]) == 1


def test_a_memory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    for text in ("{", '{"version": 0, "parts": {}}'):
        path.write_text(text)
        with pytest.raises(ProblemError, match="LW1425"):
            Memory(path, {}, lambda: 0.0).recall()


def test_it_is_saved_from_time_to_time(tmp_path: Path) -> None:
    path, now = tmp_path / "memory.json", [0.0]
    store = MetricStore()
    memory = Memory(path, {"metrics": store}, lambda: now[0])
    memory.look(datetime.now(UTC))
    assert not path.exists()
    now[0] = 20.0
    memory.look(datetime.now(UTC))
    assert path.exists()


def test_old_figures_are_kept_by_the_minute() -> None:
    """ "Data points with a period of less than 60 seconds are available for 3 hours." (CloudWatch user guide)"""
    store, metric = MetricStore(), Metric("Shop", "errors", (("Shop", "one"),))
    newest = 1_000_000 * 60.0
    for back in range(0, 5 * 3600, 10):
        store.put(ACCOUNT, metric, float(back % 7), newest - back)
    again = MetricStore()
    again.recall(store.kept())
    assert again.metrics(ACCOUNT) == [metric]
    window = (ACCOUNT, metric, newest - 6 * 3600, newest + 60, 60)
    for statistic in ("Sum", "SampleCount", "Minimum", "Maximum"):
        values = [[(one.start, one.value(statistic)) for one in some.points(*window)] for some in (store, again)]
        assert values[0] == values[1]
    counts = [len(one.samples) for one in again.points(*window)]
    assert (counts[0], counts[-2]) == (1, 6)
