"""What lies at a location, found out from the files: format, columns, partitions; and how a table differs from it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from lakewright.catalog.definitions import Table
from lakewright.catalog.formats import OPEN_CSV, OPENX_JSON, STORED_AS, TEXT_INPUT, TEXT_OUTPUT, descriptor
from lakewright.catalog.hive_types import from_canonical
from lakewright.catalog.locations import Location
from lakewright.catalog.partitions import folder, unescaped
from lakewright.errors import ProblemError, SpecError

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 1000
MARKS = ",;\t|"
WIDER: Sequence[str] = ("int", "bigint", "double", "string")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Found:
    """A file of a location: its key below it, and where its bytes are."""

    key: str
    path: Path


@dataclass(frozen=True)
class Crawled:
    """`kind`: parquet, csv or json; `mark` separates a CSV's fields; `partitions` are values in the order of `keys`.

    `statistics` are in the words of Glue's crawlers: objectCount, sizeKey (bytes), and of Parquet recordCount.
    """

    kind: str
    columns: Mapping[str, str]
    keys: tuple[str, ...] = ()
    partitions: tuple[tuple[str, ...], ...] = ()
    mark: str = ","
    header: bool = False
    statistics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drift:
    """How files differ from what the catalog holds. `retyped`: column → (catalog's type, files' type)."""

    added: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    new_partitions: tuple[tuple[str, ...], ...] = ()
    gone_partitions: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped or self.new_partitions or self.gone_partitions)


def crawl(files: Iterable[Found]) -> Crawled:
    """Raises ProblemError LW1205 when there is nothing, or nothing that is one table."""
    found = sorted(files, key=lambda one: one.key)
    if not found:
        raise ProblemError("LW1205", "there are no files", hint="a crawler looks at the files below its path")
    keys, partitions = _partitions(found)
    kinds = {_kind(one) for one in found}
    if len(kinds) > 1:
        raise ProblemError(
            "LW1205", f"files of several formats: {', '.join(sorted(kinds))}", hint="crawl them one by one"
        )
    kind = kinds.pop()
    size = {"objectCount": str(len(found)), "sizeKey": str(sum(one.path.stat().st_size for one in found))}
    if kind == "parquet":
        schemas, rows = zip(*map(_parquet, found), strict=True)
        size["recordCount"] = str(sum(rows))
        return Crawled(kind, _without(keys, _merged(schemas)), keys, partitions, statistics=size)
    if kind == "json":
        columns = _merged(_json_columns(one) for one in found)
        return Crawled(kind, _without(keys, columns), keys, partitions, statistics=size)
    mark, header, columns = _csv(found)
    return Crawled(kind, _without(keys, columns), keys, partitions, mark, header, size)


def drift(table: Table, found: Crawled) -> Drift:
    """What a crawl would change in the table."""
    had = {name: kind for name, kind in table.columns.items() if name not in table.keys}
    before = {tuple(one["Values"]) for one in table.partitions}
    now = set(found.partitions)
    return Drift(
        {name: kind for name, kind in found.columns.items() if name not in had},
        tuple(name for name in had if name not in found.columns),
        {name: (had[name], kind) for name, kind in found.columns.items() if name in had and had[name] != kind},
        tuple(sorted(now - before)),
        tuple(sorted(before - now)),
    )


def as_table(database: str, name: str, location: Location, found: Crawled, owner: str) -> Table:
    """The table that a crawl makes of a location."""
    options: Mapping[str, str] = {"serialization.format": "1"}
    parameters = {"EXTERNAL": "TRUE", "classification": found.kind, "UPDATED_BY_CRAWLER": "local"}
    parameters |= found.statistics
    serde, formats = OPENX_JSON, (TEXT_INPUT, TEXT_OUTPUT)
    if found.kind == "parquet":
        serde, *rest = STORED_AS["PARQUET"]
        formats = (rest[0], rest[1])
    if found.kind == "csv":
        serde, options = OPEN_CSV, {"separatorChar": found.mark, "quoteChar": '"'}
        parameters |= {"skip.header.line.count": "1"} if found.header else {}
    columns: list[Mapping[str, str]] = [{"Name": one, "Type": kind} for one, kind in found.columns.items()]
    storage = descriptor(columns, str(location), serde, options, formats)
    definition: dict[str, Any] = {
        "Name": name,
        "Owner": owner,
        "TableType": "EXTERNAL_TABLE",
        "Retention": 0,
        "Parameters": parameters,
        "StorageDescriptor": storage,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.keys],
    }
    partitions = tuple(
        {
            "Values": list(values),
            "StorageDescriptor": {**storage, "Location": str(location.below(folder(found.keys, values)))},
            "Parameters": {},
        }
        for values in found.partitions
    )
    return Table(database, definition, partitions)


def _partitions(files: Sequence[Found]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Keys and values of folders `key=value`; every file must lie in the same ones."""
    seen: dict[tuple[str, ...], None] = {}
    keys: tuple[str, ...] | None = None
    for one in files:
        pairs = [part.partition("=") for part in one.key.split("/")[:-1]]
        named = tuple(unescaped(name).lower() for name, mark, _ in pairs if mark)
        if keys is not None and named != keys:
            raise ProblemError(
                "LW1205", f"{one.key} lies in other folders than the rest", hint="key=value folders, all alike"
            )
        keys = named
        seen[tuple(unescaped(value) for _, mark, value in pairs if mark)] = None
    return keys or (), tuple(seen) if keys else ()


