"""CloudWatch's calls through boto3, on a running port, with a real service behind it that ran real queries."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lakewright.engines import open_engine
from lakewright.governance import Policy, Principal
from lakewright.models import Models
from lakewright.query import Lake
from lakewright.query.athena.service import Athena, Settings
from lakewright.query.athena.sql import MACROS
from lakewright.query.athena.workgroups import WorkGroup
from lakewright.query.audit import AuditLog
from lakewright.query.governed import Governor, LakeSources
from lakewright.rehearse.aws.app import App, Target
from lakewright.rehearse.aws.cbor import Malformed, Time, decoded, encoded
from lakewright.rehearse.aws.cloudwatch import CloudWatch
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import Keyring
from lakewright.rehearse.aws.s3.front import S3Front
from lakewright.rehearse.aws.service import serving
from lakewright.rehearse.aws.sts import Sts
from lakewright.storage import open_storage
from lakewright.storage.objects import ObjectStore

ACCOUNT = "000000000000"
QUERIES = (("ana", "primary"), ("ana", "primary"), ("bob", "primary"), ("bob", "bobs"))


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """`clients(service, who)`, after four queries that took place."""
    folder = tmp_path_factory.mktemp("cloudwatch")
    people = {name: Identity(Principal(name), name == "root") for name in ("root", "ana", "bob")}
    keyring, store = Keyring(people, time.time), ObjectStore(folder / "s3")
    lake = Lake(open_storage(str(folder / "lake")), tuple, Models([]))
    governor = Governor(
        lambda: LakeSources(lake, Models([]), open_engine),
        lambda: Policy(()),
        AuditLog(folder / "audit", folder / "head"),
        preludes=(MACROS,),
    )
    groups = [
        WorkGroup("primary", output="s3://results/p/"),
        WorkGroup("bobs", output="s3://results/b/", members=frozenset({"user:bob"})),
    ]
    athena = Athena(
        folder / "athena",
        governor,
        store,
        workgroups=groups,
        administers=lambda principal: principal.name == "root",
        versions=lambda names: dict.fromkeys(names),
        settings=Settings(threads=1),
    )
    app = App(
        keyring,
        lambda: people,
        {"athena": Target("AmazonAthena", lambda operation, body, caller, _: athena.call(operation, body, caller))},
        S3Front(store, athena.may_fetch, {}),
        Sts(ACCOUNT, keyring, lambda: people, lambda _who, _role: False),
        lambda _event: None,
        CloudWatch(athena, time.time),
    )
    with serving(app) as port:

        def client(service: str, who: str) -> Any:
            key = keyring.permanent[who]
            make: Any = boto3.client
            return make(
                service,
                endpoint_url=f"http://127.0.0.1:{port}",
                region_name="us-east-1",
                aws_access_key_id=key.id,
                aws_secret_access_key=key.secret,
                config=Config(retries={"max_attempts": 0}),
            )

        for who, workgroup in QUERIES:
            _run(client("athena", who), workgroup)
        yield client
    athena.close()
    governor.close()
    store.close()


def _run(athena: Any, workgroup: str) -> None:
    started = athena.start_query_execution(QueryString="SELECT 1", WorkGroup=workgroup)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if found["Status"]["State"] == "SUCCEEDED":
            return
    raise AssertionError(found)


def _asked(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    when = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(minutes=1)}
    return {"Namespace": "AWS/Athena", "MetricName": "TotalExecutionTime", "Period": 86400, **when, **more}


def _count(cloudwatch: Any, **more: Any) -> float:
    found = cloudwatch.get_metric_statistics(**_asked(Statistics=["SampleCount", "Maximum"], **more))
    assert found["Label"] == "TotalExecutionTime"
    assert all(point["Unit"] == "Milliseconds" and point["Maximum"] > 0 for point in found["Datapoints"])
    return float(sum(point["SampleCount"] for point in found["Datapoints"]))


def test_each_sees_figures_of_their_own_queries(clients: Any) -> None:
    counts = {who: _count(clients("cloudwatch", who)) for who in ("ana", "bob", "root")}
    assert counts == {"ana": 2, "bob": 2, "root": 4}
    bobs = [{"Name": "WorkGroup", "Value": "bobs"}]
    assert _count(clients("cloudwatch", "bob"), Dimensions=bobs) == 1
    assert _count(clients("cloudwatch", "ana"), Dimensions=bobs) == 0
    assert _count(clients("cloudwatch", "ana"), Dimensions=[{"Name": "QueryState", "Value": "SUCCEEDED"}]) == 2


def test_metric_data_is_the_same_as_statistics(clients: Any) -> None:
    asked = _asked()
    metric = {"Namespace": "AWS/Athena", "MetricName": "TotalExecutionTime"}
    queries = [
        {"Id": name.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": name}}
        for name in ("SampleCount", "Sum")
    ]
    found = clients("cloudwatch", "bob").get_metric_data(
        MetricDataQueries=queries, StartTime=asked["StartTime"], EndTime=asked["EndTime"], ScanBy="TimestampAscending"
    )
    count, total = found["MetricDataResults"]
    assert (count["Id"], count["Label"], count["StatusCode"]) == ("samplecount", "TotalExecutionTime", "Complete")
    assert sum(count["Values"]) == 2
    assert sum(total["Values"]) > 0
    assert all(asked["StartTime"] - timedelta(minutes=1) <= at <= asked["EndTime"] for at in count["Timestamps"])
    assert count["Timestamps"] == sorted(count["Timestamps"])


def test_metrics_are_listed_for_those_who_may_see_them(clients: Any) -> None:
    def workgroups(who: str, **filters: Any) -> set[str]:
        found = clients("cloudwatch", who).list_metrics(Namespace="AWS/Athena", **filters)["Metrics"]
        return {one["Value"] for metric in found for one in metric["Dimensions"] if one["Name"] == "WorkGroup"}

    assert workgroups("ana") == {"primary"}
    assert workgroups("bob") == workgroups("root") == {"primary", "bobs"}
    assert workgroups("bob", Dimensions=[{"Name": "WorkGroup", "Value": "bobs"}]) == {"bobs"}
    assert workgroups("bob", MetricName="Unheard") == set()
    assert clients("cloudwatch", "ana").list_metrics(Namespace="AWS/S3")["Metrics"] == []


def test_mistakes_are_awss_errors(clients: Any) -> None:
    cloudwatch = clients("cloudwatch", "ana")
    call: Any
    for call, code in (
        (lambda: cloudwatch.get_metric_statistics(**_asked(Statistics=["p99"])), "InvalidParameterValue"),
        (lambda: cloudwatch.get_metric_statistics(**_asked(Statistics=["Sum"], Period=61)), "InvalidParameterValue"),
        (cloudwatch.describe_alarms, "UnknownOperationException"),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == code


def test_cbor_is_that_of_the_standard() -> None:
    pieces = {"a": [1, -7, 300, 70000, 1 << 40, -(1 << 40)], "b": {"c": "ä", "d": None, "e": True}, "f": 1.5, "g": []}
    assert decoded(encoded(pieces)) == pieces
    assert decoded(encoded({"at": Time(1.25)})) == {"at": 1.25}
    # RFC 8949, appendix A
    for text, value in (
        ("1903e8", 1000), ("3903e7", -1000), ("f93c00", 1.0), ("fb3ff199999999999a", 1.1), ("c11a514b67b0", 1363896240),
        ("6449455446", "IETF"), ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf6346756ef563416d7421ff", {"Fun": True, "Amt": -2}),
    ):  # fmt: skip
        assert decoded(bytes.fromhex(text)) == value


def test_bytes_that_are_no_cbor_are_refused() -> None:
    numbers = random.Random(1)
    for _ in range(2000):
        data = numbers.randbytes(numbers.randrange(0, 12))
        try:
            decoded(data)
        except Malformed:
            continue
    for data in (b"", b"\xff", b"\x81" * 100, b"\x9b" + b"\xff" * 8, b"\x00\x00", b"\x82\x01\xff"):
        with pytest.raises(Malformed):
            decoded(data)
