"""The plugin's process: what it says to whom, what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lakewright.rehearse.databricks.provider.plugins import ADDRESS, installation, plugin_folder
from lakewright.rehearse.databricks.provider.schema import load
from lakewright.rehearse.databricks.provider.serve import COOKIE

from .conftest import Root

SLOW_HOST = """
provider "databricks" {
  host  = "http://127.0.0.1:@PORT@"
  token = "any"
}

data "databricks_current_user" "me" {}
"""


def binary(plugins: Path) -> Path:
    (found,) = (plugins / ADDRESS).glob("*/*/terraform-provider-databricks_v*")
    return found


def mine(marker: Path) -> list[psutil.Process]:
    """Processes that run the stand-in from this plugin folder or hold its name on their command line."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        home = (process.info["environ"] or {}).get("HOME", "")
        if "rehearse.databricks.provider" in line and home == str(marker):
            found.append(process)
    return found


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that takes connections and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_other_plugins_are_linked_and_the_version_is_the_schema_s(tmp_path: Path) -> None:
    other = tmp_path / "other/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
    other.mkdir(parents=True)
    (other / "terraform-provider-aws_v5.100.0_x5").write_text("binary")
    real = tmp_path / "other" / ADDRESS / "1.1.0/linux_amd64"
    real.mkdir(parents=True)
    folder = plugin_folder(tmp_path / "merged", tmp_path / "other")
    merged = folder / "registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws_v5.100.0_x5"
    assert merged.read_text() == "binary"
    assert [path.name for path in (folder / ADDRESS).iterdir()] == [load().version]
    assert os.access(binary(folder), os.X_OK)
    plugin_folder(folder, tmp_path / "other")


def test_a_person_who_starts_it_is_told_what_it_is(plugins: Path) -> None:
    done = subprocess.run([str(binary(plugins))], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert "Terraform starts it" in done.stderr
    assert done.stdout == ""


def test_it_ends_when_its_parent_is_gone(plugins: Path, tmp_path: Path) -> None:
    """As after `kill -9` of Terraform: the shell between is killed, and the plugin notices."""
    environment = {**os.environ, COOKIE[0]: COOKIE[1], "HOME": str(tmp_path)}
    environment.pop("PLUGIN_CLIENT_CERT", None)
    parent = subprocess.Popen(
        ["/bin/sh", "-c", f"{binary(plugins)}; true"],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    line = parent.stdout.readline()
    assert line.startswith("1|6|unix|")
    (running,) = psutil.Process(parent.pid).children()
    socket_folder = Path(line.split("|")[3]).parent
    assert socket_folder.is_dir()
    assert socket_folder.stat().st_mode & 0o077 == 0
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([running], timeout=5)
    assert alive == []
    assert not socket_folder.exists()


@pytest.mark.terraform
def test_beside_a_registry(root_in: Callable[[str], Root], plugins: Path) -> None:
    """Without a plugin folder of the person's: the stand-in is still found, and nothing is fetched for it."""
    root = root_in("registry")
    root.write("")
    root.environment["TF_CLI_CONFIG_FILE"] = str(installation(root.folder / "terraform.rc", plugins))
    said = root.run("init", "-backend=false")
    assert f"Installing databricks/databricks v{load().version}" in said
    root.run("validate")


@pytest.mark.terraform
def test_killed_terraform_leaves_nothing_running(root_in: Callable[[str], Root], silent_server: int) -> None:
    root = root_in("killed")
    root.write(SLOW_HOST.replace("@PORT@", str(silent_server)))
    root.init()
    with subprocess.Popen(
        ["terraform", "plan", "-input=false"],
        cwd=root.folder,
        env=root.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        _until(lambda: bool(mine(root.folder)))
        time.sleep(0.5)
        running.kill()
    _until(lambda: not mine(root.folder))


@pytest.mark.terraform
def test_a_provider_that_dies_is_told_of(root_in: Callable[[str], Root], silent_server: int) -> None:
    root = root_in("died")
    root.write(SLOW_HOST.replace("@PORT@", str(silent_server)))
    root.init()
    with subprocess.Popen(
        ["terraform", "plan", "-input=false", "-no-color"],
        cwd=root.folder,
        env=root.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        _until(lambda: "Reading..." in _said(running))
        for process in mine(root.folder):
            process.send_signal(signal.SIGKILL)
        rest = running.communicate(timeout=30)[0]
    assert running.returncode == 1
    assert "plugin" in rest.lower()
    assert mine(root.folder) == []


@pytest.mark.terraform
def test_it_speaks_with_nobody_outside_this_machine(root_in: Callable[[str], Root]) -> None:
    root = root_in("outside")
    root.write(
        'provider "databricks" {\n  host = "https://dbc-0.cloud.databricks.com"\n}\n'
        'data "databricks_current_user" "me" {}\n'
    )
    root.init()
    said = root.run("plan", "-input=false", fails=True)
    assert "is not on this machine" in " ".join(said.split())


def _said(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline()


def _until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)