def _kind(one: Found) -> str:
    with one.path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return "parquet"
    first = _sample(one).lstrip()[:1]
    return "json" if first in ("{", "[") else "csv"


def _sample(one: Found) -> str:
    """The beginning of a text file, up to the last whole line."""
    try:
        with gzip.open(one.path) if one.key.endswith(".gz") else one.path.open("rb") as file:
            data = file.read(SAMPLE_BYTES)
    except (OSError, EOFError):
        raise ProblemError("LW1205", f"{one.key} cannot be read") from None
    whole = data if len(data) < SAMPLE_BYTES else data[: data.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace")


def _without(keys: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    found = {name: kind for name, kind in columns.items() if name not in keys}
    if not found:
        raise ProblemError("LW1205", "the files have no columns")
    return found


def _merged(schemas: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """All columns of all files; a column of several types gets one that holds them."""
    found: dict[str, str] = {}
    for schema in schemas:
        for name, kind in schema.items():
            found[name] = wider(found[name], kind) if name in found else kind
    return found


def wider(one: str, other: str) -> str:
    """A type for values of both."""
    if one == other or other == "":
        return one
    if one == "":
        return other
    if one in WIDER and other in WIDER:
        return max(one, other, key=WIDER.index)
    return "string"


def _parquet(one: Found) -> tuple[dict[str, str], int]:
    """Columns, and how many rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lakewright.models.types import from_arrow

    found = {}
    try:
        footer = pq.read_metadata(one.path)
        for column in footer.schema.to_arrow_schema():
            kind = pa.timestamp("us") if pa.types.is_timestamp(column.type) else column.type
            found[column.name.lower()] = from_canonical(from_arrow(kind))
    except (pa.ArrowException, SpecError, OSError):
        raise ProblemError("LW1205", f"{one.key} is no Parquet file that can be read") from None
    return found, footer.num_rows


def _json_columns(one: Found) -> dict[str, str]:
    rows = []
    for line in islice(_sample(one).splitlines(), SAMPLE_ROWS):
        try:
            row = json.loads(line) if line.strip() else {}
        except ValueError:
            raise ProblemError("LW1205", f"{one.key} has a line that is no JSON") from None
        rows.append(row if isinstance(row, dict) else {})
    found = _merged({name.lower(): _json_type(value) for name, value in row.items()} for row in rows)
    return {name: kind or "string" for name, kind in found.items()}


def _json_type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "int" if -(1 << 31) <= value < 1 << 31 else "bigint"
        case float():
            return "double"
        case list():
            items = _merged({"item": _json_type(one)} for one in value).get("item", "")
            return f"array<{items or 'string'}>"
        case dict() if value and all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in value):
            fields = (f"{name.lower()}:{_json_type(one) or 'string'}" for name, one in value.items())
            return f"struct<{','.join(fields)}>"
        case None:
            return ""
    return "string"


def _csv(files: Sequence[Found]) -> tuple[str, bool, dict[str, str]]:
    """The mark between fields, whether there is a header, and the columns."""
    samples = [_sample(one) for one in files]
    first = next((sample for sample in samples if sample.strip()), "")
    line = first.split("\n", 1)[0]
    mark = max(MARKS, key=line.count)
    tables = [list(islice(csv.reader(io.StringIO(sample), delimiter=mark), SAMPLE_ROWS)) for sample in samples]
    names = next((table[0] for table in tables if table), [])
    body = [row for table in tables for row in table[1:]]
    header = bool(names) and len(set(names)) == len(names) and all(_is_name(name) for name in names)
    rows = body if header else [row for table in tables for row in table]
    width = max((len(row) for row in [names, *rows]), default=0)
    spelled = [_spelled(names[at]) if header and at < len(names) else f"col{at}" for at in range(width)]
    kinds = [_csv_type([row[at] for row in rows if at < len(row)]) for at in range(width)]
    return mark, header, dict(zip(spelled, kinds, strict=True))


def _is_name(text: str) -> bool:
    return bool(text.strip()) and not _NUMBER.fullmatch(text.strip()) and len(text) < 150


def _spelled(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip().lower())


def _csv_type(values: Sequence[str]) -> str:
    """A field that is empty somewhere is text: OpenCSVSerde fails on an empty number."""
    if values and all(_WHOLE.fullmatch(value) for value in values):
        return "bigint"
    return "double" if values and all(_NUMBER.fullmatch(value) for value in values) else "string"
