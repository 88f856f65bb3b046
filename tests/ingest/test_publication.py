"""Publications that somebody else made, read by a role that owns nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest.mappings import TableMapping
from tests.ingest.support import Lake

TABLES = (
    "create table t (id int primary key, tenant_id int, v text)",
    "create table parts (id int, day date, v text, primary key (id, day)) partition by range (day)",
    "create table parts_1 partition of parts for values from ('2026-01-01') to ('2027-01-01')",
    "create table other (id int primary key)",
    "insert into t select i, i % 3, 'x' from generate_series(1, 50) i",
    "insert into parts values (1, '2026-02-03', 'a')",
)


@pytest.fixture
def plain(lake: Lake) -> Lake:
    """The same source through a role that may read and replicate, and nothing else."""
    lake.run(*TABLES)
    with lake.sql() as connection:
        if not connection.execute("select 1 from pg_roles where rolname = 'lw_reader'").fetchone():
            connection.execute("create role lw_reader login replication in role pg_read_all_data")
    folder = Path(lake.settings.state_dir.parent)
    dsn = lake.dsn.replace("user=lakewright", "user=lw_reader")
    return Lake(dsn, folder, mapping=TableMapping.from_patterns(["public.t", "public.parts", "public.late"]))


@pytest.mark.parametrize(
    "members",
    ["for all tables", "for tables in schema public", "for table t, parts, other"],
)
def test_one_that_covers_the_tables_is_used_as_it_is(lake: Lake, plain: Lake, members: str) -> None:
    name = plain.settings.slot
    lake.run(f'create publication "{name}" {members} with (publish_via_partition_root = true)')
    before = publication(lake, name)
    plain.once()
    lake.run(
        "update t set v = 'y' where id < 10",
        "insert into parts values (2, '2026-03-04', 'b')",
        "insert into other values (1)",
        "delete from t where id = 20",
    )
    plain.once()
    assert sorted(plain.state().tables) == ["parts", "t"]
    plain.assert_equal()
    if members != "for table t, parts, other":
        lake.run("create table late (id int primary key)", "insert into late values (1)")
        plain.once()
        lake.run("insert into late values (2)")
        plain.once()
        plain.assert_equal()
    assert publication(lake, name) == before


def publication(lake: Lake, name: str) -> list[tuple[object, ...]]:
    with lake.sql() as connection:
        return connection.execute("select * from pg_publication where pubname = %s", [name]).fetchall()


def test_one_that_lacks_a_table_is_told_and_the_others_go_on(lake: Lake, plain: Lake) -> None:
    name = plain.settings.slot
    lake.run(f'create publication "{name}" for table t with (publish_via_partition_root = true)')
    plain.once()
    plain.assert_equal("t")
    add = f'ALTER PUBLICATION "{name}" ADD TABLE "public"."parts"'
    refused = plain.table("parts")
    assert (refused.status, add in refused.stop_reason) == ("stopped", True)
    lake.run("update t set v = 'y' where id < 10", "create table late (id int primary key)")
    plain.once()
    plain.assert_equal("t")
    assert 'ADD TABLE ONLY "public"."late";' in plain.table("late").stop_reason
    lake.run(add, "drop table late")
    plain.once()
    plain.assert_equal("t", "parts")
    assert "late" not in plain.state().tables


def test_a_new_table_that_may_not_be_published_does_not_end_who_follows(lake: Lake, plain: Lake) -> None:
    name = plain.settings.slot
    lake.run(f'create publication "{name}" for table t, parts with (publish_via_partition_root = true)')
    with plain.following():
        plain.caught_up()
        lake.run("create table late (id int primary key)", "insert into late values (1)")
        plain.wait(lambda state: "late" in state.tables)
        lake.run("update t set v = 'z'", "drop table t", "create table t (id int primary key)")
        plain.wait(lambda state: "may not be published" in state.tables["t"].stop_reason)
        lake.run(f'alter publication "{name}" add table late, t', "insert into late values (2)")
        plain.wait(lambda state: all(state.tables[table].status == "streaming" for table in ("late", "t")))
        plain.caught_up()
    plain.assert_equal()


def test_a_first_start_that_may_publish_nothing_says_what_to_run(lake: Lake, plain: Lake) -> None:
    name = plain.settings.slot
    with pytest.raises(LakewrightError, match="LW358") as caught:
        plain.once()
    assert f'CREATE PUBLICATION "{name}" FOR TABLE ' in caught.value.hint
    lake.run(f'create publication "{name}" for table other')
    with pytest.raises(LakewrightError, match="LW358") as caught:
        plain.once()
    assert f'ALTER PUBLICATION "{name}" ADD TABLE ONLY "public"."t";' in caught.value.hint


@pytest.mark.parametrize(
    ("definition", "what"),
    [
        ("for table t where (id > 10), parts", "rows or columns of public.t"),
        ("for table t (id, tenant_id), parts", "rows or columns of public.t"),
        ("for all tables with (publish = 'insert, update')", "kinds of changes"),
    ],
)
def test_one_that_leaves_changes_out_is_refused(lake: Lake, plain: Lake, definition: str, what: str) -> None:
    lake.run(f'create publication "{plain.settings.slot}" {definition}')
    with pytest.raises(ProblemError, match=f"LW359.*{what}"):
        lake.having(mapping=plain.settings.mapping).once()


def test_our_own_still_holds_exactly_what_is_selected(lake: Lake) -> None:
    lake.run(*TABLES)
    lake.having(mapping=TableMapping.from_patterns(["public.t", "public.other"])).once()
    lake.having(mapping=TableMapping.from_patterns(["public.t", "public.parts"])).once()
    with lake.sql() as connection:
        found = connection.execute(
            "select tablename from pg_publication_tables where pubname = %s order by 1", [lake.settings.slot]
        ).fetchall()
    assert found == [("parts",), ("t",)]
