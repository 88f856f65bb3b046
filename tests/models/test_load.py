"""Model files: the header, the mistakes that are found, the order of models, and the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import Mistakes
from lakewright.models import Models, load_models

ORDER = """/* lakewright
kind: incremental_by_key
key: [id]
owner: sales
description: One row per order
columns:
  id: bigint
  total: {type: "decimal(12,2)", description: What was paid}
checks:
  - {name: positive, expect: total >= 0, on_failure: warn}
*/
WITH raw AS (
  SELECT id, total FROM bronze.core_order
)
SELECT * FROM raw
"""
REVENUE = """/* lakewright
columns: {n: bigint}
*/
SELECT count(*) AS n FROM silver.order
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def mistakes(folder: Path, sources: set[str] | None = None) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        load_models([folder], sources=sources)
    return [str(mistake).replace(f"{folder}/", "") for mistake in caught.value.mistakes]


def test_partitions_of_the_layer_go_to_models_that_have_them_and_name_none(tmp_path: Path) -> None:
    own = ORDER.replace("owner:", "partition_by: total\nowner:")
    none = ORDER.replace("owner:", "partition_by: []\nowner:")
    files = {"silver/order.sql": ORDER, "silver/own.sql": own, "silver/none.sql": none, "gold/revenue.sql": REVENUE}
    partitions = {"silver": ("id",), "gold": ("id",)}
    models = load_models([write(tmp_path, files)], partitions=partitions)
    found = {name: model.partition_by for name, model in models.items()}
    assert found == {"silver.order": ("id",), "silver.own": ("total",), "silver.none": (), "gold.revenue": ()}
    whole = {"silver": ("id", "total")}  # nothing would be left for the files
    assert load_models([tmp_path], partitions=whole)["silver.order"].partition_by == ()


def test_a_model_is_read_with_its_defaults(tmp_path: Path) -> None:
    models = load_models([write(tmp_path, {"silver/order.sql": ORDER, "gold/revenue.sql": REVENUE})])
    order = models["silver.order"]
    assert (order.kind, order.key, order.scope, order.owner) == ("incremental_by_key", ("id",), ("id",), "sales")
    assert order.schema == {"id": "bigint", "total": "decimal(12,2)"}
    assert (order.checks[0].name, order.checks[0].on_failure) == ("positive", "warn")
    assert order.inputs == ("bronze.core_order",)
    assert order.sql.splitlines()[0] == "WITH raw AS ("
    assert order.path.read_text().splitlines()[order.line - 1] == "WITH raw AS ("
    assert [model.name for model in models.order()] == ["silver.order", "gold.revenue"]
    assert models.downstream("bronze.core_order") == {"silver.order", "gold.revenue"}
    assert models.upstream("gold.revenue") == {"silver.order"}
    assert models.sources() == {"bronze.core_order"}


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    files = {
        "silver/a.sql": "/* lakewright\nkind: ful\nkee: [id]\ncolumns:\n  id: bigin\n*/\nSELECT id FROM bronze.t",
        "silver/b.sql": "SELECT 1 AS x",
        "silver/c.sql": "/* lakewright\ncolumns: {x: int}\n*/\nSELEC 1",
        "silver/d.sql": "/* lakewright\ncolumns: {x: int, y: int}\n*/\nSELECT 1 AS x,\n  frobnicate(2) AS z",
        "silver/e.sql": "/* lakewright\ncolumns: {x: int\n*/\nSELECT 1 AS x",
        "silver/f.sql": "/* lakewright\nkind: full\nkind: view\ncolumns: {x: {type: int, descr: a}}\n*/\nSELECT 1 x",
    }
    found = "\n".join(mistakes(write(tmp_path, files)))
    assert "LW503 silver/a.sql:3: unknown key 'kee'; hint: did you mean 'key'?" in found
    assert "silver/a.sql:2: kind: Input should be" in found
    assert "silver/a.sql:5: columns.id.type: 'bigin' is not a Spark SQL type" in found
    assert "LW502 silver/b.sql:1: the file has no header" in found
    assert "LW504 silver/c.sql:4" in found
    assert "LW510 silver/d.sql:5: frobnicate() is not in the allowed dialect" in found
    assert "LW505 silver/d.sql:2: `columns` lists y, which the query does not give; the query gives z" in found
    assert "silver/e.sql" in found
    assert "LW502 silver/f.sql:3: key 'kind' is given twice" in found
    assert "silver/f.sql:4: unknown key 'columns.x.descr'; hint: did you mean 'description'?" in found


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("kind: incremental_by_key\ncolumns: {x: int}", "needs `key`"),
        ("kind: incremental_by_time\ncolumns: {x: int}", "needs `time_column`"),
        ("key: [id]\ncolumns: {x: int}", "`key` names 'id', which is not in `columns`"),
        ("partition_by: [y]\ncolumns: {x: int}", "`partition_by` names 'y'"),
        ("model: Silver.Order\ncolumns: {x: int}", "not layer.table in lower case"),
        ("lookback_days: -1\ncolumns: {x: int}", "lookback_days"),
        ("columns: {x: int}\nchecks: [{name: a, expect: 'true'}, {name: a, expect: 'true'}]", "two checks"),
        ("kind: full", "the header has no `columns`; hint: list them: x"),
        ("- kind", "not a mapping"),
    ],
)
def test_a_header_that_contradicts_itself(tmp_path: Path, header: str, fact: str) -> None:
    found = mistakes(write(tmp_path, {"silver/m.sql": f"/* lakewright\n{header}\n*/\nSELECT 1 AS x"}))
    assert len(found) == 1
    assert fact in found[0]


