"""Column lineage and the impact of source changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.models import Models, load_models
from lakewright.models.lineage import column_lineage, impact
from tests.models.test_load import write

SOURCES = {
    "bronze.o": {"id": "bigint", "sub": "decimal(12,2)", "tax": "decimal(12,2)", "status": "string", "c": "bigint"},
    "bronze.c": {"id": "bigint", "name": "string"},
}
FILES = {
    "silver/o.sql": (
        "/* lakewright\nkey: id\ncolumns: {id: bigint, total: 'decimal(13,2)', who: string, place: int}\n*/\n"
        "WITH paid AS (SELECT id, sub + tax AS total, c FROM bronze.o WHERE status = 'paid')\n"
        "SELECT p.id, p.total, (SELECT max(x.name) FROM bronze.c x WHERE x.id = p.c) AS who,\n"
        "  row_number() OVER (PARTITION BY p.c ORDER BY p.id) AS place\nFROM paid p"
    ),
    "gold/r.sql": (
        "/* lakewright\ncolumns: {kind: string, amount: 'decimal(23,2)'}\n*/\n"
        "SELECT 'all' AS kind, sum(total) AS amount FROM silver.o\n"
        "UNION ALL SELECT who, total FROM silver.o"
    ),
}


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return load_models([write(tmp_path, FILES)])


def test_values_are_followed_through_ctes_subqueries_unions_and_models(models: Models) -> None:
    lineage = column_lineage(models, SOURCES)
    assert lineage.parents["silver.o", "total"] == {("bronze.o", "sub"), ("bronze.o", "tax")}
    assert lineage.parents["silver.o", "place"] == {("bronze.o", "c"), ("bronze.o", "id")}
    assert lineage.parents["silver.o", "who"] == {("bronze.c", "name"), ("bronze.c", "id"), ("bronze.o", "c")}
    assert lineage.parents["gold.r", "kind"] == {("silver.o", "who")}
    assert lineage.sources(("gold.r", "amount")) == {("bronze.o", "sub"), ("bronze.o", "tax")}
    assert lineage.downstream(("bronze.o", "tax")) == {("silver.o", "total"), ("gold.r", "amount")}


def test_a_column_that_only_filters_is_used_but_no_value_comes_from_it(models: Models) -> None:
    lineage = column_lineage(models, SOURCES)
    assert lineage.downstream(("bronze.o", "status")) == frozenset()
    assert lineage.readers(("bronze.o", "status")) == ("silver.o",)


def test_a_dropped_column_breaks_its_reader_and_names_what_lies_behind(models: Models) -> None:
    after = {**SOURCES, "bronze.o": {name: kind for name, kind in SOURCES["bronze.o"].items() if name != "status"}}
    (broken,) = impact(models, SOURCES, after)
    assert (broken.model, broken.downstream) == ("silver.o", ("gold.r",))
    assert "there is no column 'status'" in str(broken.mistakes[0])
    assert broken.mistakes[0].place.endswith("o.sql:5")


def test_a_retyped_column_shows_what_gets_another_type(models: Models) -> None:
    after = {**SOURCES, "bronze.o": {**SOURCES["bronze.o"], "tax": "decimal(14,4)"}}
    (broken,) = impact(models, SOURCES, after)
    assert broken.retyped == {"total": ("decimal(13,2)", "decimal(15,4)")}
    (broken,) = impact(models, SOURCES, {**SOURCES, "bronze.o": {**SOURCES["bronze.o"], "tax": "string"}})
    assert "arithmetic with a string" in str(broken.mistakes[0])


def test_a_new_column_breaks_nothing(models: Models) -> None:
    after = {**SOURCES, "bronze.c": {**SOURCES["bronze.c"], "phone": "string"}}
    assert impact(models, SOURCES, after) == ()
