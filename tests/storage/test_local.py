"""What only a folder can do wrong: full disks and folders that may not be written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lakewright.errors import LakewrightError, SpecError
from lakewright.storage import open_storage


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "LW402"), (errno.EROFS, "LW403"), (errno.EACCES, "LW403")])
def test_failures_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str) -> None:
    storage = open_storage(str(tmp_path))
    storage.put("a", b"old")

    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LakewrightError) as caught:
        storage.put("a", b"new")
    assert caught.value.code == code
    assert caught.value.hint
    assert storage.read("a") == b"old"
    assert list(storage.staging().iterdir()) == []


def test_unknown_schemes_are_refused() -> None:
    with pytest.raises(SpecError, match="LW401"):
        open_storage("gopher://lake")
