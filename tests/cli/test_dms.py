"""A lake whose Bronze the real DMS wrote: models and SQL read it, and ingest keeps its hands off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.dms_writer import DmsTarget

from .conftest import Call

AT = datetime(2025, 3, 4, tzinfo=UTC)
TYPES = {"id": "bigint", "tenant_id": "bigint", "total": "numeric(12,2)", "ok": "boolean", "at": "timestamptz"}
TABLES = """
create table orders (id bigint primary key, tenant_id bigint, total numeric(12,2), ok boolean, at timestamptz);
create table notes (body text);
"""
SPEC = """
lakewright: 1
platform: shop
sources:
  shop:
    postgres: {url: "${SHOP_URL}", tables: [public.*], tenant: tenant_id}
    replication: dms
    dms: {folder: raw, timestamp_column: dms_ts}
"""
MODEL = """/* lakewright
kind: incremental_by_key
key: id
columns: {id: bigint, total: "decimal(12,2)", ok: boolean, at: timestamp}
*/
SELECT id, total, ok, at FROM bronze.orders
"""


def order(number: int, total: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "tenant_id": number % 2, "total": Decimal(total), "ok": True, "at": AT, **more}


def test_models_and_sql_follow_what_dms_writes(
    call: Call, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLES)
    monkeypatch.setenv("SHOP_URL", database)
    (tmp_path / "platform.yaml").write_text(SPEC)
    (tmp_path / "models" / "silver").mkdir(parents=True)
    (tmp_path / "models" / "silver" / "order.sql").write_text(MODEL)
    checked = call("check", "--json")
    assert (checked.code, checked.json["tables"]) == (0, {"shop": 1}), checked.err
    monkeypatch.setenv("SHOP_URL", "postgresql://me@127.0.0.1:1/away")  # what is known of the tables is enough
    target = DmsTarget(tmp_path / "lake" / "raw", TYPES)
    target.load(1, [order(1, "1.50"), order(2, "2.00")], AT)
    assert [m["action"] for m in call("run", "--json").json["models"]] == ["created"]
    later = AT + timedelta(days=1)
    target.change(later, [("U", later, order(1, "9.00", ok=False)), ("D", later, {"id": 2})])
    behind = call("status", "--json")
    assert (behind.code, behind.json["models"][0]["unread"]) == (0, ["bronze.orders"])
    assert "replicated by DMS" in call("status").out
    report = call("run", "--json").json["models"][0]
    assert (report["updated"], report["deleted"]) == (1, 1)
    statement = "SELECT id, total, ok FROM {} ORDER BY id"
    for table in ("silver.order", "bronze.orders"):
        assert call("sql", "--json", statement.format(table)).json["rows"] == [[1, "9.00", False]]
    log = call("sql", "--json", "SELECT Op, id FROM changes.orders ORDER BY _lsn, _seq, id").json["rows"]
    assert log == [["I", 1], ["I", 2], ["U", 1], ["D", 2]]
    assert call("plan", "--offline", "--json").json["models"][0]["step"] == "none"
    for command in ("once", "validate"):
        assert call("ingest", command).err.split()[0] == "LW118"


def test_dms_settings_need_dms(call: Call, tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(SPEC.replace("    replication: dms\n", ""))
    result = call("check", "--offline")
    assert (result.code, result.err.split()[:2]) == (2, ["LW107", "platform.yaml:7:"])
