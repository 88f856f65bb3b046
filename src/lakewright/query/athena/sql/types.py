"""Trino's types: their texts, what they are in DuckDB, and which one holds two others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from lakewright.models.types import SparkType, parse_type

MAX_LENGTH = 2147483647
INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_DUCKDB = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "interval day to second": "BIGINT",  # milliseconds
    "interval year to month": "INTEGER",  # months
    "json": "VARCHAR",
    "unknown": "INTEGER",
}


@dataclass(frozen=True, slots=True)
class Type:
    """`precision` is a decimal's precision, a timestamp's digits, or the length of varchar and char.

    `zone` is the time zone of every value of a timestamp with time zone; empty when it differs from value to value
    (then only its instant may be used). `items` are the parts of array, map and row; `names` a row's fields ("" for
    a field without a name).
    """

    name: str
    precision: int = 0
    scale: int = 0
    items: tuple[Type, ...] = ()
    names: tuple[str, ...] = ()
    zone: str = ""

    def __str__(self) -> str:
        match self.name:
            case "decimal":
                return f"decimal({self.precision},{self.scale})"
            case "varchar":
                return "varchar" if self.precision == MAX_LENGTH else f"varchar({self.precision})"
            case "char" | "time" | "timestamp":
                return f"{self.name}({self.precision})"
            case "timestamp with time zone":
                return f"timestamp({self.precision}) with time zone"
            case "array" | "map":
                return f"{self.name}({', '.join(map(str, self.items))})"
            case "row":
                fields = zip(self.names, self.items, strict=True)
                return f"row({', '.join(f'{_spelled(name)} {item}' if name else str(item) for name, item in fields)})"
        return self.name


def _spelled(name: str) -> str:
    plain = name.replace("_", "a").isalnum() and name.isascii() and not name[0].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'


BOOLEAN = Type("boolean")
TINYINT = Type("tinyint")
SMALLINT = Type("smallint")
INTEGER = Type("integer")
BIGINT = Type("bigint")
REAL = Type("real")
DOUBLE = Type("double")
VARCHAR = Type("varchar", MAX_LENGTH)
VARBINARY = Type("varbinary")
DATE = Type("date")
JSON = Type("json")
UNKNOWN = Type("unknown")
DAY_TIME = Type("interval day to second")
YEAR_MONTH = Type("interval year to month")


def decimal(precision: int, scale: int) -> Type:
    return Type("decimal", precision, scale)


def varchar(length: int) -> Type:
    return Type("varchar", min(length, MAX_LENGTH))


def timestamp(precision: int) -> Type:
    return Type("timestamp", precision)


def zoned(precision: int, zone: str) -> Type:
    return Type("timestamp with time zone", precision, zone=zone)


def array(item: Type) -> Type:
    return Type("array", items=(item,))


def map_(key: Type, value: Type) -> Type:
    return Type("map", items=(key, value))


def row(items: tuple[Type, ...], names: tuple[str, ...] = ()) -> Type:
    return Type("row", items=items, names=names or ("",) * len(items))


def is_integer(kind: Type) -> bool:
    return kind.name in INTEGERS


def is_numeric(kind: Type) -> bool:
    return kind.name in (*INTEGERS, "real", "double", "decimal")


def is_float(kind: Type) -> bool:
    return kind.name in ("real", "double")


def is_text(kind: Type) -> bool:
    return kind.name in ("varchar", "char")


def field_names(kind: Type) -> tuple[str, ...]:
    """What a row's fields are called inside DuckDB."""
    return tuple(name or f"field{at}" for at, name in enumerate(kind.names))


