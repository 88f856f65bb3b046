"""Each prerequisite broken, found, and gone once its printed fix was run by a superuser."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.sources.postgres.findings import Finding
from lakewright.ingest.sources.postgres.prerequisites import Plan, check_source
from lakewright.ingest.sources.postgres.server_checks import is_remote, pooled
from lakewright.rehearse import postgres as embedded

DOUBLE = "twice bigint generated always as (a * 2) stored"
PLAN = Plan("lw_pub", "lw_slot")


@dataclass
class Source:
    """A database with a superuser (`dsn`) and the role that is to replicate."""

    dsn: str
    role: str

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(sql.SQL(statement))  # type: ignore[arg-type]

    def check(self, *patterns: str, plan: Plan = PLAN, mapping: TableMapping | None = None) -> list[Finding]:
        chosen = mapping or TableMapping.from_patterns(patterns or ["public.*"])
        with psycopg.connect(make_conninfo(self.dsn, user=self.role)) as connection:
            return check_source(connection, chosen, plan)

    def one(self, code: str, *patterns: str, plan: Plan = PLAN) -> Finding:
        """The only finding of that code."""
        (found,) = [finding for finding in self.check(*patterns, plan=plan) if finding.code == code]
        return found

    def is_fixed(self, code: str, *patterns: str, plan: Plan = PLAN) -> None:
        """Runs the finding's fix, one statement at a time as psql does, and sees the finding gone."""
        found = self.one(code, *patterns, plan=plan)
        assert found.fix
        self.run(*filter(None, (part.strip() for part in found.fix.split(";"))))
        assert code not in [finding.code for finding in self.check(*patterns, plan=plan)]

    def errors(self, *patterns: str) -> list[str]:
        return [str(finding) for finding in self.check(*patterns) if finding.severity == "error"]


@pytest.fixture
def source(database: str) -> Iterator[Source]:
    """Everything is right here, for a role that owns nothing."""
    role = f"lw_{secrets.token_hex(4)}"
    found = Source(database, role)
    found.run(
        f"create role {role} login replication",
        "create table thing (id bigint primary key, tenant_id bigint, note text)",
        f"grant select on thing to {role}",
        "create publication lw_pub for table only thing with (publish_via_partition_root = true)",
    )
    yield found
    found.run(f"drop owned by {role}", f"drop role {role}")


def test_a_good_source_has_no_errors(source: Source) -> None:
    assert source.errors() == []


def test_role_without_replication(source: Source) -> None:
    source.run(f"alter role {source.role} noreplication")
    source.is_fixed("LW214")
    assert source.errors() == []


def test_a_managed_role_replicates_by_membership(source: Source) -> None:
    source.run(f"alter role {source.role} noreplication", "create role rds_replication")
    try:
        assert "GRANT rds_replication" in source.one("LW214").fix
        source.is_fixed("LW214")
    finally:
        source.run("drop role rds_replication")


def test_tables_and_columns_that_the_role_may_not_read(source: Source) -> None:
    source.run(f"revoke select on thing from {source.role}")
    assert "may not read it" in source.one("LW215").fact
    source.run(f"grant select (id, note) on thing to {source.role}")
    assert "may not read tenant_id" in source.one("LW215").fact
    source.is_fixed("LW215")


def test_a_column_that_the_mapping_removes_needs_no_privilege(source: Source) -> None:
    source.run(f"revoke select on thing from {source.role}", f"grant select (id, note) on thing to {source.role}")
    mapping = TableMapping.parse(
        """{"rules": [
          {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include",
           "object-locator": {"schema-name": "public", "table-name": "%"}},
          {"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-action": "remove-column",
           "rule-target": "column",
           "object-locator": {"schema-name": "%", "table-name": "%", "column-name": "tenant[_]id"}}]}"""
    )
    assert [f for f in source.check(mapping=mapping) if f.severity == "error"] == []


def test_schema_without_usage(source: Source) -> None:
    source.run('create schema "S ""1"', 'create table "S ""1".t (id int primary key)')
    source.run(f'grant select on all tables in schema "S ""1" to {source.role}')
    source.run('alter publication lw_pub add table "S ""1".t')
    source.is_fixed("LW216", 'S "1.*')
    assert source.errors('S "1.*') == []


def test_no_publication_and_no_right_to_make_it(source: Source) -> None:
    plan = Plan("other_pub", "lw_slot")
    found = source.one("LW217", plan=plan)
    assert "has no CREATE on the database" in found.fact
    assert "does not own public.thing" in found.fact
    source.is_fixed("LW217", plan=plan)
    source.run(f"grant create on database {source.dsn.rpartition('=')[2]} to {source.role}")
    source.run(f"alter table thing owner to {source.role}")
    assert "LW217" not in [f.code for f in source.check(plan=Plan("third_pub", "lw_slot"))]
    source.run(f"alter role {source.role} set default_transaction_read_only = on")
    assert "read-only" in source.one("LW217", plan=Plan("third_pub", "lw_slot")).fact


