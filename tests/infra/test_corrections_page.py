"""docs/corrections.md names codes that the program has, and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "corrections.md").read_text()


def test_each_row_names_a_test_that_there_is() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| mistake", "| ---"))]
    assert len(rows) > 25
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 3, row
        named = [one.strip() for one in cells[2].split(",")]
        for path, _, name in (one.partition("::") for one in named):
            text = (ROOT / path).read_text()
            assert not name or re.search(rf"^def {name}\(", text, re.MULTILINE), path + name


def test_each_code_is_the_programs() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "src" / "lakewright").rglob("*.py")))
    assert {code for code in re.findall(r"LW\d+", PAGE) if f'"{code}"' not in text} == set()
