"""A blueprint's models, run one after another on hand-made rows: what the recorder on Spark does, on DuckDB."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from lakewright.models import Models, dialect, load_models
from lakewright.models.types import duckdb_type
from lakewright.spec import blueprints

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Columns = Mapping[str, Mapping[str, str]]


def models_of(blueprint: str) -> Models:
    return load_models([Path(str(blueprints()[blueprint])) / "models"])


def schemas_of(models: Models, columns: Columns) -> dict[str, Mapping[str, str]]:
    return {**columns, **{name: model.schema for name, model in models.items()}}


def spark_job(models: Models, columns: Columns, rows: Rows) -> dict[str, Any]:
    """What spark_recorder.py reads."""
    tables = {
        name: {
            "columns": types,
            "rows": [[None if row[c] is None else _text(row[c]) for c in types] for row in rows[name]],
        }
        for name, types in columns.items()
    }
    steps = [
        {
            "name": model.name,
            "sql": model.sql,
            "columns": model.schema,
            "keep": [check.expect for check in model.checks if check.on_failure == "quarantine"],
            "count": {check.name: check.expect for check in model.checks},
        }
        for model in models.order()
    ]
    return {"tables": tables, "models": steps}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def run_on_duckdb(models: Models, columns: Columns, rows: Rows) -> dict[str, dict[str, Any]]:
    """Model → {"failed": check → rows, "rows": as the recorder gives them}."""
    connection = duckdb.connect()
    connection.execute(dialect.MACROS)
    schemas = schemas_of(models, columns)
    for layer in sorted({name.partition(".")[0] for name in schemas}):
        connection.execute(f'CREATE SCHEMA "{layer}"')
    for name, types in columns.items():
        layer, _, table = name.partition(".")
        definition = ", ".join(f'"{c}" {duckdb_type(kind)}' for c, kind in types.items())
        connection.execute(f'CREATE TABLE "{layer}"."{table}" ({definition})')
        if rows[name]:
            marks = ", ".join("?" for _ in types)
            values = [[None if row[c] is None else _with_zone(row[c], types[c]) for c in types] for row in rows[name]]
            connection.executemany(f'INSERT INTO "{layer}"."{table}" VALUES ({marks})', values)
    found = {}
    for model in models.order():
        raw = f'"raw_{model.name}"'
        connection.execute(f"CREATE TEMP TABLE {raw} AS {dialect.to_duckdb(model.sql, schemas)}")
        passed = {check.name: dialect.expression_to_duckdb(check.expect, model.schema) for check in model.checks}
        failed = {
            check: _count(connection, f"SELECT count(*) FROM {raw} WHERE NOT coalesce({condition}, false)")
            for check, condition in passed.items()
        }
        keep = [passed[check.name] for check in model.checks if check.on_failure == "quarantine"]
        where = " AND ".join(f"({condition})" for condition in keep) or "true"
        typed = ", ".join(f'CAST("{c}" AS {duckdb_type(kind)}) AS "{c}"' for c, kind in model.schema.items())
        table = f'"{model.layer}"."{model.name.partition(".")[2]}"'
        connection.execute(f"CREATE TABLE {table} AS SELECT {typed} FROM {raw} WHERE {where}")
        found[model.name] = {"failed": failed, "rows": _as_text(connection, table, model.schema)}
    return found


def _with_zone(value: Any, kind: str) -> Any:
    return f"{value}+00" if kind == "timestamp" else value


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _as_text(connection: duckdb.DuckDBPyConnection, table: str, schema: Mapping[str, str]) -> list[list[Any]]:
    shown = []
    for name, kind in schema.items():
        value = f"timezone('UTC', \"{name}\")" if kind == "timestamp" else f'"{name}"'
        text = f"CAST({value} AS VARCHAR)"
        shown.append(f'"{name}"' if kind == "double" else text)
    rows = [list(row) for row in connection.execute(f"SELECT {', '.join(shown)} FROM {table}").fetchall()]
    return sorted(rows, key=lambda row: [(value is None, str(value)) for value in row])


def value_as_text(value: Any) -> Any:
    """A Python value as recordings have it."""
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, datetime):
        whole, _, fraction = value.astimezone(UTC).replace(tzinfo=None).isoformat(" ").partition(".")
        return f"{whole}.{fraction.rstrip('0')}" if fraction else whole
    return str(value).lower() if isinstance(value, bool) else str(value)


def abridged(outcome: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same, with one row in a hundred and a digest of all in place of a long list of rows."""
    short = {}
    for name, model in outcome.items():
        rows = model["rows"]
        if len(rows) > 1000:
            digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
            model = {**model, "rows": rows[::100], "all_rows": [len(rows), digest]}
        short[name] = model
    return short


def recorded(name: str) -> dict[str, dict[str, Any]]:
    """What Spark gave when it was last asked, abridged."""
    text = (Path(__file__).parent / "recorded" / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
