"""Merge of 100,000 changed rows into a table of 1M, beside delta-rs's own MERGE and dbt-duckdb's incremental model.

50 partitions, 5 of them touched: 80,000 rows there change, 20,000 are new. delta-rs is told the partitions; our merge
is told nothing and finds the files by the keys, as in a run of the pipeline.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from benchmarks.measure import Row, peer, wait_for_quiet
from lakewright.engines import open_engine
from lakewright.pipeline.contents import Memory
from lakewright.pipeline.merge import Merger, Shape, Stamp
from lakewright.storage import open_storage
from lakewright.tables import Column, Table, open_table

ROWS, CHANGES, ROUNDS = 1_000_000, 100_000, 5
BAR = 0.5
SHAPE = Shape(
    (
        Column("id", "bigint"), Column("part", "bigint"), Column("customer_id", "bigint"), Column("status", "string"),
        Column("total", "decimal(12,2)"), Column("note", "string"), Column("updated_at", "timestamp"),
    ),
    key=("id",),
    partition_by=("part",),
)  # fmt: skip
ROW = """
SELECT i AS id, i % 50 AS part, i * 7919 % 50000 AS customer_id,
       (['pending', 'paid', 'shipped', 'completed'])[1 + (i + {shift}) % 4] AS status,
       CAST((i % 120000) / 100.0 + {shift} AS DECIMAL(12, 2)) AS total, md5(i::VARCHAR) AS note,
       TIMESTAMPTZ '2026-01-01 00:00:00+00' + (i * INTERVAL 17 SECOND) AS updated_at
FROM ({ids}) AS ids(i)
"""
OLD_IDS = f"SELECT i FROM range({ROWS}) AS r(i)"
NEW_IDS = f"SELECT i FROM range({ROWS * 6 // 5}) AS r(i) WHERE i % 50 < 5 AND (i < {ROWS * 4 // 5} OR i >= {ROWS})"


def run(quick: bool = False) -> Iterator[Row]:
    rounds = 3 if quick else ROUNDS
    what = "merge of 100k changes into 1M rows"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_rows(folder)
        wait_for_quiet()
        ours = statistics.median(_ours(folder, number, in_memory=False) for number in range(rounds))
        theirs = statistics.median(_delta_rs(folder, number) for number in range(rounds))
        beside = f"delta-rs MERGE {theirs:.2f} s"
        yield Row(what, f"{ours:.2f} s", beside, f"{theirs / ours:.1f}×", f"≤ {BAR} s", ours <= BAR)
        kept = statistics.median(_ours(folder, rounds + number, in_memory=True) for number in range(rounds))
        yield Row(f"{what}, table kept in memory, as in `up`", f"{kept:.2f} s", beside, f"{theirs / kept:.1f}×",
                  f"≤ {BAR} s", kept <= BAR)  # fmt: skip
        dbt = float(json.loads(peer("dbt_merge.py", str(folder)).output.splitlines()[-1])["seconds"])
        yield Row(what, f"{ours:.2f} s", f"dbt-duckdb {dbt:.2f} s", f"{dbt / ours:.1f}×")


def _make_rows(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, ids, shift in (("base", OLD_IDS, 0), ("changes", NEW_IDS, 1)):
            connection.execute(f"COPY ({ROW.format(ids=ids, shift=shift)}) TO '{folder / name}.parquet'")
    found = pq.read_metadata(folder / "changes.parquet").num_rows
    assert found == CHANGES, found


def _ours(folder: Path, number: int, *, in_memory: bool) -> float:
    """Seconds of one merge, on a table that was just made."""
    lake = folder / f"ours{number}"
    table = open_table(open_storage(str(lake)), "silver.target")
    engine = open_engine()
    engine.reach(str(lake))
    merger = Merger(engine, Memory(engine) if in_memory else None)
    session = engine.session()
    session.run(f"CREATE TEMP VIEW base AS FROM '{folder}/base.parquet'")
    session.run(f"CREATE TEMP TABLE changes AS FROM '{folder}/changes.parquet'")
    merger.replace(session, table, SHAPE, "base", Stamp())
    if in_memory:
        nothing = "(SELECT * FROM changes WHERE false)"
        merger.merge(session, table, SHAPE, nothing, f" SEMI JOIN {nothing} AS s ON t.id = s.id", Stamp())
    began = time.perf_counter()
    affected = " SEMI JOIN (SELECT DISTINCT id FROM changes) AS s ON t.id = s.id"
    merged = merger.merge(session, table, SHAPE, "changes", affected, Stamp({"bench": 1}))
    seconds = time.perf_counter() - began
    assert (merged.updated, merged.inserted) == (CHANGES * 4 // 5, CHANGES // 5), merged
    _assert_rows(table)
    session.close()
    engine.close()
    shutil.rmtree(lake)
    return seconds


def _assert_rows(table: Table) -> None:
    files = table.files()
    assert sum(file.rows for file in files) == ROWS + CHANGES // 5, files


def _delta_rs(folder: Path, number: int) -> float:
    """Seconds of delta-rs's MERGE of the same rows into the same table, with the partitions in its predicate."""
    place = folder / f"delta{number}"
    write_deltalake(str(place), pq.read_table(folder / "base.parquet"), partition_by=["part"])
    changes = pq.read_table(folder / "changes.parquet")
    table = DeltaTable(str(place))
    began = time.perf_counter()
    result = (
        table.merge(
            changes, "t.part = s.part AND t.part IN (0, 1, 2, 3, 4) AND t.id = s.id", source_alias="s", target_alias="t"
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    seconds = time.perf_counter() - began
    assert result["num_target_rows_inserted"] == CHANGES // 5, result
    shutil.rmtree(place)
    return seconds
