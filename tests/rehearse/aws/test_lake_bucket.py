"""The lake as a bucket: administrators read it, nobody changes it, for others it is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Service
from .test_s3 import code


@pytest.fixture
def lake(service: Service) -> Path:
    """The folder behind the bucket `lake` of the running service, with one file."""
    (service.lake / "gold" / "t").mkdir(parents=True)
    (service.lake / "gold" / "t" / "part").write_bytes(b"rows")
    return service.lake


def test_administrators_read_it(service: Service, lake: Path) -> None:
    root = service.client("s3", "root")
    assert "lake" in [one["Name"] for one in root.list_buckets()["Buckets"]]
    found = root.list_objects_v2(Bucket="lake", Prefix="gold/")["Contents"]
    assert [(one["Key"], one["Size"]) for one in found] == [("gold/t/part", 4)]
    assert root.get_object(Bucket="lake", Key="gold/t/part", Range="bytes=1-2")["Body"].read() == b"ow"
    assert root.head_object(Bucket="lake", Key="gold/t/part")["ContentLength"] == 4
    assert code(lambda: root.get_object(Bucket="lake", Key="gold/../../x"))[0] == "NoSuchKey"
    (lake / "gold" / "t" / "part").write_bytes(b"other rows")
    assert root.get_object(Bucket="lake", Key="gold/t/part")["Body"].read() == b"other rows"
    root.copy_object(Bucket="results", Key="copy", CopySource="lake/gold/t/part")
    assert root.get_object(Bucket="results", Key="copy")["Body"].read() == b"other rows"


def test_nobody_else_learns_of_a_key(service: Service, lake: Path) -> None:
    ana = service.client("s3", "ana")
    assert "lake" not in [one["Name"] for one in ana.list_buckets()["Buckets"]]
    ana.put_object(Bucket="results", Key="mine", Body=b"x")
    upload = ana.create_multipart_upload(Bucket="results", Key="parts")["UploadId"]

    def answers(key: str) -> list[tuple[str, int]]:
        source = {"Bucket": "lake", "Key": key}
        return [
            code(lambda: ana.get_object(Bucket="lake", Key=key)),
            code(lambda: ana.head_object(Bucket="lake", Key=key)),
            code(lambda: ana.get_object_tagging(Bucket="lake", Key=key)),
            code(lambda: ana.get_object_attributes(Bucket="lake", Key=key, ObjectAttributes=["ETag"])),
            code(lambda: ana.copy_object(Bucket="results", Key="c", CopySource=source)),
            code(lambda: ana.upload_part_copy(
                Bucket="results", Key="parts", UploadId=upload, PartNumber=1, CopySource=source)),
            code(lambda: ana.put_object(Bucket="lake", Key=key, Body=b"x")),
            code(lambda: ana.delete_object(Bucket="lake", Key=key)),
        ]  # fmt: skip

    assert answers("gold/t/part") == answers("gold/t/none")
    assert {status for _, status in answers("gold/t/part")} == {403}
    for listing in ("list_objects_v2", "list_objects", "list_object_versions", "list_multipart_uploads", "head_bucket"):
        assert code(lambda listing=listing: getattr(ana, listing)(Bucket="lake"))[1] == 403


@pytest.mark.parametrize("who", ["root", "ana"])
def test_nobody_changes_it(service: Service, lake: Path, who: str) -> None:
    s3 = service.client("s3", who)
    where = {"Bucket": "lake", "Key": "gold/t/part"}
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    refused = [
        code(lambda: s3.put_object(**where, Body=b"x")),
        code(lambda: s3.delete_object(**where)),
        code(lambda: s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "gold/t/part"}]})),
        code(lambda: s3.copy_object(**where, CopySource="results/x")),
        code(lambda: s3.create_multipart_upload(**where)),
        code(lambda: s3.put_object_tagging(**where, Tagging=tags)),
        code(lambda: s3.create_bucket(Bucket="lake")),
        code(lambda: s3.delete_bucket(Bucket="lake")),
    ]
    assert refused == [("AccessDenied", 403)] * len(refused)
    assert (lake / "gold" / "t" / "part").read_bytes() == b"rows"
