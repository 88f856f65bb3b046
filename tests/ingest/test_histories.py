"""Generated histories of DDL and DML: whatever happened to a table, Bronze ends up as the source is.

A history is a list of numbers; each is read against what the table looks like at that moment.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakewright.ingest.sources.postgres import backlog
from lakewright.ingest.sources.postgres.slot import drop_slot
from tests.ingest.support import Lake

EXAMPLES = int(os.environ.get("LAKEWRIGHT_HISTORIES", "100"))
TYPES = ("int", "bigint", "text", "varchar(20)", "numeric(12,2)", "numeric", "timestamptz", "date", "boolean", "jsonb")
VALUES = {
    "int": ("1", "-7", "null"),
    "bigint": ("2000000000", "null"),
    "text": ("'t'", "''", "null", "repeat('long', 3000)"),
    "varchar(20)": ("'v'", "null"),
    "numeric(12,2)": ("1.25", "-3", "null"),
    "numeric": ("1.000000000000000000001", "'NaN'", "null"),
    "timestamptz": ("'2026-01-02 03:04:05.678+00'", "'infinity'", "null"),
    "date": ("'2026-02-03'", "null"),
    "boolean": ("true", "null"),
    "jsonb": ("'{\"a\": 1}'", "null"),
}
CHANGES = {
    "int": ("bigint", "text", "numeric"),
    "bigint": ("text", "numeric(12,2)"),
    "text": ("varchar(20) using left({0}, 5)", "text using coalesce(upper({0}), 'was null')"),
    "varchar(20)": ("text", "varchar(40)"),
    "numeric(12,2)": ("numeric(14,2)", "numeric(12,1)", "text"),
    "numeric": ("text",),
    "timestamptz": ("text", "date"),
    "date": ("timestamp", "text"),
    "boolean": ("text", "int using {0}::int"),
    "jsonb": ("text", "json"),
}

SHORT = {"character varying(20)": "varchar(20)", "timestamp with time zone": "timestamptz", "integer": "int"}

Step = tuple[int, int, int]
CHUNKS = st.sampled_from([None, 5_000, 200_000])
STEPS = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 50), st.integers(0, 50)), min_size=3, max_size=25)


class History:
    """Turns steps into SQL that fits the table as it is."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.number = 0

    def columns(self) -> list[tuple[str, str]]:
        return self.connection.execute(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'public.t'::regclass and attnum > 0 and not attisdropped "
            "and attname not in ('id', 'tenant_id') order by attnum"
        ).fetchall()

    def sql(self, step: Step) -> list[str]:
        what, a, b = step
        columns = self.columns()
        name, kind = columns[a % len(columns)] if columns else ("", "")
        kind = {
            "character varying(20)": "varchar(20)",
            "timestamp with time zone": "timestamptz",
            "integer": "int",
        }.get(kind, kind)
        self.number += 1
        match what:
            case n if n < 25:
                chosen = [(c, k) for i, (c, k) in enumerate(columns) if (b >> (i % 5)) & 1]
                names = "".join(f', "{c}"' for c, _ in chosen)
                values = "".join(f", {self.value(k, a + i)}" for i, (_, k) in enumerate(chosen))
                return [f"insert into t (id, tenant_id{names}) values ({1000 + self.number}, {b % 3}{values})"]
            case n if n < 45 and name:
                return [f'update t set "{name}" = {self.value(kind, b)} where id % 4 = {b % 4}']
            case n if n < 52:
                return [f"delete from t where id % 9 = {a % 9}"]
            case n if n < 57:
                return [f"update t set id = -id where id % 7 = {a % 7}"]
            case n if n < 59:
                return ["truncate t"]
            case n if n < 70:
                new = TYPES[a % len(TYPES)]
                default = ("", f"default {VALUES[new][b % len(VALUES[new])]}", self.volatile(new))[b % 3]
                return [f'alter table t add "c{self.number}" {new} {default}']
            case n if n < 76 and name:
                return [f'alter table t drop "{name}"']
            case n if n < 82 and name:
                return [f'alter table t rename "{name}" to "r{self.number}"']
            case n if n < 90 and name and kind in CHANGES:
                new = CHANGES[kind][b % len(CHANGES[kind])].format(f'"{name}"')
                return [f'alter table t alter "{name}" type {new}']
            case n if n < 92:
                return ["vacuum full t"]
            case n if n < 94 and name:
                return [f'alter table t drop "{name}"', f'alter table t add "{name}" {TYPES[b % len(TYPES)]}']
            case n if n < 97 and name:
                return [
                    "begin",
                    f"update t set tenant_id = {b} where id % 3 = 0",
                    f'alter table t alter "{name}" drop default',
                    f'alter table t add "x{self.number}" int default {b}',
                    f'update t set "x{self.number}" = 3 where id % 5 = 1',
                    ("commit", "rollback")[b % 2],
                ]
        return [f"update t set tenant_id = {b % 3} where id % 5 = {a % 5}"]

    @staticmethod
    def value(kind: str, choice: int) -> str:
        values = VALUES.get(kind, ("null",))
        return values[choice % len(values)]

    @staticmethod
    def volatile(kind: str) -> str:
        made = {"int": "(random() * 1000)::int", "text": "md5(random()::text)", "timestamptz": "clock_timestamp()"}
        return f"default {made[kind]}" if kind in made else ""

    def play(self, step: Step) -> None:
        for statement in self.sql(step):
            try:
                self.connection.execute(statement)
            except psycopg.errors.DatabaseError:  # does not fit (a value too long, a duplicate): another history then
                if statement != "rollback":
                    self.connection.execute("rollback")


