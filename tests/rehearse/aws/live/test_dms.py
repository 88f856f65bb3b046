"""A DMS task through boto3, from its endpoints to files in the bucket; expected values from the source database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearse.aws.live.dms_support import MAPPINGS, changes, endpoints, read
from tests.rehearse.aws.live.support import HOST, Cloud, cloud


@pytest.fixture
def here(database: str, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(database, tmp_path) as found:
        yield found


def deploy(here: Cloud, host: str = HOST, **target: Any) -> dict[str, str]:
    """Gives the ARNs of task, instance and endpoints."""
    dms, ends = here.client("dms"), endpoints(here, host, **target)
    instance = dms.create_replication_instance(
        ReplicationInstanceIdentifier="ri", ReplicationInstanceClass="dms.t3.medium"
    )["ReplicationInstance"]["ReplicationInstanceArn"]
    task = dms.create_replication_task(
        ReplicationTaskIdentifier="shop-task",
        SourceEndpointArn=ends["source"],
        TargetEndpointArn=ends["target"],
        ReplicationInstanceArn=instance,
        MigrationType="full-load-and-cdc",
        TableMappings=json.dumps(MAPPINGS),
        ReplicationTaskSettings=json.dumps({"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}),
    )["ReplicationTask"]["ReplicationTaskArn"]
    return {"task": task, "instance": instance, **ends}


def tried(here: Cloud, arns: dict[str, str]) -> list[dict[str, Any]]:
    dms = here.client("dms")
    for name in ("source", "target"):
        dms.test_connection(ReplicationInstanceArn=arns["instance"], EndpointArn=arns[name])

    def over() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = dms.describe_connections()["Connections"]
        return found if all(one["Status"] != "testing" for one in found) else []

    found: list[dict[str, Any]] = here.until(over)
    return found


def task_of(here: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = here.client("dms").describe_replication_tasks()["ReplicationTasks"][0]
    return found


def start(here: Cloud, arns: dict[str, str], kind: str = "start-replication") -> None:
    here.client("dms").start_replication_task(ReplicationTaskArn=arns["task"], StartReplicationTaskType=kind)


def test_a_task_from_start_to_deletion(here: Cloud) -> None:
    here.sql(
        "create table customer (id bigint primary key, name text, active boolean)",
        "insert into customer select n, 'c' || n, n % 2 = 0 from generate_series(1, 50) n",
    )
    arns = deploy(here)
    assert task_of(here)["Status"] == "ready"
    with pytest.raises(ClientError, match="Test connection"):
        start(here, arns)
    assert {one["Status"] for one in tried(here, arns)} == {"successful"}
    start(here, arns)
    here.until(lambda: task_of(here)["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100)
    assert task_of(here)["Status"] == "running"
    loaded = read(here, "shop/public/customer/LOAD")
    source = here.rows("select id, name, active from customer order by id")
    assert [(row["id"], row["name"], row["active"]) for row in loaded] == source

    here.sql("insert into customer values (51, 'new', true)", "delete from customer where id = 1")
    statistics = lambda: here.client("dms").describe_table_statistics(ReplicationTaskArn=arns["task"])  # noqa: E731
    (row,) = here.until(lambda: [one for one in statistics()["TableStatistics"] if one["Deletes"]])
    assert (row["FullLoadRows"], row["Inserts"], row["Deletes"], row["TableState"]) == (50, 1, 1, "Table completed")
    here.live.dms.flush()
    here.until(lambda: len(read(here, "shop/public/customer/2")) == 2)
    assert changes(read(here, "shop/public/customer/2")) == [("I", 51, "new"), ("D", 1, None)]

    dms = here.client("dms")
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        dms.delete_replication_task(ReplicationTaskArn=arns["task"])
    dms.stop_replication_task(ReplicationTaskArn=arns["task"])
    here.until(lambda: task_of(here)["Status"] == "stopped")
    here.sql("update customer set name = 'later' where id = 2")
    with pytest.raises(ClientError, match="valid only for tasks running for the first time"):
        start(here, arns)
    start(here, arns, "resume-processing")
    here.until(lambda: task_of(here)["Status"] == "running")
    here.until(lambda: statistics()["TableStatistics"][0]["Updates"] == 1)
    dms.stop_replication_task(ReplicationTaskArn=arns["task"])
    here.until(lambda: task_of(here)["Status"] == "stopped")
    assert changes(read(here, "shop/public/customer/2"))[2:] == [("U", 2, "later")]

    slots = "select count(*) from pg_replication_slots where database = current_database()"
    assert here.rows(slots) == [(1,)]
    dms.delete_replication_task(ReplicationTaskArn=arns["task"])
    assert here.rows(slots) == [(0,)]


def test_latency_is_a_metric(here: Cloud) -> None:
    here.sql("create table customer (id bigint primary key)")
    arns = deploy(here)
    tried(here, arns)
    start(here, arns)
    here.until(lambda: task_of(here)["Status"] == "running")
    here.until(lambda: here.live.world.metrics.metrics("111111111111"))
    names = {metric.name for metric in here.live.world.metrics.metrics("111111111111")}
    assert {"CDCLatencySource", "CDCLatencyTarget"} <= names


def test_a_host_without_a_stand_in_is_refused(here: Cloud) -> None:
    arns = deploy(here, host="db.example.com")
    found = {one["EndpointIdentifier"]: one for one in tried(here, arns)}
    assert found["source"]["Status"] == "failed"
    assert "LW1450" in found["source"]["LastFailureMessage"]
    assert found["target"]["Status"] == "successful"


def test_a_bucket_that_is_not_there_fails_the_test(here: Cloud) -> None:
    arns = deploy(here, BucketName="elsewhere")
    found = {one["EndpointIdentifier"]: one for one in tried(here, arns)}
    assert found["target"]["Status"] == "failed"


def test_a_secret_without_a_password_fails_the_test(here: Cloud) -> None:
    arns = deploy(here)
    here.client("secretsmanager").put_secret_value(SecretId="shop", SecretString=json.dumps({"host": HOST}))
    found = {one["EndpointIdentifier"]: one for one in tried(here, arns)}
    assert "lacks username and password" in found["source"]["LastFailureMessage"]


def test_a_lost_slot_fails_the_task_until_it_is_reloaded(here: Cloud) -> None:
    here.sql("create table customer (id bigint primary key)", "insert into customer values (1)")
    arns = deploy(here)
    tried(here, arns)
    start(here, arns)
    here.until(lambda: task_of(here)["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100)
    here.client("dms").stop_replication_task(ReplicationTaskArn=arns["task"])
    here.until(lambda: task_of(here)["Status"] == "stopped")
    here.sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()")
    topic = here.client("sns").create_topic(Name="broken")["TopicArn"]
    pattern = {"source": ["aws.dms"], "detail": {"eventType": ["REPLICATION_TASK_FAILED"]}}
    here.client("events").put_rule(Name="broken", EventPattern=json.dumps(pattern))
    here.client("events").put_targets(Rule="broken", Targets=[{"Id": "1", "Arn": topic}])
    start(here, arns, "resume-processing")
    here.until(lambda: task_of(here)["Status"] == "failed")
    here.until(lambda: here.live.inbox.letters("broken"))
    assert "LW372" in task_of(here)["LastFailureMessage"]
    start(here, arns, "reload-target")
    here.until(lambda: task_of(here)["Status"] == "running")


@pytest.mark.slow
def test_a_running_task_goes_on_after_a_restart(database: str, tmp_path: Path) -> None:
    with cloud(database, tmp_path, keep=True) as here:
        here.sql("create table customer (id bigint primary key, name text)", "insert into customer values (1, 'a')")
        arns = deploy(here)
        tried(here, arns)
        start(here, arns)
        here.until(lambda: task_of(here)["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100)
    here.sql("insert into customer values (2, 'while it was down')")
    with cloud(database, tmp_path, keep=True) as here:
        here.until(lambda: task_of(here)["Status"] == "running")
        here.until(lambda: task_of(here).get("RecoveryCheckpoint"))
        (row,) = here.client("dms").describe_table_statistics(ReplicationTaskArn=arns["task"])["TableStatistics"]
        assert (row["FullLoadRows"], row["TableState"]) == (1, "Table completed")
        assert {one["Status"] for one in here.client("dms").describe_connections()["Connections"]} == {"successful"}
        here.client("dms").stop_replication_task(ReplicationTaskArn=arns["task"])
        here.until(lambda: task_of(here)["Status"] == "stopped")
        assert changes(read(here, "shop/public/customer/2")) == [("I", 2, "while it was down")]
    with cloud(database, tmp_path, keep=True) as here:
        assert task_of(here)["Status"] == "stopped"
        here.client("dms").delete_replication_task(ReplicationTaskArn=arns["task"])
