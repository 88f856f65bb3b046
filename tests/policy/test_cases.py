"""Every case of the table has the answer that AWS documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.report import table
from tests.policy.table import Case, cases

CASES = tuple(cases())


@pytest.mark.parametrize("case", CASES, ids=[f"{case.topic}: {case.what}" for case in CASES])
def test_answer(case: Case) -> None:
    answer, kind, layer = case.outcome()

    assert answer == case.expected
    assert kind == case.row.get("by", kind)
    assert layer == case.row.get("layer", layer)


def test_there_are_many_each_with_its_documentation() -> None:
    assert len(CASES) >= 487
    assert all(case.source for case in CASES)
    assert len({(case.topic, case.what) for case in CASES}) == len(CASES)


def test_the_page_is_of_these_cases() -> None:
    page = Path(__file__).parents[2] / "docs" / "authorisation-cases.md"

    assert page.read_text(encoding="utf-8") == table()[0]
