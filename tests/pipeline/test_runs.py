"""What a run does besides computing: checks, quarantine, refusals, locks, model changes, time travel."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakewright.errors import ProblemError
from lakewright.models import load_models
from lakewright.pipeline import Pipeline, Request
from lakewright.pipeline.locks import TableLocks
from lakewright.pipeline.plan import plan_run
from lakewright.storage import open_storage
from lakewright.tables import open_table
from tests.pipeline import shop
from tests.pipeline.lake import open_pipeline, rows_of, write_models
from tests.support.bronze_source import BronzeSource, Row

DAY = datetime(2026, 2, 1, 12, tzinfo=UTC)
MODELS = {name: shop.MODELS[name] for name in ("silver.order", "silver.customer", "gold.daily", "gold.rank")}


def order(key: int, **more: Any) -> Row:
    row = {
        "id": key,
        "tenant_id": 1,
        "customer_id": 1,
        "status": "paid",
        "total": Decimal("10.00"),
        "placed_at": DAY,
        "notes": "n",
    }
    return row | more


class Lake:
    """One lake in a folder; `pipeline()` is opened anew each time, as a new process would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage = open_storage(str(folder / "lake"))
        self.source = BronzeSource(self.storage, shop.TABLES)
        self.models = dict(MODELS)
        self._open: list[Pipeline] = []

    def pipeline(self) -> Pipeline:
        for old in (self.folder / "models").rglob("*.sql"):
            old.unlink()
        models = write_models(self.folder / "models", self.models)
        opened = open_pipeline(self.storage, models, self.source, self.folder / "state")
        self._open.append(opened)
        return opened

    def close(self) -> None:
        for pipeline in self._open:
            pipeline.close()


@pytest.fixture
def lake(tmp_path: Path) -> Any:
    made = Lake(tmp_path)
    customer = {"id": 1, "tenant_id": 1, "email": "a@x", "city": "Oslo"}
    made.source.load({"order": [order(1), order(2, total=Decimal("5.50"))], "customer": [customer], "event": []})
    yield made
    made.close()


