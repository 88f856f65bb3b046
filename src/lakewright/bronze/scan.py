"""Reading Bronze files as one relation: files of different schema versions, in the visible tree and in the tail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lakewright.bronze.state import CHANGE_COLUMNS, SYSTEM_TYPES, BronzeColumn, BronzeFile, BronzeSchema, BronzeTable
from lakewright.models.types import duckdb_type
from lakewright.storage import Storage

DUCKDB_TYPES = {name: duckdb_type(kind) for name, kind in SYSTEM_TYPES.items() if name != "load_date"}
EXACT = frozenset({("smallint", "int"), ("smallint", "bigint"), ("int", "bigint")})
SYSTEM = tuple(DUCKDB_TYPES)
LOAD_DATE = "load_date"


def identifier(name: str) -> str:
    """A quoted DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted DuckDB string."""
    return "'" + value.replace("'", "''") + "'"


def select_list(names: Sequence[str], alias: str) -> str:
    return ", ".join(f"{alias}.{identifier(name)}" for name in names)


def from_text(expression: str, spark: str) -> str:
    """A DuckDB expression that turns a source's text form into a value of the canonical type."""
    if spark == "binary":
        return f"unhex(substr({expression}, 3))"
    return expression if spark == "string" else f"CAST({expression} AS {duckdb_type(spark)})"


def scan(
    storage: Storage, table: BronzeTable, files: Sequence[BronzeFile], names: Sequence[str], *, where: str = ""
) -> str:
    """A SELECT of `names` over `files`, each brought to the newest schema. Empty but typed when there are no files."""
    groups: dict[tuple[bool, bool, int], list[BronzeFile]] = defaultdict(list)
    for file in files:
        groups[file.kind == "tail", file.lean, file.schema_version].append(file)
    if not groups:
        return f"SELECT {', '.join(f'NULL::{_type(table, n)} AS {identifier(n)}' for n in names)} WHERE false"
    if table.dms is not None:
        from lakewright.bronze.dms_scan import scan_dms

        return scan_dms(storage, table.dms, table, files, names, where)
    condition = f" WHERE {where}" if where else ""
    return " UNION ALL ".join(
        f"SELECT {_expressions(table, table.by_version[version], tail, lean, names)} "
        f"FROM {_source(storage, table, group, tail, table.by_version[version])}{condition}"
        for (tail, lean, version), group in groups.items()
    )


def _source(
    storage: Storage, table: BronzeTable, files: Sequence[BronzeFile], tail: bool, written: BronzeSchema
) -> str:
    paths = ", ".join(text(storage.location(file.path)) for file in files)
    if tail:
        return f"read_parquet([{paths}], hive_partitioning=false)"
    tenant = table.schema.column(table.tenant) if table.tenant else None
    in_path = _counterpart(written, tenant) if tenant else None
    types = {LOAD_DATE: "DATE"} | ({in_path.name: duckdb_type(in_path.type)} if in_path else {})
    spelled = ", ".join(f"{text(name)}: {text(kind)}" for name, kind in types.items())
    return f"read_parquet([{paths}], hive_partitioning=true, hive_types={{{spelled}}})"


def _type(table: BronzeTable, name: str) -> str:
    if name in DUCKDB_TYPES:
        return DUCKDB_TYPES[name]
    column = table.schema.column(name)
    if column is not None:
        return duckdb_type(column.type)
    return "DATE"


def _expressions(table: BronzeTable, written: BronzeSchema, tail: bool, lean: bool, names: Sequence[str]) -> str:
    lacking = CHANGE_COLUMNS if lean else frozenset()
    return ", ".join(
        f"{f'NULL::{DUCKDB_TYPES[name]}' if name in lacking else _expression(table, written, tail, name)} "
        f"AS {identifier(name)}"
        for name in names
    )


def _expression(table: BronzeTable, written: BronzeSchema, tail: bool, name: str) -> str:
    if name in DUCKDB_TYPES:
        return _system(name, _renamed(table, written))
    wanted = table.schema.column(name)
    if wanted is None:
        return "CAST(\"_commit_ts\" AT TIME ZONE 'UTC' AS DATE)" if tail and name == LOAD_DATE else identifier(name)
    found = _counterpart(written, wanted)
    if found is not None:
        return _as(identifier(found.name), found.type, wanted.type)
    if wanted.fill is not None:
        return from_text(text(wanted.fill), wanted.type)
    return f"NULL::{duckdb_type(wanted.type)}"


def _renamed(table: BronzeTable, written: BronzeSchema) -> dict[str, str]:
    """What columns of an older version are called now, where that differs. Names that mean another column now, or
    none, become ones that mean nothing.
    """
    if written is table.schema:
        return {}
    now = {found.name: wanted.name for wanted in table.schema.columns if (found := _counterpart(written, wanted))}
    return {c.name: now.get(c.name, f"#{c.name}") for c in written.columns if now.get(c.name) != c.name}


def _system(name: str, renamed: dict[str, str]) -> str:
    """A system column; those that name columns name them as they are called now."""
    quoted = identifier(name)
    if not renamed or name not in ("_unchanged", "_special"):
        return quoted
    cases = " ".join(f"WHEN {text(old)} THEN {text(new)}" for old, new in renamed.items())
    if name == "_unchanged":
        return f"list_transform({quoted}, lambda x: CASE x {cases} ELSE x END)"
    entry = f"{{'key': CASE x.key {cases} ELSE x.key END, 'value': x.value}}"
    changed = f"map_from_entries(list_transform(map_entries({quoted}), lambda x: {entry}))"
    return f"CASE WHEN {quoted} IS NOT NULL THEN {changed} END"


def _as(expression: str, found: str, wanted: str) -> str:
    """A value of an older version in the newest type.

    Where old values might not fit, the table was loaded anew after the change, and rows with old values only stand
    before that load's: so it does not matter that they become NULL here.
    """
    if found == wanted:
        return expression
    cast = "CAST" if (found, wanted) in EXACT else "TRY_CAST"
    return f"{cast}({expression} AS {duckdb_type(wanted)})"


def _counterpart(written: BronzeSchema, wanted: BronzeColumn) -> BronzeColumn | None:
    """The column of an older version that is the same one: by its source's number where known, else by name."""
    for column in written.columns:
        if column.dropped:
            continue  # kept for readers; the files of this version do not have it
        if (column.id == wanted.id) if column.id and wanted.id else (column.name == wanted.name):
            return column
    return None
