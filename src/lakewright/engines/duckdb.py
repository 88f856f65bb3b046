"""DuckDB inside this process: bounded memory, spilling, UTC, and no network but S3.

Each session has a catalog of its own, so that models may run in parallel and each find its inputs under their names;
what all sessions share is in the catalog `memory`.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lakewright.engines import EngineOptions
from lakewright.engines.attended import attended
from lakewright.errors import MissingError, ProblemError
from lakewright.models import dialect
from lakewright.models.types import duckdb_type

BATCH_ROWS = 122_880
_SHARE_OF_MEMORY = 0.4
_MOST_MEMORY = 8 << 30


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted string."""
    return "'" + text.replace("'", "''") + "'"


def scan_sql(files: Sequence[str], columns: Mapping[str, str], partition_by: Sequence[str]) -> str:
    """What `DuckDB.scan` gives, for an engine that can reach the files already."""
    if not files:
        empty = ", ".join(f"NULL::{duckdb_type(kind)} AS {identifier(name)}" for name, kind in columns.items())
        return f'SELECT {empty}, NULL::VARCHAR AS "#file", NULL::BIGINT AS "#row" WHERE false'
    paths = ", ".join(literal(path) for path in files)
    types = ", ".join(f"{literal(name)}: {literal(duckdb_type(columns[name]))}" for name in partition_by)
    hive = f"hive_partitioning=true, hive_types={{{types}}}" if types else "hive_partitioning=false"
    names = ", ".join(identifier(name) for name in columns)
    return (
        f'SELECT {names}, "#file", file_row_number AS "#row" '
        f"FROM read_parquet([{paths}], {hive}, filename='#file', file_row_number=true)"
    )


class DuckSession:
    """One cursor of the engine's database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._schemas: set[str] = set()

    def run(self, sql: str) -> None:
        attended(lambda: self._execute(sql), self.interrupt)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        found = self.table(sql)
        return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def stream(self, sql: str) -> pa.RecordBatchReader:
        return attended(lambda: self._execute(sql).to_arrow_reader(BATCH_ROWS), self.interrupt)

    def table(self, sql: str) -> pa.Table:
        return attended(lambda: self._execute(sql).to_arrow_table(), self.interrupt)

    def register(self, name: str, data: pa.Table) -> None:
        self._connection.register(name, data)

    def unregister(self, name: str) -> None:
        self._connection.unregister(name)

    def need_schema(self, name: str) -> None:
        if name not in self._schemas:
            self.run(f"CREATE SCHEMA IF NOT EXISTS {identifier(name)}")
            self._schemas.add(name)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except duckdb.OutOfMemoryException as error:
            raise ProblemError(
                "LW611",
                f"DuckDB needs more memory than it may use: {_first_line(error)}",
                hint="give it more (`engine.memory`), or make the model's scope smaller",
            ) from error
        except duckdb.IOException as error:
            raise ProblemError("LW612", f"DuckDB cannot read or write a file: {_first_line(error)}") from error
        except duckdb.Error as error:
            raise ProblemError("LW613", f"DuckDB refuses the statement: {_first_line(error)}") from error


class DuckDB:
    """One in-memory database; sessions are its cursors and may run in parallel threads."""

    name = "duckdb"

    def __init__(self, options: EngineOptions) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
            "memory_limit": f"{options.memory or _share_of_memory()}B",
        }
        if options.threads:
            settings["threads"] = options.threads
        if options.spill:
            options.spill.mkdir(parents=True, exist_ok=True)
            settings["temp_directory"] = str(options.spill)
        self._connection = duckdb.connect(":memory:", config=settings)
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        [self._threads] = self._connection.execute("SELECT current_setting('threads')").fetchone() or (1,)
        self._numbers = itertools.count(1)
        self._s3_lock = threading.Lock()
        self._s3_ready = False

    def session(self) -> DuckSession:
        cursor = self._connection.cursor()
        name = identifier(f"session_{next(self._numbers)}")
        cursor.execute(f"ATTACH ':memory:' AS {name}; USE {name}; SET TimeZone = 'UTC'")
        cursor.execute(dialect.MACROS)
        return DuckSession(cursor)

    def translate(self, sql: str, schemas: Mapping[str, Mapping[str, str]], *, now: datetime | None = None) -> str:
        return dialect.to_duckdb(sql, schemas, now=now)

    def scan(self, files: Sequence[str], columns: Mapping[str, str], partition_by: Sequence[str]) -> str:
        if files:
            self.reach(files[0])
        return scan_sql(files, columns, partition_by)

    def reach(self, location: str) -> None:
        """Loads DuckDB's S3 reader with the credentials of the environment; MissingError LW614 without it."""
        if not location.startswith("s3://"):
            return
        with self._s3_lock:
            if self._s3_ready:
                return
            for statement in s3_setup():
                self._connection.execute(statement)
            self._s3_ready = True

    def share(self, sessions: int) -> None:
        self._connection.execute(f"SET GLOBAL threads = {max(1, self._threads // sessions)}")

    def close(self) -> None:
        self._connection.close()


def s3_setup() -> tuple[str, str]:
    """Statements that let a DuckDB read S3 as the environment may. MissingError LW614 without its S3 reader."""
    return f"LOAD {literal(str(s3_reader()))}", _s3_secret()


def s3_reader() -> Path:
    """DuckDB's S3 reader: of the package, or as `INSTALL httpfs` leaves it. MissingError LW614 without it."""
    found = find_spec("duckdb_extension_httpfs")
    places = [Path(one) for one in (found.submodule_search_locations if found else None) or ()]
    places.append(Path.home() / ".duckdb" / "extensions" / f"v{duckdb.__version__}")
    for place in places:
        for path in place.rglob("httpfs.duckdb_extension"):
            return path
    raise MissingError(
        "LW614",
        "DuckDB has no S3 reader here",
        hint=f"pip install duckdb-extension-httpfs=={duckdb.__version__}, or INSTALL httpfs in DuckDB "
        f"{duckdb.__version__} where there is no such wheel",
    )


def _s3_secret() -> str:
    """A DuckDB secret from boto3's own resolution of credentials, region and endpoint."""
    import boto3

    session = boto3.Session()
    client = session.client("s3")
    parts = {"TYPE": "s3", "REGION": literal(client.meta.region_name or "us-east-1")}
    credentials = session.get_credentials()
    if credentials is not None:
        frozen = credentials.get_frozen_credentials()
        parts |= {"KEY_ID": literal(frozen.access_key or ""), "SECRET": literal(frozen.secret_key or "")}
        if frozen.token:
            parts["SESSION_TOKEN"] = literal(frozen.token)
    endpoint = client.meta.endpoint_url
    if "amazonaws.com" not in endpoint:
        scheme, _, host = endpoint.partition("://")
        parts |= {"ENDPOINT": literal(host), "URL_STYLE": "'path'", "USE_SSL": str(scheme == "https").lower()}
    return "CREATE OR REPLACE SECRET lakewright (" + ", ".join(f"{key} {value}" for key, value in parts.items()) + ")"


def _share_of_memory() -> int:
    """40 % of the memory this process may use, 8 GiB at most."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists():
        allowed = limit.read_text().strip()
        machine = min(machine, int(allowed)) if allowed.isdigit() else machine
    return int(min(machine * _SHARE_OF_MEMORY, _MOST_MEMORY))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
