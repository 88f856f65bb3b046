"""What Spark gave for Gold is what the shop's own PostgreSQL queries say about the same hand-made rows.

The queries were written from DEFINITIONS.md by somebody who did not see the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from lakewright.rehearse.postgres import PostgresServer
from tests.blueprints.chain import models_of, recorded, value_as_text
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
        rows = connection.execute((TRUTH / f"{table}.sql").read_text()).fetchall()
    model = models_of("lakehouse-cdc")[f"gold.{table}"]
    expected = recorded("lakehouse-cdc")[model.name]
    if "all_rows" in expected:
        assert len(rows) == expected["all_rows"][0]
        rows = [row for row in rows if str(row["dt"]) in {row[0] for row in expected["rows"]}]
    theirs = [{column: value_as_text(value) for column, value in row.items()} for row in rows]
    columns = set(theirs[0])
    assert columns >= set(model.key)
    ours = [dict(zip(model.schema, row, strict=True)) for row in expected["rows"]]
    ours = [{column: value for column, value in row.items() if column in columns} for row in ours]
    assert sorted(ours, key=_order(model.key)) == sorted(theirs, key=_order(model.key))


def _order(key: tuple[str, ...]) -> Any:
    return lambda row: [row[column] for column in key]


SILVER = {
    "event": """
        select id as event_id,
               host(network(set_masklen(ip_address, case family(ip_address) when 4 then 24 else 48 end))) as ip_network,
               is_json(event_data) as event_data_valid,
               case when is_json(event_data) then event_data::jsonb ->> 'page' end as page
        from core_event""",
    "order": """
        select id as order_id, subtotal + tax + shipping as total, total is distinct from subtotal + tax + shipping
               as total_mismatch, (order_date at time zone 'UTC')::date as dt
        from core_order""",
    "customer": """
        select id as customer_id, lower(nullif(btrim(metadata ->> 'source'), '')) as acquisition_source,
               lower(nullif(btrim(email), '')) as email
        from core_customer""",
    "invoice": """
        select id as invoice_id,
               (paid_at at time zone 'UTC')::date - (issued_at at time zone 'UTC')::date as days_to_pay,
               case when paid_at is not null then greatest((paid_at at time zone 'UTC')::date - due_date, 0) end
               as days_overdue
        from core_invoice where paid_at is null or due_date is not null""",
}
IS_JSON = """
    create or replace function is_json(value text) returns boolean language plpgsql as $$
    begin return value::jsonb is not null; exception when others then return false; end $$"""


@pytest.mark.parametrize("table", sorted(SILVER))
def test_silver_is_what_postgres_makes_of_it(source: str, table: str) -> None:
    model = models_of("lakehouse-cdc")[f"silver.{table}"]
    with psycopg.connect(source, row_factory=dict_row) as connection:
        connection.execute(IS_JSON)
        rows = connection.execute(SILVER[table]).fetchall()
    theirs = {value_as_text(row[model.key[0]]): {c: value_as_text(value) for c, value in row.items()} for row in rows}
    ours = [dict(zip(model.schema, row, strict=True)) for row in recorded("lakehouse-cdc")[model.name]["rows"]]
    compared = [row for row in ours if row[model.key[0]] in theirs]
    assert len(compared) > 10
    for row in compared:
        expected = theirs[row[model.key[0]]]
        assert {column: row[column] for column in expected} == expected


PHONES = {
    "10": "+15550100001",  # +1 (555) 010-0001 ext. 12
    "11": "+15550100001",  # 555-010-0001
    "12": "+15550100002",  # 15550100002
    "13": "+15550100003",  # 001 555 010 0003
    "14": None,  # nothing
    "15": None,  # call me
    "16": None,  # two spaces
    "17": "+442079460958",  # +44 20 7946 0958
    "18": None,  # a country code cannot begin with 0
    "19": None,  # 17 digits
    "20": "+15550100005",  # 555.010.0005x7
    "21": None,  # 00
    "22": None,  # seven digits
}


def test_phones_are_standardised_or_none() -> None:
    model = models_of("lakehouse-cdc")["silver.customer"]
    rows = [dict(zip(model.schema, row, strict=True)) for row in recorded("lakehouse-cdc")[model.name]["rows"]]
    assert {row["customer_id"]: row["phone"] for row in rows} == PHONES


def test_what_is_quarantined() -> None:
    """By hand: the ids that DEFINITIONS.md keeps out of Silver."""
    recording, models = recorded("lakehouse-cdc"), models_of("lakehouse-cdc")
    out = {}
    for source_table in ("tenant", "customer", "product", "order", "orderitem", "event", "subscription", "invoice"):
        model = models[f"silver.{source_table}"]
        at = list(model.schema).index(model.key[0])
        kept = {int(row[at]) for row in recording[model.name]["rows"]}
        out[source_table] = {row["id"] for row in ROWS[f"bronze.core_{source_table}"]} - kept
    assert out == {
        "tenant": {4},
        "customer": set(),
        "product": {105, 106, 107, 108},
        "order": {9, 30, 31, 32, 33},
        "orderitem": {6, 11, 12, 13, 14},
        "event": {8, 9},
        "subscription": {8, 9, 10, 11},
        "invoice": {11, 12, 13},
    }
