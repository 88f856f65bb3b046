"""The port itself: errors in AWS's shapes, STS, and bad clients."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .conftest import ACCOUNT, Service
from .test_s3 import code


def signed(service: Service, body: bytes, headers: dict[str, str], name: str = "athena") -> urllib.request.Request:
    key = service.key("ana")
    auth = S3SigV4Auth if name == "s3" else SigV4Auth
    request = AWSRequest("POST", f"{service.endpoint}/", data=body, headers=headers)
    auth(Credentials(key.id, key.secret), name, "us-east-1").add_auth(request)
    return urllib.request.Request(request.url, body, dict(request.headers), method="POST")


def asked(request: urllib.request.Request) -> tuple[int, dict[str, str], dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read())


TARGET = {"X-Amz-Target": "AmazonAthena.ListWorkGroups", "Content-Type": "application/x-amz-json-1.1"}


def test_a_signed_request_is_its_principals(service: Service) -> None:
    service.client("athena", "bob").list_work_groups(MaxResults=3)
    assert service.seen == [("ListWorkGroups", {"MaxResults": 3}, "bob")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "SerializationException"),
        (b"\xff\xfe", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"null", "SerializationException"),
        (b"[" * 100_000, "SerializationException"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "SerializationException"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "SerializationException"),
    ],
)
def test_bodies_that_are_no_json(service: Service, body: bytes, error: str) -> None:
    status, headers, answer = asked(signed(service, body, TARGET))
    assert (status, headers["x-amzn-errortype"], answer["__type"]) == (400, error, error)
    assert service.seen == []


@pytest.mark.parametrize("target", ["", "AmazonAthena", "AWSGlue.GetTable", "AmazonAthena.../x", "x" * 5000])
def test_unknown_targets(service: Service, target: str) -> None:
    status, _, answer = asked(signed(service, b"{}", TARGET | {"X-Amz-Target": target}))
    assert (status, answer["__type"]) in [(400, "UnknownOperationException"), (200, None)]
    assert service.seen == []


def test_services_that_are_not_here(service: Service) -> None:
    status, _, answer = asked(signed(service, b"{}", TARGET, "dynamodb"))
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_faults_of_the_service_and_bugs(service: Service) -> None:
    athena = service.client("athena")
    assert code(lambda: athena.delete_work_group(WorkGroup="x")) == ("InvalidRequestException", 400)
    assert code(athena.list_engine_versions) == ("InternalFailure", 500)
    assert [event.fields["error"] for event in service.events] == ["ValueError: a bug"]


def test_wrong_credentials_in_each_protocol(service: Service) -> None:
    from lakewright.rehearse.aws.keys import AccessKey

    unknown = AccessKey("AKIAAAAAAAAAAAAAAAAA", "x", "ana")
    wrong = AccessKey(service.key("ana").id, "x", "ana")
    token = AccessKey(service.key("ana").id, service.key("ana").secret, "ana", "token")
    expected = {
        "athena": ("UnrecognizedClientException", "InvalidSignatureException", "UnrecognizedClientException"),
        "s3": ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"),
        "sts": ("InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidClientTokenId"),
    }
    calls = {"athena": "list_work_groups", "s3": "list_buckets", "sts": "get_caller_identity"}
    for name, codes in expected.items():
        found = [code(getattr(service.client(name, key=key), calls[name]))[0] for key in (unknown, wrong, token)]
        assert tuple(found) == codes
    service.identities.pop("bob")
    assert code(service.client("athena", "bob").list_work_groups)[0] == "UnrecognizedClientException"


def test_without_a_signature(service: Service) -> None:
    status, _, answer = asked(urllib.request.Request(service.endpoint, b"{}", TARGET))
    assert (status, answer["__type"]) == (403, "MissingAuthenticationTokenException")
    for url, method, start in (
        ("/", "GET", b"<?xml"),
        ("/results/x", "PUT", b"<?xml"),
        ("/", "POST", b"<ErrorResponse"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(
                urllib.request.Request(service.endpoint + url, None if method == "GET" else b"Action=x", method=method)
            )
        assert refused.value.code == 403
        assert refused.value.read().startswith(start)


def test_an_old_request_cannot_be_played_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    request = signed(service, b"{}", TARGET)
    assert asked(request)[0] == 200
    from lakewright.rehearse.aws import app

    now = time.time()
    monkeypatch.setattr(app.time, "time", lambda: now + 301)
    status, _, answer = asked(request)
    assert (status, answer["__type"]) == (400, "InvalidSignatureException")


def test_sts(service: Service) -> None:
    sts = service.client("sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ana"
    from lakewright.rehearse.aws.keys import AccessKey

    def key(answer: Any) -> AccessKey:
        found = answer["Credentials"]
        return AccessKey(found["AccessKeyId"], found["SecretAccessKey"], "", found["SessionToken"])

    session = key(sts.get_session_token(DurationSeconds=900))
    service.client("athena", key=session).list_work_groups()
    assert service.seen[-1][2] == "ana"
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/bob", RoleSessionName="run")
    became = service.client("sts", key=key(role))
    assert became.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/bob/run"
    service.client("athena", key=key(role)).list_work_groups()
    assert service.seen[-1][2] == "bob"
    for name in ("root", "nobody"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        assert code(lambda arn=arn: sts.assume_role(RoleArn=arn, RoleSessionName="run")) == ("AccessDenied", 403)
    service.client("sts", "root").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/ana", RoleSessionName="run")
    assert code(lambda: sts.get_session_token(DurationSeconds=999_999))[0] == "ValidationError"
    assert code(lambda: sts.get_federation_token(Name="xy"))[0] == "InvalidAction"


def test_too_large_bodies_of_json(service: Service) -> None:
    body = b'{"a": "' + b"x" * (100 << 20) + b'"}'
    before = _memory()
    status, _, answer = asked(signed(service, body, TARGET))
    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")
    assert _memory() - before < 60 << 20
    service.client("athena").list_work_groups()


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def raw(service: Service, data: bytes, *, read: bool = True) -> bytes:
    with closing(socket.create_connection(("127.0.0.1", service.port), 20)) as connection:
        try:
            connection.sendall(data)
        except ConnectionError:
            return b"closed"
        parts = []
        while read:
            try:
                part = connection.recv(65536)
            except ConnectionError:
                break
            parts.append(part)
            if not part or b"}" in part or b"</Error>" in part:
                break
        return b"".join(parts)


def test_a_body_that_does_not_come(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakewright.rehearse.aws.http.SILENT_SECONDS", 0.3)
    request = signed(service, b'{"a": 1}', TARGET)
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.header_items())
    head = f"POST / HTTP/1.1\r\nhost: 127.0.0.1:{service.port}\r\ncontent-length: 8\r\n{lines}\r\n"
    answer = raw(service, head.encode() + b'{"a"')
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"RequestTimeout" in answer
    assert b"connection: close" in answer


def test_header_bombs(service: Service) -> None:
    many = b"".join(b"x-%d: %s\r\n" % (number, b"y" * 100) for number in range(5000))
    assert b" 431 " in raw(service, b"GET / HTTP/1.1\r\nhost: x\r\n" + many)[:40]
    assert b" 431 " in raw(service, b"GET / HTTP/1.1\r\nhost: x\r\nlong: " + b"z" * 1_000_000)[:40]
    assert raw(service, b"GET /" + b"a" * 1_000_000)[:40].split(b" ")[1] in (b"400", b"431")
    service.client("athena").list_work_groups()


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GARBAGE\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /%00%ff HTTP/1.1\r\nhost: x\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n",
        b"CONNECT evil:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
)
def test_garbage(service: Service, data: bytes) -> None:
    answer = raw(service, data)
    assert answer == b"" or answer.split(b" ")[1][:1] == b"4" or answer == b"closed"
    service.client("athena").list_work_groups()


def test_clients_that_vanish(service: Service) -> None:
    """In the middle of a body, and in the middle of an answer: nothing stays open, nothing is stored."""
    body = os.urandom(30 << 20)
    s3 = service.client("s3")
    s3.put_object(Bucket="results", Key="big", Body=body)
    files = _open_files()
    for _ in range(20):
        stream = s3.get_object(Bucket="results", Key="big")["Body"]
        stream.read(1000)
        stream.close()
    head = b"PUT /results/cut HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nabc"
    for _ in range(20):
        raw(service, head, read=False)
    deadline = time.monotonic() + 10
    while _open_files() > files + 12 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _open_files() <= files + 12
    assert [one.key for one in service.store.list("results").objects] == ["big"]


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_an_upload_that_breaks_off_leaves_nothing(service: Service, tmp_path: Path) -> None:
    key = service.key("ana")
    request = AWSRequest("PUT", f"{service.endpoint}/results/cut", headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    auth = S3SigV4Auth(Credentials(key.id, key.secret), "s3", "us-east-1")
    request.context["payload_signing_enabled"] = False
    auth.payload = lambda _: "UNSIGNED-PAYLOAD"
    auth.add_auth(request)
    headers = dict(request.headers) | {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD", "Content-Length": "1000000"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"PUT /results/cut HTTP/1.1\r\nhost: 127.0.0.1:{service.port}\r\n{lines}\r\n".encode()
    raw(service, head + b"x" * 700_000, read=False)
    time.sleep(0.5)
    assert list((tmp_path / "s3" / "blobs").glob("*/*")) == []


def test_thousands_of_connections(service: Service) -> None:
    """Two thousand idle ones, some with half a head: others are still answered."""
    idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(2000)]
    try:
        for one in idle[::2]:
            one.sendall(b"POST / HTTP/1.1\r\nhost: x\r\n")
        began = time.monotonic()
        service.client("athena").list_work_groups()
        assert time.monotonic() - began < 2
    finally:
        for one in idle:
            one.close()


def test_requests_at_the_same_time(service: Service) -> None:
    athena = service.client("athena", max_pool_connections=20)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                athena.list_work_groups()
        except botocore.exceptions.BotoCoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(service.seen) == 400
