"""Ctrl-C while DuckDB computes in this process."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from lakewright.cli.output import Invocation
from lakewright.cli.sql import open_session, prompt

from .conftest import endless, interrupted, small_project

MODEL = f"""/* lakewright
kind: full
columns: {{n: bigint}}
*/
{endless("bronze.item")}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return small_project(tmp_path, "endless", MODEL)


@pytest.mark.parametrize("arguments", [("sql", endless("silver.item")), ("run", "silver.endless")])
def test_the_program_ends(project: Path, arguments: tuple[str, ...]) -> None:
    found = interrupted(project, *arguments)
    assert (found.code, found.out, found.err) == (130, "", "LW902 interrupted\n")
    assert not (project / "lake" / "silver" / "endless").exists()


def test_the_prompt_goes_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = iter([f"{endless('silver.item')};", "SELECT 7 AS seven;", "\\q"])
    main = threading.main_thread().ident or 0
    soon = threading.Timer(1.0, signal.pthread_kill, (main, signal.SIGINT))

    def read(_prompt: str) -> str:
        if soon.ident is None:
            soon.start()
        return next(typed)

    invocation = Invocation(folder=project)
    with open_session(invocation, None, None) as session:
        assert prompt(session, "table", 10, read, invocation) == 0
    printed = capsys.readouterr()
    assert printed.err == "interrupted\n"
    assert "seven\n    7\n" in printed.out
