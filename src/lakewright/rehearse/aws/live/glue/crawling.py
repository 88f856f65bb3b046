"""What a crawler finds: files and Delta tables of buckets, as tables of Glue's catalog."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lakewright.catalog.crawl import Found, as_table, crawl
from lakewright.catalog.definitions import Table
from lakewright.catalog.hive_types import from_canonical
from lakewright.catalog.locations import Location, parse_location
from lakewright.models.types import from_arrow

SEQUENCE_INPUT = "org.apache.hadoop.mapred.SequenceFileInputFormat"
SEQUENCE_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


@dataclass(frozen=True)
class Target:
    """One path of a crawler, as deployed. `level` is Glue's TableLevelConfiguration: the bucket is level 1."""

    path: str
    exclusions: Sequence[str] = ()
    level: int | None = None


def s3_targets(crawler: Mapping[str, Any]) -> list[Target]:
    grouping = json.loads(crawler.get("Configuration") or "{}").get("Grouping") or {}
    level = grouping.get("TableLevelConfiguration")
    targets = (crawler.get("Targets") or {}).get("S3Targets") or ()
    return [Target(one["Path"], one.get("Exclusions") or (), int(level) if level else None) for one in targets]


def delta_targets(crawler: Mapping[str, Any]) -> list[str]:
    targets = (crawler.get("Targets") or {}).get("DeltaTargets") or ()
    return [path for one in targets for path in one.get("DeltaTables") or ()]


def tables_of_files(folder: Path, target: Target, database: str, prefix: str, owner: str) -> Iterator[Table]:
    """The tables below a path; `folder` holds the bucket's objects. Raises ProblemError for files that are none."""
    where = _location(target.path)
    groups: defaultdict[str, list[Found]] = defaultdict(list)
    for key in _keys(folder, where.prefix):
        inside = key.removeprefix(where.prefix)
        if not any(_excluded(inside, pattern) for pattern in target.exclusions):
            table = _table_folder(key, target.level)
            if table is not None:
                groups[table].append(Found(key.removeprefix(table), folder / key))
    if target.level is None:
        groups = _grouped(groups, where.prefix)
    taken: set[str] = set()
    for place, files in sorted(groups.items()):
        name = table_name(prefix, place or where.bucket)
        name = name if name not in taken else f"{name}_{hashlib.md5(place.encode(), usedforsecurity=False).hexdigest()}"
        taken.add(name)
        yield as_table(database, name, Location(where.bucket, place), crawl(files), owner)


def _location(path: str) -> Location:
    return parse_location(path if path.endswith("/") else f"{path}/")


def _keys(folder: Path, prefix: str) -> Iterator[str]:
    """Objects that may hold data: what begins with `_` or `.` does not."""
    for path in sorted((folder / prefix).rglob("*") if prefix else folder.rglob("*")):
        key = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(("_", ".")) for part in key.removeprefix(prefix).split("/"))
        if path.is_file() and path.stat().st_size and not hidden:
            yield key


def _excluded(key: str, pattern: str) -> bool:
    """Glue's globs: `**` crosses folders, `*` and `?` do not."""
    parts = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    expression = "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*|\?)", pattern))
    return re.fullmatch(expression, key) is not None


def _table_folder(key: str, level: int | None) -> str | None:
    """The folder that is a table of its own (ending in a slash, or empty); None for files that lie above."""
    parts = key.split("/")[:-1]
    if level is None:
        return "".join(f"{part}/" for part in parts)
    wanted = level - 1
    if len(parts) < wanted:
        return None
    return "".join(f"{part}/" for part in parts[:wanted])


def _grouped(folders: Mapping[str, list[Found]], prefix: str) -> defaultdict[str, list[Found]]:
    """Without a level: folders `key=value` belong to the folder above; the path itself is one table if it has files."""
    found: defaultdict[str, list[Found]] = defaultdict(list)
    whole = prefix in folders or all("=" in folder.removeprefix(prefix).split("/")[0] for folder in folders)
    for folder, files in folders.items():
        inside = folder.removeprefix(prefix)
        top = "" if whole else inside.split("/")[0] + "/"
        place = prefix + top
        found[place] += [replace(one, key=(prefix + inside + one.key).removeprefix(place)) for one in files]
    return found


def table_name(prefix: str, folder: str) -> str:
    last = folder.rstrip("/").rpartition("/")[2].partition("=")[0]
    return prefix + re.sub(r"[^a-z0-9_]", "_", last.lower())


def delta_table(folder: Path, uri: str, database: str, prefix: str, owner: str) -> Table | None:
    """A Delta table as its log says; None where there is no table yet."""
    import pyarrow as pa
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    where = _location(uri)
    try:
        table = DeltaTable(str(folder / where.prefix))
    except (TableNotFoundError, OSError):
        return None
    keys = table.metadata().partition_columns
    schema = pa.schema(table.schema().to_arrow())  # type: ignore[arg-type]
    columns = [{"Name": field.name, "Type": from_canonical(from_arrow(field.type))} for field in schema]
    definition = {
        "Name": table_name(prefix, where.prefix or where.bucket),
        "Owner": owner,
        "TableType": "EXTERNAL_TABLE",
        "Retention": 0,
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": "delta",
            "table_type": "DELTA",
            "spark.sql.sources.provider": "delta",
            "delta.lastUpdateVersion": str(table.version()),
        },
        "StorageDescriptor": {
            "Columns": [one for one in columns if one["Name"] not in keys],
            "Location": uri.rstrip("/"),
            "InputFormat": SEQUENCE_INPUT,
            "OutputFormat": SEQUENCE_OUTPUT,
            "SerdeInfo": {"SerializationLibrary": LAZY, "Parameters": {"serialization.format": "1"}},
        },
        "PartitionKeys": [one for one in columns if one["Name"] in keys],
    }
    return Table(database, definition)
