"""The blueprints through the real pipeline: what it builds step by step is what Spark built at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lakewright.pipeline import Pipeline
from lakewright.spec import blueprints
from lakewright.storage import open_storage
from tests.blueprints import sample_rows, shop_rows
from tests.blueprints.chain import recorded, value_as_text
from tests.pipeline.lake import open_pipeline, rows_of
from tests.support.bronze_source import BronzeSource, Row

LOGS = ("silver.order_status_change", "silver.subscription_status_change")
PYTHON_TYPES: dict[str, Any] = {
    "timestamp": lambda text: datetime.fromisoformat(f"{text}+00:00"),
    "date": date.fromisoformat,
    "decimal(12,2)": Decimal,
}


def _typed(row: Mapping[str, Any], types: Mapping[str, str]) -> Row:
    return {
        name: row[name] if row[name] is None or kind not in PYTHON_TYPES else PYTHON_TYPES[kind](row[name])
        for name, kind in types.items()
    }


def _bronze(module: Any, folder: Path) -> tuple[BronzeSource, dict[str, list[Row]]]:
    columns = {name.partition(".")[2]: types for name, types in module.COLUMNS.items()}
    rows = {
        name.partition(".")[2]: [_typed(row, module.COLUMNS[name]) for row in given]
        for name, given in module.ROWS.items()
    }
    return BronzeSource(open_storage(str(folder / "lake")), columns), rows


def _pipeline(blueprint: str, source: BronzeSource, folder: Path) -> Pipeline:
    models = Path(str(blueprints()[blueprint])) / "models"
    return open_pipeline(source.storage, models, source, folder / "state", in_memory=True)


def _texts(rows: list[dict[str, Any]]) -> list[list[Any]]:
    texts = [[value_as_text(value) for value in row.values()] for row in rows]
    return sorted(texts, key=lambda row: [(value is None, str(value)) for value in row])


def _run(pipeline: Pipeline) -> None:
    report = pipeline.cycle()
    assert [(model.name, model.error) for model in report.models if model.error] == []


def test_the_shop_in_three_steps_with_detours(tmp_path: Path) -> None:
    """Half of the rows are loaded, with other values and neighbours; the stream then makes them what they are."""
    source, rows = _bronze(shop_rows, tmp_path)
    source.load({table: [row | _detour(table, row) for row in given[::2]] for table, given in rows.items()})
    pipeline = _pipeline("lakehouse-cdc", source, tmp_path)
    _run(pipeline)
    for table, given in rows.items():
        for row in given[1::2]:
            source.put(table, row)
    source.put("core_order", rows["core_order"][0] | {"id": 5000, "customer_id": 21})
    source.flush()
    _run(pipeline)
    source.delete("core_order", 5000)
    for table, given in rows.items():
        for row in given[::2]:
            source.put(table, row)
    source.flush()
    _run(pipeline)
    for name, expected in recorded("lakehouse-cdc").items():
        if name in pipeline.tables and "all_rows" not in expected and name not in LOGS:
            assert _texts(rows_of(pipeline, name)) == expected["rows"], name


def _detour(table: str, row: Row) -> Row:
    """What a row is before it gets its final values: another day, another customer, another person, another hour."""
    if table == "core_order":
        return {"order_date": datetime.fromisoformat("2026-02-02 00:00:00+00:00"), "customer_id": 22, "status": "paid"}
    if table == "core_customer":
        return {"email": "everybody@example.com"}
    if table == "core_event":
        return {"created_at": datetime.fromisoformat("2026-05-01 05:05:05+00:00"), "event_type": "purchase"}
    if table == "core_subscription":
        return {"started_at": datetime.fromisoformat("2026-06-30 00:00:00+00:00"), "status": "active"}
    if table == "core_orderitem":
        return {"product_id": 104, "order_id": 5000}
    return {"updated_at": datetime.fromisoformat("2026-01-01 00:00:00+00:00")} if "updated_at" in row else {}


def test_statuses_change_by_change_and_after_another_load(tmp_path: Path) -> None:
    """Each cycle adds what happened since the last; only another full load begins the history anew."""
    source, rows = _bronze(shop_rows, tmp_path)
    one, two = ({"id": n, "tenant_id": 1, "status": "pending"} for n in (1, 2))
    source.load({"core_order": [rows["core_order"][0] | one], "core_subscription": [], "core_tenant": []})
    pipeline = _pipeline("lakehouse-cdc", source, tmp_path)
    _run(pipeline)
    told = [(1, 1, None, "pending", False, True)]
    assert _statuses(pipeline) == told
    source.put("core_order", rows["core_order"][0] | one | {"status": "paid"})
    source.put("core_order", rows["core_order"][0] | two)
    source.flush()
    _run(pipeline)
    told += [(1, 2, "pending", "paid", True, True), (2, 1, None, "pending", True, True)]
    assert _statuses(pipeline) == told
    source.put("core_order", rows["core_order"][0] | one | {"status": "paid", "notes": "the same status"})
    source.put("core_order", rows["core_order"][0] | two | {"status": "shipped"})
    source.delete("core_order", 1)
    source.flush()
    _run(pipeline)
    told += [(2, 2, "pending", "shipped", True, False)]
    assert _statuses(pipeline) == told
    changes = {report.name: report.rows_out for report in pipeline.cycle().models}
    assert changes[LOGS[0]] == 0
    source.reload("core_order")
    _run(pipeline)
    assert _statuses(pipeline) == [(2, 1, None, "shipped", False, True)]


def _statuses(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    names = ("order_id", "change", "from_status", "to_status", "is_observed", "is_valid_transition")
    return [tuple(row[name] for name in names) for row in rows_of(pipeline, LOGS[0])]


def test_the_sample_pipeline_and_a_measurement_that_gets_better(tmp_path: Path) -> None:
    source, rows = _bronze(sample_rows, tmp_path)
    source.load(rows)
    pipeline = _pipeline("sample-pipeline", source, tmp_path)
    _run(pipeline)
    for name, expected in recorded("sample-pipeline").items():
        assert _texts(rows_of(pipeline, name)) == expected["rows"]
    aside = rows_of(pipeline, "quarantine.silver_sample_data")
    assert [row["_reasons"] for row in aside] == [["good_quality"]] * 3
    source.put("sample_data", rows["sample_data"][2] | {"quality_score": 0.85})
    source.put("sample_data", rows["sample_data"][9] | {"value": Decimal("7.00")})
    source.flush()
    _run(pipeline)
    summary = {
        row["category"]: (row["record_count"], row["avg_value"]) for row in rows_of(pipeline, "gold.category_summary")
    }
    assert summary == {"air": (3, 143.59 / 3), "light": (1, -3.0), "water": (3, 7.25), None: (1, 7.0)}
    assert len(rows_of(pipeline, "quarantine.silver_sample_data")) == 2
