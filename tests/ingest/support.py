"""An ingester over an embedded PostgreSQL, and the comparison of Bronze with the source that all tests end in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.reader import latest_sql
from lakewright.bronze.state import BronzeState, BronzeTable
from lakewright.ingest.ingester import Ingester
from lakewright.ingest.mappings import TableMapping
from lakewright.ingest.settings import IngestSettings, OnChange
from lakewright.ingest.sources.postgres.types import session_options
from lakewright.observe import Event
from lakewright.storage import Storage, open_storage

ACCEPT = OnChange("accept", "keep", "accept", "accept")


class Lake:
    """One source, its ingester's settings and its Bronze."""

    def __init__(self, dsn: str, folder: Path, **options: Any) -> None:
        self.dsn = dsn
        self.events: list[Event] = []
        self.running: Callable[[], bool] = lambda: False
        self.storage: Storage = open_storage(str(folder / "lake"))
        fixed = {
            "source": "shop_" + dsn.rsplit("test_", 1)[-1],
            "conninfo": lambda: dsn,
            "mapping": TableMapping.from_patterns(["public.*"]),
            "state_dir": folder / "state",
            "tenant": "tenant_id",
            "on_change": ACCEPT,
            "flush_seconds": 0.05,
            "check_seconds": 0.1,
            "roll_seconds": 1.0,
            "idle_seconds": 0.2,
            "grace_seconds": 20.0,
        }
        self.settings = IngestSettings(**{**fixed, **options})

    def having(self, **options: Any) -> Lake:
        self.settings = replace(self.settings, **options)
        return self

    @contextmanager
    def sql(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.dsn, autocommit=True, options=session_options()) as connection:
            connection.execute("set search_path = public")
            yield connection

    def run(self, *statements: str) -> None:
        with self.sql() as connection:
            for statement in statements:
                connection.execute(statement)

    def ingester(self) -> Ingester:
        return Ingester(self.settings, self.storage, self.events.append)

    def once(self) -> BronzeState:
        return self.ingester().once()

    @contextmanager
    def following(self) -> Iterator[Lake]:
        stop = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                self.ingester().follow(stop)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        self.running = thread.is_alive
        try:
            yield self
        finally:
            stop.set()
            thread.join()
        if failures:
            raise failures[0]

    def state(self) -> BronzeState:
        return Manifest(self.storage, self.settings.source).load()

    def table(self, name: str) -> BronzeTable:
        return self.state().tables[name]

    def wait(self, condition: Callable[[BronzeState], bool], seconds: float = 30.0) -> BronzeState:
        manifest = Manifest(self.storage, self.settings.source)
        deadline = time.monotonic() + seconds
        while not condition(state := manifest.load()):
            assert time.monotonic() < deadline, f"not reached: {state}"
            time.sleep(0.02)
        return state

    def caught_up(self, seconds: float = 30.0) -> BronzeState:
        with self.sql() as connection:
            end = _number(connection.execute("select pg_current_wal_flush_lsn()::text").fetchone()[0])
        return self.wait(lambda s: s.position >= end and all(t.load is None for t in s.tables.values()), seconds)

    def rows(self, name: str, *, before: int | None = None) -> list[tuple[Any, ...]]:
        """Bronze's current rows, each value as text, sorted."""
        table = self.table(name)
        columns = [column for column in table.schema.columns if not column.dropped]
        texts = ", ".join(_text(column.name, column.type) for column in columns)
        sql = latest_sql(self.storage, table, before=before)
        with duckdb.connect() as read:
            read.execute("set timezone = 'UTC'")
            return sorted(read.execute(f"select {texts} from ({sql})").fetchall(), key=repr)

    def source_rows(self, name: str) -> list[tuple[Any, ...]]:
        """The source's rows in the same form, as PostgreSQL itself prints them."""
        table = self.table(name)
        columns = [column for column in table.schema.columns if not column.dropped]
        texts = ", ".join(_source_text(column.name, column.type) for column in columns)
        with self.sql() as connection:
            return sorted(connection.execute(f"select {texts} from {table.source}").fetchall(), key=repr)

    def assert_equal(self, *names: str) -> None:
        state = self.state()
        for name in names or state.tables:
            assert state.tables[name].status == "streaming", state.tables[name]
            ours, theirs = self.rows(name), self.source_rows(name)
            assert len(ours) == len(theirs), (name, len(ours), len(theirs))
            pairs = zip(ours, theirs, strict=True)  # compared as text: NaN is not equal to itself
            assert repr(ours) == repr(theirs), [pair for pair in pairs if pair[0] != pair[1]][:3]
        self.assert_files()

    def assert_files(self) -> None:
        """The manifest names each file once, and every one is there."""
        paths = [file.path for table in self.state().tables.values() for file in table.files]
        assert len(paths) == len(set(paths))
        assert [path for path in paths if not self.storage.exists(path)] == []


def _number(text: str) -> int:
    high, low = text.split("/")
    return (int(high, 16) << 32) | int(low, 16)


def _text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    special = f"\"_special\"['{name.replace(chr(39), chr(39) * 2)}']"
    match kind:
        case "binary":
            return f"'\\x' || lower(hex({quoted}))"
        case "timestamp":
            return f"coalesce(strftime({quoted} at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%f'), {special})"
        case "timestamp_ntz":
            return f"coalesce(strftime({quoted}, '%Y-%m-%d %H:%M:%S.%f'), {special})"
        case "float" | "double":
            return f"{quoted}::double"
        case _:
            return f"coalesce({quoted}::varchar, {special})"


KNOWN_YEARS = "between '0001-01-01 00:00:00' and '9999-12-31 23:59:59.999999'"


def _source_text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    match kind:
        case "timestamp":
            form = f"to_char({quoted} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
            return f"case when {quoted} {KNOWN_YEARS} then {form} else {quoted}::text end"
        case "timestamp_ntz":
            form = f"to_char({quoted}, 'YYYY-MM-DD HH24:MI:SS.US')"
            return f"case when {quoted} {KNOWN_YEARS} then {form} else {quoted}::text end"
        case "float" | "double":
            return f"{quoted}::float8"
        case "boolean":
            return f"case when {quoted} then 'true' when not {quoted} then 'false' end"
        case _:
            return f"pg_catalog.concat({quoted}, null) || case when {quoted} is distinct from null then '' end"
