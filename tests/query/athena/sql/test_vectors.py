"""DuckDB against what a real Trino answered: equal in values, types and names, or refused; never different."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lakewright.query.athena.sql.aggregates import AGGREGATES
from lakewright.query.athena.sql.functions import FUNCTIONS
from lakewright.query.athena.sql.special import SPECIAL
from lakewright.query.athena.sql.synonyms import SYNONYMS
from lakewright.query.athena.sql.window_functions import WINDOW_FUNCTIONS
from tests.query.athena.sql import held_out, report, tpch
from tests.query.athena.sql.agreement import judged
from tests.query.athena.sql.fixture_tables import DATABASE, SCHEMAS, duckdb_with_tables
from tests.query.athena.sql.record import VECTORS, read, statements
from tests.query.athena.sql.vector_cases import cases

DOCS = Path(__file__).parents[4] / "docs" / "athena-sql.md"


@pytest.fixture(scope="module")
def shop() -> duckdb.DuckDBPyConnection:
    return duckdb_with_tables()


def _vectors() -> list[Any]:
    return [pytest.param(vector, id=f"{topic}: {vector['sql']}") for topic in cases() for vector in read(topic)]


@pytest.mark.parametrize("vector", _vectors())
def test_we_answer_what_trino_answered_or_refuse(vector: dict[str, Any], shop: duckdb.DuckDBPyConnection) -> None:
    outcome = judged(shop, vector, DATABASE, SCHEMAS)
    assert outcome.verdict != "different", outcome.detail
    known = vector["sql"] in REFUSED
    assert (outcome.verdict == "refused") == known, outcome.detail or "it is equal now: take it off the list"


REFUSED = frozenset(Path(__file__).with_name("refused.txt").read_text(encoding="utf-8").splitlines())
"""What Trino answers and we refuse; a longer list is a step back."""


@pytest.mark.parametrize("topic", [*cases(), "held_out", "tpch"])
def test_every_case_is_recorded(topic: str) -> None:
    assert [vector["sql"] for vector in read(topic)] == statements(topic)


def test_the_statements_kept_out_agree() -> None:
    found = held_out.measured()
    assert found["different"] == 0
    assert found["equal"] >= 0.9 * sum(found.values())


@pytest.fixture(scope="module")
def scale_tenth() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA tpch")
    for name in tpch.TABLE_COLUMNS:
        connection.execute(
            f"CREATE TABLE tpch.{name} AS SELECT * FROM read_parquet(?)", [f"{VECTORS}/tpch_{name}.parquet"]
        )
    return connection


@pytest.mark.parametrize(("name", "vector"), list(zip(tpch.QUERIES, read("tpch"), strict=True)))
def test_tpc_h(name: str, vector: dict[str, Any], scale_tenth: duckdb.DuckDBPyConnection) -> None:
    outcome = judged(scale_tenth, vector, "tpch", tpch.SCHEMAS, lengths=False)
    assert outcome.verdict == "equal", outcome.detail


def _answered() -> str:
    """All recorded statements that Trino answered."""
    return "\n".join(vector["sql"] for topic in cases() for vector in read(topic) if "rows" in vector).lower()


def test_every_allowed_function_has_a_vector() -> None:
    text = _answered()
    spelled = {"strpos": "strpos|position", "substr": "substr|substring", "listagg": "listagg"}
    names = {*FUNCTIONS, *SPECIAL, *AGGREGATES, *WINDOW_FUNCTIONS, *SYNONYMS}
    missing = [name for name in sorted(names) if not re.search(rf"\b(?:{spelled.get(name, name)})\b", text)]
    assert missing == []


def test_every_allowed_function_is_one_of_trinos() -> None:
    known = {vector["name"] for vector in read("functions")}
    syntax = {"if", "coalesce", "nullif", "try", "current_time", "localtime", "localtimestamp", "current_timestamp",
              "extract", "format", "listagg", "current_date"}  # fmt: skip
    assert {*FUNCTIONS, *SPECIAL, *AGGREGATES, *WINDOW_FUNCTIONS, *SYNONYMS} - known - syntax == set()


def test_the_page_is_what_the_code_says() -> None:
    assert DOCS.read_text(encoding="utf-8") == report.page()
