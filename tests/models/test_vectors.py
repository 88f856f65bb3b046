"""DuckDB against what a real Spark answered: every vector must agree in value and type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakewright.models import dialect
from lakewright.models.types import from_arrow
from tests.models.record_vectors import VECTORS, asked
from tests.models.vector_cases import TOPICS
from tests.support.spark_oracle import NOW, Spark, duckdb_with, in_order, plain, spark_python


def _vectors() -> list[Any]:
    found = []
    for name in TOPICS:
        kept = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        for vector in kept["vectors"]:
            found.append(pytest.param(name, vector, id=f"{name}: {vector.get('expression') or vector['query']}"))
    return found


@pytest.fixture(scope="module")
def connections() -> Iterator[dict[str, Any]]:
    """One DuckDB per topic, holding its tables."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield {name: stack.enter_context(duckdb_with(topic.tables)) for name, topic in TOPICS.items()}


@pytest.mark.parametrize(("topic", "vector"), _vectors())
def test_duckdb_gives_what_spark_gave(topic: str, vector: dict[str, Any], connections: dict[str, Any]) -> None:
    schemas = {name: dict(table.types) for name, table in TOPICS[topic].tables.items()}
    if "expression" in vector:
        sql, columns = f"select k, {vector['expression']} as r from t", {"k": "int", "r": vector["type"]}
        rows = in_order([[at, value] for at, value in enumerate(vector["values"])])
    else:
        sql, columns, rows = vector["query"], vector["columns"], vector["rows"]
    found = connections[topic].execute(dialect.to_duckdb(sql, schemas, now=NOW)).to_arrow_table()
    assert {field.name: from_arrow(field.type) for field in found.schema} == columns
    assert in_order([[plain(row[name]) for name in columns] for row in found.to_pylist()]) == rows
    assert dialect.output_types(sql, schemas) == columns


@pytest.mark.parametrize("name", TOPICS)
def test_every_case_is_recorded(name: str) -> None:
    kept = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    asked_for = [*TOPICS[name].expressions, *TOPICS[name].queries]
    assert [vector.get("expression") or vector["query"] for vector in kept["vectors"]] == asked_for


def _topics() -> Iterator[Any]:
    """Spark answers the same questions alike, until it is another Spark."""
    for name in TOPICS:
        files = [f"tests/models/{file}" for file in (f"vectors/{name}.json", "vector_cases.py", "record_vectors.py")]
        yield pytest.param(name, marks=pytest.mark.once(*files, packages=["pyspark"]))


@pytest.mark.slow
@pytest.mark.java
@pytest.mark.parametrize("name", list(_topics()))
def test_the_recording_is_still_true(name: str, spark: Spark) -> None:
    kept = json.loads((Path(VECTORS) / f"{name}.json").read_text(encoding="utf-8"))
    assert asked(TOPICS[name], spark) == kept["vectors"]


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    """A real Spark, when a Python with pyspark is at hand."""
    import importlib.util
    import os

    if "LAKEWRIGHT_SPARK_PYTHON" not in os.environ and importlib.util.find_spec("pyspark") is None:
        pytest.skip("MISSING ON THIS MACHINE: pyspark (pip install lakewright[spark])")
    session = Spark(spark_python())
    yield session
    session.close()