def test_several_statements_are_not_a_model(tmp_path: Path) -> None:
    text = "/* lakewright\ncolumns: {x: int}\n*/\nSELECT 1 AS x; SELECT 2 AS x"
    assert "exactly one SELECT" in mistakes(write(tmp_path, {"silver/m.sql": text}))[0]
    assert (
        "exactly one SELECT"
        in mistakes(write(tmp_path, {"silver/m.sql": text.replace("SELECT 1 AS x;", "DROP TABLE t;")}))[0]
    )


def test_an_unknown_table_gets_a_suggestion(tmp_path: Path) -> None:
    write(tmp_path, {"silver/order.sql": ORDER, "gold/revenue.sql": REVENUE.replace("silver.order", "silver.oder")})
    assert (
        "gold.revenue reads silver.oder, which does not exist; hint: did you mean silver.order?"
        in mistakes(tmp_path)[0]
    )
    found = mistakes(tmp_path, {"bronze.core_orders"})
    assert any("did you mean bronze.core_orders?" in mistake for mistake in found)


def test_a_circle_is_named(tmp_path: Path) -> None:
    text = "/* lakewright\ncolumns: {x: int}\n*/\nSELECT x FROM "
    write(tmp_path, {f"gold/{a}.sql": text + f"gold.{b}" for a, b in (("a", "b"), ("b", "c"), ("c", "a"), ("z", "a"))})
    found = mistakes(tmp_path)
    assert len(found) == 1
    assert "gold.a → gold.b → gold.c → gold.a" in found[0]


def test_one_name_belongs_to_one_file(tmp_path: Path) -> None:
    again = REVENUE.replace("columns", "model: gold.revenue\ncolumns")
    found = mistakes(write(tmp_path, {"silver/order.sql": ORDER, "gold/revenue.sql": REVENUE, "gold/r.sql": again}))
    assert "gold.revenue is already made by" in found[0]


def test_names_of_ctes_are_no_tables(tmp_path: Path) -> None:
    text = (
        "/* lakewright\ncolumns: {x: int}\n*/\nWITH a AS (SELECT x FROM bronze.a), b AS (SELECT x FROM a)\n"
        "SELECT b.x FROM b JOIN (WITH c AS (SELECT x FROM b) SELECT x FROM c) d ON b.x = d.x"
    )
    assert load_models([write(tmp_path, {"gold/m.sql": text})])["gold.m"].inputs == ("bronze.a",)


def test_a_cte_that_hides_a_table_of_its_own_name(tmp_path: Path) -> None:
    text = "/* lakewright\ncolumns: {x: int}\n*/\nWITH orders AS (SELECT x FROM orders) SELECT x FROM orders"
    assert "reads orders, which does not exist" in mistakes(write(tmp_path, {"gold/m.sql": text}))[0]


def test_the_cache_gives_the_same_and_may_be_damaged(tmp_path: Path) -> None:
    folder = write(tmp_path / "models", {"silver/order.sql": ORDER, "gold/revenue.sql": REVENUE})
    cache = tmp_path / "cache"
    first = _all(load_models([folder], cache=cache))
    assert _all(load_models([folder], cache=cache)) == first
    for damage in ("{", "[]", '{"version": 1}', ""):
        (cache / "models.json").write_text(damage)
        assert _all(load_models([folder], cache=cache)) == first
    (folder / "gold/revenue.sql").write_text(REVENUE.replace("count(*)", "count(1)"))
    assert "count(1)" in load_models([folder], cache=cache)["gold.revenue"].sql


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    folder = write(tmp_path / "models", {"silver/order.sql": ORDER})
    (tmp_path / "file").write_text("")
    assert "silver.order" in load_models([folder], cache=tmp_path / "file")


def _all(models: Models) -> list[object]:
    return [models[name] for name in models]


@pytest.mark.parametrize(
    ("expect", "code", "said"),
    [
        ("zzz > 1", "LW511", "there is no column 'zzz'; hint: the columns are id, total"),
        ("totl > 1", "LW511", "did you mean 'total'?"),
        ("total >", "LW504", "cannot be read"),
        ("id = ''", "LW510", ""),
    ],
)
def test_a_wrong_check_is_found_where_it_stands(tmp_path: Path, expect: str, code: str, said: str) -> None:
    text = ORDER.replace("expect: total >= 0", f'expect: "{expect}"')
    [found] = mistakes(write(tmp_path, {"silver/order.sql": text}))
    assert found.startswith(f"{code} silver/order.sql:10: check positive: ")
    assert said in found
