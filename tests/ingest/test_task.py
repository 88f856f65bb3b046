"""The ingester as a container's process, from a real PostgreSQL into buckets; a replaced task goes on."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lakewright.bronze.manifest import Manifest
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.task import SECRET, STANDINS, main
from lakewright.storage.layered import BUCKETS, open_layers

HOST = "orders-db.example.internal"
ROOTS = {"bronze": "s3://bronze", "_lakewright": "s3://bronze/_lakewright"}


class Task:
    """One container after the other, over the same buckets."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.buckets = {name: str(folder / name) for name in ("bronze", "scripts")}
        secret = {"host": HOST, "port": 5432, "username": "replicator", "password": "never used here"}
        self.environ = {
            BUCKETS: json.dumps(self.buckets),
            STANDINS: json.dumps({HOST: dsn}),
            SECRET: json.dumps(secret),
        }
        said = {
            "source": "shop",
            "database": "",
            "tls": "require",
            "tenant": "tenant_id",
            "roots": ROOTS,
            "mapping": json.loads(TableMapping.from_patterns(["public.orders"]).to_json()),
            "on_change": {},
            "tuning": {"flush_seconds": 0.05, "roll_seconds": 1.0},
        }
        (folder / "scripts").mkdir(parents=True)
        (folder / "scripts" / "shop.json").write_text(json.dumps(said))
        self.storage = open_layers(ROOTS, folder / "staging", self.environ)

    def rows(self) -> int:
        state = Manifest(self.storage, "shop").load()
        return sum(file.rows for table in state.tables.values() for file in table.files)

    def during(self, done: Callable[[], bool]) -> tuple[int, list[dict[str, Any]]]:
        """Runs the task until something is so, then stops it as ECS does."""
        out, stop, codes = io.StringIO(), threading.Event(), list[int]()

        def run() -> None:
            codes.append(main(["--settings", "s3://scripts/shop.json"], self.environ, stop, out))

        thread = threading.Thread(target=run)
        thread.start()
        deadline = time.monotonic() + 60
        while not done() and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        thread.join(60)
        return codes[0], [json.loads(line) for line in out.getvalue().splitlines()]


def test_loads_follows_stops_and_goes_on(tmp_path: Path, database: str) -> None:
    task = Task(tmp_path, database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table orders (id bigint primary key, tenant_id bigint, total numeric(12,2))")
        connection.execute("insert into orders select n, n % 3, n from generate_series(1, 100) n")
        code, lines = task.during(lambda: task.rows() == 100)
        assert (code, lines[0]["event"], lines[-1]) == (0, "ingest.start", lines[-1] | {"ok": True})
        connection.execute("update orders set total = 0 where id <= 10")
        code, _ = task.during(lambda: task.rows() == 110)
        assert (code, task.rows()) == (0, 110), "the second task loads nothing again"
    parts = {path.parent.name for path in (tmp_path / "bronze" / "orders").rglob("*.parquet")}
    assert parts == {"tenant_id=0", "tenant_id=1", "tenant_id=2"}
    assert not any(HOST in str(line) or "never used" in str(line) for line in lines)


@pytest.mark.parametrize("secret", ["", "{}", "plain text", '{"host": "h", "username": "u"}'])
def test_a_secret_that_is_none_ends_the_task_and_is_not_shown(tmp_path: Path, secret: str) -> None:
    task = Task(tmp_path, "")
    task.environ[SECRET] = secret
    code, lines = task.during(lambda: False)
    assert code in (2, 3)
    assert "LW38" in lines[-1]["error"]
    assert secret in ("", "{}") or secret not in lines[-1]["error"]
