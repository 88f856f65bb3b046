"""COPY BINARY as a real server sends it."""

from __future__ import annotations

import psycopg
import pyarrow as pa
import pytest

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres import copy
from lakewright.ingest.sources.postgres import types as t
from lakewright.ingest.sources.postgres.columns import ColumnType
from tests.support import pg_streams as streams

NUMBER = [("n", ColumnType("t.n", t.INT4, -1))]


def test_rows_arrive_in_bounded_tables(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "BATCH_ROWS", 7)
    with streams.connect(database) as connection:
        for rows in (0, 1, 6, 7, 8, 14, 20):
            query = f"select n from generate_series(1, {rows}) n"
            tables = list(copy.copied_tables(connection, query, NUMBER, "t"))
            assert pa.concat_tables(tables)["n"].to_pylist() == list(range(1, rows + 1))
            assert max(table.num_rows for table in tables) <= 7
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("select 1 from nowhere", psycopg.errors.UndefinedTable),
        ("select 1 / (5000 - n) from generate_series(1, 9000) n", psycopg.errors.DivisionByZero),
    ],
)
def test_errors_of_the_server_come_through(database: str, query: str, error: type[psycopg.Error]) -> None:
    with streams.connect(database) as connection, pytest.raises(error):
        list(copy.copied_tables(connection, query, NUMBER, "t"))


def test_leaving_early_closes_the_connection(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "BATCH_ROWS", 10)
    with streams.connect(database) as connection:
        tables = copy.copied_tables(connection, "select n from generate_series(1, 1000000) n", NUMBER, "t")
        assert next(tables).num_rows == 10
        tables.close()  # type: ignore[attr-defined]
        assert connection.closed


def test_rows_of_another_shape_are_refused(database: str) -> None:
    with streams.connect(database) as connection, pytest.raises(ProblemError, match=r"LW306 t: a row has 2 fields"):
        list(copy.copied_tables(connection, "select 1, 2", NUMBER, "t"))
    with streams.connect(database) as connection, pytest.raises(ProblemError, match=r"LW302 t\.n: a value of 8 bytes"):
        list(copy.copied_tables(connection, "select 1::bigint", NUMBER, "t"))
