"""The page on models names every function there is, and its example is a model."""

from __future__ import annotations

import re
from pathlib import Path

from lakewright.models.dialect.aggregates import AGGREGATE_NAMES
from lakewright.models.dialect.functions import FUNCTIONS, SYNONYMS
from lakewright.models.dialect.special import SPECIAL
from lakewright.models.header import read_header

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_every_allowed_function_is_documented_and_recorded() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"\w+", page))
    vectors = "".join(path.read_text() for path in Path(__file__).with_name("vectors").glob("*.json"))
    names = {*FUNCTIONS, *SPECIAL, *AGGREGATE_NAMES}
    assert {*names, *SYNONYMS} <= named
    assert {name for name in {*names, *SYNONYMS} if not re.search(rf"\b{name}\b", vectors, re.IGNORECASE)} == set()


def test_the_example_is_a_model() -> None:
    example = re.search(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    found = read_header(example.group(1).replace("SELECT …", "SELECT 1"), PAGE)
    assert found.mistakes == ()
    assert found.header is not None
    assert found.header.key == ("order_id",)
