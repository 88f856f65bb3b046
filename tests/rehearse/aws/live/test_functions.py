"""Functions that are deployed through Lambda's API run: when they are invoked, and when an object arrives."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.artifact_store.component import package
from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.live.services import living_aws
from lakewright.rehearse.aws.local import LocalAws

ACCOUNT = "111111111111"
BUCKET = "acme-dev-artifacts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/intake"


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with living_aws([ACCOUNT], tmp_path, {}, gates=(authorised,)) as (running, _):
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        iam = running.client("iam")
        iam.create_role(RoleName="intake", AssumeRolePolicyDocument=_document(trust))
        running.client("s3").create_bucket(Bucket=BUCKET)
        yield running


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(aws: LocalAws, *actions: str) -> None:
    resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    said = {"Effect": "Allow", "Action": [f"s3:{action}" for action in actions], "Resource": resources}
    aws.client("iam").put_role_policy(RoleName="intake", PolicyName="work", PolicyDocument=_document(said))


def deploy(aws: LocalAws, data: bytes, handler: str = "intake.handler", **more: Any) -> str:
    said = {"Runtime": "python3.12", "Role": ROLE, "Handler": handler, "Timeout": 20, **more}
    made = aws.client("lambda").create_function(FunctionName="intake", Code={"ZipFile": data}, **said)
    return str(made["FunctionArn"])


def packed(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("intake.py", text)
    return out.getvalue()


def until(found: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)
    return value


def test_it_answers_with_what_the_handler_returns(aws: LocalAws) -> None:
    text = "import os\ndef handler(event, _):\n    return [event['n'] + 1, os.environ['AWS_LAMBDA_FUNCTION_NAME']]"
    deploy(aws, packed(text))
    answer = aws.client("lambda").invoke(FunctionName="intake", Payload=b'{"n": 41}')
    assert (answer["StatusCode"], json.loads(answer["Payload"].read())) == (200, [42, "intake"])
    aws.client("lambda").update_function_code(FunctionName="intake", ZipFile=packed(text.replace("+ 1", "* 2")))
    answer = aws.client("lambda").invoke(FunctionName="intake", Payload=b'{"n": 41}')
    assert json.loads(answer["Payload"].read())[0] == 82


def test_it_tells_what_went_wrong_and_ends_in_time(aws: LocalAws) -> None:
    deploy(aws, packed("def handler(event, _):\n    raise ValueError('no such thing')"), Timeout=2)
    answer = aws.client("lambda").invoke(FunctionName="intake", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert "no such thing" in json.loads(answer["Payload"].read())["errorMessage"]
    slow = packed("import time\ndef handler(event, _):\n    time.sleep(60)")
    aws.client("lambda").update_function_code(FunctionName="intake", ZipFile=slow)
    answer = aws.client("lambda").invoke(FunctionName="intake", Payload=b"{}")
    assert "timed out after 2" in json.loads(answer["Payload"].read())["errorMessage"]


def test_an_object_that_arrives_starts_it_as_its_role(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    arn = deploy(aws, package())
    allow(aws, "GetObject", "PutObject", "DeleteObject", "ListBucket")
    aws.client("lambda").add_permission(
        FunctionName="intake",
        StatementId="bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{BUCKET}",
        SourceAccount=ACCOUNT,
    )
    rule = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    prefix = {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}}}
    said = {"LambdaFunctionConfigurations": [rule | prefix]}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=said)
    data = b"a wheel"
    digest = hashlib.sha256(data).hexdigest()
    s3.put_object(Bucket=BUCKET, Key="incoming/job 1.whl", Body=data, Metadata={"sha256": digest})
    s3.put_object(Bucket=BUCKET, Key="elsewhere/job.whl", Body=data)

    def keys() -> list[str]:
        return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]

    until(lambda: f"releases/{digest}/job 1.whl" in keys())
    until(lambda: sorted(keys()) == ["elsewhere/job.whl", f"releases/{digest}/job 1.whl"])


def test_it_may_do_what_its_role_may(aws: LocalAws) -> None:
    deploy(aws, package())
    allow(aws, "GetObject", "ListBucket")
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key="incoming/a", Body=b"x", Metadata={"sha256": hashlib.sha256(b"x").hexdigest()})
    record = {"s3": {"bucket": {"name": BUCKET}, "object": {"key": "incoming/a"}}}
    answer = aws.client("lambda").invoke(FunctionName="intake", Payload=json.dumps({"Records": [record]}).encode())
    assert "AccessDenied" in json.loads(answer["Payload"].read())["errorMessage"]
