"""Between Trino's types and Hive's."""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.catalog.hive_types import HiveType
from lakewright.query.athena.sql import SqlError
from lakewright.query.athena.sql.types import MAX_LENGTH, UNKNOWN, Type, wider

_TO_HIVE: Mapping[str, str] = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "real": "float",
    "double": "double",
    "varbinary": "binary",
    "date": "date",
    "timestamp": "timestamp",
}
_TO_TRINO: Mapping[str, Type] = {hive: Type(trino) for trino, hive in _TO_HIVE.items()} | {
    "timestamp": Type("timestamp", 3),
    "string": Type("varchar", MAX_LENGTH),
}
LONGEST_VARCHAR, LONGEST_CHAR = 65535, 255


def hive_type(kind: Type) -> HiveType:
    """The type that a column of a new table gets. SqlError for what Hive's tables cannot hold."""
    match kind.name:
        case "varchar":
            return HiveType("varchar", (kind.precision,)) if kind.precision <= LONGEST_VARCHAR else HiveType("string")
        case "char" if kind.precision <= LONGEST_CHAR:
            return HiveType("char", (kind.precision,))
        case "decimal":
            return HiveType("decimal", (kind.precision, kind.scale))
        case "array" | "map":
            return HiveType(kind.name, items=tuple(map(hive_type, kind.items)))
        case "row":
            if not all(kind.names):
                fact = f"Anonymous row type is not supported in Hive. Please give each field a name: {kind}"
                raise SqlError("NOT_SUPPORTED", fact)
            return HiveType("struct", items=tuple(map(hive_type, kind.items)), names=tuple(map(str.lower, kind.names)))
    if kind.name not in _TO_HIVE:
        raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
    return HiveType(_TO_HIVE[kind.name])


def trino_type(kind: HiveType) -> Type:
    match kind.name:
        case "varchar" | "char":
            return Type(kind.name, kind.numbers[0])
        case "decimal":
            return Type("decimal", kind.numbers[0], kind.numbers[1])
        case "array" | "map":
            return Type(kind.name, items=tuple(map(trino_type, kind.items)))
        case "struct":
            return Type("row", items=tuple(map(trino_type, kind.items)), names=kind.names)
    return _TO_TRINO[kind.name]


def insertable(given: Type, column: Type) -> bool:
    """Whether INSERT takes a value of the one type for a column of the other."""
    if given == UNKNOWN:
        return True
    if {given.name, column.name} <= {"varchar", "char"} or given.name == column.name == "timestamp":
        return True
    if given.name == column.name == "row":
        pairs = zip(given.items, column.items, strict=False)
        return len(given.items) == len(column.items) and all(insertable(one, other) for one, other in pairs)
    if given.name == column.name and given.items:
        return all(insertable(one, other) for one, other in zip(given.items, column.items, strict=True))
    return wider(given, column) == column
