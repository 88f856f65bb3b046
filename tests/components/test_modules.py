"""Every module is one that an engineer would own: typed, described, pinned, formatted, tested; no provider inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest

from lakewright.components.component import Component
from lakewright.components.registry import NAMES, component
from lakewright.infra.terraform import find_plugins
from lakewright.rehearse.databricks.provider.plugins import plugin_folder

EVERY = pytest.mark.parametrize("name", NAMES)
CHANGED = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.once(component(name).module)) for name in NAMES]
)


def blocks(folder: Path, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The blocks of a kind (`variable`) in a module's files, by their label."""
    for file in sorted(folder.glob("*.tf")):
        for block in hcl2.loads(file.read_text()).get(kind, ()):
            for label, body in block.items():
                if not label.startswith("__"):
                    yield label.strip('"'), body


@EVERY
def test_inputs_and_outputs_say_what_they_are(name: str) -> None:
    module = component(name).module
    for label, body in blocks(module, "variable"):
        assert body.get("type"), f"{name}: variable {label} has no type"
        assert len(str(body.get("description", ""))) > 8, f"{name}: variable {label} has no description"
    for label, body in blocks(module, "output"):
        assert len(str(body.get("description", ""))) > 8, f"{name}: output {label} has no description"


@EVERY
def test_what_a_component_provides_its_module_gives(name: str) -> None:
    found = component(name)
    assert set(found.provides) <= {label for label, _ in blocks(found.module, "output")}


@EVERY
def test_modules_are_whole_and_bring_no_provider(name: str) -> None:
    found = component(name)
    assert found.name == name
    assert all(part.isdigit() for part in found.version.split(".")), "semantic version"
    missing = [
        path for path in ("README.md", "versions.tf", "examples/basic/main.tf") if not (found.module / path).is_file()
    ]
    assert missing == []
    assert list((found.module / "tests").glob("*.tftest.hcl"))
    assert list(blocks(found.module, "provider")) == []
    pinned = (found.module / "versions.tf").read_text()
    assert 'required_version = ">= 1.11"' in pinned
    assert '">= 5.100, < 7"' in pinned or '">= 1.99, < 2"' in pinned


@EVERY
def test_settings_say_what_they_are_for(name: str) -> None:
    for key, field in component(name).settings.model_fields.items():
        assert field.description, f"{name}: setting {key} has no description"


@pytest.mark.terraform
def test_all_modules_are_formatted() -> None:
    room = component(NAMES[0]).folder.parent
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", str(room)], capture_output=True, text=True, env=_environment()
    )
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.slow
@pytest.mark.terraform
def test_all_examples_are_valid(tmp_path: Path) -> None:
    """`terraform validate` of every module's example, and so of every module, in one root."""
    calls: dict[str, dict[str, str]] = {}
    for name in NAMES:
        folder = tmp_path / "modules" / name
        shutil.copytree(component(name).module, folder, ignore=shutil.ignore_patterns(".terraform*"))
        example = folder / "examples/basic"
        given = {label: "given" for label, body in blocks(example, "variable") if "default" not in body}
        calls[name] = {"source": f"./modules/{name}/examples/basic", **given}
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": calls}))
    _terraform(tmp_path, "init", "-backend=false", *_plugins(tmp_path / "plugins"))
    _terraform(tmp_path, "validate")


@pytest.mark.slow
@pytest.mark.terraform
@CHANGED
def test_valid_and_true_to_its_own_tests(name: str, tmp_path: Path) -> None:
    """`terraform validate` and `terraform test` of a module, and `validate` of its example; nothing reaches AWS."""
    found: Component = component(name)
    shutil.copytree(found.module, tmp_path / name, ignore=shutil.ignore_patterns(".terraform*"))
    for folder in (tmp_path / name, tmp_path / name / "examples/basic"):
        _terraform(folder, "init", "-backend=false", *_plugins(tmp_path / "plugins"))
        if "configuration_aliases" not in _versions(folder):  # Terraform validates such a module where it is called
            _terraform(folder, "validate")
    _terraform(tmp_path / name, "test")


def _versions(folder: Path) -> str:
    file = folder / "versions.tf"
    return file.read_text() if file.is_file() else ""


def _plugins(folder: Path) -> list[str]:
    """The providers, the stand-in for Databricks' among them."""
    plugins = find_plugins(os.environ)
    return [f"-plugin-dir={plugin_folder(folder, plugins)}"] if plugins else []


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}


def _terraform(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["terraform", *arguments, "-no-color"], cwd=folder, env=_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
