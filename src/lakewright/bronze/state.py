"""What a Bronze manifest says, as frozen values, and their JSON form.

Position P means: all transactions whose commit LSN is below P are included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from lakewright.bronze.dms_files import DmsReading

LOADING, STREAMING, STOPPED = "loading", "streaming", "stopped"
SYSTEM_TYPES = {
    "Op": "string",
    "_commit_ts": "timestamp",
    "_lsn": "bigint",
    "_seq": "bigint",
    "_schema_version": "int",
    "_unchanged": "array<string>",
    "_special": "map<string,string>",
    "_old_key": "string",
    "load_date": "date",
}
"""What readers see before the source's columns. `load_date` is the partition's."""
CHANGE_COLUMNS = frozenset({"_unchanged", "_special", "_old_key"})
"""System columns that say something of changes only: a full load seldom has a value in them."""


@dataclass(frozen=True, slots=True)
class BronzeColumn:
    """One source column. `type` is a Spark SQL type, `source_type` the source's own name for it.

    `id` is what stays the same when a column is renamed (PostgreSQL's attribute number; 0 = go by name). `fill` is the
    source's value, as text, for rows written before the column was added. `dropped` marks a column that the source
    no longer has and Bronze keeps.
    """

    name: str
    type: str
    source_type: str = ""
    key: bool = False
    id: int = 0
    fill: str | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class BronzeSchema:
    """One version of a table's columns. The last of `BronzeTable.schemas` is what readers see."""

    version: int
    columns: tuple[BronzeColumn, ...]

    def column(self, name: str) -> BronzeColumn | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class BronzeFile:
    """One Parquet file. `kind`: load (full load), tail (recent changes, not partitioned yet), cdc (changes).

    `load_date` and `tenant` are the partition (None for tail files, and tenant None for the default partition). A
    `lean` file lacks the columns of CHANGE_COLUMNS, which are NULL in all its rows.
    """

    path: str
    table: str
    generation: int
    kind: str
    rows: int
    bytes: int
    min_lsn: int
    max_lsn: int
    schema_version: int
    load_date: str | None = None
    tenant: str | None = None
    lean: bool = False


@dataclass(frozen=True)
class Load:
    """A full load under way, of `generation`. Stream rows from LSN `start` on belong to that generation too.

    `chunks` are the finished ones, each with the LSN of the snapshot it was read in; `plan` is the ingester's own
    description of all chunks.
    """

    generation: int
    start: int
    plan: tuple[str, ...] = ()
    chunks: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    @property
    def done(self) -> bool:
        return bool(self.plan) and all(chunk in self.chunks for chunk in self.plan)


def sql_name(table: str) -> str:
    """`bronze.titel` for the table `Titel`."""
    return f"bronze.{table.lower()}"


def log_name(table: str) -> str:
    """`changes.titel`: the change log of the table `Titel`, one row per change."""
    return f"changes.{table.lower()}"


@dataclass(frozen=True)
class BronzeTable:
    """One table of a source. Consumers read it only when `status` is streaming; see `Manifest` for how it changes.

    `snapshot_lsn` is that of the newest snapshot that its full load was read in, `loaded_lsn` of the oldest: whatever
    committed before that is in all loaded rows, or was undone before they were read.

    `dms` is set for a table whose files the real DMS wrote (`read_dms`); such a table is in no manifest.
    """

    name: str
    source: str
    generation: int = 1
    status: str = LOADING
    stop_reason: str = ""
    key: tuple[str, ...] = ()
    tenant: str | None = None
    schemas: tuple[BronzeSchema, ...] = ()
    snapshot_lsn: int = 0
    loaded_lsn: int = 0
    files: tuple[BronzeFile, ...] = ()
    load: Load | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)
    dms: DmsReading | None = None

    @property
    def sql_name(self) -> str:
        """Its name in SQL, where case does not count (as in Spark)."""
        return sql_name(self.name)

    @property
    def log_name(self) -> str:
        """The name of its change log in SQL."""
        return log_name(self.name)

    @property
    def types(self) -> dict[str, str]:
        """Column → Spark type as readers see it: system columns, then the newest schema's."""
        return SYSTEM_TYPES | {column.name: column.type for column in self.schema.columns}

    @property
    def schema(self) -> BronzeSchema:
        """The newest version, which is what readers see."""
        return self.schemas[-1]

    @cached_property
    def by_version(self) -> Mapping[int, BronzeSchema]:
        return {schema.version: schema for schema in self.schemas}

    @property
    def current(self) -> tuple[BronzeFile, ...]:
        """The files of the generation that readers see."""
        return tuple(file for file in self.files if file.generation == self.generation)


