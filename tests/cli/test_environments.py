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
