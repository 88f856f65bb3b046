"""A data product's job on a real Spark, as a cluster runs it: `python product_on_spark.py MODELS SAMPLE.jsonl FOLDER`.

Its tables are Parquet here, where Databricks has Delta. Prints what the job said and, on the last line, both tables.
"""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

from lakewright.pipeline.product_job import main, spark_sql

models, sample, folder = sys.argv[1:]
settings = {
    "spark.sql.sources.default": "parquet",
    "spark.sql.legacy.createHiveTableByDefault": "false",  # as on Databricks
    "spark.sql.warehouse.dir": folder,
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
builder = SparkSession.builder.master("local[1]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for schema in ("raw_data", "silver", "gold"):
    spark.sql(f"CREATE DATABASE {schema}")
types = "id bigint, category string, value decimal(12,2), quality_score double"
spark.read.json(sample, schema=types).write.saveAsTable("raw_data.sample_data")
given = ["--product", "quality", "--models", models, "--catalog", "spark_catalog", "--schemas", "bronze=raw_data"]
for _ in range(2):
    assert main(given, spark_sql(), sys.stdout) == 0
kept = "SELECT id, category, CAST(value AS string), quality_score FROM silver.sample_data ORDER BY id"
good = spark.sql(kept).collect()
gold = spark.sql("SELECT category, record_count, avg_value FROM gold.category_summary").collect()
aside = spark.sql("SELECT id, _reasons FROM silver.sample_data_rejected ORDER BY id").collect()
print(json.dumps([[list(row) for row in rows] for rows in (good, gold, aside)]))
