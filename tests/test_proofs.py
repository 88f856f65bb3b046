"""A slow test that passed is passed over until something that it depends on has changed."""

from __future__ import annotations

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


def test_what_is_not_there_proves_nothing(item: Any) -> None:
    (item.path.parent / "module/main.tf").unlink()
    with pytest.raises(FileNotFoundError, match="holds nothing"):
        proofs.pass_over(item)
