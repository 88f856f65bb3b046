"""Canonical column types: Spark SQL type strings, and what they are called in Arrow and DuckDB.

`timestamp` is an instant (microseconds, UTC); `timestamp_ntz` is a local date and time (microseconds, no zone).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from lakewright.errors import SpecError

if TYPE_CHECKING:
    import pyarrow as pa
else:
    from lakewright.lazily import pa

SIMPLE = (
    "boolean",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "string",
    "binary",
    "date",
    "timestamp",
    "timestamp_ntz",
    "void",
)
_SYNONYMS = {
    "bool": "boolean",
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "timestamp_ltz": "timestamp",
    "null": "void",
    "varchar": "string",
    "text": "string",
}
_DUCKDB = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "void": '"NULL"',
}
MAX_PRECISION = 38
TOASTABLE = ("string", "binary", "decimal")
"""Beginnings of the types whose values PostgreSQL may store out of line, and then leaves out of an update's row."""


@dataclass(frozen=True, slots=True)
class SparkType:
    """One parsed type. `items` are the parts of an array (element), map (key, value) or struct; `names` its fields."""

    name: str
    precision: int = 0
    scale: int = 0
    items: tuple[SparkType, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.name == "struct":
            fields = zip(self.names, self.items, strict=True)
            return f"struct<{','.join(f'{_field_name(name)}:{item}' for name, item in fields)}>"
        return f"{self.name}<{','.join(map(str, self.items))}>" if self.items else self.name


def _field_name(name: str) -> str:
    plain = name.replace("_", "a").isalnum() and name.isascii()
    return name if plain else "`" + name.replace("`", "``") + "`"


def decimal(precision: int, scale: int) -> SparkType:
    return SparkType("decimal", precision, scale)


def array(item: SparkType) -> SparkType:
    return SparkType("array", items=(item,))


def struct(fields: dict[str, SparkType]) -> SparkType:
    return SparkType("struct", items=tuple(fields.values()), names=tuple(fields))


def arrow_type(spark: str) -> pa.DataType:
    """The Arrow type that holds the canonical type `spark`."""
    return _arrow(parse_type(spark))


@cache
def _simple_arrow() -> dict[str, pa.DataType]:
    return {
        "boolean": pa.bool_(),
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "string": pa.string(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "timestamp_ntz": pa.timestamp("us"),
        "void": pa.null(),
    }


def _arrow(kind: SparkType) -> pa.DataType:
    match kind.name:
        case "decimal":
            return pa.decimal128(kind.precision, kind.scale)
        case "array":
            return pa.list_(_arrow(kind.items[0]))
        case "map":
            return pa.map_(_arrow(kind.items[0]), _arrow(kind.items[1]))
        case "struct":
            return pa.struct([pa.field(n, _arrow(t)) for n, t in zip(kind.names, kind.items, strict=True)])
    return _simple_arrow()[kind.name]


def duckdb_type(spark: str) -> str:
    """DuckDB's name of the canonical type `spark`."""
    return duckdb_name(parse_type(spark))


def duckdb_name(kind: SparkType) -> str:
    match kind.name:
        case "decimal":
            return f"DECIMAL({kind.precision},{kind.scale})"
        case "array":
            return f"{duckdb_name(kind.items[0])}[]"
        case "map":
            return f"MAP({duckdb_name(kind.items[0])}, {duckdb_name(kind.items[1])})"
        case "struct":
            fields = zip(kind.names, kind.items, strict=True)
            quoted = (f'"{name.replace(chr(34), chr(34) * 2)}" {duckdb_name(item)}' for name, item in fields)
            return f"STRUCT({', '.join(quoted)})"
    return _DUCKDB[kind.name]


def from_arrow(arrow: pa.DataType) -> str:
    """The canonical type of an Arrow type; SpecError LW501 when there is none (for example unsigned 64-bit)."""
    return str(_from_arrow(arrow))


def _from_arrow(arrow: pa.DataType) -> SparkType:
    if pa.types.is_timestamp(arrow):
        return SparkType("timestamp" if arrow.tz else "timestamp_ntz")
    if pa.types.is_decimal(arrow) and arrow.precision <= MAX_PRECISION and 0 <= arrow.scale <= arrow.precision:
        return decimal(arrow.precision, arrow.scale)
    if pa.types.is_dictionary(arrow):
        return _from_arrow(arrow.value_type)
    if pa.types.is_map(arrow):
        return SparkType("map", items=(_from_arrow(arrow.key_type), _from_arrow(arrow.item_type)))
    if pa.types.is_list(arrow) or pa.types.is_large_list(arrow) or pa.types.is_fixed_size_list(arrow):
        return array(_from_arrow(arrow.value_type))
    if pa.types.is_struct(arrow):
        fields = [arrow.field(index) for index in range(arrow.num_fields)]
        return struct({field.name: _from_arrow(field.type) for field in fields})
    if arrow in (pa.large_string(), pa.string_view()):
        return SparkType("string")
    if arrow in (pa.large_binary(), pa.binary_view()) or pa.types.is_fixed_size_binary(arrow):
        return SparkType("binary")
    for name, candidate in _simple_arrow().items():
        if candidate == arrow:
            return SparkType(name)
    raise SpecError("LW501", f"Arrow type {arrow} has no canonical type", hint="cast the column to a Spark SQL type")


@lru_cache(maxsize=4096)
def parse_type(text: str) -> SparkType:
    """The parsed form of a canonical type string (case and blanks do not matter); SpecError LW501 when it is none."""
    reader = _Reader(text)
    kind = reader.type()
    reader.end()
    return kind


class _Reader:
    """Reads one type string from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def wrong(self) -> SpecError:
        names = ", ".join(name for name in SIMPLE if name != "void")
        return SpecError(
            "LW501",
            f"{self.text!r} is not a Spark SQL type",
            hint=f"one of {names}, decimal(p,s), array<…>, map<…>, struct<…>",
        )

    def blanks(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def take(self, mark: str) -> bool:
        self.blanks()
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def need(self, mark: str) -> None:
        if not self.take(mark):
            raise self.wrong()

    def word(self) -> str:
        self.blanks()
        start = self.at
        if self.take("`"):
            end = self.text.find("`", self.at)
            if end < 0:
                raise self.wrong()
            self.at = end + 1
            return self.text[start + 1 : end]
        while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] == "_"):
            self.at += 1
        if start == self.at:
            raise self.wrong()
        return self.text[start : self.at]

    def end(self) -> None:
        self.blanks()
        if self.at != len(self.text):
            raise self.wrong()

    def type(self) -> SparkType:
        name = self.word().lower()
        name = _SYNONYMS.get(name, name)
        if name in ("decimal", "dec", "numeric"):
            return self.decimal()
        if name in ("varchar", "char"):
            raise self.wrong()
        if name == "array":
            self.need("<")
            item = self.type()
            self.need(">")
            return array(item)
        if name == "map":
            self.need("<")
            key = self.type()
            self.need(",")
            value = self.type()
            self.need(">")
            return SparkType("map", items=(key, value))
        if name == "struct":
            return self.struct()
        if name not in SIMPLE:
            raise self.wrong()
        return SparkType(name)

    def decimal(self) -> SparkType:
        if not self.take("("):
            return decimal(10, 0)
        precision = self.word()
        scale = self.word() if self.take(",") else "0"
        self.need(")")
        if not (precision.isdecimal() and scale.isdecimal() and int(scale) <= int(precision) <= MAX_PRECISION):
            raise self.wrong()
        return decimal(int(precision), int(scale))

    def struct(self) -> SparkType:
        self.need("<")
        fields: dict[str, SparkType] = {}
        while True:
            name = self.word()
            self.take(":")
            fields[name] = self.type()
            if not self.take(","):
                break
        self.need(">")
        return struct(fields)
