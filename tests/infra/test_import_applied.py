"""A bucket that was there is taken over: the plan imports it and replaces nothing, and the next one finds nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.infra.override import OVERRIDE, Loopback, override_of
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.rehearse.aws.local import local_aws

ACCOUNT, REGION = "111111111111", "us-east-1"
PLATFORM = """\
lakewright: 1
platform: small
environments:
  dev: {account: "111111111111", region: us-east-1}
infra:
  stacks:
    lake: {calls: {lake: {use: lake_buckets, access_logs: null, buckets: {bronze: {name: our-old-lake}}}}}
"""


def lakewright(*arguments: str) -> None:
    done = CliRunner().invoke(Root(), list(arguments))
    assert done.exit_code == 0, done.output


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.timeout(400)
def test_a_bucket_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "platform.yaml").write_text(PLATFORM)
    monkeypatch.chdir(tmp_path)
    lakewright("infra", "import", "dev", "lake/lake", 'aws_s3_bucket.this["bronze"]', "our-old-lake")
    lakewright("infra", "compile", "dev")
    with local_aws([ACCOUNT], tmp_path / "aws") as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="small-dev-state-111111111111")
        s3.create_bucket(Bucket="our-old-lake")
        s3.put_object(Bucket="our-old-lake", Key="kept", Body=b"from before")
        key = aws.credentials(ACCOUNT)
        (tmp_path / "credentials").write_text(
            f"[administrator]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        )
        (tmp_path / "config").write_text(f"[profile administrator]\nregion = {REGION}\nendpoint_url = {aws.endpoint}\n")
        folder = tmp_path / "infra/dev/lake"
        loopback = Loopback(aws.endpoint, REGION, tmp_path / "credentials", tmp_path / "config")
        (folder / OVERRIDE).write_text(override_of(folder, loopback))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        environment = {**kept, **aws.environment(ACCOUNT)}
        terraform = Terraform(find_binary(os.environ), environment, find_plugins(os.environ), init_environment=kept)
        terraform.init(folder, "lake")
        plan = tmp_path / "the.plan"
        terraform.plan(folder, plan)
        changes = {one["address"]: one["change"] for one in terraform.show(folder, plan)["resource_changes"]}
        bucket = changes['module.lake.aws_s3_bucket.this["bronze"]']
        assert bucket["importing"] == {"id": "our-old-lake"}
        assert bucket["actions"] in (["no-op"], ["update"])
        assert not any("delete" in change["actions"] for change in changes.values())
        terraform.apply(folder, plan)
        assert terraform.plan(folder, plan).changed is False
        assert s3.get_object(Bucket="our-old-lake", Key="kept")["Body"].read() == b"from before"
    lakewright("infra", "compile", "dev", "--check")
