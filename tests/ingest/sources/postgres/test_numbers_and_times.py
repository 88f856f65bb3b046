"""Generated numerics, dates and timestamps through COPY BINARY, against PostgreSQL's own text of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.errors import ProblemError
from lakewright.ingest.sources.postgres import types as t
from lakewright.ingest.sources.postgres.columns import ColumnType
from lakewright.ingest.sources.postgres.copy import copied_tables
from lakewright.rehearse.postgres import PostgresServer
from tests.support import pg_streams as streams
from tests.support.pg_streams import Connection

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def connection(postgres: PostgresServer) -> Iterator[Connection]:
    with streams.connect(postgres.dsn()) as made:
        yield made


def typmod(precision: int, scale: int) -> int:
    return ((precision << 16) | (scale & 0x7FF)) + 4


def both(connection: Connection, values: list[str | None], cast: str, oid: int, mod: int = -1) -> tuple[Any, Any]:
    """(what we decode, put back to text; PostgreSQL's text) of the values cast to a type."""
    literals = ", ".join("(null)" if value is None else f"('{value}')" for value in values)
    query = f"select v::{cast} as v from (values {literals}) t(v)"
    expected = [row[0] for row in connection.execute(f"select v::text from ({query}) q").fetchall()]
    found = pa.concat_tables(copied_tables(connection, query, [("v", ColumnType("t.v", oid, mod))], "t"))
    return [streams.printed(row, found.schema)["v"] for row in found.to_pylist()], expected


digits = st.integers(0, 45).flatmap(lambda n: st.integers(0, 10**n))
special = st.sampled_from([None, "NaN", "0", "-0", "0.0000"])


@st.composite
def numerics(draw: st.DrawFn) -> str:
    fraction = draw(st.integers(0, 40))
    text = str(draw(digits)).rjust(fraction + 1, "0")
    body = f"{text[: len(text) - fraction]}.{text[len(text) - fraction :]}" if fraction else text
    return ("-" if draw(st.booleans()) else "") + body


@MANY
@given(
    st.lists(st.one_of(numerics(), special, st.sampled_from(["Infinity", "-Infinity", "1e-300", "-3e500"])), min_size=1)
)
def test_unconstrained_numerics_print_as_postgres_prints_them(connection: Connection, values: list[str | None]) -> None:
    found, expected = both(connection, values, "numeric", t.NUMERIC)
    assert found == expected


@st.composite
def decimals(draw: st.DrawFn) -> tuple[int, int, list[str | None]]:
    precision = draw(st.integers(1, 38))
    scale = draw(st.integers(0, precision))
    limit = 10**precision - 1
    numbers = st.one_of(
        st.integers(-limit, limit), st.integers(-99, 99).filter(lambda n: abs(n) <= limit), st.just(limit)
    )
    scaled = numbers.map(lambda n: f"{n}e{-scale}")
    return precision, scale, draw(st.lists(st.one_of(scaled, special), min_size=1))


@MANY
@given(decimals())
def test_decimals_of_every_precision_and_scale(connection: Connection, case: tuple[int, int, list[str | None]]) -> None:
    precision, scale, values = case
    found, expected = both(connection, values, f"numeric({precision},{scale})", t.NUMERIC, typmod(precision, scale))
    assert found == expected


@pytest.mark.parametrize("scale", [0, 1, 2, 3, 7])
def test_decimals_at_the_borders_of_machine_words(connection: Connection, scale: int) -> None:
    numbers = [sign * (2**bits * factor + more) for sign in (1, -1) for bits in (32, 63, 64, 96, 120)
               for factor in (1, 3) for more in (-1, 0, 1)]  # fmt: skip
    values: list[str | None] = [f"{number}e{-scale}" for number in numbers]
    found, expected = both(connection, values, f"numeric(38,{scale})", t.NUMERIC, typmod(38, scale))
    assert found == expected


@pytest.mark.parametrize(
    ("value", "precision", "scale"),
    [("10.001", 12, 2), ("0.00001", 12, 2), ("10000000000", 12, 2), ("1e25", 18, 0), ("1e60", 38, 0),
     ("1e38", 38, 0), ("1e28", 38, 10), ("0.00000000001", 38, 10), ("99999", 4, 0), ("1e18", 18, 0)],
)  # fmt: skip
def test_a_number_that_does_not_fit_is_an_error(connection: Connection, value: str, precision: int, scale: int) -> None:
    with pytest.raises(ProblemError, match=r"LW302 t\.v: .* does not fit"):
        both(connection, ["1", value, None], "numeric", t.NUMERIC, typmod(precision, scale))


@pytest.mark.parametrize(("mod", "kind"), [
    (typmod(12, 2), "decimal(12,2)"), (typmod(38, 38), "decimal(38,38)"), (typmod(39, 0), "string"),
    (typmod(5, -2), "string"), (typmod(3, 5), "string"), (-1, "string"),
])  # fmt: skip
def test_numeric_types(connection: Connection, mod: int, kind: str) -> None:
    assert t.canonical_type(t.NUMERIC, mod) == kind
    shown = connection.execute("select format_type(1700, %s)", [mod]).fetchone()
    assert shown is not None
    assert kind == "string" or shown[0].replace("numeric", "decimal") == kind


edges = st.sampled_from(
    [None, "infinity", "-infinity", "0001-01-01 00:00:00.000000", "0001-12-31 23:59:59.999999 BC",
     "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00.000000"]
)  # fmt: skip


@st.composite
def moments(draw: st.DrawFn, last_year: int) -> str:
    year = draw(
        st.one_of(st.integers(-4711, last_year), st.integers(-3, 3), st.integers(9998, 10001), st.integers(1900, 2100))
    )
    month, day = draw(st.integers(1, 12)), draw(st.integers(1, 28))
    clock = draw(st.integers(0, 86_399_999_999))
    seconds, micro = divmod(clock, 10**6)
    date = f"{year if year > 0 else 1 - year:04d}-{month:02d}-{day:02d}"
    return f"{date} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micro:06d}" + (
        "" if year > 0 else " BC"
    )


@MANY
@given(st.lists(st.one_of(moments(294275), edges), min_size=1))
@pytest.mark.parametrize(("cast", "oid"), [("timestamp", t.TIMESTAMP), ("timestamptz", t.TIMESTAMPTZ)])
def test_timestamps(connection: Connection, cast: str, oid: int, values: list[str | None]) -> None:
    found, expected = both(connection, values, cast, oid)
    assert found == expected


@MANY
@given(st.lists(st.one_of(moments(5874896), edges), min_size=1))
def test_dates(connection: Connection, values: list[str | None]) -> None:
    cut = [value and value.partition(" ")[0] + (" BC" if value.endswith("BC") else "") for value in values]
    found, expected = both(connection, cut, "date", t.DATE)
    assert found == expected


@pytest.mark.parametrize(
    ("cast", "oid"), [("timestamp", t.TIMESTAMP), ("timestamptz", t.TIMESTAMPTZ), ("date", t.DATE)]
)
def test_exactly_the_years_1_to_9999_are_values(connection: Connection, cast: str, oid: int) -> None:
    texts = [
        "0001-12-31 23:59:59.999999 BC",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59.999999",
        "10000-01-01 00:00:00",
    ]
    query = " union all ".join(f"select {cast} '{text}' as v" for text in texts)
    found = pa.concat_tables(copied_tables(connection, query, [("v", ColumnType("t.v", oid, -1))], "t"))
    assert [value is None for value in found["v"].to_pylist()] == [True, False, False, True]
    assert [special is None for special in found["_special"].to_pylist()] == [False, True, True, False]
