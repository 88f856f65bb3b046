"""Small files of one partition become one, and nobody who reads notices."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from lakewright.bronze.layout import tail_folder
from lakewright.bronze.state import BronzeFile, BronzeTable
from lakewright.ingest.housekeeping import Housekeeper
from lakewright.ingest.roll import FANOUT, small_groups
from tests.ingest.support import Lake

ORDERS = "create table orders (id bigint primary key, tenant_id int, note text, total numeric(12,2))"
CHUNK = 1000


def test_files_of_a_first_load_in_many_chunks(lake: Lake) -> None:
    """Some chunks come through DuckDB's scanner, in lean files; one holds a NaN, which takes the other way."""
    lake.having(chunk_rows=CHUNK, roll_seconds=0.2, idle_seconds=0.1)
    lake.run(
        ORDERS,
        "insert into orders select i, i % 2, repeat(md5(i::text), 32), i / 7.0 "
        f"from generate_series(1, {20 * CHUNK}) i",
        "update orders set total = 'NaN' where id = 17",
    )
    with lake.following():
        lake.wait(lambda state: "orders" in state.tables and len(state.tables["orders"].files) > 20)
        lake.wait(lambda state: len(state.tables["orders"].files) < 20)
    files = lake.table("orders").files
    assert sum(file.rows for file in files) == 20 * CHUNK
    if find_spec("duckdb_extension_postgres_scanner"):
        assert {file.lean for file in files} == {True, False}
        assert max(file.rows for file in files if file.lean) >= 4 * CHUNK
    lake.run("update orders set total = 1 where id % 500 = 0")
    lake.once()
    lake.assert_equal()


def test_while_there_is_a_backlog_more_files_wait() -> None:
    """Their number stays bounded all the same, for each partition by itself."""

    def table(counts: dict[str, int]) -> BronzeTable:
        files = tuple(
            BronzeFile(f"{tenant}/{number}", "orders", 1, "cdc", 10, 9_000, number, number, 1, "2026-01-01", tenant)
            for tenant, count in counts.items()
            for number in range(count)
        )
        return BronzeTable("orders", "public.orders", files=files)

    some = table({"1": FANOUT, "2": FANOUT - 1})
    assert [{file.tenant for file in group} for group in small_groups(some)] == [{"1"}]
    assert small_groups(some, 4 * FANOUT) == []
    assert [len(group) for group in small_groups(table({"1": 4 * FANOUT, "2": 9}), 4 * FANOUT)] == [4 * FANOUT]


def test_files_that_nobody_needs_go_however_much_there_is_to_merge(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.having(grace_seconds=2.0)
    lake.run(ORDERS, "insert into orders values (1, 1, '', 1)")
    lake.once()
    left = f"{tail_folder(lake.settings.source)}/left-by-a-crash.parquet"
    lake.storage.put(left, b"")
    with lake.following(), monkeypatch.context() as merging:
        merging.setattr(Housekeeper, "busy", property(lambda _: True))
        lake.wait(lambda _: not lake.storage.exists(left), 20)
