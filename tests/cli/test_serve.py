"""`lakewright serve` as a process: start, connect, stop, start again."""

from __future__ import annotations

import configparser
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from tests.support.small_lake import build

PLATFORM = """lakewright: 1
platform: shop
sources:
  shop: {postgres: {url: "${DB}", tables: [public.*]}}
access:
  users:
    root: {groups: [admins]}
    ana: {groups: [analysts]}
    ben: {groups: [tenants], attributes: {ids: [1, 2]}}
  personas:
    Admin: {groups: [admins], administrator: true}
    Analyst: {groups: [analysts]}
    Tenant: {groups: [tenants]}
  grants:
    - {to: Admin, on: "*.*", can: all, classes: "*"}
    - {to: Analyst, on: silver.*}
    - {to: Analyst, on: scratch.*, can: all}
    - {to: Tenant, on: silver.*, rows: id in user.ids, columns: [id]}
"""


CALLER = 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text(PLATFORM)
    build(tmp_path / "lake")
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lakewright", "serve", *arguments]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XDG_"))}
    return kept | more


@contextmanager
def started(project: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        command("-C", str(project), "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**more),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def once(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    full = command("-C", str(project), *arguments)
    return subprocess.run(full, capture_output=True, text=True, env=environment(), timeout=30, check=False)


def session(facts: dict[str, Any], who: str) -> boto3.Session:
    found = configparser.ConfigParser()
    found.read(facts["credentials"])
    keys = found[who]
    return boto3.Session(keys["aws_access_key_id"], keys["aws_secret_access_key"], region_name="us-east-1")


def query(facts: dict[str, Any], who: str, statement: str) -> list[list[str | None]]:
    athena = session(facts, who).client("athena", endpoint_url=facts["endpoint"])
    started = athena.start_query_execution(QueryString=statement, WorkGroup="primary")
    name = {"QueryExecutionId": started["QueryExecutionId"]}
    while True:
        status = athena.get_query_execution(**name)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
    assert status["State"] == "SUCCEEDED", status
    rows = athena.get_query_results(**name)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]


def test_from_start_to_end(project: Path) -> None:
    with started(project) as (process, facts):
        assert (facts["ok"], facts["command"], facts["principals"]) == (True, "serve", ["ana", "ben", "root"])
        credentials = Path(facts["credentials"])
        assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
        assert stat.S_IMODE(credentials.parent.stat().st_mode) == 0o700
        assert query(facts, "ana", "SELECT id, price FROM silver.item ORDER BY id") == [
            ["id", "price"],
            ["1", "10"],
            ["2", "2"],
            ["3", "30"],
        ]
        assert query(facts, "ben", "SELECT * FROM silver.item ORDER BY id") == [["id"], ["1"], ["2"]]
        again = once(project)
        assert again.returncode == 1
        assert f"process {process.pid} " in again.stderr
        shell = once(project, "--shell", "ana").stdout
        assert f"export AWS_ENDPOINT_URL={facts['endpoint']}" in shell
        asked = subprocess.run(
            [
                "sh",
                "-c",
                f'{shell}\n{sys.executable} -c "$0"',
                CALLER,
            ],
            capture_output=True,
            text=True,
            check=True,
            env=environment(AWS_ACCESS_KEY_ID="AKIAOTHER", AWS_SECRET_ACCESS_KEY="x"),
        )
        assert asked.stdout == "arn:aws:iam::000000000000:user/ana\n"
        assert "nobody" in once(project, "--shell", "nobody").stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert not credentials.exists()
    assert "does not run" in once(project, "--shell", "ana").stderr


def test_statistics_of_columns_are_of_what_the_caller_sees(project: Path) -> None:
    where = {"DatabaseName": "silver", "TableName": "item", "ColumnNames": ["id", "price", "none"]}
    with started(project) as (process, facts):

        def counted(who: str) -> tuple[dict[str, Any], list[str]]:
            glue = session(facts, who).client("glue", endpoint_url=facts["endpoint"])
            found = glue.get_column_statistics_for_table(**where)
            data = {
                one["ColumnName"]: one["StatisticsData"]["LongColumnStatisticsData"]
                for one in found["ColumnStatisticsList"]
            }
            return data, [one["ColumnName"] for one in found["Errors"]]

        ids = {"MinimumValue": 1, "MaximumValue": 3, "NumberOfNulls": 0, "NumberOfDistinctValues": 3}
        prices = {"MinimumValue": 2, "MaximumValue": 30, "NumberOfNulls": 0, "NumberOfDistinctValues": 3}
        assert counted("ana") == ({"id": ids, "price": prices}, ["none"])
        own = {"MinimumValue": 1, "MaximumValue": 2, "NumberOfNulls": 0, "NumberOfDistinctValues": 2}
        assert counted("ben") == ({"id": own}, ["price", "none"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_after_a_crash_it_starts_again_with_new_keys_and_the_old_objects(project: Path) -> None:
    with started(project) as (process, before):
        s3 = session(before, "ana").client("s3", endpoint_url=before["endpoint"])
        s3.put_object(Bucket=before["buckets"][0], Key="kept", Body=b"x")
        old = session(before, "ana")
        process.kill()
        process.wait()
    with started(project) as (process, facts):
        s3 = session(facts, "ana").client("s3", endpoint_url=facts["endpoint"])
        assert s3.get_object(Bucket=facts["buckets"][0], Key="kept")["Body"].read() == b"x"
        with pytest.raises(botocore.exceptions.ClientError, match="InvalidAccessKeyId"):
            old.client("s3", endpoint_url=facts["endpoint"]).list_buckets()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_edits_are_in_force_while_it_runs(project: Path) -> None:
    """Users go and come, grants shrink; a broken edit changes nothing and is told once."""
    with started(project) as (process, facts):
        old = session(facts, "ana").client("athena", endpoint_url=facts["endpoint"])
        ben = "{groups: [tenants], attributes: {ids: [3]}}"
        edited = PLATFORM.replace("    ana: {groups: [analysts]}\n", "    eve: {groups: [analysts]}\n")
        edited = edited.replace("{groups: [tenants], attributes: {ids: [1, 2]}}", ben)
        edited += "query:\n  workgroups: {night: {for: [Analyst]}}\n"
        (project / "platform.yaml").write_text(edited)
        until(lambda: "[eve]" in Path(facts["credentials"]).read_text())
        with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClientException"):
            old.list_work_groups()
        assert "[ana]" not in Path(facts["credentials"]).read_text()
        assert query(facts, "ben", "SELECT * FROM silver.item ORDER BY id") == [["id"], ["3"]]
        eve = session(facts, "eve").client("athena", endpoint_url=facts["endpoint"])
        assert "night" in [one["Name"] for one in eve.list_work_groups()["WorkGroups"]]
        log = next((project / ".lakewright" / "logs").glob("serve-*.jsonl"))
        (project / "platform.yaml").write_text(edited.replace("to: Tenant", "to: Nobody"))
        until(lambda: "serve.not_reread" in log.read_text())
        assert query(facts, "ben", "SELECT * FROM silver.item ORDER BY id") == [["id"], ["3"]]
        (project / "platform.yaml").write_text(PLATFORM)
        until(lambda: "[ana]" in Path(facts["credentials"]).read_text())
        with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClientException"):
            old.list_work_groups()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert process.stderr is not None
        told = process.stderr.read().splitlines()
        assert [line.partition(":")[0] for line in told] == [
            "the project's files were read again",
            "the project's files are broken, and what they said before stays in force",
            "the project's files were read again",
        ]
        assert "Nobody" in told[1]


def test_the_runtime_folder(project: Path, tmp_path: Path) -> None:
    private, public = tmp_path / "private", tmp_path / "public"
    for folder, mode in ((private, 0o700), (public, 0o755)):
        folder.mkdir()
        folder.chmod(mode)
    with started(project, XDG_RUNTIME_DIR=str(private)) as (_, facts):
        assert Path(facts["credentials"]).is_relative_to(private)
    with started(project, XDG_RUNTIME_DIR=str(public)) as (_, facts):
        assert Path(facts["credentials"]).is_relative_to(project / ".lakewright")


def test_what_cannot_start_says_why(project: Path) -> None:
    (project / "platform.yaml").write_text(PLATFORM.split("access:")[0])
    found = once(project, "--json")
    assert found.returncode == 2
    assert json.loads(found.stdout)["errors"][0]["code"] == "LW1410"
