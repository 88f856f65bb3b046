"""The blueprint databricks-single as a project, with what a person would change in it."""

from __future__ import annotations

from pathlib import Path

import yaml

from lakewright.infra.compile import Compiled, compile_environment
from lakewright.spec import Project, blueprints, load_project

OWN, MANAGEMENT = "111111111111", "999999999999"
DATABRICKS = "00000000-0000-0000-0000-000000000000"


def example() -> str:
    """What the blueprint lets a person say."""
    return blueprints()["databricks-single"].joinpath("example.yaml").read_text(encoding="utf-8")


def single(folder: Path, *changes: tuple[str, str], calls: str = "") -> Project:
    """A project of the blueprint: `changes` are (old, new) in example.yaml, `calls` YAML under `infra.stacks`."""
    text = "lakewright: 1\nplatform: lab\nblueprint: databricks-single@1\n" + example()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    if calls:
        text += f"infra:\n  stacks:\n{calls}"
    yaml.safe_load(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "platform.yaml").write_text(text, encoding="utf-8")
    return load_project(folder, "dev")


def compiled(folder: Path, *changes: tuple[str, str], calls: str = "") -> Compiled:
    return compile_environment(single(folder, *changes, calls=calls), "dev")
