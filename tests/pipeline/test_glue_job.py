"""A Glue job's run over a lake in several buckets, as Glue starts it: arguments, exit codes, JSON lines, bookmarks."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from lakewright.errors import SpecError
from lakewright.pipeline.glue_job import LakeFile, main, parse_arguments
from lakewright.storage.layered import BUCKETS, open_layers
from tests.pipeline.test_dms_bronze import MODELS, TYPES, order
from tests.support.dms_writer import DmsTarget

AT = datetime(2025, 3, 4, tzinfo=UTC)
ROOTS = {
    "bronze": "s3://shop-bronze",
    "silver": "s3://shop-silver",
    "gold": "s3://shop-gold",
    "quarantine": "s3://shop-silver/_quarantine",
    "_lakewright": "s3://shop-bronze/_lakewright",
}
TABLE = {
    "name": "orders",
    "schema": "public",
    "table": "orders",
    "key": ["id"],
    "types": {"ok": "boolean", "at": "timestamp"},
    "tenant": "tenant_id",
}
DMS = {
    "replication": "dms",
    "folder": "bronze/raw",
    "timestamp_column": "dms_ts",
    "change_seq_column": None,
    "tables": [TABLE],
    "tables_path": "_lakewright/dms/shop.json",
}


class Lake:
    """Buckets as folders, with the scripts that a job finds; `run` is what Glue does."""

    def __init__(self, folder: Path, source: Mapping[str, Any] = DMS, models: Mapping[str, str] = MODELS) -> None:
        self.folder = folder
        self.source = DmsTarget(folder / "shop-bronze" / "raw", TYPES)
        files = {f"models/{name.replace('.', '/')}.sql": text for name, text in models.items()}
        said = {"roots": ROOTS, "partitions": {}, "models": sorted(files), "sources": {"shop": source}}
        for name, text in {**files, "lake.json": json.dumps(said)}.items():
            path = folder / "shop-scripts" / "glue" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.strip() + "\n")

    def run(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        names = ("shop-bronze", "shop-silver", "shop-gold", "shop-scripts")
        environ = {BUCKETS: json.dumps({name: str(self.folder / name) for name in names})}
        out = io.StringIO()
        given = ["--JOB_NAME", "silver", "--JOB_RUN_ID", "jr_1", "--enable-metrics", "true", *arguments]
        code = main([*given, "--lake", "s3://shop-scripts/glue/lake.json"], environ, out)
        return code, [json.loads(line) for line in out.getvalue().splitlines()]

    def rows(self, bucket: str, table: str) -> list[tuple[Any, ...]]:
        """Read by delta-rs, as any other engine would."""
        found = DeltaTable(str(self.folder / bucket / table)).to_pyarrow_table()
        return sorted(tuple(row.values()) for row in found.to_pylist())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    made.source.load(1, [order(1, "1.50"), order(2, "2.00")], AT)
    return made


def test_jobs_write_delta_tables_into_the_buckets_of_their_layers(lake: Lake) -> None:
    code, lines = lake.run("--models", "silver.order")
    assert code == 0, lines
    assert [row[2] for row in lake.rows("shop-silver", "order")] == [Decimal("1.50"), Decimal("2.00")]
    assert not (lake.folder / "shop-gold").exists()
    assert lake.run("--models", "gold.revenue")[0] == 0
    assert lake.rows("shop-gold", "revenue") == [(0, Decimal("2.00")), (1, Decimal("1.50"))]
    later = AT + timedelta(days=1)
    lake.source.change(later, [("U", later, order(1, "9.00")), ("D", later, {"id": 2})])
    assert lake.run()[0] == 0
    assert lake.rows("shop-gold", "revenue") == [(1, Decimal("9.00"))]
    files = {path.relative_to(lake.folder).parts[0] for path in lake.folder.rglob("*.parquet")}
    assert files == {"shop-bronze", "shop-silver", "shop-gold"}


def test_a_job_looks_at_nothing_that_its_models_do_not_read(lake: Lake) -> None:
    """Its role reads what its models read: a job that listed all of Bronze would be denied."""
    lake.run("--models", "silver.order")
    shutil.rmtree(lake.folder / "shop-bronze")
    (lake.folder / "shop-bronze").write_text("no folder: whoever looks fails")
    code, lines = lake.run("--models", "gold.revenue")
    assert code == 0, lines
    assert lines[-1]["freshness_seconds"] is None
    assert lake.rows("shop-gold", "revenue") == [(0, Decimal("2.00")), (1, Decimal("1.50"))]


def test_a_job_looks_at_its_own_tables_of_bronze_only(tmp_path: Path) -> None:
    lake = Lake(tmp_path, source={**DMS, "tables": [TABLE, {**TABLE, "name": "people", "table": "people"}]})
    lake.source.load(1, [order(1, "1.50")], AT)
    other = lake.folder / "shop-bronze" / "raw" / "public" / "people"
    other.mkdir(parents=True)
    (other / "strange.parquet").write_text("whoever lists this fails")
    code, lines = lake.run("--models", "silver.order")
    assert code == 0, lines


def test_the_log_tells_the_job_the_figures_and_how_fresh_the_data_is(lake: Lake) -> None:
    _, lines = lake.run("--environment", "dev")
    assert lines[0]["event"] == "job.start"
    end = lines[-1]
    assert {
        "event": "job.end",
        "job": "silver",
        "job_run": "jr_1",
        "environment": "dev",
        "ok": True,
    }.items() <= end.items()
    assert (end["models"], end["quality"], end["failed"]) == (2, 100.0, {})
    assert end["freshness_seconds"] > 0


def test_a_bookmark_goes_on_and_without_it_all_is_computed_again(lake: Lake) -> None:
    lake.run("--models", "silver.order")
    again = lake.run("--models", "silver.order")[1]
    assert [line["action"] for line in again if line["event"] == "pipeline.model"] == ["unchanged"]
    anew = lake.run("--models", "silver.order", "--job-bookmark-option", "job-bookmark-disable")[1]
    assert [line["action"] for line in anew if line["event"] == "pipeline.model"] == ["rebuilt"]
    code, lines = lake.run("--job-bookmark-option", "job-bookmark-pause")
    assert (code, "LW722" in lines[-1]["error"]) == (2, True)


def test_a_model_that_fails_ends_the_job_with_1_and_the_others_are_done(tmp_path: Path) -> None:
    broken = MODELS["silver.order"].replace(
        "key: id", "key: id\nchecks: [{name: never, expect: id IS NULL, on_failure: fail}]"
    )
    lake = Lake(tmp_path, models={**MODELS, "silver.bad": broken})
    lake.source.load(1, [order(1, "1.50")], AT)
    code, lines = lake.run()
    assert code == 1, lines
    assert set(lines[-1]["failed"]) == {"silver.bad"}
    assert lake.rows("shop-gold", "revenue") == [(1, Decimal("1.50"))]


def test_what_is_missing_is_told_in_the_log(tmp_path: Path) -> None:
    lake = Lake(tmp_path, source={**DMS, "tables": []})
    lake.source.load(1, [order(1, "1.50")], AT)
    code, lines = lake.run()
    assert (code, "LW725" in lines[-1]["error"]) == (3, True)
    kept = tmp_path / "shop-bronze" / "_lakewright" / "dms" / "shop.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps([TABLE]))
    assert lake.run()[0] == 0
    assert lake.run("--models", "silver.ordr")[0] == 2
    (tmp_path / "shop-scripts" / "glue" / "lake.json").unlink()
    assert "LW723" in lake.run()[1][-1]["error"]


def test_arguments_that_are_none_are_refused() -> None:
    with pytest.raises(SpecError, match="LW721"):
        parse_arguments(["--models", "silver.order"])
    with pytest.raises(SpecError, match="LW720"):
        LakeFile.parse('{"roots": []}')


def test_a_models_file_outside_of_its_folder_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = tmp_path / "shop-scripts" / "glue" / "lake.json"
    path.write_text(path.read_text().replace("models/silver/order.sql", "../../etc/order.sql"))
    code, lines = lake.run()
    assert (code, "LW720" in lines[-1]["error"]) == (2, True)


def test_layers_are_one_lake(tmp_path: Path) -> None:
    environ = {BUCKETS: json.dumps({"a": str(tmp_path / "a"), "b": str(tmp_path / "b")})}
    lake = open_layers(
        {"silver": "s3://a", "quarantine": "s3://a/_quarantine", "gold": "s3://b"}, tmp_path / "s", environ
    )
    lake.put("silver/order/x", b"1")
    lake.put("quarantine/silver_order/y", b"2")
    assert (tmp_path / "a" / "_quarantine" / "silver_order" / "y").read_bytes() == b"2"
    assert [entry.path for entry in lake.list("quarantine/silver_order")] == ["quarantine/silver_order/y"]
    assert [entry.path for entry in lake.list("silver")] == ["silver/_quarantine/silver_order/y", "silver/order/x"]
    assert lake.location("gold/t") == str(tmp_path / "b" / "t")
    assert lake.list("bronze") == []
    with pytest.raises(FileNotFoundError):
        lake.read("bronze/x")
    staged = lake.staging() / "f"
    staged.write_bytes(b"3")
    lake.publish(staged, "gold/t/f")
    assert lake.read("gold/t/f") == b"3"
    assert not staged.exists()
