"""DuckDB's PostgreSQL scanner, reading inside an exported snapshot and writing partitioned Parquet in one statement.

It is an optional faster way: where it would give other rows than COPY, or does not work at all, it says `Unsuitable`.
Facts about duckdb-postgres 1.5 that this file knows, each held by a test:
- `postgres_query` runs on the connection of the DuckDB transaction, so in its snapshot;
- a NaN in a numeric becomes 0, so PostgreSQL has to say whether there is one;
- timestamps after 294247 overflow; unconstrained numerics become doubles;
- bpchar loses its trailing blanks; column names are the same when they differ only in case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lakewright.bronze.scan import SYSTEM
from lakewright.ingest.sources.postgres import types as t
from lakewright.ingest.sources.postgres.catalog import SourceColumn
from lakewright.ingest.sources.postgres.chunks import Chunk
from lakewright.ingest.sources.postgres.identifiers import quote_identifier, quote_literal
from lakewright.ingest.sources.postgres.staging import COMPRESSION, StagedFile

if TYPE_CHECKING:
    import duckdb

    from lakewright.ingest.sources.postgres.snapshot import TableRead
else:
    from lakewright.lazily import duckdb

SETTINGS: Mapping[str, str] = {
    "threads": "1",
    "memory_limit": "'128MB'",
    "preserve_insertion_order": "false",
    "TimeZone": "'UTC'",
    "enable_progress_bar": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
SIGNED_SHA256 = frozenset({"b1ced4cfc6311313e117c2afb3eac76508718778dde0716421503c7dbfb5605c"})
"""Binaries of the extension whose signature is known to be DuckDB's: a test holds each against DuckDB's own check."""

TENANT_TYPES = frozenset({t.INT2, t.INT4, t.INT8, t.TEXT, t.VARCHAR, t.UUID})
"""Types whose values name a partition the same way here and in COPY's way."""

GROUP_BYTES = 1 << 20
"""Size of a row group. Each partition's open one is in memory; larger ones make DuckDB spill and take twice the CPU."""

WAITING_BYTES = 20 << 20
"""How much waits to be put into row groups: with twenty tenants a whole group of each, which costs the least CPU."""

DICTIONARY_VALUES = 128
"""A column with more values than this in a row group gets no dictionary: looking for one takes a tenth of the CPU."""

WIDEST = 24 << 10
"""DuckDB handles 2048 rows at once; of rows of more bytes than this they do not fit into its memory."""

NAN = "_lakewright_nan"
"""In what PostgreSQL is asked for: whether a decimal of the row is NaN, where no other column can tell."""

_USUAL_YEAR = re.compile(r"(?!0000)\d{4}-[^(]*$")


class Unsuitable(Exception):  # noqa: N818  not an error: the chunk is to be read by COPY
    """This chunk cannot be read this way; `broken`: nor can any other, with this scan."""

    def __init__(self, reason: str, broken: bool = False) -> None:
        super().__init__(reason)
        self.broken = broken


