"""A slow test that passed is passed over until something that it depends on has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from .support import proofs

Skipped = pytest.skip.Exception


@pytest.fixture
def item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(proofs, "ROOT", tmp_path)
    monkeypatch.setattr(proofs, "KEPT", tmp_path / "proved.json")
    monkeypatch.delenv("LAKEWRIGHT_FULL", raising=False)
    (tmp_path / "module").mkdir()
    (tmp_path / "module/main.tf").write_text("")
    (tmp_path / "test_one.py").write_text("")
    marks = [pytest.mark.once("module", packages=["pytest"]).mark]
    return SimpleNamespace(
        nodeid="test_one.py::test@group",
        path=tmp_path / "test_one.py",
        user_properties=[],
        iter_markers=lambda name: marks if name == "once" else [],
        get_closest_marker=lambda name: None,
    )


def passed(item: Any) -> None:
    proofs.pass_over(item)
    proofs.note(item)
    proofs.keep(SimpleNamespace(user_properties=item.user_properties))  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", ["module/main.tf", "module/new.tf", "test_one.py"])
def test_it_is_asked_again_when_a_file_changed(item: Any, changed: str) -> None:
    passed(item)
    with pytest.raises(Skipped, match=r"proved\.json"):
        proofs.pass_over(item)
    (item.path.parent / changed).write_text("# changed")
    passed(item)
    with pytest.raises(Skipped):
        proofs.pass_over(item)


def test_it_is_asked_again_with_another_package_and_by_make_test_all(
    item: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed(item)
    with monkeypatch.context() as patch:
        patch.setattr("importlib.metadata.version", lambda _: "0")
        proofs.pass_over(item)
    monkeypatch.setenv("LAKEWRIGHT_FULL", "1")
    proofs.pass_over(item)


def test_terraform_s_version_is_an_input(item: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    item.get_closest_marker = lambda name: pytest.mark.terraform if name == "terraform" else None
    monkeypatch.setattr(proofs, "_terraform", lambda: "1.11.4")
    passed(item)
    with pytest.raises(Skipped):
        proofs.pass_over(item)
    monkeypatch.setattr(proofs, "_terraform", lambda: "1.12.0")
    proofs.pass_over(item)


SUITE = """\
import pytest

@pytest.fixture
def whole():
    yield
    assert {whole}

@pytest.mark.once("module")
def test_one(whole):
    assert {passes}
"""
CONFTEST = """\
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.conftest import pytest_runtest_logreport, pytest_runtest_makereport, pytest_runtest_setup
from tests.support import proofs
proofs.ROOT = Path(__file__).parent
proofs.KEPT = proofs.ROOT / "proved.json"
"""


@pytest.mark.parametrize(("passes", "whole"), [(True, True), (True, False), (False, True)])
def test_a_run_notes_what_passed_with_its_teardown_and_passes_it_over(
    tmp_path: Path, passes: bool, whole: bool
) -> None:
    """With this project's own hooks."""
    (tmp_path / "module").mkdir()
    (tmp_path / "module/main.tf").write_text("")
    (tmp_path / "conftest.py").write_text(CONFTEST.format(root=str(proofs.ROOT)))
    (tmp_path / "test_one.py").write_text(SUITE.format(passes=passes, whole=whole))
    command = [sys.executable, "-m", "pytest", "-q", "-o", "markers=once", "-p", "no:cacheprovider", str(tmp_path)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "LAKEWRIGHT_"))}
    _, again = (subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True) for _ in range(2))
    assert (tmp_path / "proved.json").exists() is (passes and whole), again.stdout
    assert ("1 skipped" in again.stdout) is (passes and whole), again.stdout


def test_what_is_not_there_proves_nothing(item: Any) -> None:
    (item.path.parent / "module/main.tf").unlink()
    with pytest.raises(FileNotFoundError, match="holds nothing"):
        proofs.pass_over(item)
