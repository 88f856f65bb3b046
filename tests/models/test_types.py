"""Canonical type strings, against Arrow's and DuckDB's own idea of the type."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from lakewright.errors import SpecError
from lakewright.models.types import arrow_type, duckdb_type, from_arrow, parse_type

EVERY = [
    "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp",
    "timestamp_ntz", "decimal(12,2)", "decimal(38,18)", "decimal(5,5)", "array<string>", "array<array<int>>",
    "map<string,decimal(3,1)>", "struct<a:int,b:array<date>>", "array<struct<a:int,`odd name`:string>>",
]  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_a_type_survives_arrow_and_duckdb(name: str) -> None:
    assert from_arrow(arrow_type(name)) == name
    described = duckdb.connect().execute(f"select cast(null as {duckdb_type(name)}) as x").to_arrow_table()
    assert from_arrow(described.schema.field("x").type) == name


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("INTEGER", "int"), ("Decimal( 10 , 2 )", "decimal(10,2)"), ("decimal", "decimal(10,0)"), ("long", "bigint")],
)
def test_spellings_of_one_type(written: str, canonical: str) -> None:
    assert str(parse_type(written)) == canonical


@pytest.mark.parametrize(
    "wrong",
    ["", "decimal(39,2)", "decimal(2,3)", "decimal(a,b)", "array<int", "struct<>", "text[]", "int int", "varchar(3)"],
)
def test_what_is_no_type_is_said_so(wrong: str) -> None:
    with pytest.raises(SpecError, match="is not a Spark SQL type"):
        parse_type(wrong)


def test_arrow_types_without_a_canonical_one_are_refused() -> None:
    with pytest.raises(SpecError, match="uint64"):
        from_arrow(pa.uint64())


def test_other_arrow_forms_of_text_and_lists() -> None:
    assert from_arrow(pa.large_string()) == "string"
    assert from_arrow(pa.dictionary(pa.int32(), pa.string())) == "string"
    assert from_arrow(pa.large_list(pa.int64())) == "array<bigint>"
    assert from_arrow(pa.timestamp("ns", tz="Europe/Berlin")) == "timestamp"
