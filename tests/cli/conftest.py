"""A project folder and a way to call the command line as a user would."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakewright.cli.registry import Root


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; anything else there is a failure."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Call = Callable[..., Outcome]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("status", "--json")` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKEWRIGHT_DEBUG", raising=False)

    def lakewright(*arguments: str, stdin: str | None = None) -> Outcome:
        result = CliRunner().invoke(Root(), list(arguments), input=stdin)
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return lakewright
