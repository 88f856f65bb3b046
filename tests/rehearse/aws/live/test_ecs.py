"""The ingester as a deployed service; expected rows from the source database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import STREAMING
from lakewright.ingest.mappings import TableMapping
from lakewright.storage import open_storage
from tests.rehearse.aws.live.support import HOST, Cloud, cloud

pytestmark = pytest.mark.slow


@pytest.fixture
def here(database: str, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(database, tmp_path) as found:
        yield found


def deploy(here: Cloud, count: int = 1) -> None:
    """As the component `ingester` does."""
    here.bucket("bronze")
    here.bucket("scripts")
    settings = {
        "source": "shop",
        "database": "",
        "tls": "require",
        "tenant": None,
        "roots": {"bronze": "s3://bronze", "_lakewright": "s3://bronze/_lakewright"},
        "mapping": json.loads(TableMapping.from_patterns(["public.*"]).to_json()),
        "on_change": {},
        "tuning": {"flush_seconds": 0.25, "roll_seconds": 1.0},
    }
    here.client("s3").put_object(Bucket="scripts", Key="ingester/shop.json", Body=json.dumps(settings).encode())
    secret = here.secret("shop", host=HOST, username="u", password="not-used-here")
    task_role = here.role("task", "ecs-tasks.amazonaws.com", ())
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::bronze/*", "arn:aws:s3:::scripts/*"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    here.client("iam").put_role_policy(RoleName="task", PolicyName="lake", PolicyDocument=document)
    here.client("logs").create_log_group(logGroupName="/ecs/ingest")
    ecs = here.client("ecs")
    ecs.create_cluster(clusterName="ingest")
    log = {"awslogs-group": "/ecs/ingest", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ingester"}
    ecs.register_task_definition(
        family="ingest",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=here.role("start", "ecs-tasks.amazonaws.com"),
        taskRoleArn=task_role,
        containerDefinitions=[
            {
                "name": "ingester",
                "image": "lakewright:0.1.0",
                "essential": True,
                "entryPoint": ["python", "-m", "lakewright.ingest.task"],
                "command": ["--settings", "s3://scripts/ingester/shop.json"],
                "secrets": [{"name": "SOURCE_SECRET", "valueFrom": secret}],
                "logConfiguration": {"logDriver": "awslogs", "options": log},
            }
        ],
    )
    ecs.create_service(cluster="ingest", serviceName="ingest", taskDefinition="ingest", desiredCount=count)


def service(here: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = here.client("ecs").describe_services(cluster="ingest", services=["ingest"])["services"][0]
    return found


def bronze(here: Cloud, table: str) -> Any:
    state = Manifest(open_storage(str(here.aws.store.folder("bronze"))), "shop").load()
    return state.tables.get(table)


def test_the_ingester_runs_pauses_and_goes_on(here: Cloud) -> None:
    here.sql("create table customer (id int primary key)", "insert into customer select generate_series(1, 100)")
    deploy(here)
    found = here.until(lambda: (one := bronze(here, "customer")) is not None and one.status == STREAMING and one, 40)
    assert sum(file.rows for file in found.files) == here.rows("select count(*) from customer")[0][0]
    assert (service(here)["runningCount"], service(here)["deployments"][0]["rolloutState"]) == (1, "COMPLETED")
    (arn,) = here.client("ecs").list_tasks(cluster="ingest", serviceName="ingest")["taskArns"]
    stream = f"ingester/ingester/{arn.rpartition('/')[2]}"
    here.until(lambda: here.client("logs").get_log_events(logGroupName="/ecs/ingest", logStreamName=stream)["events"])

    here.client("ecs").update_service(cluster="ingest", service="ingest", desiredCount=0)
    assert service(here)["runningCount"] == 0
    here.sql("insert into customer select generate_series(101, 150)")
    here.client("ecs").update_service(cluster="ingest", service="ingest", desiredCount=1)
    here.until(lambda: sum(file.rows for file in bronze(here, "customer").files) == 150, 40)
    (arn,) = here.client("ecs").list_tasks(cluster="ingest", serviceName="ingest")["taskArns"]
    here.client("ecs").stop_task(cluster="ingest", task=arn)
    here.until(
        lambda: here.client("ecs").list_tasks(cluster="ingest", serviceName="ingest")["taskArns"] not in ([], [arn])
    )
    here.client("ecs").delete_service(cluster="ingest", service="ingest", force=True)
    assert here.client("ecs").list_tasks(cluster="ingest")["taskArns"] == []


def test_a_task_without_its_secret_fails_and_says_why(
    here: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(here, count=0)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    here.client("secretsmanager").delete_secret(SecretId="shop", ForceDeleteWithoutRecovery=True)
    here.client("ecs").update_service(cluster="ingest", service="ingest", desiredCount=1)
    (event, *_) = here.until(lambda: service(here)["events"])
    assert "unable to pull secrets" in event["message"]
    assert list((tmp_path / "tmp").glob("lakewright-ecs-*")) == []  # tried again and again, it leaves nothing
    assert service(here)["runningCount"] == 0


def test_other_images_are_not_played(here: Cloud) -> None:
    ecs = here.client("ecs")
    ecs.create_cluster(clusterName="web")
    container = {"name": "app", "image": "nginx:1", "essential": True, "memory": 128}
    ecs.register_task_definition(family="web", containerDefinitions=[container])
    ecs.create_service(cluster="web", serviceName="web", taskDefinition="web", desiredCount=1)
    (found,) = ecs.describe_services(cluster="web", services=["web"])["services"]
    assert (found["desiredCount"], found["runningCount"]) == (1, 0)
