"""Runs a chain of models on a real Spark and prints what comes out: `python spark_recorder.py job.json ansi|legacy`.

Needs nothing but pyspark, so that it can run in an environment of its own. The job is
`{"tables": {name: {"columns": {name: type}, "rows": [[text or null]]}},
  "models": [{"name", "sql", "columns": {name: type}, "keep": [condition], "count": {check: condition}}]}`,
models in the order in which they are to run. Rows that do not meet each condition of `keep` are not passed on.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f


def session(folder: str, ansi: bool) -> SparkSession:
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": str(ansi).lower(),
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.warehouse.dir": folder,
        "spark.ui.enabled": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[1]").appName("recorder")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def as_text(frame: DataFrame) -> list[list[Any]]:
    """Rows as text, doubles as numbers; sorted."""
    columns = [
        f.col(f"`{name}`") if kind == "double" else f.col(f"`{name}`").cast("string") for name, kind in frame.dtypes
    ]
    rows = [list(row) for row in frame.select(*columns).collect()]
    return sorted(rows, key=lambda row: [(value is None, str(value)) for value in row])


def run(spark: SparkSession, job: dict[str, Any]) -> dict[str, Any]:
    for layer in sorted(
        {name.split(".")[0] for name in job["tables"]} | {m["name"].split(".")[0] for m in job["models"]}
    ):
        spark.sql(f"CREATE DATABASE IF NOT EXISTS {layer}")
    for name, table in job["tables"].items():
        texts = spark.createDataFrame(
            [tuple(row) for row in table["rows"]], ", ".join(f"`{column}` string" for column in table["columns"])
        )
        typed = texts.select(*(f.col(f"`{c}`").cast(kind).alias(c) for c, kind in table["columns"].items()))
        typed.write.saveAsTable(name)
    found = {}
    for model in job["models"]:
        raw = spark.sql(model["sql"])
        types = dict(raw.dtypes)
        failed = {
            check: raw.where(f"NOT COALESCE({condition}, FALSE)").count() for check, condition in model["count"].items()
        }
        kept = raw
        for condition in model["keep"]:
            kept = kept.where(condition)
        kept = kept.select(*(f.col(f"`{c}`").cast(kind).alias(c) for c, kind in model["columns"].items()))
        kept.write.saveAsTable(model["name"])
        found[model["name"]] = {"types": types, "failed": failed, "rows": as_text(spark.table(model["name"]))}
    return found


def main(job: str, mode: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spark = session(folder, mode == "ansi")
        try:
            print(json.dumps(run(spark, json.loads(Path(job).read_text()))))
        finally:
            spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
