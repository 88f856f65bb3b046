"""Slow tests whose answer can change only with certain files: asked again when one of those has changed.

`@pytest.mark.once("src/lakewright/components/ecr/module", packages=("pyspark",))` names files, folders and versions of
packages; the test's own file is always one of them, and of a test that needs Terraform its version. What passes, its
teardown included, is noted in `proved.json` by the run itself, never by hand; it is committed with the change.
`make test-all` asks everything again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / "tests/proved.json"
MARK = "once"
PROPERTY = "proved"
_NOT_INPUT = {".terraform", "__pycache__"}


def pass_over(item: pytest.Item) -> None:
    """Skips a test that has passed with the same inputs."""
    found = inputs(item)
    if found and not os.environ.get("LAKEWRIGHT_FULL") and read().get(name(item)) == found:
        pytest.skip("passed with these very files (tests/proved.json); `make test-all` asks again")


def note(item: pytest.Item) -> None:
    """To be called when it has passed: its later reports take along what was proved."""
    if found := inputs(item):
        item.user_properties.append((PROPERTY, [name(item), found]))


def keep(report: pytest.TestReport) -> None:
    """Writes down what a test has proved whose teardown passed too. Other workers may be reading the file."""
    proved = dict(value for key, value in report.user_properties if key == PROPERTY)
    known = read() if proved else {}
    if proved.items() - known.items():
        fresh = KEPT.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(json.dumps(dict(sorted({**known, **proved}.items())), indent=1) + "\n", encoding="utf-8")
        fresh.replace(KEPT)


def read() -> dict[str, str]:
    found: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return found


def name(item: pytest.Item) -> str:
    return item.nodeid.partition("@")[0]


def inputs(item: pytest.Item) -> str:
    """The digest of all that the test's answer follows from; "" of a test without such a mark."""
    marks = list(item.iter_markers(MARK))
    if not marks:
        return ""
    digest = hashlib.sha256()
    for path in sorted({item.path, *(ROOT / one for mark in marks for one in mark.args)}):
        for file in sorted(_files(path)):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(ROOT).as_posix()} {content}\n".encode())
    for package in sorted({one for mark in marks for one in mark.kwargs.get("packages", ())}):
        digest.update(f"{package} {_version(package)}\n".encode())
    if item.get_closest_marker("terraform"):
        digest.update(_terraform().encode())
    return digest.hexdigest()


@cache
def _terraform() -> str:
    binary = shutil.which("terraform")
    if binary is None:
        return "not here"
    return subprocess.run([binary, "version", "-json"], capture_output=True, text=True, check=True).stdout


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not here"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = [file for file in path.rglob("*") if file.is_file() and _NOT_INPUT.isdisjoint(file.relative_to(path).parts)]
    if not found:
        raise FileNotFoundError(f"{path} holds nothing")
    return [file for file in found if file.name != ".terraform.lock.hcl"]