class DuckDBScan:
    """One DuckDB transaction inside one PostgreSQL snapshot."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._duckdb = connection

    def close(self) -> None:
        """Ends the transaction first: left to DuckDB's destructor, a lost server would end this whole process."""
        with suppress(duckdb.Error):
            self._duckdb.execute("ROLLBACK")
        self._duckdb.close()

    def read(self, read: TableRead, chunk: Chunk, folder: Path) -> tuple[StagedFile, ...]:
        """The chunk as Parquet files under `folder`. Raises Unsuitable; files may then be left in the folder."""
        refuse_names(column.name for column in read.columns)
        if read.row_bytes > WIDEST:
            raise Unsuitable(f"rows of about {read.row_bytes} bytes")
        if any(column.name == read.tenant and column.oid not in TENANT_TYPES for column in read.columns):
            raise Unsuitable(f"the tenant {read.tenant} is neither number nor text")
        folder.mkdir(parents=True, exist_ok=True)
        query = read.query(chunk, _asked(read), read.order(GROUP_BYTES))
        waiting = _between(2048, WAITING_BYTES // read.row_bytes, 100_000)
        try:
            self._duckdb.execute(f"SET partitioned_write_flush_threshold = {waiting}")
            found = self._duckdb.execute(_copy_sql(read, folder), [query]).fetchall()
            files = [_Written(*row) for row in found if row[1]]
            self._check(read, files)
        except duckdb.Error as error:
            raise Unsuitable(f"DuckDB: {str(error)[:200]}", broken=True) from error
        return tuple(file.staged(read.tenant) for file in files)

    @staticmethod
    def _check(read: TableRead, files: Sequence[_Written]) -> None:
        """Looks in the files' statistics for values that PostgreSQL has and DuckDB has not."""
        for column in read.columns:
            if column.oid in (t.DATE, t.TIMESTAMP, t.TIMESTAMPTZ):
                for bound in _bounds(files, column.name):
                    if not _USUAL_YEAR.match(bound):
                        raise Unsuitable(f"{column.name} holds {bound}")
        witness = _witness(read)
        missing = witness is not None and any(file.nulls(witness.name) for file in files)
        if missing or any(bound != "-1" for bound in _bounds(files, "_seq")):
            raise Unsuitable("NaN in a decimal")


@dataclass(frozen=True, slots=True)
class _Written:
    """One row of what `COPY … RETURN_STATS` tells."""

    path: str
    rows: int
    size: int
    footer: int
    statistics: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, str | None] | None

    def nulls(self, column: str) -> int:
        return int(self.statistics[quote_identifier(column)]["null_count"])

    def staged(self, tenant: str | None) -> StagedFile:
        value = None if tenant is None or self.keys is None else self.keys[tenant]
        return StagedFile(Path(self.path), self.rows, self.size, value, lean=True)


class Scanner:
    """DuckDB attached to one PostgreSQL database: scans in several threads, which share its memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, spill: Path | None) -> None:
        self._duckdb = connection
        self._spill = spill

    def close(self) -> None:
        self._duckdb.close()

    def scan(self, snapshot: str) -> DuckDBScan | None:
        """A scan inside the exported snapshot, for one thread; None when it cannot connect."""
        connection = self._duckdb.cursor()
        try:
            _configure(connection, self._spill)
            connection.execute("BEGIN")
            connection.execute(
                "CALL postgres_execute('pg', ?)", [f"SET TRANSACTION SNAPSHOT {quote_literal(snapshot)}"]
            )
        except duckdb.Error:
            DuckDBScan(connection).close()
            return None
        return DuckDBScan(connection)


def open_scanner(conninfo: str, spill: Path | None) -> Scanner | None:
    """None when the extension is not installed or cannot connect.

    Its binary is loaded only with DuckDB's signature, since somebody else packaged it: DuckDB checks that itself, for
    0.13 s of CPU, unless the file is, byte for byte, one of SIGNED_SHA256.
    """
    extension = find_extension()
    if extension is None:
        return None
    connection = duckdb.connect(config={"allow_unsigned_extensions": extension in _known()})
    try:
        _configure(connection, spill)
        connection.execute(f"LOAD {_literal(str(extension))}")
        options = " ".join(filter(None, [str(conninfo_to_dict(conninfo).get("options") or ""), t.session_options()]))
        address = make_conninfo(conninfo, options=options, application_name="lakewright snapshot")
        connection.execute(f"ATTACH {_literal(address)} AS pg (TYPE postgres, READ_ONLY)")
    except duckdb.Error:
        connection.close()
        return None
    return Scanner(connection, spill)


def prepare() -> None:
    """Does what takes long, once in a process: reads 20 MB of the extension, and imports DuckDB."""
    _known()
    find_extension()


@cache
def _known() -> frozenset[Path]:
    """Which of the wheel's binaries are of SIGNED_SHA256."""
    return frozenset(binary for binary in _binaries("*") if _digest(binary) in SIGNED_SHA256)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _configure(connection: duckdb.DuckDBPyConnection, spill: Path | None) -> None:
    for name, value in SETTINGS.items():
        connection.execute(f"SET {name} = {value}")
    if spill is not None:
        connection.execute(f"SET temp_directory = {quote_literal(str(spill))}")


def find_extension() -> Path | None:
    """The scanner of this DuckDB version, from its wheel."""
    return next(_binaries(f"v{duckdb.__version__}"), None)


