"""File formats of tables: what a StorageDescriptor says, and how one is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakewright.catalog.definitions import Definition
from lakewright.errors import SpecError

_HIVE = "org.apache.hadoop.hive"
_MAPRED = "org.apache.hadoop.mapred"
_PARQUET = f"{_HIVE}.ql.io.parquet"
TEXT_INPUT = f"{_MAPRED}.TextInputFormat"
TEXT_OUTPUT = f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat"

LAZY_SIMPLE = f"{_HIVE}.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = f"{_HIVE}.serde2.OpenCSVSerde"
OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
HCATALOG_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
HIVE_JSON = f"{_HIVE}.serde2.JsonSerDe"
PARQUET_SERDE = f"{_PARQUET}.serde.ParquetHiveSerDe"

KINDS: Mapping[str, str] = {
    PARQUET_SERDE: "parquet",
    LAZY_SIMPLE: "text",
    OPEN_CSV: "csv",
    OPENX_JSON: "openx_json",
    HCATALOG_JSON: "json",
    HIVE_JSON: "json",
}
"""SerDe → what reads it here."""

STORED_AS: Mapping[str, tuple[str, str, str]] = {
    "PARQUET": (PARQUET_SERDE, f"{_PARQUET}.MapredParquetInputFormat", f"{_PARQUET}.MapredParquetOutputFormat"),
    "TEXTFILE": (LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT),
    "JSONFILE": (HIVE_JSON, TEXT_INPUT, TEXT_OUTPUT),
}
"""STORED AS → SerDe, input format, output format."""

REFUSED_STORED_AS = ("ORC", "AVRO", "RCFILE", "SEQUENCEFILE", "ION")

OPTIONS: Mapping[str, frozenset[str]] = {
    "parquet": frozenset({"serialization.format", "parquet.ignore.statistics"}),
    "text": frozenset(
        {
            "serialization.format",
            "field.delim",
            "escape.delim",
            "line.delim",
            "collection.delim",
            "colelction.delim",
            "mapkey.delim",
            "serialization.null.format",
        }
    ),
    "csv": frozenset({"separatorChar", "quoteChar", "escapeChar", "serialization.format"}),
    "openx_json": frozenset(
        {"ignore.malformed.json", "case.insensitive", "dots.in.keys", "paths", "serialization.format"}
    ),
    "json": frozenset({"paths", "serialization.format"}),
}
"""SerDe properties whose meaning is kept; a table with another one is not read."""


class UnreadableError(SpecError):
    """A table whose files cannot be read here, for what its definition says."""


@dataclass(frozen=True)
class Format:
    """How the files of one table or partition are read. `kind` as in KINDS."""

    kind: str
    options: Mapping[str, str] = field(default_factory=dict)
    skip_lines: int = 0

    @property
    def null(self) -> str:
        return self.options.get("serialization.null.format", "\\N")

    @property
    def field_delimiter(self) -> str:
        return delimiter(self.options.get("field.delim") or self.options.get("serialization.format"), "\x01")

    @property
    def item_delimiter(self) -> str:
        return delimiter(self.options.get("collection.delim") or self.options.get("colelction.delim"), "\x02")

    @property
    def key_delimiter(self) -> str:
        return delimiter(self.options.get("mapkey.delim"), "\x03")

    @property
    def escape(self) -> str:
        found = self.options.get("escape.delim", "")
        return delimiter(found, "") if found else ""


def delimiter(written: str | None, default: str) -> str:
    """As Hive reads one: a number is a byte's code, else the first character."""
    if not written:
        return default
    try:
        return chr(int(written) % 256)
    except ValueError:
        return written[0]


def format_of(storage: Definition, parameters: Mapping[str, str]) -> Format:
    """Raises UnreadableError LW1202 for formats, properties or layouts that are not read here."""
    serde = storage.get("SerdeInfo") or {}
    library = str(serde.get("SerializationLibrary") or "")
    if parameters.get("table_type", "").lower() in ("iceberg", "delta", "hudi"):
        raise UnreadableError("LW1202", f"{parameters['table_type'].capitalize()} tables made by clients are not read")
    kind = KINDS.get(library)
    if kind is None:
        raise UnreadableError("LW1202", f"files of the SerDe {library or '(none)'} are not read")
    options = {str(key): str(value) for key, value in (serde.get("Parameters") or {}).items()}
    _check_options(kind, options, parameters)
    return Format(kind, options, _lines(parameters) if kind in ("text", "csv") else 0)


def _check_options(kind: str, options: Mapping[str, str], parameters: Mapping[str, str]) -> None:
    for name in options:
        if name not in OPTIONS[kind] and not (kind == "openx_json" and name.startswith("mapping.")):
            raise UnreadableError("LW1202", f"the SerDe property {name} has no meaning here")
    if options.get("line.delim", "\n") != "\n":
        raise UnreadableError("LW1202", "lines end with \\n only")
    if kind == "openx_json" and options.get("case.insensitive", "true").lower() != "true":
        raise UnreadableError("LW1202", "case.insensitive = false is not read here")
    if parameters.get("projection.enabled", "false").lower() == "true":
        raise UnreadableError("LW1202", "partition projection is not supported: add the partitions")
    if parameters.get("skip.footer.line.count", "0") != "0":
        raise UnreadableError("LW1202", "skip.footer.line.count is not supported")


def _lines(parameters: Mapping[str, str]) -> int:
    text = parameters.get("skip.header.line.count", "0")
    if not text.isdecimal():
        raise UnreadableError("LW1202", f"skip.header.line.count is {text!r} and no number")
    return int(text)


def descriptor(
    columns: list[Mapping[str, str]],
    location: str,
    serde: str,
    options: Mapping[str, str],
    formats: tuple[str, str],
) -> dict[str, Any]:
    """A StorageDescriptor; `formats` are the input and the output format."""
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": formats[0],
        "OutputFormat": formats[1],
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": dict(options)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }
