"""Real Terraform with the stand-in, over a local Databricks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from lakewright.rehearse.databricks.provider.plugins import plugin_folder

REQUIRED = """
terraform {
  required_providers {
    databricks = { source = "databricks/databricks", version = "~> 1.99" }
  }
}
"""


@dataclass
class Root:
    """A root module in a folder of its own, with state beside it."""

    folder: Path
    environment: dict[str, str]
    plugins: Path

    def write(self, text: str) -> None:
        (self.folder / "main.tf").write_text(REQUIRED + text, encoding="utf-8")

    def init(self) -> None:
        self.run("init", f"-plugin-dir={self.plugins}", "-backend=false")

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Output and errors of a command, which must succeed, or with `fails` must not."""
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"terraform {' '.join(arguments)}: {done.returncode}\n{said}"
        return said

    def plan(self, *more: str) -> dict[str, Any]:
        """What would change: address → the plan's entry; addresses without a change are not there."""
        self.run("plan", "-input=false", "-out=plan", *more)
        shown = json.loads(self.run("show", "-json", "plan"))
        changes = shown.get("resource_changes", [])
        return {
            one["address"]: one["change"] for one in changes if one["change"]["actions"] not in (["no-op"], ["read"])
        }

    def actions(self, *more: str) -> dict[str, list[str]]:
        """Address → actions of a plan."""
        return {address: change["actions"] for address, change in self.plan(*more).items()}

    def apply(self, *more: str, fails: bool = False) -> str:
        return self.run("apply", "-auto-approve", "-input=false", *more, fails=fails)

    def destroy(self) -> str:
        return self.run("destroy", "-auto-approve", "-input=false")

    def values(self) -> dict[str, dict[str, Any]]:
        """Address → values in the state."""
        shown = json.loads(self.run("show", "-json"))
        resources = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"] for one in resources}

    def outputs(self) -> dict[str, Any]:
        return {name: one["value"] for name, one in json.loads(self.run("output", "-json")).items()}


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plugin_folder(tmp_path_factory.mktemp("plugins"))


@pytest.fixture(scope="session")
def databricks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDatabricks]:
    with local_databricks(tmp_path_factory.mktemp("databricks"), starting_seconds=0.1) as running:
        yield running


@pytest.fixture(scope="session")
def root_in(
    tmp_path_factory: pytest.TempPathFactory, plugins: Path, databricks: LocalDatabricks
) -> Callable[[str], Root]:
    """Makes a root module of a name."""

    def made(name: str) -> Root:
        folder = tmp_path_factory.mktemp(name)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "DATABRICKS_CLIENT_ID": databricks.client_id,
            "DATABRICKS_CLIENT_SECRET": databricks.client_secret,
        }
        return Root(folder, environment, plugins)

    return made


@pytest.fixture
def terraform() -> str:
    found = shutil.which("terraform")
    assert found
    return found
