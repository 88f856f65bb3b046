"""Jobs, crawlers, triggers and workflows through boto3, with scripts uploaded to the bucket."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from deltalake import write_deltalake

from tests.rehearse.aws.live.support import ACCOUNT, Cloud, cloud

ECHO = """
import json, os, sys, urllib.request
buckets = json.loads(os.environ["LAKEWRIGHT_BUCKETS"])
said = {"argv": sys.argv[1:], "buckets": sorted(buckets), "home": os.environ["HOME"], "keys": sorted(os.environ)}
open(buckets["lake"] + "/said.json", "w").write(json.dumps(said))
print("all is well")
"""
IMPORTS = """
import json, os, zipped, words
buckets = json.loads(os.environ["LAKEWRIGHT_BUCKETS"])
said = [zipped.WORD, zipped.__file__, words.WORD, words.__file__, words.__cached__, os.path.exists(words.__cached__)]
open(buckets["lake"] + "/said.json", "a").write(json.dumps(said) + chr(10))
"""
FAILS_ONCE = """
import json, os
folder = json.loads(os.environ["LAKEWRIGHT_BUCKETS"])["lake"]
marker = folder + "/tried"
if not os.path.exists(marker):
    open(marker, "w").close()
    raise SystemExit("not yet")
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Cloud]:
    with cloud("", tmp_path) as found:
        found.bucket("lake")
        found.bucket("other")
        found.role("job", "glue.amazonaws.com", ("glue:*", "lakeformation:GetDataAccess"))
        allow = {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        found.client("iam").put_role_policy(RoleName="job", PolicyName="lake", PolicyDocument=document)
        yield found


def job(here: Cloud, name: str, script: str, **settings: Any) -> None:
    key = f"scripts/{name}.py"
    here.client("s3").put_object(Bucket="lake", Key=key, Body=script.encode())
    here.client("glue").create_job(
        Name=name,
        Role=f"arn:aws:iam::{ACCOUNT}:role/job",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://lake/{key}", "PythonVersion": "3"},
        GlueVersion="5.0",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        **settings,
    )


def ended(here: Cloud, name: str, run: str) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = here.client("glue").get_job_run(JobName=name, RunId=run)["JobRun"]
        return found if found["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING") else None

    found: dict[str, Any] = here.until(over)
    return found


def test_a_script_runs_with_its_arguments_and_nothing_else(here: Cloud) -> None:
    arguments = {"--TempDir": "s3://lake/tmp/", "--mode": "full", "--job-bookmark-option": "job-bookmark-enable"}
    job(here, "echo", ECHO, DefaultArguments=arguments)
    run = here.client("glue").start_job_run(JobName="echo", Arguments={"--mode": "fast"})["JobRunId"]
    found = ended(here, "echo", run)
    assert (found["JobRunState"], found.get("ErrorMessage")) == ("SUCCEEDED", None)
    said = json.loads(here.client("s3").get_object(Bucket="lake", Key="said.json")["Body"].read())
    pairs = dict(zip(said["argv"][::2], said["argv"][1::2], strict=True))
    assert pairs == {
        "--JOB_NAME": "echo", "--JOB_ID": "j_echo", "--JOB_RUN_ID": run, "--TempDir": "s3://lake/tmp/",
        "--mode": "fast", "--job-bookmark-option": "job-bookmark-enable",
    }  # fmt: skip
    assert said["buckets"] == ["lake"], "the role's policies name no other"
    assert not any(name.startswith("PYTEST") or name == "LAKEWRIGHT_REQUIRE" for name in said["keys"])
    events = here.client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run)["events"]
    assert [one["message"] for one in events] == ["all is well"]
    entry = here.client("glue").get_job_bookmark(JobName="echo")["JobBookmarkEntry"]
    assert (entry["Run"], entry["RunId"]) == (1, run)
    assert here.client("glue").reset_job_bookmark(JobName="echo")["JobBookmarkEntry"]["Run"] == 0


