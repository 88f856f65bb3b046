"""The whole pipeline on S3: Bronze, Silver and Gold in a bucket of moto's server, a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lakewright.storage import open_storage
from tests.pipeline import shop
from tests.pipeline.lake import open_pipeline, rows_of, write_models
from tests.support.bronze_source import BronzeSource


@pytest.fixture
def endpoint() -> Iterator[str]:
    """delta-rs holds the GIL during some requests, so the server must not be in this process."""
    code = (
        "from moto.server import ThreadedMotoServer as S; import sys; s = S(ip_address='127.0.0.1', port=0); s.start();"
        " print('at http://%s:%s' % s.get_host_and_port(), flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    yield next(line.split()[1] for line in process.stdout if line.startswith("at "))
    process.stdin.close()
    process.kill()
    process.wait()
    process.stdout.close()


def test_bronze_to_gold_on_s3(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    import boto3

    boto3.client("s3").create_bucket(Bucket="lake")
    storage = open_storage("s3://lake/shop", tmp_path / "staging")
    source = BronzeSource(storage, shop.TABLES)
    models = write_models(tmp_path / "models", {n: shop.MODELS[n] for n in ("silver.order", "gold.daily")})
    day = datetime(2026, 2, 1, tzinfo=UTC)
    order = {"tenant_id": 1, "customer_id": 1, "status": "paid", "total": Decimal(3), "placed_at": day, "notes": "n"}
    source.load({"order": [order | {"id": 1}, order | {"id": 2}], "customer": [], "event": []})
    pipeline = open_pipeline(storage, models, source, tmp_path / "state")
    assert pipeline.cycle().ok
    source.put("order", order | {"id": 2, "tenant_id": 2})
    source.delete("order", 1)
    source.flush()
    report = pipeline.cycle()
    assert [model.action for model in report.models] == ["updated", "updated"]
    assert [(row["order_id"], row["tenant_id"]) for row in rows_of(pipeline, "silver.order")] == [(2, 2)]
    assert [(row["tenant_id"], row["revenue"]) for row in rows_of(pipeline, "gold.daily")] == [(2, Decimal(3))]
    pipeline.close()