@pytest.mark.parametrize("publication", ["lw_pub", "other_pub"])
def test_a_table_is_published_after_it_has_an_identity(source: Source, publication: str) -> None:
    source.run("create table bad (a int)", f"grant select on bad to {source.role}")
    fixes = [finding.fix for finding in source.check(plan=Plan(publication, "lw_slot")) if finding.severity == "error"]
    assert [("IDENTITY" in fix, "PUBLICATION" in fix) for fix in fixes] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    "broken",
    [
        "alter publication lw_pub drop table thing",
        "alter publication lw_pub set table thing where (id > 0)",
        "alter publication lw_pub set table thing (id, note)",
        "alter publication lw_pub set (publish = 'insert, update')",
    ],
)
def test_a_publication_that_lacks_changes(source: Source, broken: str) -> None:
    source.run(broken)
    source.is_fixed("LW218")
    assert source.errors() == []


def test_a_publication_of_all_tables_serves(source: Source) -> None:
    source.run("drop publication lw_pub", "create publication lw_pub for all tables")
    assert source.errors() == []


@pytest.mark.parametrize(
    ("code", "ddl"),
    [
        ("LW220", "create table bad (a int, b text)"),
        ("LW221", "create table bad (a int primary key); alter table bad replica identity nothing"),
        ("LW221", "create table bad (a int); alter table bad replica identity nothing"),
        ("LW222", "create table bad (a int primary key deferrable)"),
        ("LW241", f"create table bad (a int primary key, {DOUBLE}); alter table bad replica identity full"),
    ],
)
def test_tables_whose_rows_cannot_be_named(
    source: Source, postgres: embedded.PostgresServer, code: str, ddl: str
) -> None:
    """PostgreSQL would refuse updates of such tables once they are published; after the fix it takes them."""
    if code == "LW241" and postgres.binaries.major < 18:
        pytest.skip("before PostgreSQL 18 such updates are taken")
    source.run(*ddl.split(";"), f"grant select on bad to {source.role}", "alter publication lw_pub add table bad")
    source.run("insert into bad (a) values (1)")
    with pytest.raises((psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.InvalidColumnReference)):
        source.run("update bad set a = 2")
    source.is_fixed(code)
    source.run("update bad set a = 3")
    assert source.errors() == []


@pytest.mark.parametrize(
    ("code", "columns"),
    [("LW220", "a int"), ("LW222", "a int primary key deferrable"), ("LW240", "primary key (twice)")],
)
def test_no_fix_is_printed_that_would_not_help(
    source: Source, postgres: embedded.PostgresServer, code: str, columns: str
) -> None:
    if postgres.binaries.major < 18:
        pytest.skip("before PostgreSQL 18 a full replica identity helps")
    source.run(f"create table bad ({'a int, ' if code == 'LW240' else ''}{columns}, {DOUBLE})")
    found = source.one(code)
    assert (found.severity, found.fix) == ("error", "")
    source.run("alter publication lw_pub add table bad", "alter table bad replica identity full")
    with pytest.raises(psycopg.errors.InvalidColumnReference, match="generated"):
        source.run("insert into bad (a) values (1)", "update bad set a = 2")


def test_keyless_tables_are_warned_of(source: Source) -> None:
    source.run("create table bad (a int)", "alter table bad replica identity full")
    assert source.one("LW223").severity == "warn"


def test_what_has_no_changes_to_follow(source: Source) -> None:
    source.run("create view v as select 1 as a", "create unlogged table u (a int primary key)")
    assert [(f.table, f.severity) for f in source.check() if f.code == "LW226"] == [
        ("public.u", "info"),
        ("public.v", "info"),
    ]
    assert source.one("LW226", "public.v", "public.thing").severity == "error"
    source.is_fixed("LW226", "public.u")


def partitioned(source: Source) -> None:
    source.run(
        "create table p (id int primary key) partition by range (id)",
        "create table p1 partition of p for values from (0) to (100)",
        f"grant select on p, p1 to {source.role}",
        "alter publication lw_pub add table p",
    )


def test_partitions_are_replicated_through_their_root(source: Source) -> None:
    partitioned(source)
    assert source.errors() == []
    assert source.one("LW224", "public.p1", "public.thing").then == "select public.p"
    source.run("alter publication lw_pub set (publish_via_partition_root = false)")
    source.is_fixed("LW218")


def test_a_partition_with_another_replica_identity(source: Source) -> None:
    partitioned(source)
    source.run("alter table p1 replica identity nothing")
    assert source.one("LW225").table == "public.p1"
    source.is_fixed("LW225")


def test_an_unlogged_partition(source: Source) -> None:
    partitioned(source)
    source.run("create unlogged table p2 partition of p for values from (100) to (200)")
    assert source.one("LW226").table == "public.p2"
    source.is_fixed("LW226")


