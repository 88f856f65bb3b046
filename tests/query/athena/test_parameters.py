"""Parameters that are SQL, and those that are text."""

from __future__ import annotations

import pytest

from lakewright.query.athena.parameters import bound


# As AWS was measured to read them, and what could break out of a parameter.
@pytest.mark.parametrize(
    "sql", ["'abc'", "1 + 1", "DATE '2020-01-01'", "NULL", "now()", "nosuchfunc(1)", "1 OR 1=1", "-5"]
)
def test_expressions(sql: str) -> None:
    assert bound(sql) == sql


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "abc def",
        "x + 1",
        "t.x",
        "123e4567-e89b-12d3-a456-426614174000",
        "",
        "1 FROM gold.revenue",
        "1, 2",
        "*",
        "1 AS x",
        "(SELECT 1)",
        "1 UNION SELECT 2",
        "1 WHERE true",
        "1 LIMIT 1",
        "1; SELECT 2",
        "1 -- x",
        "DISTINCT 1",
    ],
)
def test_texts(text: str) -> None:
    assert bound(text) == f"'{text}'"


def test_quotes_are_doubled() -> None:
    assert bound("it's") == "'it''s'"
