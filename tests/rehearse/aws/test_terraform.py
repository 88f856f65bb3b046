"""The real Terraform and AWS provider against the local AWS: a root of many kinds of resources, its whole life."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lakewright.rehearse.aws.coverage import Outcome
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.local import LocalAws, local_aws

ACCOUNT = "111111111111"
ROOT = Path(__file__).parent / "root"


class Terraform:
    """Runs in a copy of the root; nothing of the caller's AWS settings comes along."""

    def __init__(self, folder: Path, aws: LocalAws) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        self.environment = inherited | aws.environment()

    def __call__(self, *arguments: str, code: int = 0) -> str:
        ran = subprocess.run(
            ["terraform", *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert ran.returncode == code, ran.stdout[-4000:] + ran.stderr[-8000:]
        return ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.timeout(900)
def test_a_lake_is_made_changed_and_destroyed(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    shutil.copytree(ROOT, folder)
    plugins = os.environ.get("LAKEWRIGHT_TERRAFORM_PLUGINS")
    with local_aws([ACCOUNT], tmp_path / "aws", gates=EVERY_GATE) as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="tf-state")
        terraform = Terraform(folder, aws)
        terraform("init", "-no-color", *([f"-plugin-dir={plugins}"] if plugins else []))
        terraform("apply", "-no-color", "-auto-approve", "-parallelism=60")
        terraform("plan", "-no-color", "-detailed-exitcode", "-parallelism=60")
        _check_secret(aws, s3.get_object(Bucket="tf-state", Key="root.tfstate")["Body"].read())
        assert s3.get_object(Bucket="root-lake", Key="scripts/job.py")["Body"].read() == b"print('first')"

        s3.put_object(Bucket="tf-state", Key="root.tfstate.tflock", Body=json.dumps({"ID": "x", "Who": "ana"}).encode())
        assert "Error acquiring the state lock" in terraform("plan", "-no-color", code=1)
        s3.delete_object(Bucket="tf-state", Key="root.tfstate.tflock")

        change = ("-var=note=second", "-var=days=120")
        changed = terraform("apply", "-no-color", "-auto-approve", "-parallelism=60", *change)
        assert " 0 added" in changed
        assert " 0 destroyed" in changed
        terraform("plan", "-no-color", "-detailed-exitcode", "-parallelism=60", *change)
        s3.put_object(Bucket="root-lake", Key="left/behind", Body=b"force_destroy removes it")
        terraform("destroy", "-no-color", "-auto-approve", "-parallelism=60", *change)
        assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["tf-state"]
        assert aws.coverage.operations(Outcome.UNIMPLEMENTED) == {}


def _check_secret(aws: LocalAws, state: bytes) -> None:
    """Written, and in no state."""
    value = aws.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"]
    assert len(value) == 32
    assert value.encode() not in state
