"""Workgroups: who may use them, where results go, and what a query may take."""

from __future__ import annotations

import time

import pytest

from lakewright.query.athena.workgroups import parsed_location
from tests.query.athena.conftest import COLLEAGUE, ROOT, TENANT, Service, new_token
from tests.query.athena.test_executions import LONG

MINE = {"ResultConfiguration": {"OutputLocation": "s3://mine/here"}}


def location(service: Service, **body: object) -> str:
    return str(service.run("SELECT 1", **body)["ResultConfiguration"]["OutputLocation"])


def test_the_client_chooses_unless_the_workgroup_enforces(service: Service) -> None:
    assert location(service, **MINE).startswith("s3://mine/here/")
    assert location(service).startswith("s3://results/primary/")
    assert location(service, WorkGroup="team", **MINE).startswith("s3://results/team/")


def test_no_location_anywhere(service: Service) -> None:
    body = {"QueryString": "SELECT 1", "WorkGroup": "nowhere"}
    error = service.refused("StartQueryExecution", ClientRequestToken=new_token(), **body)
    assert error.message.startswith("No output location provided.")
    assert location(service, WorkGroup="nowhere", **MINE).startswith("s3://mine/here/")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("/tmp/x", "outputLocation is not a valid S3 path."),
        ("s3:/results/x", "outputLocation is not a valid S3 path."),
        ("s3://UPPER/x", "outputLocation is not a valid S3 path."),
        ("s3://results/\x00x", "outputLocation is not a valid S3 path."),
        ("s3://missing/x", "Unable to verify/create output bucket missing"),
        ("s3://bens/x", "Unable to verify/create output bucket bens"),
    ],
)
def test_places_that_are_none(service: Service, place: str, message: str) -> None:
    service.objects.create_bucket("bens", owner="ben")
    body = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": place}}
    error = service.refused("StartQueryExecution", ClientRequestToken=new_token(), **body)
    assert (error.code, error.message) == ("InvalidRequestException", message)


def test_a_key_is_never_a_path(service: Service) -> None:
    found = location(service, ResultConfiguration={"OutputLocation": "s3://mine/../../etc/x"})
    assert found.startswith("s3://mine/../../etc/x/")
    assert service.object(found) == b'"_col0"\n"1"\n'
    assert parsed_location("s3://bucket") == ("bucket", "")


def test_settings_are_shown_with_the_execution(service: Service) -> None:
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:us-east-1:111111111111:key/k"}
    found = service.run(
        "SELECT 1", ResultConfiguration={"OutputLocation": "s3://mine/", "EncryptionConfiguration": encryption}
    )
    assert found["ResultConfiguration"]["EncryptionConfiguration"] == encryption
    bucket, _, key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    headers = service.objects.head(bucket, key).facts.headers
    assert headers["x-amz-server-side-encryption"] == "aws:kms"
    body = {"QueryString": "SELECT 1", "ClientRequestToken": new_token()}
    client_side = {
        "OutputLocation": "s3://mine/",
        "EncryptionConfiguration": encryption | {"EncryptionOption": "CSE_KMS"},
    }
    assert "CSE_KMS" in service.refused("StartQueryExecution", ResultConfiguration=client_side, **body).message
    foreign = {"OutputLocation": "s3://mine/", "ExpectedBucketOwner": "999999999999"}
    assert "does not own" in service.refused("StartQueryExecution", ResultConfiguration=foreign, **body).message


def test_who_may_use_which(service: Service) -> None:
    assert service.run("SELECT 1", COLLEAGUE, WorkGroup="team")
    for operation, body in (
        ("StartQueryExecution", {"QueryString": "SELECT 1", "ClientRequestToken": new_token()}),
        ("GetWorkGroup", {}),
        ("ListQueryExecutions", {}),
        ("ListNamedQueries", {}),
        ("ListPreparedStatements", {}),
    ):
        error = service.refused(operation, TENANT, WorkGroup="team", **body)
        assert (error.code, error.status) == ("AccessDeniedException", 400), operation
    listed = [one["Name"] for one in service.call("ListWorkGroups", TENANT)["WorkGroups"]]
    assert "team" not in listed
    assert "primary" in listed
    assert service.refused("GetWorkGroup", WorkGroup="nope").message == "WorkGroup is not found."


def test_a_disabled_workgroup_takes_no_queries(service: Service) -> None:
    body = {"QueryString": "SELECT 1", "WorkGroup": "off", "ClientRequestToken": new_token()}
    assert service.refused("StartQueryExecution", **body).message == "WorkGroup is disabled."
    assert service.call("GetWorkGroup", WorkGroup="off")["WorkGroup"]["State"] == "DISABLED"


def test_the_scan_limit_ends_a_query(service: Service) -> None:
    found = service.finished(service.start("SELECT n FROM gold.numbers", WorkGroup="small"))
    assert found["Status"]["State"] == "CANCELLED"
    assert found["Status"]["StateChangeReason"] == "Query cancelled! : Bytes scanned limit was exceeded"
    assert service.run("SELECT n FROM gold.numbers WHERE n < 1000", WorkGroup="small")


