"""What the job of a data product runs on Databricks: its models, each table brought up to date by SQL in its catalog.

`main` is the same wherever it runs; what runs its statements is passed in. On Databricks that is the cluster's Spark,
here the local Databricks, with the rights of whom the job runs as.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from lakewright.errors import LakewrightError, ProblemError, SpecError
from lakewright.models import Model, load_models
from lakewright.pipeline import product_sql
from lakewright.pipeline.product_sql import Home

ENTRY = "lakewright-product"
"""Name of the entry point in this package's wheel."""

Row = Sequence[Any]
Sql = Callable[[str], Sequence[Row]]
"""Runs one statement; its rows. What it raises ends the run."""


@dataclass(frozen=True)
class Arguments:
    """The product's name, the folder of its models, where its tables are."""

    product: str
    models: Path
    home: Home


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SpecError("LW731", f"the task's parameters: {message}", hint="compile and deploy again")


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Raises SpecError LW731."""
    parser = _Parser(prog=ENTRY, add_help=False, allow_abbrev=False)
    parser.add_argument("--product", required=True)
    parser.add_argument("--models", required=True, type=Path)
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--schemas", default="", help="layer=schema,layer=schema")
    found = parser.parse_args(list(argv))
    pairs = [one.partition("=") for one in found.schemas.split(",") if one]
    if wrong := [layer for layer, equals, schema in pairs if not (layer and equals and schema)]:
        raise SpecError("LW731", f"--schemas: {wrong[0]} has no schema", hint="bronze=raw_data,silver=sandbox")
    return Arguments(found.product, found.models, Home(found.catalog, {layer: schema for layer, _, schema in pairs}))


@dataclass(frozen=True)
class Filled:
    """What became of one model: rows of its table, rows put aside, rows that failed a check that only warns."""

    model: str
    rows: int
    rejected: int
    warned: int
    seconds: float


def bring_up_to_date(model: Model, home: Home, sql: Sql) -> Filled:
    """Raises ProblemError: LW732 two rows with one key, LW733 a check that stops, LW734 a table of other columns."""
    began = time.monotonic()
    if model.kind == "view":
        sql(product_sql.view(model, home))
        return Filled(model.name, 0, 0, 0, round(time.monotonic() - began, 3))
    rows, *failed = (int(count) for count in sql(product_sql.counted(model, home))[0])
    for check, count in zip(model.checks, failed, strict=True):
        if check.on_failure == "fail" and count:
            fact = f"check {check.name} of {model.name} failed on {count} rows" + _colon(check.message)
            raise ProblemError("LW733", fact, hint="nothing was written; correct the source or the model")
    if model.key and (doubles := int(sql(product_sql.doubled(model, home))[0][0])):
        fact = f"{doubles} keys ({', '.join(model.key)}) of {model.name} have several rows"
        raise ProblemError("LW732", fact, hint="make the SQL give one row for each key, or declare a longer key")
    sql(product_sql.created(model, home))
    _check_columns(model, home.table(model.name), model.schema, sql)
    rejected = 0
    if product_sql.puts_aside(model):
        aside = home.table(model.name + product_sql.REJECTED)
        sql(product_sql.created_rejected(model, home))
        _check_columns(model, aside, {**model.schema, product_sql.REASONS: "string"}, sql)
        sql(product_sql.rejected(model, home))
        rejected = _rows_of(aside, sql)
    sql(product_sql.filled(model, home))
    warned = sum(count for check, count in zip(model.checks, failed, strict=True) if check.on_failure == "warn")
    return Filled(model.name, rows - rejected, rejected, warned, round(time.monotonic() - began, 3))


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _rows_of(table: str, sql: Sql) -> int:
    return int(sql(f"SELECT count(*) FROM {table}")[0][0])


def _check_columns(model: Model, table: str, columns: Mapping[str, str], sql: Sql) -> None:
    """DESCRIBE goes on after the columns, with an empty name or a heading, where a table is partitioned."""
    found: dict[str, str] = {}
    for name, kind, *_ in sql(product_sql.described(table)):
        if not name or str(name).startswith("#"):
            break
        found[str(name)] = str(kind).lower()
    if found != dict(columns):
        fact = f"{table} has other columns than {model.name}: {_spoken(found)}"
        raise ProblemError("LW734", fact, hint=f"ALTER TABLE it to {_spoken(columns)}, or drop it")


def _spoken(columns: Any) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def main(argv: Sequence[str], sql: Sql, out: TextIO) -> int:
    """One run: JSON lines on `out`; 0 when every model is up to date, else the error's exit code."""

    def tell(event: str, **said: Any) -> None:
        print(json.dumps({"event": event, **said}, default=str, ensure_ascii=False), file=out, flush=True)

    try:
        arguments = parse_arguments(argv)
        models = load_models([arguments.models])
        tell("product.start", product=arguments.product, catalog=arguments.home.catalog, models=len(models))
        for model in models.order():
            filled = bring_up_to_date(model, arguments.home, sql)
            tell("model.end", **vars(filled))
    except LakewrightError as error:
        tell("product.end", ok=False, error=str(error))
        return error.exit_code
    tell("product.end", ok=True)
    return 0


def spark_sql() -> Sql:
    """Statements on the cluster's Spark. Times without a zone are UTC's, as models mean them."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return lambda statement: [tuple(row) for row in spark.sql(statement).collect()]


def run() -> None:
    """The wheel's entry point. An exit code is given for failures only: Databricks takes every exit for one."""
    if code := main(sys.argv[1:], spark_sql(), sys.stdout):
        sys.exit(code)
