"""What Parquet files hold, from their footers; and how a column of theirs becomes a table's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.catalog.hive_types import HiveType
from lakewright.errors import SpecError
from lakewright.models.types import SparkType, duckdb_type, from_arrow, parse_type
from lakewright.query.athena.sql import SqlError

KEPT = 20_000
INTEGERS = ("tinyint", "smallint", "int", "bigint")
Columns = tuple[tuple[str, str], ...]
"""A file's columns: name as written, canonical type (empty: none)."""


class ParquetSchemas:
    """Footers' columns, remembered per file: files are immutable here."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Columns] = OrderedDict()
        self._lock = Lock()

    def columns(self, path: Path, shown: str) -> Columns:
        """SqlError when the file (`shown` to the user) is not Parquet."""
        with self._lock:
            if (known := self._known.get(path.name)) is not None:
                self._known.move_to_end(path.name)
                return known
        found = _read(path, shown)
        with self._lock:
            self._known[path.name] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found


def _read(path: Path, shown: str) -> Columns:
    try:
        schema = pq.read_schema(path)
    except FileNotFoundError:
        raise SqlError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split {shown}: it is gone") from None
    except (pa.ArrowException, OSError):
        raise SqlError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split {shown}: Not valid Parquet file") from None
    return tuple((field.name, _canonical(field.type)) for field in schema)


def _canonical(kind: pa.DataType) -> str:
    if kind == pa.uint8():
        return "smallint"
    if kind == pa.uint16():
        return "int"
    try:
        return from_arrow(_micro(kind))
    except SpecError:
        return ""


def _micro(kind: pa.DataType) -> pa.DataType:
    """The type with timestamps in microseconds, whatever the file has."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz=kind.tz)
    if pa.types.is_map(kind):
        return pa.map_(_micro(kind.key_type), _micro(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_micro(kind.value_type))
    if pa.types.is_struct(kind):
        fields = [kind.field(index) for index in range(kind.num_fields)]
        return pa.struct([pa.field(one.name, _micro(one.type)) for one in fields])
    return kind


def column_sql(columns: Columns, name: str, kind: HiveType, shown: str) -> str:
    """DuckDB's text for a table's column out of a file with `columns`; NULL where the file lacks it.

    SqlError when the file's type is none that Athena reads as `kind`.
    """
    found = [(written, canonical) for written, canonical in columns if written.lower() == name]
    wanted = duckdb_type(kind.canonical)
    if not found:
        return f"CAST(NULL AS {wanted})"
    written, canonical = found[0]
    value = '"' + written.replace('"', '""') + '"'
    if not canonical or not _readable(parse_type(canonical), parse_type(kind.canonical)):
        have = canonical or "unknown"
        fact = (
            f"Field {name}'s type {have} in parquet file {shown} is incompatible with type {kind.trino} "
            "defined in table schema"
        )
        raise SqlError("HIVE_BAD_DATA", fact)
    if kind.name == "timestamp":
        local = f"({value} AT TIME ZONE 'UTC')" if canonical == "timestamp" else f"CAST({value} AS TIMESTAMP)"
        return f"date_trunc('millisecond', {local} + INTERVAL 500 MICROSECOND)"
    if kind.name == "varchar":
        return f"left({value}, {kind.numbers[0]})"
    if kind.name == "char":
        return f"rtrim(left({value}, {kind.numbers[0]}), ' ')"
    return value if canonical == kind.canonical else f"CAST({value} AS {wanted})"


def _readable(have: SparkType, want: SparkType) -> bool:
    if have == want:
        return True
    if have.name in INTEGERS and want.name in INTEGERS:
        return INTEGERS.index(have.name) <= INTEGERS.index(want.name)
    match have.name, want.name:
        case (("timestamp" | "timestamp_ntz"), "timestamp_ntz"):
            return True
        case "float", "double":
            return True
        case "decimal", "decimal":
            return have.scale <= want.scale and have.precision - have.scale <= want.precision - want.scale
        case ("array", "array") | ("map", "map"):
            return all(_readable(one, other) for one, other in zip(have.items, want.items, strict=True))
        case "struct", "struct":
            held: Mapping[str, SparkType] = {
                name.lower(): item for name, item in zip(have.names, have.items, strict=True)
            }
            pairs = zip(want.names, want.items, strict=True)
            return all(name not in held or _readable(held[name], item) for name, item in pairs)
    return False
