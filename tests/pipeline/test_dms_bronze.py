"""Models over Bronze that the real DMS wrote: incremental runs follow its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lakewright.bronze.dms import DmsTable, Footer, read_dms
from lakewright.bronze.dms_files import DmsLayout
from lakewright.engines import EngineOptions, open_engine
from lakewright.models import load_models
from lakewright.pipeline import Pipeline
from lakewright.storage import open_storage
from tests.pipeline.lake import rows_of, write_models
from tests.support.dms_writer import DmsTarget

AT = datetime(2025, 3, 4, tzinfo=UTC)
TYPES = {"id": "bigint", "tenant_id": "bigint", "total": "numeric(12,2)", "ok": "boolean", "at": "timestamptz"}
MODELS = {
    "silver.order": """
/* lakewright
kind: incremental_by_key
key: id
columns: {id: bigint, tenant_id: bigint, total: "decimal(12,2)", ok: boolean, at: timestamp}
*/
SELECT id, tenant_id, total, ok, at FROM bronze.orders
""",
    "gold.revenue": """
/* lakewright
kind: incremental_by_key
key: tenant_id
columns: {tenant_id: bigint, revenue: "decimal(22,2)"}
*/
SELECT tenant_id, sum(total) AS revenue FROM silver.order WHERE ok GROUP BY tenant_id
""",
}


def order(number: int, total: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "tenant_id": number % 2, "total": Decimal(total), "ok": True, "at": AT, **more}


def test_silver_and_gold_follow_the_files_of_dms(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "lake"))
    target = DmsTarget(tmp_path / "lake" / "raw", TYPES, date_folder="%Y/%m/%d")
    orders = DmsTable("orders", "public", "orders", ("id",), {"ok": "boolean", "at": "timestamp"}, "tenant_id")
    layout, footers = DmsLayout("raw", "dms_ts"), dict[str, Footer]()
    engine = open_engine(EngineOptions(memory=1 << 30, threads=2))
    pipeline = Pipeline(
        storage,
        load_models([write_models(tmp_path / "models", MODELS)]),
        engine,
        lambda: [read_dms(storage, layout, "shop", [orders], footers)],
        tmp_path / "state",
    )

    def run() -> list[tuple[int, Decimal]]:
        report = pipeline.cycle()
        assert report.ok, [model.error or model.reason for model in report.models]
        return [(row["tenant_id"], row["revenue"]) for row in rows_of(pipeline, "gold.revenue")]

    target.load(1, [order(1, "1.50"), order(2, "2.00"), order(3, "3.00", ok=False)], AT)
    assert run() == [(0, Decimal("2.00")), (1, Decimal("1.50"))]
    later = AT + timedelta(days=1)
    target.change(later, [("U", later, order(1, "9.00")), ("D", later, {"id": 2}), ("I", later, order(5, "0.25"))])
    assert run() == [(1, Decimal("9.25"))]
    assert run() == [(1, Decimal("9.25"))]
    target.change(later + timedelta(seconds=1), [("U", later, order(3, "3.00", ok=True))])
    assert run() == [(1, Decimal("12.25"))]
    assert [row["at"] for row in rows_of(pipeline, "silver.order")] == [AT] * 3
    target.load(2, [order(8, "8.00")], AT)
    assert run() == [(0, Decimal("8.00")), (1, Decimal("12.25"))]
    engine.close()
