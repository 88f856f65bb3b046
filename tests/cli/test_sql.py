"""`lakewright sql` as a person and as a script uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lakewright.cli.output import Invocation
from lakewright.cli.sql import open_session, prompt
from tests.support.small_lake import build

from .conftest import Call


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text(
        'lakewright: 1\nplatform: shop\nsources:\n  shop: {postgres: {url: "${DB}", tables: [public.*]}}\n'
    )
    build(tmp_path / "lake")
    return tmp_path


def test_a_table(call: Call, project: Path) -> None:
    lines = call("sql", "SELECT id, name FROM bronze.item ORDER BY id").out.splitlines()
    assert lines[:4] == ["id  name", " 1  uno", " 2  two", " 3  tres"]
    assert lines[4].startswith("(3 rows; ")
    assert lines[4].endswith("bronze.item v130)")


def test_a_row_is_one_line(call: Call, project: Path) -> None:
    statement = r"SELECT 'a\nb\tc\rd' AS x, array('e\nf') AS y"
    assert call("sql", statement).out.splitlines()[1].split("  ") == [r"a\nb\tc\rd", r'["e\nf"]']
    assert call("sql", statement, "--json").json["rows"] == [["a\nb\tc\rd", ["e\nf"]]]


def test_csv(call: Call, project: Path) -> None:
    assert (
        call("sql", "SELECT id, price FROM silver.item ORDER BY id", "--output", "csv").out
        == "id,price\n1,10\n2,2\n3,30\n"
    )


@pytest.mark.parametrize("arguments", [("--json",), ("--output", "json")])
def test_json(call: Call, project: Path, arguments: tuple[str, ...]) -> None:
    answer = call("sql", "SELECT id, price FROM silver.item ORDER BY id", *arguments).json
    assert (answer["ok"], answer["command"]) == (True, "sql")
    assert [column["name"] for column in answer["columns"]] == ["id", "price"]
    assert answer["rows"] == [[1, 10], [2, 2], [3, 30]]
    assert answer["versions"] == {"silver.item": 1}


SPECIAL = """SELECT try_cast('NaN' AS double) AS a, -try_cast('Infinity' AS double) AS b, 0.5D AS c,
 array(try_cast('Infinity' AS double)) AS d"""


def test_json_is_strict(call: Call, project: Path) -> None:
    def refuse(text: str) -> None:
        raise ValueError(text)

    answer = json.loads(call("sql", "--json", SPECIAL).out, parse_constant=refuse)
    assert answer["rows"] == [["NaN", "-Infinity", 0.5, ["Infinity"]]]


def test_a_statement_from_stdin(call: Call, project: Path) -> None:
    assert call("sql", "--output", "csv", stdin="SELECT COUNT(*) AS n FROM bronze.item").out == "n\n3\n"
    (project / "q.sql").write_text("SELECT COUNT(*) AS n FROM silver.item VERSION AS OF 0")
    assert call("sql", "--output", "csv", "-f", "q.sql").out == "n\n2\n"


def test_as_of(call: Call, project: Path) -> None:
    found = call("sql", "--as-of", "2026-03-01 12:00", "SELECT COUNT(*) FROM bronze.item", "--json")
    assert found.json["rows"] == [[2]]
    assert call("sql", "--as-of", "noon", "SELECT 1").code == 2


def test_limit(call: Call, project: Path) -> None:
    answer = call("sql", "SELECT * FROM silver.item", "--limit", "2", "--json").json
    assert (len(answer["rows"]), answer["truncated"]) == (2, True)
    assert call("sql", "SELECT 1", "--limit", "-3").code == 2


def test_errors(call: Call, project: Path) -> None:
    result = call("sql", "SELECT * FROM silver.itme")
    assert (result.code, result.out) == (2, "")
    assert "did you mean silver.item?" in result.err
    assert call("sql", "DROP TABLE silver.item", "--json").json["errors"][0]["code"] == "LW910"


@pytest.mark.parametrize("statement", ["EXPLAIN SELECT 1", "SHOW COLUMNS IN t"])
def test_the_parser_keeps_its_warnings_to_itself(project: Path, statement: str) -> None:
    program = [sys.executable, "-c", "from lakewright.cli import main; main()"]
    found = subprocess.run([*program, "sql", statement], cwd=project, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr[:5], found.stderr.count("\n")) == (2, "LW910", 1)


def test_the_prompt(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = iter(
        ["\\dt", "SELECT COUNT(*)", "AS n FROM silver.item;", "SELEC;", "SELECT", None, "SELECT 7 AS seven;", "\\q"]
    )

    def read(_prompt: str) -> str:
        line = next(typed)
        if line is None:
            raise KeyboardInterrupt
        return line

    invocation = Invocation(folder=project)
    with open_session(invocation, None, None) as session:
        assert prompt(session, "table", 10, read, invocation) == 0
    printed = capsys.readouterr()
    assert "silver.item" in printed.out
    assert "n\n3\n" in printed.out
    assert "seven\n    7\n" in printed.out
    assert printed.err.count("LW") == 1
