"""Every case of the table has the answer that AWS documents."""

from __future__ import annotations

import pytest

from tests.policy.table import Case, cases

CASES = tuple(cases())


@pytest.mark.parametrize("case", CASES, ids=[f"{case.topic}: {case.what}" for case in CASES])
def test_answer(case: Case) -> None:
    answer, kind, layer = case.outcome()

    assert answer == case.expected
    assert kind == case.row.get("by", kind)
    assert layer == case.row.get("layer", layer)


def test_there_are_many_each_with_its_documentation() -> None:
    assert len(CASES) >= 200
    assert all(case.source for case in CASES)
    assert len({(case.topic, case.what) for case in CASES}) == len(CASES)
