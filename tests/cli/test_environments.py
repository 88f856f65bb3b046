"""`plan`, `apply` and `destroy` of an environment, with the real Terraform against the local AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakewright.infra.override import OVERRIDE, Loopback, override_of
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.platform.stage import PROFILE

from .conftest import Call

ACCOUNT, REGION = "111111111111", "us-east-1"
PLATFORM = """lakewright: 1
platform: small
environments:
  dev: {account: "111111111111", region: us-east-1}
  prod: {account: "222222222222", region: us-east-1, protection: strict}
infra:
  stacks:
    keys: {calls: {key: {use: kms_key}}}
    images: {calls: {registry: {use: ecr, repositories: {jobs: {}}}}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT], tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture
def project(tmp_path: Path, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in whose stacks a file of the person's own leads Terraform to the local AWS."""
    key = aws.credentials(ACCOUNT)
    (tmp_path / "credentials").write_text(
        f"[{PROFILE}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    (tmp_path / "config").write_text(f"[profile {PROFILE}]\nregion = {REGION}\nendpoint_url = {aws.endpoint}\n")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "platform.yaml").write_text(PLATFORM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lead_home(project: Path, aws: LocalAws) -> None:
    loopback = Loopback(aws.endpoint, REGION, project / "credentials", project / "config")
    for folder in (project / "infra" / "dev").iterdir():
        if folder.is_dir():
            (folder / OVERRIDE).write_text(override_of(folder, loopback))


def test_what_was_planned_is_applied_and_nothing_else(project: Path, aws: LocalAws, call: Call) -> None:
    assert call("infra", "compile", "dev").code == 0
    lead_home(project, aws)
    kms = aws.client("kms", account=ACCOUNT)

    def has_key() -> bool:
        return "alias/small-dev-data" in {one["AliasName"] for one in kms.list_aliases()["Aliases"]}

    refused = call("apply", "dev", "--json")
    assert (refused.code, {one["code"] for one in refused.json["errors"]}) == (1, {"LW1360"})

    first = call("plan", "dev", "--json")
    assert (first.code, first.json["stacks"]["keys"]["waits_for"]) == (0, ["state"])
    begun = call("apply", "dev", "--json")
    assert (begun.code, sorted(begun.json["left"])) == (0, ["images", "keys"])

    planned = call("plan", "dev", "--json")
    assert planned.json["stacks"]["keys"]["counts"]["create"] >= 2
    assert not has_key()
    applied = call("apply", "dev", "--json")
    assert (applied.code, applied.json["left"]) == (0, ["images"])  # they are encrypted with the key
    assert has_key()
    assert call("plan", "dev").code == 0
    assert call("apply", "dev", "--json").json["left"] == []

    again = call("plan", "dev", "--json")
    assert not any(stack["changed"] for stack in again.json["stacks"].values())

    (project / "infra/dev/keys/own.tf").write_text('output "mine" {\n  value = "kept"\n}\n')
    stale = call("apply", "dev", "--json")
    assert [(one["code"], one["place"]) for one in stale.json["errors"]] == [("LW1362", "keys")]

    gone = call("destroy", "dev", "--yes", "--json")
    assert gone.code == 0
    assert not has_key()
    assert (project / "infra/dev/keys/own.tf").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "errors"),
    [
        (["destroy", "prod", "--yes"], 1, {"LW1364"}),
        (["destroy", "dev"], 2, {"LW900"}),
        (["apply", "stage"], 2, {"LW1304"}),
        (["plan", "dev", "--stack", "kees"], 2, {"LW1359"}),
        (["plan", "dev", "--plugin-dir", "nowhere"], 3, {"LW1355"}),
    ],
)
def test_what_is_refused(project: Path, call: Call, arguments: list[str], code: int, errors: set[str]) -> None:
    found = call(*arguments, "--json")
    assert (found.code, {one["code"] for one in found.json["errors"]}) == (code, errors)


OWN = """
resource "aws_glue_catalog_database" "own" {
  name = "feeds"
}

resource "aws_glue_catalog_table" "own" {
  name          = "prices"
  database_name = aws_glue_catalog_database.own.name
}

resource "aws_lakeformation_permissions" "own" {
  principal   = "arn:aws:iam::111111111111:role/analyst"
  permissions = ["SELECT"]
  table_with_columns {
    database_name = aws_glue_catalog_database.own.name
    name          = aws_glue_catalog_table.own.name
    column_names  = COLUMNS
  }
}

resource "aws_vpc" "own" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_security_group" "own" {
  name        = "own"
  description = "Web"
  vpc_id      = aws_vpc.own.id
}

resource "aws_vpc_security_group_ingress_rule" "own" {
  security_group_id = aws_security_group.own.id
  description       = "HTTPS from everywhere"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "own" {
  security_group_id = aws_security_group.own.id
  ip_protocol       = "-1"
  cidr_ipv4         = aws_vpc.own.cidr_block
}
"""


def test_who_gains_what_and_open_rules_are_read_from_the_plans(project: Path, aws: LocalAws, call: Call) -> None:
    assert call("infra", "compile", "dev").code == 0
    lead_home(project, aws)
    refused = call("plan", "dev", "--only", "grants", "--json")
    assert (refused.code, refused.json["errors"][0]["fact"]) == (2, "no stack of dev grants anything")
    assert call("plan", "dev", "--only", "models", "--json").code == 2
    assert call("plan", "--only", "rules", "--json").code == 2
    call("plan", "dev", "--stack", "state")
    assert call("apply", "dev", "--stack", "state").code == 0
    own = project / "infra/dev/keys/own.tf"
    own.write_text(OWN.replace("COLUMNS", '["day", "price"]'))

    text = call("plan", "dev", "--stack", "keys").out
    assert "role/analyst\n  feeds.prices select\n    + day, price in every row\n" in text
    assert "security groups: 1 open to everybody, 1 without description, 1 with addresses" in text
    assert call("apply", "dev", "--stack", "keys").code == 0

    own.write_text(OWN.replace("COLUMNS", '["day"]'))
    after = call("plan", "dev", "--only", "grants", "--json").json
    assert list(after["stacks"]) == ["keys"], "the others grant nothing"
    (lost,) = after["grants"]["changes"]
    assert (lost["principal"], lost["table"], lost["privilege"]) == ("role/analyst", "feeds.prices", "select")
    assert (lost["gains"], lost["losses"]) == ([], ["columns price"])

    rules = call("plan", "dev", "--only", "rules", "--stack", "keys", "--json").json["rules"]  # though none changes
    line = OWN.splitlines().index('resource "aws_vpc_security_group_ingress_rule" "own" {') + 1
    assert rules["looked_at"] == 2
    assert [(one["concern"], one["place"]) for one in rules["findings"]] == [
        ("undescribed", f"infra/dev/keys/own.tf:{line + 9}"),
        ("addresses", f"infra/dev/keys/own.tf:{line + 9}"),
        ("open", f"infra/dev/keys/own.tf:{line}"),
    ]