def check(dsn: str, steps: list[Step], live: bool, chunk: int | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if chunk is not None:  # else what waits is far too little to be asked for in chunks
            patch.setattr(backlog, "BACKLOG_BYTES", 1)
            patch.setattr(backlog, "CHUNK_BYTES", chunk)
        check_history(dsn, steps, live)


def check_history(dsn: str, steps: list[Step], live: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(dsn, Path(folder), source=f"h{secrets.token_hex(5)}", retained_wal_limit=10**12)
        lake.run(
            "drop table if exists t",
            "create table t (id int primary key, tenant_id int, a text, b int, c numeric(12,2))",
            "alter table t alter a set storage external",
            "insert into t select i, i % 3, case when i % 6 = 0 then repeat('z', 9000) else 'a' || i end, i, i / 3.0 "
            "from generate_series(1, 60) i",
        )
        try:
            lake.once()
            (play_live if live else play_between)(lake, steps)
            lake.once()
            lake.assert_equal("t")
        finally:
            with lake.sql() as connection:
                drop_slot(connection, lake.settings.slot)
                connection.execute(f"drop publication if exists {lake.settings.slot}")


def play_between(lake: Lake, steps: list[Step]) -> None:
    with lake.sql() as connection:
        history = History(connection)
        for number, step in enumerate(steps):
            history.play(step)
            if number % 4 == 3:
                lake.once()


def play_live(lake: Lake, steps: list[Step]) -> None:
    with lake.following(), lake.sql() as connection:
        history = History(connection)
        for step in steps:
            history.play(step)


def fuzz(examples: int) -> Callable[[Any], Any]:
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=quiet, print_blob=True)


@fuzz(4)
@given(steps=STEPS, live=st.booleans(), chunk=CHUNKS)
def test_some_histories(database: str, steps: list[Step], live: bool, chunk: int | None) -> None:
    check(database, steps, live, chunk)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@fuzz(EXAMPLES)
@given(steps=STEPS, live=st.booleans(), chunk=CHUNKS)
def test_many_histories(database: str, steps: list[Step], live: bool, chunk: int | None) -> None:
    check(database, steps, live, chunk)
