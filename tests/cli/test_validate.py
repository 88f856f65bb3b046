"""`lakewright ingest validate`, on a source that changed since and on a lake that somebody damaged."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Call

TABLES = """
create table orders (id bigint primary key, tenant_id bigint not null, status text);
insert into orders select g, 1 + g % 2, 'new' from generate_series(1, 100) g;
create table visits (tenant_id bigint, page text);
insert into visits values (1, '/');
"""


def test_equal_then_damaged(call: Call, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLES)
    monkeypatch.setenv("SHOP_URL", database)
    assert call("init", "--url-env", "SHOP_URL", "--source", "shop").code == 0
    call("ingest", "once")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update orders set status = 'paid' where id = 7; delete from orders where id = 8")
    equal = call("ingest", "validate", "--json")
    assert equal.code == 0, equal.err
    assert [(t["table"], t["rows"], t["different"]) for t in equal.json["tables"]] == [("orders", 99, 0)]
    assert list(equal.json["skipped"]) == ["visits"]
    (load,) = (tmp_path / "lake").glob("bronze/orders/load_date=*/tenant_id=1/LOAD*.parquet")
    rows = pq.ParquetFile(load).read()
    keys = [key.as_py() for key in rows["id"]]
    status = ["lost" if key == 10 else value.as_py() for key, value in zip(keys, rows["status"], strict=True)]
    at = rows.schema.get_field_index("status")
    pq.write_table(rows.set_column(at, rows.schema.field(at), pa.array(status)), load)
    damaged = call("ingest", "validate", "orders", "--json")
    assert damaged.code == 1
    assert damaged.json["tables"][0]["differences"] == [{"key": ["10"], "kind": "other values"}]
    assert damaged.json["errors"][0]["code"] == "LW343"
    shown = call("ingest", "validate", "orders")
    assert "10" in shown.out
    assert "lakewright ingest resnapshot orders" in shown.out + shown.err


def test_what_cannot_be_compared(call: Call, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLES)
    monkeypatch.setenv("SHOP_URL", database)
    assert call("init", "--url-env", "SHOP_URL", "--source", "shop").code == 0
    call("ingest", "once")
    result = call("ingest", "validate", "visits", "--json")
    assert (result.code, result.json["errors"][0]["code"]) == (1, "LW342")
    assert call("ingest", "validate", "nothing").code == 2
