"""What the references' SQL says and Unity Catalog does not take: refused, in a workspace as a user would write it."""

from __future__ import annotations

import pytest

from .shop import Shop

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE METASTORE IF NOT EXISTS analytics LOCATION 's3://b/metastore'", "PARSE_SYNTAX_ERROR"),
        ("ALTER METASTORE analytics SET OWNER TO admins", "PARSE_SYNTAX_ERROR"),
        ("GRANT USAGE ON CATALOG shop TO analysts", "USAGE"),
        ("GRANT USAGE ON SCHEMA shop.silver TO analysts", "USAGE"),
    ],
)
def test_what_is_no_statement_here(shop: Shop, statement: str, said: str) -> None:
    assert said in shop.refused(statement)
