"""`access agree` on a local AWS that `aws start` runs, and on what a rehearsal left up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("databricks.sdk")

from lakewright.cli.aws.running import folder_of
from lakewright.cli.output import Invocation
from lakewright.infra.compile import decided_calls
from lakewright.observe import ignore
from lakewright.rehearse.agree.wanted import decided_of, wanted
from lakewright.rehearse.aws.permissions import clients
from lakewright.rehearse.aws.runtime import environment_of
from lakewright.rehearse.platform.stage import Options, staged
from lakewright.spec import load_project
from tests.agree.applied import ACCOUNT, SPEC, to_lake_formation
from tests.components.single import single

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "lakewright"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DATABRICKS_"))}
    return kept | {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_RUNTIME_DIR": str(tmp_path / "none")}


@pytest.fixture
def started(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """A project with a local AWS beside it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "platform.yaml").write_text(SPEC)
    command = [*COMMAND, "aws", "start", "--account", ACCOUNT, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=folder, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ok"]
        yield folder
        process.terminate()
        assert process.wait(30) == 0


def agree(environment: Mapping[str, str], folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    command = [*COMMAND, "access", "agree", "--env", "dev", "--json", *more]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_lake_formation_of_a_local_aws(
    started: Path, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is granted: everything differs. As the blueprint says: nothing does. Without one permission: that."""
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, environment[name])
    project = load_project(started, "dev")
    decided = decided_calls(project, "dev")[1]
    opened = clients(environment_of(folder_of(Invocation(folder=started)), ACCOUNT))
    (glue,), (grants,) = decided_of(decided, "glue"), decided_of(decided, "lake_grants")
    to_lake_formation(lambda service: opened(service, ACCOUNT), glue.made, grants.made, wanted(project, "dev"))
    code, found = agree(environment, started)
    (system,) = found["systems"]
    assert [one for one in system["differences"] if not one["explained"]] == []
    assert (code, system["system"], system["tables"]) == (0, f"Lake Formation {ACCOUNT}", 33)
    lake = opened("lakeformation", ACCOUNT)
    entries = [
        one
        for one in lake.list_permissions()["PrincipalResourcePermissions"]
        if one["Principal"]["DataLakePrincipalIdentifier"].endswith("data-analyst")
        and one["Resource"].get("Table", {}).get("Name") == "dim_date"
    ]
    lake.revoke_permissions(**{key: entries[0][key] for key in ("Principal", "Resource", "Permissions")})
    code, found = agree(environment, started)
    told = [one for one in found["systems"][0]["differences"] if not one["explained"]]
    assert (code, [(one["principal"], one["table"], one["privileges"]) for one in told]) == (
        1, [("persona:DataAnalyst", "gold.dim_date", ["select"])],
    )  # fmt: skip
    assert agree(environment, started, "--only", "unity-catalog")[0] == 2


def test_what_a_rehearsal_left_up_is_found(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """Its Databricks tells of itself beside its AWS; nothing is applied, so the spec's catalog lacks."""
    project = single(tmp_path / "lab")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    with staged(project, Options("dev", plugins=plugins), ignore) as stage:
        profile = stage.folder / "home" / "databrickscfg"
        assert profile.stat().st_mode & 0o77 == 0
        code, found = agree(environment, tmp_path / "lab")
        (system,) = found["systems"]
        assert (code, system["system"]) == (1, "Unity Catalog main")
        lacking = {one["principal"] for one in system["differences"]}
        assert {"ana.analyst@example.com", "group:DataAnalysts"} <= lacking
        named = [*COMMAND, "databricks", "env", "--rehearsal", "dev", "--json"]
        done = subprocess.run(named, env=environment, cwd=tmp_path / "lab", capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["environment"]["DATABRICKS_CONFIG_FILE"] == str(profile)
    assert not profile.exists()
    assert agree(environment, tmp_path / "lab")[1]["errors"][0]["code"] == "LW1507"
