"""`lakewright sql --as`: what a principal gets from the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL

import pytest

import lakewright
from lakewright.cli.output import Invocation
from lakewright.cli.sql import open_session, prompt
from tests.support.small_lake import build

from .conftest import Call, endless, interrupted

PLATFORM = """lakewright: 1
platform: shop
sources:
  shop: {postgres: {url: "${DB}", tables: [public.*]}}
access:
  users:
    ana: {}
    ben: {}
    cyd: {}
    dee: {}
  grants:
    - {to: "user:ana", on: "*.*"}
    - {to: "user:ben", on: "*.*", rows: id = 2}
    - {to: "user:dee", on: gold.dear}
"""
SILVER = """/* lakewright
kind: full
columns: {id: bigint, price: bigint}
*/
SELECT id, CAST(1 AS BIGINT) AS price FROM bronze.item
"""
DEAR = """/* lakewright
kind: view
columns:
  id: {type: bigint, description: the item}
  price: {type: bigint, description: its price}
*/
SELECT id, price FROM silver.item WHERE price < 20
"""
ALL = "SELECT id, price FROM silver.item ORDER BY id"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_project(tmp_path)
    return tmp_path


def make_project(folder: Path) -> None:
    (folder / "platform.yaml").write_text(PLATFORM)
    for name, text in (("silver/item.sql", SILVER), ("gold/dear.sql", DEAR)):
        path = folder / "models" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    build(folder / "lake")


def test_rows_and_what_is_in_force(call: Call, project: Path) -> None:
    found = call("sql", "--as", "ana", ALL, "--json")
    assert (found.code, found.json["ok"]) == (0, True)
    assert found.json["rows"] == [[1, 10], [2, 2], [3, 30]]
    in_force = found.json["in_force"]
    assert in_force["principal"] == "ana"
    assert in_force["user"].keys() == in_force["reader"].keys() == {"namespaces", "landlock", "seccomp"}
    assert "in_force" not in call("sql", ALL, "--json").json
    assert call("sql", "--as", "ben", ALL, "--output", "csv").out == "id,price\n2,2\n"


@pytest.mark.parametrize("table", ["silver.item", "silver.itme", "gold.dear"])
def test_a_refusal_says_the_same_of_hidden_and_of_missing(call: Call, project: Path, table: str) -> None:
    found = call("sql", "--as", "cyd", f"SELECT * FROM {table}", "--json")
    assert found.code == 1
    error = found.json["errors"][0]
    assert error["code"] == "LW1101"
    assert error["fact"] == f"there is no table {table}, or you may not read it"
    assert call("sql", "--as", "cyd", "SHOW TABLES", "--json").json["rows"] == []


def test_an_unknown_user(call: Call, project: Path) -> None:
    found = call("sql", "--as", "eve", ALL)
    assert (found.code, found.out) == (2, "")
    assert "there is no user eve" in found.err


def test_a_view_reads_with_the_rights_of_who_asks(call: Call, project: Path) -> None:
    """Of three prices (10, 2, 30) two are below 20; who may not read the view's table may not read the view."""
    sql = "SELECT * FROM gold.dear ORDER BY id"
    assert call("sql", "--as", "ana", sql, "--json").json["rows"] == [[1, 10], [2, 2]]
    assert call("sql", "--as", "ben", sql, "--json").json["rows"] == [[2, 2]]
    refused = call("sql", "--as", "dee", sql, "--json")
    assert (refused.code, refused.json["errors"][0]["code"]) == (1, "LW1101")


def test_ctrl_c_is_written_down(call: Call, project: Path) -> None:
    found = interrupted(project, "sql", "--as", "ana", endless("silver.item"))
    assert (found.code, found.out, found.err) == (130, "", "LW902 interrupted\n")
    entries = call("access", "audit", "--json").json["entries"]
    assert [one["outcome"] for one in entries] == ["started", "cancelled"]


def test_the_prompt(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    typed = iter(["\\dt", f"{ALL};", "SELECT * FROM silver.nothing;", "SELECT 7 AS seven;", "\\q"])
    invocation = Invocation(folder=project)
    with open_session(invocation, None, "ben") as session:
        assert prompt(session, "table", 10, lambda _: next(typed), invocation) == 0
    printed = capsys.readouterr()
    assert "silver.item" in printed.out
    assert "(1 row;" in printed.out
    assert "30" not in printed.out.split("id")[-1].split("(")[0]
    assert "seven" in printed.out
    assert printed.err.count("LW1101") == 1


NOBODY = 65534


@pytest.fixture
def nobodys_project() -> Iterator[Path]:
    """Where another user may go; pytest's own folders are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="lakewright-nobody-"))
    make_project(folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here runs as a user who is not root")
def test_without_root(nobodys_project: Path) -> None:
    """Root may do without user namespaces, and reads every file: neither helps a normal user."""
    python = next(
        (one for one in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}") if _runs(one)),
        "",
    )
    if not python:
        pytest.skip("no Python of this version that another user may run: NOT TESTED without root")
    program = "import sys; sys.path[:] = sys.argv.pop(1).split(':'); from lakewright.cli import main; main()"
    paths = ":".join(path for path in sys.path if path and "/root/" not in path)
    if not _runs(python, f"open({lakewright.__file__!r})"):
        pytest.skip("another user may not read this checkout: NOT TESTED without root")
    found = subprocess.run(
        [python, "-c", program, paths + _own_paths(python), "sql", "--as", "ben", ALL, "--json"],
        user=NOBODY, group=NOBODY, extra_groups=[], cwd=nobodys_project, capture_output=True, text=True, timeout=120,
        check=False, env={"HOME": str(nobodys_project), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    assert answer["rows"] == [[2, 2]]
    assert answer["in_force"]["user"]["seccomp"]


def _runs(python: str, program: str = "") -> bool:
    """Whether nobody may start it, with success."""
    command = [python, "-c", program]
    try:
        return (
            subprocess.run(command, user=NOBODY, extra_groups=[], check=False, cwd="/", stderr=DEVNULL).returncode == 0
        )
    except OSError:
        return False


def _own_paths(python: str) -> str:
    """Its standard library, in front of which ours stand."""
    told = subprocess.run(
        [python, "-S", "-c", "import sys; print(':'.join(sys.path[1:]))"], capture_output=True, text=True, check=True
    )
    return ":" + told.stdout.strip()
