"""The artifact store: a package that is the same everywhere, and an intake that files what it has checked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.artifact_store.component import PROGRAM, package
from lakewright.components.artifact_store.function.intake import take_in
from lakewright.rehearse.aws.local import local_aws

from .meaning import of_identity
from .roots import ACCOUNT, context, decide, project

BUCKET = "shop-dev-artifacts"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with local_aws([ACCOUNT], tmp_path_factory.mktemp("aws")) as aws:
        client = aws.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def upload(s3: Any, name: str, data: bytes, declared: str | None) -> None:
    metadata = {"sha256": declared} if declared else {}
    s3.put_object(Bucket=BUCKET, Key=f"incoming/{name}", Body=data, Metadata=metadata)


def test_the_package_is_the_same_on_every_machine(tmp_path: Path) -> None:
    other = tmp_path / PROGRAM.name
    other.write_bytes(PROGRAM.read_bytes())
    os.utime(other, (0, 10**9))
    other.chmod(0o600)
    assert package(other) == package()
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        assert archive.namelist() == ["intake.py"]
        assert archive.read("intake.py") == PROGRAM.read_bytes()


def test_what_is_as_declared_is_filed_under_its_digest(s3: Any) -> None:
    data = os.urandom(3_000_000)
    digest = hashlib.sha256(data).hexdigest()
    upload(s3, "jobs/app-1.0.whl", data, digest)
    assert take_in(s3, BUCKET, "incoming/jobs/app-1.0.whl")["result"] == "released"
    filed = f"releases/{digest}/jobs/app-1.0.whl"
    assert s3.get_object(Bucket=BUCKET, Key=filed)["Body"].read() == data
    assert not [key for key in keys(s3) if key.startswith("incoming/")]
    assert take_in(s3, BUCKET, "incoming/jobs/app-1.0.whl")["result"] == "gone"  # S3 tells of it twice


@pytest.mark.parametrize(("declared", "reason"), [(None, "no sha256"), ("0" * 64, "declared 0000")])
def test_what_is_not_is_put_aside_with_the_reason(s3: Any, declared: str | None, reason: str) -> None:
    name = f"bad-{'none' if declared is None else 'wrong'}.zip"
    upload(s3, name, b"something else", declared)
    assert take_in(s3, BUCKET, f"incoming/{name}")["result"] == "rejected"
    told = json.loads(s3.get_object(Bucket=BUCKET, Key=f"rejected/{name}.reason.json")["Body"].read())
    assert reason in told["reason"]
    assert told["sha256"] == hashlib.sha256(b"something else").hexdigest()
    assert s3.get_object(Bucket=BUCKET, Key=f"rejected/{name}")["Body"].read() == b"something else"
    assert not [key for key in keys(s3) if key.startswith("incoming/")]


def test_other_objects_are_none_of_its_business(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="elsewhere/x", Body=b"x")
    assert take_in(s3, BUCKET, "elsewhere/x")["result"] == "ignored"
    assert "elsewhere/x" in keys(s3)


def test_its_role_never_touches_what_is_released(tmp_path: Path) -> None:
    from lakewright.policy.iam import Answer
    from lakewright.policy.principals import Caller

    where = context(project(tmp_path), "artifact_store", "lake_buckets", "kms_key")
    made = decide(where, "artifact_store")
    text = str(made.files["intake-policy.json"]).replace("${kms_key_arn}", "arn:aws:kms:us-east-1:111111111111:key/1")
    role = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/shop-dev-artifact-intake", "x")
    bucket = f"arn:aws:s3:::shop-dev-artifacts-{ACCOUNT}"
    answers = {
        (action, place): of_identity(text, role, f"s3:{action}", f"{bucket}/{place}/a", {})
        for action in ("GetObject", "PutObject", "DeleteObject")
        for place in ("incoming", "releases", "rejected")
    }
    allowed = {key for key, answer in answers.items() if answer is Answer.ALLOW}
    assert allowed == {
        ("GetObject", "incoming"),
        ("DeleteObject", "incoming"),
        ("PutObject", "releases"),
        ("PutObject", "rejected"),
    }