def test_nothing_new_writes_nothing(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    versions = {name: table.version() for name, table in pipeline.tables.items() if table.exists()}
    lake.source.flush()
    report = pipeline.cycle()
    assert {model.action for model in report.models} == {"unchanged"}
    assert {name: table.version() for name, table in pipeline.tables.items() if table.exists()} == versions


def test_every_table_tells_its_position(lake: Lake) -> None:
    pipeline = lake.pipeline()
    lake.source.put("order", order(3))
    position = lake.source.flush()
    report = pipeline.cycle()
    assert report.positions == {"shop": position}
    newest = pipeline.tables["gold.daily"].history(1)[0]
    assert newest.metadata["lakewright.position.shop"] == str(position)
    assert newest.metadata["lakewright.run"] == report.run


def test_a_run_up_to_a_position_sees_no_later_row(lake: Lake) -> None:
    pipeline = lake.pipeline()
    lake.source.put("order", order(3))
    early = lake.source.flush()
    lake.source.put("order", order(4))
    lake.source.flush()
    pipeline.cycle(Request(upto=early))
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order")] == [1, 2, 3]
    pipeline.cycle()
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order")] == [1, 2, 3, 4]
    assert pipeline.cycle(Request(upto=early)).model("silver.order").reason.startswith("the table is already ahead")


def test_bad_rows_wait_in_quarantine_and_leave_it_when_corrected(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    lake.source.put("order", order(2, total=Decimal("-1.00")))
    lake.source.put("order", order(3, notes=None))
    lake.source.flush()
    report = pipeline.cycle().model("silver.order")
    assert (report.quarantined, report.warned) == (1, {"has_notes": 1})
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order")] == [1, 3]
    [bad] = rows_of(pipeline, "quarantine.silver_order")
    assert bad["_reasons"] == ["total_not_negative"]
    assert json.loads(bad["_key"]) == {"order_id": 2}
    assert json.loads(bad["_row"])["total"] == -1.0
    assert pipeline.storage.list("quarantine/silver_order")
    lake.source.put("order", order(2))
    lake.source.flush()
    pipeline.cycle()
    assert rows_of(pipeline, "quarantine.silver_order") == []
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order")] == [1, 2, 3]


def test_replay_takes_rows_out_of_quarantine(lake: Lake) -> None:
    lake.source.put("order", order(2, total=Decimal("-1.00")))
    lake.source.flush()
    pipeline = lake.pipeline()
    pipeline.cycle()
    table = pipeline.tables["quarantine.silver_order"]
    first = rows_of(pipeline, "quarantine.silver_order")
    again = pipeline.cycle(Request(models=["silver.order"], replay=True)).model("silver.order")
    assert (again.rows_out, again.quarantined) == (1, 1), "only the scope in quarantine is computed again"
    assert rows_of(pipeline, "quarantine.silver_order") == first, "still bad, and known since the first run"
    lake.models["silver.order"] = MODELS["silver.order"].replace("total >= 0", "total >= -5")
    corrected = lake.pipeline()
    corrected.cycle(Request(replay=True))
    assert rows_of(corrected, "quarantine.silver_order") == []
    assert [row["order_id"] for row in rows_of(corrected, "silver.order")] == [1, 2]
    assert table.version() < corrected.tables["quarantine.silver_order"].version()


def test_a_failing_check_writes_nothing_and_stops_what_depends_on_it(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    before = rows_of(pipeline, "silver.order")
    lake.models["silver.order"] = MODELS["silver.order"].replace("on_failure: quarantine", "on_failure: fail")
    lake.source.put("order", order(2, total=Decimal("-1.00")))
    lake.source.put("customer", {"id": 2, "tenant_id": 1, "email": "b@x", "city": "Rome"})
    lake.source.flush()
    report = lake.pipeline().cycle()
    assert not report.ok
    assert report.model("silver.order").error.startswith("LW711 ")
    assert '"order_id":2' in report.model("silver.order").error
    assert report.model("gold.daily").action == "skipped"
    assert "LW711" in report.model("gold.daily").reason
    assert report.model("silver.customer").action == "updated"
    assert rows_of(pipeline, "silver.order") == before


def test_a_null_check_counts_as_failed(lake: Lake) -> None:
    lake.source.put("order", order(3, total=None))
    lake.source.flush()
    assert lake.pipeline().cycle().model("silver.order").quarantined == 1


def test_two_rows_of_one_key_are_an_error(lake: Lake) -> None:
    lake.models["gold.daily"] = MODELS["gold.daily"].replace("key: [tenant_id, day]", "key: tenant_id")
    lake.source.put("order", order(3, placed_at=DAY + timedelta(days=1)))
    lake.source.flush()
    assert lake.pipeline().cycle().model("gold.daily").error.endswith("or declare a longer key")


def test_declared_types_are_enforced(lake: Lake) -> None:
    lake.models["gold.daily"] = MODELS["gold.daily"].replace('revenue: "decimal(22,2)"', "revenue: string")
    error = lake.pipeline().cycle().model("gold.daily").error
    assert error.startswith("LW713 ")
    assert "revenue is decimal" in error


def test_a_stopped_table_stops_its_models_only(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    lake.source.stop("order", "column total was renamed")
    lake.source.put("customer", {"id": 2, "tenant_id": 1, "email": "b@x", "city": "Rome"})
    lake.source.flush()
    report = pipeline.cycle()
    assert report.model("silver.order").reason == "bronze.order is stopped: column total was renamed"
    assert report.model("gold.daily").action == "skipped"
    assert report.model("silver.customer").action == "updated"


def test_a_new_generation_is_read_as_a_whole(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    lake.source.truth["order"] = {7: order(7)}
    lake.source.reload("order")
    report = pipeline.cycle()
    assert report.model("silver.order").reason == "bronze.order was loaded again"
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order")] == [7]


def test_an_added_column_rebuilds_and_keeps_history(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    identity, version = pipeline.tables["gold.daily"].identity(), pipeline.tables["gold.daily"].version()
    lake.models["gold.daily"] = (
        MODELS["gold.daily"].replace("orders: bigint,", 'orders: bigint, biggest: "decimal(12,2)",')
    ).replace("count(*) AS orders,", "count(*) AS orders, max(total) AS biggest,")
    changed = lake.pipeline()
    report = changed.cycle().model("gold.daily")
    assert (report.action, report.reason) == ("rebuilt", "its columns changed: +biggest decimal(12,2)")
    assert changed.tables["gold.daily"].identity() == identity
    assert [row["biggest"] for row in rows_of(changed, "gold.daily")] == [Decimal("10.00")]
    assert "biggest" not in rows_of(changed, "gold.daily", version)[0]


def test_a_backfill_recomputes_the_rows_of_a_time_range(lake: Lake) -> None:
    lake.models["silver.order"] = MODELS["silver.order"].replace(
        "key: order_id", "key: order_id\ntime_column: placed_at"
    )
    lake.source.put("order", order(3, placed_at=DAY + timedelta(days=9)))
    lake.source.flush()
    pipeline = lake.pipeline()
    pipeline.cycle()
    span = (DAY - timedelta(days=1), DAY + timedelta(days=1))
    report = pipeline.cycle(Request(models=["silver.order"], span=span)).model("silver.order")
    assert (report.rows_out, report.changed) == (2, False)
    wrong = pipeline.cycle(Request(models=["gold.rank", "gold.daily"], span=span)).model("gold.daily")
    assert "gold.daily has no time_column" in wrong.error
    again = pipeline.cycle(Request(models=["gold.daily"], span=span, refresh=True)).model("gold.daily")
    assert "gold.daily has no time_column" in again.error, "the range would be ignored"


def test_one_writer_and_its_name(lake: Lake) -> None:
    pipeline = lake.pipeline()
    locks = TableLocks(lake.folder / "state" / "locks")
    with locks.hold("silver.order", "a test"):
        report = pipeline.cycle()
        assert locks.holder("silver.order")["purpose"] == "a test"  # type: ignore[index]
    assert f"silver.order is being written by process {os.getpid()} on" in report.model("silver.order").error
    assert report.model("silver.customer").action == "created"
    assert locks.holder("silver.order") is None
    assert pipeline.cycle().ok


def test_history_and_time_travel(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    table = pipeline.tables["silver.order"]
    first, at = table.version(), table.history(1)[0].at
    lake.source.delete("order", 1)
    lake.source.flush()
    pipeline.cycle()
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order")] == [2]
    assert [row["order_id"] for row in rows_of(pipeline, "silver.order", first)] == [1, 2]
    assert table.version_at(at) == first
    with pytest.raises(ProblemError, match=r"there was no silver\.order at 2000"):
        table.version_at(datetime(2000, 1, 1, tzinfo=UTC))
    with pytest.raises(ProblemError, match=r"silver\.order has no version 99"):
        table.files(99)


def test_a_vacuumed_input_is_read_as_a_whole(lake: Lake) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    lake.source.put("order", order(1, total=Decimal("7.00")))
    lake.source.flush()
    pipeline.cycle(Request(models=["silver.order"]))
    assert pipeline.tables["silver.order"].vacuum(timedelta(0))
    report = lake.pipeline().cycle().model("gold.daily")
    assert report.reason == "older files of silver.order were vacuumed"
    assert rows_of(pipeline, "gold.daily")[0]["revenue"] == Decimal("12.50")


def test_a_crash_between_data_and_commit_leaves_nothing_behind(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = lake.pipeline()
    pipeline.cycle()
    lake.source.put("order", order(3))
    lake.source.flush()
    before = rows_of(pipeline, "silver.order")

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lakewright.tables.delta.DeltaLakeTable.commit", die)
        with pytest.raises(KeyboardInterrupt):
            pipeline.cycle()
    again = lake.pipeline()
    assert rows_of(again, "silver.order") == before
    assert again.cycle().ok
    assert [row["order_id"] for row in rows_of(again, "silver.order")] == [1, 2, 3]


def test_runs_are_kept(lake: Lake) -> None:
    report = lake.pipeline().cycle()
    [file] = (lake.folder / "state" / "runs").glob("*.jsonl")
    kept = json.loads(file.read_text().splitlines()[-1])
    assert kept["run"] == report.run
    assert kept["quality"] == 100.0
    assert {model["name"] for model in kept["models"]} == set(MODELS)


def test_a_plan_knows_what_a_run_will_do(lake: Lake, tmp_path: Path) -> None:
    def steps() -> dict[str, str]:
        models = load_models([lake.folder / "models"])
        plan = plan_run(models, [lake.source.manifest.load()], lake.storage, open_table, tmp_path / "cache")
        return {model.name: model.step for model in plan.models}

    pipeline = lake.pipeline()
    assert set(steps().values()) == {"create"}
    pipeline.cycle()
    assert set(steps().values()) == {"none"}
    assert set(steps().values()) == {"none"}, "told from what is known by now"
    lake.source.put("customer", {"id": 2, "tenant_id": 1, "email": "b@x", "city": "Rome"})
    lake.source.flush()
    assert steps() == dict.fromkeys(MODELS, "none") | {"silver.customer": "update"}
    assert pipeline.cycle().model("silver.customer").action == "updated"
    assert set(steps().values()) == {"none"}