def duckdb_name(kind: Type) -> str:
    match kind.name:
        case "decimal":
            return f"DECIMAL({kind.precision},{kind.scale})"
        case "array":
            return f"{duckdb_name(kind.items[0])}[]"
        case "map":
            return f"MAP({duckdb_name(kind.items[0])}, {duckdb_name(kind.items[1])})"
        case "row":
            fields = zip(field_names(kind), kind.items, strict=True)
            return f"STRUCT({', '.join(f'{quote(name)} {duckdb_name(item)}' for name, item in fields)})"
    return _DUCKDB[kind.name]


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def as_decimal(kind: Type) -> Type:
    """The decimal type that an integer is in arithmetic with decimals."""
    return decimal(_DIGITS[kind.name], 0) if is_integer(kind) else kind


@lru_cache(maxsize=4096)
def wider(left: Type, right: Type) -> Type | None:
    """Trino's common type of two, None when there is none."""
    if left == right or right == UNKNOWN:
        return left
    if left == UNKNOWN:
        return right
    if left.name == right.name:
        return _same_kind(left, right)
    names = {left.name, right.name}
    if is_integer(left) and is_integer(right):
        return left if INTEGERS.index(left.name) > INTEGERS.index(right.name) else right
    if is_numeric(left) and is_numeric(right):
        if "double" in names:
            return DOUBLE
        if "real" in names:
            return REAL
        return _same_kind(as_decimal(left), as_decimal(right))
    if names == {"varchar", "char"}:
        return (
            Type("char", max(left.precision, right.precision)) if max(left.precision, right.precision) < 65537 else None
        )
    if "json" in names and names & {"varchar"}:
        return None
    return _times(left, right)


def _same_kind(left: Type, right: Type) -> Type | None:
    match left.name:
        case "varchar" | "char" | "timestamp" | "time":
            return replace(left, precision=max(left.precision, right.precision))
        case "timestamp with time zone":
            zone = left.zone if left.zone == right.zone else ""
            return zoned(max(left.precision, right.precision), zone)
        case "decimal":
            scale = max(left.scale, right.scale)
            whole = max(left.precision - left.scale, right.precision - right.scale)
            return decimal(min(38, whole + scale), scale)
        case "array" | "map" | "row":
            if len(left.items) != len(right.items):
                return None
            items = tuple(wider(one, other) for one, other in zip(left.items, right.items, strict=True))
            names = tuple(one if one == other else "" for one, other in zip(left.names, right.names, strict=True))
            found = tuple(item for item in items if item is not None)
            return Type(left.name, items=found, names=names) if len(found) == len(items) else None
    return None


def _times(left: Type, right: Type) -> Type | None:
    for one, other in ((left, right), (right, left)):
        if one.name == "date" and other.name == "timestamp":
            return other
        if one.name == "date" and other.name == "timestamp with time zone":
            return other
        if one.name == "timestamp" and other.name == "timestamp with time zone":
            return replace(other, precision=max(one.precision, other.precision))
        if one.name == "time" and other.name.startswith("timestamp"):
            return None
    return None


@lru_cache(maxsize=1024)
def from_spark(canonical: str) -> Type:
    """What Athena shows for a column of the lake (Delta): timestamps as timestamp(3) with time zone in UTC…"""
    return _from_spark(parse_type(canonical))


_SPARK = {
    "boolean": BOOLEAN,
    "tinyint": TINYINT,
    "smallint": SMALLINT,
    "int": INTEGER,
    "bigint": BIGINT,
    "float": REAL,
    "double": DOUBLE,
    "string": VARCHAR,
    "binary": VARBINARY,
    "date": DATE,
    "timestamp": zoned(3, "UTC"),
    "timestamp_ntz": timestamp(6),
    "void": UNKNOWN,
}


def _from_spark(kind: SparkType) -> Type:
    match kind.name:
        case "decimal":
            return decimal(kind.precision, kind.scale)
        case "array" | "map":
            return Type(kind.name, items=tuple(map(_from_spark, kind.items)))
        case "struct":
            return Type("row", items=tuple(map(_from_spark, kind.items)), names=tuple(n.lower() for n in kind.names))
    return _SPARK[kind.name]
