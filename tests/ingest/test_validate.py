"""Validation finds exactly the keys that differ, while the source goes on changing."""

from __future__ import annotations

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.errors import ProblemError
from lakewright.ingest.validate import validate
from tests.ingest.support import Lake


def test_equal_under_live_writes_and_damage_is_named(lake: Lake) -> None:
    lake.run(
        "create table t (id bigint primary key, tenant_id int, v numeric(9,2), n numeric, at timestamptz, b bytea)",
        "insert into t select i, i % 3, i / 3.0, 'NaN', now(), '\\x00ff' from generate_series(1, 2000) i",
    )
    stop = threading.Event()

    def write() -> None:
        with lake.sql() as connection:
            number = 0
            while not stop.wait(0.002):
                number += 1
                connection.execute("update t set v = v + 1 where id = %s", [number % 1900 + 50])

    with lake.following():
        lake.caught_up()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            (found,) = validate(lake.settings, lake.storage)
        finally:
            stop.set()
            writer.join()
    assert found.equal, found
    assert found.rows == 2000

    file = next(f for f in lake.table("t").files if f.kind == "load" and f.tenant == "1")
    path = lake.storage.location(file.path)
    rows = pq.ParquetFile(path).read()
    damaged = [pa.scalar(-1).as_py() if key == 1 else key for key in rows["id"].to_pylist()]
    pq.write_table(rows.set_column(rows.schema.get_field_index("id"), "id", pa.array(damaged, pa.int64())), path)
    lake.run("create table other (id int primary key)")
    with lake.following():
        lake.caught_up()
        (found, _) = reversed(validate(lake.settings, lake.storage))
    assert found.different == 2
    assert [(d.key, d.kind) for d in found.differences] == [
        (("-1",), "missing at the source"),
        (("1",), "missing in Bronze"),
    ]


def test_it_does_not_wait_for_ever(lake: Lake) -> None:
    lake.run("create table t (id int primary key)")
    lake.once()
    lake.run("insert into t values (1)")
    with pytest.raises(ProblemError, match="LW341"):
        validate(lake.settings, lake.storage, patience=0.2)


def test_keys_that_no_type_of_the_lake_holds_are_compared_by_their_text(lake: Lake) -> None:
    lake.run(
        "create table t (at timestamptz, day date, v text, primary key (at, day))",
        "insert into t values ('infinity', '2024-01-01', 'a'), ('2024-01-01', '-infinity', 'b')",
    )
    with lake.following():
        lake.caught_up()
        (found,) = validate(lake.settings, lake.storage)
    assert found.equal, found
    loaded = next(file for file in lake.table("t").files if file.kind == "load")
    path = lake.storage.location(loaded.path)
    rows = pq.ParquetFile(path).read()
    wrong = ["wrong" if value == "a" else value for value in rows["v"].to_pylist()]
    pq.write_table(rows.set_column(rows.schema.get_field_index("v"), "v", pa.array(wrong)), path)
    with lake.following():
        (found,) = validate(lake.settings, lake.storage)
    assert [(d.key, d.kind) for d in found.differences] == [(("infinity", "2024-01-01"), "other values")]
