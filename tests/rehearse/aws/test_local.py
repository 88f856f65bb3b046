"""The local AWS as boto3 sees it: every protocol, accounts and roles, gates and live services, S3, restarts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.coverage import Outcome
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Gate, Live, Moto
from lakewright.rehearse.aws.local import LocalAws, local_aws

OURS, THEIRS = "111111111111", "222222222222"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": OURS}}],
}


class Watch:
    """A gate that remembers what was asked, and refuses operations that it was told to."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.refused: set[str] = set()
        self.live: dict[str, Live] = {}

    def gate(self, _: Moto) -> Gate:
        return self._gate

    def _gate(self, asked: Asked) -> None:
        self.asked.append(asked)
        if asked.action in self.refused:
            raise Fault("AccessDenied", f"not {asked.action}", 403)

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    def answer(self, service: str) -> Live:
        def call(asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
            return self.live[service](asked, moto) if service in self.live else None

        return call


LIVE = ("dms", "rds", "lambda", "route53", "ec2", "cloudwatch", "iam")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalAws, Watch]]:
    watch = Watch()
    live = {name: watch.answer(name) for name in LIVE}
    with local_aws([OURS, THEIRS], tmp_path_factory.mktemp("aws"), lambda _: live, gates=[watch.gate]) as aws:
        yield aws, watch


@pytest.fixture
def aws(running: tuple[LocalAws, Watch]) -> LocalAws:
    return running[0]


@pytest.fixture
def watch(running: tuple[LocalAws, Watch]) -> Iterator[Watch]:
    running[1].asked.clear()
    yield running[1]
    running[1].refused.clear()
    running[1].live.clear()


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


NAMED_NET = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net"}]}]
POINT = {"MetricName": "Lag", "Value": 1.5, "Timestamp": datetime(2026, 1, 2, 3, tzinfo=UTC)}
TAGGED = {"Bucket": "nowhere", "Key": "a/b c", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}
READ: list[tuple[str, str, str, dict[str, Any]]] = [
    ("dms", "describe_endpoints", "DescribeEndpoints", {"Filters": [{"Name": "endpoint-type", "Values": ["source"]}]}),
    ("iam", "create_role", "CreateRole", {"RoleName": "reader", "AssumeRolePolicyDocument": json.dumps(TRUST)}),
    ("ec2", "create_vpc", "CreateVpc", {"CidrBlock": "10.0.0.0/16", "TagSpecifications": NAMED_NET}),
    ("lambda", "list_functions", "ListFunctions", {"MaxItems": 7}),
    ("route53", "create_hosted_zone", "CreateHostedZone", {"Name": "example.org", "CallerReference": "1"}),
    ("cloudwatch", "put_metric_data", "PutMetricData", {"Namespace": "Lake", "MetricData": [POINT]}),
    ("s3", "put_object_tagging", "PutObjectTagging", TAGGED),
    ("s3control", "delete_public_access_block", "DeletePublicAccessBlock", {"AccountId": OURS}),
    ("elbv2", "describe_load_balancers", "DescribeLoadBalancers", {"Names": ["front"]}),
    ("sns", "create_topic", "CreateTopic", {"Name": "alerts", "Attributes": {"DisplayName": "Alerts"}}),
    ("lakeformation", "get_data_lake_settings", "GetDataLakeSettings", {"CatalogId": OURS}),
]


@pytest.mark.parametrize(("service", "method", "operation", "parameters"), READ, ids=[one[2] for one in READ])
def test_a_gate_sees_what_boto3_was_given(
    aws: LocalAws, watch: Watch, service: str, method: str, operation: str, parameters: dict[str, Any]
) -> None:
    watch.refused.add(f"{service}:{operation}")
    assert code(getattr(aws.client(service), method), **parameters) == "AccessDenied"
    assert (watch.last.service, watch.last.operation) == (service, operation)
    assert (watch.last.account, watch.last.region) == (OURS, "us-east-1")
    assert watch.last.principal == f"arn:aws:iam::{OURS}:root"
    kept = {name: value for name, value in watch.last.parameters.items() if name in parameters}
    assert kept == _without_zones(parameters)


def _without_zones(value: Any) -> Any:
    """Moments arrive in UTC, and do not say so."""
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case dict():
            return {name: _without_zones(one) for name, one in value.items()}
        case list():
            return [_without_zones(one) for one in value]
        case _:
            return value


MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DATABASE = {"DBInstanceIdentifier": "a", "InstanceCreateTime": MOMENT}
ZONE = {"Id": "Z1", "Name": "x.", "CallerReference": "c"}
USER = {"Path": "/", "UserName": "u", "UserId": "AIDA", "Arn": "arn:aws:iam::1:user/u", "CreateDate": MOMENT}
SERIES = {"Namespace": "A", "MetricName": "m", "Period": 60, "Statistics": ["Sum"]}
POINTS = {"Label": "m", "Datapoints": [{"Timestamp": MOMENT, "Sum": 2.0}]}
ANSWERS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("dms", "describe_endpoints", {}, {"Endpoints": [{"EndpointIdentifier": "a"}]}),
    ("rds", "describe_db_instances", {}, {"DBInstances": [DATABASE]}),
    ("lambda", "list_functions", {}, {"Functions": [{"FunctionName": "f", "Timeout": 3}]}),
    ("route53", "get_hosted_zone", {"Id": "Z1"}, {"HostedZone": ZONE}),
    ("ec2", "describe_vpcs", {}, {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": False}]}),
    ("cloudwatch", "get_metric_statistics", SERIES | {"StartTime": MOMENT, "EndTime": MOMENT}, POINTS),
    ("iam", "get_user", {}, {"User": USER}),
]


@pytest.mark.parametrize(("service", "method", "parameters", "answer"), ANSWERS, ids=[one[0] for one in ANSWERS])
def test_a_live_answer_reaches_boto3_as_it_was_given(
    aws: LocalAws, watch: Watch, service: str, method: str, parameters: dict[str, Any], answer: dict[str, Any]
) -> None:
    watch.live[service] = lambda _asked, _moto: answer
    found = getattr(aws.client(service), method)(**parameters)
    del found["ResponseMetadata"]
    assert {name: value for name, value in found.items() if name in answer} == answer


@pytest.mark.parametrize("service", LIVE)
def test_a_live_fault_reaches_boto3(aws: LocalAws, watch: Watch, service: str) -> None:
    def refuse(_asked: Asked, _moto: Moto) -> None:
        raise Fault("SomethingInUse", "it is < in use")

    watch.live[service] = refuse
    _, method, parameters, _ = next(one for one in ANSWERS if one[0] == service)
    with pytest.raises(ClientError, match="it is < in use") as error:
        getattr(aws.client(service), method)(**parameters)
    assert error.value.response["Error"]["Code"] == "SomethingInUse"


UNKNOWN = [
    ("dms", "describe_recommendations", {}),
    ("iam", "get_context_keys_for_principal_policy", {"PolicySourceArn": f"arn:aws:iam::{OURS}:user/nobody"}),
    ("ec2", "describe_ipams", {}),
    ("rds", "describe_reserved_db_instances", {}),
    ("lambda", "list_provisioned_concurrency_configs", {"FunctionName": "f"}),
    ("accessanalyzer", "list_analyzers", {}),
    ("cloudwatch", "list_metric_streams", {}),
    ("appconfig", "list_deployment_strategies", {}),
]


@pytest.mark.parametrize(("service", "method", "parameters"), UNKNOWN, ids=[f"{one[0]}" for one in UNKNOWN])
def test_what_nobody_implements_is_refused_at_once_and_counted(
    aws: LocalAws, service: str, method: str, parameters: dict[str, Any]
) -> None:
    before = sum(aws.coverage.operations(Outcome.UNIMPLEMENTED).values())
    assert code(getattr(aws.client(service), method), **parameters) == "UnknownOperationException"
    assert sum(aws.coverage.operations(Outcome.UNIMPLEMENTED).values()) == before + 1


def test_a_packed_body_is_read(aws: LocalAws, watch: Watch) -> None:
    many = [{"MetricName": f"m{n}", "Value": 1.0, "Dimensions": [{"Name": "d", "Value": "v" * 50}]} for n in range(200)]
    aws.client("cloudwatch").put_metric_data(Namespace="Packed", MetricData=many)
    assert len(watch.last.parameters["MetricData"]) == 200
    assert len(aws.client("cloudwatch").list_metrics(Namespace="Packed")["Metrics"]) == 200


def test_accounts_are_apart_and_a_role_leads_from_one_to_the_other(aws: LocalAws, watch: Watch) -> None:
    aws.client("kms", account=THEIRS).create_key(Description="theirs")
    role = aws.client("iam", account=THEIRS).create_role(
        RoleName="visitor", Path="/people/", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    arn = role["Role"]["Arn"]
    assert aws.client("kms").list_keys()["Keys"] == []
    taken = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="ana", Policy='{"Statement": []}')
    key = taken["Credentials"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], "us-east-1")
    settings = Config(retries={"max_attempts": 0})
    there = session.client("sts", endpoint_url=aws.endpoint, config=settings).get_caller_identity()
    assert there["Arn"] == f"arn:aws:sts::{THEIRS}:assumed-role/visitor/ana"
    assert there["UserId"] == f"{role['Role']['RoleId']}:ana"
    assert len(session.client("kms", endpoint_url=aws.endpoint, config=settings).list_keys()["Keys"]) == 1
    assert watch.last.principal == arn
    assert watch.last.session is not None
    assert watch.last.session.policies == ('{"Statement": []}',)
    assert watch.last.session.caller == f"arn:aws:iam::{OURS}:root"


