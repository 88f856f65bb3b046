"""PostgreSQL types: what each becomes in the lake, and which ones are read in their binary form.

A type becomes one of the canonical column types (Spark SQL type strings). What has no such type becomes `string`: the
text that PostgreSQL itself prints under `SESSION_SETTINGS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from lakewright.ingest.sources.postgres.catalog import SourceTable, read_domains
from lakewright.ingest.sources.postgres.identifiers import quote_identifier
from lakewright.models.types import MAX_PRECISION

if TYPE_CHECKING:
    import psycopg

BOOL, BYTEA, NAME, INT8, INT2, INT4, TEXT, JSON = 16, 17, 19, 20, 21, 23, 25, 114
FLOAT4, FLOAT8, BPCHAR, VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ = 700, 701, 1042, 1043, 1082, 1114, 1184
NUMERIC, UUID, JSONB = 1700, 2950, 3802

CORE: Mapping[int, str] = {
    BOOL: "boolean",
    INT2: "smallint",
    INT4: "int",
    INT8: "bigint",
    FLOAT4: "float",
    FLOAT8: "double",
    NUMERIC: "string",  # with a precision: decimal(p,s)
    TEXT: "string",
    VARCHAR: "string",
    BPCHAR: "string",
    NAME: "string",
    JSON: "string",
    JSONB: "string",
    UUID: "string",
    BYTEA: "binary",
    DATE: "date",
    TIMESTAMP: "timestamp_ntz",
    TIMESTAMPTZ: "timestamp",
}
"""Types whose binary form is understood. Every other type is read as text (an enum's binary form is its text)."""

PLAIN_TEXT = frozenset({TEXT, VARCHAR, BPCHAR, NAME, JSON})
"""Core types whose binary form is their text."""

SESSION_SETTINGS: Mapping[str, str] = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "search_path": "",
    "client_encoding": "UTF8",
    "quote_all_identifiers": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
"""What every connection that reads values is set to, so that text means the same whatever the server's settings."""


def session_options() -> str:
    """`SESSION_SETTINGS` as libpq's `options` parameter: in force from the start, on walsenders too."""
    return " ".join(f"-c {name}={_option_value(value)}" for name, value in SESSION_SETTINGS.items())


def _option_value(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def canonical_type(oid: int, typmod: int) -> str:
    """The canonical type of a base type (domains resolved)."""
    if oid == NUMERIC and (shape := decimal_shape(typmod)) is not None:
        return f"decimal({shape[0]},{shape[1]})"
    return CORE.get(oid, "string")


def decimal_shape(typmod: int) -> tuple[int, int] | None:
    """(precision, scale) of a numeric that fits a decimal of 38 digits; None for all other numerics."""
    if typmod < 0:
        return None
    precision = ((typmod - 4) >> 16) & 0xFFFF
    scale = (((typmod - 4) & 0x7FF) ^ 1024) - 1024
    return (precision, scale) if precision <= MAX_PRECISION and 0 <= scale <= precision else None


@dataclass(frozen=True)
class UserTypes:
    """What a pgoutput Relation message does not say about the types it names.

    `domains` maps a domain to its base type's (oid, typmod); `enums` are the enum types.
    """

    domains: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    enums: frozenset[int] = frozenset()

    def knows(self, oid: int) -> bool:
        return oid in CORE or oid in self.enums or oid in self.domains

    def base(self, oid: int, typmod: int) -> tuple[int, int]:
        """(oid, typmod) of the base type."""
        return self.domains.get(oid, (oid, typmod))


def read_user_types(connection: psycopg.Connection[tuple[Any, ...]]) -> UserTypes:
    """All domains and enums of the database."""
    enums = connection.execute("select oid from pg_catalog.pg_type where typtype = 'e'").fetchall()
    return UserTypes(read_domains(connection), frozenset(oid for (oid,) in enums))


def binary_is_safe(tables: Iterable[SourceTable]) -> bool:
    """Whether a binary pgoutput stream of these tables holds only values that the decoder understands."""
    return all(
        column.oid in CORE or column.enum for table in tables for column in table.columns if not column.generated
    )


class TypedColumn(Protocol):
    """What is needed to read a column with SQL; `SourceColumn` has it."""

    @property
    def name(self) -> str: ...
    @property
    def oid(self) -> int: ...


def value_sql(column: TypedColumn) -> str:
    """The SQL that gives a column in the form that is decoded: core types as they are, all others as text."""
    return quote_identifier(column.name) if column.oid in CORE else text_sql(column)


def text_sql(column: TypedColumn) -> str:
    """The SQL that gives a column as the text that logical replication sends.

    `concat` calls the type's output function, as logical replication does; `::text` does not for inet and others.
    `IS DISTINCT FROM NULL` holds for a composite whose fields are all NULL; `IS NOT NULL` would not.
    """
    name = quote_identifier(column.name)
    return f"CASE WHEN {name} IS DISTINCT FROM NULL THEN pg_catalog.concat({name}) END AS {name}"