@dataclass(frozen=True)
class BronzeState:
    """Everything the manifest says at one version."""

    version: int
    source: str
    position: int
    at: datetime
    tables: Mapping[str, BronzeTable]

    def holds(self) -> set[str]:
        """The paths of all files, of every generation."""
        return {file.path for table in self.tables.values() for file in table.files}


@dataclass(frozen=True)
class Commit:
    """One change of the manifest: files come and go, tables are replaced (their `files` are not looked at)."""

    position: int
    added: tuple[BronzeFile, ...] = ()
    removed: tuple[str, ...] = ()
    tables: tuple[BronzeTable, ...] = ()
    gone: tuple[str, ...] = ()

    def apply(self, state: BronzeState, at: datetime) -> BronzeState:
        tables = dict(state.tables)
        for name in self.gone:
            tables.pop(name, None)
        for table in self.tables:
            tables[table.name] = replace(table, files=tables[table.name].files if table.name in tables else ())
        touched = {file.table for file in self.added}
        leaving = frozenset(self.removed) | {file.path for file in self.added}
        for name in tables if self.removed else touched & tables.keys():
            kept = tuple(file for file in tables[name].files if file.path not in leaving)
            new = tuple(file for file in self.added if file.table == name)
            if new or len(kept) != len(tables[name].files):
                tables[name] = replace(tables[name], files=kept + new)
        return BronzeState(state.version + 1, state.source, self.position, at, tables)


def empty_state(source: str, at: datetime) -> BronzeState:
    return BronzeState(0, source, 0, at, {})


def _slim(value: Any) -> dict[str, Any]:
    """A dataclass as a dict without what equals its default, so that manifests stay short."""
    defaults = {name: f.default for name, f in value.__dataclass_fields__.items()}
    return {name: item for name, item in asdict(value).items() if item != defaults[name]}


def file_to_json(file: BronzeFile) -> list[Any]:
    return [getattr(file, name) for name in BronzeFile.__dataclass_fields__]


def file_from_json(values: list[Any]) -> BronzeFile:
    return BronzeFile(*values)


def table_to_json(table: BronzeTable) -> dict[str, Any]:
    """Everything but the files."""
    slim = _slim(replace(table, files=(), schemas=(), load=None))
    return slim | {
        "schemas": [[s.version, [_slim(column) for column in s.columns]] for s in table.schemas],
        "load": None if table.load is None else asdict(table.load),
    }


def table_from_json(data: dict[str, Any]) -> BronzeTable:
    schemas = tuple(
        BronzeSchema(v, tuple(BronzeColumn(**column) for column in columns)) for v, columns in data["schemas"]
    )
    load = None if data["load"] is None else Load(**data["load"] | {"plan": tuple(data["load"]["plan"])})
    rest = data | {"schemas": schemas, "load": load, "key": tuple(data.get("key", ()))}
    return BronzeTable(**rest)


def commit_to_json(commit: Commit) -> dict[str, Any]:
    return {
        "position": commit.position,
        "added": [file_to_json(file) for file in commit.added],
        "removed": list(commit.removed),
        "tables": [table_to_json(table) for table in commit.tables],
        "gone": list(commit.gone),
    }


def commit_from_json(data: dict[str, Any]) -> Commit:
    return Commit(
        position=data["position"],
        added=tuple(file_from_json(values) for values in data["added"]),
        removed=tuple(data["removed"]),
        tables=tuple(table_from_json(table) for table in data["tables"]),
        gone=tuple(data["gone"]),
    )


def state_to_json(state: BronzeState) -> dict[str, Any]:
    files: Iterable[BronzeFile] = (file for table in state.tables.values() for file in table.files)
    return {
        "version": state.version,
        "source": state.source,
        "position": state.position,
        "at": state.at.isoformat(),
        "tables": [table_to_json(table) for table in state.tables.values()],
        "files": [file_to_json(file) for file in files],
    }


def state_from_json(data: dict[str, Any]) -> BronzeState:
    tables = [table_from_json(table) for table in data["tables"]]
    files: dict[str, list[BronzeFile]] = {table.name: [] for table in tables}
    for values in data["files"]:
        file = file_from_json(values)
        files[file.table].append(file)
    return BronzeState(
        version=data["version"],
        source=data["source"],
        position=data["position"],
        at=datetime.fromisoformat(data["at"]),
        tables={table.name: replace(table, files=tuple(files[table.name])) for table in tables},
    )
