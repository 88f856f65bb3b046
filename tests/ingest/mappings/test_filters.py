"""Filters on Arrow rows against PostgreSQL's own WHERE."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from lakewright.errors import SpecError
from lakewright.ingest.mappings.filters import SQL, bind
from lakewright.ingest.mappings.rules import FILTER_VALUES, Condition, Filter
from lakewright.ingest.sources.postgres.types import canonical_type
from lakewright.models.types import arrow_type

TEXTS = ("a", "B", "é", "", "Z", "it's", "\\", None)
AT = datetime(2025, 1, 1, 12, tzinfo=UTC)
# PostgreSQL type, its oid and typmod, values as PostgreSQL prints them, what Arrow holds (None: see _special), literals
CASES: dict[str, tuple[int, int, list[str | None], list[Any], list[str]]] = {
    "integer": (23, -1, ["-5", "0", "50", "75", "76", None], [-5, 0, 50, 75, 76, None], ["50", "75"]),
    "bigint": (20, -1, [str(2**62), "1", None], [2**62, 1, None], ["1", str(2**62)]),
    "numeric(6,2)": (
        1700,
        (6 << 16 | 2) + 4,
        ["1.50", "NaN", "-0.01", "9999.99", None],
        [Decimal("1.50"), None, Decimal("-0.01"), Decimal("9999.99"), None],
        ["-0.01", "1.5"],
    ),
    "double precision": (
        701,
        -1,
        ["0.1", "NaN", "Infinity", "-Infinity", None],
        [0.1, float("nan"), float("inf"), float("-inf"), None],
        ["0.1", "3"],
    ),
    "real": (700, -1, ["0.1", "NaN", "0.5", None], [0.1, float("nan"), 0.5, None], ["0.1", "0.5"]),
    "boolean": (16, -1, ["t", "f", None], [True, False, None], ["false", "true"]),
    "date": (
        1082,
        -1,
        ["2025-01-01", "infinity", "-infinity", "0044-03-15 BC", "2024-12-31", None],
        [date(2025, 1, 1), None, None, None, date(2024, 12, 31), None],
        ["2025-01-01", "2026-01-01"],
    ),
    "timestamptz": (
        1184,
        -1,
        ["2025-01-01 12:00:00+00", "2025-01-01 12:00:00.000001+00", "infinity", "-infinity", None],
        [AT, AT.replace(microsecond=1), None, None, None],
        ["2025-01-01 12:00:00", "2025-01-01T13:00:00+01:00"],
    ),
    "timestamp": (
        1114,
        -1,
        ["2025-01-01 12:00:00", "2024-01-01 00:00:00", "-infinity", None],
        [AT.replace(tzinfo=None), datetime(2024, 1, 1), None, None],
        ["2024-06-01", "2025-01-01 12:00:00"],
    ),
    "text": (
        25,
        -1,
        ["a", "B", "é", "", "Z", "it's", "\\", None],
        ["a", "B", "é", "", "Z", "it's", "\\", None],
        ["B", "a"],
    ),
    "varchar(5)": (1043, 9, ["a", "it's", None], ["a", "it's", None], ["it's", "z"]),
}
PRINTS_SPECIALS = {"numeric(6,2)", "date", "timestamptz", "timestamp"}


@pytest.mark.parametrize("kind", CASES)
def test_postgresql_lets_the_same_rows_through(kind: str, database: str) -> None:
    oid, typmod, texts, values, literals = CASES[kind]
    canonical = canonical_type(oid, typmod)
    column = pa.array(values, arrow_type(canonical))
    special = None
    if kind in PRINTS_SPECIALS:
        special = pa.array([t if v is None else None for t, v in zip(texts, values, strict=True)], pa.string())
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f'create table t (n int, "c ""x" {kind})')
        for number, text in enumerate(texts):
            connection.execute("insert into t values (%s, %s)", [number, text])
        for operator, needed in FILTER_VALUES.items():
            condition = Condition(operator, tuple(literals[: len(needed)]))
            found = bind(Filter('c "x', (condition,)), canonical, oid, "t")
            fits = [n for n, fit in enumerate(found.mask(column, special).to_pylist()) if fit]
            where = found.sql()
            wanted = [n for (n,) in connection.execute(f"select n from t where {where} order by n").fetchall()]
            assert fits == wanted, (operator, where)
    assert set(SQL) == set(FILTER_VALUES)


def test_conditions_are_joined_with_or() -> None:
    """AWS's example: (empid <= 10) OR (empid between 50 and 75) OR (empid >= 100)."""
    conditions = (Condition("lte", ("10",)), Condition("between", ("50", "75")), Condition("gte", ("100",)))
    found = bind(Filter("empid", conditions), "int", 23, "t")
    rows = pa.array([10, 11, 49, 50, 75, 76, 99, 100, None], pa.int32())
    assert found.mask(rows, None).to_pylist() == [True, False, False, True, True, False, False, True, False]


def test_not_between_leaves_out_both_ends() -> None:
    """AWS's example: (empid < 50) OR (empid > 75)."""
    found = bind(Filter("empid", (Condition("notbetween", ("50", "75")),)), "int", 23, "t")
    assert found.mask(pa.array([49, 50, 75, 76], pa.int32()), None).to_pylist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("canonical", "oid", "operator", "value"),
    [
        ("int", 23, "eq", "1.5"),
        ("int", 23, "eq", "abc"),
        ("smallint", 21, "eq", "40000"),
        ("decimal(6,2)", 1700, "gte", "1.005"),
        ("decimal(6,2)", 1700, "gte", "NaN"),
        ("date", 1082, "gte", "01/02/2025"),
        ("boolean", 16, "eq", "yes"),
        ("binary", 17, "eq", "x"),
        ("string", 1700, "gte", "5"),
        ("string", 1700, "eq", "5"),
        ("string", 2950, "gte", "x"),
    ],
)
def test_what_cannot_be_compared_is_refused(canonical: str, oid: int, operator: str, value: str) -> None:
    with pytest.raises(SpecError, match="LW317"):
        bind(Filter("c", (Condition(operator, (value,)),)), canonical, oid, "public.t")


def test_types_that_postgresql_compares_otherwise_stay_out_of_sql() -> None:
    for oid in (1042, 2950, 869, 3802):  # char(n), uuid, inet, jsonb
        found = bind(Filter("c", (Condition("eq", ("x",)),)), "string", oid, "t")
        assert found.sql() is None
        assert found.mask(pa.array(["x", "y"]), None).to_pylist() == [True, False]
