"""What Spark gave for Gold is what the shop's own PostgreSQL queries say about the same hand-made rows.

The queries were written from DEFINITIONS.md by somebody who did not see the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from lakewright.rehearse.postgres import PostgresServer
from tests.blueprints.chain import models_of, recorded
from tests.blueprints.shop_rows import COLUMNS, ROWS

TRUTH = Path(__file__).parents[2] / "examples" / "shop" / "core" / "truth"
WHOLE = sorted(path.stem for path in TRUTH.glob("*.sql") if "grouped by" not in path.read_text().partition("\n")[0])
POSTGRES_TYPES = {"string": "text", "timestamp": "timestamptz", "int": "integer"}
SPECIAL_TYPES = {"metadata": "jsonb", "attributes": "jsonb", "ip_address": "inet", "session_id": "uuid"}


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> Iterator[str]:
    """The shop's tables without its constraints, so that rows may be as wrong as they are."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("create database by_hand")
    dsn = postgres.dsn("by_hand")
    with psycopg.connect(dsn, options="-c TimeZone=UTC") as connection:
        for name, types in COLUMNS.items():
            table = sql.Identifier(name.partition(".")[2])
            kinds = {c: SPECIAL_TYPES.get(c) or POSTGRES_TYPES.get(t, t) for c, t in types.items()}
            columns = sql.SQL(", ").join(sql.SQL("{} " + kind).format(sql.Identifier(c)) for c, kind in kinds.items())
            connection.execute(sql.SQL("create table {} ({})").format(table, columns))
            values = sql.SQL(", ").join(sql.SQL("%s::text::" + kind) for kind in kinds.values())
            insert = sql.SQL("insert into {} values ({})").format(table, values)
            for row in ROWS[name]:
                connection.execute(insert, [row[c] for c in types])
    yield dsn
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("drop database by_hand with (force)")


@pytest.mark.parametrize("table", WHOLE)
def test_the_source_says_the_same(source: str, table: str) -> None:
    with psycopg.connect(source, row_factory=dict_row) as connection:
        rows = connection.execute((TRUTH / f"{table}.sql").read_text()).fetchall()  # type: ignore[call-overload]
    model = models_of("lakehouse-cdc")[f"gold.{table}"]
    expected = recorded("lakehouse-cdc")[model.name]
    if "all_rows" in expected:
        assert len(rows) == expected["all_rows"][0]
        rows = [row for row in rows if str(row["dt"]) in {row[0] for row in expected["rows"]}]
    theirs = [{column: _text(value) for column, value in row.items()} for row in rows]
    columns = set(theirs[0])
    assert columns >= set(model.key)
    ours = [dict(zip(model.schema, row, strict=True)) for row in expected["rows"]]
    ours = [{column: value for column, value in row.items() if column in columns} for row in ours]
    assert sorted(ours, key=_order(model.key)) == sorted(theirs, key=_order(model.key))


def _order(key: tuple[str, ...]) -> Any:
    return lambda row: [row[column] for column in key]


def _text(value: Any) -> Any:
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return str(value).lower() if isinstance(value, bool) else str(value)
