"""Every blueprint compiles for all its environments, to Terraform that is formatted and valid."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.write import written
from lakewright.rehearse.databricks.provider.plugins import plugin_folder
from lakewright.spec import blueprints, load_project

from .one_root import one_root

PLUGINS = os.environ.get("LAKEWRIGHT_TERRAFORM_PLUGINS")
BLUEPRINTS = sorted(
    name for name, folder in blueprints().items() if "\ninfra:" in folder.joinpath("platform.yaml").read_text()
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"} | {
    "CHECKPOINT_DISABLE": "1"
}


def project(root: Path, blueprint: str, replication: str = "lakewright") -> Path:
    """A new project as `init` makes it."""
    done = CliRunner().invoke(Root(), ["-C", str(root), "init", "--blueprint", blueprint, "--name", "shop"])
    assert done.exit_code == 0, done.output
    spec = root / "platform.yaml"
    text = spec.read_text()
    spec.write_text(
        text.replace("      tenant: tenant_id\n", f"      tenant: tenant_id\n    replication: {replication}\n")
    )
    return root


def compiled(root: Path) -> list[Compiled]:
    """All environments, on disk too."""
    found = load_project(root)
    names = [name for name in found.platform.environments if name != "local"]
    every = [compile_environment(found, name) for name in names]
    for one in every:
        written(one, root / "infra")
    return every


@pytest.mark.terraform
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_blueprint_is_formatted_in_every_environment(tmp_path: Path, blueprint: str) -> None:
    every = compiled(project(tmp_path, blueprint))
    assert len(every) >= (1 if blueprint in ("business-units", "databricks-single") else 2)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "infra"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_blueprint_says_where_values_come_from_and_holds_nothing_of_this_machine(
    tmp_path: Path, blueprint: str
) -> None:
    for one in compiled(project(tmp_path, blueprint)):
        for stack in one.stacks:
            modules = re.findall(r'^((?:# .*\n)*)module "([\w-]+)"', str(stack.files["main.tf"]), re.MULTILINE)
            assert [name for _, name in modules] == list(stack.calls)
            assert all(re.search(r"called in \S+:\d+\.", comment) for comment, _ in modules)
            for name, content in stack.files.items():
                text = content.decode(errors="replace") if isinstance(content, bytes) else content
                assert str(tmp_path) not in text, name
                assert str(Path.home()) + "/" not in text, name


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize(
    ("blueprint", "replication"),
    [*((blueprint, "lakewright") for blueprint in BLUEPRINTS), ("lakehouse-cdc", "dms")],
)
def test_every_stack_of_a_blueprint_is_valid(tmp_path: Path, blueprint: str, replication: str) -> None:
    first, *_ = compiled(project(tmp_path, blueprint, replication))
    kinds = {frozenset(stack.calls.values()): stack for stack in reversed(first.stacks)}  # units' stacks are alike
    for stack in kinds.values():
        folder = tmp_path / "infra" / first.environment / stack.name
        terraform(folder, "init", "-backend=false")
        terraform(folder, "validate")


def terraform(folder: Path, *arguments: str) -> None:
    plugins = []
    if PLUGINS and arguments[0] == "init":
        plugins = ["-plugin-dir", str(plugin_folder(folder / ".plugins", Path(PLUGINS)))]
    done = subprocess.run(
        ["terraform", *arguments, *plugins, "-no-color"],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, f"{folder.name}: {done.stdout}{done.stderr}"
    assert arguments[0] != "validate" or "Warning:" not in done.stdout, f"{folder.name}: {done.stdout}"


def planned(root: Path, environment: str) -> None:
    """Terraform takes every value, by the modules' validations and the provider's: all stacks in one plan."""
    folder = one_root(root / "infra", environment, root / "together")
    for command in ("init", "validate", "test"):
        terraform(folder, command)


@pytest.mark.terraform
def test_terraform_takes_every_value_in_production(tmp_path: Path) -> None:
    compiled(project(tmp_path, "lakehouse-cdc", "dms"))
    planned(tmp_path, "prod")


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_terraform_takes_every_value_everywhere(tmp_path: Path, blueprint: str) -> None:
    for one in compiled(project(tmp_path, blueprint)):
        planned(tmp_path, one.environment)
        shutil.rmtree(tmp_path / "together")
