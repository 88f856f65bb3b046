"""Terraform of a person's own beside a stack: what AWS or Databricks would tell late is told when it is compiled.

The mistakes are those of *Corrections* in the requirements; beside each stands what is right.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.errors import Mistakes
from lakewright.infra.compile import compile_environment
from lakewright.infra.own_files import own_mistakes
from lakewright.infra.write import written
from lakewright.spec import load_project

ALARM = """resource "aws_cloudwatch_metric_alarm" "{name}" {{
  alarm_name  = "{name}"
  metric_name = "EstimatedCharges"
  threshold   = 50
}}"""
KMS_ONLY = """resource "aws_s3_bucket_policy" "this" {
  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Action    = "s3:PutObject"
      Condition = { StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" } }
    }]
  })
}
"""
DEFAULT = """resource "aws_s3_bucket_server_side_encryption_configuration" "this" {{
  rule {{
    apply_server_side_encryption_by_default {{
      sse_algorithm = "{}"
    }}
  }}
}}"""
MISTAKES = {
    "SSE-S3 where a policy asks for KMS": (
        KMS_ONLY + DEFAULT.format("AES256"), 12, "a policy here refuses what is not encrypted with KMS", "aws:kms",
    ),
    "a variable in a backend": (
        'terraform {\n  backend "s3" {\n    bucket = "state-${var.account}"\n  }\n}',
        2, "read before variables", "-backend-config",
    ),
    "a data source in a backend": (
        'terraform {\n  backend "s3" {\n    bucket = data.aws_caller_identity.this.account_id\n  }\n}',
        2, "read before variables", "-backend-config",
    ),
    "a NAT gateway's security group": (
        'resource "aws_nat_gateway" "this" {\n  subnet_id          = "subnet-1"\n  security_group_ids = ["sg-1"]\n}',
        1, "has no security group", "network ACLs",
    ),
    "addresses for a group": (
        'resource "aws_security_group_rule" "this" {\n  source_security_group_id = "10.0.0.0/16"\n}',
        1, "10.0.0.0/16 are addresses", "cidr_blocks",
    ),
    "addresses for a group, within": (
        'resource "aws_security_group" "this" {\n  ingress {\n    security_groups = ["10.0.0.0/16"]\n  }\n}',
        2, "10.0.0.0/16 are addresses", "cidr_blocks",
    ),
    "a day's threshold of what adds up": (ALARM.format(name="daily-spend"), 1, "adds up over the month", "daily:"),
    "a zone of another region": (
        'resource "aws_subnet" "this" {\n  availability_zone = "us-west-2a"\n}',
        1, "a zone of us-west-2", '"us-east-1a"',
    ),
    "USAGE": (
        'resource "databricks_grants" "this" {\n  grant {\n    principal  = "a"\n    privileges = ["USAGE"]\n  }\n}',
        2, "USAGE is no privilege", "USE_CATALOG",
    ),
}  # fmt: skip
RIGHT = {
    "KMS where a policy asks for it": KMS_ONLY + DEFAULT.format("aws:kms"),
    "SSE-S3 where none does": DEFAULT.format("AES256"),
    "a backend": 'terraform {\n  backend "s3" {\n    bucket = "state"\n  }\n}',
    "a NAT gateway": 'resource "aws_nat_gateway" "this" {\n  subnet_id = var.subnet\n}',
    "a group": 'resource "aws_security_group_rule" "this" {\n  source_security_group_id = aws_security_group.a.id\n}',
    "addresses": 'resource "aws_security_group_rule" "this" {\n  cidr_blocks = ["10.0.0.0/16"]\n}',
    "a month's threshold": ALARM.format(name="monthly-spend"),
    "a zone": 'resource "aws_subnet" "this" {\n  availability_zone = "us-east-1a"\n}',
    "a privilege": 'resource "databricks_grants" "this" {\n  grant {\n    privileges = ["USE_CATALOG"]\n  }\n}',
    "no HCL": "resource {{{",
}


def told(folder: Path, text: str) -> list[str]:
    (folder / "infra" / "dev" / "foundation").mkdir(parents=True)
    (folder / "infra" / "dev" / "foundation" / "own.tf").write_text(text)
    (folder / "infra" / "dev" / "foundation" / "main.tf").write_text(MISTAKES["USAGE"][0])  # one of ours: not looked at
    return [str(one) for one in own_mistakes(folder / "infra" / "dev", {"foundation": {"main.tf"}}, "us-east-1")]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_is_right(tmp_path: Path, name: str) -> None:
    text, line, fact, hint = MISTAKES[name]
    (said,) = told(tmp_path, text)
    assert said.startswith(f"LW1397 infra/dev/foundation/own.tf:{line}: ")
    assert fact in said
    assert hint in said


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_left_alone(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, RIGHT[name]) == []


def test_nothing_is_written_beside_a_mistake(tmp_path: Path) -> None:
    done = CliRunner().invoke(Root(), ["-C", str(tmp_path), "init", "--blueprint", "databricks-single"])
    assert done.exit_code == 0
    compiled = compile_environment(load_project(tmp_path), "dev")
    own = tmp_path / "infra" / "dev" / "foundation" / "own.tf"
    own.parent.mkdir(parents=True)
    own.write_text(MISTAKES["a NAT gateway's security group"][0])
    with pytest.raises(Mistakes, match="LW1397"):
        written(compiled, tmp_path / "infra")
    assert [path.name for path in own.parent.iterdir()] == ["own.tf"]
    own.write_text(RIGHT["a NAT gateway"])
    written(compiled, tmp_path / "infra")
    assert (own.parent / "main.tf").is_file()
