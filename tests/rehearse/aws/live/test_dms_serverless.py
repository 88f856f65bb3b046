"""A replication without an instance, through boto3; and what the local DMS does not play, refused by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearse.aws.live.dms_support import MAPPINGS, changes, endpoints, read
from tests.rehearse.aws.live.support import Cloud, cloud


@pytest.fixture
def here(database: str, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(database, tmp_path) as found:
        found.sql("create table customer (id bigint primary key, name text)", "insert into customer values (1, 'a')")
        yield found


def deploy(here: Cloud, *, settings: Any = None, mappings: Any = MAPPINGS, **target: Any) -> str:
    """Gives the ARN of a replication's configuration."""
    ends = endpoints(here, **target)
    made = here.client("dms").create_replication_config(
        ReplicationConfigIdentifier="shop",
        ReplicationType="full-load-and-cdc",
        SourceEndpointArn=ends["source"],
        TargetEndpointArn=ends["target"],
        TableMappings=json.dumps(mappings),
        ReplicationSettings=json.dumps(settings or {}),
        ComputeConfig={"MinCapacityUnits": 1, "MaxCapacityUnits": 4},
    )
    return str(made["ReplicationConfig"]["ReplicationConfigArn"])


def start(here: Cloud, arn: str, kind: str = "start-replication", **given: str) -> None:
    here.client("dms").start_replication(ReplicationConfigArn=arn, StartReplicationType=kind, **given)


def seen(here: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = here.client("dms").describe_replications()["Replications"][0]
    return found


def statistics(here: Cloud, arn: str) -> dict[str, Any]:
    found = here.client("dms").describe_replication_table_statistics(ReplicationConfigArn=arn)
    (row,) = found["ReplicationTableStatistics"]
    return dict(row)


def stop(here: Cloud, arn: str) -> None:
    here.client("dms").stop_replication(ReplicationConfigArn=arn)
    here.until(lambda: seen(here)["Status"] == "stopped")


def test_a_replication_without_an_instance(here: Cloud) -> None:
    dms, arn = here.client("dms"), deploy(here)
    assert seen(here)["Status"] == "created"
    with pytest.raises(ClientError, match="never started"):
        start(here, arn, "resume-processing")
    start(here, arn)
    here.until(lambda: seen(here)["ReplicationStats"]["FullLoadProgressPercent"] == 100)
    here.until(lambda: seen(here)["Status"] == "running")
    assert [(row["id"], row["name"]) for row in read(here, "shop/public/customer/LOAD")] == [(1, "a")]
    for refused in (
        lambda: start(here, arn),
        lambda: dms.modify_replication_config(ReplicationConfigArn=arn, ReplicationType="cdc"),
        lambda: dms.delete_replication_config(ReplicationConfigArn=arn),
    ):
        with pytest.raises(ClientError, match="InvalidResourceStateFault"):
            refused()

    here.sql("insert into customer values (2, 'b')")
    here.until(lambda: statistics(here, arn)["Inserts"] == 1)
    stop(here, arn)
    here.sql("update customer set name = 'while it was down' where id = 2")
    start(here, arn, "resume-processing")
    here.until(lambda: statistics(here, arn)["Updates"] == 1)
    here.until(lambda: here.live.world.metrics.metrics("111111111111"))
    (named,) = {metric.dimensions for metric in here.live.world.metrics.metrics("111111111111")}
    assert [name for name, _ in named] == ["ReplicationConfigIdentifier"]
    stop(here, arn)
    written = changes(read(here, "shop/public/customer/2"))
    assert written == [("I", 2, "b"), ("U", 2, "while it was down")]

    start(here, arn, "reload-target")
    here.until(lambda: len(read(here, "shop/public/customer/LOAD")) == 2)
    here.until(lambda: seen(here)["Status"] == "running")
    stop(here, arn)
    slots = "select count(*) from pg_replication_slots where database = current_database()"
    assert here.rows(slots) == [(1,)]
    dms.delete_replication_config(ReplicationConfigArn=arn)
    assert here.rows(slots) == [(0,)]


def test_one_table_is_loaded_again(here: Cloud) -> None:
    arn = deploy(here)
    start(here, arn)
    here.until(lambda: seen(here)["Status"] == "running" and statistics(here, arn)["FullLoadRows"] == 1)
    table = {"SchemaName": "public", "TableName": "customer"}
    here.client("dms").reload_replication_tables(ReplicationConfigArn=arn, TablesToReload=[table])
    here.until(lambda: statistics(here, arn)["FullLoadReloaded"] and statistics(here, arn)["FullLoadEndTime"])
    assert statistics(here, arn)["TableState"] == "Table completed"


@pytest.mark.parametrize(
    ("named", "target"),
    [("DataFormat csv", {"DataFormat": "csv"}), ("GlueCatalogGeneration", {"GlueCatalogGeneration": True})],
)
def test_a_target_that_is_not_played_is_refused(here: Cloud, named: str, target: dict[str, Any]) -> None:
    arn = deploy(here, **target)
    with pytest.raises(ClientError, match=f"LW370.*{named} is not played by the local DMS"):
        start(here, arn)
    assert read(here, "") == []


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ("ValidationSettings.EnableValidation", {"settings": {"ValidationSettings": {"EnableValidation": True}}}),
        ("table-settings", {"mappings": {"rules": [*MAPPINGS["rules"], {
            "rule-type": "table-settings", "rule-id": "2", "rule-name": "2",
            "object-locator": {"schema-name": "public", "table-name": "customer"},
            "parallel-load": {"type": "partitions-auto"},
        }]}}),
    ],
)  # fmt: skip
def test_what_a_task_cannot_do_here_fails_it_by_name(here: Cloud, named: str, given: dict[str, Any]) -> None:
    start(here, deploy(here, **given))
    here.until(lambda: seen(here)["Status"] == "failed")
    assert named in seen(here)["FailureMessages"][0]
    assert read(here, "") == []


@pytest.mark.parametrize("named", ["CdcStartPosition", "CdcStopPosition"])
def test_a_place_in_the_log_is_refused_by_name(here: Cloud, named: str) -> None:
    arn = deploy(here)
    with pytest.raises(ClientError, match=f"{named} is not played by the local DMS"):
        start(here, arn, **{named: "checkpoint:V1#1#00000000/00000001"})
    assert seen(here)["Status"] == "created"


def test_another_engine_is_refused_by_name(here: Cloud) -> None:
    ends = endpoints(here)
    dms = here.client("dms")
    dms.modify_endpoint(EndpointArn=ends["source"], EngineName="mysql")
    made = dms.create_replication_config(
        ReplicationConfigIdentifier="shop", ReplicationType="full-load", SourceEndpointArn=ends["source"],
        TargetEndpointArn=ends["target"], TableMappings=json.dumps(MAPPINGS), ComputeConfig={"MaxCapacityUnits": 2},
    )  # fmt: skip
    with pytest.raises(ClientError, match="the engine mysql is not played"):
        start(here, made["ReplicationConfig"]["ReplicationConfigArn"])
