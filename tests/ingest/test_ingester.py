"""From PostgreSQL to Bronze and back to equality: loads, changes, restarts, schema changes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest import requests
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.settings import OnChange
from lakewright.ingest.sources.postgres.slot import drop_slot
from lakewright.ingest.status import read_status
from tests.ingest.support import Lake

ORDERS = "create table orders (id bigint primary key, tenant_id int, note text, total numeric(12,2))"
FILL = "insert into orders select i, i % 3, 'note ' || i, i / 7.0 from generate_series(1, 1000) i"


def test_load_then_changes_then_restart(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.assert_equal()
    lake.run("update orders set total = total + 1 where id % 5 = 0", "delete from orders where id % 7 = 0")
    lake.once()
    lake.assert_equal()
    state = lake.once()
    assert state.tables["orders"].generation == 1


def test_visible_files_have_dms_names_and_partitions(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run("update orders set total = 0 where id < 10", "delete from orders where id = 20")
    lake.once()
    paths = {file.path for file in lake.table("orders").files}
    folders = {path.split("/")[3] for path in paths}
    assert folders == {"tenant_id=0", "tenant_id=1", "tenant_id=2", "tenant_id=__HIVE_DEFAULT_PARTITION__"}
    assert all(path.startswith("bronze/orders/load_date=20") for path in paths)
    assert any(path.endswith("/LOAD00000001.parquet") for path in paths)


def test_key_changes_tenant_moves_truncate_and_toast(lake: Lake) -> None:
    lake.run(ORDERS, "alter table orders alter note set storage external", FILL)
    lake.once()
    lake.run(
        "insert into orders values (5000, 1, repeat('x', 9000), 1)",
        "update orders set total = 2 where id = 5000",
        "begin; insert into orders values (6000, 1, repeat('y', 9000), 1); "
        "update orders set total = 3 where id = 6000; commit",
        "update orders set id = 7000 where id = 6000",
        "update orders set total = 9 where id = 7000",
        "update orders set tenant_id = 2 where id < 100",
        "update orders set id = -id where id between 100 and 200",
    )
    lake.once()
    lake.assert_equal()
    lake.run("truncate orders", "insert into orders values (1, 1, 'after', 0)")
    lake.once()
    assert lake.rows("orders") == [("1", "1", "after", "0.00")]


def test_all_types(lake: Lake) -> None:
    lake.run(
        "create type mood as enum ('sad', 'so so')",
        "create domain price as numeric(10,3)",
        """create table kinds (id uuid primary key, b boolean, s smallint, i int, l bigint, r real, d double precision,
           n numeric, p price, c char(5), v varchar(9), t text, j json, jb jsonb, y bytea, da date, ts timestamp,
           tz timestamptz, ti time, iv interval, m mood, a int[], ip inet, rg int4range, mo money, x varbit)""",
    )
    values = """'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true, -3, 7, 9, 1.5, 2.25, 123456789012345678901234567890.123,
        4.125, 'ab', 'é', E'line\\n2', '{"a":  1}', '{"b": [1, null]}', '\\x00ff', '2026-02-28',
        '2026-02-28 10:00:00.123456', '2026-02-28 10:00:00.5+03', '10:11:12.5', '1 day 2 hours', 'so so',
        '{1,null,3}', '10.0.0.1/8', '[1,5)', 12.5, B'101'"""
    odd = """'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', null, null, null, null, 'NaN', '-Infinity', 'NaN', null, '',
        '', '', null, null, '', 'infinity',
         '-infinity', 'infinity', null, null, null, '{}', null, 'empty', null, null"""
    lake.run(f"insert into kinds values ({values})", f"insert into kinds values ({odd})")
    lake.once()
    lake.assert_equal()
    lake.run("update kinds set id = gen_random_uuid()", f"insert into kinds values ({values})")
    lake.once()
    lake.assert_equal()


def test_crash_in_mid_snapshot_keeps_finished_chunks(lake: Lake) -> None:
    lake.run(ORDERS, FILL.replace("1000", "20000"), "analyze orders")
    lake.having(chunk_rows=1000, readers=1)
    stop = threading.Event()

    def halt(event: object) -> None:
        if getattr(event, "name", "") == "ingest.chunk":
            stop.set()

    ingester = lake.ingester()
    ingester._observe = halt
    ingester.once(stop)
    table = lake.table("orders")
    assert table.status == "loading"
    assert table.load is not None
    done = len(table.load.chunks)
    assert 0 < done < len(table.load.plan)
    lake.events.clear()
    lake.run("update orders set total = -1 where id % 2 = 0", "delete from orders where id % 3 = 0")
    lake.having(readers=2).once()
    lake.assert_equal()
    read = [event for event in lake.events if event.name == "ingest.chunk"]
    assert len(read) == len(table.load.plan) - done, "finished chunks are not read again"


def test_live_writes_during_the_load(lake: Lake) -> None:
    lake.run(ORDERS, FILL.replace("1000", "20000"), "analyze orders")
    lake.having(chunk_rows=2000)
    writing = threading.Event()

    def write() -> None:
        with lake.sql() as connection:
            number = 0
            while not writing.is_set():
                number += 1
                connection.execute("update orders set total = total + 1 where id %% 50 = %s", [number % 50])
                connection.execute("delete from orders where id = %s", [number * 13])
                connection.execute("update orders set id = -id where id = %s", [number * 17])
                connection.execute("insert into orders values (%s, 1, 'new', 1)", [100_000 + number])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        lake.once()
    finally:
        writing.set()
        thread.join()
    lake.once()
    lake.assert_equal()


def test_resnapshot_one_table_while_others_stream(lake: Lake) -> None:
    lake.run(ORDERS, FILL, "create table other (id int primary key)")
    with lake.following():
        lake.caught_up()
        requests.leave(lake.settings.requests, requests.Request(requests.RESNAPSHOT, "orders"))
        lake.run("update orders set total = 5 where id < 50", "insert into other values (1)")
        lake.wait(lambda s: s.tables["orders"].generation == 2)
        lake.run("delete from orders where id > 900", "update orders set note = 'z' where id = 3")
        lake.caught_up()
        lake.assert_equal()
    assert {file.generation for file in lake.table("orders").files} == {2}
    assert lake.table("other").generation == 1


def test_a_new_table_joins_live_and_one_leaves(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    with lake.following():
        lake.caught_up()
        lake.run("create table joined (id int primary key, v text)", "insert into joined values (1, 'before')")
        lake.wait(lambda s: "joined" in s.tables and s.tables["joined"].status == "streaming")
        lake.run("insert into joined values (2, 'after')", "update joined set v = 'x' where id = 1")
        lake.caught_up()
        lake.assert_equal()
        lake.run("drop table joined")
        lake.wait(lambda s: s.tables["joined"].status == "stopped")
        lake.run("update orders set total = 1")
        lake.caught_up()
        lake.assert_equal("orders")


def test_tables_without_a_key(lake: Lake) -> None:
    lake.run(
        ORDERS,
        "create table loose (a int, b text)",
        "create table whole (a int, b text)",
        "alter table whole replica identity full",
        "insert into whole select i % 3, 'x' from generate_series(1, 9) i",
    )
    lake.once()
    assert lake.table("loose").status == "stopped"
    assert "REPLICA IDENTITY FULL" in lake.table("loose").stop_reason
    lake.run(
        "update loose set b = 'the owner may go on'", "delete from whole where ctid = (select min(ctid) from whole)"
    )
    lake.run(
        "update whole set b = 'y' where a = 1",
        "update whole set b = b where a = 2",
        "insert into whole values (1, 'y')",
    )
    lake.once()
    lake.assert_equal("whole")


def test_partitioned_tables_come_through_their_root(lake: Lake) -> None:
    lake.run(
        "create table p (id int, at date, v text, primary key (id, at)) partition by range (at)",
        "create table p1 partition of p for values from ('2026-01-01') to ('2026-02-01')",
        "create table p2 partition of p for values from ('2026-02-01') to ('2026-03-01')",
        "insert into p select i, date '2026-01-01' + i % 59, 'v' || i from generate_series(1, 200) i",
    )
    lake.once()
    lake.run(
        "update p set at = '2026-02-15' where id < 20",
        "update p set v = 'w' where id > 150",
        "delete from p where id = 77",
    )
    lake.once()
    assert list(lake.state().tables) == ["p"]
    lake.assert_equal()


def test_quoted_and_unicode_names(lake: Lake) -> None:
    lake.run(
        """create table "Größe ""x""/y" ("I d" int primary key, "tenant_id" text, "ключ 's" text)""",
        """insert into "Größe ""x""/y" values (1, 'a/b=c d%', 'q'), (2, 'é', null), (3, '..', ''), (4, '', 'x')""",
    )
    lake.once()
    lake.run("""update "Größe ""x""/y" set "ключ 's" = 'neu'""", """delete from "Größe ""x""/y" where "I d" = 2""")
    lake.once()
    table = lake.table('Größe "x"/y')
    ours = lake.rows(table.name)
    assert ours == [("1", "a/b=c d%", "neu"), ("3", "..", "neu"), ("4", "", "neu")]


def test_tenants_that_are_called_like_no_tenant(lake: Lake) -> None:
    odd = ["__HIVE_DEFAULT_PARTITION__", "__hive_default_partition__", "NULL", "Null", "%4EULL", ""]
    lake.run("create table t (id int primary key, tenant_id text, v int)")
    values = ", ".join(f"({number}, '{tenant}', 0)" for number, tenant in enumerate(odd))
    lake.run(f"insert into t values {values}, (99, null, 0)")
    lake.once()
    lake.assert_equal()
    lake.run("update t set v = 1 where id in (0, 2, 99)")
    lake.once()
    lake.assert_equal()
    assert {row[1] for row in lake.rows("t")} == {*odd, None}


def test_a_huge_transaction_is_staged_in_parts(lake: Lake) -> None:
    lake.run(ORDERS)
    lake.having(buffer_bytes=200_000)
    lake.once()
    lake.run(FILL.replace("1000", "50000"), "delete from orders where id % 2 = 0")
    before = lake.state().version
    lake.once()
    lake.assert_equal()
    assert lake.state().version - before < 30


def test_two_ingesters_exclude_each_other(lake: Lake) -> None:
    lake.run(ORDERS)
    with lake.following():
        lake.wait(lambda s: s.version > 0)
        with pytest.raises(ProblemError, match=r"LW361.*process"):
            lake.once()


def test_a_dropped_slot_leads_to_a_new_load(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    with lake.sql() as connection:
        drop_slot(connection, lake.settings.slot)
    lake.run("update orders set total = 77")
    with pytest.raises(ProblemError, match=r"LW353.*resnapshot --all"):
        lake.once()
    requests.leave(lake.settings.requests, requests.Request(requests.RESNAPSHOT))
    lake.once()
    lake.assert_equal()
    assert lake.table("orders").generation == 2


def test_somebody_else_read_the_slot(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run("update orders set total = 78 where id = 5")
    with lake.sql() as connection:
        released = "select active_pid is null from pg_replication_slots where slot_name = %s"
        while not connection.execute(released, [lake.settings.slot]).fetchone()[0]:
            time.sleep(0.02)
        connection.execute("select pg_replication_slot_advance(%s, pg_current_wal_lsn())", [lake.settings.slot])
    with pytest.raises(ProblemError, match="LW355"):
        lake.once()


def test_pause_and_resume(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    with lake.following():
        lake.caught_up()
        requests.set_paused(lake.settings.requests, True)
        time.sleep(0.3)
        position = lake.state().position
        lake.run("update orders set total = 3")
        time.sleep(0.5)
        assert lake.state().position == position
        requests.set_paused(lake.settings.requests, False)
        lake.caught_up()
        lake.assert_equal()


def test_idle_sources_advance(lake: Lake) -> None:
    lake.run(ORDERS)
    with lake.following(), lake.sql() as connection:
        lake.caught_up()
        before = lake.state().position
        connection.execute("create table public.elsewhere (id int)")
        connection.execute("insert into public.elsewhere select generate_series(1, 20000)")
        lake.wait(lambda s: s.position > before + 1_000_000)


def test_hostile_server_settings(lake: Lake) -> None:
    lake.run(
        "do $$ begin execute format('alter database %I set datestyle = ''SQL, DMY''', current_database()); "
        "execute format('alter database %I set timezone = ''Asia/Kathmandu''', current_database()); "
        "execute format('alter database %I set bytea_output = ''escape''', current_database()); "
        "execute format('alter database %I set intervalstyle = ''sql_standard''', current_database()); "
        "execute format('alter database %I set extra_float_digits = -15', current_database()); end $$",
        "create table h (id int primary key, d date, t timestamptz, b bytea, i interval, f float8, x timestamptz[])",
    )
    row = "'2026-03-04', '2026-03-04 05:06:07+00', '\\x00417a', '1 year 2 days 03:04:05', 0.1, "
    row += "array['2026-03-04 00:00:00+00'::timestamptz]"
    lake.run(f"insert into h values (1, {row})")
    lake.once()
    lake.run(f"insert into h values (2, {row})")
    lake.once()
    lake.assert_equal()
    first, second = lake.rows("h")
    assert first[1:] == second[1:], "the load and the stream write the same"


# ── schema changes ──


def test_added_columns_are_never_silently_null(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run(
        "alter table orders add plain text",
        "alter table orders add filled text not null default 'it''s'",
        "alter table orders add many int default 7",
        "insert into orders (id, plain, filled) values (2000, 'p', 'f')",
    )
    lake.once()
    lake.assert_equal()
    assert lake.table("orders").generation == 1, "the catalog tells the fill value, so nothing is loaded again"
    lake.run("alter table orders add random double precision default random()")
    lake.once()
    lake.assert_equal()
    assert lake.table("orders").generation == 2, "a volatile default rewrites the table, and nothing is sent"


def test_rewrites_that_the_stream_does_not_tell(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run("alter table orders alter note type text using upper(note)", "update orders set total = 1 where id = 1")
    lake.once()
    lake.assert_equal()
    lake.run("alter table orders alter total type bigint using round(total * 100)")
    lake.once()
    lake.assert_equal()


def test_dropped_and_made_again(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run("alter table orders drop note", "update orders set total = 3 where id = 3")
    lake.once()
    kept = lake.table("orders").schema.column("note")
    assert kept is not None
    assert kept.dropped
    lake.assert_equal()
    lake.run("alter table orders add note text", "update orders set note = 'new' where id < 5")
    lake.once()
    lake.assert_equal()


def test_renamed_columns_keep_their_values(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run("alter table orders rename note to remark", "update orders set total = 3 where id = 3")
    lake.once()
    lake.assert_equal()
    assert lake.table("orders").generation == 1


def test_stop_keeps_collecting_until_somebody_accepts(lake: Lake) -> None:
    lake.run(ORDERS, FILL, "create table other (id int primary key)")
    lake.having(on_change=OnChange())
    lake.once()
    lake.run(
        "alter table orders rename note to remark",
        "update orders set total = 8 where id = 3",
        "insert into other values (1)",
    )
    lake.once()
    table = lake.table("orders")
    assert table.status == "stopped"
    assert "note renamed to remark" in table.stop_reason
    lake.assert_equal("other")
    requests.leave(lake.settings.requests, requests.Request(requests.RESUME, "orders"))
    lake.once()
    lake.assert_equal()


def test_a_new_primary_key(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run(
        "alter table orders drop constraint orders_pkey",
        "alter table orders add column code text",
        "alter table orders add primary key (id, tenant_id)",
        "update orders set total = 4 where id = 3",
        "delete from orders where id = 4",
    )
    lake.once()
    lake.assert_equal()
    assert lake.table("orders").key == ("id", "tenant_id")


def test_tables_dropped_and_made_again(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    lake.once()
    lake.run("drop table orders", ORDERS, "insert into orders values (1, 1, 'again', 1)")
    lake.once()
    lake.assert_equal()


def test_names_that_collide_are_refused(lake: Lake) -> None:
    lake.run("create table c (id int primary key, op text)")
    with pytest.raises(LakewrightError, match="LW320"):
        lake.once()


def test_names_that_collide_do_not_hold_the_others(lake: Lake) -> None:
    lake.run(ORDERS, FILL, "create table tog (id int primary key)", "insert into tog values (1)")
    lake.once()
    with lake.following():
        lake.run('create table "Tog" (id int primary key)', 'create table c (id int primary key, "A" int, a int)')
        lake.run('alter table orders add column "Note" text', "insert into tog values (2)")
        lake.wait(
            lambda state: {"public.Tog", "c"} <= state.tables.keys() and state.tables["orders"].status == "stopped"
        )
        lake.run("insert into orders (id, tenant_id) values (100001, 1)", "insert into tog values (3)")
        lake.caught_up()
    lake.assert_equal("tog")
    reasons = {name: table.stop_reason for name, table in lake.state().tables.items()}
    assert [reasons[name][:5] for name in ("public.Tog", "c", "orders")] == ["LW318", "LW320", "LW320"]
    lake.run(
        'drop table "Tog"', "alter table c drop a", 'alter table orders drop "Note"', "insert into c values (1, 2)"
    )
    lake.once()
    lake.assert_equal("tog", "c", "orders")
    assert "public.Tog" not in lake.state().tables


def test_a_shape_that_could_not_be_taken_for_a_while_is_loaded_anew(lake: Lake) -> None:
    lake.run("create table c (id int primary key, a int)", "insert into c values (1, 1)")
    lake.once()
    lake.run('alter table c add "A" int', "insert into c values (2, 2, 2)", 'alter table c drop "A"')
    lake.once()
    lake.assert_equal()


def test_a_table_that_went_can_be_accepted(lake: Lake) -> None:
    lake.run(ORDERS, FILL, "create table child (id int primary key)")
    lake.once()
    lake.run("drop table child")
    lake.once()
    requests.leave(lake.settings.requests, requests.Request(requests.RESUME, "child"))
    lake.once()
    lake.once()
    [child] = [table for table in read_status(lake.settings, lake.storage).tables if table.name == "child"]
    assert (child.status, child.left, "accepted" in child.reason) == ("stopped", "accepted", True)
    lake.run("create table child (id int primary key)", "insert into child values (7)")
    lake.once()
    lake.assert_equal()


def test_mapping_transforms_load_and_stream_alike(lake: Lake) -> None:
    lake.run(ORDERS, FILL)
    rules = TableMapping.from_patterns(["public.orders"])
    text = rules.to_json().replace(
        '"rules": [',
        '"rules": [{"rule-type": "transformation", "rule-id": "9", "rule-name": "r", "rule-target": "column", '
        '"object-locator": {"schema-name": "public", "table-name": "orders", "column-name": "note"}, '
        '"rule-action": "remove-column"},',
        1,
    )
    lake.settings = replace(lake.settings, mapping=TableMapping.parse(text))
    lake.once()
    lake.run("update orders set total = 5 where id < 10", "insert into orders values (5000, 1, 'secret', 1)")
    lake.once()
    assert [column.name for column in lake.table("orders").schema.columns] == ["id", "tenant_id", "total"]
    lake.assert_equal()