def archive(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in files.items():
            made.writestr(zipfile.ZipInfo(f"{name}.py"), text)
    return out.getvalue()


def test_packages_are_installed_once_and_files_used_as_they_are(here: Cloud) -> None:
    s3 = here.client("s3")
    s3.put_object(Bucket="lake", Key="zipped.zip", Body=archive(zipped="WORD = 'zip'"))
    name = "words-1-py3-none-any.whl"
    s3.put_object(Bucket="lake", Key=name, Body=archive(words="WORD = 'one'"))
    brought = {"--extra-py-files": "s3://lake/zipped.zip", "--additional-python-modules": f"six==1.16,s3://lake/{name}"}
    job(here, "imports", IMPORTS, DefaultArguments=brought)
    for word in ("one", "one", "two"):
        s3.put_object(Bucket="lake", Key=name, Body=archive(words=f"WORD = '{word}'"))
        run = here.client("glue").start_job_run(JobName="imports")["JobRunId"]
        assert ended(here, "imports", run)["JobRunState"] == "SUCCEEDED"
    lines = s3.get_object(Bucket="lake", Key="said.json")["Body"].read().splitlines()
    first, again, other = (json.loads(line) for line in lines)
    assert (first[0], first[2], other[2]) == ("zip", "one", "two")
    assert ".zip" in first[1]
    assert first[5], "compiled before the job begins"
    assert first[3] == again[3] != other[3]


def test_a_failed_run_is_tried_again(here: Cloud) -> None:
    job(here, "flaky", FAILS_ONCE, MaxRetries=1)
    run = here.client("glue").start_job_run(JobName="flaky")["JobRunId"]
    first = ended(here, "flaky", run)
    assert first["JobRunState"] == "FAILED"
    assert "not yet" in first["ErrorMessage"]
    here.until(lambda: len(here.client("glue").get_job_runs(JobName="flaky")["JobRuns"]) == 2)
    second = ended(here, "flaky", f"{run}_attempt_1")
    assert (second["JobRunState"], second["Attempt"], second["PreviousRunId"]) == ("SUCCEEDED", 1, run)


def test_a_run_ends_at_its_timeout_and_when_it_is_stopped(here: Cloud) -> None:
    job(here, "slow", "import time\ntime.sleep(60)", ExecutionProperty={"MaxConcurrentRuns": 1})
    glue = here.client("glue")
    run = glue.start_job_run(JobName="slow", Timeout=5)["JobRunId"]
    with pytest.raises(ClientError, match="ConcurrentRunsExceeded"):
        glue.start_job_run(JobName="slow")
    here.until(lambda: glue.get_job_run(JobName="slow", RunId=run)["JobRun"]["JobRunState"] == "RUNNING")
    here.live.clock.move(301)
    assert ended(here, "slow", run)["JobRunState"] == "TIMEOUT"
    run = glue.start_job_run(JobName="slow")["JobRunId"]
    here.until(lambda: glue.get_job_run(JobName="slow", RunId=run)["JobRun"]["JobRunState"] == "RUNNING")
    assert glue.batch_stop_job_run(JobName="slow", JobRunIds=[run])["SuccessfulSubmissions"]
    assert ended(here, "slow", run)["JobRunState"] == "STOPPED"


def test_a_missing_script_is_a_launch_error(here: Cloud) -> None:
    job(here, "lost", "")
    here.client("s3").delete_object(Bucket="lake", Key="scripts/lost.py")
    run = here.client("glue").start_job_run(JobName="lost")["JobRunId"]
    assert "LAUNCH ERROR" in ended(here, "lost", run)["ErrorMessage"]


def crawled(here: Cloud, name: str) -> dict[str, Any]:
    glue = here.client("glue")
    glue.start_crawler(Name=name)

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
        return found if found["State"] == "READY" else None

    found: dict[str, Any] = here.until(over)
    return found


def test_a_crawler_makes_tables_of_files_and_follows_them(here: Cloud) -> None:
    glue, folder = here.client("glue"), here.aws.store.folder("lake")
    glue.create_database(DatabaseInput={"Name": "bronze"})
    for path in ("public/customer/LOAD00000001.parquet", "public/order/load_date=2026-01-01/a.parquet"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"id": pa.array([1], pa.int64()), "name": ["a"]}), folder / path)
    (folder / "_lakewright").mkdir()
    (folder / "_lakewright" / "x.json").write_text("{}")
    glue.create_crawler(
        Name="files",
        Role="job",
        DatabaseName="bronze",
        Targets={"S3Targets": [{"Path": "s3://lake/", "Exclusions": ["_lakewright/**", "scripts/**"]}]},
        Configuration=json.dumps({"Version": 1, "Grouping": {"TableLevelConfiguration": 3}}),
    )
    crawler = crawled(here, "files")
    assert (crawler["LastCrawl"]["Status"], crawler["LastCrawl"].get("ErrorMessage")) == ("SUCCEEDED", None)
    tables = {one["Name"]: one for one in glue.get_tables(DatabaseName="bronze")["TableList"]}
    assert sorted(tables) == ["customer", "order"]
    columns = [(one["Name"], one["Type"]) for one in tables["customer"]["StorageDescriptor"]["Columns"]]
    assert columns == [("id", "bigint"), ("name", "string")]
    assert [one["Name"] for one in tables["order"]["PartitionKeys"]] == ["load_date"]
    more = folder / "public/order/load_date=2026-01-02/b.parquet"
    more.parent.mkdir()
    pq.write_table(pa.table({"id": pa.array([2], pa.int64()), "name": ["b"], "new": [1.5]}), more)
    crawled(here, "files")
    metrics = glue.get_crawler_metrics(CrawlerNameList=["files"])["CrawlerMetricsList"][0]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (0, 1)
    values = [one["Values"] for one in glue.get_partitions(DatabaseName="bronze", TableName="order")["Partitions"]]
    assert sorted(values) == [["2026-01-01"], ["2026-01-02"]]


