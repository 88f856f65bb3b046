"""Partitions come, go and are emptied, of which the stream says nothing."""

from __future__ import annotations

import pytest

from lakewright.ingest.settings import OnChange
from tests.ingest.support import Lake

PARTITIONED = (
    "create table p (id int primary key, v text) partition by range (id)",
    "create table p1 partition of p for values from (0) to (100)",
    "create table p2 partition of p for values from (100) to (200)",
    "create table p3 partition of p for values from (200) to (300) partition by range (id)",
    "create table p31 partition of p3 for values from (200) to (300)",
    "insert into p select i, 'v' || i from generate_series(0, 299, 10) i",
)


@pytest.mark.parametrize(
    "statements",
    [
        ["truncate p1"],
        ["drop table p2"],
        ["alter table p detach partition p3"],
        ["create table x (like p)", "insert into x values (500, 'x')", "alter table p attach partition x default"],
        [
            "create table x (like p) partition by range (id)",
            "create table x1 partition of x for values from (500) to (600)",
            "insert into x values (500, 'x')",
            "alter table p attach partition x for values from (500) to (600)",
        ],
        [
            "begin; create table x (like p); insert into x values (500)",
            "alter table p attach partition x default; commit",
        ],
    ],
)
def test_partitions_that_came_and_went_unseen(lake: Lake, statements: list[str]) -> None:
    """The last changes of rows that then go wait in the stream while the table is loaded anew."""
    lake.having(on_change=OnChange(dropped_partition="reload"))
    lake.run(*PARTITIONED)
    lake.once()
    lake.run("update p set v = 'late'", *statements, "update p set v = v || '!' where id % 20 = 0")
    lake.once()
    lake.assert_equal("p")
    assert lake.table("p").generation == 2
    lake.run("update p set v = 'on' where id > 5")
    lake.once()
    lake.assert_equal("p")
    assert lake.table("p").generation == 2


@pytest.mark.parametrize("gone", ["drop table p2", "alter table p detach partition p2"])
def test_rows_of_a_partition_that_goes_stay(lake: Lake, gone: str) -> None:
    lake.run(*PARTITIONED)
    lake.once()
    before = lake.source_rows("p")
    lake.run(gone, "update p set v = 'on' where id < 100")
    lake.once()
    assert lake.rows("p") == sorted(((i, "on" if int(i) < 100 else v) for i, v in before), key=repr)
    assert (lake.table("p").status, lake.table("p").generation) == ("streaming", 1)


def test_partitions_that_began_empty_are_no_reason_to_load_anew(lake: Lake) -> None:
    lake.run(*PARTITIONED)
    lake.once()
    lake.run(
        "create table p4 partition of p for values from (300) to (400)",
        "create table p5 (like p)",
        "alter table p attach partition p5 for values from (400) to (500)",
        "insert into p values (300, 'x')",
    )
    lake.once()
    lake.run("insert into p values (400, 'y')")
    lake.once()
    lake.assert_equal("p")
    assert lake.table("p").generation == 1
