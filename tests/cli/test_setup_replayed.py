"""`lakewright setup` on the local AWS and the local Databricks: stopped, gone on, and again with nothing to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakewright.infra.compile import compile_environment
from lakewright.infra.override import OVERRIDE, Loopback, override_of
from lakewright.infra.terraform import find_plugins
from lakewright.observe import ignore
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.live.services import living_aws
from lakewright.rehearse.aws.local import LocalAws
from lakewright.rehearse.platform.databricks import joined
from lakewright.rehearse.platform.stage import PROFILE
from lakewright.spec import load_project

from .conftest import Call

OWN, MANAGEMENT, REGION = "111111111111", "999999999999", "us-east-1"
DATABRICKS = "00000000-0000-0000-0000-000000000000"
STACKS = ("--stack", "state", "--stack", "organization", "--stack", "monitoring")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
    pytest.mark.full,
]


@pytest.fixture
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is no part of the project."""
    return tmp_path_factory.mktemp("beside")


@pytest.fixture
def aws(beside: Path) -> Iterator[LocalAws]:
    with living_aws([OWN, MANAGEMENT], beside / "aws", {}, gates=EVERY_GATE, region=REGION) as (found, _):
        yield found


def log_in(folder: Path, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile for each account, in files of AWS's own kind."""
    secrets, settings = "", ""
    for name, account in ((PROFILE, OWN), ("management", MANAGEMENT)):
        key = aws.credentials(account)
        secrets += f"[{name}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        settings += f"[profile {name}]\nregion = {REGION}\nendpoint_url = {aws.endpoint}\n"
    (folder / "credentials").write_text(secrets)
    (folder / "config").write_text(settings)
    for name in [name for name in os.environ if name.startswith(("AWS_", "DATABRICKS_", "TF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_PROFILE", PROFILE)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def shell(tmp_path: Path, beside: Path, aws: LocalAws, call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A shell in a project of the blueprint, whose stacks a file of the person's own leads to the local AWS."""
    assert call("init", "--blueprint", "databricks-single", "--name", "lab").code == 0
    log_in(beside, aws, monkeypatch)
    compiled = compile_environment(load_project(tmp_path), "dev")
    with joined(compiled, DATABRICKS, beside, aws, find_plugins(os.environ), ignore) as databricks:
        text = (tmp_path / "platform.yaml").read_text()
        own = f"{{account_id: {DATABRICKS}, host: {databricks.host}}}"
        (tmp_path / "platform.yaml").write_text(text.replace(f"{{account_id: {DATABRICKS}}}", own))
        if databricks.plugins:
            monkeypatch.setenv("LAKEWRIGHT_TERRAFORM_PLUGINS", str(databricks.plugins))
        for name, value in databricks.environment.items():
            monkeypatch.setenv(name, value)
        assert call("infra", "compile", "dev").code == 0
        loopback = Loopback(aws.endpoint, REGION, beside / "credentials", beside / "config", PROFILE, databricks.host)
        for stack in (path for path in (tmp_path / "infra" / "dev").iterdir() if path.is_dir()):
            (stack / OVERRIDE).write_text(override_of(stack, loopback))
        yield tmp_path


@pytest.mark.usefixtures("shell")
def test_it_stops_goes_on_and_finds_nothing_left(call: Call, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = os.environ["DATABRICKS_CLIENT_SECRET"]
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "wrong")
    stopped = call("setup", "dev", "--as-it-is", "--yes", "--json", *STACKS)
    assert (stopped.code, list(stopped.json["done"])) == (1, ["tools", "accounts"])
    assert "gives no token" in str(stopped.json["errors"])
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", secret)
    on = call("setup", "dev", "--as-it-is", "--yes", "--json", *STACKS)
    assert (on.code, on.json["left"]) == (0, []), on.err
    assert on.json["done"]["look"] == {"differ": []}
    organizations = aws.client("organizations", account=MANAGEMENT)
    (parent,) = organizations.list_parents(ChildId=OWN)["Parents"]
    assert parent["Type"] == "ORGANIZATIONAL_UNIT"
    again = call("setup", "dev", "--as-it-is", "--yes", "--json", *STACKS)
    assert again.code == 0
    assert all(one == {"skipped": True} for one in again.json["done"]["apply"]["stacks"].values())