def test_a_crawler_reads_delta_logs(here: Cloud) -> None:
    glue, folder = here.client("glue"), here.aws.store.folder("lake")
    glue.create_database(DatabaseInput={"Name": "silver"})
    rows = pa.table({"id": pa.array([1], pa.int32()), "day": ["x"]})
    write_deltalake(str(folder / "silver" / "order"), rows, partition_by=["day"])
    tables = ["s3://lake/silver/order/", "s3://lake/silver/later/"]
    glue.create_crawler(
        Name="delta",
        Role="job",
        DatabaseName="silver",
        Targets={"DeltaTargets": [{"DeltaTables": tables, "CreateNativeDeltaTable": True}]},
    )
    assert crawled(here, "delta")["LastCrawl"]["Status"] == "SUCCEEDED"
    (table,) = glue.get_tables(DatabaseName="silver")["TableList"]
    assert [one["Name"] for one in table["StorageDescriptor"]["Columns"]] == ["id"]
    assert ([one["Name"] for one in table["PartitionKeys"]], table["Parameters"]["table_type"]) == (["day"], "DELTA")


def test_a_workflow_chains_jobs_and_crawlers(here: Cloud) -> None:
    glue = here.client("glue")
    glue.create_database(DatabaseInput={"Name": "gold"})
    job(here, "first", FAILS_ONCE, MaxRetries=1)
    job(here, "second", "print('second')")
    job(here, "never", "print('never')")
    glue.create_crawler(
        Name="last", Role="job", DatabaseName="gold", Targets={"DeltaTargets": [{"DeltaTables": ["s3://lake/gold/x/"]}]}
    )
    glue.create_workflow(Name="flow", MaxConcurrentRuns=1)
    after = lambda name, state: {  # noqa: E731
        "Logical": "AND",
        "Conditions": [{"LogicalOperator": "EQUALS", "JobName": name, "State": state}],
    }
    trigger = {"WorkflowName": "flow", "StartOnCreation": True}
    glue.create_trigger(Name="begin", Type="ON_DEMAND", Actions=[{"JobName": "first"}], WorkflowName="flow")
    conditional: dict[str, Any] = {"Type": "CONDITIONAL", **trigger}
    glue.create_trigger(
        Name="then", Predicate=after("first", "SUCCEEDED"), Actions=[{"JobName": "second"}], **conditional
    )
    glue.create_trigger(
        Name="crawl", Predicate=after("second", "SUCCEEDED"), Actions=[{"CrawlerName": "last"}], **conditional
    )
    glue.create_trigger(Name="sorry", Predicate=after("first", "FAILED"), Actions=[{"JobName": "never"}], **conditional)
    run = glue.start_workflow_run(Name="flow")["RunId"]
    with pytest.raises(ClientError, match="ConcurrentRunsExceeded"):
        glue.start_workflow_run(Name="flow")
    here.until(lambda: glue.get_workflow_run(Name="flow", RunId=run)["Run"]["Status"] == "COMPLETED")
    statistics = glue.get_workflow_run(Name="flow", RunId=run)["Run"]["Statistics"]
    assert (statistics["SucceededActions"], statistics["FailedActions"], statistics["TotalActions"]) == (3, 0, 4)
    assert glue.get_job_runs(JobName="never")["JobRuns"] == []
    nodes = glue.get_workflow_run(Name="flow", RunId=run, IncludeGraph=True)["Run"]["Graph"]["Nodes"]
    assert {(one["Type"], one["Name"]) for one in nodes} >= {("JOB", "second"), ("CRAWLER", "last")}
    assert glue.get_workflow(Name="flow")["Workflow"]["LastRun"]["WorkflowRunId"] == run


def test_a_schedule_starts_when_its_time_comes(here: Cloud) -> None:
    glue = here.client("glue")
    job(here, "nightly", "print('night')")
    glue.create_trigger(
        Name="at-three",
        Type="SCHEDULED",
        Schedule="cron(0 3 * * ? *)",
        Actions=[{"JobName": "nightly"}],
        StartOnCreation=True,
    )
    assert glue.get_job_runs(JobName="nightly")["JobRuns"] == []
    here.live.clock.move(24 * 3600)
    (run,) = here.until(lambda: glue.get_job_runs(JobName="nightly")["JobRuns"])
    assert run["TriggerName"] == "at-three"
