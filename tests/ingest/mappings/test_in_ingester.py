"""A mapping at work in the ingester: loaded and streamed rows against hand-written SQL on the source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.ingest.support import Lake

from .test_parse import column_rule, include, mapping, typed

TABLE = """create table people (id bigint primary key, tenant_id int, email text, phone varchar(30),
                                total numeric(12,2), born date, secret text, payload text)"""
FILL = """insert into people
          select i, i %% 3, case when i %% 5 > 0 then 'p' || i || '@é.example' end, '+49 30 ' || i, i * 1.505,
                 date '1990-01-01' + i, 's', 'x'
          from generate_series({}, {}) i""".replace("%%", "%")
TRUTH = """select id, tenant_id, upper(encode(sha256(convert_to(email, 'UTF8')), 'hex')),
                  regexp_replace(phone, '[0-9]', '*', 'g'), total::text,
                  to_char(born, 'YYYY-MM-DD HH24:MI:SS.US'), payload,
                  id || '/' || coalesce(phone, ''), id || '-' || tenant_id
           from people where total >= 100 and (born <= '1990-12-31' or born between '1991-06-01' and '1993-01-01')
           order by id"""
NAMES = ("key", "tenant_id", "email", "phone", "total", "born", "payload", "label", "both")


def rules() -> list[dict[str, Any]]:
    def condition(operator: str, *values: str) -> dict[str, str]:
        names = {1: ("value",), 2: ("start-value", "end-value")}[len(values)]
        return {"filter-operator": operator, **dict(zip(names, values, strict=True))}

    born = [condition("lte", "1990-12-31"), condition("between", "1991-06-01", "1993-01-01")]
    filters = [
        {"filter-type": "source", "column-name": "total", "filter-conditions": [condition("gte", "100")]},
        {"filter-type": "source", "column-name": "born", "filter-conditions": born},
    ]
    table = {"schema-name": "public", "table-name": "people"}
    return [
        include("public", "people", filters=filters),
        column_rule("rename", "id", "2", value="key"),
        column_rule("data-masking-hash-mask", "email", "3"),
        column_rule("data-masking-digits-mask", "phone", "4", value="*"),
        column_rule("change-data-type", "total", "5", **typed("string", length=20)),
        column_rule("change-data-type", "born", "6", **typed("datetime")),
        column_rule("remove-column", "secret", "7"),
        column_rule("add-column", None, "8", value="label", expression="$id || '/' || coalesce($phone, '')"),
        column_rule("add-column", None, "9", value="both", expression="$id||'-'||$tenant_id"),
        {**column_rule("add-prefix", None, "10", value="crm_"), "rule-target": "table", "object-locator": table},
    ]


@pytest.fixture
def mapped(database: str, tmp_path: Path) -> Lake:
    lake = Lake(database, tmp_path, mapping=mapping(*rules()))
    lake.run(TABLE, FILL.format(1, 1500))
    return lake


def assert_true(lake: Lake) -> int:
    with lake.sql() as connection:
        truth = [tuple(map(str, row)) for row in connection.execute(TRUTH).fetchall()]
    columns = [column.name for column in lake.table("crm_people").schema.columns]
    assert columns == list(NAMES)
    ours = [tuple(str(value) for value in row) for row in lake.rows("crm_people")]
    assert sorted(ours) == sorted(truth)
    return len(truth)


def test_snapshot_and_stream_come_out_alike(mapped: Lake) -> None:
    mapped.once()
    loaded = assert_true(mapped)
    assert 0 < loaded < 1500
    mapped.run(
        FILL.format(2001, 2400),
        "update people set total = 99.99 where id between 300 and 400",  # leave the filter
        "update people set total = 500 where id between 1 and 66",  # enter it
        "update people set id = id + 10000, total = 1 where id between 500 and 510",  # leave it under another key
        "update people set id = id + 10000 where id between 600 and 610",
        "update people set phone = null, tenant_id = 7 where id between 700 and 710",
        "delete from people where id between 800 and 850",
        "update people set secret = 'other'",
    )
    mapped.once()
    assert assert_true(mapped) != loaded


def test_what_the_stream_alone_gives_is_what_a_load_gives(database: str, tmp_path: Path) -> None:
    streamed = Lake(database, tmp_path, mapping=mapping(*rules()))
    streamed.run(TABLE)
    streamed.once()
    streamed.run(FILL.format(1, 1500))
    streamed.once()
    assert assert_true(streamed) > 0


def test_nothing_removed_or_unmasked_is_in_any_file(mapped: Lake, tmp_path: Path) -> None:
    mapped.run("update people set secret = 'topsecret', email = 'clear@text.example'")
    mapped.once()
    mapped.run("update people set secret = 'topsecret2', email = 'clear2@text.example' where id % 2 = 0")
    mapped.once()
    for path in (tmp_path / "lake").rglob("*"):
        content = repr(pq.read_table(path).to_pydict()) if path.suffix == ".parquet" else path.name
        assert "topsecret" not in content, path
        assert "text.example" not in content, path
    assert pq.read_table(next((tmp_path / "lake").rglob("LOAD*.parquet"))).num_rows > 0


def test_large_unchanged_values_are_found_under_their_new_name(database: str, tmp_path: Path) -> None:
    chosen = mapping(
        include("public", "big"),
        column_rule("rename", "body", "2", value="text"),
        column_rule("data-masking-digits-mask", "phone", "3", value="#"),
        column_rule("add-column", None, "4", value="size", expression="upper($body)"),
    )
    lake = Lake(database, tmp_path, mapping=chosen)
    lake.run("create table big (id int primary key, n int, body text, phone text)")
    lake.run("alter table big alter body set storage external, alter phone set storage external")
    lake.once()
    lake.run("insert into big values (1, 1, repeat('ab', 5000), repeat('12', 5000))", "update big set n = 2")
    lake.run("update big set id = 5", "update big set n = 3")
    lake.once()
    assert lake.rows("big") == [("5", "3", "ab" * 5000, "#" * 10000, "AB" * 5000)]


def test_the_mapping_survives_as_the_json_that_dms_gets(mapped: Lake) -> None:
    again = type(mapped.settings.mapping).parse(json.dumps({"rules": rules()}))
    assert type(again).parse(again.to_json()) == mapped.settings.mapping