def _binaries(version: str) -> Iterator[Path]:
    package = find_spec("duckdb_extension_postgres_scanner")
    if package is not None and package.submodule_search_locations:
        folder = Path(package.submodule_search_locations[0]) / "extensions"
        yield from folder.glob(f"{version}/postgres_scanner.duckdb_extension")


def refuse_names(names: Iterable[str]) -> None:
    """Raises Unsuitable for names that DuckDB takes for the same."""
    seen = {name.lower() for name in (*SYSTEM, NAN)}
    for name in names:
        if name.lower() in seen:
            raise Unsuitable(f"the column name {name} is not the only one of its kind for DuckDB")
        seen.add(name.lower())


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _inner(column: SourceColumn) -> str:
    """What PostgreSQL is asked for."""
    if column.oid == t.NUMERIC and t.decimal_shape(column.typmod) is None:
        return t.text_sql(column)
    if column.oid == t.BPCHAR and column.typmod <= 4:
        return t.text_sql(column)
    return t.value_sql(column)


def _asked(read: TableRead) -> str:
    """The columns that PostgreSQL is asked for. In a row with a NaN the witness is NULL."""
    witness, some_nan = _witness(read), _some_nan(read)
    asked = [
        f"CASE WHEN {some_nan} THEN NULL ELSE {quote_identifier(column.name)} END AS {quote_identifier(column.name)}"
        if column is witness
        else _inner(column)
        for column in read.columns
    ]
    flag = [f"({some_nan}) IS TRUE AS {NAN}"] if some_nan and witness is None else []
    return ", ".join(asked + flag)


def _some_nan(read: TableRead) -> str:
    """A condition that holds for rows with a NaN which DuckDB would read as 0; "" when there can be none."""
    decimals = (c for c in read.columns if c.oid == t.NUMERIC and t.decimal_shape(c.typmod) is not None)
    return " OR ".join(f"{quote_identifier(column.name)} = 'NaN'" for column in decimals)


def _witness(read: TableRead) -> SourceColumn | None:
    """A column that is never NULL, and so can say that a row has a NaN: a column more would cost a tenth of the load.

    One with a type modifier would lose it in the CASE, and the tenant has no statistics.
    """
    able = (
        column
        for column in read.columns
        if not column.nullable and column.typmod == -1 and column.oid in t.CORE and column.name != read.tenant
    )
    return next(able, None) if _some_nan(read) else None


def _outer(column: SourceColumn) -> str:
    """What DuckDB makes of it."""
    name = quote_identifier(column.name)
    if column.oid == t.UUID:
        return f"{name}::VARCHAR AS {name}"
    if column.oid == t.BPCHAR and column.typmod > 4:
        return f"rpad({name}, {column.typmod - 4}, ' ') AS {name}"
    return name


def _copy_sql(read: TableRead, folder: Path) -> str:
    seq = f"CASE WHEN {NAN} THEN -2 ELSE -1 END" if _some_nan(read) and _witness(read) is None else "-1"
    columns = [
        """'I' AS "Op\"""",
        f"TIMESTAMPTZ {_literal(read.loaded_at.isoformat())} AS _commit_ts",
        f"{read.lsn}::BIGINT AS _lsn",
        f"({seq})::BIGINT AS _seq",
        f"{read.schema_version}::INTEGER AS _schema_version",
        *map(_outer, read.columns),
    ]
    source = f"SELECT {', '.join(columns)} FROM postgres_query('pg', ?)"
    group = _between(2048, GROUP_BYTES // read.row_bytes, 10_240)
    options = f"FORMAT parquet, COMPRESSION {COMPRESSION}, ROW_GROUP_SIZE {group}, RETURN_STATS"
    options += f", DICTIONARY_SIZE_LIMIT {DICTIONARY_VALUES}, WRITE_BLOOM_FILTER false"
    if read.tenant is None:
        return f"COPY ({source}) TO {_literal(str(folder / 'all.parquet'))} ({options})"
    options += f", PARTITION_BY ({quote_identifier(read.tenant)})"
    return f"COPY ({source}) TO {_literal(str(folder))} ({options})"


def _bounds(files: Sequence[_Written], column: str) -> list[str]:
    """Least and greatest values of a column in all files, as DuckDB prints them."""
    found = [file.statistics.get(quote_identifier(column), {}) for file in files]
    return [str(one[end]) for one in found for end in ("min", "max") if one.get(end) is not None]
