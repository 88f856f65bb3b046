"""The real Terraform and AWS provider against the local AWS: a root of many kinds of resources, its whole life."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lakewright.rehearse.aws.coverage import Outcome
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws

ACCOUNT = "111111111111"
ROOT = Path(__file__).parent / "root"
WIDE = ("-parallelism=60",)
CHANGE = ("-var=note=second", "-var=days=120")


class Terraform:
    """Runs in a copy of the root; nothing of the caller's AWS settings comes along."""

    def __init__(self, folder: Path, aws: LocalAws) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        self.environment = inherited | aws.environment()

    def __call__(self, *arguments: str, code: int = 0) -> str:
        ran = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == code, ran.stdout[-4000:] + ran.stderr[-8000:]
        return ran.stdout + ran.stderr


@contextmanager
def started(tmp_path: Path) -> Iterator[tuple[LocalAws, Terraform]]:
    """The local AWS on what an earlier one kept, and Terraform in its folder."""
    with local_aws([ACCOUNT], tmp_path / "aws", gates=EVERY_GATE, keep=True) as aws:
        yield aws, Terraform(tmp_path / "root", aws)


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.timeout(900)
def test_a_lake_is_made_kept_changed_and_destroyed(tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path / "root")
    plugins = os.environ.get("LAKEWRIGHT_TERRAFORM_PLUGINS")
    with started(tmp_path) as (aws, terraform):
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="tf-state")
        terraform("init", *([f"-plugin-dir={plugins}"] if plugins else []))
        terraform("apply", "-auto-approve", *WIDE)
        terraform("plan", "-detailed-exitcode", *WIDE)
        _check_secret(aws, s3.get_object(Bucket="tf-state", Key="root.tfstate")["Body"].read())
        assert s3.get_object(Bucket="root-lake", Key="scripts/job.py")["Body"].read() == b"print('first')"
        assert aws.coverage.operations(Outcome.UNIMPLEMENTED) == {}
    with started(tmp_path) as (aws, terraform):
        terraform("plan", "-detailed-exitcode", *WIDE)
        _check_lock(aws, terraform)
        changed = terraform("apply", "-auto-approve", *WIDE, *CHANGE)
        assert " 0 added" in changed
        assert " 0 destroyed" in changed
        terraform("plan", "-detailed-exitcode", *WIDE, *CHANGE)
        s3 = aws.client("s3")
        s3.put_object(Bucket="root-lake", Key="left/behind", Body=b"force_destroy removes it")
        terraform("destroy", "-auto-approve", *WIDE, *CHANGE)
        assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["tf-state"]
        assert aws.coverage.operations(Outcome.UNIMPLEMENTED) == {}


def _check_lock(aws: LocalAws, terraform: Terraform) -> None:
    """Whoever holds the state is told."""
    s3, lock = aws.client("s3"), {"Bucket": "tf-state", "Key": "root.tfstate.tflock"}
    s3.put_object(**lock, Body=json.dumps({"ID": "x", "Who": "ana@desk"}).encode())
    refused = terraform("plan", code=1)
    assert "Error acquiring the state lock" in refused
    assert "ana@desk" in refused
    s3.delete_object(**lock)


def _check_secret(aws: LocalAws, state: bytes) -> None:
    """Written, and in no state."""
    value = aws.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"]
    assert len(value) == 32
    assert value.encode() not in state