def test_the_time_limit_ends_a_query(service: Service) -> None:
    status = service.finished(service.start(LONG, WorkGroup="short"))["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", "Query timeout")
    assert status["AthenaError"]["ErrorType"] == 210


def test_the_queue_is_bounded(service: Service) -> None:
    running = [service.start(LONG, WorkGroup="team")]
    narrow = [service.start(LONG, WorkGroup="narrow") for _ in range(3)]
    error = service.refused("StartQueryExecution", QueryString=LONG, WorkGroup="narrow", ClientRequestToken=new_token())
    assert (error.code, error.fields["Reason"]) == ("TooManyRequestsException", "CONCURRENT_QUERY_LIMIT_EXCEEDED")
    states = [
        service.call("GetQueryExecution", QueryExecutionId=one)["QueryExecution"]["Status"]["State"] for one in narrow
    ]
    assert states == ["RUNNING", "QUEUED", "QUEUED"]
    for one in (narrow[2], narrow[1], narrow[0], *running):
        service.call("StopQueryExecution", QueryExecutionId=one)
        assert service.finished(one)["Status"]["State"] == "CANCELLED"
    assert len(service.call("ListQueryExecutions", WorkGroup="narrow")["QueryExecutionIds"]) == 3
    assert service.run("SELECT 1", WorkGroup="narrow")


def test_administrators_make_and_change_workgroups(service: Service) -> None:
    configuration = {
        "ResultConfiguration": {"OutputLocation": "s3://results/new/"},
        "BytesScannedCutoffPerQuery": 20_000_000,
    }
    assert service.refused("CreateWorkGroup", Name="new").code == "AccessDeniedException"
    tags = [{"Key": "team", "Value": "sales"}]
    service.call("CreateWorkGroup", ROOT, Name="new", Configuration=configuration, Description="d", Tags=tags)
    assert service.refused("CreateWorkGroup", ROOT, Name="new").message == "WorkGroup is already created"
    found = service.call("GetWorkGroup", WorkGroup="new")["WorkGroup"]
    assert found["Configuration"]["BytesScannedCutoffPerQuery"] == 20_000_000
    assert found["Configuration"]["EnforceWorkGroupConfiguration"] is True
    arn = "arn:aws:athena:us-east-1:000000000000:workgroup/new"
    assert service.call("ListTagsForResource", ResourceARN=arn)["Tags"] == tags
    updates = {
        "RemoveBytesScannedCutoffPerQuery": True,
        "EnforceWorkGroupConfiguration": False,
        "ResultConfigurationUpdates": {"RemoveOutputLocation": True},
    }
    service.call("UpdateWorkGroup", ROOT, WorkGroup="new", ConfigurationUpdates=updates)
    changed = service.call("GetWorkGroup", WorkGroup="new")["WorkGroup"]["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in changed
    assert changed["ResultConfiguration"] == {}
    service.run("SELECT 1", ROOT, WorkGroup="new", ResultConfiguration={"OutputLocation": "s3://results/x/"})
    assert service.refused("DeleteWorkGroup", ROOT, WorkGroup="new").message == "WorkGroup new is not empty"
    service.call("DeleteWorkGroup", ROOT, WorkGroup="new", RecursiveDeleteOption=True)
    assert service.refused("GetWorkGroup", WorkGroup="new").message == "WorkGroup is not found."
    assert "could not be deleted" in service.refused("DeleteWorkGroup", ROOT, WorkGroup="primary").message


def test_a_workgroup_of_the_wrong_shape_is_refused(service: Service) -> None:
    low = service.refused("CreateWorkGroup", ROOT, Name="low", Configuration={"BytesScannedCutoffPerQuery": 1000})
    assert "Member must have value greater than or equal to 10000000" in low.message
    spark = service.refused(
        "CreateWorkGroup", ROOT, Name="spark", Configuration={"ExecutionRole": "arn:aws:iam::111111111111:role/x"}
    )
    assert "not supported" in spark.message
    engine = {"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}}
    assert (
        "EngineVersion is not valid" in service.refused("CreateWorkGroup", ROOT, Name="e", Configuration=engine).message
    )


def test_results_larger_than_their_room_end_the_query(service: Service) -> None:
    from lakewright.query.athena.results import Room
    from lakewright.query.athena.service import Settings

    service.athena.close()
    service.open(settings=Settings(at_once=2, threads=1, room=Room(one=100_000)))
    status = service.failure("SELECT n FROM gold.numbers")
    assert status["StateChangeReason"].startswith("Query exhausted resources at this scale factor")
    assert list(service.objects.list("results").objects) == []
    assert service.run("SELECT n FROM gold.numbers WHERE n < 100")


def test_time_in_the_queue_is_told(service: Service) -> None:
    first = service.start(LONG, WorkGroup="team")
    second = service.start("SELECT 1", WorkGroup="team")
    time.sleep(0.3)
    service.call("StopQueryExecution", QueryExecutionId=first)
    assert service.finished(second)["Statistics"]["QueryQueueTimeInMillis"] >= 300
