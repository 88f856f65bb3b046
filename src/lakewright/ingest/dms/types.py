"""PostgreSQL types as DMS sees them, and what Parquet gets of them.

From the DMS user guide: "Source data types for PostgreSQL" and "Target data types for S3 Parquet".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from lakewright.ingest.dms.settings import S3Settings, SourceSettings
from lakewright.ingest.sources.postgres import types as t
from lakewright.models.types import parse_type

MONEY, XML, TIME, TIMETZ, INTERVAL, BIT, VARBIT = 790, 142, 1083, 1266, 1186, 1560, 1562
TSVECTOR, TSQUERY, PATH, POLYGON = 3614, 3615, 602, 604
LOBS = frozenset({"CLOB", "NCLOB", "BLOB"})
NARROW: Mapping[int, str] = {
    t.INT2: "INT2", t.INT4: "INT4", t.INT8: "INT8", t.FLOAT4: "REAL4", t.FLOAT8: "REAL8", t.BPCHAR: "WSTRING",
    t.NAME: "STRING", t.UUID: "STRING", t.TEXT: "NCLOB", t.JSON: "NCLOB", t.JSONB: "NCLOB", t.BYTEA: "BLOB",
    t.DATE: "DATE", t.TIMESTAMP: "DATETIME", t.TIMESTAMPTZ: "DATETIME", TIME: "TIME", TIMETZ: "TIME",
    INTERVAL: "STRING", BIT: "STRING", VARBIT: "STRING", XML: "CLOB", TSVECTOR: "CLOB", TSQUERY: "CLOB",
    PATH: "CLOB", POLYGON: "CLOB",
    650: "STRING", 869: "STRING", 829: "STRING", 774: "STRING",  # cidr, inet, macaddr, macaddr8
    600: "STRING", 601: "STRING", 603: "STRING", 628: "STRING", 718: "STRING",  # point, lseg, box, line, circle
    3904: "STRING", 3906: "STRING", 3908: "STRING", 3910: "STRING", 3912: "STRING", 3926: "STRING",  # ranges
}  # fmt: skip
"""What does not depend on settings. What is not named anywhere (arrays, composites, hstore) is an NCLOB."""

CANONICAL: Mapping[str, str] = {
    "boolean": "BOOLEAN", "smallint": "INT2", "int": "INT4", "bigint": "INT8", "float": "REAL4", "double": "REAL8",
    "string": "STRING", "binary": "BYTES", "date": "DATE", "timestamp": "DATETIME", "timestamp_ntz": "DATETIME",
}  # fmt: skip

ARROW: Mapping[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "INT2": pa.int16(),
    "INT4": pa.int32(),
    "INT8": pa.int64(),
    "REAL4": pa.float32(),
    "REAL8": pa.float64(),
    "DATE": pa.date32(),
    "TIME": pa.time32("ms"),
    "BYTES": pa.binary(),
    "BLOB": pa.binary(),
}


@dataclass(frozen=True, slots=True)
class DmsType:
    """A DMS data type. `precision` and `scale` are NUMERIC's."""

    name: str
    precision: int = 0
    scale: int = 0

    @property
    def is_lob(self) -> bool:
        return self.name in LOBS

    def arrow(self, target: S3Settings) -> pa.DataType:
        """The column's type in a Parquet file; all texts are STRING."""
        if self.name == "NUMERIC":
            return pa.decimal128(self.precision, self.scale)
        if self.name == "DATETIME":
            return pa.timestamp("ms" if target.millisecond_timestamps else "us")
        return ARROW.get(self.name, pa.string())


UNCONSTRAINED = DmsType("NUMERIC", 28, 6)
MONEY_TYPE = DmsType("NUMERIC", 38, 4)
CHARACTERS_OF_BOOLEAN = DmsType("CHAR")


class Column(Protocol):
    """A source column: SourceColumn from the catalog, or RelationColumn from the stream."""

    @property
    def oid(self) -> int: ...
    @property
    def typmod(self) -> int: ...
    @property
    def enum(self) -> bool: ...


def dms_type(column: Column, source: SourceSettings) -> DmsType:
    """What DMS makes of a source column."""
    if column.oid in NARROW and not (column.oid == t.JSONB and source.jsonb_as_clob):
        return DmsType(NARROW[column.oid])
    if column.enum:
        return DmsType("STRING")
    match column.oid:
        case t.JSONB:
            return DmsType("CLOB")
        case t.BOOL:
            return DmsType("BOOLEAN") if source.boolean_as_boolean else CHARACTERS_OF_BOOLEAN
        case t.VARCHAR:
            return DmsType(source.long_varchar_as.upper() if column.typmod < 0 else "WSTRING")
        case t.NUMERIC:
            return _numeric(column.typmod)
        case 790:
            return MONEY_TYPE
    return DmsType("NCLOB")


def _numeric(typmod: int) -> DmsType:
    if typmod < 0:
        return UNCONSTRAINED
    shape = t.decimal_shape(typmod)
    return DmsType("NUMERIC", *shape) if shape is not None else DmsType("STRING")


def type_of_canonical(canonical: str) -> DmsType:
    """The type of a column that a rule added or retyped."""
    kind = parse_type(canonical)
    if kind.name == "decimal":
        return DmsType("NUMERIC", kind.precision, kind.scale)
    return DmsType(CANONICAL[kind.name])
