"""`lakewright databricks start|env|stop`, as processes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "clients"
COMMAND = [sys.executable, "-m", "lakewright"]


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    state = tmp_path / "state"
    return {**os.environ, "XDG_STATE_HOME": str(state), "XDG_RUNTIME_DIR": str(tmp_path / "none")}


@pytest.fixture
def started(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    command = [*COMMAND, "databricks", "start", "--json", "--keep", str(tmp_path / "kept")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=tmp_path, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 0


def run(environment: Mapping[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "databricks", *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_it_starts_gives_its_settings_and_stops(
    tmp_path: Path, environment: Mapping[str, str], started: dict[str, str]
) -> None:
    settings = Path(started["profiles"])
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    found = json.loads(run(environment, tmp_path, "env", "--json").stdout)["environment"]
    assert found == {"DATABRICKS_CONFIG_FILE": str(settings), "DATABRICKS_CONFIG_PROFILE": "account"}
    secret = settings.read_text().partition("client_secret = ")[2].partition("\n")[0]
    assert secret.startswith("dose")
    assert secret not in run(environment, tmp_path, "env").stdout
    inherited = {name: value for name, value in environment.items() if not name.startswith("DATABRICKS_")}
    role = "arn:aws:iam::111111111111:role/cross"
    command = [sys.executable, str(EXAMPLES / "databricks_sdk_account.py"), "lab", "lab-root", role]
    subprocess.run(command, env=inherited | found, capture_output=True, check=True, timeout=120)
    there = json.loads(run(environment, tmp_path, "env", "--workspace", "lab", "--json").stdout)["environment"]
    asked = "from databricks.sdk import WorkspaceClient; print(WorkspaceClient().current_user.me().display_name)"
    said = subprocess.run(
        [sys.executable, "-c", asked], env=inherited | there, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "lakewright administrator"
    missing = run(environment, tmp_path, "env", "--workspace", "none")
    assert (missing.returncode, "LW1508" in missing.stderr) == (1, True)
    second = run(environment, tmp_path, "start", "--for", "1")
    assert second.returncode == 1
    stopped = json.loads(run(environment, tmp_path, "stop", "--json").stdout)
    assert stopped["stopped"] is True
    assert not settings.exists()
    assert "LW1507" in run(environment, tmp_path, "env").stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(("--account", "12"), "LW1505"), (("--reset",), "LW1506")], ids=["account", "reset"]
)
def test_wrong_arguments_are_told(
    tmp_path: Path, environment: Mapping[str, str], arguments: tuple[str, ...], code: str
) -> None:
    found = run(environment, tmp_path, "start", *arguments)
    assert (found.returncode, code in found.stderr) == (2, True)