def test_row_level_security_that_would_hide_rows(source: Source) -> None:
    source.run("alter table thing enable row level security", "insert into thing values (1)")
    with psycopg.connect(make_conninfo(source.dsn, user=source.role)) as connection:
        assert connection.execute("select count(*) from thing").fetchone() == (0,)
    source.is_fixed("LW234")
    with psycopg.connect(make_conninfo(source.dsn, user=source.role)) as connection:
        assert connection.execute("select count(*) from thing").fetchone() == (1,)


def test_slots_that_are_not_ours_or_in_use(source: Source) -> None:
    source.run("select pg_create_physical_replication_slot('lw_slot')")
    source.is_fixed("LW219")
    source.run("select pg_create_logical_replication_slot('lw_slot', 'pgoutput')")
    assert "LW219" not in [finding.code for finding in source.check()]


def test_columns_that_come_as_text_or_not_at_all(source: Source) -> None:
    source.run("alter table thing add n numeric, add big numeric(50, 2), add tags text[]")
    source.run("alter table thing add twice bigint generated always as (id * 2) stored")
    facts = [f.fact for f in source.check() if f.severity == "info" and f.table == "public.thing"]
    assert "generated columns are not sent: twice" in facts
    assert "numeric without a precision of at most 38 digits is kept as exact text: n, big" in facts
    assert "kept as PostgreSQL's text: tags (text[])" in facts


def test_tenants(source: Source) -> None:
    source.run("create table plain (id int primary key)")
    assert [f.table for f in source.check(plan=Plan("lw_pub", "lw_slot", "tenant_id")) if f.code == "LW230"] == [
        "public.plain"
    ]
    wrong = source.one("LW230", plan=Plan("lw_pub", "lw_slot", "tenant"))
    assert (wrong.severity, wrong.table) == ("error", "")


def test_selections_that_match_nothing(source: Source) -> None:
    assert source.one("LW237", "public.nothing").severity == "error"
    assert source.one("LW237", "public.thing", "public.typo_*").severity == "warn"
    assert source.one("LW237", "public.thing", "public.typo").severity == "error"


def test_rules_that_do_not_fit_are_findings_too(source: Source) -> None:
    source.run('create table odd (id int primary key, "Op" text)', "create schema other")
    source.run("create table other.thing (id int primary key)")
    found = {f.code: f for f in source.check("public.*", "other.*")}
    assert (found["LW320"].table, found["LW320"].severity) == ("public.odd", "error")
    assert 'other.thing and public.thing would both be "thing"' in found["LW318"].fact


def test_filters_on_tables_with_large_values(source: Source) -> None:
    condition = '{"filter-operator": "gte", "value": "1"}'
    mapping = TableMapping.parse(
        '{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include", '
        '"object-locator": {"schema-name": "public", "table-name": "thing"}, "filters": [{"filter-type": "source", '
        f'"column-name": "id", "filter-conditions": [{condition}]}}]}}]}}'
    )
    (found,) = [f for f in source.check(mapping=mapping) if f.code == "LW239"]
    source.run(found.fix)
    assert "LW239" not in [f.code for f in source.check(mapping=mapping)]


def test_a_server_that_is_not_set_up() -> None:
    settings = {"wal_level": "replica", "max_replication_slots": "1", "max_wal_senders": "1"}
    with embedded.running({**settings, "wal_sender_timeout": "2s"}) as server:
        source = Source(server.dsn(), server.user)
        source.run("create table thing (id int primary key)")
        found = {finding.code: finding for finding in source.check()}
        assert {"LW211", "LW212", "LW213", "LW229", "LW235"} <= set(found)
        for code in ("LW211", "LW212", "LW213", "LW229", "LW235"):
            source.run(*filter(None, (part.strip() for part in found[code].fix.split(";"))))
        server.restart()
        assert {f.code for f in source.check()} & {"LW211", "LW212", "LW213", "LW229", "LW235"} == set()


def test_a_lost_slot() -> None:
    settings = {"max_slot_wal_keep_size": "1MB", "max_wal_size": "32MB", "wal_keep_size": "0"}
    with embedded.running(settings) as server:
        source = Source(server.dsn(), server.user)
        source.run("create table thing (id int primary key)")
        source.run("select pg_create_logical_replication_slot('lw_slot', 'pgoutput')")
        for _ in range(4):
            source.run("select pg_switch_wal()", "create table x (a int)", "drop table x", "checkpoint")
        assert "is lost" in source.one("LW219").fact
        source.is_fixed("LW219")


def test_poolers_and_remote_addresses() -> None:
    assert pooled(4711, 815)
    assert not pooled(815, 815)
    assert [is_remote(a) for a in (None, "127.0.0.1/32", "::1/128", "10.0.0.7/32", "2001:db8::1/128")] == [
        False, False, False, True, True,
    ]  # fmt: skip


def test_a_finding_reads_well() -> None:
    found = Finding("error", "LW220", "public.t", "it has no key", "ALTER TABLE t;", "better: add one")
    assert str(found) == "error LW220 public.t: it has no key\n    run: ALTER TABLE t;\n    then: better: add one"
    assert str(Finding("warn", "LW233", "", "open", then="add sslmode")) == "warn LW233 open\n    do: add sslmode"
