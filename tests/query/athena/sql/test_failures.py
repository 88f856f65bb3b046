"""What fails while a statement runs is told in whole, with the value that it failed on."""

from __future__ import annotations

import duckdb
import pytest

from lakewright.query.athena.sql import SqlError
from tests.query.athena.sql.agreement import ours
from tests.query.athena.sql.fixture_tables import DATABASE, SCHEMAS, duckdb_with_tables
from tests.query.athena.sql.record import read
from tests.query.athena.sql.vector_cases import cases


@pytest.fixture(scope="module")
def shop() -> duckdb.DuckDBPyConnection:
    return duckdb_with_tables()


def told(shop: duckdb.DuckDBPyConnection, sql: str) -> str:
    with pytest.raises(SqlError) as caught:
        ours(shop, sql, DATABASE, SCHEMAS)
    return str(caught.value)


def _recorded() -> list[tuple[str, str]]:
    """Statements with what Trino said."""
    vectors = {one["sql"]: one for topic in cases() for one in read(topic)}
    return [(sql, ": ".join(vectors[sql]["error"])) for sql in WORD_FOR_WORD]


WORD_FOR_WORD = (
    "SELECT CAST('abc' AS integer)",
    "SELECT CAST('' AS integer)",
    "SELECT CAST('2147483648' AS integer)",
    "SELECT CAST('300' AS tinyint)",
    "SELECT CAST('x' AS double)",
    "SELECT CAST('yes' AS boolean)",
    "SELECT CAST('2024-02-30' AS date)",
    "SELECT CAST('2024-01-05T10:11:12' AS timestamp)",
    "SELECT CAST(12345 AS varchar(3))",
    "SELECT date_parse('x', '%Y')",
    "SELECT parse_datetime('x', 'yyyy')",
    "SELECT from_iso8601_date('x')",
    "SELECT from_iso8601_timestamp('x')",
    "SELECT json_parse('x')",
    "SELECT CAST(JSON '[1]' AS varchar)",
    "SELECT CAST(JSON '\"x\"' AS integer)",
    "SELECT from_base('9', 8)",
)


@pytest.mark.parametrize(("sql", "said"), _recorded())
def test_it_is_told_word_for_word_as_trino_told_it(shop: duckdb.DuckDBPyConnection, sql: str, said: str) -> None:
    assert told(shop, sql) == said


@pytest.mark.parametrize("value", ["it's", 'a "b", c', "x' to y", "two\nlines", "!DIVISION_BY_ZERO: no", ""])
def test_a_value_may_hold_whatever_the_message_is_made_of(shop: duckdb.DuckDBPyConnection, value: str) -> None:
    written = value.replace("'", "''")
    assert told(shop, f"SELECT CAST('{written}' AS integer)") == f"INVALID_CAST_ARGUMENT: Cannot cast '{value}' to INT"
    said = told(shop, f"SELECT from_iso8601_date('{written}')")
    assert said == f'INVALID_FUNCTION_ARGUMENT: Invalid format: "{value}"'


def test_not_a_number_is_told_in_a_whole_sentence(shop: duckdb.DuckDBPyConnection) -> None:
    assert told(shop, "SELECT CAST(nan() AS bigint)") == "INVALID_CAST_ARGUMENT: Unable to cast NaN to a whole number"
