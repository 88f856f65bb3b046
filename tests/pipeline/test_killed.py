"""SIGKILL at any instant of a run: the next run ends where an unkilled one would have."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lakewright.storage import open_storage
from tests.pipeline import shop
from tests.pipeline.lake import open_pipeline, rows_of, write_models
from tests.support.bronze_source import BronzeSource

MODELS = {n: shop.MODELS[n] for n in ("silver.order", "silver.customer", "gold.daily", "gold.city", "gold.rank")}
RUN = """
import sys
from pathlib import Path
from lakewright.storage import open_storage
from tests.pipeline import shop
from tests.pipeline.lake import open_pipeline
from tests.support.bronze_source import BronzeSource
folder = Path(sys.argv[1])
storage = open_storage(str(folder / "lake"))
pipeline = open_pipeline(storage, folder / "models", BronzeSource(storage, shop.TABLES), folder / "state")
print("ready", flush=True)
for _ in range(100):
    pipeline.cycle()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(25))
def test_killed_anywhere(tmp_path: Path, seed: int) -> None:
    pick = random.Random(seed)
    storage = open_storage(str(tmp_path / "lake"))
    source = BronzeSource(storage, shop.TABLES)
    write_models(tmp_path / "models", MODELS)
    day = datetime(2026, 1, 1, tzinfo=UTC)

    def change(key: int) -> None:
        source.put(
            "order",
            {
                "id": key,
                "tenant_id": pick.randint(1, 3),
                "customer_id": pick.randint(1, 5),
                "status": pick.choice(["paid", "open"]),
                "total": Decimal(pick.randint(-100, 9999)) / 100,
                "placed_at": day + timedelta(hours=pick.randint(0, 2000)),
                "notes": None,
            },
        )

    customers = [
        {"id": k, "tenant_id": 1, "email": f"{k}@x", "city": pick.choice(["Oslo", "Rome"])} for k in range(1, 6)
    ]
    source.load({"order": [], "customer": customers, "event": []})
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    end = time.monotonic() + pick.uniform(0.05, 2.5)
    while time.monotonic() < end and process.poll() is None:
        for _ in range(20):
            change(pick.randint(1, 300))
        source.delete("order", pick.randint(1, 300))
        source.flush()
        time.sleep(pick.uniform(0, 0.05))
    process.kill()
    process.wait()
    process.stdout.close()
    again = open_pipeline(storage, tmp_path / "models", source, tmp_path / "state")
    report = again.cycle()
    assert report.ok, [model.error or model.reason for model in report.models]
    truth = source.truth["order"].values()
    silver = rows_of(again, "silver.order")
    assert {row["order_id"]: row["total"] for row in silver} == {r["id"]: r["total"] for r in truth if r["total"] >= 0}
    assert len(silver) == len({row["order_id"] for row in silver})
    assert len(rows_of(again, "quarantine.silver_order")) == sum(row["total"] < 0 for row in truth)
    for name in ("gold.daily", "gold.rank"):
        key = "orders" if name == "gold.daily" else "place"
        assert sum(row["revenue"] for row in rows_of(again, name)) == sum(
            row["total"] for row in silver if name == "gold.rank" or row["status"] == "paid"
        ), key
    again.close()
