"""SIGKILL at random moments, with writers that never stop: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from tests.ingest.support import Lake

WORKER = Path(__file__).with_name("chaos_worker.py")
TABLES = (
    "create table a (id bigint primary key, tenant_id int, note text, total numeric(12,2))",
    "create table b (x int, y text, v double precision, at timestamptz default now(), primary key (x, y))",
    "create table c (n int, s text)",
    "alter table c replica identity full",
    "alter table a alter note set storage external",
    "insert into a select i, i % 5, repeat('n', i % 3000), i / 3.0 from generate_series(1, 4000) i",
    "insert into b select i, 'k' || i % 7, i from generate_series(1, 1500) i",
    "insert into c select i % 10, 'same' from generate_series(1, 100) i",
    "analyze",
)


def write(lake: Lake, stop: threading.Event, number: int, seed: int) -> None:
    """Short transactions of everything that can happen to a row; some are rolled back."""
    chance = random.Random(f"{seed}/{number}")
    fresh = 1_000_000 * (number + 1)
    with psycopg.connect(lake.dsn) as connection:
        while not stop.is_set():
            try:
                for _ in range(chance.randint(1, 12)):
                    fresh += 1
                    connection.execute(one_change(chance, fresh))
                if chance.random() < 0.1:
                    connection.rollback()
                connection.commit()
            except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
                connection.rollback()
            time.sleep(chance.random() * 0.01)


def one_change(chance: random.Random, fresh: int) -> str:
    key = chance.randint(1, 4500)
    choices = {
        f"insert into a values ({fresh}, {key % 5}, repeat('x', {chance.choice([10, 5000])}), {key})": 20,
        f"update a set total = total + 1 where id = {key}": 25,
        f"update a set tenant_id = (tenant_id + 1) % 5 where id = {key}": 5,
        f"update a set note = 'short' where id = {key}": 5,
        f"update a set id = {fresh} where id = {key}": 5,
        f"delete from a where id = {key}": 8,
        f"insert into b values ({fresh}, 'new', {key})": 8,
        f"update b set v = v + 1 where x = {key % 1500}": 10,
        f"update b set y = 'm{key % 9}' where x = {key % 1500}": 4,
        f"insert into c values ({key % 10}, 'same')": 5,
        f"update c set s = 's{key % 4}' where ctid = (select min(ctid) from c)": 3,
        "delete from c where ctid = (select max(ctid) from c)": 3,
        "truncate b": 0.05,
        f"insert into a select i, 1, 'many', 1 from generate_series({fresh}00, {fresh}00 + 90) i": 0.5,
    }
    return chance.choices(list(choices), list(choices.values()))[0]


@pytest.mark.slow
@pytest.mark.timeout(280)
@pytest.mark.parametrize("seed", [1])
def test_killed_anywhere(lake: Lake, tmp_path: Path, seed: int) -> None:
    kills = int(os.environ.get("LAKEWRIGHT_KILLS", "30"))
    lake.having(grace_seconds=0.0).run(*TABLES)
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(lake, stop, number, seed)) for number in range(2)]
    for writer in writers:
        writer.start()
    chance = random.Random(seed)
    try:
        for number in range(kills):
            command = [sys.executable, str(WORKER), lake.settings.source, lake.dsn, str(tmp_path), f"{seed}-{number}"]
            process = subprocess.Popen(command, start_new_session=True)
            if number % 4:
                before = lake.state().version
                lake.wait(lambda state, before=before: state.version > before)
                time.sleep(chance.uniform(0.0, 1.2))
            else:
                time.sleep(chance.uniform(0.3, 1.5))  # while it starts
            assert process.poll() is None, "it ended by itself"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            lake.assert_files()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    lake.once()
    lake.assert_equal()
    lake.once()
    assert files_on_disk(lake) == files_in_manifest(lake), "no orphans"
    assert_no_duplicates(lake)


def files_on_disk(lake: Lake) -> set[str]:
    tail = f"_lakewright/bronze/{lake.settings.source}/tail"
    return {entry.path for folder in ("bronze", tail) for entry in lake.storage.list(folder)}


def files_in_manifest(lake: Lake) -> set[str]:
    return {file.path for table in lake.state().tables.values() for file in table.files}


def assert_no_duplicates(lake: Lake) -> None:
    """Every streamed row stands in Bronze once: its place in the WAL is unique."""
    import duckdb

    from lakewright.bronze.reader import rows_sql

    counts: dict[str, int] = {}
    with duckdb.connect() as read:
        for table in lake.state().tables.values():
            rows = rows_sql(lake.storage, table, since=None, before=None, columns=["_lsn", "_seq"])
            streamed = f"select count(*), count(distinct (_lsn, _seq)) from ({rows}) where _seq >= 0"
            count, distinct = read.execute(streamed).fetchone() or (0, 0)
            assert count == distinct, (table.name, count, distinct)
            counts[table.name] = count
    assert counts["a"] > 100, counts
