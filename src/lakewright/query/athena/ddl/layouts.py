"""How a statement wants its files: format, compression, partition keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lakewright.catalog import Table
from lakewright.catalog.formats import (
    HCATALOG_JSON,
    LAZY_SIMPLE,
    STORED_AS,
    TEXT_INPUT,
    TEXT_OUTPUT,
    Format,
    UnreadableError,
    format_of,
)
from lakewright.catalog.hive_types import HiveType
from lakewright.query.athena.ddl.files import PARQUET_CODECS, TEXT_CODECS
from lakewright.query.athena.ddl.rows_text import Spell, delimited, json_lines
from lakewright.query.athena.sql import SqlError

DEFAULT_CODECS = {"PARQUET": "GZIP", "TEXTFILE": "GZIP", "JSON": "GZIP"}
SHARED = frozenset({"format", "partitioned_by", "field_delimiter"})
CTAS_ONLY = frozenset(
    {"external_location", "write_compression", "parquet_compression", "table_type", "is_external", "bucketed_by",
     "bucket_count", "orc_compression"}
)  # fmt: skip
UNLOAD_ONLY = frozenset({"compression"})


@dataclass(frozen=True)
class Layout:
    """How a statement wants its files."""

    form: str
    codec: str
    mark: str = "\x01"
    keys: tuple[str, ...] = ()

    def spell(self, columns: Mapping[str, HiveType]) -> Spell | None:
        types = list(columns.values())
        match self.form:
            case "TEXTFILE":
                return delimited(types, self.mark)
            case "JSON":
                return json_lines(list(columns), types)
        return None


def stored_as(layout: Layout) -> tuple[str, Mapping[str, str], tuple[str, str]]:
    if layout.form == "PARQUET":
        serde, source, target = STORED_AS["PARQUET"]
        return serde, {"serialization.format": "1"}, (source, target)
    if layout.form == "JSON":
        return HCATALOG_JSON, {"serialization.format": "1"}, (TEXT_INPUT, TEXT_OUTPUT)
    return LAZY_SIMPLE, {"field.delim": layout.mark, "serialization.format": layout.mark}, (TEXT_INPUT, TEXT_OUTPUT)


def layout_of(properties: Mapping[str, object], known: frozenset[str], what: str) -> Layout:
    """SqlError for properties that are not known, or that mean what is not written here."""
    for name in properties:
        if name not in known:
            raise SqlError("INVALID_TABLE_PROPERTY", f"Catalog 'awsdatacatalog' {what} '{name}' does not exist", 1, 1)
    kind = str(properties.get("table_type", "HIVE")).upper()
    if kind != "HIVE":
        raise SqlError("NOT_SUPPORTED", f"table_type = '{kind}' is not supported by this local Athena")
    if properties.get("bucketed_by") or properties.get("bucket_count"):
        raise SqlError("NOT_SUPPORTED", "bucketed_by is not supported by this local Athena")
    form = str(properties.get("format", "PARQUET")).upper()
    if form not in DEFAULT_CODECS:
        raise SqlError("NOT_SUPPORTED", f"format = '{form}' is not supported by this local Athena")
    mark = str(properties.get("field_delimiter", "\x01"))
    if len(mark) != 1 or (form != "TEXTFILE" and "field_delimiter" in properties):
        raise SqlError("INVALID_TABLE_PROPERTY", "field_delimiter is one character, for TEXTFILE")
    return Layout(form, _codec(properties, form), mark, _keys(properties.get("partitioned_by", [])))


def _keys(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SqlError("INVALID_TABLE_PROPERTY", "partitioned_by takes an array of column names")
    return tuple(str(one).lower() for one in value)


def _codec(properties: Mapping[str, object], form: str) -> str:
    asked = [str(properties[name]).upper() for name in ("write_compression", "parquet_compression", "compression")
             if name in properties]  # fmt: skip
    if "orc_compression" in properties or ("parquet_compression" in properties and form != "PARQUET"):
        raise SqlError("INVALID_TABLE_PROPERTY", f"The compression property does not go with format {form}")
    if len(set(asked)) > 1:
        raise SqlError("INVALID_TABLE_PROPERTY", "Only one compression property may be given")
    codec = {"UNCOMPRESSED": "NONE"}.get(asked[0], asked[0]) if asked else DEFAULT_CODECS[form]
    if codec not in (PARQUET_CODECS if form == "PARQUET" else TEXT_CODECS):
        raise SqlError("NOT_SUPPORTED", f"compression {codec} with format {form} is not supported by this local Athena")
    return codec


def layout_of_table(table: Table) -> Layout:
    """How rows are added to a table. SqlError where that is not done here."""
    try:
        form = format_of(table.storage, table.parameters)
    except UnreadableError as error:
        raise SqlError("NOT_SUPPORTED", f"Rows cannot be added to {table.name}: {error.fact}") from None
    written = {"parquet": "PARQUET", "text": "TEXTFILE", "json": "JSON"}.get(form.kind)
    if written is None or form.skip_lines or not _plain_text(form):
        raise SqlError("NOT_SUPPORTED", f"Rows cannot be added to {table.name}: its files are not written here")
    codec = table.parameters.get("write.compression", DEFAULT_CODECS[written]).upper()
    known = PARQUET_CODECS if written == "PARQUET" else TEXT_CODECS
    return Layout(written, codec if codec in known else DEFAULT_CODECS[written], form.field_delimiter)


def _plain_text(form: Format) -> bool:
    return form.kind != "text" or (
        form.null == "\\N" and not form.escape and (form.item_delimiter, form.key_delimiter) == ("\x02", "\x03")
    )
