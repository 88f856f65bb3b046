"""A real Spark as the judge of our SQL: run a query on it, keep its answer in a JSON file, compare DuckDB with that.

    answer = recorded(Path(__file__).with_name("expected") / "orders.json", "late row", sql, tables, now=NOW)
    assert on_duckdb(sql, tables, now=NOW) == answer

`tables` maps a table's name to `Rows(types, rows)`. With LAKEWRIGHT_RECORD=1 `recorded` asks Spark, in both ANSI modes,
and writes the file; Spark runs under the Python that LAKEWRIGHT_SPARK_PYTHON names (default: this one), which needs
pyspark==3.5.6 and Java 17. Without it the file's answer is given, and a missing or outdated one is an error.
Run as a script this file is the Spark side; it needs nothing but pyspark.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """Hand-made rows of one table: column → canonical type, and each row's values by name (left out: NULL)."""

    types: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]] = ()

    def plain(self) -> dict[str, Any]:
        return {
            "types": dict(self.types),
            "rows": [[plain(row.get(name)) for name in self.types] for row in self.rows],
        }


@dataclass(frozen=True)
class Answer:
    """Output columns with their types, and the rows in a comparable form, sorted (a query's order is not compared)."""

    columns: dict[str, str]
    rows: list[list[Any]] = field(default_factory=list)

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def plain(value: Any) -> Any:
    """A value as JSON keeps it: decimals, doubles and times as text."""
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            return repr(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            aware = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            return aware.isoformat(sep=" ", timespec="microseconds")
        case date():
            return value.isoformat()
        case bytes() | bytearray():
            return bytes(value).hex()
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    raise TypeError(f"no JSON form for {type(value)}")


def in_order(rows: list[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def recorded(file: Path, name: str, sql: str, tables: Mapping[str, Rows], *, now: datetime | None = None) -> Answer:
    """Spark's answer to `sql`, from `file`; asked anew in record mode. Both ANSI modes must have agreed."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    question = _question(sql, tables, now)
    kept = known.get(name)
    if os.environ.get("LAKEWRIGHT_RECORD") == "1" and (kept is None or kept["question"] != question):
        answer = ask_both(_shared(), sql, tables, now=now)
        known[name] = {"question": question, "columns": answer.columns, "rows": answer.rows}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        return answer
    if kept is None or kept["question"] != question:
        raise AssertionError(f"{file}: no recorded answer for this {name!r}; record it with LAKEWRIGHT_RECORD=1")
    return Answer(kept["columns"], kept["rows"])


def _question(sql: str, tables: Mapping[str, Rows], now: datetime | None) -> str:
    given = {name: table.plain() for name, table in tables.items()}
    return hashlib.sha256(json.dumps([sql, given, plain(now)], sort_keys=True).encode()).hexdigest()[:16]


def ask_both(spark: Spark, sql: str, tables: Mapping[str, Rows], *, now: datetime | None = None) -> Answer:
    """Spark's answer, which must be the same with ANSI mode off and on."""
    off = spark.ask(sql, tables, ansi=False, now=now)
    on = spark.ask(sql, tables, ansi=True, now=now)
    if off != on:
        raise AssertionError(f"ANSI mode changes the answer to {sql}\noff {off}\non  {on}")
    return off


class SparkError(Exception):
    """What Spark said about a query."""


class Spark:
    """A Spark session in a child process (its Python needs pyspark; this one does not)."""

    def __init__(self, python: str) -> None:
        env = {**os.environ, "TZ": "UTC", "PYSPARK_PYTHON": python}
        self._process = subprocess.Popen(
            [python, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            text=True,
        )

    def ask(self, sql: str, tables: Mapping[str, Rows], *, ansi: bool, now: datetime | None = None) -> Answer:
        given = {name: table.plain() for name, table in tables.items()}
        question = {"sql": with_time(sql, now), "tables": given, "ansi": ansi}
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SparkError("Spark did not start or has died; LAKEWRIGHT_SPARK_PYTHON names a Python with pyspark")
        reply = json.loads(line)
        if "error" in reply:
            raise SparkError(reply["error"])
        return Answer(reply["columns"], in_order(reply["rows"]))

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@lru_cache(maxsize=1)
def _shared() -> Spark:
    return Spark(spark_python())


def spark_python() -> str:
    return os.environ.get("LAKEWRIGHT_SPARK_PYTHON", sys.executable)


def with_time(sql: str, now: datetime | None) -> str:
    """`sql` with the run's time written down, since Spark's own clock cannot be set."""
    if now is None:
        return sql
    sql = re.sub(
        r"\b(current_date\b(\s*\(\s*\))?|curdate\s*\(\s*\))", f"DATE '{now:%Y-%m-%d}'", sql, flags=re.IGNORECASE
    )
    stamp = f"TIMESTAMP '{now:%Y-%m-%d %H:%M:%S.%f}'"
    return re.sub(r"\b(current_timestamp\b(\s*\(\s*\))?|now\s*\(\s*\))", stamp, sql, flags=re.IGNORECASE)


@contextmanager
def duckdb_with(tables: Mapping[str, Rows]) -> Iterator[Any]:
    """A DuckDB that holds `tables` and has the dialect's macros."""
    import duckdb

    from lakewright.models import dialect
    from lakewright.models.types import duckdb_type

    connection = duckdb.connect()
    try:
        connection.execute(dialect.MACROS)
        for name, table in tables.items():
            schema, _, _ = name.rpartition(".")
            if schema:
                connection.execute(f'create schema if not exists "{schema}"')
            quoted = ".".join(f'"{part}"' for part in name.split("."))
            columns = ", ".join(f'"{column}" {duckdb_type(kind)}' for column, kind in table.types.items())
            connection.execute(f"create table {quoted} ({columns})")
            kinds = [duckdb_type(kind) for kind in table.types.values()]
            marks = ", ".join(f"cast(? as {kind})" for kind in kinds)
            for row in table.plain()["rows"]:
                stamped = [_zoned(value, kind) for value, kind in zip(row, kinds, strict=True)]
                connection.execute(f"insert into {quoted} values ({marks})", stamped)
        yield connection
    finally:
        connection.close()


def _zoned(value: Any, kind: str) -> Any:
    return f"{value}+00" if value is not None and kind == "TIMESTAMP WITH TIME ZONE" else value


def on_duckdb(sql: str, tables: Mapping[str, Rows], *, now: datetime | None = None) -> Answer:
    """The answer of DuckDB to the translated query; types are DuckDB's own, in canonical names."""
    from lakewright.models import dialect
    from lakewright.models.types import from_arrow

    schemas = {name: dict(table.types) for name, table in tables.items()}
    with duckdb_with(tables) as connection:
        found = connection.execute(dialect.to_duckdb(sql, schemas, now=now)).to_arrow_table()
    columns = {field.name: from_arrow(field.type) for field in found.schema}
    rows = [[plain(row[name]) for name in columns] for row in found.to_pylist()]
    return Answer(columns, in_order(rows))


def _serve() -> None:
    """The Spark side: one JSON question a line, one JSON answer a line."""
    from pyspark.sql import SparkSession
    from pyspark.sql.types import Row

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.memory", "1g")
        .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
        .getOrCreate()
    )

    def value_of(value: Any, kind: str) -> Any:
        if value is None or not isinstance(value, str):
            return value
        name = kind.partition("(")[0]
        readers = {
            "decimal": Decimal,
            "double": float,
            "float": float,
            "date": date.fromisoformat,
            "timestamp": lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
            "timestamp_ntz": datetime.fromisoformat,
            "binary": bytes.fromhex,
        }
        return readers.get(name, str)(value)

    def simple(value: Any) -> Any:
        if isinstance(value, Row):
            return {name: simple(item) for name, item in value.asDict().items()}
        if isinstance(value, list):
            return [simple(item) for item in value]
        return plain(value)

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        spark.conf.set("spark.sql.ansi.enabled", str(question["ansi"]).lower())
        sql = question["sql"]
        for name, table in question["tables"].items():
            kinds = list(table["types"].values())
            rows = [tuple(value_of(v, k) for v, k in zip(row, kinds, strict=True)) for row in table["rows"]]
            schema = ", ".join(f"`{column}` {kind}" for column, kind in table["types"].items())
            view = name.replace(".", "__")
            spark.createDataFrame(rows, schema).createOrReplaceTempView(view)
            sql = re.sub(rf"\b{re.escape(name)}\b", view, sql)
        frame = spark.sql(sql)
        columns = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
        return {"columns": columns, "rows": [[simple(value) for value in row] for row in frame.collect()]}

    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as problem:  # whatever Spark says is the answer
            reply = {"error": str(problem)[:2000]}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    _serve()
