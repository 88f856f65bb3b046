# ruff: noqa: E501 - cases, each in a line
"""Hive's types, partitions' folders and locations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakewright.catalog.hive_types import parse_hive_type
from lakewright.catalog.locations import parse_location
from lakewright.catalog.partitions import folder, values_of
from lakewright.errors import SpecError
from lakewright.models.types import parse_type


@pytest.mark.parametrize(
    ("text", "spelled", "canonical", "trino"),
    [
        ("INTEGER", "int", "int", "integer"),
        ("decimal", "decimal(10,0)", "decimal(10,0)", "decimal(10,0)"),
        ("Varchar( 12 )", "varchar(12)", "string", "varchar(12)"),
        ("timestamp", "timestamp", "timestamp_ntz", "timestamp(3)"),
        (
            "map<string,array<struct<A : int, `b c`:char(2)>>>",
            "map<string,array<struct<a:int,b c:char(2)>>>",
            "map<string,array<struct<a:int,`b c`:string>>>",
            'map(varchar, array(row("a" integer, "b c" char(2))))',
        ),
    ],
)
def test_types(text: str, spelled: str, canonical: str, trino: str) -> None:
    kind = parse_hive_type(text)
    assert (str(kind), kind.canonical, kind.trino) == (spelled, canonical, trino)
    assert str(parse_type(canonical)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "text", "decimal(39,1)", "decimal(3,4)", "varchar", "char(256)", "array<int", "map<int>", "struct<>", "int int",
     "uniontype<int>", "struct<a:int,A:int>", "array<" * 100 + "int" + ">" * 100],
)  # fmt: skip
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="is not a Hive type"):
        parse_hive_type(text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3))
def test_folders_give_their_values_back(values: list[str]) -> None:
    keys = [f"k{number}" for number in range(len(values))]
    path = folder(keys, values)
    assert path.count("/") == len(values) - 1
    assert values_of(path, keys) == tuple(values)


def test_folders_are_spelled_as_hive_spells_them() -> None:
    """Characters that Hive's FileUtils escapes, and some that it leaves."""
    assert (
        folder(["a b", "c"], ["x/y=z:%", "ü [1]{2}^*?\"'#\\"])
        == "a b=x%2Fy%3Dz%3A%25/c=ü %5B1%5D%7B2%7D%5E%2A%3F%22%27%23%5C"
    )


@pytest.mark.parametrize("text", ["s3://bucket/a/b", "s3://bucket/a/b/"])
def test_locations(text: str) -> None:
    assert str(parse_location(text)) == "s3://bucket/a/b/"


@pytest.mark.parametrize(
    "text",
    ["", "/etc/passwd", "file:///etc", "http://x/y", "https://s3.amazonaws.com/b/k", "s3a://b/k", "S3://bucket/k", "s3:/bucket/k",
     "s3://b", "s3://BUCKET/k", "s3://bucket/../k", "s3://bucket/a/./b", "s3://bucket/a//b", "s3://bucket//a", "s3://bucket/a/..",
     "s3://bucket/a*", "s3://bucket/a?b", "s3://bucket/a\nb", "s3://bucket/a\\b", "s3://bucket@evil/k", "s3://buc..ket/k", "s3://bucket/" + "a" * 1000],
)  # fmt: skip
def test_what_could_mean_another_place_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="no place for a table"):
        parse_location(text)