@pytest.mark.parametrize("service", ["iam", "s3", "s3control"])
def test_a_shell_leads_no_client_elsewhere(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """Port 9 answers nothing; a profile of that name is nowhere."""
    nowhere = "http://127.0.0.1:9"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("AWS_PROFILE", "production")
    asked = {"iam": "list_roles", "s3": "list_buckets", "s3control": "put_public_access_block"}[service]
    block = {"AccountId": aws.accounts[0], "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    getattr(aws.client(service), asked)(**(block if service == "s3control" else {}))


def test_a_role_that_is_not_there_is_not_taken(aws: LocalAws) -> None:
    arn = f"arn:aws:iam::{THEIRS}:role/nobody"
    assert code(aws.client("sts").assume_role, RoleArn=arn, RoleSessionName="ana") == "AccessDenied"


def test_keys_of_a_user_work_until_they_are_deleted(aws: LocalAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="robot")
    made = iam.create_access_key(UserName="robot")["AccessKey"]
    session = boto3.Session(made["AccessKeyId"], made["SecretAccessKey"], region_name="us-east-1")
    sts = session.client("sts", endpoint_url=aws.endpoint, config=Config(retries={"max_attempts": 0}))
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{OURS}:user/robot"
    iam.delete_access_key(UserName="robot", AccessKeyId=made["AccessKeyId"])
    assert code(sts.get_caller_identity) == "InvalidClientTokenId"


def test_a_bucket_has_configuration_and_its_objects_are_files(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="lake-raw")
    s3.put_bucket_versioning(Bucket="lake-raw", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="lake-raw")["Status"] == "Enabled"
    s3.put_object(Bucket="lake-raw", Key="a/b.txt", Body=b"one", Metadata={"by": "us"})
    folder = aws.store.folder("lake-raw")
    assert (folder / "a" / "b.txt").read_bytes() == b"one"
    (folder / "a" / "c.txt").write_bytes(b"others'")
    assert s3.get_object(Bucket="lake-raw", Key="a/c.txt")["Body"].read() == b"others'"
    (folder / "a" / "b.txt").write_bytes(b"changed by others")
    found = s3.get_object(Bucket="lake-raw", Key="a/b.txt")
    assert (found["Body"].read(), found["Metadata"]) == (b"changed by others", {})
    (folder / "a" / "b.txt").unlink()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="lake-raw")["Contents"]] == ["a/c.txt"]
    assert code(s3.delete_bucket, Bucket="lake-raw") == "BucketNotEmpty"
    versions = s3.list_object_versions(Bucket="lake-raw")["Versions"]
    gone = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
    s3.delete_objects(Bucket="lake-raw", Delete={"Objects": gone})
    s3.delete_bucket(Bucket="lake-raw")
    assert code(s3.head_bucket, Bucket="lake-raw") == "404"
    assert not folder.exists()


