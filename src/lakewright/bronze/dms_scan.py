"""SQL that gives the rows of DMS's files the system columns and the types of our own Bronze."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lakewright.bronze.dms_files import TIES, DmsReading
from lakewright.bronze.scan import DUCKDB_TYPES, LOAD_DATE, identifier, text
from lakewright.bronze.state import BronzeColumn, BronzeFile, BronzeSchema, BronzeTable
from lakewright.models.types import duckdb_type
from lakewright.storage import Storage

DIGITS = r"rpad(replace(regexp_extract(filename, '(\d{8}-\d{9,10})\.parquet$', 1), '-', ''), 18, '0')"


def scan_dms(
    storage: Storage,
    reading: DmsReading,
    table: BronzeTable,
    files: Sequence[BronzeFile],
    names: Sequence[str],
    where: str,
) -> str:
    """A SELECT of `names` over `files` (at least one), which `bronze.dms.read_dms` listed."""
    groups: defaultdict[tuple[str, int], list[BronzeFile]] = defaultdict(list)
    for file in files:
        groups[file.kind, file.schema_version].append(file)
    condition = f" WHERE {where}" if where else ""
    chosen = ", ".join(identifier(name) for name in names)
    return " UNION ALL ".join(
        f"SELECT {chosen} FROM ({_rows(storage, reading, table, group)}){condition}" for group in groups.values()
    )


def _rows(storage: Storage, reading: DmsReading, table: BronzeTable, files: Sequence[BronzeFile]) -> str:
    """The rows of files that are alike in kind and schema, as our own Bronze has them."""
    written = table.by_version[files[0].schema_version]
    own, layout = reading.own_columns[written.version], reading.layout
    load = files[0].kind == "load"
    system = {
        "Op": "coalesce(nullif(\"Op\", ''), 'I')" if "Op" in own else "'I'",
        "_commit_ts": _commit_time(layout.timestamp_column if layout.timestamp_column in own else None, files),
        "_lsn": "0" if load else f"CAST({DIGITS} AS BIGINT)",
        "_seq": "-1" if load else _sequence(storage, reading, layout.change_seq_column in own, files),
        "_schema_version": str(written.version),
    }
    columns = [f"CAST({system.get(n, 'NULL')} AS {kind}) AS {identifier(n)}" for n, kind in DUCKDB_TYPES.items()]
    columns += [f"{_value(written, wanted)} AS {identifier(wanted.name)}" for wanted in table.schema.columns]
    paths = ", ".join(text(storage.location(file.path)) for file in files)
    source = f"read_parquet([{paths}], hive_partitioning=false, filename=true, file_row_number=true)"
    inner = f"SELECT {', '.join(columns)} FROM {source}"
    return f"SELECT *, CAST(\"_commit_ts\" AT TIME ZONE 'UTC' AS DATE) AS {identifier(LOAD_DATE)} FROM ({inner})"


def _commit_time(column: str | None, files: Sequence[BronzeFile]) -> str:
    """DMS's timestamp column (text, UTC); without one the file's own time (for the full load its newest file's day)."""
    if column:
        return f"CAST({identifier(column)} AS TIMESTAMP) AT TIME ZONE 'UTC'"
    if files[0].kind == "load":
        return f"TIMESTAMPTZ {text(max(file.load_date or '' for file in files) + ' 00:00:00+00')}"
    return f"strptime({DIGITS} || '00', '%Y%m%d%H%M%S%f') AT TIME ZONE 'UTC'"


def _sequence(storage: Storage, reading: DmsReading, numbered: bool, files: Sequence[BronzeFile]) -> str:
    """The row's place in its file, or among its change numbers; later files of the same moment come after."""
    place = "file_row_number"
    if numbered and reading.layout.change_seq_column:
        order = f"{identifier(reading.layout.change_seq_column)}, file_row_number"
        place = f"row_number() OVER (PARTITION BY filename ORDER BY {order}) - 1"
    ties = {storage.location(file.path): reading.ties[file.path] for file in files if file.path in reading.ties}
    whens = " ".join(f"WHEN {text(location)} THEN {tie * TIES}" for location, tie in ties.items())
    return f"{place} + CASE filename {whens} ELSE 0 END" if whens else place


def _value(written: BronzeSchema, wanted: BronzeColumn) -> str:
    """A column in the wanted type. DMS writes instants as UTC without a zone, and booleans as text."""
    found = written.column(wanted.name)
    kind = duckdb_type(wanted.type)
    if found is None:
        return f"CAST(NULL AS {kind})"
    name = identifier(wanted.name)
    if wanted.type == "timestamp" and found.source_type.startswith("timestamp"):
        return f"CAST({name} AS TIMESTAMP) AT TIME ZONE 'UTC'"
    return f"CAST({name} AS {kind})"
