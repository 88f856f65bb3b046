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
    return dict(next(iter(found["ReplicationTableStatistics"]), {}))


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
    here.until(lambda: statistics(here, arn).get("TableState") == "Table completed")
    here.until(lambda: seen(here)["Status"] == "running")
    table = {"SchemaName": "public", "TableName": "customer"}
    here.client("dms").reload_replication_tables(ReplicationConfigArn=arn, TablesToReload=[table])

    def again() -> bool:
        found = statistics(here, arn)
        return found["FullLoadReloaded"] and "FullLoadEndTime" in found  # which there is none of while it is loaded

    here.until(again)
    assert statistics(here, arn)["TableState"] == "Table completed"


def endpoint(here: Cloud, kind: str) -> dict[str, Any]:
    found = here.client("dms").describe_endpoints(Filters=[{"Name": "endpoint-type", "Values": [kind]}])
    return dict(found["Endpoints"][0])


def test_endpoints_that_are_not_played_are_refused_by_name(here: Cloud) -> None:
    dms, arn = here.client("dms"), deploy(here)
    target, source = endpoint(here, "target"), endpoint(here, "source")
    for named, given in (
        ("DataFormat csv", {"DataFormat": "csv"}),
        ("GlueCatalogGeneration", {"GlueCatalogGeneration": True}),
    ):
        dms.modify_endpoint(EndpointArn=target["EndpointArn"], S3Settings={**target["S3Settings"], **given})
        with pytest.raises(ClientError, match=f"LW370.*{named} is not played by the local DMS"):
            start(here, arn)
    dms.modify_endpoint(EndpointArn=source["EndpointArn"], EngineName="mysql")
    with pytest.raises(ClientError, match="the engine mysql is not played"):
        start(here, arn)
    assert (read(here, ""), seen(here)["Status"]) == ([], "created")


def test_what_a_task_cannot_do_here_is_refused_by_name(here: Cloud) -> None:
    arn = deploy(here, settings={"ValidationSettings": {"EnableValidation": True}})
    for named in ("CdcStartPosition", "CdcStopPosition"):
        with pytest.raises(ClientError, match=f"{named} is not played by the local DMS"):
            start(here, arn, **{named: "checkpoint:V1#1#00000000/00000001"})
    assert seen(here)["Status"] == "created"
    start(here, arn)
    here.until(lambda: seen(here)["Status"] == "failed")
    assert "ValidationSettings.EnableValidation is not played" in seen(here)["FailureMessages"][0]

    parallel = {
        "rule-type": "table-settings", "rule-id": "2", "rule-name": "2",
        "object-locator": {"schema-name": "public", "table-name": "customer"},
        "parallel-load": {"type": "partitions-auto"},
    }  # fmt: skip
    mappings = json.dumps({"rules": [*MAPPINGS["rules"], parallel]})
    here.client("dms").modify_replication_config(
        ReplicationConfigArn=arn, ReplicationSettings="{}", TableMappings=mappings
    )
    start(here, arn)
    here.until(lambda: "table-settings" in seen(here).get("FailureMessages", [""])[0])
    assert read(here, "") == []
