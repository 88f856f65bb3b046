"""zoned-promotion and data-services, applied by the real Terraform to the local AWS, changed in place, destroyed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakewright.infra.compile import compile_environment
from lakewright.observe import ignore
from lakewright.rehearse.platform.stage import Options, Stage, staged
from lakewright.spec import load_project

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.timeout(1500)]

ACCOUNT = "111111111111"


def write(folder: Path, blueprint: str, more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "platform.yaml").write_text(
        f"lakewright: 1\nplatform: acme\nblueprint: {blueprint}@1\nenvironments:\n"
        f'  dev:\n    account: "{ACCOUNT}"\n{more}'
    )


def applied(stage: Stage) -> dict[str, dict[str, int]]:
    """Applies all stacks and looks again: stack → what was done. Nothing may be left to do."""
    outcome = stage.stacks.roll_out()
    assert outcome.failed == {}
    again = stage.stacks.differences()
    assert again.failed == {}
    left = {name: planned.said.changes for name, planned in again.done.items() if planned.changed}
    assert left == {}
    return {name: dict(done.did) for name, done in outcome.done.items()}


def destroyed(stage: Stage) -> None:
    outcome = stage.stacks.take_down()
    assert outcome.failed == {}
    assert stage.client("s3").list_buckets()["Buckets"][0]["Name"] == stage.compiled.state_bucket  # all that is left
    assert len(stage.client("s3").list_buckets()["Buckets"]) == 1


def changed(stage: Stage, folder: Path, blueprint: str, more: str) -> dict[str, dict[str, int]]:
    """Applies the spec with `infra` of dev as `more` says."""
    write(folder, blueprint, more)
    stage.compiled = compile_environment(load_project(folder), "dev")
    stage.prepare()
    stage.ready.clear()  # prepared anew: initialised anew
    return applied(stage)


def until(done: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come to an end"
        time.sleep(0.5)


def test_zoned_promotion(tmp_path: Path) -> None:
    folder = tmp_path / "zones"
    write(folder, "zoned-promotion")
    with staged(load_project(folder), Options("dev"), ignore) as stage:
        stage.prepare()
        did = applied(stage)
        assert did["foundation"]["add"] > 100
        s3 = stage.client("s3")
        raw = f"acme-dev-raw-{ACCOUNT}"
        with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
            s3.put_object(Bucket=raw, Key="a/b.csv", Body=b"1", ServerSideEncryption="AES256")
        s3.put_object(Bucket=raw, Key="a/b.csv", Body=b"1")
        _artifacts_are_taken_in(stage)
        more = "    infra: {node: {instance_type: t3.medium}, zones: {buckets: {working: {expire: 21d}}}}\n"
        did = changed(stage, folder, "zoned-promotion", more)
        assert (did["compute"]["add"], did["compute"]["change"], did["compute"]["remove"]) == (0, 1, 0)
        assert (did["foundation"]["add"], did["foundation"]["change"]) == (0, 1)
        destroyed(stage)


def _artifacts_are_taken_in(stage: Stage) -> None:
    """The deployed function files what was uploaded with its digest, and puts aside what was not."""
    s3, bucket = stage.client("s3"), stage.compiled.place.bucket("artifacts")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    s3.put_object(Bucket=bucket, Key="incoming/job.whl", Body=b"a wheel", Metadata={"sha256": digest})
    s3.put_object(Bucket=bucket, Key="incoming/other.whl", Body=b"another", Metadata={"sha256": digest})

    def keys() -> set[str]:
        return {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}

    filed = {f"releases/{digest}/job.whl", "rejected/other.whl", "rejected/other.whl.reason.json"}
    until(lambda: keys() == filed)


@pytest.mark.full
def test_data_services(tmp_path: Path) -> None:
    folder = tmp_path / "services"
    write(folder, "data-services")
    with staged(load_project(folder), Options("dev"), ignore) as stage:
        stage.prepare()
        applied(stage)
        _files_flow(stage)
        _secrets_are_nowhere_else(stage)
        one_more = "fargate: {services: {data-processing-service: {count: 1}}}"
        more = f"    infra: {{{one_more}, ecr: {{repositories: {{data-jobs: {{keep: 5}}}}}}}}\n"
        did = changed(stage, folder, "data-services", more)
        assert (did["tasks"]["add"], did["tasks"]["change"], did["tasks"]["remove"]) == (0, 1, 0)
        assert (did["images"]["change"], did["images"]["remove"]) == (1, 0) or did["images"]["add"] == 1
        destroyed(stage)


def _files_flow(stage: Stage) -> None:
    """Files that are dropped into raw/ come out of the workflow as tables, rows that break a rule do not."""
    s3, glue = stage.client("s3"), stage.client("glue")
    lake = stage.compiled.place.bucket("lake")
    events = [{"event_id": n if n % 20 else None, "at": "2026-01-01T00:00:00", "who": n % 7} for n in range(200)]
    s3.put_object(Bucket=lake, Key="raw/events/2026/a.jsonl", Body="\n".join(map(json.dumps, events)).encode())
    s3.put_object(Bucket=lake, Key="raw/feeds/prices.csv", Body=b"id,price\n1,2.5\n2,3\n")
    [workflow] = glue.list_workflows()["Workflows"]
    run = glue.start_workflow_run(Name=workflow)["RunId"]

    def state() -> dict[str, Any]:
        found: dict[str, Any] = glue.get_workflow_run(Name=workflow, RunId=run)["Run"]
        return found

    until(lambda: state()["Status"] != "RUNNING")
    jobs = {
        name: [one["JobRunState"] for one in glue.get_job_runs(JobName=name)["JobRuns"]]
        for name in glue.list_jobs()["JobNames"]
    }
    assert jobs == {"acme-dev-data-processing": ["SUCCEEDED"], "acme-dev-data-quality": ["SUCCEEDED"]}
    until(lambda: all(one["State"] == "READY" and one.get("LastCrawl") for one in glue.get_crawlers()["Crawlers"]))
    tables = {table["Name"] for table in glue.get_tables(DatabaseName="data_lake_catalog")["TableList"]}
    assert tables == {"raw_events", "raw_feeds", "processed_events", "processed_feeds"}
    outputs = stage.compiled.place.bucket("outputs")
    [report_file] = s3.list_objects_v2(Bucket=outputs)["Contents"]
    report = json.loads(s3.get_object(Bucket=outputs, Key=report_file["Key"])["Body"].read())
    assert sorted((one["rows"], one["bad"]) for one in report["files"].values()) == [(2, 0), (200, 10)]


def _secrets_are_nowhere_else(stage: Stage) -> None:
    """Each random part is a value of its own, and no state has any of them."""
    manager, s3 = stage.client("secretsmanager"), stage.client("s3")
    random = ("password", "jwt_secret", "api_key", "encryption_key", "webhook_secret")
    values = [
        text
        for one in manager.list_secrets()["SecretList"]
        for part, text in json.loads(manager.get_secret_value(SecretId=one["ARN"])["SecretString"]).items()
        if part in random
    ]
    assert len(values) == len(set(values)) == 9
    bucket = stage.compiled.state_bucket
    states = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert len(states) == len(stage.compiled.stacks)
    for key in states:
        state = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        assert not [value for value in values if value in state]
