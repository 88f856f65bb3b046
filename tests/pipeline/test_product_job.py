"""A data product's job: its statements, and what it does, on a real Spark and by hand."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from lakewright.models import Model, load_models
from lakewright.pipeline import product_sql
from lakewright.pipeline.product_job import main
from lakewright.pipeline.product_sql import Home
from tests.support.spark_oracle import spark_python

SAMPLE = Path(str(files("lakewright").joinpath("blueprints/sample-pipeline")))
HOME = Home("main", {"bronze": "raw_data"})
HEAD = "/* lakewright\nkind: full\ncolumns: {n: bigint}\n*/\n"


def model(folder: Path, sql: str, head: str = HEAD) -> Model:
    (folder / "gold").mkdir(exist_ok=True)
    (folder / "gold/counted.sql").write_text(head + sql)
    return load_models([folder])["gold.counted"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT COUNT(*) AS n FROM bronze.orders", "SELECT COUNT(*) AS n FROM `main`.`raw_data`.`orders`"),
        (
            "SELECT COUNT(bronze.orders.id) AS n FROM bronze.orders -- of bronze.orders",
            "SELECT COUNT(`main`.`raw_data`.`orders`.id) AS n FROM `main`.`raw_data`.`orders` -- of bronze.orders",
        ),
        (
            "WITH orders AS (SELECT id FROM `bronze`.`Orders`) SELECT COUNT(*) AS n FROM orders",
            "WITH orders AS (SELECT id FROM `main`.`raw_data`.`orders`) SELECT COUNT(*) AS n FROM orders",
        ),
        (
            "SELECT COUNT(a.id) AS n FROM bronze.orders AS a JOIN bronze.items b ON a.i = b.i WHERE a.y = 'bronze.a'",
            "SELECT COUNT(a.id) AS n FROM `main`.`raw_data`.`orders` AS a JOIN `main`.`raw_data`.`items` b "
            "ON a.i = b.i WHERE a.y = 'bronze.a'",
        ),
    ],
)  # fmt: skip
def test_a_model_s_tables_are_named_in_place(tmp_path: Path, sql: str, expected: str) -> None:
    found = product_sql.in_place(model(tmp_path, sql), HOME)
    assert found == expected
    sqlglot.parse_one(found, read="databricks")


def test_texts_are_quoted(tmp_path: Path) -> None:
    said = "description: It's a back\\slash\ncolumns:\n  n: {type: bigint, description: \"'; DROP\"}\n"
    head = f"/* lakewright\nkind: full\n{said}*/\n"
    found = product_sql.created(model(tmp_path, "SELECT COUNT(*) AS n FROM bronze.orders", head), HOME)
    tree: Any = sqlglot.parse_one(found, read="databricks")
    comments = [one.this.name for one in tree.find_all(sqlglot.exp.CommentColumnConstraint)]
    assert comments == ["'; DROP"]
    assert tree.find(sqlglot.exp.SchemaCommentProperty).name == "It's a back\\slash"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--catalog", "main"], "required: --product, --models"),
        (["--product", "x", "--models", ".", "--catalog", "main", "--schemas", "bronze"], "bronze has no schema"),
        (["--product", "x", "--models", ".", "--catalog", "main", "--more"], "unrecognized arguments: --more"),
    ],
)
def test_wrong_parameters(given: list[str], said: str) -> None:
    out = io.StringIO()
    assert main(given, lambda _: [], out) == 2
    assert said in json.loads(out.getvalue())["error"]


def test_a_table_of_other_columns_is_left_alone(tmp_path: Path) -> None:
    model(tmp_path, "SELECT COUNT(*) AS n FROM bronze.orders")
    asked: list[str] = []

    def sql(statement: str) -> list[tuple[Any, ...]]:
        asked.append(statement)
        return [("n", "int"), ("", ""), ("# Partitioning", "")] if statement.startswith("DESCRIBE") else [(1,)]

    out = io.StringIO()
    assert main(["--product", "x", "--models", str(tmp_path), "--catalog", "main"], sql, out) == 1
    assert "LW734 `main`.`gold`.`counted` has other columns than gold.counted: n int" in out.getvalue()
    assert not [one for one in asked if one.startswith("INSERT")]


SPLIT = """\
/* lakewright
kind: full
columns: {city: string, name: string}
checks: [{name: named, expect: name IS NOT NULL, on_failure: quarantine}]
*/
SELECT city, name FROM bronze.people
"""


def split(tmp_path: Path, aside: list[tuple[Any, ...]]) -> tuple[int, str, list[str]]:
    """A run where the table has `name` first, and the table of what is put aside has `aside`; what it wrote by."""
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold/people.sql").write_text(SPLIT)
    asked: list[str] = []

    def sql(statement: str) -> list[tuple[Any, ...]]:
        asked.append(statement)
        if not statement.startswith("DESCRIBE"):
            return [(2, 1)]
        return aside if "_rejected" in statement else [("name", "string"), ("city", "string")]

    out = io.StringIO()
    code = main(["--product", "x", "--models", str(tmp_path), "--catalog", "main"], sql, out)
    return code, out.getvalue(), [one for one in asked if one.startswith("INSERT")]


def test_values_go_into_the_columns_of_their_names(tmp_path: Path) -> None:
    """A table keeps the order in which its columns were made; a model may have another by now."""
    aside = [("_reasons", "string"), ("name", "string"), ("city", "string")]
    code, said, inserts = split(tmp_path, aside)
    assert code == 0, said
    found: list[tuple[str, list[str]]] = []
    for one in inserts:
        tree: Any = sqlglot.parse_one(one, read="databricks")
        assert tree.args["overwrite"]
        columns = [column.name for column in tree.this.expressions]
        assert columns == tree.expression.named_selects
        found.append((tree.this.this.name, columns))
    assert found == [("people_rejected", ["city", "name", "_reasons"]), ("people", ["city", "name"])]


@pytest.mark.parametrize("more", [[("age", "int")], []])
def test_what_was_put_aside_in_other_columns_is_left_alone(tmp_path: Path, more: list[tuple[Any, ...]]) -> None:
    code, said, inserts = split(tmp_path, [("name", "string"), ("_reasons", "string"), *more])
    assert code == 1
    assert "LW734 `main`.`gold`.`people_rejected` has other columns than gold.people: name string" in said
    assert not inserts


@pytest.mark.slow
@pytest.mark.java
@pytest.mark.timeout(900)
def test_the_sample_pipeline_on_spark(tmp_path: Path) -> None:
    script = Path(__file__).with_name("product_on_spark.py")
    command = [spark_python(), str(script), str(SAMPLE / "models"), str(SAMPLE / "data/sample_data.jsonl")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    done = subprocess.run(
        [*command, str(tmp_path / "tables")], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    good, gold, aside = json.loads(done.stdout.splitlines()[-1])
    with duckdb.connect() as database:
        columns = "{id: 'BIGINT', category: 'VARCHAR', value: 'DECIMAL(12,2)', quality_score: 'DOUBLE'}"
        file = SAMPLE / "data/sample_data.jsonl"
        database.execute(f"CREATE VIEW sample AS SELECT * FROM read_json('{file}', columns = {columns})")
        kept = "SELECT id, category, value::VARCHAR, quality_score FROM sample WHERE quality_score > 0.8 ORDER BY id"
        means = "SELECT category, count(*), avg(value::DOUBLE) FROM sample WHERE quality_score > 0.8 GROUP BY category"
        assert good == [list(row) for row in database.sql(kept).fetchall()]
        assert sorted(gold, key=str) == sorted((list(row) for row in database.sql(means).fetchall()), key=str)
    assert aside == [[3, "good_quality"], [7, "good_quality"], [8, "good_quality"]]