def test_what_the_store_did_counts_as_executed_and_what_it_refused_as_refused(aws: LocalAws) -> None:
    s3, before = aws.client("s3"), {one: dict(aws.coverage.operations(one)) for one in Outcome}

    def counted(outcome: Outcome, operation: str) -> int:
        return aws.coverage.operations(outcome).get(operation, 0) - before[outcome].get(operation, 0)

    s3.create_bucket(Bucket="counted")
    s3.put_object(Bucket="counted", Key="k", Body=b"")
    assert code(s3.get_object, Bucket="counted", Key="none") == "NoSuchKey"
    assert code(s3.delete_bucket, Bucket="counted") == "BucketNotEmpty"
    assert counted(Outcome.ACCEPTED, "s3:CreateBucket") == 1
    assert counted(Outcome.EXECUTED, "s3:PutObject") == 1
    assert counted(Outcome.EXECUTED, "s3:GetObject") == 1  # that it is not there is an answer
    assert counted(Outcome.REFUSED, "s3:DeleteBucket") == 1


def test_keys_that_are_no_file_names_are_objects_too(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="odd-keys")
    keys = ["a", "a/b", "a/", "x//y", "../up", "n" * 300]
    for key in keys:
        s3.put_object(Bucket="odd-keys", Key=key, Body=key.encode())
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="odd-keys")["Contents"]] == sorted(keys)
    assert [s3.get_object(Bucket="odd-keys", Key=key)["Body"].read() for key in keys] == [key.encode() for key in keys]
    outside = aws.store.folder("odd-keys").parent
    assert sorted(one.name for one in outside.iterdir() if one.name == "up") == []


def test_objects_say_how_they_are_encrypted(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="sealed")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k-1"},
        "BucketKeyEnabled": True,
    }
    s3.put_object(Bucket="sealed", Key="before", Body=b"")
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="sealed", Key="after", Body=b"")
    assert s3.head_object(Bucket="sealed", Key="before")["ServerSideEncryption"] == "AES256"
    found = s3.head_object(Bucket="sealed", Key="after")
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"], found["BucketKeyEnabled"]) == ("aws:kms", "k-1", True)


def test_a_bucket_belongs_to_one_account(aws: LocalAws) -> None:
    aws.client("s3").create_bucket(Bucket="only-one")
    assert code(aws.client("s3", account=THEIRS).create_bucket, Bucket="only-one") == "BucketAlreadyExists"
    names = [one["Name"] for one in aws.client("s3", account=THEIRS).list_buckets()["Buckets"]]
    assert "only-one" not in names


def test_a_gate_guards_objects_before_their_bytes_arrive(aws: LocalAws, watch: Watch) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="guarded")
    watch.refused.add("s3:PutObject")
    assert code(s3.put_object, Bucket="guarded", Key="k", Body=b"x") == "AccessDenied"
    assert watch.last.parameters["Key"] == "k"
    assert "Contents" not in s3.list_objects_v2(Bucket="guarded")


def test_code_of_functions_comes_from_our_objects(aws: LocalAws) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("main.py", "def handler(event, context): pass")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="code-of")
    s3.put_object(Bucket="code-of", Key="f.zip", Body=packed.getvalue())
    role = aws.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    settings = {"FunctionName": "f", "Runtime": "python3.12", "Role": role, "Handler": "main.handler"}
    function = aws.client("lambda").create_function(**settings, Code={"S3Bucket": "code-of", "S3Key": "f.zip"})
    assert function["CodeSize"] == len(packed.getvalue())
    missing = {"S3Bucket": "code-of", "S3Key": "none.zip"}
    create = aws.client("lambda").create_function
    assert code(create, **settings | {"FunctionName": "g"}, Code=missing) == "InvalidParameterValueException"


def test_state_survives_a_restart_with_the_same_names(tmp_path: Path) -> None:
    with local_aws([OURS], tmp_path, keep=True) as aws:
        vpc = aws.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
        gone = aws.client("ec2").create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
        aws.client("ec2").delete_vpc(VpcId=gone)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="kept", Key="k", Body=b"v")
    assert (tmp_path / "moto.jsonl").stat().st_mode & 0o777 == 0o600
    with local_aws([OURS], tmp_path, keep=True) as aws:
        vpcs = [one["VpcId"] for one in aws.client("ec2").describe_vpcs()["Vpcs"] if not one["IsDefault"]]
        assert vpcs == [vpc]
        assert [one["KeyId"] for one in aws.client("kms").list_keys()["Keys"]] == [key]
        assert aws.client("s3").get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
        assert aws.client("s3").get_object(Bucket="kept", Key="k")["Body"].read() == b"v"
