"""The recording is still what a real Trino says (TRINO_HOME and TRINO_JAVA_HOME name one)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.query.athena.sql.agreement import same_order, same_rows
from tests.query.athena.sql.fixture_tables import DATABASE, TABLES, trino_create
from tests.query.athena.sql.record import read, vector
from tests.query.athena.sql.trino_server import Trino, is_here, running
from tests.query.athena.sql.vector_cases import cases


@pytest.fixture(scope="module")
def trino() -> Iterator[Trino]:
    if not is_here():
        pytest.skip("MISSING ON THIS MACHINE: Trino (TRINO_HOME, see docs/athena-sql.md)")
    with running() as server:
        server.ask(f"CREATE SCHEMA memory.{DATABASE}")
        for name in TABLES:
            assert server.ask(trino_create(name)).error is None
        yield server


@pytest.mark.slow
@pytest.mark.java
@pytest.mark.timeout(900)
@pytest.mark.parametrize("topic", cases())
def test_the_recording_is_still_true(topic: str, trino: Trino) -> None:
    for kept in read(topic):
        again = vector(kept["sql"], trino.ask(kept["sql"]))
        if "error" in kept:
            assert again.get("error", ["none"])[0] == kept["error"][0], kept["sql"]
            continue
        assert again.get("columns") == kept["columns"], kept["sql"]
        ordered = "order by" in kept["sql"].lower()
        rows = (again["rows"], kept["rows"])
        assert same_rows(*rows, ordered=ordered) or same_order(*rows, kept["sql"]), kept["sql"]
