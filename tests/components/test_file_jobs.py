"""The jobs of a lake of files, run as Glue runs them: a script, its shared module beside it, arguments, S3."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from lakewright.components import file_catalog
from lakewright.rehearse.aws.local import LocalAws, local_aws

from .roots import ACCOUNT

JOBS = Path(next(iter(file_catalog.__path__))) / "job"
LAKE = "shop-dev-lake"


@dataclass(frozen=True)
class Lake:
    aws: LocalAws
    s3: Any

    def put(self, key: str, data: bytes) -> None:
        self.s3.put_object(Bucket=LAKE, Key=key, Body=data)

    def keys(self, prefix: str) -> list[str]:
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=LAKE, Prefix=prefix).get("Contents", [])]

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        found = []
        for key in self.keys(prefix):
            if key.endswith(".parquet"):
                data = self.s3.get_object(Bucket=LAKE, Key=key)["Body"].read()
                found += parquet.read_table(io.BytesIO(data)).to_pylist()
        return found

    def json(self, key: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())

    def run(self, script: str, source: str, target: str, **more: str) -> tuple[int, dict[str, Any]]:
        """Exit code and last line of the log."""
        said = {"JOB_NAME": script, "source": f"s3://{LAKE}/{source}/", "target": f"s3://{LAKE}/{target}/", **more}
        argv = [part for name, value in said.items() for part in (f"--{name.replace('_', '-')}", value)]
        argv[0] = "--JOB_NAME"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**kept, **self.aws.environment(ACCOUNT), "PYTHONPATH": str(JOBS)}
        command = [
            sys.executable,
            str(JOBS / f"{script}.py"),
            *argv,
            "--TempDir",
            "s3://x/",
            "--enable-metrics",
            "true",
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        lines = done.stdout.strip().splitlines()
        assert lines, done.stderr
        return done.returncode, json.loads(lines[-1])


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with local_aws([ACCOUNT], tmp_path / "aws") as aws:
        client = aws.client("s3")
        client.create_bucket(Bucket=LAKE)
        yield Lake(aws, client)


def lines(*rows: Mapping[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_raw_files_become_parquet_once(lake: Lake) -> None:
    lake.put(
        "raw/events/a.jsonl", lines({"Event ID": 1, "at": "x", "more": {"deep": [1]}}, {"Event ID": 2, "at": None})
    )
    lake.put("raw/events/2026/b.jsonl.gz", gzip.compress(lines({"Event ID": 3, "at": "y"})))
    lake.put("raw/feeds/prices.csv", b"id,price\n7,1.5\n8,2\n")
    code, log = lake.run("data_processing", "raw", "processed")
    assert (code, log["rows"], log["rejected"]) == (0, {"events": 3, "feeds": 2}, 0)
    events = sorted(lake.rows("processed/events/"), key=lambda row: row["event_id"])
    assert [(row["event_id"], row["at"]) for row in events] == [(1, "x"), (2, None), (3, "y")]
    assert json.loads(events[0]["more"]) == {"deep": [1]}
    assert lake.rows("processed/feeds/") == [{"id": 7, "price": 1.5}, {"id": 8, "price": 2.0}]
    before = lake.keys("processed/")
    code, log = lake.run("data_processing", "raw", "processed")
    assert (code, log["rows"]) == (0, {})
    assert lake.keys("processed/") == before


def test_only_what_is_new_is_read_and_a_lost_bookmark_doubles_nothing(lake: Lake) -> None:
    lake.put("raw/events/a.jsonl", lines({"id": 1}))
    lake.run("data_processing", "raw", "processed")
    lake.put("raw/events/b.jsonl", lines({"id": 2}))
    assert lake.run("data_processing", "raw", "processed")[1]["rows"] == {"events": 1}
    lake.s3.delete_object(Bucket=LAKE, Key="processed/_bookmarks/data_processing.json")  # as if killed before the end
    assert lake.run("data_processing", "raw", "processed")[1]["rows"] == {"events": 2}
    assert sorted(row["id"] for row in lake.rows("processed/events/")) == [1, 2]


def test_a_paused_bookmark_stays_and_a_disabled_one_is_passed_over(lake: Lake) -> None:
    lake.put("raw/events/a.jsonl", lines({"id": 1}))
    paused = {"job_bookmark_option": "job-bookmark-pause"}
    for _ in range(2):
        assert lake.run("data_processing", "raw", "processed", **paused)[1]["rows"] == {"events": 1}
    lake.run("data_processing", "raw", "processed")
    disabled = {"job_bookmark_option": "job-bookmark-disable"}
    assert lake.run("data_processing", "raw", "processed", **disabled)[1]["rows"] == {"events": 1}


def test_what_cannot_be_read_or_does_not_fit_is_told_and_stops_nothing(lake: Lake) -> None:
    lake.put("raw/events/1.jsonl", lines({"id": 1, "price": 10}))
    lake.put("raw/events/2.jsonl", b'{"id": 2, "pri')
    lake.put("raw/events/3.jsonl", lines({"id": "three", "price": 1}))  # id is a number in this dataset
    lake.put("raw/events/4.jsonl", lines({"id": 4, "price": 3, "extra": "new"}))
    lake.put("raw/events/5.exe", b"MZ")
    code, log = lake.run("data_processing", "raw", "processed")
    assert (code, log["rows"], log["rejected"]) == (0, {"events": 2}, 3)
    assert sorted(row["id"] for row in lake.rows("processed/events/")) == [1, 4]
    assert set(lake.keys("processed/_rejected/")) == {
        f"processed/_rejected/events/{name}.json" for name in ("2.jsonl", "3.jsonl", "5.exe")
    }
    assert lake.json("processed/_schemas/events.json") == {"id": "int64", "price": "int64", "extra": "string"}


RULES = {"events": {"key": ["id"], "required": ["at"], "ranges": {"price": [0, 100]}, "at_least": 0.5}}


def test_good_rows_are_published_and_bad_ones_kept_with_the_reason(lake: Lake) -> None:
    rows = [
        {"id": 1, "at": "x", "price": 5},
        {"id": 1, "at": "x", "price": 5},
        {"id": 2, "at": None, "price": 5},
        {"id": 3, "at": "x", "price": 500},
        {"id": 4, "at": "x", "price": None},
        {"id": 5, "at": "x", "price": 100},
    ]
    lake.put("raw/events/a.jsonl", lines(*rows))
    lake.put("rules.json", json.dumps(RULES).encode())
    lake.run("data_processing", "raw", "processed")
    more = {"rules": f"s3://{LAKE}/rules.json", "reports": f"s3://{LAKE}/reports/"}
    code, log = lake.run("data_quality", "processed", "curated", **more)
    assert (code, log["files"], log["failed"]) == (0, 1, [])
    assert (log["unpublished"], log["quality"]) == (0, 50.0), "what monitoring counts"
    assert sorted(row["id"] for row in lake.rows("curated/events/")) == [1, 4, 5]
    put_aside = {row["id"]: row["_reason"] for row in lake.rows("curated/_quarantine/events/")}
    assert put_aside == {1: "key is not unique", 2: "at is null", 3: "price is out of range"}
    [report] = lake.keys("reports/")
    [outcome] = lake.json(report)["files"].values()
    assert (outcome["rows"], outcome["bad"], outcome["published"]) == (6, 3, True)
    assert lake.run("data_quality", "processed", "curated", **more)[1]["files"] == 0


def test_too_few_good_rows_are_not_published_and_fail_the_run_until_it_is_mended(lake: Lake) -> None:
    lake.put("raw/events/a.jsonl", lines({"id": 1, "at": None}, {"id": 2, "at": None}, {"id": 3, "at": "x"}))
    lake.put("rules.json", json.dumps(RULES).encode())
    lake.run("data_processing", "raw", "processed")
    more = {"rules": f"s3://{LAKE}/rules.json"}
    code, log = lake.run("data_quality", "processed", "curated", **more)
    assert (code, len(log["failed"])) == (1, 1)
    assert (log["unpublished"], log["quality"]) == (1, 33.33)
    assert lake.rows("curated/") == []
    lake.put("rules.json", json.dumps({"events": {"at_least": 0.2, "required": ["at"]}}).encode())
    assert lake.run("data_quality", "processed", "curated", **more)[0] == 0
    assert [row["id"] for row in lake.rows("curated/events/")] == [3]


def test_the_scripts_need_no_more_than_glue_has(tmp_path: Path) -> None:
    """Glue 5 brings boto3 and pyarrow; nothing of Lakewright is there."""
    for name in ("data_processing.py", "data_quality.py", "lake_files.py"):
        shutil.copy(JOBS / name, tmp_path)
        text = (tmp_path / name).read_text()
        assert "import lakewright" not in text
        assert "from lakewright" not in text
