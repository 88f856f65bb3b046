"""S3 through boto3, as owners and as others."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

from .conftest import Service

STRANGE = [
    "../../etc/passwd",
    "a",
    "a/b",
    "a//b",
    "//x",
    "./.",
    "a/../b",
    "folder/",
    "ü漢😀",
    "a+b %20&=?#c",
    "%2e%2e%2fx",
    "x" * 1024,
    "con\tnul",
    "<&>'\"",
]


def code(work: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        work()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("key", STRANGE)
def test_any_key_is_a_key(service: Service, key: str) -> None:
    s3 = service.client("s3")
    s3.put_object(Bucket="results", Key=key, Body=key.encode(), Metadata={"a": "b"}, ContentType="text/x")
    found = s3.get_object(Bucket="results", Key=key)
    assert found["Body"].read() == key.encode()
    assert (found["Metadata"], found["ContentType"]) == ({"a": "b"}, "text/x")
    assert found["ETag"] == f'"{hashlib.md5(key.encode()).hexdigest()}"'
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="results")["Contents"]] == [key]
    s3.copy_object(Bucket="results", Key="copy", CopySource={"Bucket": "results", "Key": key})
    assert s3.get_object(Bucket="results", Key="copy")["Body"].read() == key.encode()
    presigner = service.client("s3", signature_version="s3v4")
    url = presigner.generate_presigned_url("get_object", Params={"Bucket": "results", "Key": key})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == key.encode()
    removed = s3.delete_objects(Bucket="results", Delete={"Objects": [{"Key": key}, {"Key": "copy"}]})
    assert sorted(one["Key"] for one in removed["Deleted"]) == sorted([key, "copy"])
    assert s3.list_objects_v2(Bucket="results")["KeyCount"] == 0


def test_a_key_of_1025_bytes(service: Service) -> None:
    s3 = service.client("s3")
    assert code(lambda: s3.put_object(Bucket="results", Key="x" * 1025, Body=b"")) == ("KeyTooLongError", 400)


def test_ranges_and_conditions(service: Service) -> None:
    s3 = service.client("s3")
    body = os.urandom(1_000_000)
    etag = s3.put_object(Bucket="results", Key="k", Body=body)["ETag"]

    def get(**options: Any) -> Any:
        return s3.get_object(Bucket="results", Key="k", **options)

    for text, part in (("0-9", body[:10]), ("5-5", body[5:6]), ("999990-", body[-10:]), ("-7", body[-7:])):
        found = get(Range=f"bytes={text}")
        assert found["Body"].read() == part
        assert found["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert get(Range="bytes=0-99999999")["ContentRange"] == "bytes 0-999999/1000000"
    assert code(lambda: get(Range="bytes=1000000-")) == ("InvalidRange", 416)
    assert get(Range="lines=1-2")["Body"].read() == body
    assert get(IfMatch=etag)["Body"].read() == body
    assert code(lambda: get(IfMatch='"x"')) == ("PreconditionFailed", 412)
    assert code(lambda: get(IfNoneMatch=etag)) == ("304", 304)
    modified = get()["LastModified"]
    assert code(lambda: get(IfModifiedSince=modified)) == ("304", 304)
    assert get(IfUnmodifiedSince=modified)["Body"].read() == body
    assert code(lambda: s3.put_object(Bucket="results", Key="k", Body=b"", IfNoneMatch="*")) == (
        "PreconditionFailed",
        412,
    )
    assert code(lambda: s3.put_object(Bucket="results", Key="k", Body=b"", IfMatch='"x"'))[0] == "PreconditionFailed"
    s3.put_object(Bucket="results", Key="k", Body=b"new", IfMatch=etag)
    assert get()["Body"].read() == b"new"
    assert code(lambda: s3.head_object(Bucket="results", Key="none")) == ("404", 404)
    assert code(lambda: s3.get_object(Bucket="results", Key="none")) == ("NoSuchKey", 404)
    assert code(lambda: s3.get_object(Bucket="nowhere", Key="none")) == ("NoSuchBucket", 404)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(service: Service, algorithm: str) -> None:
    s3 = service.client("s3")
    body = b"some text" * 1000
    s3.put_object(Bucket="results", Key="k", Body=body, ChecksumAlgorithm=algorithm)
    expected = {
        "CRC32": zlib.crc32(body).to_bytes(4, "big"),
        "SHA1": hashlib.sha1(body).digest(),
        "SHA256": hashlib.sha256(body).digest(),
    }[algorithm]
    found = s3.head_object(Bucket="results", Key="k", ChecksumMode="ENABLED")
    assert found[f"Checksum{algorithm}"] == base64.b64encode(expected).decode()
    wrong = {f"Checksum{algorithm}": base64.b64encode(b"\0" * len(expected)).decode()}
    assert code(lambda: s3.put_object(Bucket="results", Key="k2", Body=body, **wrong)) == ("BadDigest", 400)
    assert code(lambda: s3.head_object(Bucket="results", Key="k2"))[1] == 404


def test_multipart(service: Service) -> None:
    s3 = service.client("s3")
    parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"end"]
    upload = s3.create_multipart_upload(Bucket="results", Key="big", ContentType="text/x", Metadata={"m": "1"})
    name = {"Bucket": "results", "Key": "big", "UploadId": upload["UploadId"]}
    sent = [
        {"PartNumber": number, "ETag": s3.upload_part(**name, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(parts, 1)
    ]
    assert [one["UploadId"] for one in s3.list_multipart_uploads(Bucket="results")["Uploads"]] == [upload["UploadId"]]
    assert "Uploads" not in service.client("s3", "bob").list_multipart_uploads(Bucket="results")
    assert [one["Size"] for one in s3.list_parts(**name)["Parts"]] == [5 << 20, 5 << 20, 3]
    bob = service.client("s3", "bob")
    assert code(lambda: bob.upload_part(**name, PartNumber=1, Body=b"evil"))[0] == "NoSuchUpload"
    assert code(lambda: bob.abort_multipart_upload(**name))[0] == "NoSuchUpload"
    swapped = {"Parts": [sent[1], sent[0]]}
    assert code(lambda: s3.complete_multipart_upload(**name, MultipartUpload=swapped))[0] == "InvalidPartOrder"
    other = {"Parts": [{"PartNumber": 9, "ETag": sent[0]["ETag"]}]}
    assert code(lambda: s3.complete_multipart_upload(**name, MultipartUpload=other))[0] == "InvalidPart"
    done = s3.complete_multipart_upload(**name, MultipartUpload={"Parts": sent})
    digest = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in parts)).hexdigest()
    assert done["ETag"] == f'"{digest}-3"'
    found = s3.get_object(Bucket="results", Key="big")
    assert found["Body"].read() == b"".join(parts)
    assert (found["ContentType"], found["Metadata"]) == ("text/x", {"m": "1"})
    assert s3.get_object(Bucket="results", Key="big", PartNumber=3)["Body"].read() == b"end"
    assert code(lambda: s3.list_parts(**name))[0] == "NoSuchUpload"
    small = s3.create_multipart_upload(Bucket="results", Key="small")["UploadId"]
    name = {"Bucket": "results", "Key": "small", "UploadId": small}
    tags = [{"PartNumber": n, "ETag": s3.upload_part(**name, PartNumber=n, Body=b"x")["ETag"]} for n in (1, 2)]
    assert code(lambda: s3.complete_multipart_upload(**name, MultipartUpload={"Parts": tags}))[0] == "EntityTooSmall"
    s3.abort_multipart_upload(**name)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="results")


def test_parts_copied_from_an_object(service: Service) -> None:
    s3 = service.client("s3")
    body = os.urandom(6 << 20)
    s3.put_object(Bucket="results", Key="from", Body=body)
    upload = s3.create_multipart_upload(Bucket="results", Key="to")["UploadId"]
    name = {"Bucket": "results", "Key": "to", "UploadId": upload}
    source = {"Bucket": "results", "Key": "from"}
    tag = s3.upload_part_copy(**name, PartNumber=1, CopySource=source, CopySourceRange="bytes=1-5242881")
    parts = [{"PartNumber": 1, "ETag": tag["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**name, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="results", Key="to")["Body"].read() == body[1:5242882]
    bob = service.client("s3", "bob")
    upload = bob.create_multipart_upload(Bucket="results", Key="bobs")["UploadId"]
    stolen = {"Bucket": "results", "Key": "bobs", "UploadId": upload, "PartNumber": 1, "CopySource": source}
    assert code(lambda: bob.upload_part_copy(**stolen))[0] == "NoSuchKey"


def test_listings_page_by_page(service: Service) -> None:
    s3 = service.client("s3")
    keys = [f"d{number % 7}/k{number:03}" for number in range(50)] + ["top", "d1", "d1-"]
    for key in keys:
        service.store.put("results", key, b"x", owner="ana")
    for size in (1, 3, 1000):
        for version in ("list_objects_v2", "list_objects", "list_object_versions"):
            pages = s3.get_paginator(version).paginate(Bucket="results", PaginationConfig={"PageSize": size})
            field = "Versions" if "versions" in version else "Contents"
            assert [one["Key"] for page in pages for one in page.get(field, [])] == sorted(keys)
            pages = s3.get_paginator(version).paginate(
                Bucket="results", Delimiter="/", PaginationConfig={"PageSize": size}
            )
            found = [
                one.get("Key") or one["Prefix"]
                for page in pages
                for one in page.get(field, []) + page.get("CommonPrefixes", [])
            ]
            assert sorted(found) == sorted(["top", "d1", "d1-", *(f"d{number}/" for number in range(7))])
    after = s3.list_objects_v2(Bucket="results", StartAfter="d6/k048", Prefix="")
    assert [one["Key"] for one in after["Contents"]] == ["top"]


def test_what_others_wrote_is_not_there(service: Service) -> None:
    ana, bob, root = (service.client("s3", who) for who in ("ana", "bob", "root"))
    ana.put_object(Bucket="results", Key="secret", Body=b"hidden")
    missing = code(lambda: bob.get_object(Bucket="results", Key="nothing"))
    assert code(lambda: bob.get_object(Bucket="results", Key="secret")) == missing == ("NoSuchKey", 404)
    assert code(lambda: bob.head_object(Bucket="results", Key="secret"))[1] == 404
    assert bob.list_objects_v2(Bucket="results")["KeyCount"] == 0
    source = {"Bucket": "results", "Key": "secret"}
    assert code(lambda: bob.copy_object(Bucket="results", Key="mine", CopySource=source))[0] == "NoSuchKey"
    for ask in (bob.get_object_tagging, bob.get_object_acl):
        assert code(lambda ask=ask: ask(**source))[0] == "NoSuchKey"
    attributes = {"ObjectAttributes": ["ETag", "ObjectSize"]}
    assert code(lambda: bob.get_object_attributes(**source, **attributes))[0] == "NoSuchKey"
    assert code(lambda: bob.put_object(Bucket="results", Key="secret", Body=b"x")) == ("AccessDenied", 403)
    bob.delete_object(Bucket="results", Key="secret")
    bob.delete_objects(Bucket="results", Delete={"Objects": [{"Key": "secret"}]})
    assert ana.get_object(Bucket="results", Key="secret")["Body"].read() == b"hidden"
    assert root.get_object(Bucket="results", Key="secret")["Body"].read() == b"hidden"
    url = service.client("s3", signature_version="s3v4").generate_presigned_url("get_object", Params=source)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.replace(service.key("ana").id, service.key("bob").id))


def test_results_end_with_the_grants(service: Service) -> None:
    ana, root = service.client("s3"), service.client("s3", "root")
    service.store.put("results", "r.csv", b"rows", owner="ana")
    assert ana.get_object(Bucket="results", Key="r.csv")["Body"].read() == b"rows"
    service.gone.add(("r.csv", "ana"))
    for ask in (ana.get_object, ana.head_object, ana.get_object_tagging):
        assert code(lambda ask=ask: ask(Bucket="results", Key="r.csv"))[1] == 403
    source = {"Bucket": "results", "Key": "r.csv"}
    assert code(lambda: ana.copy_object(Bucket="results", Key="kept", CopySource=source))[0] == "AccessDenied"
    assert root.get_object(Bucket="results", Key="r.csv")["Body"].read() == b"rows"


def test_buckets_of_ones_own(service: Service) -> None:
    ana, bob = service.client("s3"), service.client("s3", "bob")
    ana.create_bucket(Bucket="anas-own")
    assert [one["Name"] for one in ana.list_buckets()["Buckets"]] == ["anas-own", "results"]
    assert [one["Name"] for one in bob.list_buckets()["Buckets"]] == ["results"]
    assert code(lambda: bob.list_objects_v2(Bucket="anas-own")) == ("AccessDenied", 403)
    assert code(lambda: bob.put_object(Bucket="anas-own", Key="x", Body=b"")) == ("AccessDenied", 403)
    assert code(lambda: bob.create_bucket(Bucket="anas-own")) == ("BucketAlreadyExists", 409)
    assert code(lambda: ana.create_bucket(Bucket="anas-own")) == ("BucketAlreadyOwnedByYou", 409)
    assert code(lambda: bob.delete_bucket(Bucket="anas-own"))[0] == "AccessDenied"
    assert code(lambda: ana.delete_bucket(Bucket="results"))[0] == "AccessDenied"
    assert code(lambda: ana.create_bucket(Bucket="Upper_Case"))[0] == "InvalidBucketName"
    ana.put_object(Bucket="anas-own", Key="x", Body=b"")
    assert code(lambda: ana.delete_bucket(Bucket="anas-own")) == ("BucketNotEmpty", 409)
    ana.delete_object(Bucket="anas-own", Key="x")
    ana.delete_bucket(Bucket="anas-own")
    assert code(lambda: ana.head_bucket(Bucket="anas-own"))[1] == 404


def test_what_clients_ask_about_buckets(service: Service) -> None:
    s3 = service.client("s3")
    assert s3.get_bucket_location(Bucket="results")["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket="results")
    assert s3.get_bucket_acl(Bucket="results")["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert s3.get_bucket_encryption(Bucket="results")["ServerSideEncryptionConfiguration"]["Rules"]
    assert code(lambda: s3.get_bucket_policy(Bucket="results")) == ("NoSuchBucketPolicy", 404)
    assert code(lambda: s3.get_bucket_tagging(Bucket="results")) == ("NoSuchTagSet", 404)
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    assert code(lambda: s3.put_bucket_versioning(Bucket="results", **versioned)) == ("NotImplemented", 501)


def test_tags(service: Service) -> None:
    s3 = service.client("s3")
    s3.put_object(Bucket="results", Key="k", Body=b"", Tagging="a=1&b=%C3%BC")
    assert s3.get_object_tagging(Bucket="results", Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "ü"},
    ]
    s3.put_object_tagging(Bucket="results", Key="k", Tagging={"TagSet": [{"Key": "<c>", "Value": "&"}]})
    assert s3.get_object_tagging(Bucket="results", Key="k")["TagSet"] == [{"Key": "<c>", "Value": "&"}]
    s3.delete_object_tagging(Bucket="results", Key="k")
    assert s3.get_object_tagging(Bucket="results", Key="k")["TagSet"] == []


def test_virtual_hosts(service: Service) -> None:
    """Names below localhost resolve to this machine by RFC 6761; where they do not, the address is the same."""
    s3 = service.client("s3")
    s3.put_object(Bucket="results", Key="a/b", Body=b"x")
    key = service.key("ana")
    session = boto3.Session(key.id, key.secret, region_name="us-east-1")

    request = AWSRequest(
        "GET", f"http://results.localhost:{service.port}/a/b", headers={"host": f"results.localhost:{service.port}"}
    )
    S3SigV4Auth(session.get_credentials(), "s3", "us-east-1").add_auth(request)
    sent = urllib.request.Request(f"{service.endpoint}/a/b", headers=dict(request.headers))
    with urllib.request.urlopen(sent) as answer:
        assert answer.read() == b"x"


def test_streams_are_sent_and_received(service: Service) -> None:
    """Bodies of unknown length through boto3's transfer, and a large one back."""
    s3 = service.client("s3")
    body = os.urandom(20 << 20)
    s3.upload_fileobj(io.BytesIO(body), "results", "big")
    out = io.BytesIO()
    s3.download_fileobj("results", "big", out)
    assert out.getvalue() == body
