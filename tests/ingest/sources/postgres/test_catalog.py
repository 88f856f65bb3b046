"""The catalog as PostgreSQL tells it: every expectation is what a person declared in the DDL above it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from lakewright.ingest.sources.postgres.catalog import Connection, SourceTable, read_catalog, read_domains


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def everything(connection: Connection) -> dict[str, SourceTable]:
    return {table.label: table for table in read_catalog(connection, lambda schema, name: True)}


def test_columns_with_domains_enums_arrays_and_generated_ones(connection: Connection) -> None:
    connection.execute(
        """
        create domain money_amount as numeric(12, 2);
        create domain price as money_amount not null check (value >= 0);
        create type mood as enum ('sad', 'happy');
        create table thing (
          id bigint generated always as identity primary key, gone int, amount price, free numeric, feeling mood,
          tags text[], doubled bigint generated always as (id * 2) stored, code char(3), at timestamptz(3));
        alter table thing drop column gone;
        """
    )
    table = everything(connection)["public.thing"]
    facts = {c.name: (c.oid, c.typmod, c.type_name, c.nullable, c.generated, c.enum) for c in table.columns}
    mood = connection.execute("select 'mood'::regtype::oid::bigint").fetchone()[0]  # type: ignore[index]
    assert facts == {
        "id": (20, -1, "bigint", False, False, False),
        "amount": (1700, (12 << 16 | 2) + 4, "price", False, False, False),
        "free": (1700, -1, "numeric", True, False, False),
        "feeling": (mood, -1, "mood", True, False, True),
        "tags": (1009, -1, "text[]", True, False, False),
        "doubled": (20, -1, "bigint", True, True, False),
        "code": (1042, 7, "character(3)", True, False, False),
        "at": (1184, 3, "timestamp(3) with time zone", True, False, False),
    }
    assert table.primary_key == table.key == ("id",)
    assert read_domains(connection)[table.column("amount").declared_oid] == (1700, (12 << 16 | 2) + 4)


def test_columns_keep_their_number_and_know_what_older_rows_hold(connection: Connection) -> None:
    connection.execute("create table grown (id int primary key, gone int); insert into grown values (1)")
    connection.execute("alter table grown drop column gone, add column note text default E'a \"b\", {c}\\\\'")
    connection.execute("alter table grown add column plain text; alter table grown rename column id to key")
    (table,) = everything(connection).values()
    stored = connection.execute("select note from grown").fetchone()
    assert [(c.name, c.number) for c in table.columns] == [("key", 1), ("note", 3), ("plain", 4)]
    assert [c.fill for c in table.columns] == [None, *stored, None]  # type: ignore[misc]


def test_replica_identity_decides_the_key(connection: Connection) -> None:
    connection.execute(
        """
        create table by_key (b int, a int, x text, primary key (a, b));
        create table by_index (a int not null, b int not null, x text, primary key (a));
        create unique index chosen on by_index (b) include (x);
        alter table by_index replica identity using index chosen;
        create table whole (a int primary key, b text); alter table whole replica identity full;
        create table nothing (a int primary key); alter table nothing replica identity nothing;
        create table keyless (a int);
        create table deferred (a int primary key deferrable);
        create table empty ();
        """
    )
    tables = everything(connection)
    found = {t.name: (t.replica_identity, t.key, t.primary_key) for t in tables.values()}
    assert found == {
        "by_key": ("default", ("a", "b"), ("a", "b")),
        "by_index": ("index", ("b",), ("a",)),
        "whole": ("full", ("a", "b"), ("a",)),
        "nothing": ("nothing", (), ("a",)),
        "keyless": ("default", (), ()),
        "deferred": ("default", (), ("a",)),
        "empty": ("default", (), ()),
    }


def test_a_deferrable_primary_key_is_no_replica_identity_to_postgresql_either(connection: Connection) -> None:
    connection.execute("create table deferred (a int primary key deferrable); create publication p for all tables")
    connection.execute("insert into deferred values (1)")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="replica identity"):
        connection.execute("delete from deferred")


def test_partitioned_tables_show_their_root_only(connection: Connection) -> None:
    connection.execute(
        """
        create table part (id int, day date, primary key (id, day)) partition by range (day);
        create table part_2025 partition of part for values from ('2025-01-01') to ('2026-01-01')
          partition by list (id);
        create table part_2025_1 partition of part_2025 for values in (1, 2, 3);
        create table part_rest partition of part default;
        insert into part select n, '2025-05-05' from generate_series(1, 3) n;
        insert into part select n, '2030-05-05' from generate_series(1, 5000) n;
        analyze part;
        create table parent (id int primary key); create table child () inherits (parent);
        insert into parent values (1); insert into child values (2);
        """
    )
    tables = everything(connection)
    assert {name: t.partitioned for name, t in tables.items()} == {
        "public.part": True,
        "public.parent": False,
        "public.child": False,
    }
    part = tables["public.part"]
    assert (part.rows_estimate, part.key) == (5003, ("id", "day"))
    assert part.bytes >= 2 * 8192
    counts = {t.name: connection.execute(f"select count(*) from {t.relation}").fetchone() for t in tables.values()}
    assert counts == {"part": (5003,), "parent": (1,), "child": (1,)}


def test_what_cannot_stream_is_not_there(connection: Connection) -> None:
    connection.execute(
        """
        create view v as select 1 as a; create materialized view m as select 1 as a;
        create unlogged table u (a int); create temporary table t (a int); create sequence s;
        """
    )
    assert everything(connection) == {}


def test_names_may_be_anything(connection: Connection) -> None:
    connection.execute(
        'create schema "Ünï ""x"; create table "Ünï ""x"."a.b%\'--" ("select" int, "日本 ""q" text)', None
    )
    (table,) = read_catalog(connection, lambda schema, name: name.startswith("a.b"))
    assert (table.schema, table.name) == ('Ünï "x', "a.b%'--")
    assert [c.name for c in table.columns] == ["select", '日本 "q']
    assert connection.execute(f"select count(*) from {table.relation}").fetchone() == (0,)


def test_it_needs_no_privilege_on_the_tables(connection: Connection, database: str) -> None:
    role = f"nobody_{database[-8:]}"
    connection.execute(
        f"create table secret (id int primary key); revoke all on secret from public; create role {role}"
    )
    try:
        connection.execute(f"set role {role}")
        assert [t.name for t in read_catalog(connection, lambda schema, name: True)] == ["secret"]
    finally:
        connection.execute(f"reset role; drop role {role}")


def test_sixteen_hundred_columns_and_a_thousand_tables(connection: Connection) -> None:
    wide = ", ".join(f"c{n} int2" for n in range(1600))
    connection.execute(f"create table wide ({wide})")
    for number in range(999):
        connection.execute(f"create table many_{number} (id int primary key)")
    tables = everything(connection)
    assert len(tables) == 1000
    assert len(tables["public.wide"].columns) == 1600
