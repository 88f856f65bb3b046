"""`lakewright setup`: what it asks, what it looks at, where it stops and goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.cli.setup_steps import answered, databricks
from lakewright.errors import LakewrightError
from lakewright.rehearse.databricks.local import local_databricks
from lakewright.rehearse.databricks.provider.client import Api
from lakewright.spec import load_project

EXAMPLE = "00000000-0000-0000-0000-000000000000"
ADOPT = "account: {metastore: adopt}"
ANSWERS = {
    "account": "123456789012",
    "management": "210987654321",
    "databricks": "12345678-1234-1234-1234-123456789012",
    "email": "aws@acme.test",
    "costs": "costs@acme.test",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    done = CliRunner().invoke(Root(), ["-C", str(tmp_path), "init", "--blueprint", "databricks-single"])
    assert done.exit_code == 0, done.output
    return tmp_path


def spec(folder: Path) -> str:
    return (folder / "platform.yaml").read_text()


def with_own_people(folder: Path) -> None:
    text = spec(folder)
    for name in ("pat.admin", "eli.engineer", "ana.analyst"):
        text = text.replace(f"{name}@example.com", f"{name}@acme.test")
    (folder / "platform.yaml").write_text(text)


def test_answers_take_the_place_of_every_example(project: Path) -> None:
    with_own_people(project)
    assert set(answered(project, "dev", ANSWERS, asks=None)) == set(ANSWERS)
    found = load_project(project, "dev").platform.environments["dev"]
    assert found.account == "123456789012"
    assert found.accounts["management"].account == "210987654321"
    assert found.databricks is not None
    assert found.databricks.account_id == ANSWERS["databricks"]
    assert "example.com" not in spec(project)
    before = spec(project)
    assert answered(project, "dev", {}, asks=None) == ()  # again: there is nothing left to ask
    assert spec(project) == before


def test_nothing_is_written_while_an_answer_lacks_or_fits_not(project: Path) -> None:
    with_own_people(project)
    before = spec(project)
    with pytest.raises(LakewrightError) as told:
        answered(project, "dev", {**ANSWERS, "account": "12"}, asks=None)
    assert "--answer account=" in str(told.value.mistakes[0].hint)  # type: ignore[attr-defined]
    with pytest.raises(LakewrightError, match="LW1368"):
        answered(project, "dev", {key: ANSWERS[key] for key in ("account", "email")}, asks=None)
    assert spec(project) == before


def test_people_of_the_example_are_not_set_up(project: Path) -> None:
    with pytest.raises(LakewrightError, match=r"ana\.analyst@example\.com"):
        answered(project, "dev", ANSWERS, asks=None)


def test_a_person_is_asked_for_what_no_answer_says(project: Path) -> None:
    with_own_people(project)
    asked: list[str] = []

    def ask(question: str, key: str) -> str:
        asked.append(question)
        return ANSWERS[key]

    answered(project, "dev", {"account": ANSWERS["account"]}, asks=ask)
    assert len(asked) == 4
    assert "210987654321" in spec(project)


def test_without_keys_of_databricks_it_says_which_lack(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABRICKS_CLIENT_ID", raising=False)
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "x")
    with pytest.raises(LakewrightError, match="DATABRICKS_CLIENT_ID are not set") as told:
        databricks(load_project(project, "dev"), "dev")
    assert told.value.exit_code == 3


@pytest.fixture
def console(project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Databricks account that the project names, and the keys of its administrator."""
    with local_databricks(tmp_path_factory.mktemp("databricks"), EXAMPLE) as running:
        own = f"{{account_id: {EXAMPLE}, host: {running.host}}}"
        (project / "platform.yaml").write_text(spec(project).replace(f"{{account_id: {EXAMPLE}}}", own))
        monkeypatch.setenv("DATABRICKS_CLIENT_ID", running.client_id)
        monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", running.client_secret)
        yield running


def test_a_second_metastore_in_a_region_is_refused_before_anything_is_made(project: Path, console: Any) -> None:
    assert databricks(load_project(project, "dev"), "dev")["metastore"] == "to be made"
    api = Api(console.host, EXAMPLE, console.client_id, console.client_secret)
    api.call("POST", api.account("/metastores"), {"metastore_info": {"name": "theirs", "region": "eu-west-1"}})
    assert databricks(load_project(project, "dev"), "dev")["metastore"] == "to be made"
    api.call("POST", api.account("/metastores"), {"metastore_info": {"name": "theirs-too", "region": "us-east-1"}})
    with pytest.raises(LakewrightError, match="us-east-1 has the metastore theirs-too already") as told:
        databricks(load_project(project, "dev"), "dev")
    assert told.value.hint == "account: {metastore: adopt}, in `infra`"
    assert re.search(r"platform\.yaml:\d+$", told.value.place)
    (project / "platform.yaml").write_text(spec(project).replace("    infra:\n", f"    infra:\n      {ADOPT}\n"))
    assert databricks(load_project(project, "dev"), "dev")["metastore"] == "theirs-too"
    api.close()


def test_what_is_not_there_is_not_adopted(project: Path, console: Any) -> None:
    (project / "platform.yaml").write_text(spec(project).replace("    infra:\n", f"    infra:\n      {ADOPT}\n"))
    with pytest.raises(LakewrightError, match="no metastore in us-east-1 to adopt") as told:
        databricks(load_project(project, "dev"), "dev")
    assert told.value.place == "platform.yaml:15"
    assert "metastore: make" in told.value.hint


def test_it_stops_at_the_first_step_that_fails_and_says_how_to_go_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = CliRunner().invoke(Root(), ["-C", str(project), "setup", "dev", "--as-it-is", "--yes", "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == 1
    assert said["ok"] is False
    assert list(said["done"]) == ["tools"]
    assert said["left"][0] == "accounts"
    assert any("LW1369" in json.dumps(one) for one in said["errors"])
